package enquiry

import (
	"context"
	"fmt"
	"time"

	"mashhub/hub/mash"
)

// pageQuarantine is the page of what the exchange could not take.
const pageQuarantine = "quarantine"

// quarantineShown is how many messages the page lists.
const quarantineShown = 200

// Quarantine is what the exchange could not open or understand. It says where
// a message stood and why it was not taken, never what is in it.
type Quarantine struct {
	State mash.QuarantineState `json:"state"`
	Rows  []mash.QuarantineRow `json:"rows"` // the newest
}

// Quarantine lists what the exchange could not take, newest first. Errors as
// Board.
func (d *Desk) Quarantine(ctx context.Context, actor mash.Actor) (Quarantine, error) {
	var out Quarantine
	dec, entry, err := d.mayOpen(ctx, actor, pageQuarantine)
	if err != nil {
		return out, err
	}
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		out.Rows = nil
		if out.State, err = tx.QuarantineState(); err != nil {
			return err
		}
		all, err := tx.Quarantined(quarantineShown)
		for _, q := range all {
			out.Rows = append(out.Rows, q.Row())
		}
		return err
	})
	if err != nil {
		return Quarantine{}, err
	}
	for _, q := range out.Rows {
		entry.Shown = append(entry.Shown, q.ID)
	}
	if err := d.record(ctx, dec, entry); err != nil {
		return Quarantine{}, err // what could not be recorded is not shown
	}
	return out, nil
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
	switch {
	case blank(why):
		return mash.Invalid("reason", "is missing", "say what you found, or whom you asked")
	case len(why) > 2000:
		return mash.Invalid("reason", "is longer than 2,000 characters", "shorten it")
	}
	now := d.Env.Now()
	return d.Store.Update(ctx, func(tx mash.HubTx) error {
		before, err := tx.QuarantineState()
		if err != nil {
			return err
		}
		ids, err := tx.SeeQuarantined(actor.ID, why, until, now)
		if err != nil {
			return err
		}
		after, err := tx.QuarantineState()
		if err != nil {
			return err
		}
		if before.Unseen == after.Unseen {
			return mash.Errorf(mash.CodeConflict, "somebody has looked at these already; nothing was changed")
		}
		return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "quarantine.seen", Shown: ids,
			Detail: map[string]string{"messages": fmt.Sprint(before.Unseen - after.Unseen)}})
	})
}

// Unopened counts the messages that could not be taken and that nobody has
// looked at, for the board: a number, about nobody.
func (d *Desk) Unopened(ctx context.Context) (int, error) {
	var s mash.QuarantineState
	err := d.Store.View(ctx, func(tx mash.HubTx) (err error) {
		s, err = tx.QuarantineState()
		return err
	})
	return s.Unseen, err
}
