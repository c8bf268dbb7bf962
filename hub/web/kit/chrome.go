package kit

import "html/template"

// Header is the design system's generic header: the partnership's name as text
// on black, no crown, no logo of GOV.UK.
type Header struct {
	Text, URL        string // URL "/" when empty
	Classes          string
	ContainerClasses string // "govuk-width-container" when empty
	Attributes       Attrs
}

// Render gives the HTML.
func (h Header) Render() (template.HTML, error) {
	h.URL, h.ContainerClasses = first(h.URL, "/"), first(h.ContainerClasses, "govuk-width-container")
	return render("kit/header", h)
}

// NavItem is one entry of the service navigation. Current is this very page,
// Active one of the pages below it.
type NavItem struct {
	Text, Href      string
	Current, Active bool
}

// ServiceNav is the service's name and its main pages. End is placed after
// them (the layout puts who is signed in there).
type ServiceNav struct {
	ServiceName, ServiceURL string
	Items                   []NavItem
	Label                   string // of the nav landmark, "Menu" when empty
	ID                      string // "navigation" when empty
	Classes                 string
	End                     template.HTML
	Attributes              Attrs
}

// Render gives the HTML.
func (s ServiceNav) Render() (template.HTML, error) {
	s.Label, s.ID = first(s.Label, "Menu"), first(s.ID, "navigation")
	return render("kit/service-nav", s)
}

// SkipLink is the first stop of the keyboard.
type SkipLink struct {
	Text, Href string
	Classes    string
	Attributes Attrs
}

// Render gives the HTML.
func (s SkipLink) Render() (template.HTML, error) {
	s.Href = first(s.Href, "#content")
	return render("kit/skip-link", s)
}

// Breadcrumbs are the pages above this one; an item without Href is this page.
type Breadcrumbs struct {
	Items            []Link
	CollapseOnMobile bool
	Label            string // "Breadcrumb" when empty
	Classes          string
	Attributes       Attrs
}

// Render gives the HTML.
func (b Breadcrumbs) Render() (template.HTML, error) {
	b.Label = first(b.Label, "Breadcrumb")
	return render("kit/breadcrumbs", b)
}

// BackLink leads one step back in a sequence of questions.
type BackLink struct {
	Text, Href string // "Back", "#" when empty
	Classes    string
	Attributes Attrs
}

// Render gives the HTML.
func (b BackLink) Render() (template.HTML, error) {
	b.Text, b.Href = first(b.Text, "Back"), first(b.Href, "#")
	return render("kit/back-link", b)
}

// PhaseBanner says what stage the service is at; the demo says so here.
type PhaseBanner struct {
	Tag, Text  string
	HTML       template.HTML // instead of Text
	Classes    string
	Attributes Attrs
}

// Render gives the HTML.
func (p PhaseBanner) Render() (template.HTML, error) { return render("kit/phase-banner", p) }

// Footer is plain: the design system's own bears the crown.
type Footer struct {
	Links []Link
	Text  string
}

// Render gives the HTML.
func (f Footer) Render() (template.HTML, error) { return render("kit/footer", f) }

// PageLink is one page of a Pagination. Ellipsis stands for pages left out.
type PageLink struct {
	Number   string
	Href     string
	Hidden   string // what is read out, "Page N" when empty
	Current  bool
	Ellipsis bool
}

// Pagination leads through the pages of a list. Without Pages it is the
// previous and next of a sequence, each with an optional Label.
type Pagination struct {
	Previous, Next *PageStep
	Pages          []PageLink
	Label          string // of the landmark, "Pagination" when empty
	Classes        string
	Attributes     Attrs
}

// PageStep is the way to the previous or the next page.
type PageStep struct{ Href, Text, Label string }

// Block tells the template that previous and next stand alone.
func (p Pagination) Block() bool { return len(p.Pages) == 0 && (p.Previous != nil || p.Next != nil) }

// Render gives the HTML.
func (p Pagination) Render() (template.HTML, error) {
	p.Label = first(p.Label, "Pagination")
	return render("kit/pagination", p)
}
