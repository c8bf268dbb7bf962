package web

import (
	"net/http"
	"net/url"
	"time"

	"mashhub/hub/agreement"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// The pages on which the sharing agreements are read and changed.

var (
	editionWords = map[string]string{string(mash.EditionProposed): "Waits for a second person", string(mash.EditionApproved): "Agreed, waits for its time",
		string(mash.EditionInForce): "In force", string(mash.EditionSuperseded): "Was in force, or was overtaken", string(mash.EditionRejected): "Not agreed to"}
	modes = []string{"content", "existence", "none"}
)

// agreementPages registers them.
func (s *site) agreementPages(get, post func(path, rule string, h kit.HandlerFunc)) {
	get("/agreements", rulePolicy, s.agreements)
	get("/agreements/matrix", rulePolicy, s.matrix)
	get("/agreements/what-if", rulePolicy, s.whatIf)
	get("/agreements/document", rulePolicy, s.document)
	get("/agreements/document.pdf", rulePolicy, s.documentPDF)
	get("/agreements/change", rulePropose, func(w http.ResponseWriter, r *http.Request) error {
		return s.writeChange(w, r, newForm(r.URL.Query()), http.StatusOK)
	})
	post("/agreements/change", rulePropose, s.change)
	get("/agreements/suspend", ruleSuspend, func(w http.ResponseWriter, r *http.Request) error {
		return s.writeSuspend(w, r, newForm(nil), http.StatusOK)
	})
	post("/agreements/suspend", ruleSuspend, s.suspend)
	get("/agreements/{id}", rulePolicy, func(w http.ResponseWriter, r *http.Request) error {
		return s.writeEdition(w, r, newForm(nil), http.StatusOK)
	})
	post("/agreements/{id}/approve", ruleApprove, s.editionPost(func(r *http.Request, f *form, id string) (string, error) {
		from := time.Time{}
		switch f.need("when", "Say from when it is in force") {
		case "now":
		case "later":
			from = f.day("from", "Write the day on which it takes effect")
		default:
			return "", errProblems
		}
		if len(f.problems) > 0 {
			return "", errProblems
		}
		return "It is agreed to. Every agency is told, and decides by it from its time on.", s.Editions.Approve(r.Context(), actor(r.Context()), id, from)
	}))
	post("/agreements/{id}/reject", ruleApprove, s.editionPost(func(r *http.Request, f *form, id string) (string, error) {
		return "It is not agreed to.", s.Editions.Reject(r.Context(), actor(r.Context()), id, f.text("why"))
	}))
	post("/agreements/{id}/again", rulePropose, s.again)
	post("/agreements/{id}/rehearsal/stop", ruleApprove, s.editionPost(func(r *http.Request, _ *form, id string) (string, error) {
		return "The rehearsal is stopped.", s.Editions.StopRehearsal(r.Context(), actor(r.Context()), id)
	}))
}

// agreements lists the versions, and what may be done.
func (s *site) agreements(w http.ResponseWriter, r *http.Request) error {
	who := actor(r.Context())
	files, err := s.Editions.Current(r.Context(), who)
	if err != nil {
		return err
	}
	all, err := s.Editions.List(r.Context(), who)
	if err != nil {
		return err
	}
	matrices, err := agreement.Matrices(agreement.FS(files))
	if err != nil {
		return err
	}
	body := kit.Stack{kit.Paragraph{Text: "What is enforced here is what the partners agreed to. Whoever may, changes it in four steps: propose, rehearse, have a second person agree, and see every agency take it up."},
		kit.SummaryList{Rows: []kit.Row{{Key: "In force", Text: "Version " + shortVersion(s.Editions.Engine.Version()) + ", number " + itoa(int(s.Editions.Engine.Epoch()))},
			{Key: "At the agencies", HTML: kit.MustHTML(kit.Link{Text: "By which version each decides", Href: "/agencies"})}}},
		kit.Heading{Text: "What may be shared"}}
	documents, err := documentLinks(files, "")
	if err != nil {
		return err
	}
	list := kit.List{}
	for _, m := range matrices {
		list.Items = append(list.Items, kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: m.Name, Href: matrixLink(m.Agreement, m.Pair), Hidden: "under " + m.Title})})
	}
	body = append(body, list, kit.Heading{Text: "To read and sign"},
		kit.Paragraph{Text: "What each agreement lets happen, in plain English, as a page and as a PDF for signature."}, documents, kit.Heading{Text: "Changes"})
	if len(all) == 0 {
		body = append(body, kit.Paragraph{Text: "Nothing has been changed since this hub was set up."})
	} else {
		t := kit.Table{Caption: "Changes, newest first", CaptionClasses: "govuk-visually-hidden", Scroll: true,
			Head: []kit.Cell{{Text: "Why"}, {Text: "Proposed"}, {Text: "Agreed to"}, {Text: "State"}, {Text: "Number"}}}
		for _, e := range all {
			number := ""
			if e.Epoch > 0 {
				number = itoa(int(e.Epoch))
			}
			t.Rows = append(t.Rows, []kit.Cell{{HTML: kit.MustHTML(kit.Link{Text: e.Why, Href: "/agreements/" + e.ID})},
				{HTML: lines("by "+s.staffName(e.ProposedBy), when(e.ProposedAt))}, {HTML: lines(s.agreedBy(e)...)}, {HTML: lines(stateOf(e)...)}, {Text: number}})
		}
		body = append(body, t)
	}
	if who.Has(mash.RoleManager) || who.Has(mash.RoleIGLead) {
		body = append(body, kit.Heading{Text: "In an emergency"}, kit.Paragraph{Text: "One person alone may stop an agreement, or one agency, at once. The way back takes two people."},
			kit.Button{Text: "Stop sharing", Href: "/agreements/suspend", Classes: "govuk-button--warning"})
	}
	return s.layout.Write(w, r, kit.Page{Title: "Sharing agreements", Wide: true, Path: "/agreements", Body: body})
}

