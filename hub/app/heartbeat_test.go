package app

import (
	"slices"
	"testing"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/node"
)

// health is what the hub shows of an agency.
func (p *play) health(agency string) (out enquiry.AgencyHealth) {
	p.t.Helper()
	all, err := p.hub.Desk.SystemHealth(p.t.Context(), p.as("worker").Actor)
	p.must(err)
	for _, h := range all {
		if h.Agency == agency {
			out = h
		}
	}
	return out
}

// beats sends a heartbeat and waits until the hub has it.
func (x place) beats() {
	x.p.t.Helper()
	before := x.p.health(x.Agency).LastSeen
	x.p.clock.pass(time.Millisecond)
	x.n.Node.Beat()
	x.p.eventually("a heartbeat", func() bool { return x.p.health(x.Agency).LastSeen.After(before) })
}

// TestWhoDecidesByAnOldVersion: the hub shows by which version an agency
// decides, says when it stays behind, and flags what was decided so, which
// counts all the same.
func TestWhoDecidesByAnOldVersion(t *testing.T) {
	p, w, at := police(t, holds(fact("i1", "police.crime", "2026-01-05", "Theft")))
	p.eventually("the first heartbeat", func() bool { return !p.health("police").LastSeen.IsZero() })
	if h := p.health("police").Policy; h.Version != p.hub.Policy.Version() || h.Epoch != 1 || h.Behind != 0 || h.Old {
		t.Errorf("%+v", h)
	}
	id := w.opens(nil)
	w.thinks(id)
	if ret := p.lands(w.asks(id, "police")); len(ret.Flags) > 0 || ret.PolicyEpoch != 1 {
		t.Errorf("flagged %v", ret.Flags)
	}
	p.must(p.hub.Policy.Swap(t.Context(), reworded(t, "title:", "title:"), 3))
	at.beats()
	if h := p.health("police").Policy; h.Behind != 2 || h.Old || h.Since.IsZero() {
		t.Errorf("just now: %+v", h)
	}
	p.clock.pass(11 * time.Second)
	at.beats()
	if h := p.health("police").Policy; h.Behind != 2 || !h.Old {
		t.Errorf("still: %+v", h)
	}
	id = w.opens(nil)
	w.thinks(id)
	ret := p.lands(w.asks(id, "police"))
	if !slices.Contains(ret.Flags, mash.FlagOldPolicy) || len(w.sees(id).Chronology) != 1 {
		t.Errorf("flags %v, %d in the chronology", ret.Flags, len(w.sees(id).Chronology))
	}
}

// TestAHeartbeatAgain: what the broker, or somebody there, repeats keeps no dead
// node alive.
func TestAHeartbeatAgain(t *testing.T) {
	p, _, at := police(t, nil)
	p.eventually("the first heartbeat", func() bool { return !p.health("police").LastSeen.IsZero() })
	at.beats()
	seen := p.health("police").LastSeen
	p.clock.pass(time.Hour)
	topic := mash.FromTopic(world.Hub, "police")
	for _, r := range p.bus.everything() {
		if r.Topic == topic {
			p.must(p.bus.Publish(t.Context(), []mash.BusMessage{{Topic: topic, Key: r.Key, Value: r.Value}}))
		}
	}
	p.must(p.bus.Publish(t.Context(), []mash.BusMessage{{Topic: topic, Value: []byte("what comes after it")}}))
	p.eventually("all of it is read", func() bool { n, err := p.hub.Desk.Unopened(t.Context()); p.must(err); return n == 1 })
	if h := p.health("police"); !h.LastSeen.Equal(seen) || !h.Silent {
		t.Errorf("last seen at %s, was %s; silent %t", h.LastSeen, seen, h.Silent)
	}
}

// TestASilentNode: while it gives no sign of life the time is its agency's, and
// ours where we host it: switching off does not stop the clock.
func TestASilentNode(t *testing.T) {
	for _, hosted := range []string{"", "Fernshire County Council"} {
		p := perform(t, plot{agencies: []string{"housing"}, hub: func(o *HubOptions) {
			o.Agencies = slices.Clone(o.Agencies)
			for i := range o.Agencies {
				o.Agencies[i].HeldFor = hosted
			}
		}})
		w, at := p.as("worker"), p.at("housing")
		p.eventually("the first heartbeat", func() bool { return !p.health("housing").LastSeen.IsZero() })
		topic := mash.ToTopic(world.Hub, "housing")
		p.bus.set(func() { p.bus.held = map[string]bool{topic: true} }) // it is switched off before the question comes
		r := w.asks(w.opens(nil), "housing")
		p.reaches(r, mash.RequestSent)
		p.clock.pass(time.Hour)
		if h := p.health("housing"); !h.Silent {
			t.Errorf("hosted %q: it does not show", hosted)
		}
		check := func(when string) {
			t.Helper()
			by := w.sees(r.EnquiryID).Requests[0].Timing.By
			agency, hub := by["agency"], by["hub"]
			if hosted != "" {
				agency, hub = hub, agency
			}
			if agency < 3_500_000 || hub > 60_000 || by["transport"] > 60_000 || by["outage"] > 0 {
				t.Errorf("hosted %q, %s: %v", hosted, when, by)
			}
		}
		check("while it is off")
		at.beats()
		p.bus.set(func() { p.bus.held = nil })
		check("after it came back")
		at.answers(node.PersonAnswer{Outcome: "nothing_known"})
		p.lands(r)
		check("answered")
	}
}

// TestWhoDecidesByAnotherVersion: the same number and other rules is no less a
// difference than an old number.
func TestWhoDecidesByAnotherVersion(t *testing.T) {
	p, w, at := police(t, holds(fact("i1", "police.crime", "2026-01-05", "Theft")))
	p.eventually("the first heartbeat", func() bool { return !p.health("police").LastSeen.IsZero() })
	changed := reworded(t, "words: six years", "words: about six years")
	p.must(p.hub.Policy.Swap(t.Context(), changed, 3))
	p.must(at.n.Policies["fernshire"].Swap(t.Context(), reworded(t, "title:", "title:"), 3))
	at.beats()
	p.clock.pass(11 * time.Second)
	at.beats()
	if h := p.health("police").Policy; h.Behind != 0 || !h.Other || !h.Old {
		t.Errorf("%+v", h)
	}
	if ret := p.lands(w.asks(w.opens(nil), "police")); !slices.Contains(ret.Flags, mash.FlagOldPolicy) {
		t.Errorf("flags %v", ret.Flags)
	}
}
