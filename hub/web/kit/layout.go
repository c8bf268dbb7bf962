package kit

import (
	"bytes"
	"html/template"
	"io"
	"net/http"
)

// Layout is what all pages of one process share. Make one at start and share
// it; it is not changed afterwards and is safe for concurrent use.
type Layout struct {
	Organisation string // text of the header, e.g. "Fernshire MASH"
	ServiceName  string // e.g. "MASH Hub", "Police node"
	ServiceURL   string // "/" when empty
	// Demo, when not empty, stands in a phase banner on every page:
	// demonstration data must never be taken for real.
	Demo string
	// HeldFor names the processor of a hosted node ("Held for you by …"). It is
	// in the footer of every page, as the hosting terms demand.
	HeldFor     string
	FooterLinks []Link
	// Nav gives the service navigation for a user; nil gives none.
	Nav func(u User) []NavItem
	// Contact is whom to tell when something fails, e.g. "the MASH service desk,
	// 01632 960123".
	Contact string
}

// Page is one page. Title, Body and, for the signed-in, User are needed.
type Page struct {
	Title string // of the document and, unless HideHeading, its h1
	// Caption stands above the h1, e.g. the enquiry's reference.
	Caption     string
	HideHeading bool // the body brings its own h1 (a Panel, a Label AsHeading)
	User        *User
	Path        string // of the current navigation entry; the router fills it in
	Breadcrumbs []Link
	Back        *BackLink
	Flash       *Banner
	// Problems are shown in an error summary; with any, the title begins with
	// "Error: ".
	Problems []Problem
	Body     Stack
	Wide     bool // for boards and chronologies
}

// pageView is what the layout's template sees.
type pageView struct {
	Page
	Layout  Layout
	Header  Header
	Nav     ServiceNav
	Skip    SkipLink
	Crumbs  *Breadcrumbs
	Phase   *PhaseBanner
	Summary *ErrorSummary
	Footer  Footer
}

// Render writes the page's HTML. Nothing is written when it fails.
func (l Layout) Render(w io.Writer, p Page) error {
	v := pageView{Page: p, Layout: l}
	v.Header = Header{Text: l.Organisation}
	v.Skip = SkipLink{Text: "Skip to main content", Href: "#main-content"}
	v.Nav = ServiceNav{ServiceName: l.ServiceName, ServiceURL: first(l.ServiceURL, "/")}
	if p.User != nil {
		if l.Nav != nil {
			for _, n := range l.Nav(*p.User) {
				n.Current = n.Current || n.Href == p.Path
				v.Nav.Items = append(v.Nav.Items, n)
			}
		}
		end, err := render("kit/account", p.User)
		if err != nil {
			return err
		}
		v.Nav.End = end
	}
	if len(p.Breadcrumbs) > 0 {
		v.Crumbs = &Breadcrumbs{Items: p.Breadcrumbs, CollapseOnMobile: true}
	}
	if l.Demo != "" {
		v.Phase = &PhaseBanner{Tag: "Demo", Text: l.Demo}
	}
	if len(p.Problems) > 0 {
		v.Summary = &ErrorSummary{Problems: p.Problems}
	}
	v.Footer = Footer{Links: l.FooterLinks}
	if l.HeldFor != "" {
		v.Footer.Text = "Held for you by " + l.HeldFor + "."
	}
	var b bytes.Buffer
	if err := base.ExecuteTemplate(&b, "kit/page", v); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}

// Write answers a request with the page: 200 or, with problems, 422. The user
// and the current navigation entry are taken from the request when the page
// does not say them.
func (l Layout) Write(w http.ResponseWriter, r *http.Request, p Page) error {
	status := http.StatusOK
	if len(p.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return l.WriteStatus(w, r, status, p)
}

// WriteStatus is Write with a status of the caller's choice.
func (l Layout) WriteStatus(w http.ResponseWriter, r *http.Request, status int, p Page) error {
	if p.User == nil {
		if u, ok := UserFrom(r.Context()); ok {
			p.User = &u
		}
	}
	// A message for the next page is for one that a person opens, not for a live
	// region fetching itself anew, nor for an error page (which may be written
	// after a panic, where there is no session any more).
	dest := r.Header.Get("Sec-Fetch-Dest")
	if st := stateFrom(r.Context()); status < 400 && p.Flash == nil && st.sessions != nil && (dest == "" || dest == "document") {
		p.Flash = st.sessions.TakeFlash(r.Context())
	}
	p.Path = first(p.Path, r.URL.Path)
	var b bytes.Buffer
	if err := l.Render(&b, p); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := b.WriteTo(w)
	return err
}

// DocumentTitle is the text of the title element.
func (v pageView) DocumentTitle() string {
	t := v.Title + " – " + v.Layout.ServiceName
	if len(v.Problems) > 0 {
		return "Error: " + t
	}
	return t
}

// Heading is the page's h1.
func (v pageView) Heading() Heading { return Heading{Text: v.Title, Caption: v.Caption, Level: 1} }

// Live is a region that follows a topic's events.
type Live struct {
	ID  string // unique on the page
	URL string // of the event stream, e.g. "/events/board"
	// Notice only offers to reload when something changed. It is for pages that
	// show items: showing them anew is a new view, with its own decision and
	// audit entry, and must be the reader's act. Without it the region is
	// fetched again and replaced.
	Notice bool
	Body   Stack
}

// Render gives the HTML.
func (l Live) Render() (template.HTML, error) { return render("kit/live", l) }
