package node

import (
	"context"
	"fmt"
	"time"

	"mashhub/hub/mash"
)

// quarantineShown is how many messages the page lists.
const quarantineShown = 200

// Quarantine is what this node's exchange could not open or understand: where
// a message stood and why it was not taken, never what is in it.
type Quarantine struct {
	State mash.QuarantineState `json:"state"`
	Rows  []mash.QuarantineRow `json:"rows"` // the newest
}

// Quarantine lists what could not be taken, newest first, once that is
// recorded. Errors: CodeNotFound for who may not see it, CodeFault.
func (n *Node) Quarantine(ctx context.Context, actor mash.Actor) (Quarantine, error) {
	var q Quarantine
	if actor.Agency != n.Agency.ID {
		return q, noTask()
	}
	err := n.Store.View(ctx, func(tx mash.NodeTx) (err error) {
		if q.State, err = tx.QuarantineState(); err != nil {
			return err
		}
		q.Rows = nil
		all, err := tx.Quarantined(quarantineShown)
		for _, m := range all {
			q.Rows = append(q.Rows, m.Row())
		}
		return err
	})
	if err != nil {
		return Quarantine{}, err
	}
	var ids []string
	for _, m := range q.Rows {
		ids = append(ids, m.ID)
	}
	if err := n.view(ctx, actor, n.Links[0].Hub, "quarantine", "", ids); err != nil {
		return Quarantine{}, err // what could not be recorded is not shown
	}
	return q, nil
}

// SeeQuarantine records that somebody looked at what came until an instant, and
// what they found. Errors: CodeInvalid without a reason; CodeConflict if
// nothing was unseen; else as Quarantine.
func (n *Node) SeeQuarantine(ctx context.Context, actor mash.Actor, until time.Time, why string) error {
	if actor.Agency != n.Agency.ID {
		return noTask()
	}
	if err := n.MayView(ctx, actor, "quarantine"); err != nil {
		return err
	}
	if why == "" || len(why) > 2000 {
		return mash.Invalid("reason", "is missing or longer than 2,000 characters", "say what you found, or whom you asked")
	}
	now := n.Env.Now()
	return n.Store.Update(ctx, func(tx mash.NodeTx) error {
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
		return n.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "quarantine.seen", Hub: n.Links[0].Hub, Shown: ids,
			Detail: map[string]string{"messages": fmt.Sprint(before.Unseen - after.Unseen)}})
	})
}

// Unopened counts the messages that could not be taken and that nobody has
// looked at: a number, about nobody.
func (n *Node) Unopened(ctx context.Context) (int, error) {
	var s mash.QuarantineState
	err := n.Store.View(ctx, func(tx mash.NodeTx) (err error) {
		s, err = tx.QuarantineState()
		return err
	})
	return s.Unseen, err
}
