package kit

import (
	"encoding/json"
	"html/template"
	"strconv"
	"strings"
)

// fixturesThatMatch is how many fixtures of each component the kit renders
// alike. The others use options that it does not offer.
var fixturesThatMatch = map[string]int{
	"back-link":           6,
	"breadcrumbs":         9,
	"button":              33,
	"checkboxes":          31,
	"date-input":          14,
	"details":             8,
	"error-summary":       11,
	"fieldset":            17,
	"generic-header":      4,
	"input":               37,
	"inset-text":          6,
	"notification-banner": 13,
	"pagination":          14,
	"panel":               5,
	"phase-banner":        4,
	"radios":              35,
	"select":              14,
	"service-navigation":  16,
	"skip-link":           8,
	"summary-list":        19,
	"table":               20,
	"tabs":                10,
	"tag":                 10,
	"textarea":            18,
	"warning-text":        7,
}

// adapt makes an adapter of a function from decoded options to a component.
func adapt[O any](f func(O) Component) func(json.RawMessage) (Component, error) {
	return func(raw json.RawMessage) (Component, error) {
		var o O
		if err := strict(raw, &o); err != nil {
			return nil, err
		}
		if c := f(o); c != nil {
			return c, nil
		}
		return nil, errUnsupported
	}
}

// adapters turn the design system's options into ours.
var adapters = map[string]func(json.RawMessage) (Component, error){
	"generic-header": adapt(func(o struct {
		LogoText, URL, Classes, ContainerClasses string
		Attributes                               Attrs
	}) Component {
		return Header{Text: o.LogoText, URL: o.URL, Classes: o.Classes, ContainerClasses: o.ContainerClasses, Attributes: o.Attributes}
	}),
	"service-navigation": adapt(func(o struct {
		ServiceName, ServiceURL, NavigationLabel, NavigationID, Classes string
		Navigation                                                      []*NavItem
		Attributes                                                      Attrs
	}) Component {
		s := ServiceNav{ServiceName: o.ServiceName, ServiceURL: o.ServiceURL, Label: o.NavigationLabel, ID: o.NavigationID, Classes: o.Classes, Attributes: o.Attributes}
		for _, i := range o.Navigation {
			if i == nil {
				return nil
			}
			s.Items = append(s.Items, *i)
		}
		return s
	}),
	"skip-link": adapt(func(o SkipLink) Component { return o }),
	"back-link": adapt(func(o BackLink) Component { return o }),
	"phase-banner": adapt(func(o struct {
		Tag        textOpt
		Text       string
		HTML       template.HTML
		Classes    string
		Attributes Attrs
	}) Component {
		return PhaseBanner{Tag: string(o.Tag.Text), Text: o.Text, HTML: o.HTML, Classes: o.Classes, Attributes: o.Attributes}
	}),
	"breadcrumbs": adapt(func(o struct {
		Items            []struct{ Text, Href string }
		CollapseOnMobile bool
		LabelText        string
		Classes          string
		Attributes       Attrs
	}) Component {
		b := Breadcrumbs{CollapseOnMobile: o.CollapseOnMobile, Label: o.LabelText, Classes: o.Classes, Attributes: o.Attributes}
		for _, i := range o.Items {
			b.Items = append(b.Items, Link{Text: i.Text, Href: i.Href})
		}
		return b
	}),
	"button": adapt(func(o struct {
		Text, Href, Type, Name, Value, ID, Classes string
		Disabled, IsStartButton                    bool
		PreventDoubleClick                         *bool
		Attributes                                 Attrs
	}) Component {
		if o.PreventDoubleClick != nil && !*o.PreventDoubleClick {
			return nil
		}
		return Button{
			Text: o.Text, Href: o.Href, Type: o.Type, Name: o.Name, Value: o.Value, ID: o.ID, Classes: o.Classes,
			Disabled: o.Disabled, Start: o.IsStartButton, OnceOnly: o.PreventDoubleClick != nil, Attributes: o.Attributes,
		}
	}),
	"error-summary": adapt(func(o struct {
		TitleText, DescriptionText string
		DisableAutoFocus           *bool
		ErrorList                  []struct{ Text, Href string }
	}) Component {
		e := ErrorSummary{Title: o.TitleText, Description: o.DescriptionText}
		if o.DisableAutoFocus != nil {
			if !*o.DisableAutoFocus {
				return nil
			}
			e.NoAutoFocus = true
		}
		if o.TitleText == "" {
			return nil
		}
		for _, p := range o.ErrorList {
			if p.Href != "" && p.Href[0] != '#' {
				return nil
			}
			q := Problem{Text: p.Text}
			if p.Href != "" {
				q.Field = p.Href[1:]
			}
			e.Problems = append(e.Problems, q)
		}
		return e
	}),
	"input": adapt(func(o struct {
		Name, ID, Type, Classes, InputMode, Autocomplete, Autocapitalize, Pattern, DescribedBy string
		Value                                                                                  flex
		Label                                                                                  labelOpt
		Hint, ErrorMessage                                                                     *textOpt
		Prefix, Suffix                                                                         *Affix
		Spellcheck                                                                             flex
		Disabled                                                                               bool
		FormGroup                                                                              groupOpt
		Attributes                                                                             Attrs
	}) Component {
		return Input{
			Name: o.Name, ID: o.ID, Type: o.Type, Classes: o.Classes, InputMode: o.InputMode, Autocomplete: o.Autocomplete,
			Autocapitalize: o.Autocapitalize, Pattern: o.Pattern, DescribedBy: o.DescribedBy, Value: string(o.Value),
			Label: o.Label.label(), Hint: o.Hint.text(), Error: o.ErrorMessage.text(), Prefix: o.Prefix, Suffix: o.Suffix,
			Spellcheck: string(o.Spellcheck), Disabled: o.Disabled, GroupClass: o.FormGroup.Classes, Attributes: o.Attributes,
		}
	}),
	"textarea": adapt(func(o struct {
		Name, ID, Classes, Autocomplete, DescribedBy string
		Value, Rows                                  flex
		Label                                        labelOpt
		Hint, ErrorMessage                           *textOpt
		Spellcheck                                   flex
		Disabled                                     bool
		FormGroup                                    groupOpt
		Attributes                                   Attrs
	}) Component {
		rows, _ := strconv.Atoi(string(o.Rows))
		return Textarea{
			Name: o.Name, ID: o.ID, Classes: o.Classes, Autocomplete: o.Autocomplete, DescribedBy: o.DescribedBy, Value: string(o.Value),
			Rows: rows, Label: o.Label.label(), Hint: o.Hint.text(), Error: o.ErrorMessage.text(), Spellcheck: string(o.Spellcheck),
			Disabled: o.Disabled, GroupClass: o.FormGroup.Classes, Attributes: o.Attributes,
		}
	}),
	"select": adapt(func(o struct {
		Name, ID, Classes, DescribedBy string
		Value                          flex
		Label                          labelOpt
		Hint, ErrorMessage             *textOpt
		Disabled                       bool
		Items                          []*struct {
			Value    *flex
			Text     flex
			Selected *bool
			Disabled bool
		}
		FormGroup  groupOpt
		Attributes Attrs
	}) Component {
		s := Select{
			Name: o.Name, ID: o.ID, Classes: o.Classes, DescribedBy: o.DescribedBy, Value: string(o.Value), Label: o.Label.label(),
			Hint: o.Hint.text(), Error: o.ErrorMessage.text(), Disabled: o.Disabled, GroupClass: o.FormGroup.Classes, Attributes: o.Attributes,
		}
		for _, i := range o.Items {
			if i == nil || i.Value == nil || i.Selected != nil && !*i.Selected && o.Value != "" {
				return nil
			}
			s.Items = append(s.Items, Option{Value: string(*i.Value), Text: string(i.Text), Selected: i.Selected != nil && *i.Selected, Disabled: i.Disabled})
		}
		return s
	}),
	"radios":     adapt(radiosFrom),
	"checkboxes": adapt(checkboxesFrom),
	"date-input": adapt(func(o struct {
		ID, NamePrefix, Classes string
		Fieldset                *fieldsetOpt
		Hint, ErrorMessage      *textOpt
		Values                  map[string]flex
		Day, Month, Year        struct{ Error *bool }
		FormGroup               groupOpt
		Attributes              Attrs
	}) Component {
		marked := func(b *bool) bool { return b != nil && *b }
		if e := o.Month.Error; e != nil && !*e {
			return nil // marks the day by unmarking the others
		}
		p := ""
		if o.NamePrefix != "" {
			p = o.NamePrefix + "-"
		}
		d := DateInput{
			ID: o.ID, Prefix: o.NamePrefix, Classes: o.Classes, Hint: o.Hint.text(), Error: o.ErrorMessage.text(),
			Day: string(o.Values[p+"day"]), Month: string(o.Values[p+"month"]), Year: string(o.Values[p+"year"]),
			DayError: marked(o.Day.Error), MonthError: marked(o.Month.Error), YearError: marked(o.Year.Error),
			GroupClass: o.FormGroup.Classes, Attributes: o.Attributes,
		}
		if o.Fieldset != nil {
			d.Legend, d.DescribedBy = o.Fieldset.Legend.legend(), o.Fieldset.DescribedBy
		}
		return d
	}),
	"fieldset": adapt(func(o struct {
		Legend                     labelOpt
		HTML                       template.HTML
		DescribedBy, Classes, Role string
		Attributes                 Attrs
	}) Component {
		return Fieldset{Legend: o.Legend.legend(), DescribedBy: o.DescribedBy, Classes: o.Classes, Role: o.Role, Body: Stack{Raw(o.HTML)}, Attributes: o.Attributes}
	}),
	"table":        adapt(tableFrom),
	"summary-list": adapt(summaryFrom),
	"tag":          adapt(func(o Tag) Component { return o }),
	"inset-text":   adapt(func(o Inset) Component { return o }),
	"warning-text": adapt(func(o struct {
		Text, IconFallbackText, Classes string
		HTML                            template.HTML
		Attributes                      Attrs
	}) Component {
		return Warning{Text: o.Text, HTML: o.HTML, IconText: o.IconFallbackText, Classes: o.Classes, Attributes: o.Attributes}
	}),
	"notification-banner": adapt(func(o struct {
		TitleText, Text, Type, TitleID, Classes string
		HTML                                    template.HTML
	}) Component {
		return Banner{Title: o.TitleText, Text: o.Text, HTML: o.HTML, Success: o.Type == "success", ID: o.TitleID, Classes: o.Classes}
	}),
	"details": adapt(func(o struct {
		SummaryText, Text, ID, Classes string
		HTML                           template.HTML
		Open                           bool
		Attributes                     Attrs
	}) Component {
		return Details{Summary: o.SummaryText, Text: o.Text, HTML: o.HTML, ID: o.ID, Open: o.Open, Classes: o.Classes, Attributes: o.Attributes}
	}),
	"panel": adapt(func(o struct {
		TitleText, Text, Classes string
		HTML                     template.HTML
		Attributes               Attrs
	}) Component {
		if strings.Contains(o.Classes, "govuk-panel--interruption") {
			return nil
		}
		return Panel{Title: o.TitleText, Text: o.Text, HTML: o.HTML, Classes: o.Classes, Attributes: o.Attributes}
	}),
	"tabs": adapt(func(o struct {
		ID, Title, Classes string
		Items              []*struct {
			ID, Label string
			Panel     htmlOpt
		}
		Attributes Attrs
	}) Component {
		t := Tabs{ID: o.ID, Title: o.Title, Classes: o.Classes, Attributes: o.Attributes}
		for _, i := range o.Items {
			if i == nil || i.ID == "" {
				return nil
			}
			body := Stack{Raw(i.Panel.HTML)}
			if i.Panel.HTML == "" && i.Panel.Text != "" {
				body = Stack{Paragraph{Text: string(i.Panel.Text)}}
			}
			t.Items = append(t.Items, Tab{ID: i.ID, Label: i.Label, Body: body})
		}
		return t
	}),
	"pagination": adapt(func(o struct {
		Previous, Next *struct{ Href, Text, LabelText string }
		Items          []struct {
			Number                   flex
			Href, VisuallyHiddenText string
			Current, Ellipsis        bool
		}
		LandmarkLabel, Classes string
		Attributes             Attrs
	}) Component {
		p := Pagination{Label: o.LandmarkLabel, Classes: o.Classes, Attributes: o.Attributes}
		if o.Previous != nil {
			p.Previous = &PageStep{o.Previous.Href, o.Previous.Text, o.Previous.LabelText}
		}
		if o.Next != nil {
			p.Next = &PageStep{o.Next.Href, o.Next.Text, o.Next.LabelText}
		}
		for _, i := range o.Items {
			if i.Number == "" && !i.Ellipsis {
				return nil
			}
			p.Pages = append(p.Pages, PageLink{string(i.Number), i.Href, i.VisuallyHiddenText, i.Current, i.Ellipsis})
		}
		return p
	}),
}
