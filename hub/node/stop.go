package node

import (
	"errors"
	"fmt"

	"mashhub/hub/mash"
)

// codeWithdrawn is why a return of ours was stopped.
const codeWithdrawn = "withdrawn"

// stopReturns ends the returns of a request that the broker does not have yet:
// what was withdrawn is not to leave any more. It tells how many, and whether
// the final one was among them. Their sealed bytes stay, and are never made
// anew (I2). One that is being handed over at this very moment still arrives;
// the hub sets it aside as late.
func (n *Node) stopReturns(tx mash.NodeTx, hub, request string, p mash.Party) (stopped int, final bool, err error) {
	last, err := tx.LastRevision(hub, request, p)
	if err != nil {
		return 0, false, fmt.Errorf("looking for returns: %w", err)
	}
	for revision := 1; revision <= last; revision++ {
		r, err := tx.SentReturn(hub, request, p, revision)
		if errors.Is(err, mash.ErrNotFound) {
			continue
		}
		if err != nil {
			return stopped, final, fmt.Errorf("looking for returns: %w", err)
		}
		m, err := tx.OutMessage(r.MessageID)
		if errors.Is(err, mash.ErrNotFound) { // long settled, and tidied away
			continue
		}
		if err != nil {
			return stopped, final, fmt.Errorf("finding a return: %w", err)
		}
		if m.State != mash.OutOpen || !m.Sent.IsZero() {
			continue
		}
		if _, _, err := tx.Settle(m.ID, m.To, mash.OutRefused, codeWithdrawn); err != nil {
			return stopped, final, fmt.Errorf("stopping a return: %w", err)
		}
		stopped, final = stopped+1, final || r.Final
	}
	return stopped, final, nil
}
