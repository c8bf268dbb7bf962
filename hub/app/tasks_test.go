package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// shown is what the node's log says that its staff were shown last of a task.
func (x place) shown(task string) (out []string) {
	x.p.t.Helper()
	for _, e := range x.audited("page.view") {
		if (e.Detail["page"] == "task" || e.Detail["page"] == "review") && e.Actor == x.staff().ID && slices.Contains(e.Shown, task) {
			out = e.Shown
		}
	}
	return out
}

// TestWhatATaskShowsIsRecorded: the people, the items, and the records that may
// be somebody's, each by its id (I3).
func TestWhatATaskShowsIsRecorded(t *testing.T) {
	sys := holds(fact("i1", "police.crime", "2026-01-05", "Theft"))
	sys.search = func(context.Context, connector.SearchRequest) (connector.SearchResponse, error) {
		return connector.SearchResponse{Outcome: connector.Found, Candidates: []connector.Candidate{{Ref: "CANARY-9990000018", Record: rowan()}, {Ref: "b", Record: rowan()}}}, nil
	}
	p, w, at := police(t, sys)
	var seen []string
	for range 2 {
		r := w.asks(w.opens(nil), "police")
		v := at.task(node.TaskCheck)
		got := at.shown(v.Task.ID)
		records := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return !strings.HasPrefix(s, "record/") })
		if len(got) != 4 || !slices.Contains(got, "subject-1") || len(records) != 2 || strings.Contains(strings.Join(got, " "), "CANARY") {
			t.Errorf("to compare: %q", got)
		}
		at.task(node.TaskCheck)
		if again := at.shown(v.Task.ID); !slices.Equal(again, got) {
			t.Errorf("again: %q", again)
		}
		seen = append(seen, records...)
		p.must(at.n.Node.CheckMatch(t.Context(), at.staff(), v.Task.ID, map[string]string{"subject-1": ""}))
		p.lands(r)
		if _, err := at.n.Node.OpenTask(t.Context(), at.staff(), v.Task.ID); err != nil { // forgotten, once the receipt is here
			p.wants(err, mash.CodeConflict)
		}
		if got := at.shown(v.Task.ID); !slices.Equal(got, []string{v.Task.ID}) {
			t.Errorf("done it shows %q", got)
		}
	}
	slices.Sort(seen)
	if len(slices.Compact(seen)) != 4 {
		t.Error("one record has the same name in two tasks")
	}

	p, school := night(t, nil, nil, "incident-1/rowan")
	v := school.task(node.TaskNotice)
	if n := p.noticed(mash.NoticeReceived); !slices.Contains(school.shown(v.Task.ID), n.ID) {
		t.Errorf("a notice: %q", school.shown(v.Task.ID))
	}
}

// TestATaskThatChangesWhileItIsOpened shows what was recorded, and nothing that
// came to it since.
func TestATaskThatChangesWhileItIsOpened(t *testing.T) {
	third := fact("i2", "police.crime", "2026-02-05", "About the neighbour")
	third.Flags = []string{record.FlagThirdParty}
	store := &broken{}
	p := perform(t, plot{agencies: []string{"police"}, systems: map[string]*system{"police": holds(fact("i1", "police.crime", "2026-01-05", "Theft"), third)}, node: store.wrap})
	w, at := p.as("worker"), p.at("police")
	r := w.asks(w.opens(nil), "police")
	v := at.task(node.TaskReview)
	third.ID = v.Items[0].ID
	p.eventually("the part that is plain", func() bool { return len(p.returns(r.ID)) == 1 })
	plain := p.returns(r.ID)[0].Items[0].ID
	if got := at.shown(v.Task.ID); !slices.Contains(got, third.ID) || slices.Contains(got, plain) || !slices.Contains(got, "subject-1") {
		t.Errorf("to review: %q", got)
	}
	v, err := at.n.Node.OpenTask(p.racing(func() {
		p.must(at.n.Store.Update(t.Context(), func(tx mash.NodeTx) error {
			now, err := tx.Task(v.Task.ID)
			if err != nil {
				return err
			}
			now.Body, err = json.Marshal(map[string]any{"items": map[string][]string{plain: nil, third.ID: nil}})
			if err != nil {
				return err
			}
			return tx.UpdateTask(now)
		}))
	}), at.staff(), v.Task.ID)
	p.must(err)
	got := at.shown(v.Task.ID)
	for _, i := range v.Items {
		if !slices.Contains(got, i.ID) {
			t.Errorf("%s is shown and not recorded", i.ID)
		}
	}
	if len(v.Items) != 1 {
		t.Errorf("%d items", len(v.Items))
	}
}
