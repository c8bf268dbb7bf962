package app

import (
	"slices"
	"testing"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/wire"
)

// hearNothing holds back everything that an agency sends to the hub, or lets it
// go on.
func (p *play) hearNothing(agency string, held bool) {
	p.bus.set(func() { p.bus.held = map[string]bool{mash.FromTopic(world.Hub, agency): held} })
}

// missing waits for the task that says what the hub has not got, checks it and
// takes it off the list.
func (x place) missing(what wire.Kind, code mash.Code, reference string) {
	x.p.t.Helper()
	v := x.task(node.TaskRefused)
	if v.Refused == nil || v.Refused.What != what || v.Refused.Code != code || v.Refused.Reference != reference {
		x.p.t.Errorf("the agency is told %+v, want %s %s %s", v.Refused, what, code, reference)
	}
	x.p.must(x.n.Node.AcknowledgeRefusal(x.p.t.Context(), x.staff(), v.Task.ID))
}

// idle wants no task of the kind that says what the hub has not got.
func (x place) idle() {
	x.p.t.Helper()
	rows, _, err := x.n.Node.Inbox(x.p.t.Context(), x.staff())
	x.p.must(err)
	for _, r := range rows {
		if r.Kind == node.TaskRefused {
			x.p.t.Errorf("a task: %+v", r.Refused)
		}
	}
}

// TestANoticeThatDoesNotReachTheHub: the police believe that the school is told,
// so somebody there must learn that it is not, and of which incident.
func TestANoticeThatDoesNotReachTheHub(t *testing.T) {
	var p *play
	p = perform(t, plot{agencies: []string{"police", "schools"}, systems: map[string]*system{"police": incidents(&p, "incident-1/rowan")}, still: true})
	p.hearNothing("police", true)
	p.run()
	police := p.at("police")
	p.eventually("the notice is under way", func() bool { return police.ledger("notify.raise") == 1 })
	police.idle()
	p.clock.pass(8 * 24 * time.Hour)
	police.missing(wire.KindNotify, "no_receipt", "incident-1/rowan")
	if police.ledger("notify.undeliverable") != 1 {
		t.Error("not recorded")
	}
	p.hearNothing("police", false)
	draft := exchange.Draft{Header: wire.Header{Kind: wire.KindNotify, Ref: "n-1"}, Body: wire.Notify{}}
	if state, _ := police.told(police.says(draft)); state != mash.OutRefused {
		t.Fatal("not refused")
	}
	police.missing(wire.KindNotify, mash.CodeBadMessage, "")
	// And what is read at a school, and the hub does not know of.
	school := p.at("schools/999001")
	school.told(school.says(exchange.Draft{Header: wire.Header{Kind: wire.KindAcknowledge, Ref: "n-2"}, Body: wire.Acknowledge{Notification: "n-2", By: "dsl"}}))
	school.missing(wire.KindAcknowledge, mash.CodeNotFound, "")
}

// TestANoticeThatArrivesLeavesNoTask: nothing of it is kept at who sent it.
func TestANoticeThatArrivesLeavesNoTask(t *testing.T) {
	p, school := night(t, nil, nil, "incident-1/rowan")
	school.task(node.TaskNotice)
	n := p.noticed(mash.NoticeReceived)
	p.eventually("the receipt", func() bool {
		all := p.at("police").tasksOf(n)
		return len(all) == 1 && all[0].State == "done" && len(all[0].Body) == 0
	})
	p.at("police").idle()
}

// TestAQuestionBackThatDoesNotReachTheHub is a task, unless the hub has
// withdrawn what it was about.
func TestAQuestionBackThatDoesNotReachTheHub(t *testing.T) {
	p, w, police := police(t, nil)
	r := w.asks(w.opens(nil), "police")
	v := police.task(node.TaskAnswer)
	p.reaches(r, mash.RequestReceived)
	p.hearNothing("police", true)
	p.must(police.n.Node.AskBack(t.Context(), police.staff(), v.Task.ID, "which Rowan?"))
	p.clock.pass(8 * 24 * time.Hour)
	police.missing(wire.KindClarify, "no_receipt", r.Reference)
	p.must(police.n.Node.AskBack(t.Context(), police.staff(), v.Task.ID, "which Rowan?"))
	_, err := p.hub.Desk.Withdraw(t.Context(), w.Actor, r.ID, "not needed")
	p.must(err)
	p.eventually("it is withdrawn there", func() bool { return police.held(r.ID).State == mash.RequestWithdrawn })
	p.hearNothing("police", false)
	p.eventually("the receipt", func() bool { return police.ledger("clarify.refused") == 1 })
	police.idle()
}

