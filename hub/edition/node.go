package edition

import (
	"context"
	"slices"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// Node takes a hub's editions in at an agency's node.
type Node struct {
	*Keeper[mash.NodeTx]
	// Verifier is the hub's policy root as it was pinned at enrolment; empty
	// until then.
	Verifier func() string
}

// Take verifies an edition and keeps it until its time comes. Errors refuse it:
// CodeBadMessage for what is not signed, signed by one person, or not what it
// says; CodeConflict for an older epoch, or another edition under the same.
func (n *Node) Take(ctx context.Context, tx mash.NodeTx, m exchange.Received) error {
	body, err := wire.DecodeBody[wire.Policy](m.Message)
	if err != nil {
		return err
	}
	if m.Issuer != mash.HubAddress(n.Hub) {
		return mash.Errorf(mash.CodeWrongParty, "editions come from the hub")
	}
	root := n.Verifier()
	if root == "" {
		return mash.Errorf(mash.CodeUnavailable, "the hub is not enrolled here yet")
	}
	man, err := OpenManifest(body.Signed, root)
	if err != nil {
		return err
	}
	if man.Hub != n.Hub || man.ID != m.Ref {
		return mash.Errorf(mash.CodeBadMessage, "the manifest is of another edition")
	}
	all, err := tx.EditionsOf(n.Hub, 0)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(e mash.Edition) bool { return e.ID == man.ID && e.Epoch == man.Epoch }) {
		return nil // it is here
	}
	if highest := newest(all); man.Epoch <= highest {
		return mash.Errorf(mash.CodeConflict, "epoch %d is not after %d, which is here", man.Epoch, highest)
	}
	version, err := n.Engine.Check(ctx, body.Files)
	if err != nil {
		return mash.Errorf(mash.CodeBadMessage, "the files cannot be read: %w", err)
	}
	if version != man.Version {
		return mash.Errorf(mash.CodeBadMessage, "the files are not of the version that was agreed to")
	}
	if err := keep(tx, version, body.Files); err != nil {
		return err
	}
	e := mash.Edition{ID: man.ID, Hub: n.Hub, Version: version, Epoch: man.Epoch, Was: man.Was, State: mash.EditionApproved, Why: man.Why,
		ProposedBy: man.ProposedBy, ProposedAt: man.ProposedAt, ApprovedBy: man.ApprovedBy, ApprovedAt: man.ApprovedAt,
		Emergency: man.Emergency, EffectiveAt: man.EffectiveAt, Signed: body.Signed}
	if err := tx.PutEdition(e); err != nil {
		return err
	}
	tx.OnCommit(n.wake)
	return n.note(tx, m.At, string(m.Issuer), "policy.receive", e)
}
