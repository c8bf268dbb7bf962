package app

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/plugins/connector"
)

// watches is a police system with incidents at these settings.
func watches(p func() *shifting, settings ...string) *system {
	s := &system{methods: []string{"watch"}}
	var given atomic.Bool
	s.watch = func(ctx context.Context, q connector.WatchRequest) (connector.WatchResponse, error) {
		out := connector.WatchResponse{Cursor: "1"}
		if given.Swap(true) {
			<-ctx.Done()
			return connector.WatchResponse{}, ctx.Err()
		}
		for i, setting := range settings {
			out.Events = append(out.Events, connector.Notification{ID: fmt.Sprint("incident-", i), Kind: "encompass", Person: rowan(), Setting: setting,
				Happened: p().Now(), Place: "14 Tanner's Court", Reference: "FP/26/118", Present: "yes", Text: "CANARY-TEXT", FamilyInformed: "yes"})
		}
		return out, nil
	}
	return s
}

// TestANoticeThatReachesNobody: an incident at a school that nobody serves, by
// its number or because its node is not connected, stands at the hub as
// undeliverable with the reason. It holds up nothing: the notice behind it
// arrives, once.
func TestANoticeThatReachesNobody(t *testing.T) {
	var p *play
	sys := watches(func() *shifting { return p.clock }, "987654", "", "999002", "999001")
	p = perform(t, plot{agencies: []string{"police", "schools"}, systems: map[string]*system{"police": sys}, still: true})
	// St Brannoc's is in the directory and has no keys here.
	p.must(p.hub.Store.Update(t.Context(), func(tx mash.HubTx) error {
		owner := mash.PartyAddress(party("schools/999002"))
		keys, err := tx.KeysOf(owner)
		for _, k := range keys {
			if err == nil {
				err = tx.RetireKey(owner, k.ID, p.clock.Now(), true)
			}
		}
		return err
	}))
	p.run()
	notices := func() map[string]mash.Notification {
		out := map[string]mash.Notification{}
		p.look(func(tx mash.HubTx) error {
			all, err := tx.ListNotices(0, 10)
			for _, n := range all {
				out[n.Dedupe[strings.LastIndex(n.Dedupe, "-")+1:]] = n
			}
			return err
		})
		return out
	}
	school := p.at("schools/999001")
	v := school.task(node.TaskNotice)
	if v.Notice == nil || v.Notice.Reference != "FP/26/118" {
		t.Errorf("the school reads %+v", v.Notice)
	}
	p.eventually("all four are at the hub", func() bool { return len(notices()) == 4 })
	for i, code := range map[string]string{"0": "unknown_setting", "1": "unknown_setting", "2": "unknown_key"} {
		if n := notices()[i]; n.State != mash.NoticeUndeliverable || n.Code != code || n.From.Agency != "police" {
			t.Errorf("incident %s: %s %s from %s to %s", i, n.State, n.Code, n.From, n.To)
		}
	}
	if to := notices()["2"].To; to != party("schools/999002") {
		t.Errorf("the school that is not connected is %q", to)
	}
	if n := len(p.audited("notify.undeliverable")); n != 3 {
		t.Errorf("%d are recorded as undeliverable", n)
	}
	if n := p.bus.count(mash.ToTopic(world.Hub, "schools"), notices()["3"].ID); n != 1 {
		t.Errorf("%d messages to the school", n)
	}
	if strings.Contains(p.notes.String(), "CANARY") || strings.Contains(p.notes.String(), "Tessel") {
		t.Error("the log tells")
	}
}
