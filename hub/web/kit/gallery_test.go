package kit

import "html/template"

// every gives every component with s in every field that a page author might
// fill from data. The gallery page shows it with plain words; the escaping
// tests fill it with attacks.
func every(s string) []Component {
	a := Attrs{"data-test": s}
	label := Label{Text: s}
	return []Component{
		Header{Text: s, URL: s, Attributes: a},
		ServiceNav{ServiceName: s, ServiceURL: s, Items: []NavItem{{Text: s, Href: s, Current: true}, {Text: s, Href: s}, {Text: s}}, Label: s},
		SkipLink{Text: s, Href: s},
		Breadcrumbs{Items: []Link{{Text: s, Href: s}, {Text: s}}, Label: s},
		BackLink{Text: s, Href: s},
		PhaseBanner{Tag: s, Text: s},
		Footer{Links: []Link{{Text: s, Href: s}}, Text: s},
		Pagination{Previous: &PageStep{s, s, s}, Next: &PageStep{s, s, s}, Label: s},
		Pagination{Pages: []PageLink{{Number: s, Href: s, Hidden: s}, {Number: s, Href: s, Current: true}, {Ellipsis: true}}},
		Link{Text: s, Href: s, Hidden: s},
		Button{Text: s, Name: s, Value: s, ID: s, Classes: s, Attributes: a},
		Button{Text: s, Href: s, Start: true},
		ButtonGroup{Items: Stack{Button{Text: s}}},
		Form{Action: s, Enter: s, Hidden: map[string]string{s: s}, Body: Stack{Paragraph{Text: s}}},
		ErrorSummary{Title: s, Description: s, Problems: []Problem{{s, s}, {s, ""}}},
		Input{
			Name: s, ID: s, Value: s, Label: label, Hint: s, Error: s, Classes: s, Prefix: &Affix{Text: s, Classes: s}, Suffix: &Affix{Text: s},
			InputMode: s, Autocomplete: s, Autocapitalize: s, Pattern: s, Spellcheck: s, DescribedBy: s, GroupClass: s, Attributes: a,
		},
		Textarea{Name: s, ID: s, Value: s, Label: label, Hint: s, Error: s, Classes: s, Autocomplete: s, Spellcheck: s, DescribedBy: s, GroupClass: s, Attributes: a},
		Select{Name: s, ID: s, Value: s, Label: label, Hint: s, Error: s, Items: []Option{{Value: s, Text: s}}, Classes: s, DescribedBy: s, GroupClass: s, Attributes: a},
		DateInput{ID: s, Prefix: s, Legend: Legend{Text: s, Classes: s}, Hint: s, Error: s, Day: s, Month: s, Year: s, Classes: s, DescribedBy: s, Attributes: a},
		Fieldset{Legend: Legend{Text: s}, DescribedBy: s, Classes: s, Role: s, Body: Stack{Paragraph{Text: s}}, Attributes: a},
		Radios{
			Name: s, IDPrefix: s, Value: s, Legend: Legend{Text: s}, Hint: s, Error: s, Classes: s, DescribedBy: s, Attributes: a,
			Items: []Choice{{Value: s, Text: s, Hint: s, Conditional: Stack{Paragraph{Text: s}}}, {Divider: s}, {Value: s, Text: s, ID: s}},
		},
		Checkboxes{
			Name: s, IDPrefix: s, Values: []string{s}, Legend: Legend{Text: s}, Hint: s, Error: s, Classes: s, Attributes: a,
			Items: []Choice{{Value: s, Text: s, Hint: s, Conditional: Stack{Paragraph{Text: s}}}, {Divider: s}, {Value: s, Text: s, Exclusive: true}},
		},
		Checkboxes{Name: s, Hint: s, Items: []Choice{{Value: s, Text: s, Hint: s}}},
		Heading{Text: s, Caption: s, ID: s, Level: 1},
		Heading{Text: s, ID: s, NewPage: true},
		Heading{Text: s, Level: 3},
		Heading{Text: s, Level: 4},
		Paragraph{Text: s, Classes: s, AsWritten: true},
		List{Items: []Paragraph{{Text: s}}},
		List{Items: []Paragraph{{Text: s}}, Numbered: true},
		Table{
			Caption: s, CaptionClasses: s, Head: []Cell{{Text: s, Classes: s, Attributes: a}}, FirstCellIsHeader: true, Scroll: true, Classes: s, Attributes: a,
			Rows: [][]Cell{{{Text: s, Classes: s, Attributes: a}, {Text: s, Numeric: true, Attributes: a}}},
		},
		SummaryList{Rows: []Row{{Key: s, Text: s, Actions: []Link{{s, s, s}}}, {Key: s, Text: s, Actions: []Link{{s, s, s}, {s, s, s}}, Classes: s}}, Classes: s, Attributes: a},
		SummaryList{Rows: []Row{{Key: s, Text: s, Actions: []Link{{s, s, s}}}}, Card: &Card{Title: s, Actions: []Link{{s, s, s}, {s, s, s}}, Classes: s}},
		Tag{Text: s, Colour: s, Classes: s, Attributes: a},
		Banner{Title: s, Text: s, ID: s, Classes: s},
		Banner{Text: s, Success: true},
		Inset{Text: s, ID: s, Classes: s, Attributes: a},
		Details{Summary: s, Text: s, ID: s, Classes: s, Attributes: a},
		Warning{Text: s, IconText: s, Classes: s, Attributes: a},
		Panel{Title: s, Text: s, Classes: s, Attributes: a},
		Tabs{ID: s, Title: s, Items: []Tab{{ID: s, Label: s, Body: Stack{Paragraph{Text: s}}}, {ID: s, Label: s}}, Classes: s, Attributes: a},
		Live{ID: s, URL: s, Body: Stack{Paragraph{Text: s}}},
		Live{ID: s, URL: s, Notice: true},
		Bar{ID: s, Title: s, Segments: []Segment{{CauseAgency, 100}}, TargetMS: 50},
		BarLegend{ID: s},
		Stack{nil, Paragraph{Text: s}},
		Raw(template.HTMLEscapeString(s)),
	}
}

