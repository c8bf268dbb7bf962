package web

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"mashhub/hub/agreement"
	"mashhub/hub/edition"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// The document of an agreement: what it lets happen, to read, print and sign.

// documentLinks lead to the document of each agreement of a version.
func documentLinks(files edition.Files, editionID string) (kit.List, error) {
	all, err := agreement.List(agreement.FS(files))
	list := kit.List{}
	for _, a := range all {
		list.Items = append(list.Items, kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: "What " + a.Title + " lets happen", Href: documentLink("/agreements/document", a.ID, editionID)})})
	}
	return list, err
}

func documentLink(path, agreement, editionID string) string {
	q := url.Values{"agreement": {agreement}}
	if editionID != "" {
		q.Set("edition", editionID)
	}
	return path + "?" + q.Encode()
}

// standing says on the paper itself whether the version is in force.
func standing(e mash.Edition) string {
	switch e.State {
	case mash.EditionInForce:
		return "The hub decides by this version. An agency does so once it has taken it up."
	case mash.EditionProposed:
		return "This version is proposed. It is not in force, and a second person has not agreed to it yet."
	case mash.EditionApproved:
		return "This version is agreed to. It is in force from " + when(e.EffectiveAt) + "."
	case mash.EditionRejected:
		return "This version was proposed and not agreed to. It is not in force."
	}
	return "This version is not in force. Another one took its place."
}

// explained makes a document, once it is recorded that it is shown. Without an
// edition it is that of the version in force.
func (s *site) explained(ctx context.Context, who mash.Actor, id, editionID string) (agreement.Document, error) {
	e, files, err := s.Editions.At(ctx, who, editionID)
	if err != nil {
		return agreement.Document{}, err
	}
	if id == "" {
		return agreement.Document{}, mash.Invalid("agreement", "is missing", "name one of the agreements, such as those of the operation agreements")
	}
	return agreement.Explain(agreement.FS(files), id, agreement.Origin{Version: e.Version, Standing: standing(e)})
}

// asked makes the document that an address names; not ok where it names none.
func (s *site) asked(r *http.Request) (d agreement.Document, editionID string, ok bool, err error) {
	q := r.URL.Query()
	if q.Get("agreement") == "" {
		return d, "", false, nil
	}
	editionID = q.Get("edition")
	d, err = s.explained(r.Context(), actor(r.Context()), q.Get("agreement"), editionID)
	if mash.CodeOf(err) == mash.CodeNotFound {
		err = kit.ErrNotFound
	}
	return d, editionID, true, err
}

// document is the page.
func (s *site) document(w http.ResponseWriter, r *http.Request) error {
	d, editionID, ok, err := s.asked(r)
	if err != nil {
		return err
	}
	if !ok { // which one is chosen there
		return s.agreements(w, r)
	}
	contents := kit.List{}
	body := kit.Stack{}
	for _, section := range d.Sections() {
		contents.Items = append(contents.Items, kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: section.Title, Href: "#" + section.ID})})
		body = append(body, kit.Heading{Text: section.Title, ID: section.ID, NewPage: section.NewPage})
		above := section.Title
		for _, b := range section.Blocks {
			body = append(body, blockOf(b, above))
			if b.Heading != "" {
				above = b.Heading
			}
		}
	}
	trail := []kit.Link{{Text: "Sharing agreements", Href: "/agreements"}}
	if editionID != "" {
		trail = append(trail, kit.Link{Text: "Change", Href: "/agreements/" + editionID})
	}
	return s.layout.Write(w, r, kit.Page{Title: d.Name(), Path: "/agreements", Wide: true, Breadcrumbs: append(trail, kit.Link{Text: "To read and sign"}),
		Body: append(kit.Stack{kit.Paragraph{Classes: "mash-no-print", Text: "Print this page, or take the PDF to sign. Both say the same."},
			kit.Button{Text: "Download the PDF for signature", Href: documentLink("/agreements/document.pdf", d.Agreement, editionID)},
			kit.Details{Summary: "Contents", HTML: kit.MustHTML(contents), Classes: "mash-no-print"}}, body...)})
}

// blockOf is a block of a document as a component.
func blockOf(b agreement.Block, above string) kit.Component {
	switch {
	case b.Heading != "":
		return kit.Heading{Text: b.Heading, Level: 3}
	case b.Table != nil:
		return tableOf(*b.Table, above)
	case b.Strong:
		return kit.Inset{Text: b.Text}
	case b.Text != "":
		return kit.Paragraph{Text: b.Text, Classes: breaking(b.Text)}
	}
	list := kit.List{}
	for _, item := range b.List {
		list.Items = append(list.Items, kit.Paragraph{Text: item})
	}
	return list
}

func tableOf(t agreement.DocumentTable, above string) kit.Table {
	out := kit.Table{Caption: t.Caption, CaptionClasses: "govuk-table__caption--s", Scroll: true, FirstCellIsHeader: true}
	if t.Caption == above {
		out.CaptionClasses = "govuk-visually-hidden"
	}
	if t.Sign {
		out.Classes = "mash-signatures"
	}
	for _, h := range t.Head {
		out.Head = append(out.Head, kit.Cell{Text: h})
	}
	for _, row := range t.Rows {
		var cells []kit.Cell
		for _, texts := range row {
			c := kit.Cell{Classes: breaking(texts...)}
			if len(texts) == 1 {
				c.Text = texts[0]
			} else {
				c.HTML = evenLines(texts)
			}
			cells = append(cells, c)
		}
		cells[0] = nameCell(row[0])
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// nameCell is what a row is about, with notes in small letters. A short name, such
// as a clause's, is not broken.
func nameCell(texts []string) kit.Cell {
	if len(texts) > 1 {
		name := kit.Stack{kit.Paragraph{Text: texts[0], Classes: "govuk-!-font-weight-bold govuk-!-margin-bottom-0"}}
		for _, note := range texts[1:] {
			name = append(name, kit.Paragraph{Text: note, Classes: "govuk-body-s govuk-!-margin-bottom-0"})
		}
		return kit.Cell{HTML: kit.MustHTML(name...)}
	}
	c := kit.Cell{Text: texts[0], Classes: breaking(texts...)}
	if len(texts[0]) < 12 {
		c.Classes = "mash-whole"
	}
	return c
}

// breaking lets what is longer than a word, such as an address, break anywhere.
func breaking(texts ...string) string {
	for _, t := range texts {
		for word := range strings.FieldsSeq(t) {
			if len(word) > 30 {
				return "mash-break"
			}
		}
	}
	return ""
}

// documentPDF is the PDF for signature.
func (s *site) documentPDF(w http.ResponseWriter, r *http.Request) error {
	d, editionID, ok, err := s.asked(r)
	if err != nil {
		return err
	}
	if !ok {
		return s.agreements(w, r)
	}
	b, err := d.PDF()
	if mash.CodeOf(err) == mash.CodeInvalid {
		return s.layout.WriteStatus(w, r, http.StatusUnprocessableEntity, kit.Page{Title: "The PDF cannot be made", Path: "/agreements",
			Breadcrumbs: []kit.Link{{Text: "Sharing agreements", Href: "/agreements"}, {Text: d.Title, Href: documentLink("/agreements/document", d.Agreement, editionID)}, {Text: "PDF"}},
			Body:        kit.Stack{kit.Paragraph{Text: "The document " + lower(problemText(err))}}})
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Agreement + ".pdf"}))
	_, err = w.Write(b)
	return err
}
