package app

import (
	"context"
	"slices"
	"testing"

	"mashhub/hub/mash"
	"mashhub/hub/node"
)

// broken is a node's store that cannot read what is held while a test wants it
// to fail.
type broken struct {
	mash.Store[mash.NodeTx]
	reads breaking
}

func (s *broken) wrap(o *NodeOptions) {
	o.Wrap.Store = func(inner mash.Store[mash.NodeTx]) mash.Store[mash.NodeTx] {
		s.Store = inner
		return s
	}
}

type brokenTx struct {
	mash.NodeTx
	s *broken
}

func (s *broken) Update(ctx context.Context, f func(mash.NodeTx) error) error {
	if first, ok := ctx.Value(raced{}).(func()); ok {
		first()
	}
	return s.Store.Update(ctx, func(tx mash.NodeTx) error { return f(brokenTx{tx, s}) })
}

func (t brokenTx) Held(hub, id string, p mash.Party) (mash.HeldRequest, error) {
	if err := t.s.reads.err(); err != nil {
		return mash.HeldRequest{}, err
	}
	return t.NodeTx.Held(hub, id, p)
}

// TestAStoreThatDoesNotAnswerRefusesNothing: what fails for a moment, on our
// side, is taken in when it comes again. A refusal would be for good.
func TestAStoreThatDoesNotAnswerRefusesNothing(t *testing.T) {
	store := &broken{}
	p := perform(t, plot{agencies: []string{"police"}, node: store.wrap})
	w, police := p.as("worker"), p.at("police")
	r := w.asks(w.opens(nil), "police")
	v := police.task(node.TaskAnswer)
	p.reaches(r, mash.RequestReceived)

	p.fails(&p.faults.reads, func() {
		p.must(police.n.Node.AskBack(t.Context(), police.staff(), v.Task.ID, "which Rowan?"))
	})
	p.eventually("the question back", func() bool { return slices.Contains(p.request(r.ID).Marks, mash.MarkClarifying) })

	p.fails(&store.reads, func() {
		p.must(second(p.hub.Desk.AnswerClarification(t.Context(), w.Actor, r.ID, "the one at Millbrook")))
	})
	p.eventually("the answer", func() bool {
		return slices.Contains(police.task(node.TaskAnswer).Clarified, "the one at Millbrook")
	})
	police.idle()
	if police.ledger("request.clarified") != 1 {
		t.Error("the answer is not recorded")
	}

	p, school := night(t, nil, nil, "incident-1/rowan")
	v = school.task(node.TaskNotice)
	p.noticed(mash.NoticeReceived)
	p.fails(&p.faults.reads, func() { p.must(school.n.Node.Acknowledge(t.Context(), school.staff(), v.Task.ID)) })
	p.noticed(mash.NoticeAcknowledged)
	school.idle()
}
