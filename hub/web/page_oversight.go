package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

func itoa(n int) string { return strconv.Itoa(n) }

// noticesPage shows pushes and how they fared, never what they say.
func (s *site) noticesPage(w http.ResponseWriter, r *http.Request) error {
	list, err := s.notices(kit.Call{Context: r.Context(), Actor: actor(r.Context()), Page: kit.PageNumber(r)})
	if err != nil {
		return err
	}
	page := kit.Page{Title: "Notices", Wide: true, Body: kit.Stack{
		kit.Paragraph{Text: "Operation Encompass notices from the police to a child’s setting, and feedback to who raised a contact. What they say is for their recipient alone."}}}
	if list.Total == 0 {
		page.Body = append(page.Body, kit.Paragraph{Text: "There is no notice yet."})
		return s.layout.Write(w, r, page)
	}
	open := "Every notice has been acknowledged."
	if list.Unacknowledged > 0 {
		open = plural(list.Unacknowledged, "notice has", "notices have") + " not been acknowledged. They come first."
	}
	page.Body = append(page.Body, kit.Paragraph{Text: open + kit.Shown(list.Paging)})
	t := kit.Table{Caption: "Notices, what nobody has acknowledged first, then the newest first", CaptionClasses: "govuk-visually-hidden", Scroll: true,
		Head: []kit.Cell{{Text: "Kind"}, {Text: "From"}, {Text: "To"}, {Text: "Does the family know?"}, {Text: "State"}, {Text: "Raised"}, {Text: "Received"}, {Text: "Acknowledged"}}}
	for _, n := range list.Rows {
		state := []string{word(noticeWords, string(n.State))}
		switch {
		case n.State == mash.NoticeRefused && n.Code == string(mash.CodeConflict):
			state = append(state, "It came too late")
		case n.State == mash.NoticeRefused:
			state = append(state, capital(word(refusalWords, n.Code)))
		case n.Code != "":
			state = append(state, capital(word(codeWords, n.Code)))
		}
		if n.Ring != "" {
			state = append(state, "Telephone: "+n.Ring)
		}
		taken := []string{whenPtr(n.Acknowledged)}
		if n.How == "system" {
			taken = append(taken, "By their own system")
		}
		t.Rows = append(t.Rows, []kit.Cell{{Text: word(noticeKindWords, n.Kind)}, {Text: n.FromName}, {HTML: lines(n.ToName, s.Agencies.Telephone(n.To))},
			{Text: word(informedWords, n.Informed)}, {HTML: lines(state...)}, {Text: when(n.RaisedAt)}, {Text: whenPtr(n.ReceivedAt)}, {HTML: lines(taken...)}})
	}
	page.Body = append(append(page.Body, t), kit.Pager(list.Paging, "/notices", "Pages of notices")...)
	return s.layout.Write(w, r, page)
}

// agenciesPage shows whose systems work and whom to telephone.
func (s *site) agenciesPage(w http.ResponseWriter, r *http.Request) error {
	all, err := s.Desk.SystemHealth(r.Context(), actor(r.Context()))
	if err != nil {
		return err
	}
	t := kit.Table{Caption: "Agencies and their systems", CaptionClasses: "govuk-visually-hidden", Scroll: true, FirstCellIsHeader: true,
		Head: []kit.Cell{{Text: "Agency"}, {Text: "Telephone"}, {Text: "Connection"}, {Text: "Systems"}, {Text: "Decides by"}}}
	for _, a := range all {
		connection := lines("Connected", "Last sign of life "+when(a.LastSeen))
		switch {
		case a.LastSeen.IsZero():
			connection = lines("Not connected yet")
		case a.Silent:
			connection = lateLines(true, []string{"No sign of life", "Since " + when(a.LastSeen)})
		}
		var systems []string
		for _, c := range a.Sources {
			systems = append(systems, c.Connector+": "+lower(word(sourceWords, c.State))+", since "+when(c.Since))
		}
		switch {
		case a.LastSeen.IsZero():
			systems = []string{"Not known"}
		case len(systems) == 0:
			systems = []string{"None: its people answer"}
		}
		t.Rows = append(t.Rows, []kit.Cell{{Text: a.Name}, {Text: a.Telephone}, {HTML: connection}, {HTML: evenLines(systems)}, {HTML: lateLines(a.Policy.Old, policyLines(a.Policy))}})
	}
	return s.layout.Write(w, r, kit.Page{Title: "Agencies", Wide: true, Body: kit.Stack{
		kit.Paragraph{Text: "When a system cannot be searched, the answer says so. That is never the same as nothing known."}, t}})
}

// checkpoint is the newest one; before the first it is empty.
func (s *site) checkpoint(ctx context.Context) (Checkpoint, error) {
	c, err := s.Audit.Checkpoint(ctx)
	if errors.Is(err, mash.ErrNotFound) {
		return Checkpoint{}, nil
	}
	return c, err
}

// auditPage gives the log to those who check the hub.
func (s *site) auditPage(w http.ResponseWriter, r *http.Request) error {
	c, err := s.checkpoint(r.Context())
	if err != nil {
		return err
	}
	root := c.Root
	if c.Note == "" {
		root = "No checkpoint has been signed yet"
	}
	return s.layout.Write(w, r, kit.Page{Title: "Audit log", Body: kit.Stack{
		kit.Paragraph{Text: "Everything the hub decided, sent, received and showed is one entry each. Entries hold ids, never what was said about anybody. They stand in a tree of hashes whose root is signed, so that nobody can change or leave out an entry unseen."},
		kit.SummaryList{Rows: []kit.Row{{Key: "Entries", Text: strconv.FormatInt(c.Size, 10)},
			{Key: "Not yet signed", Text: strconv.FormatInt(c.Unsequenced, 10) + " (they follow within a second)"},
			{Key: "Root", HTML: kit.MustHTML(kit.Paragraph{Text: root, Classes: "mash-break govuk-!-margin-bottom-0"})},
			{Key: "Public key", HTML: kit.MustHTML(kit.Paragraph{Text: s.Verifier, Classes: "mash-break govuk-!-margin-bottom-0"})}}},
		kit.Button{Text: "Download the whole log", Href: "/audit/bundle"},
		kit.Heading{Text: "How to check it"},
		kit.List{Numbered: true, Items: []kit.Paragraph{
			{Text: "Get the public key from somewhere other than this page, for example from the partnership’s register, and compare it with the one above."},
			{Text: "Download the log. It is recorded that you did."},
			{HTML: kit.MustHTML(kit.Paragraph{Text: "On any machine, run: mashhub audit verify audit-bundle.jsonl --key KEY", Classes: "govuk-!-margin-bottom-0"})},
			{Text: "Keep the checkpoint below. A later log that does not begin with it has been changed."},
		}},
		kit.Details{Summary: "The signed checkpoint", HTML: kit.MustHTML(kit.Paragraph{Text: c.Note, AsWritten: true, Classes: "mash-break"})},
	}})
}