// TestAnAnswerThatDoesNotReachTheHub: no receipt came in its time.
func TestAnAnswerThatDoesNotReachTheHub(t *testing.T) {
	p, w, police := police(t, nil)
	r := w.asks(w.opens(nil), "police")
	police.task(node.TaskAnswer)
	p.hearNothing("police", true)
	police.answers(node.PersonAnswer{Outcome: string(mash.NothingKnown)})
	p.clock.pass(8 * 24 * time.Hour)
	police.missing(wire.KindReturn, "no_receipt", r.Reference)
	if h := police.held(r.ID); h.State != mash.RequestUndeliverable {
		t.Errorf("it is %s", h.State)
	}
}

// events gives the details of a request's events of a kind.
func (p *play) events(r mash.Request, kind mash.EventKind) (out []string) {
	p.t.Helper()
	p.look(func(tx mash.HubTx) error {
		out = nil
		all, err := tx.Events(r.ID)
		for _, e := range all {
			if e.Kind == kind {
				out = append(out, e.Detail)
			}
		}
		return err
	})
	return out
}

// TestAnAgencyThatIsNotTold: it waits for our answer, or works on what nobody
// asks any more. Both stand on the board with its telephone until somebody has
// called.
func TestAnAgencyThatIsNotTold(t *testing.T) {
	p, w, police := police(t, nil)
	d := p.hub.Desk
	r := w.asks(w.opens(nil), "police")
	v := police.task(node.TaskAnswer)
	p.must(police.n.Node.AskBack(t.Context(), police.staff(), v.Task.ID, "which Rowan?"))
	other := w.asks(w.opens(nil), "police")
	p.reaches(other, mash.RequestReceived)
	p.eventually("they ask", func() bool { return slices.Contains(p.request(r.ID).Marks, mash.MarkClarifying) })
	p.wants(second(d.Telephoned(t.Context(), w.Actor, r.ID)), mash.CodeConflict)
	p.keepBack("police", true)
	p.must(second(d.AnswerClarification(t.Context(), w.Actor, r.ID, "the one at Millbrook")))
	p.must(second(d.Withdraw(t.Context(), w.Actor, other.ID, "not needed")))
	p.bus.set(func() { p.bus.down = true })
	never := w.asks(w.opens(nil), "police")
	p.must(second(d.Withdraw(t.Context(), w.Actor, never.ID, "a slip")))
	p.clock.pass(8 * 24 * time.Hour)
	p.bus.set(func() { p.bus.down = false })
	board := func() map[string]enquiry.BoardRow {
		t.Helper()
		b, err := d.Board(t.Context(), w.Actor, 1)
		p.must(err)
		out := map[string]enquiry.BoardRow{}
		for _, row := range append(b.Rows, b.Untold...) {
			out[row.Request] = row
		}
		return out
	}
	for id, mark := range map[string]string{r.ID: mash.MarkClarificationNotTaken, other.ID: mash.MarkWithdrawalNotTaken} {
		p.eventually(mark, func() bool { return slices.Equal(p.request(id).Marks, []string{mark}) })
		if row := board()[id]; !slices.Equal(row.Marks, []string{mark}) || row.Telephone == "" {
			t.Errorf("the board: %+v", row)
		}
	}
	if got := p.events(r, mash.EventClarifyFailed); !slices.Equal(got, []string{"no_receipt"}) {
		t.Errorf("events: %q", got)
	}
	if got := p.events(other, mash.EventWithdrawFailed); !slices.Equal(got, []string{"no_receipt"}) {
		t.Errorf("events: %q", got)
	}
	// Who never had the question need not be told that it is withdrawn.
	p.eventually("the third", func() bool { return len(p.events(never, mash.EventWithdrawFailed)) == 1 })
	if now := p.request(never.ID); len(now.Marks) > 0 {
		t.Errorf("it is marked %v", now.Marks)
	}
	for _, id := range []string{r.ID, other.ID} {
		p.must(second(d.Telephoned(t.Context(), w.Actor, id)))
		p.wants(second(d.Telephoned(t.Context(), w.Actor, id)), mash.CodeConflict)
	}
	if rows := board(); len(rows) != 1 || len(rows[r.ID].Marks) > 0 {
		t.Errorf("after the calls: %+v", rows)
	}
	if len(p.events(other, mash.EventTelephoned)) != 1 || len(p.audited("request.telephoned")) != 2 {
		t.Error("the calls are not recorded")
	}
}

func second[T any](_ T, err error) error { return err }
