package web

import (
	"errors"
	"html/template"
	"net/http"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// setAside lists what an enquiry has set aside: from whom, when and why, and
// nothing of what it says.
func (s *site) setAside(w http.ResponseWriter, r *http.Request) error {
	x, err := s.Desk.SetAside(r.Context(), actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	page := kit.Page{Title: "Set aside", Caption: x.Enquiry.Reference, Breadcrumbs: trail(x.Enquiry, "Set aside"), Path: "/board", Wide: true,
		Body: kit.Stack{kit.Paragraph{Text: "What came too late, what a newer answer replaced, and what was not asked for is kept sealed here. None of it is in the chronology, and no decision can rest on it, unless somebody took it in."}}}
	groups := []struct{ kind, title, about string }{
		{enquiry.AsideLate, "Came too late", "The question had ended when these answers came. Open one to read it, then take it in or leave it out. One that came after the family withdrew its agreement is for a manager, and nobody takes it in."},
		{enquiry.AsideOutside, "Not asked for", "The agreement did not let us ask for these, so nobody can take them in. A manager looks at each, tells the agency and destroys it."},
		{enquiry.AsideOutdated, "Perhaps about somebody else", "Who somebody is was corrected after this was asked, so these answers may be about another person. A manager may look at them; nobody can take them in."},
		{enquiry.AsideReplaced, "Replaced by a newer answer", "The agency has sent a newer answer to the same question."},
	}
	any := false
	for _, g := range groups {
		t := kit.Table{Caption: g.title, CaptionClasses: "govuk-visually-hidden", Scroll: true, FirstCellIsHeader: true,
			Head: []kit.Cell{{Text: "From"}, {Text: "What it is"}, {Text: "Why it is here"}, {Text: "Came"}, {Text: "State"}}}
		for _, row := range x.Rows {
			if row.Kind == g.kind {
				t.Rows = append(t.Rows, s.asideRow(row, actor(r.Context())))
			}
		}
		if len(t.Rows) > 0 {
			any = true
			page.Body = append(page.Body, kit.Heading{Text: g.title}, kit.Paragraph{Text: g.about}, t)
		}
	}
	if !any {
		page.Body = append(page.Body, kit.Paragraph{Text: "Nothing is set aside in this enquiry."})
	}
	page.Body = append(page.Body, kit.ButtonGroup{Items: kit.Stack{kit.Button{Text: "Back to the enquiry", Href: "/enquiries/" + x.Enquiry.ID, Classes: "govuk-button--secondary"}}})
	return s.layout.Write(w, r, page)
}

func (s *site) asideRow(row enquiry.AsideRow, who mash.Actor) []kit.Cell {
	what := asideWhat(row)
	cell := kit.Cell{HTML: lines(append(what, "A manager looks at it")...)}
	switch {
	case row.State == mash.AsideDestroyed || row.Erased:
		cell.HTML = lines(what...)
	case !row.Guarded || who.Has(mash.RoleManager):
		cell.HTML = kit.MustHTML(kit.Link{Text: what[0], Href: "/set-aside/" + row.ID, Hidden: "from " + row.Name + ", " + when(row.LandedAt)}) + lines("", what[1])
	}
	return []kit.Cell{{HTML: lines(row.Name, row.Telephone)}, cell, {Text: asideWhy(row)}, {Text: when(row.LandedAt)}, {HTML: s.asideState(row)}}
}

// asideWhat is what kind of thing it is, without what it says.
func asideWhat(row enquiry.AsideRow) []string {
	if row.Kind == enquiry.AsideOutside {
		return []string{"Part of an answer", "Revision " + itoa(row.Revision)}
	}
	out := []string{"An answer with " + plural(row.Items, "item", "items")}
	if !row.Final {
		out[0] = "A part of the answer, with " + plural(row.Items, "item", "items")
	}
	return append(out, "Revision "+itoa(row.Revision))
}

func asideWhy(row enquiry.AsideRow) string {
	switch row.Kind {
	case enquiry.AsideLate:
		return word(lateWords, row.Why)
	case enquiry.AsideOutdated:
		return "Who somebody is was corrected since it was asked"
	case enquiry.AsideReplaced:
		if row.Why != "" {
			return "A newer answer is here. This one came late, too"
		}
		return "A newer answer is here"
	}
	return word(outsideWords, row.Why)
}

// asideState is what became of it, by whom and why.
func (s *site) asideState(row enquiry.AsideRow) template.HTML {
	if row.Erased {
		return lines(word(asideWords, row.State), "Its content went with the enquiry’s")
	}
	if row.By == "" {
		return lines(word(asideWords, row.State))
	}
	out := []string{word(asideWords, row.State), "By " + s.staffName(row.By) + ", " + when(row.At)}
	if row.Reason != "" {
		out = append(out, row.Reason)
	}
	if row.Told {
		out = append(out, "The agency was told")
	}
	return lines(out...)
}

// openAside shows what one thing says that is set aside.
func (s *site) openAside(w http.ResponseWriter, r *http.Request) error {
	return s.writeAside(w, r, newForm(nil), http.StatusOK)
}

func (s *site) writeAside(w http.ResponseWriter, r *http.Request, f *form, code int) error {
	x, err := s.Desk.OpenAside(r.Context(), actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	title := map[string]string{enquiry.AsideLate: "An answer that came late", enquiry.AsideReplaced: "An answer that was replaced",
		enquiry.AsideOutdated: "Perhaps about somebody else",
		enquiry.AsideOutside:  "Not asked for"}[x.Row.Kind]
	crumbs := append(trail(x.Enquiry, "Set aside"), kit.Link{Text: title})
	crumbs[len(crumbs)-2].Href = "/enquiries/" + x.Enquiry.ID + "/set-aside"
	v := view{s, enquiry.Picture{Enquiry: x.Enquiry, Content: x.Content}, names(x.Content), actor(r.Context())}
	body := kit.Stack{v.informed()}
	rows := []kit.Row{{Key: "From", HTML: lines(x.Row.Name, x.Row.Telephone)}, {Key: "Came", Text: when(x.Row.LandedAt)},
		{Key: "Why it is here", Text: asideWhy(x.Row)}, {Key: "State", HTML: s.asideState(x.Row)}}
	for _, o := range x.Outcomes {
		rows = append(rows, kit.Row{Key: "About " + v.name(o.Person), Text: joined(outcomeText(o.Outcome), o.Reason)})
	}
	body = append(body, kit.SummaryList{Rows: rows})
	switch {
	case x.OwnViewNeeded:
		body = append(body, kit.Paragraph{Text: "Before you read it, write down what you think from what you know now."},
			kit.Button{Text: "Write your own view", Href: "/enquiries/" + x.Enquiry.ID + "/chronology"})
	case x.Row.Erased:
		body = append(body, kit.Paragraph{Text: "What it said went with the enquiry’s content. That it came is kept."})
	case x.Row.State == mash.AsideDestroyed:
		body = append(body, kit.Paragraph{Text: "What it said was destroyed. That it came, and what became of it, is kept."})
	default:
		body = append(body, v.asideEntries(x)...)
		body = append(body, v.asideForm(x.Row, f)...)
	}
	return s.layout.WriteStatus(w, r, code, kit.Page{Title: title, Caption: x.Enquiry.Reference, Breadcrumbs: crumbs, Path: "/board", Wide: true,
		Problems: f.problems, Body: body})
}

// asideEntries is what it says.
func (v view) asideEntries(x enquiry.Opened) kit.Stack {
	body := kit.Stack{kit.Heading{Text: "What it says"}}
	if x.Row.Kind == enquiry.AsideOutside {
		body = append(body, kit.Warning{Text: "We did not ask for this. Read no more than you need to tell the agency what went wrong, and use none of it."})
	}
	if x.Row.Kind == enquiry.AsideOutdated {
		body = append(body, kit.Warning{Text: "This may be about another person: who somebody is was corrected after it was asked. Use none of it."})
	}
	if x.Row.Kind == enquiry.AsideLate && x.Row.Guarded {
		body = append(body, kit.Warning{Text: "The family had withdrawn its agreement when this came. Use none of it."})
	}
	if len(x.Entries) == 0 && x.Hidden == 0 {
		body = append(body, kit.Paragraph{Text: "It holds no item."})
	}
	if len(x.Entries) > 0 {
		body = append(body, v.entryTable("What it says", x.Entries))
	}
	if x.Hidden > 0 {
		body = append(body, kit.Inset{Text: plural(x.Hidden, "item is", "items are") + " in it that you may not see. Ask the hub manager if you need " + itThem(x.Hidden) + " for your work."})
	}
	for _, w := range x.Withheld {
		body = append(body, kit.Paragraph{Text: "Withheld: " + mash.CategoryName(w.Category) + ", about " + v.name(w.Person) + ". " + w.Reason + " (" + w.Clause + ")"})
	}
	return body
}

// entryTable is a chronology as a table.
func (v view) entryTable(caption string, entries []enquiry.Entry) kit.Table {
	t := kit.Table{Caption: caption, CaptionClasses: "govuk-visually-hidden", Scroll: true, Head: []kit.Cell{{Text: "Date"}, {Text: "What was said"}}}
	for _, e := range entries {
		t.Rows = append(t.Rows, v.entry(e))
	}
	return t
}

// asideForm is what a person may decide about it.
func (v view) asideForm(row enquiry.AsideRow, f *form) kit.Stack {
	at := "/set-aside/" + row.ID
	switch {
	case row.Kind == enquiry.AsideLate && row.Guarded && row.State != mash.ReturnLeftOut:
		return kit.Stack{kit.Heading{Text: "Leave it out"}, v.posted(at+"/consider",
			f.radios("decision", "Nobody can take it in. Have you seen it, and does it stay out?", "", kit.Choice{Value: "leave_out", Text: "Yes, it stays out, sealed"}),
			f.area("reason", "Why did you look at it?", "Do not repeat what it says.", 3), save("Record it"))}
	case row.Kind == enquiry.AsideLate && !row.Guarded && row.State != mash.ReturnTakenIn:
		return kit.Stack{kit.Heading{Text: "What do you do with it?"}, v.posted(at+"/consider",
			f.radios("decision", "Does it belong in the chronology?", "Taking it in cannot be undone. The chronology says that it came late, and who took it in.",
				kit.Choice{Value: "take_in", Text: "Yes, take it in"}, kit.Choice{Value: "leave_out", Text: "No, leave it out", Hint: "It stays sealed, and can still be taken in later."}),
			f.area("reason", "What is in it, and why do you decide so?", "", 4), save("Record it"))}
	case row.Kind == enquiry.AsideOutside && v.who.Has(mash.RoleManager):
		return kit.Stack{kit.Heading{Text: "Destroy it"},
			kit.Paragraph{Text: "Telephone " + row.Name + " on " + row.Telephone + " and say that this was sent in error, so that they can find out why. What it says is then destroyed here; that it came is kept."},
			v.posted(at+"/destroy", f.radios("told", "Have you told the agency?", "", kit.Choice{Value: "yes", Text: "Yes, they know that it was sent in error"},
				kit.Choice{Value: "no", Text: "No"}), f.area("reason", "Why is it destroyed?", "Do not repeat what it says.", 3), kit.Button{Text: "Destroy it", OnceOnly: true, Classes: "govuk-button--warning"})}
	}
	return nil
}

// consider takes a late answer in or leaves it out.
func (s *site) consider(w http.ResponseWriter, r *http.Request) error {
	return s.asideStep(w, r, func(f *form, id string) (string, error) {
		reason := f.text("reason")
		switch f.need("decision", "Say whether it belongs in the chronology") {
		case "take_in":
			return "It is taken in. The chronology says that it came late.", s.Desk.TakeIn(r.Context(), actor(r.Context()), id, reason)
		case "leave_out":
			return "It is left out and stays sealed.", s.Desk.LeaveOut(r.Context(), actor(r.Context()), id, reason)
		}
		return "", errProblems
	})
}

// destroy destroys what was not asked for.
func (s *site) destroy(w http.ResponseWriter, r *http.Request) error {
	return s.asideStep(w, r, func(f *form, id string) (string, error) {
		in := enquiry.Destruction{Reason: f.text("reason"), Told: f.need("told", "Say whether you have told the agency") == "yes"}
		if len(f.problems) > 0 {
			return "", errProblems
		}
		return "It is destroyed. That it came is kept.", s.Desk.Destroy(r.Context(), actor(r.Context()), id, in)
	})
}

// asideStep carries a form about one thing set aside out, and leads back to it.
func (s *site) asideStep(w http.ResponseWriter, r *http.Request, act func(f *form, id string) (string, error)) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	err = s.send(w, r, f, func() (string, string, error) {
		done, err := act(f, id)
		return "/set-aside/" + id, done, err
	})
	switch {
	case errors.Is(err, errProblems):
		return s.writeAside(w, r, f, http.StatusUnprocessableEntity)
	case isProblem(err):
		f.take(err)
		return s.writeAside(w, r, f, kit.Status(err))
	}
	return err
}
