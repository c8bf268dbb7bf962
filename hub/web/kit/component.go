package kit

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Component is a piece of a page. Its fields are data; every string field is
// escaped for the place where it stands. A field of type template.HTML is
// trusted and must come from another component or from a template, never from
// what a person or an agency wrote.
type Component interface {
	// Render gives the piece's HTML. It fails only for a programming mistake
	// (an attribute name that is not allowed, a missing template), never for
	// what the data says, and is safe for concurrent use.
	Render() (template.HTML, error)
}

//go:embed templates/*.html
var templateFiles embed.FS

// base holds the kit's own templates. It is parsed once, at start, so a broken
// template stops the program instead of a page.
var base = template.Must(template.New("kit").Funcs(funcs).ParseFS(templateFiles, "templates/*.html"))

// funcs are what every template of the kit and of page authors may call.
var funcs = template.FuncMap{
	"attrs":     attributes,
	"ids":       joinIDs,
	"asset":     Asset,
	"inputType": inputType,
	"action":    func(l Link, card string) actionView { return actionView{l, card} },
	"pageStep":  func(s *PageStep, word string, block bool) stepView { return stepView{*s, word, block} },
}

type actionView struct {
	Link      Link
	CardTitle string
}

type stepView struct {
	Step  PageStep
	Word  string
	Block bool
}

// render executes a named template of the kit.
func render(name string, data any) (template.HTML, error) {
	var b bytes.Buffer
	if err := base.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("rendering %s: %w", name, err)
	}
	return template.HTML(b.String()), nil
}

// Stack is components one after the other.
type Stack []Component

// Render gives the components in order; nil ones are left out.
func (s Stack) Render() (template.HTML, error) {
	var b strings.Builder
	for _, c := range s {
		if c == nil {
			continue
		}
		h, err := c.Render()
		if err != nil {
			return "", err
		}
		b.WriteString(string(h))
		b.WriteByte('\n')
	}
	return template.HTML(b.String()), nil
}

// Raw is HTML that is already safe, as a component.
type Raw template.HTML

// Render gives it unchanged.
func (r Raw) Render() (template.HTML, error) { return template.HTML(r), nil }

// MustHTML renders components into a template.HTML, for a field that wants one
// (a table cell holding a tag). It panics where Render fails, which only a
// programming mistake can cause; the router turns a panic into the error page.
func MustHTML(cs ...Component) template.HTML {
	h, err := Stack(cs).Render()
	if err != nil {
		panic(err)
	}
	return template.HTML(strings.TrimSpace(string(h)))
}

// Attrs are extra attributes of a component's outer element. Only data-… and
// aria-… names are allowed: nothing that could carry a script, a style or an
// address.
type Attrs map[string]string

var attrName = regexp.MustCompile(`^(data|aria)-[a-z][a-z0-9-]*$`)

// attributes writes Attrs, sorted by name so that equal data gives equal HTML.
func attributes(a Attrs) (template.HTMLAttr, error) {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if !attrName.MatchString(name) {
			return "", fmt.Errorf("attribute name not allowed")
		}
		fmt.Fprintf(&b, ` %s="%s"`, name, template.HTMLEscapeString(a[name]))
	}
	return template.HTMLAttr(b.String()), nil
}

// inputType writes an input's type from the list of what it may be: a mistyped
// one would silently become a text field and show a password.
func inputType(t string) (template.HTMLAttr, error) {
	switch t {
	case "text", "search", "email", "tel", "password", "radio", "checkbox", "submit", "button", "reset":
		return template.HTMLAttr(`type="` + t + `"`), nil
	}
	return "", fmt.Errorf("input type not allowed")
}

// joinIDs makes the value of aria-describedby: what is given, then the hint,
// then the error, in the order a screen reader should say them.
func joinIDs(given, id, hint, problem string) string {
	var out []string
	if given != "" {
		out = append(out, given)
	}
	if hint != "" {
		out = append(out, id+"-hint")
	}
	if problem != "" {
		out = append(out, id+"-error")
	}
	return strings.Join(out, " ")
}
