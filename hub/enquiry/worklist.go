package enquiry

import (
	"context"
	"time"

	"mashhub/hub/mash"
)

// Worklist is one page of the enquiries that somebody works on.
type Worklist struct {
	mash.Paging
	Rows []WorkRow `json:"rows"`
}

// WorkRow is one enquiry under way: nothing about anybody.
type WorkRow struct {
	ID        string            `json:"id"`
	Reference string            `json:"reference"`
	RAG       mash.RAG          `json:"rag"`
	State     mash.EnquiryState `json:"state"`
	Review    bool              `json:"review"` // an answer came after the decision
	OpenedAt  time.Time         `json:"opened_at"`
	OpenedBy  string            `json:"opened_by"`
}

// Worklist lists the enquiries that are not closed and that the actor works
// on, newest first and a page at a time, without content: references, states
// and urgency only. It is how a worker finds an enquiry whose questions have all
// been answered, which the board no longer shows, and one that an answer has
// come to since it was closed: nobody would look there of themselves (I4).
// Restricted ones are absent except for those named. Errors as Board.
func (d *Desk) Worklist(ctx context.Context, actor mash.Actor, page int) (Worklist, error) {
	dec, entry, err := d.mayOpen(ctx, actor, "board")
	if err != nil {
		return Worklist{}, err
	}
	entry.Detail["page"] = "worklist"
	var w Worklist
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		f := mash.EnquiryFilter{Working: true, Limit: mash.PageRows}
		if f.Without, err = hidden(tx, actor); err != nil {
			return err
		}
		total, err := tx.CountEnquiries(f)
		if err != nil {
			return err
		}
		w = Worklist{Paging: mash.PageOf(total, page), Rows: []WorkRow{}}
		f.Skip = w.Skip()
		all, err := tx.ListEnquiries(f)
		for _, e := range all {
			w.Rows = append(w.Rows, WorkRow{ID: e.ID, Reference: e.Reference, RAG: e.RAG, State: e.State, Review: e.Review, OpenedAt: e.OpenedAt, OpenedBy: e.OpenedBy})
		}
		return err
	})
	if err != nil {
		return Worklist{}, err
	}
	for _, e := range w.Rows {
		entry.Shown = append(entry.Shown, e.ID)
	}
	if err := d.record(ctx, dec, entry); err != nil {
		return Worklist{}, err
	}
	return w, nil
}

// ReviewsDue counts, for the board, the enquiries that an actor works on whose
// decision is up for review: a number, about nobody.
func (d *Desk) ReviewsDue(ctx context.Context, actor mash.Actor) (n int, err error) {
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		without, err := hidden(tx, actor)
		if err != nil {
			return err
		}
		n, err = tx.CountEnquiries(mash.EnquiryFilter{Review: true, Without: without})
		return err
	})
	return n, err
}
