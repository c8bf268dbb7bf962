package kit

import "html/template"

// Label names a field. AsHeading makes it the page's h1: one question, one
// page. Classes takes the design system's sizes, e.g. "govuk-label--l".
type Label struct {
	Text      string
	Classes   string
	AsHeading bool
}

// Legend names a group of fields; the same as Label otherwise.
type Legend struct {
	Text      string
	Classes   string
	AsHeading bool
}

// Affix is text fixed before or after an input, e.g. "%".
type Affix struct {
	Text    string
	Classes string
}

// Input is one line of text. ID defaults to Name. Hint and Error are shown and
// announced when not empty; the error's link target is the ID.
type Input struct {
	Name, ID, Value string
	Label           Label
	Hint, Error     string
	Type            string // "text" when empty
	Classes         string
	Prefix, Suffix  *Affix
	InputMode       string // "numeric" for digits
	Autocomplete    string
	Autocapitalize  string
	Pattern         string
	// Spellcheck is "true" or "false"; empty leaves it to the browser. Set
	// "false" for names and references: some browsers send what is checked to
	// a spelling service.
	Spellcheck  string
	DescribedBy string
	Disabled    bool
	GroupClass  string
	Attributes  Attrs
}

// FieldID is the id of the input element, for an error summary's link.
func (f Input) FieldID() string { return first(f.ID, f.Name) }

// Render gives the HTML.
func (f Input) Render() (template.HTML, error) { return render("kit/input", f) }

// Textarea is several lines of text; Rows defaults to 5. The rest as Input.
type Textarea struct {
	Name, ID, Value string
	Label           Label
	Hint, Error     string
	Rows            int
	Classes         string
	Autocomplete    string
	Spellcheck      string
	DescribedBy     string
	Disabled        bool
	GroupClass      string
	Attributes      Attrs
}

// FieldID is the id of the textarea element.
func (f Textarea) FieldID() string { return first(f.ID, f.Name) }

// Render gives the HTML.
func (f Textarea) Render() (template.HTML, error) {
	if f.Rows == 0 {
		f.Rows = 5
	}
	return render("kit/textarea", f)
}

// Option is one choice of a Select.
type Option struct {
	Value, Text string
	Selected    bool
	Disabled    bool
}

// Select is a drop-down list. An Option is selected when it says so or when
// its value equals Value (and Value is not empty).
type Select struct {
	Name, ID, Value string
	Label           Label
	Hint, Error     string
	Items           []Option
	Classes         string
	DescribedBy     string
	Disabled        bool
	GroupClass      string
	Attributes      Attrs
}

// FieldID is the id of the select element.
func (f Select) FieldID() string { return first(f.ID, f.Name) }

// Render gives the HTML.
func (f Select) Render() (template.HTML, error) { return render("kit/select", f) }

// DateInput asks for day, month and year, named Prefix-day, Prefix-month and
// Prefix-year (without prefix: day, month, year). With an Error and none of
// the parts marked, all parts are marked.
type DateInput struct {
	ID, Prefix                      string
	Legend                          Legend
	Hint, Error                     string
	Day, Month, Year                string
	DayError, MonthError, YearError bool
	Classes                         string
	DescribedBy                     string
	GroupClass                      string
	Attributes                      Attrs
}

// FieldID is the id of the first part that is in error, else of the day.
func (f DateInput) FieldID() string {
	for _, p := range f.Parts() {
		if p.Error {
			return p.ID
		}
	}
	return f.ID + "-day"
}

// DatePart is one of the three inputs; only the kit's template uses it.
type DatePart struct {
	ID, Name, Label, Value, Width string
	Error                         bool
}

// Parts gives the three inputs in order.
func (f DateInput) Parts() []DatePart {
	all := f.Error != "" && !f.DayError && !f.MonthError && !f.YearError
	name := func(part string) string {
		if f.Prefix == "" {
			return part
		}
		return f.Prefix + "-" + part
	}
	return []DatePart{
		{f.ID + "-day", name("day"), "Day", f.Day, "2", all || f.DayError},
		{f.ID + "-month", name("month"), "Month", f.Month, "2", all || f.MonthError},
		{f.ID + "-year", name("year"), "Year", f.Year, "4", all || f.YearError},
	}
}

// Render gives the HTML.
func (f DateInput) Render() (template.HTML, error) { return render("kit/date-input", f) }

// Fieldset groups fields under a legend.
type Fieldset struct {
	Legend      Legend
	DescribedBy string
	Classes     string
	Role        string
	Body        Stack
	Attributes  Attrs
}

// Render gives the HTML.
func (f Fieldset) Render() (template.HTML, error) { return render("kit/fieldset", f) }

// first gives the first string that is not empty.
func first(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}
