package node

import (
	"context"
	"fmt"

	"mashhub/hub/mash"
	"mashhub/hub/retention"
)

// staleBatch is how many questions one sweep looks at.
const staleBatch = 500

// ForgetStale ends what no hub has ended: a question is answered, withdrawn or
// expired long before the period of its class is over, unless its hub was lost.
// What was asked and found is then forgotten, and its tasks are closed. A
// question whose answer could not be delivered is forgotten in the same way. It
// returns how many there were.
func (n *Node) ForgetStale(ctx context.Context) (int, error) {
	c, _ := retention.ByID(retention.Question)
	now := n.Env.Now()
	var stale []mash.HeldRequest
	if err := n.Store.View(ctx, func(tx mash.NodeTx) (err error) {
		stale, err = tx.StaleHeld(c.Keep.Before(now), staleBatch)
		return err
	}); err != nil {
		return 0, fmt.Errorf("looking for stale questions: %w", err)
	}
	for i, h := range stale {
		if err := n.Store.Update(ctx, func(tx mash.NodeTx) error {
			h, err := tx.Held(h.Hub, h.ID, h.Party)
			if err != nil {
				return err
			}
			if !h.State.Ended() {
				h.State = mash.RequestExpired
				if err := tx.UpdateHeld(h); err != nil {
					return err
				}
			}
			if err := tx.ForgetHeld(h.Hub, h.ID, h.Party); err != nil {
				return err
			}
			if err := n.closeTasks(tx, h.Hub, h.ID, h.Party, "expired"); err != nil {
				return err
			}
			return n.note(tx, nil, mash.Entry{At: now, Actor: n.Agency.ID, Action: "request.forgotten", Hub: h.Hub, Request: h.ID,
				Detail: map[string]string{"state": string(h.State), "class": retention.Question, "catalogue": retention.Version}})
		}); err != nil {
			return i, fmt.Errorf("forgetting a stale question: %w", err)
		}
	}
	if len(stale) > 0 {
		n.Changed()
	}
	return len(stale), nil
}
