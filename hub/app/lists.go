package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"mashhub/hub/audit"
	"mashhub/hub/mash"
	"mashhub/hub/web"
)

// ListNotices gives one page of all pushes, without what they say.
func (h *Hub) ListNotices(ctx context.Context, page int) (p web.NoticePage, err error) {
	err = h.Store.View(ctx, func(tx mash.HubTx) error {
		p, err = web.NoticesOf(tx, page)
		return err
	})
	return p, err
}

// Export writes the hub's whole log as a bundle.
func (h *Hub) Export(ctx context.Context, w io.Writer) error {
	return h.Store.View(ctx, func(tx mash.HubTx) error { return h.Audit.Export(tx, w) })
}

// Checkpoint is the newest signed state of the hub's log.
func (h *Hub) Checkpoint(ctx context.Context) (c web.Checkpoint, err error) {
	err = h.Store.View(ctx, func(tx mash.HubTx) error {
		c = web.Checkpoint{}
		if c.Unsequenced, err = tx.CountUnsequenced(); err != nil {
			return err
		}
		_, signed, err := tx.Checkpoint()
		if errors.Is(err, mash.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		cp, err := audit.OpenCheckpoint(signed, h.Secrets.Verifier)
		if err != nil {
			return fmt.Errorf("opening the checkpoint: %w", err)
		}
		c.Size, c.Root, c.Note = cp.Size, cp.Root.String(), string(signed)
		return nil
	})
	return c, err
}

// Export writes the node's whole log as a bundle.
func (n *Node) Export(ctx context.Context, w io.Writer) error {
	return n.Store.View(ctx, func(tx mash.NodeTx) error { return n.Audit.Export(tx, w) })
}
