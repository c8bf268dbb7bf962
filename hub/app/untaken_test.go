package app

import (
	"testing"
	"time"

	"mashhub/hub/demo/world"
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
	rows, err := x.n.Node.Inbox(x.p.t.Context(), x.staff())
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
