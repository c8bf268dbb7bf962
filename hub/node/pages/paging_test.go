package pages

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"mashhub/hub/mash"
)

// TestInboxShowsAll: however many tasks wait, the inbox counts all, each stands
// on one of its pages, and the nearest target is on the first.
func TestInboxShowsAll(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan()) // the newest of all
	urgent := f.taskOf(req)
	err := f.store.Update(t.Context(), func(tx mash.NodeTx) error {
		h, err := tx.Held("fernshire", req, millbrook)
		if err != nil {
			return err
		}
		later := h
		later.Body = []byte(strings.Replace(string(h.Body), "2026-11-20T21:40:00Z", "2026-11-27T21:40:00Z", 1))
		for i := range 550 {
			later.ID, later.Version = fmt.Sprintf("held-%04d", i), 1
			k := mash.Task{ID: fmt.Sprintf("crowd-%04d", i), Hub: "fernshire", Request: later.ID, Party: millbrook, Kind: urgent.Kind, State: "open",
				Body: urgent.Body, Created: urgent.Created.Add(-time.Hour), Version: 1}
			if err := tx.PutHeld(later); err != nil {
				return err
			}
			if err := tx.PutTask(k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c := f.as("reviewer")
	seen := map[string]bool{}
	for page := 1; page <= 6; page++ {
		var list taskList
		a := c.want(c.get(fmt.Sprintf("/api/v1/tasks?page=%d", page)), 200)
		if err := json.Unmarshal([]byte(a.body), &list); err != nil || list.Total != 551 || list.Pages != 6 || list.Page != page {
			t.Fatalf("page %d: %v %+v", page, err, list.Paging)
		}
		if page == 1 && list.Tasks[0].ID != urgent.ID {
			t.Errorf("first stands %s, not the nearest target", list.Tasks[0].ID)
		}
		for _, k := range list.Tasks {
			seen[k.ID] = true
		}
	}
	if len(seen) != 551 {
		t.Errorf("%d of 551 tasks can be reached", len(seen))
	}
	c.want(c.get("/tasks"), 200, "551 tasks", "shows 1 to 100 of 551", `href="/tasks?page=2"`, "/tasks/"+urgent.ID)
	c.want(c.get("/tasks?page=6"), 200, "shows 501 to 551 of 551", `href="/tasks?page=5"`)
}
