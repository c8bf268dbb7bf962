package app

import (
	"context"
	"sync"
	"testing"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/wire"
)

// signed keeps the header of every message that somebody signed, by its kind
// and issuer.
type signed struct {
	mu  sync.Mutex
	all map[string]wire.Header
}

// sealer is a mash.Seal, whose name is that of a method.
type sealer = mash.Seal

type listening struct {
	sealer
	to *signed
}

func (s *signed) wrap(inner mash.Seal) mash.Seal { return listening{inner, s} }

func (l listening) Seal(ctx context.Context, from, to mash.Address, payload []byte) ([]byte, error) {
	if m, err := wire.Decode(payload); err == nil {
		l.to.mu.Lock()
		l.to.all[string(m.Kind)+" of "+string(from)] = m.Header
		l.to.mu.Unlock()
	}
	return l.sealer.Seal(ctx, from, to, payload)
}

func (s *signed) header(which string) (wire.Header, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.all[which]
	return h, ok
}

// TestEveryHeaderIsWhole: whatever is signed says by which agreements, and for
// what it is wherever it is about somebody (DESIGN §7).
func TestEveryHeaderIsWhole(t *testing.T) {
	said := &signed{all: map[string]wire.Header{}}
	var p *play
	p = perform(t, plot{agencies: []string{"police", "schools"}, systems: map[string]*system{"police": incidents(&p, "incident-1/rowan")}, still: true,
		hub:  func(o *HubOptions) { o.Wrap.Seal = said.wrap },
		node: func(o *NodeOptions) { o.Wrap.Seal = said.wrap }})
	p.run()
	w, school, d := p.as("worker"), p.at("schools/999001"), p.hub.Desk
	read := school.task(node.TaskNotice)
	p.must(school.n.Node.Acknowledge(t.Context(), school.staff(), read.Task.ID))
	id := w.opens(nil)
	r := w.asks(id, "schools/999001")
	v := school.task(node.TaskAnswer)
	p.must(school.n.Node.AskBack(t.Context(), school.staff(), v.Task.ID, "which Rowan?"))
	p.eventually("they ask", func() bool {
		_, err := d.AnswerClarification(t.Context(), w.Actor, r.ID, "the one at Millbrook")
		return err == nil
	})
	p.must(d.SetRAG(t.Context(), w.Actor, id, mash.Red))
	school.answers(node.PersonAnswer{Outcome: string(mash.NothingKnown)})
	p.lands(r)
	p.must(second(d.Withdraw(t.Context(), w.Actor, w.asks(w.opens(nil), "schools/999001").ID, "not needed")))
	old := w.asks(w.opens(nil), "schools/999001")
	withdrawn, _ := said.header("withdraw of hub/fernshire")
	p.clock.pass(100 * 24 * time.Hour)
	p.must(second(d.Expire(t.Context())))
	if expired, _ := said.header("withdraw of hub/fernshire"); expired.Ref != old.ID || expired.Purpose != old.Purpose || withdrawn.Purpose != old.Purpose {
		t.Errorf("withdrawals: %+v, %+v", withdrawn, expired)
	}
	hub, unit, police := string(mash.HubAddress("fernshire")), string(mash.PartyAddress(school.Party)), string(mash.PartyAddress(party("police")))
	schools := string(mash.PartyAddress(party("schools")))
	for which, purpose := range map[string]mash.Purpose{
		"request of " + hub: mash.PurposeS17, "amend of " + hub: mash.PurposeS17, "withdraw of " + hub: mash.PurposeS17,
		"clarify of " + hub: mash.PurposeS17, "clarify of " + unit: mash.PurposeS17, "return of " + unit: mash.PurposeS17,
		"notify of " + police: mash.PurposeEncompass, "notify of " + hub: mash.PurposeEncompass,
		"acknowledge of " + unit: mash.PurposeEncompass, "acknowledge of " + hub: mash.PurposeEncompass,
		"status of " + schools: "", "receipt of " + hub: "", "receipt of " + unit: ""} {
		var h wire.Header
		p.eventually(which, func() (ok bool) { h, ok = said.header(which); return ok })
		if h.Purpose != purpose || h.PolicyVersion != p.hub.Policy.Version() || h.PolicyEpoch != 1 {
			t.Errorf("%s: for %q, by %q %d", which, h.Purpose, h.PolicyVersion, h.PolicyEpoch)
		}
		if about := purpose == mash.PurposeS17; about != (h.Scope != "") {
			t.Errorf("%s: scope %q", which, h.Scope)
		}
	}
}
