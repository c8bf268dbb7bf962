package app

import (
	"os"
	"path/filepath"
	"testing"

	"mashhub/hub/enquiry"
)

// TestTheBoardStandsWithoutContentKeys: content keys are never backed up with
// the data. Where they are lost, what an enquiry says cannot be read, and what
// is outstanding must be seen all the same (I1).
func TestTheBoardStandsWithoutContentKeys(t *testing.T) {
	var o HubOptions
	p := perform(t, plot{agencies: []string{"police"}, still: true, hub: func(given *HubOptions) { o = *given }})
	e := p.as("worker").opens(nil)
	secret := p.as("colleague").opens(restricted)
	r := p.as("worker").asks(e, "police")
	p.as("colleague").asks(secret, "police")

	p.must(p.hub.Close())
	keys, err := filepath.Glob(filepath.Join(p.hub.Keys, "keys.db*"))
	p.must(err)
	if len(keys) == 0 {
		t.Fatal("the keys are somewhere else")
	}
	for _, k := range keys {
		p.must(os.Remove(k))
	}
	p.hub, err = NewHub(t.Context(), o)
	p.must(err)

	worker := p.as("worker")
	if _, err := p.hub.Desk.Show(t.Context(), worker.Actor, e, "enquiry"); err == nil {
		t.Error("content was read without its key: this test proves nothing")
	}
	board, err := p.hub.Desk.Board(t.Context(), worker.Actor, 1)
	p.must(err)
	rows := board.Rows
	if len(rows) != 1 || rows[0].Request != r.ID || rows[0].Telephone == "" {
		t.Errorf("the board shows %+v, want the one request and whom to telephone", rows)
	}
	list, err := p.hub.Desk.Worklist(t.Context(), worker.Actor, 1)
	p.must(err)
	all := list.Rows
	if len(all) != 1 || all[0].ID != e {
		t.Errorf("%d enquiries are on the worklist, want the one", len(all))
	}
}

func restricted(in *enquiry.OpenInput) { in.Restricted = true }