func matrixLink(agreement, pair string) string {
	return "/agreements/matrix?" + url.Values{"agreement": {agreement}, "pair": {pair}}.Encode()
}

func (s *site) agreedBy(e mash.Edition) []string {
	switch {
	case e.ApprovedBy == "":
		return []string{"Nobody yet"}
	case e.Emergency:
		return []string{"by the same person, in an emergency", when(e.ApprovedAt)}
	}
	return []string{"by " + s.staffName(e.ApprovedBy), when(e.ApprovedAt)}
}

func stateOf(e mash.Edition) []string {
	out := []string{word(editionWords, string(e.State))}
	switch e.State {
	case mash.EditionApproved:
		out = append(out, "From "+when(e.EffectiveAt))
	case mash.EditionInForce:
		out = append(out, "Since "+when(e.InForceAt))
	}
	return out
}

// matrix shows what one agency and the hub agreed: by category and purpose.
func (s *site) matrix(w http.ResponseWriter, r *http.Request) error {
	who := actor(r.Context())
	files, err := s.Editions.Current(r.Context(), who)
	if err != nil {
		return err
	}
	if r.URL.RawQuery == "" { // which one is chosen there
		return s.agreements(w, r)
	}
	m, ok, err := agreement.MatrixOf(agreement.FS(files), r.URL.Query().Get("agreement"), r.URL.Query().Get("pair"))
	if err != nil {
		return err
	}
	if !ok {
		return kit.ErrNotFound
	}
	t := kit.Table{Caption: "By kind of information and purpose", CaptionClasses: "govuk-visually-hidden", Scroll: true, FirstCellIsHeader: true, Head: []kit.Cell{{Text: "Kind of information"}}}
	for _, p := range m.Purposes {
		t.Head = append(t.Head, kit.Cell{Text: mash.PurposeName(mash.Purpose(p))})
	}
	for _, row := range m.Rows {
		name := []string{capital(row.Label)}
		if row.NCND {
			name = append(name, "Neither confirmed nor denied unless all of it is shared")
		}
		cells := []kit.Cell{{HTML: lines(name...)}}
		for _, p := range m.Purposes {
			text := word(agreement.ModeWords, row.Modes[p])
			cell := kit.Cell{Text: text}
			if who.Has(mash.RoleIGLead) {
				q := url.Values{"agreement": {m.Agreement}, "pair": {m.Pair}, "category": {row.Category}, "purpose": {p}}
				cell = kit.Cell{HTML: lines(text) + kit.MustHTML(kit.Link{Text: "Change", Href: "/agreements/change?" + q.Encode(), Hidden: lower(row.Label) + ", " + lower(mash.PurposeName(mash.Purpose(p)))})}
			}
			cells = append(cells, cell)
		}
		t.Rows = append(t.Rows, cells)
	}
	try := kit.Stack{}
	if len(m.Rows) > 0 {
		try = kit.Stack{kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: "What would happen if …", Href: whatIfLink(m, "")})}}
	}
	return s.layout.Write(w, r, kit.Page{Title: "What " + m.Name + " may share", Caption: capital(m.Title), Wide: true, Path: "/agreements",
		Breadcrumbs: []kit.Link{{Text: "Sharing agreements", Href: "/agreements"}, {Text: m.Name}}, Body: kit.Stack{t, try}})
}

// cellOf is the cell that a form is about.
func cellOf(f *form) agreement.Cell {
	return agreement.Cell{Agreement: f.text("agreement"), Pair: f.text("pair"), Category: f.text("category"), Purpose: f.text("purpose")}
}

