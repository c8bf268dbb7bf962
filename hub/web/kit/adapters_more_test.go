package kit

import "html/template"

func (t *textOpt) text() string {
	if t == nil {
		return ""
	}
	return string(t.Text)
}

type choiceOpt struct {
	Value       flex
	Text        flex
	HTML        template.HTML
	ID          string
	Hint        *textOpt
	Checked     *bool
	Disabled    bool
	Conditional *struct{ HTML template.HTML }
	Divider     string
	Behaviour   string
}

func choicesFrom(in []*choiceOpt) ([]Choice, bool) {
	var out []Choice
	for _, i := range in {
		if i == nil || i.Checked != nil && !*i.Checked && i.Value == "green" {
			return nil, false // an explicit "not checked" over the group's value
		}
		c := Choice{
			Value: string(i.Value), Text: string(i.Text), HTML: i.HTML, ID: i.ID, Hint: i.Hint.text(),
			Checked: i.Checked != nil && *i.Checked, Disabled: i.Disabled, Divider: i.Divider, Exclusive: i.Behaviour == "exclusive",
		}
		if i.Conditional != nil && i.Conditional.HTML != "" {
			c.Conditional = Stack{Raw(i.Conditional.HTML)}
		}
		out = append(out, c)
	}
	return out, true
}

func radiosFrom(o struct {
	Name, IDPrefix, Classes string
	Value                   flex
	Fieldset                *fieldsetOpt
	Hint, ErrorMessage      *textOpt
	Items                   []*choiceOpt
	FormGroup               groupOpt
	Attributes              Attrs
}) Component {
	items, ok := choicesFrom(o.Items)
	if !ok || o.Fieldset != nil && o.Fieldset.Legend.Text == "" {
		return nil
	}
	r := Radios{
		Name: o.Name, IDPrefix: o.IDPrefix, Classes: o.Classes, Value: string(o.Value), Hint: o.Hint.text(),
		Error: o.ErrorMessage.text(), Items: items, GroupClass: o.FormGroup.Classes, Attributes: o.Attributes,
	}
	if o.Fieldset != nil {
		r.Legend, r.DescribedBy = o.Fieldset.Legend.legend(), o.Fieldset.DescribedBy
	}
	return r
}

func checkboxesFrom(o struct {
	Name, IDPrefix, Classes, DescribedBy string
	Values                               []string
	Fieldset                             *fieldsetOpt
	Hint, ErrorMessage                   *textOpt
	Items                                []*choiceOpt
	FormGroup                            groupOpt
	Attributes                           Attrs
}) Component {
	items, ok := choicesFrom(o.Items)
	if !ok || o.Fieldset != nil && o.Fieldset.Legend.Text == "" {
		return nil
	}
	c := Checkboxes{
		Name: o.Name, IDPrefix: o.IDPrefix, Classes: o.Classes, Values: o.Values, Hint: o.Hint.text(), DescribedBy: o.DescribedBy,
		Error: o.ErrorMessage.text(), Items: items, GroupClass: o.FormGroup.Classes, Attributes: o.Attributes,
	}
	if o.Fieldset != nil {
		c.Legend = o.Fieldset.Legend.legend()
		c.DescribedBy = first(o.Fieldset.DescribedBy, o.DescribedBy)
	}
	return c
}

type cellOpt struct {
	Text             flex
	HTML             template.HTML
	Format, Classes  string
	Colspan, Rowspan int
	Attributes       Attrs
}

func (c cellOpt) cell() Cell {
	return Cell{
		Text: string(c.Text), HTML: c.HTML, Numeric: c.Format == "numeric", Classes: c.Classes,
		Colspan: c.Colspan, Rowspan: c.Rowspan, Attributes: c.Attributes,
	}
}

func tableFrom(o struct {
	Caption, CaptionClasses string
	Head                    []cellOpt
	Rows                    [][]cellOpt
	FirstCellIsHeader       bool
	Classes                 string
	Attributes              Attrs
}) Component {
	t := Table{Caption: o.Caption, CaptionClasses: o.CaptionClasses, FirstCellIsHeader: o.FirstCellIsHeader, Classes: o.Classes, Attributes: o.Attributes}
	for _, c := range o.Head {
		t.Head = append(t.Head, c.cell())
	}
	for _, r := range o.Rows {
		if r == nil {
			return nil
		}
		var row []Cell
		for _, c := range r {
			row = append(row, c.cell())
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

type actionsOpt struct {
	Items []struct{ Href, Text, VisuallyHiddenText string }
}

func (a actionsOpt) links() []Link {
	var out []Link
	for _, i := range a.Items {
		out = append(out, Link{Text: i.Text, Href: i.Href, Hidden: i.VisuallyHiddenText})
	}
	return out
}

func summaryFrom(o struct {
	Rows []*struct {
		Key     textOpt
		Value   htmlOpt
		Actions actionsOpt
		Classes string
	}
	Card *struct {
		Title struct {
			Text         string
			HeadingLevel int
		}
		Actions actionsOpt
		Classes string
	}
	Classes    string
	Attributes Attrs
}) Component {
	s := SummaryList{Classes: o.Classes, Attributes: o.Attributes}
	for _, r := range o.Rows {
		if r == nil {
			return nil
		}
		s.Rows = append(s.Rows, Row{Key: string(r.Key.Text), Text: string(r.Value.Text), HTML: r.Value.HTML, Actions: r.Actions.links(), Classes: r.Classes})
	}
	if o.Card != nil {
		s.Card = &Card{Title: o.Card.Title.Text, Level: o.Card.Title.HeadingLevel, Actions: o.Card.Actions.links(), Classes: o.Card.Classes}
	}
	return s
}
