package enquiry

import (
	"context"
	"fmt"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
)

// pageQuarantine is the page of what the exchange could not take.
const pageQuarantine = "quarantine"

// Quarantine is what the exchange could not open or understand.
type Quarantine = exchange.Quarantine

// Quarantine lists what the exchange could not take, newest first, once that is
// recorded. Errors as Board.
func (d *Desk) Quarantine(ctx context.Context, actor mash.Actor) (q Quarantine, err error) {
	dec, entry, err := d.mayOpen(ctx, actor, pageQuarantine)
	if err != nil {
		return q, err
	}
	if err = d.Store.View(ctx, func(tx mash.HubTx) (err error) {
		q, err = exchange.ReadQuarantine(tx, nil)
		return err
	}); err != nil {
		return Quarantine{}, err
	}
	entry.Shown = q.IDs()
	if err := d.record(ctx, dec, entry); err != nil {
		return Quarantine{}, err // what could not be recorded is not shown
	}
	return q, nil
}

// SeeQuarantine records that somebody looked at what came until an instant, and
// what they found. Errors: CodeInvalid without a reason; CodeConflict if
// nothing was unseen; else as Board.
func (d *Desk) SeeQuarantine(ctx context.Context, actor mash.Actor, until time.Time, why string) error {
	dec, entry, err := d.mayOpen(ctx, actor, pageQuarantine)
	if err != nil {
		return err
	}
	if err := d.record(ctx, dec, entry); err != nil {
		return err
	}
	if err := exchange.CheckFinding(why); err != nil {
		return err
	}
	now := d.Env.Now()
	return d.Store.Update(ctx, func(tx mash.HubTx) error {
		ids, n, err := exchange.SeeQuarantine(tx, nil, actor.ID, why, until, now)
		if err != nil {
			return err
		}
		return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "quarantine.seen", Shown: ids,
			Detail: map[string]string{"messages": fmt.Sprint(n)}})
	})
}

// Unopened counts the messages that could not be taken and that nobody has
// looked at, for the board: a number, about nobody.
func (d *Desk) Unopened(ctx context.Context) (int, error) {
	var s mash.QuarantineState
	err := d.Store.View(ctx, func(tx mash.HubTx) (err error) {
		s, err = tx.QuarantineState(nil)
		return err
	})
	return s.Unseen, err
}
