package web

import (
	"net/http"
	"strings"
	"time"

	"mashhub/hub/agreement"
	"mashhub/hub/edition"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// The page of one change of the agreements.

// again proposes what was in force once more.
func (s *site) again(w http.ResponseWriter, r *http.Request) error {
	return s.retentionPost(w, r, func(f *form) (string, string, error) {
		who := actor(r.Context())
		e, _, _, err := s.Editions.Show(r.Context(), who, r.PathValue("id"))
		if err != nil {
			return "", "", err
		}
		version := e.Version
		if f.text("version") == "was" {
			version = e.Was
		}
		next, err := s.Editions.Again(r.Context(), who, version, f.text("why"))
		return "/agreements/" + next.ID, "It is proposed. Look at what it would change.", err
	}, s.writeEdition)
}

// editionPost carries out a form about one change.
func (s *site) editionPost(act func(r *http.Request, f *form, id string) (string, error)) kit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := r.PathValue("id")
		return s.retentionPost(w, r, func(f *form) (string, string, error) {
			done, err := act(r, f, id)
			return "/agreements/" + id, done, err
		}, s.writeEdition)
	}
}

// rehearsed is how far back a change is rehearsed.
const rehearsed = 90 * 24 * time.Hour

// writeEdition shows one change: what it does, in sentences, what it would have
// decided otherwise, and what may be done with it.
func (s *site) writeEdition(w http.ResponseWriter, r *http.Request, f *form, code int) error {
	who := actor(r.Context())
	e, was, now, err := s.Editions.Show(r.Context(), who, r.PathValue("id"))
	if mash.CodeOf(err) == mash.CodeNotFound {
		return kit.ErrNotFound
	}
	if err != nil {
		return err
	}
	changes, err := agreement.Diff(agreement.FS(was), agreement.FS(now))
	if err != nil {
		return err
	}
	body := kit.Stack{kit.SummaryList{Rows: []kit.Row{{Key: "Why", Text: e.Why}, {Key: "State", HTML: lines(stateOf(e)...)}, {Key: "Proposed", HTML: lines("by "+s.staffName(e.ProposedBy), when(e.ProposedAt))},
		{Key: "Agreed to", HTML: lines(s.agreedBy(e)...)}, {Key: "Version", Text: shortVersion(e.Version) + ", made from " + shortVersion(e.Was)}}},
		kit.Heading{Text: "What it changes"}}
	if e.State == mash.EditionRejected {
		body = append(kit.Stack{kit.Inset{Text: "Not agreed to by " + s.staffName(e.EndedBy) + " on " + when(e.EndedAt) + ": " + e.EndedWhy}}, body...)
	}
	list := kit.List{}
	for _, c := range changes {
		text := c.Sentence
		if c.Widens {
			text = "Shares more: " + text
		}
		list.Items = append(list.Items, kit.Paragraph{Text: text})
	}
	tries, err := s.whatIfLinks(changes, now, e.ID)
	if err != nil {
		return err
	}
	documents, err := documentLinks(now, e.ID)
	if err != nil {
		return err
	}
	body = append(body, list)
	body = append(body, tries...)
	body = append(body, kit.Heading{Text: "To read and sign", Level: 3}, kit.Paragraph{Text: "What each agreement lets happen with this change, in plain English."}, documents)
	if e.State == mash.EditionProposed {
		rehearsal, err := s.Editions.Rehearsing(r.Context(), who, e.ID, s.Desk.Env.Now().Add(-rehearsed), r.URL.Query().Has("again"))
		if err != nil {
			return err
		}
		body = append(body, s.rehearsal(who, e.ID, rehearsal)...)
		if rehearsal.Running && len(f.problems) == 0 { // nobody is to lose what they write in a form
			w.Header().Set("Refresh", "3")
		} else {
			body = append(body, s.editionForms(e, who, f)...)
		}
	} else if who.Has(mash.RoleIGLead) && e.State != mash.EditionApproved {
		which := []kit.Choice{{Value: "this", Text: "As it was with this change"}, {Value: "was", Text: "As it was before this change"}}
		if e.State == mash.EditionRejected {
			which = which[:1]
		}
		body = append(body, kit.Heading{Text: "Go back"}, s.posted("/agreements/"+e.ID+"/again",
			f.radios("version", "Propose the agreements", "", which...), f.area("why", "Why?", "Partners read this. Name nobody.", 3), kit.Button{Text: "Propose it", OnceOnly: true}))
	}
	return s.layout.WriteStatus(w, r, code, kit.Page{Title: "A change of the sharing agreements", Wide: true, Path: "/agreements", Problems: f.problems,
		Breadcrumbs: []kit.Link{{Text: "Sharing agreements", Href: "/agreements"}, {Text: "Change"}}, Body: body})
}

