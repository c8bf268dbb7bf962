package web

import (
	"html/template"
	"net/http"
	"slices"
	"strings"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

// enquiry shows one enquiry: who it is about, what was asked of whom, how each
// answer stands, and what to do next.
func (s *site) enquiry(w http.ResponseWriter, r *http.Request) error {
	p, err := s.Desk.Show(r.Context(), actor(r.Context()), r.PathValue("id"), "enquiry")
	if err != nil {
		return err
	}
	e := p.Enquiry
	v := view{s, p, names(p.Content), actor(r.Context())}
	body := kit.Stack{v.informed(), v.next(), v.summary(), kit.Heading{Text: "Who it is about"}}
	body = append(body, v.people()...)
	body = append(body, v.concern()...)
	body = append(body, v.requests()...)
	body = append(body, v.notAsked()...)
	body = append(body, v.withheld()...)
	body = append(body, v.actions()...)
	return s.layout.Write(w, r, kit.Page{Title: "Enquiry " + e.Reference, Breadcrumbs: trail(e, ""), Path: "/board", Wide: true,
		Body: kit.Stack{kit.Live{ID: "enquiry", URL: "/events/" + e.Reference, Notice: true, Body: body}}})
}

// staffName is what a person of the hub is called; an id that no sign-in knows
// stands for itself.
func (s *site) staffName(id string) string {
	for _, r := range s.DemoRoles {
		if r.User.ID == id {
			return r.User.Name
		}
	}
	return id
}

// view is an enquiry as one person may see it, while its page is written.
type view struct {
	*site
	p     enquiry.Picture
	names map[string]string
	who   mash.Actor
}

// names of the people by key; a key without a name stands for itself.
func names(c mash.EnquiryContent) map[string]string {
	out := map[string]string{}
	for _, p := range c.People {
		out[p.Key] = fullName(p.Record)
	}
	return out
}

func (v view) name(key string) string {
	if n := v.names[key]; n != "" {
		return n
	}
	return key
}

func fullName(p record.Person) string {
	if len(p.Names) == 0 {
		return "Name not known"
	}
	n := p.Names[0]
	full := strings.TrimSpace(strings.Join(n.Given, " ") + " " + strings.Join(n.Family, " "))
	if n.Preferred != "" && full != n.Preferred {
		if full == "" {
			return n.Preferred
		}
		full += " (known as " + n.Preferred + ")"
	}
	return full
}

// informed stands first: what is filed may be visible to the family.
func (v view) informed() kit.Component {
	in := v.p.Enquiry.Informed
	text := "Does the family know? " + word(informedWords, in.Answer) + "."
	if in.Reason != "" {
		text += " " + in.Reason
	}
	if in.Answer == "unsafe_to_tell" {
		return kit.Warning{Text: text}
	}
	return kit.Inset{Text: text}
}

// next is the next step in plain words.
func (v view) next() kit.Component {
	e := v.p.Enquiry
	at := func(path string) string { return "/enquiries/" + e.ID + path }
	text, link := "", kit.Link{}
	open, held, asked, answered := 0, "", "", false
	for _, r := range v.p.Requests {
		if !r.State.Ended() {
			open++
		}
		if r.State == mash.RequestHeld {
			held = r.ID
		}
		if slices.Contains(r.Marks, mash.MarkClarifying) {
			asked = r.ID
		}
		answered = answered || len(r.Outcomes) > 0
	}
	_, waiting := v.aside()
	switch {
	case e.Review:
		text, link = "The decision is up for review: an answer came after the decision. Read it and say whether the decision stands.", kit.Link{Text: "Review what came late", Href: at("/late-review")}
	case asked != "":
		text, link = "An agency has asked a question back and waits for your answer. Until then the time counts as ours.", kit.Link{Text: "Answer their question", Href: at("/clarification?request=" + asked)}
	case held != "" && v.who.Has(mash.RoleManager):
		text, link = "A question waits for your review before it goes.", kit.Link{Text: "Review it", Href: at("/review?request=" + held)}
	case waiting:
		text, link = "An answer came after its question had ended. Read it, and take it in or leave it out.", kit.Link{Text: "See what is set aside", Href: at("/set-aside")}
	case e.State == mash.EnquiryScreened:
		text, link = "Choose whom to ask, and say why others are not asked.", kit.Link{Text: "Ask agencies", Href: at("/ask")}
	case e.State == mash.EnquiryResearching && v.p.OwnViewNeeded:
		text, link = "Write down what you think before you read the answers together.", kit.Link{Text: "Write your own view", Href: at("/chronology")}
	case e.State == mash.EnquiryResearching && open > 0:
		text, link = plural(open, "answer is", "answers are")+" still to come. You can read what is here, and telephone whoever is late.", kit.Link{Text: "Read the chronology", Href: at("/chronology")}
	case e.State == mash.EnquiryResearching:
		text, link = "Every question has ended. Read the chronology, then say that the picture is ready for a decision.", kit.Link{Text: "Read the chronology", Href: at("/chronology")}
	case e.State == mash.EnquiryCollated:
		text, link = "The picture is ready. Decide, and say what the decision rests on.", kit.Link{Text: "Record the decision", Href: at("/decide")}
	case e.State == mash.EnquiryDecided && e.Feedback != nil && e.Feedback.State == "held" && e.Feedback.By != v.who.ID:
		text, link = "The text to the originator waits for a second reader, who may be you.", kit.Link{Text: "Read it", Href: at("/feedback-review")}
	case e.State == mash.EnquiryDecided && e.Feedback != nil && e.Feedback.State == "held":
		text = "The text to the originator waits for a second reader. Ask a colleague to open this enquiry and read it."
	case e.State == mash.EnquiryDecided && e.Feedback != nil && e.Feedback.State == "returned":
		text, link = "The second reader asks you to change the text to the originator: "+e.Feedback.Reason, kit.Link{Text: "Change the text", Href: at("/feedback")}
	case e.State == mash.EnquiryDecided:
		text, link = "Tell the person who raised the concern, or record why not.", kit.Link{Text: "Tell the originator", Href: at("/feedback")}
	case e.State == mash.EnquiryFeedbackSent:
		text, link = "Close the enquiry if nothing speaks against it.", kit.Link{Text: "Close the enquiry", Href: at("/close")}
	default:
		text = "Nothing is to be done. The enquiry can be reopened, with a reason."
	}
	b := kit.Stack{kit.Heading{Text: "What to do next", Size: "s"}, kit.Paragraph{Text: text}}
	var buttons kit.Stack
	if link.Href != "" {
		buttons = kit.Stack{kit.Button{Text: link.Text, Href: link.Href}}
	}
	if answered && link.Href != at("/chronology") {
		buttons = append(buttons, kit.Link{Text: "Read the chronology", Href: at("/chronology")})
	}
	if len(buttons) > 0 {
		b = append(b, kit.ButtonGroup{Items: buttons})
	}
	return kit.Inset{HTML: kit.MustHTML(b)}
}

// summary is the enquiry in facts.
func (v view) summary() kit.Component {
	e := v.p.Enquiry
	act := func(path, text, hidden string) []kit.Link {
		return []kit.Link{{Text: text, Href: "/enquiries/" + e.ID + path, Hidden: hidden}}
	}
	rows := []kit.Row{
		{Key: "State", Text: word(enquiryWords, string(e.State))},
		{Key: "Urgency", HTML: kit.MustHTML(ragTag(e.RAG)), Actions: act("/rag", "Change", "urgency")},
		{Key: "What it is for", Text: purposeText(e.Purpose)},
		{Key: "Level of need", Text: levelWords[e.Level]},
		{Key: "Why we may ask", Text: basisText(e.Basis)},
		{Key: "Opened", Text: when(e.OpenedAt) + ", by " + v.staffName(e.OpenedBy)},
	}
	if e.Restricted {
		rows = append(rows, kit.Row{Key: "Restricted", Text: "To " + strings.Join(mapped(e.Named, v.staffName), ", ")})
	}
	voice := kit.Row{Key: "Child’s voice not sought", Text: e.VoiceNotSought}
	if e.VoiceNotSought == "" {
		voice = kit.Row{Key: "Child’s voice", Text: "In the chronology, if an agency sent it", Actions: act("/voice", "Say why it was not sought", "")}
	}
	rows = append(rows, voice)
	if o := e.Outcome; o != nil {
		rows = append(rows, kit.Row{Key: "Decision", HTML: lines(word(decisionWords, o.Code), "By "+v.staffName(o.By)+", "+when(o.At)+"; rests on "+plural(len(o.Cited), "item", "items"))})
		if why := v.p.Content.OutcomeWhy; why != "" {
			rows = append(rows, kit.Row{Key: "Reasons", HTML: kit.MustHTML(kit.Paragraph{Text: why, AsWritten: true})})
		}
	}
	if f := e.Feedback; f != nil {
		rows = append(rows, kit.Row{Key: "Originator", HTML: lines(word(feedbackWords, f.State)+", "+when(f.At), feedbackReason(f.Reason))})
	}
	if e.ReopenedWhy != "" {
		rows = append(rows, kit.Row{Key: "Reopened because", Text: e.ReopenedWhy})
	}
	if v.p.Content.OwnView != "" {
		rows = append(rows, kit.Row{Key: "Own view, before the answers", HTML: kit.MustHTML(kit.Paragraph{Text: v.p.Content.OwnView, AsWritten: true})})
	}
	return kit.SummaryList{Rows: rows}
}

func feedbackReason(s string) string {
	if s == "anonymous" {
		return "The contact was anonymous."
	}
	return s
}

func basisText(b mash.Basis) string {
	switch {
	case b.S47 != nil:
		return "Section 47 decision by " + b.S47.By + " (" + b.S47.Qualified + "), " + when(b.S47.At) + ". Grounds: " + b.S47.Grounds + ". Evidence: " + b.S47.Evidence
	case b.Dispensation != nil:
		return "Without the family’s agreement: " + b.Dispensation.Reason + " (" + b.Dispensation.Manager + ", " + day(b.Dispensation.At) + ")"
	case b.Agreement != nil:
		a := b.Agreement
		by := map[string]string{"parent": "a parent", "competent_child": "the child, who can decide"}[a.GivenBy]
		switch {
		case a.WithdrawnAt != nil:
			return "The family’s agreement was withdrawn on " + when(*a.WithdrawnAt)
		case a.State == "refused":
			return "The family refused on " + day(a.At)
		case by == "":
			by = "the family"
		}
		text := "Agreement given by " + by + " on " + day(a.At) + ". Told: " + a.Told
		if len(a.Scope) > 0 {
			text += ". Only for: " + strings.Join(a.Scope, ", ")
		}
		return text
	}
	return "Nothing is recorded"
}

// people shows each person as a card.
func (v view) people() (out kit.Stack) {
	if len(v.p.Content.People) == 0 {
		return kit.Stack{kit.Paragraph{Text: "You may not see who it is about."}}
	}
	for _, p := range v.p.Content.People {
		rows := []kit.Row{}
		add := func(key, text string) {
			if text != "" {
				rows = append(rows, kit.Row{Key: key, Text: text})
			}
		}
		if p.Role == mash.RoleSubject {
			add("Part", "The child this enquiry is about")
		} else {
			add("Part", capital(p.Relation+" (household)"))
			add("Why asked about", p.Reason)
		}
		if p.Record.BirthDate != nil {
			add("Date of birth", p.Record.BirthDate.Words())
		} else {
			add("Date of birth", "Not known")
		}
		for _, id := range p.Record.Identifiers {
			add(systemWord(id.System), id.Value)
		}
		add("No identifier because", p.IdentifierOmitted)
		if p.ProtectedLocation {
			rows = append(rows, kit.Row{Key: "Must not be found", HTML: kit.MustHTML(kit.Tag{Text: "Protected location", Colour: "magenta"},
				kit.Paragraph{Text: "Addresses, places and telephone numbers never leave the hub.", Classes: "govuk-body-s govuk-!-margin-bottom-0"})})
		}
		for _, a := range p.Record.Addresses {
			add("Address", joined(a.Line1, a.Line2, a.City, a.Postcode))
		}
		for _, t := range p.Record.Telecoms {
			add("Contact", t.Value)
		}
		rows = append(rows, kit.Row{Key: "Wrong?", HTML: kit.MustHTML(kit.Link{Text: "Correct who this is", Hidden: "for " + fullName(p.Record), Href: "/enquiries/" + v.p.Enquiry.ID + "/correct?person=" + p.Key})})
		out = append(out, kit.SummaryList{Card: &kit.Card{Title: fullName(p.Record), Level: 3}, Rows: rows})
	}
	return out
}

func systemWord(system string) string {
	switch system {
	case record.SystemNHSNumber:
		return "NHS number"
	case record.SystemUPN:
		return "Unique pupil number"
	case record.SystemPNC:
		return "Police National Computer ID"
	}
	return "Identifier"
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// concern is who raised it and in which words.
func (v view) concern() kit.Stack {
	c := v.p.Content
	if c.Narrative == "" {
		return nil
	}
	from := word(originatorWords, c.Originator.Kind)
	if c.Originator.Party != nil {
		from = v.partyName(*c.Originator.Party)
	}
	rows := []kit.Row{{Key: "Raised by", Text: joined(from, c.Originator.Name, c.Originator.Contact)},
		{Key: "The concern", HTML: kit.MustHTML(kit.Paragraph{Text: c.Narrative, AsWritten: true})}}
	return kit.Stack{kit.Heading{Text: "What was raised"}, kit.SummaryList{Rows: rows}}
}

// actions are what may be done besides the next step.
func (v view) actions() kit.Stack {
	e := v.p.Enquiry
	var items []kit.Paragraph
	link := func(text, path string) {
		items = append(items, kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: text, Href: "/enquiries/" + e.ID + path})})
	}
	link("Read the chronology", "/chronology")
	switch e.State {
	case mash.EnquiryScreened, mash.EnquiryResearching, mash.EnquiryCollated:
		link("Ask agencies", "/ask")
		if e.State != mash.EnquiryCollated {
			link("Say that the picture is ready for a decision", "/collate")
		} else {
			link("Record the decision", "/decide")
		}
	case mash.EnquiryDecided:
		link("Tell the originator", "/feedback")
	}
	if e.Basis.Agreement != nil && e.Basis.Agreement.State == "given" && e.Basis.Agreement.WithdrawnAt == nil && e.State != mash.EnquiryClosed {
		link("Record that the family no longer agrees", "/agreement")
		link("Record that the family agrees to fewer agencies", "/agreement-part")
	}
	if e.Review {
		link("Review what came late", "/late-review")
	}
	if any, _ := v.aside(); any {
		link("See what is set aside", "/set-aside")
	}
	switch e.State {
	case mash.EnquiryDecided, mash.EnquiryFeedbackSent:
		link("Reopen the enquiry", "/reopen")
		link("Close the enquiry", "/close")
	case mash.EnquiryClosed:
		link("Reopen the enquiry", "/reopen")
	default:
		link("Close the enquiry", "/close")
	}
	return kit.Stack{kit.Heading{Text: "What else you can do"}, kit.List{Items: items}}
}

func mapped[T, U any](in []T, f func(T) U) []U {
	out := make([]U, len(in))
	for i, x := range in {
		out[i] = f(x)
	}
	return out
}

// evenLines puts texts of one rank below one another.
func evenLines(texts []string) template.HTML {
	var out kit.Stack
	for _, t := range texts {
		out = append(out, kit.Paragraph{Text: t, Classes: "govuk-!-margin-bottom-1"})
	}
	return kit.MustHTML(out...)
}
