package enquiry

import (
	"context"
	"slices"

	"mashhub/hub/mash"
)

// underWay are the states of enquiries that are not closed.
var underWay = []mash.EnquiryState{mash.EnquiryContact, mash.EnquiryScreened, mash.EnquiryResearching, mash.EnquiryCollated,
	mash.EnquiryDecided, mash.EnquiryFeedbackSent}

// Worklist lists the enquiries that are not closed and that the actor works
// on, newest first, without content: references, states and urgency only. It
// is how a worker finds an enquiry whose questions have all been answered,
// which the board no longer shows, and one that an answer has come to since it
// was closed: nobody would look there of themselves (I4). Restricted ones are
// absent except for those named. Errors as Board.
func (d *Desk) Worklist(ctx context.Context, actor mash.Actor) ([]mash.Enquiry, error) {
	dec, entry, err := d.mayOpen(ctx, actor, "board")
	if err != nil {
		return nil, err
	}
	entry.Detail["page"] = "worklist"
	var out []mash.Enquiry
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		out = nil
		all, err := tx.ListEnquiries(mash.EnquiryFilter{Limit: 500, States: underWay})
		if err != nil {
			return err
		}
		closed, err := tx.ListEnquiries(mash.EnquiryFilter{Limit: 500, States: []mash.EnquiryState{mash.EnquiryClosed}, Review: true})
		for _, e := range append(all, closed...) {
			if !e.Restricted || relation(actor, e) == "named" {
				out = append(out, e)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, e := range out {
		entry.Shown = append(entry.Shown, e.ID)
	}
	slices.SortStableFunc(out, func(a, b mash.Enquiry) int { return b.OpenedAt.Compare(a.OpenedAt) })
	return out, d.record(ctx, dec, entry)
}

// ReviewsDue counts, for the board, the enquiries that an actor works on whose
// decision is up for review: a number, about nobody.
func (d *Desk) ReviewsDue(ctx context.Context, actor mash.Actor) (n int, err error) {
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		n = 0
		all, err := tx.ListEnquiries(mash.EnquiryFilter{Limit: 500, Review: true})
		for _, e := range all {
			if !e.Restricted || relation(actor, e) == "named" {
				n++
			}
		}
		return err
	})
	return n, err
}