// rehearsal says what a change would have decided otherwise, or how far it is.
func (s *site) rehearsal(who mash.Actor, id string, x edition.Rehearsal) kit.Stack {
	body := kit.Stack{kit.Heading{Text: "Rehearsal"}}
	var stop kit.Component = kit.Stack{}
	if who.Has(mash.RoleIGLead) || who.Has(mash.RoleManager) {
		stop = s.posted("/agreements/"+id+"/rehearsal/stop", kit.Button{Text: "Stop the rehearsal", OnceOnly: true, Classes: "govuk-button--secondary"})
	}
	looked := plural(x.Looked, "decision", "decisions") + " of this hub"
	switch {
	case x.Running:
		text := "The decisions of this hub since " + day(x.From) + " are being put to the changed agreements. "
		if x.Looked > 0 {
			text += looked + " so far, back to " + day(x.Back) + ". "
		}
		return append(body, kit.Inset{Text: text + "This page loads itself again every three seconds. The forms to agree stand here when it is done."},
			stop)
	case x.Stopped && x.Looked == 0:
		looked = "The rehearsal was stopped before any decision was put to the changed agreements."
	case x.Stopped:
		looked += " back to " + day(x.Back) + " were put to the changed agreements; then the rehearsal was stopped."
	default:
		looked += " since " + day(x.From) + " were put to what is in force and to the changed agreements, last on " + when(x.At) + "."
	}
	body = append(body, kit.Paragraph{Text: looked + " What agencies released is decided at their own nodes, and is not among them."},
		kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: "Rehearse again", Href: "/agreements/" + id + "?again"})})
	if x.Stopped && x.Changed == 0 {
		return body
	}
	if x.Changed == 0 {
		return append(body, kit.Inset{Text: "None of them would have been decided otherwise."})
	}
	t := kit.Table{Caption: plural(x.Changed, "answer", "answers") + " would have been another", CaptionClasses: "govuk-table__caption--m", Scroll: true,
		Head: []kit.Cell{{Text: "Question"}, {Text: "With"}, {Text: "About"}, {Text: "Purpose"}, {Text: "Was"}, {Text: "Would be"}, {Text: "How many", Classes: "govuk-table__header--numeric"}}}
	for _, c := range x.Counts {
		now := termsWords(c.Now)
		if c.Widens {
			now = "Shares more: " + lower(now)
		}
		with := s.Agencies.Name(mash.Party{Agency: c.Agency})
		if c.Role != "" {
			with = word(roleWords, c.Role)
		}
		t.Rows = append(t.Rows, []kit.Cell{{Text: word(questionWords, string(c.Question))}, {Text: with}, {Text: mash.CategoryName(c.Category)}, {Text: purposeOf(c.Purpose)},
			{Text: termsWords(c.Was)}, {Text: now}, {Text: itoa(c.N), Classes: "govuk-table__cell--numeric"}})
	}
	cases := kit.Table{Caption: "Each of them", CaptionClasses: "govuk-table__caption--s", Scroll: true, Head: []kit.Cell{{Text: "Decision"}, {Text: "When"}, {Text: "Clauses then"}, {Text: "Clauses now"}, {Text: "Reason"}}}
	for _, c := range x.Cases {
		cases.Rows = append(cases.Rows, []kit.Cell{{Text: c.Decision, Classes: "mash-break"}, {Text: when(c.At)}, {HTML: lines(c.WasClauses...)}, {HTML: lines(c.NowClauses...)}, {HTML: lines(c.Reasons...)}})
	}
	return append(body, t, kit.Details{Summary: "The decisions themselves", HTML: kit.MustHTML(cases)})
}

func purposeOf(p mash.Purpose) string {
	if p == "" {
		return ""
	}
	return mash.PurposeName(p)
}

// editionForms are what may be done with a proposal: nobody agrees to their own.
func (s *site) editionForms(e mash.Edition, who mash.Actor, f *form) kit.Stack {
	if !who.Has(mash.RoleIGLead) && !who.Has(mash.RoleManager) {
		return nil
	}
	body := kit.Stack{kit.Heading{Text: "Agree to it, or not"}}
	if who.ID == e.ProposedBy {
		body = append(body, kit.Inset{Text: "You proposed this. Another person who may approve agrees to it or not."})
	} else {
		body = append(body, s.posted("/agreements/"+e.ID+"/approve",
			f.radios("when", "From when?", "", kit.Choice{Value: "now", Text: "At once"},
				kit.Choice{Value: "later", Text: "From a day on", Conditional: kit.Stack{f.date("from", "Which day?", "It takes effect as the day begins.")}}),
			kit.Button{Text: "Agree to it", OnceOnly: true}))
	}
	return append(body, s.posted("/agreements/"+e.ID+"/reject", f.area("why", "Why is it not agreed to?", "", 3), kit.Button{Text: "Do not agree", OnceOnly: true, Classes: "govuk-button--secondary"}))
}

// termsWords words an answer of a rehearsal, with its terms or the fields that go.
func termsWords(text string) string {
	if fields, ok := strings.CutPrefix(text, "fields: "); ok {
		if fields == "" {
			fields = "nothing"
		}
		return "With the question goes: " + fields
	}
	answer, terms, bound := strings.Cut(text, " +")
	out := word(answerWords, answer)
	if bound {
		for t := range strings.SplitSeq(terms, " +") {
			out += "; " + lower(word(obligationWords, t))
		}
	}
	return out
}
