package store

import (
	"context"

	"mashhub/hub/mash"
)

// Hub is a hub's store. Safe for concurrent use. An Update must not be called
// from within another's function: it would wait for itself.
type Hub struct {
	f     *file
	vault *Vault
}

var _ mash.Store[mash.HubTx] = (*Hub)(nil)

// OpenHub opens, or makes, a hub's store. Errors: CodeConflict if a process
// has it open, CodeInvalid without key or vault, CodeUnavailable if the file
// cannot be read with this key.
func OpenHub(ctx context.Context, o Options) (*Hub, error) {
	if o.Vault == nil {
		return nil, mash.Invalid("vault", "missing", "a hub stores content under the keys of a vault only")
	}
	f, err := openFile(ctx, o, "exchange", "hub")
	if err != nil {
		return nil, err
	}
	return &Hub{f: f, vault: o.Vault}, nil
}

// Update runs fn in a transaction. A cancelled ctx keeps fn from beginning;
// once it has begun, Update waits for the outcome.
func (h *Hub) Update(ctx context.Context, fn func(mash.HubTx) error) error {
	return h.f.writer.update(ctx, func(t *tx) error { return fn(hubTx{exchangeTx{t}, h.vault}) })
}

// View runs fn on a snapshot. It cannot write.
func (h *Hub) View(ctx context.Context, fn func(mash.HubTx) error) error {
	return h.f.view(ctx, func(t *tx) error { return fn(hubTx{exchangeTx{t}, h.vault}) })
}

// Close waits for what runs. It does not close the vault.
func (h *Hub) Close() error { return h.f.close() }

// hubTx is a hub's transaction.
type hubTx struct {
	exchangeTx
	vault *Vault
}

var _ mash.HubTx = hubTx{}

// Node is an agency's store. Safe for concurrent use; see Hub.
type Node struct{ f *file }

var _ mash.Store[mash.NodeTx] = (*Node)(nil)

// OpenNode opens, or makes, a node's store. Errors as OpenHub; it needs no
// vault, because what it holds of others is deleted, not shredded.
func OpenNode(ctx context.Context, o Options) (*Node, error) {
	f, err := openFile(ctx, o, "exchange", "node")
	if err != nil {
		return nil, err
	}
	return &Node{f: f}, nil
}

// Update runs fn in a transaction; see Hub.Update.
func (n *Node) Update(ctx context.Context, fn func(mash.NodeTx) error) error {
	return n.f.writer.update(ctx, func(t *tx) error { return fn(nodeTx{exchangeTx{t}}) })
}

// View runs fn on a snapshot. It cannot write.
func (n *Node) View(ctx context.Context, fn func(mash.NodeTx) error) error {
	return n.f.view(ctx, func(t *tx) error { return fn(nodeTx{exchangeTx{t}}) })
}

// Close waits for what runs.
func (n *Node) Close() error { return n.f.close() }

// nodeTx is a node's transaction.
type nodeTx struct{ exchangeTx }

var _ mash.NodeTx = nodeTx{}
