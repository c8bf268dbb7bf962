package pages

import (
	"context"
	"net/http"

	"mashhub/hub/edition"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// editionWords say how a change of the agreements stands at this agency.
var editionWords = map[mash.EditionState]string{mash.EditionApproved: "Agreed to, waits for its time", mash.EditionHeld: "Waits for you", mash.EditionInForce: "In force here",
	mash.EditionSuperseded: "Was in force, or was overtaken", mash.EditionRejected: "Kept out"}

// agreements lists the changes of the sharing agreements that hubs sent, and asks
// about what would let this agency release more.
func (s *site) agreements(w http.ResponseWriter, r *http.Request) error {
	return s.writeAgreements(w, r, "", "", http.StatusOK)
}

// changes lists the changes of each hub whose agreements show them to the actor:
// what one permits says nothing about another's. Errors: CodeNotFound where none
// permits it, CodeFault where one cannot decide.
func (s *site) changes(ctx context.Context, who mash.Actor) (out []edition.Waiting, err error) {
	open := false
	for _, hub := range s.Editions {
		some, err := hub.List(ctx, who)
		switch {
		case mash.CodeOf(err) == mash.CodeNotFound:
			continue
		case err != nil:
			return nil, err
		}
		open, out = true, append(out, some...)
	}
	if !open {
		return nil, mash.Errorf(mash.CodeNotFound, "no agreements show you their changes")
	}
	return out, nil
}

// writeAgreements shows the page; problem is what is wrong with the answer about
// one change.
func (s *site) writeAgreements(w http.ResponseWriter, r *http.Request, about, problem string, code int) error {
	all, err := s.changes(r.Context(), actor(r.Context()))
	if err != nil {
		return err
	}
	p := kit.Page{Title: "Sharing agreements", Path: "/agreements", Wide: true, Body: kit.Stack{kit.Paragraph{
		Text: "The hub’s people change the agreements, two of them for each change. What would let you release more takes effect here only when somebody of yours agrees to it."}}}
	for _, e := range all {
		p.Body = append(p.Body, s.editionCard(e, about, problem)...)
	}
	if problem != "" {
		p.Problems = []kit.Problem{{Text: problem, Field: "why-" + about}}
	}
	if len(all) == 0 {
		p.Body = append(p.Body, kit.Paragraph{Text: "Nothing has been changed since this node was set up."})
	}
	return s.layout.WriteStatus(w, r, code, p)
}

func (s *site) editionCard(e edition.Waiting, about, problem string) kit.Stack {
	who := e.ProposedBy + " and " + e.ApprovedBy
	if e.Emergency {
		who = e.ProposedBy + " alone, in an emergency"
	}
	rows := []kit.Row{{Key: "State", Text: editionWords[e.State]}, {Key: "Of", Text: e.Hub + ", by " + who}, {Key: "From", Text: s.when(e.EffectiveAt)}}
	if e.EndedWhy != "" {
		by := e.AcceptedBy
		if by == "" {
			by = e.EndedBy
		}
		rows = append(rows, kit.Row{Key: "Your answer", Text: e.EndedWhy + " (" + by + ")"})
	}
	out := kit.Stack{kit.Heading{Text: e.Why}, kit.SummaryList{Rows: rows}}
	if e.State != mash.EditionHeld {
		return out
	}
	list := kit.List{}
	for _, c := range e.Widens {
		list.Items = append(list.Items, kit.Paragraph{Text: c.Sentence})
	}
	why := kit.Textarea{Name: "why", ID: "why-" + e.ID, Rows: 3, Label: kit.Label{Text: "Why, and who decided it?"}, Hint: "The hub’s people do not see this; your own log keeps it."}
	if about == e.ID {
		why.Error = problem
	}
	return append(out, kit.Paragraph{Text: "It would let you release more:"}, list, kit.Form{Action: "/agreements/" + e.ID + "/agree", Body: kit.Stack{
		kit.Radios{Name: "answer", IDPrefix: "answer-" + e.ID, Legend: kit.Legend{Text: "Do you agree to it?", Classes: "govuk-fieldset__legend--s"}, Items: []kit.Choice{
			{Value: "yes", Text: "Yes, it takes effect here"}, {Value: "no", Text: "No, we go on by what we agreed to before", Hint: "The hub sees that you decide by an older version."}}},
		why, kit.Button{Text: "Record our answer", OnceOnly: true}}})
}

// answerFor answers about a change of whichever hub sent it.
func (s *site) answerFor(ctx context.Context, who mash.Actor, id string, agree bool, why string) error {
	for _, hub := range s.Editions {
		if err := hub.Answer(ctx, who, id, agree, why); mash.CodeOf(err) != mash.CodeNotFound {
			return err
		}
	}
	return mash.Errorf(mash.CodeNotFound, "there is no such change")
}

// answerEdition records the agency's answer about one change.
func (s *site) answerEdition(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return kit.ErrNotFound
	}
	id, answer := r.PathValue("id"), r.PostForm.Get("answer")
	if answer != "yes" && answer != "no" {
		return s.writeAgreements(w, r, id, "Say whether you agree to it", http.StatusUnprocessableEntity)
	}
	err := s.answerFor(r.Context(), actor(r.Context()), id, answer == "yes", trim(r.PostForm.Get("why")))
	switch mash.CodeOf(err) {
	case mash.CodeInvalid:
		return s.writeAgreements(w, r, id, "Say why, and who decided it", http.StatusUnprocessableEntity)
	case mash.CodeConflict:
		return s.writeAgreements(w, r, id, "This change does not wait for your answer any more", http.StatusConflict)
	}
	if err != nil {
		return err
	}
	s.sessions.SetFlash(r.Context(), kit.Flash{Text: "Your answer is recorded."})
	http.Redirect(w, r, "/agreements", http.StatusSeeOther)
	return nil
}