// writeChange is the form that proposes another mode for one cell.
func (s *site) writeChange(w http.ResponseWriter, r *http.Request, f *form, code int) error {
	if err := s.Desk.Page(r.Context(), actor(r.Context()), rulePropose); err != nil {
		return err
	}
	files, err := s.Editions.Current(r.Context(), actor(r.Context()))
	if err != nil {
		return err
	}
	c := cellOf(f)
	if c == (agreement.Cell{}) { // which cell is chosen in a matrix
		return s.agreements(w, r)
	}
	m, ok, err := agreement.MatrixOf(agreement.FS(files), c.Agreement, c.Pair)
	if err != nil {
		return err
	}
	row, known := agreement.MatrixRow{}, false
	for _, x := range m.Rows {
		if x.Category == c.Category {
			row, known = x, true
		}
	}
	now := row.Modes[c.Purpose]
	if !ok || !known || now == "" {
		return kit.ErrNotFound
	}
	var choices []kit.Choice
	for _, mode := range modes {
		if mode != now {
			choices = append(choices, kit.Choice{Value: mode, Text: word(agreement.ModeWords, mode)})
		}
	}
	change := s.posted("/agreements/change", f.radios("mode", "What is to be instead?", "", choices...),
		f.area("why", "Why?", "Partners read this. Name nobody.", 4), kit.Button{Text: "Propose this change", OnceOnly: true})
	for _, name := range []string{"agreement", "pair", "category", "purpose"} {
		change.Hidden[name] = f.text(name)
	}
	return s.layout.WriteStatus(w, r, code, kit.Page{Title: "Change what may be shared", Caption: m.Name, Path: "/agreements", Problems: f.problems,
		Breadcrumbs: []kit.Link{{Text: "Sharing agreements", Href: "/agreements"}, {Text: m.Name, Href: matrixLink(m.Agreement, m.Pair)}, {Text: "Change"}},
		Body: kit.Stack{kit.SummaryList{Rows: []kit.Row{{Key: "Kind of information", Text: capital(row.Label)},
			{Key: "Purpose", Text: mash.PurposeName(mash.Purpose(c.Purpose))}, {Key: "Now", Text: word(agreement.ModeWords, now)}}},
			kit.Paragraph{Text: "Nothing changes yet. The next page shows what this would have decided otherwise; then a second person agrees to it or not."},
			change}})
}

// change proposes it.
func (s *site) change(w http.ResponseWriter, r *http.Request) error {
	return s.retentionPost(w, r, func(f *form) (string, string, error) {
		who := actor(r.Context())
		mode := f.need("mode", "Choose what is to be instead")
		f.need("why", "Say why")
		if len(f.problems) > 0 {
			return "", "", errProblems
		}
		files, err := s.Editions.Current(r.Context(), who)
		if err != nil {
			return "", "", err
		}
		next, err := agreement.SetMode(agreement.FS(files), cellOf(f), mode)
		if err != nil {
			return "", "", err
		}
		e, err := s.Editions.Propose(r.Context(), who, next, f.text("why"))
		return "/agreements/" + e.ID, "It is proposed. Look at what it would change.", err
	}, s.writeChange)
}

// writeSuspend is the form for an emergency.
func (s *site) writeSuspend(w http.ResponseWriter, r *http.Request, f *form, code int) error {
	if err := s.Desk.Page(r.Context(), actor(r.Context()), ruleSuspend); err != nil {
		return err
	}
	files, err := s.Editions.Current(r.Context(), actor(r.Context()))
	if err != nil {
		return err
	}
	all, err := agreement.Stoppable(agreement.FS(files))
	if err != nil {
		return err
	}
	var choices []kit.Choice
	for _, x := range all {
		if x.Pair == "" {
			choices = append(choices, kit.Choice{Value: x.Agreement, Text: "Everything under " + x.Title})
			continue
		}
		choices = append(choices, kit.Choice{Value: x.Agreement + " " + x.Pair, Text: x.Name + ", under " + x.Title})
	}
	return s.layout.WriteStatus(w, r, code, kit.Page{Title: "Stop sharing", Path: "/agreements", Problems: f.problems,
		Breadcrumbs: []kit.Link{{Text: "Sharing agreements", Href: "/agreements"}, {Text: "Stop sharing"}},
		Body: kit.Stack{kit.Warning{Text: "This takes effect at once. Questions that are open are withdrawn, and answers that come all the same are kept sealed. Telling whoever raised a concern, and closing, go on. To begin again takes a proposal and a second person."},
			s.posted("/agreements/suspend", f.radios("what", "What is to stop?", "", choices...), f.area("why", "Why?", "Partners read this. Name nobody.", 4),
				kit.Button{Text: "Stop it now", OnceOnly: true, Classes: "govuk-button--warning"})}})
}

func (s *site) suspend(w http.ResponseWriter, r *http.Request) error {
	return s.retentionPost(w, r, func(f *form) (string, string, error) {
		id, pair := cut(f.need("what", "Choose what is to stop"))
		if len(f.problems) > 0 {
			return "", "", errProblems
		}
		e, err := s.Editions.Suspend(r.Context(), actor(r.Context()), id, pair, f.text("why"))
		return "/agreements/" + e.ID, "It is stopped.", err
	}, s.writeSuspend)
}

// cut parts an agreement from a pair of it.
func cut(s string) (id, pair string) {
	for i := range s {
		if s[i] == ' ' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
