package enquiry

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// expireMost is how many requests one run looks at.
const expireMost = 10_000

// Expire ends requests that nobody answered within their lifetime, and tells
// the agency, which forgets what it was asked. They stay visible as expired; an
// answer that comes later is flagged as late. Requests of an enquiry on legal
// hold do not expire while it stands. It returns how many it ended.
func (d *Desk) Expire(ctx context.Context) (ended int, err error) {
	var old []string
	if err := d.Store.View(ctx, func(tx mash.HubTx) error {
		now := d.Env.Now()
		old = nil
		open, err := tx.OpenRequests(mash.RequestFilter{Limit: expireMost})
		for _, r := range open {
			if now.Sub(r.RaisedAt) >= d.Lifetime {
				old = append(old, r.ID)
			}
		}
		return err
	}); err != nil {
		return 0, err
	}
	var errs []error
	for _, id := range old { // each by itself: one that fails keeps no other from ending
		done, err := d.expire(ctx, id)
		if done {
			ended++
		}
		errs = append(errs, err)
	}
	return ended, errors.Join(errs...)
}

// expire ends one request. It reports false for one that has ended meanwhile,
// or is on hold.
func (d *Desk) expire(ctx context.Context, id string) (ended bool, err error) {
	err = d.Store.Update(ctx, func(tx mash.HubTx) error {
		ended = false
		r, err := tx.Request(id)
		if err != nil {
			return err
		}
		kept, err := tx.Kept("requests", id)
		if err != nil || kept.Hold || r.State.Ended() {
			return err
		}
		now := d.Env.Now()
		r.State, r.Code = mash.RequestExpired, "lifetime"
		r.Marks = slices.DeleteFunc(r.Marks, func(m string) bool { return m == mash.MarkClarifying })
		if err := tx.UpdateRequest(r); err != nil {
			return fmt.Errorf("ending request: %w", err)
		}
		if err := tx.PutEvent(mash.Event{Request: r.ID, Kind: mash.EventExpired, At: now, Clock: mash.ClockHub}); err != nil {
			return err
		}
		if r.MessageID != "" { // it was asked
			if err := stop(tx, r, "lifetime"); err != nil {
				return err
			}
			if _, err := d.post.Post(ctx, tx, exchange.Draft{From: d.self(), To: mash.PartyAddress(r.Party), MaxAge: d.MaxAge,
				Header: header(wire.KindWithdraw, r), Body: wire.Withdraw{Reason: "lifetime"}}); err != nil {
				return fmt.Errorf("telling the agency: %w", err)
			}
		}
		ended = true
		return d.note(tx, nil, mash.Entry{At: now, Actor: d.Hub, Action: "request.expired", Enquiry: r.EnquiryID, Request: r.ID})
	})
	return ended && err == nil, err
}
