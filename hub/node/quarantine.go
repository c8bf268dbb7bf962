package node

import (
	"context"
	"fmt"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
)

// Quarantine lists what this node's exchange could not take, newest first, once
// that is recorded. Errors: CodeNotFound for who may not see it, CodeFault.
func (n *Node) Quarantine(ctx context.Context, actor mash.Actor) (q exchange.Quarantine, err error) {
	if actor.Agency != n.Agency.ID {
		return q, noTask()
	}
	if err = n.Store.View(ctx, func(tx mash.NodeTx) (err error) {
		q, err = exchange.ReadQuarantine(tx)
		return err
	}); err != nil {
		return exchange.Quarantine{}, err
	}
	if err := n.view(ctx, actor, n.Links[0].Hub, "quarantine", "", q.IDs()); err != nil {
		return exchange.Quarantine{}, err // what could not be recorded is not shown
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
	if err := exchange.CheckFinding(why); err != nil {
		return err
	}
	now := n.Env.Now()
	return n.Store.Update(ctx, func(tx mash.NodeTx) error {
		ids, messages, err := exchange.SeeQuarantine(tx, actor.ID, why, until, now)
		if err != nil {
			return err
		}
		return n.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "quarantine.seen", Hub: n.Links[0].Hub, Shown: ids,
			Detail: map[string]string{"messages": fmt.Sprint(messages)}})
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
