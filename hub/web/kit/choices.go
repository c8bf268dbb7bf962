package kit

import (
	"fmt"
	"html/template"
	"slices"
)

// Choice is one radio or checkbox.
type Choice struct {
	Value, Text string
	HTML        template.HTML // instead of Text
	Hint        string
	ID          string // made from the group's prefix and position when empty
	Checked     bool
	Disabled    bool
	// Conditional is shown (with JavaScript: only) while the choice is checked.
	// Without JavaScript it is always visible, so its own label must say when
	// it applies.
	Conditional Stack
	// Exclusive clears the other checkboxes when chosen ("None of these").
	Exclusive bool
	// Divider, alone, is a word between two choices, usually "or".
	Divider string
}

// Radios is a choice of exactly one. Nothing is chosen unless Value or a
// Choice's Checked says so: the kit preselects nothing.
type Radios struct {
	Name, IDPrefix string
	Value          string
	Legend         Legend // without text there is no fieldset
	Hint, Error    string
	Items          []Choice
	Classes        string // "govuk-radios--inline", "govuk-radios--small"
	DescribedBy    string
	GroupClass     string
	Attributes     Attrs
}

// FieldID is the id of the first radio, for an error summary's link.
func (f Radios) FieldID() string { return firstChoice(f.Items, first(f.IDPrefix, f.Name)) }

// Render gives the HTML.
func (f Radios) Render() (template.HTML, error) {
	v := choices{
		Kind: "radios", Type: "radio", Name: f.Name, Prefix: first(f.IDPrefix, f.Name), Legend: f.Legend,
		Hint: f.Hint, Error: f.Error, Classes: f.Classes, DescribedBy: f.DescribedBy,
		GroupClass: f.GroupClass, Attributes: f.Attributes,
	}
	var chosen []string
	if f.Value != "" {
		chosen = []string{f.Value}
	}
	v.Items = placed(f.Items, v.Prefix, chosen)
	return render("kit/choices", v)
}

// Checkboxes is a choice of any number. Nothing is chosen unless Values or a
// Choice's Checked says so: the kit preselects nothing.
type Checkboxes struct {
	Name, IDPrefix string
	Values         []string
	Legend         Legend // without text there is no fieldset
	Hint, Error    string
	Items          []Choice
	Classes        string
	DescribedBy    string
	GroupClass     string
	Attributes     Attrs
}

// FieldID is the id of the first checkbox.
func (f Checkboxes) FieldID() string { return firstChoice(f.Items, first(f.IDPrefix, f.Name)) }

// Render gives the HTML.
func (f Checkboxes) Render() (template.HTML, error) {
	v := choices{
		Kind: "checkboxes", Type: "checkbox", Name: f.Name, Prefix: first(f.IDPrefix, f.Name), Legend: f.Legend,
		Hint: f.Hint, Error: f.Error, Classes: f.Classes, DescribedBy: f.DescribedBy,
		GroupClass: f.GroupClass, Attributes: f.Attributes,
	}
	v.Items = placed(f.Items, v.Prefix, f.Values)
	if v.Legend.Text == "" {
		// Without a fieldset to carry the description, each box carries it.
		given := joinIDs(f.DescribedBy, v.Prefix, f.Hint, f.Error)
		for i := range v.Items {
			v.Items[i].DescribedBy = given
		}
	}
	return render("kit/choices", v)
}

// choices is what radios and checkboxes share; they differ in class names only.
type choices struct {
	Kind, Type, Name, Prefix string
	Legend                   Legend
	Hint, Error, Classes     string
	DescribedBy, GroupClass  string
	Items                    []placedChoice
	Attributes               Attrs
}

type placedChoice struct {
	Choice
	DescribedBy string
}

// placed gives each choice its id and whether it is chosen. The first has no
// number, so that the group's name links to it.
func placed(in []Choice, prefix string, chosen []string) []placedChoice {
	out := make([]placedChoice, len(in))
	for i, c := range in {
		if c.ID == "" {
			c.ID = prefix
			if i > 0 {
				c.ID = fmt.Sprintf("%s-%d", prefix, i+1)
			}
		}
		c.Checked = c.Checked || slices.Contains(chosen, c.Value)
		out[i] = placedChoice{Choice: c}
	}
	return out
}

func firstChoice(items []Choice, prefix string) string {
	if len(items) > 0 && items[0].ID != "" {
		return items[0].ID
	}
	return prefix
}