// galleryPage shows the components as a page of the service would.
func galleryPage() Page {
	day := int64(86_400_000)
	agencies := Input{Name: "reason", Label: Label{Text: "Why is housing not asked?"}, Hint: "One sentence is enough.", Error: "Say why housing is not asked"}
	dob := DateInput{ID: "dob", Prefix: "dob", Legend: Legend{Text: "Date of birth", Classes: "govuk-fieldset__legend--s"}, Hint: "For example, 3 5 2016", Day: "3", Month: "13", Year: "2016", Error: "The month must be between 1 and 12", MonthError: true}
	return Page{
		Title: "Gallery of components", Caption: "MASH-7K2Q-94", Wide: true,
		Breadcrumbs: []Link{{Text: "Board", Href: "/"}, {Text: "MASH-7K2Q-94"}},
		Flash:       &Banner{Text: "The question to police was sent.", Success: true},
		Problems:    []Problem{{agencies.Error, agencies.FieldID()}, {dob.Error, dob.FieldID()}},
		Body: Stack{
			Live{ID: "board", URL: "/events/board", Body: Stack{Table{
				Caption: "Outstanding requests", CaptionClasses: "govuk-table__caption--m", Scroll: true, FirstCellIsHeader: true,
				Head: []Cell{{Text: "Reference"}, {Text: "Agency"}, {Text: "State"}, {Text: "Open for", Numeric: true}, {Text: "Target", Numeric: true}},
				Rows: [][]Cell{
					{{HTML: MustHTML(Link{Text: "MASH-7K2Q-94", Href: "/enquiries/MASH-7K2Q-94"})}, {Text: "Police"}, {HTML: MustHTML(Tag{Text: "Returned", Colour: "green"})}, {Text: Duration(184_000), Numeric: true}, {Text: "2 h", Numeric: true}},
					{{HTML: MustHTML(Link{Text: "MASH-7K2Q-94", Href: "/enquiries/MASH-7K2Q-94"})}, {Text: "Schools, Harbour Lane Primary"}, {HTML: MustHTML(Tag{Text: "Source unavailable", Colour: "red"})}, {Text: Duration(5 * 3_600_000), Numeric: true}, {Text: "2 h, passed", Numeric: true}},
				},
			}}},
			Heading{Text: "Whose time it was"},
			BarLegend{},
			Bar{ID: "bar-police", Title: "Police: time by cause", TargetMS: 2 * 3_600_000, ScaleMS: 6 * 3_600_000, Segments: []Segment{{CauseHub, 40}, {CauseTransport, 900_000}, {CauseAgency, 2 * 3_600_000}, {CausePolicy, 1_800_000}, {CauseRequester, 3_600_000}, {CauseOutage, 2_400_000}}},
			Table{Caption: "Police: time by cause", Head: []Cell{{Text: "Cause"}, {Text: "Time", Numeric: true}}, Rows: [][]Cell{{{Text: "Hub"}, {Text: Duration(40), Numeric: true}}, {{Text: "Agency"}, {Text: Duration(day + 3_600_000), Numeric: true}}}},
			SummaryList{Card: &Card{Title: "Rowan Tessel (synthetic)"}, Rows: []Row{{Key: "Family informed", Text: "Unsafe to tell: reason recorded", Actions: []Link{{Text: "Change", Href: "#", Hidden: "family informed"}}}, {Key: "Basis", Text: "Section 47, decided 22 November 2026"}}},
			Inset{Text: "Two agencies have not answered. Nothing known is not the same as source unavailable."},
			Warning{Text: "What is filed may be visible to the family."},
			Details{Summary: "Why is one item withheld?", Text: "Clause 4.2: older than the agreement's limit."},
			Tabs{ID: "views", Items: []Tab{{"chronology", "Chronology", Stack{Heading{Text: "Chronology"}, Paragraph{Text: "“I don’t like it when they shout.”", AsWritten: true}}}, {"agencies", "Agencies", Stack{Heading{Text: "Agencies"}, Paragraph{Text: "Six asked, four answered."}}}}},
			Form{Action: "/gallery", Body: Stack{
				agencies, dob,
				Radios{Name: "informed", Legend: Legend{Text: "Does the family know?", Classes: "govuk-fieldset__legend--s"}, Items: []Choice{{Value: "yes", Text: "Yes"}, {Value: "no", Text: "No"}, {Value: "unsafe", Text: "It is unsafe to tell them", Conditional: Stack{Input{Name: "why", Label: Label{Text: "Why is it unsafe?"}}}}}},
				Checkboxes{Name: "ask", Legend: Legend{Text: "Who should be asked?", Classes: "govuk-fieldset__legend--s"}, Hint: "Nothing is chosen for you.", Items: []Choice{{Value: "police", Text: "Police"}, {Value: "health", Text: "Health"}, {Divider: "or"}, {Value: "none", Text: "Nobody yet", Exclusive: true}}},
				Select{Name: "rag", Label: Label{Text: "Urgency"}, Items: []Option{{Text: "Choose"}, {Value: "red", Text: "Red"}, {Value: "amber", Text: "Amber"}}},
				Textarea{Name: "view", Label: Label{Text: "Your own view, before you see the joined picture"}, Spellcheck: "false"},
				ButtonGroup{Items: Stack{Button{Text: "Send the question", OnceOnly: true}, Button{Text: "Save for later", Classes: "govuk-button--secondary"}, Link{Text: "Cancel", Href: "/"}}},
			}},
			Pagination{Previous: &PageStep{Href: "#"}, Next: &PageStep{Href: "#"}, Pages: []PageLink{{Number: "1", Href: "#"}, {Number: "2", Href: "#", Current: true}, {Number: "3", Href: "#"}}},
		},
	}
}
