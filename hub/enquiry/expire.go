package enquiry

import (
	"context"
	"fmt"

	"mashhub/hub/mash"
)

// Expire ends requests that nobody answered within their lifetime. They stay
// visible as expired; an answer that comes later is flagged as late. It returns
// how many there were.
func (d *Desk) Expire(ctx context.Context) (int, error) {
	now := d.Env.Now()
	ended := 0
	err := d.Store.Update(ctx, func(tx mash.HubTx) error {
		ended = 0
		open, err := tx.OpenRequests(1000)
		if err != nil {
			return err
		}
		for _, r := range open {
			if now.Sub(r.RaisedAt) < d.Lifetime {
				continue
			}
			r.State, r.Code = mash.RequestExpired, "lifetime"
			if err := tx.UpdateRequest(r); err != nil {
				return fmt.Errorf("ending request: %w", err)
			}
			if err := tx.PutEvent(mash.Event{Request: r.ID, Kind: mash.EventExpired, At: now, Clock: mash.ClockHub}); err != nil {
				return err
			}
			if err := d.note(tx, nil, mash.Entry{At: now, Actor: d.Hub, Action: "request.expired", Enquiry: r.EnquiryID, Request: r.ID}); err != nil {
				return err
			}
			ended++
		}
		return nil
	})
	return ended, err
}
