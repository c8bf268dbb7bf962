package kit

import "html/template"

// Link is text that leads somewhere. Addresses of ours carry references only,
// never a name or a number of a person.
type Link struct {
	Text, Href string
	// Hidden is read out after the text, for links that look alike ("Change").
	Hidden string
}

// Render gives the link alone.
func (l Link) Render() (template.HTML, error) { return render("kit/link", l) }

// Button sends its form, or leads to Href where one is given.
type Button struct {
	Text, Href  string
	Type        string // "submit" when empty
	Name, Value string
	ID          string
	Classes     string // "govuk-button--secondary", "govuk-button--warning"
	Disabled    bool
	Start       bool
	// OnceOnly ignores a second click within a second (with JavaScript). It is
	// a comfort; the handler must be idempotent all the same.
	OnceOnly   bool
	Attributes Attrs
}

// Render gives the HTML.
func (b Button) Render() (template.HTML, error) { return render("kit/button", b) }

// ButtonGroup is buttons and links in one row.
type ButtonGroup struct{ Items Stack }

// Render gives the HTML.
func (b ButtonGroup) Render() (template.HTML, error) { return render("kit/button-group", b) }

// Form posts its body to Action. It needs no token: the router refuses posts
// from other origins (http.CrossOriginProtection).
type Form struct {
	Action string
	// Get makes it a GET form. Its fields then stand in the address, so it must
	// never ask for anything about a person.
	Get bool
	// Enter, for a form with several buttons, is what the Enter key does: the
	// words of the button that sends the form. Browsers press the first button
	// of a form, which must not be one that adds or takes out a part of it.
	Enter  string
	Hidden map[string]string
	Body   Stack
}

// Render gives the HTML. The browser's own checks are off (novalidate): the
// server's are shown in one place, in one style, to everyone.
func (f Form) Render() (template.HTML, error) { return render("kit/form", f) }

// Problem is one thing to correct; Field is the FieldID of its field, empty
// where no single field is at fault.
type Problem struct{ Text, Field string }

// ErrorSummary lists what must be corrected. Page.Problems shows one at the
// top of a page, so an author seldom needs it directly.
type ErrorSummary struct {
	Title       string // "There is a problem" when empty
	Description string
	Problems    []Problem
	NoAutoFocus bool
}

// Render gives the HTML.
func (e ErrorSummary) Render() (template.HTML, error) {
	e.Title = first(e.Title, "There is a problem")
	return render("kit/error-summary", e)
}
