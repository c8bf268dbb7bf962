package kit

import (
	"fmt"
	"html/template"
)

// Heading is h1 to h4. Size is "xl", "l", "m" or "s"; by default it follows
// the level. Caption stands above an h1. NewPage begins one on paper.
type Heading struct {
	Text, Caption, ID string
	NewPage           bool
	Level             int // 1 to 4; 2 when 0
	Size              string
}

// Render gives the HTML.
func (h Heading) Render() (template.HTML, error) {
	if h.Level == 0 {
		h.Level = 2
	}
	if h.Size == "" && h.Level >= 1 && h.Level <= 4 {
		h.Size = []string{"l", "m", "s", "s"}[h.Level-1]
	}
	switch h.Size {
	case "xl", "l", "m", "s":
	default:
		return "", fmt.Errorf("heading of level %d and unknown size", h.Level)
	}
	return render("kit/heading", h)
}

// Paragraph is body text. AsWritten keeps the line breaks of what a person
// wrote.
type Paragraph struct {
	Text      string
	HTML      template.HTML // instead of Text
	Classes   string
	AsWritten bool
}

// Render gives the HTML.
func (p Paragraph) Render() (template.HTML, error) { return render("kit/paragraph", p) }

// List is a bulleted (or numbered) list.
type List struct {
	Items    []Paragraph // Text or HTML of each
	Numbered bool
}

// Render gives the HTML.
func (l List) Render() (template.HTML, error) { return render("kit/list", l) }

// Cell is one cell of a table.
type Cell struct {
	Text    string
	HTML    template.HTML // instead of Text
	Numeric bool          // right-aligned, figures of one width
	Classes string
	Colspan int
	Rowspan int
	// Attributes, e.g. data-…, on the cell.
	Attributes Attrs
}

// Table is rows of cells. Give every table a caption: it is what a screen
// reader's user hears first. Scroll lets a wide one scroll inside itself.
type Table struct {
	Caption, CaptionClasses string
	Head                    []Cell
	Rows                    [][]Cell
	FirstCellIsHeader       bool
	Classes                 string
	Scroll                  bool
	Attributes              Attrs
}

// Render gives the HTML.
func (t Table) Render() (template.HTML, error) { return render("kit/table", t) }

// Row is one line of a SummaryList.
type Row struct {
	Key     string
	Text    string
	HTML    template.HTML // instead of Text
	Actions []Link
	Classes string
}

// SummaryList is facts by name. With a Card it stands in a titled box whose
// title is added, unseen, to each action.
type SummaryList struct {
	Rows       []Row
	Card       *Card
	Classes    string // "govuk-summary-list--no-border"
	Attributes Attrs
}

// Card is the box around a SummaryList. Level is 2 to 4; 2 when 0.
type Card struct {
	Title   string
	Level   int
	Actions []Link
	Classes string
}

// AnyActions tells the template whether there is a third column.
func (s SummaryList) AnyActions() bool {
	for _, r := range s.Rows {
		if len(r.Actions) > 0 {
			return true
		}
	}
	return false
}

// CardTitle is the title added to each action.
func (s SummaryList) CardTitle() string {
	if s.Card == nil {
		return ""
	}
	return s.Card.Title
}

// Render gives the HTML.
func (s SummaryList) Render() (template.HTML, error) { return render("kit/summary-list", s) }

// Tag is a state in a word. Colour is one of the design system's: grey, green,
// teal, blue, purple, magenta, red, orange, yellow; empty is the default. The
// word must say it all: colour is never the only sign.
type Tag struct {
	Text, Colour string
	Classes      string
	Attributes   Attrs
}

// Render gives the HTML.
func (t Tag) Render() (template.HTML, error) { return render("kit/tag", t) }

// Banner is a notification banner. A successful one is announced at once, so
// use Success for what the reader just did and nothing else.
type Banner struct {
	Title   string // "Important", or "Success"
	Text    string
	HTML    template.HTML // instead of Text
	Success bool
	ID      string // of the title; needed only for two banners on one page
	Classes string
}

// Render gives the HTML.
func (b Banner) Render() (template.HTML, error) {
	if b.Title == "" {
		b.Title = "Important"
		if b.Success {
			b.Title = "Success"
		}
	}
	b.ID = first(b.ID, "govuk-notification-banner-title")
	return render("kit/banner", b)
}

// Inset sets a passage apart.
type Inset struct {
	Text       string
	HTML       template.HTML // instead of Text
	ID         string
	Classes    string
	Attributes Attrs
}

// Render gives the HTML.
func (i Inset) Render() (template.HTML, error) { return render("kit/inset", i) }

// Details is a passage behind a line of text; it opens without JavaScript and
// is printed open.
type Details struct {
	Summary    string
	Text       string
	HTML       template.HTML // instead of Text
	ID         string
	Open       bool
	Classes    string
	Attributes Attrs
}

// Render gives the HTML.
func (d Details) Render() (template.HTML, error) { return render("kit/details", d) }

// Warning is a consequence that the reader must not miss.
type Warning struct {
	Text       string
	HTML       template.HTML // instead of Text
	IconText   string        // "Warning" when empty
	Classes    string
	Attributes Attrs
}

// Render gives the HTML.
func (w Warning) Render() (template.HTML, error) {
	w.IconText = first(w.IconText, "Warning")
	return render("kit/warning", w)
}

// Panel confirms that something is done; its title is the page's h1.
type Panel struct {
	Title      string
	Text       string
	HTML       template.HTML // instead of Text
	Classes    string
	Attributes Attrs
}

// Render gives the HTML.
func (p Panel) Render() (template.HTML, error) { return render("kit/panel", p) }

// Tab is one panel of Tabs. ID is the anchor, so it is needed and unique. Let
// Body begin with a Heading: on paper the panels stand below one another and
// the list of labels is gone.
type Tab struct {
	ID, Label string
	Body      Stack
}

// Tabs shows one panel at a time; without JavaScript it is a list of links and
// all panels below one another.
type Tabs struct {
	ID, Title  string // "Contents" when empty
	Items      []Tab
	Classes    string
	Attributes Attrs
}

// Render gives the HTML.
func (t Tabs) Render() (template.HTML, error) {
	t.Title = first(t.Title, "Contents")
	return render("kit/tabs", t)
}
