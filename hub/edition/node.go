package edition

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"mashhub/hub/agreement"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// pageSignatory is the page of the table of views for who agrees for an agency.
const pageSignatory = "signatory"

// Node takes a hub's editions in at an agency's node.
type Node struct {
	*Keeper[mash.NodeTx]
	Agency string
	// Verifier is the hub's policy root as it was pinned at enrolment; empty
	// until then.
	Verifier func() string
	// May decides, and records, whether somebody here may open a page or work on
	// it. Errors: CodeNotFound, CodeFault.
	May func(ctx context.Context, actor mash.Actor, page string) error
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
	widens, err := n.widens(tx, all, e, body.Files)
	if err != nil {
		return err
	}
	switch {
	case len(widens) == 0:
	case e.Emergency: // a stop waits for nobody
		if e.Applied, err = n.apply(ctx, tx, all, e, body.Files); err != nil {
			return err
		}
	default:
		e.State = mash.EditionHeld
	}
	if err := tx.PutEdition(e); err != nil {
		return err
	}
	tx.OnCommit(n.wake)
	return n.note(tx, m.At, string(m.Issuer), "policy.receive", e)
}

// apply keeps what an emergency comes to here, and gives its version.
func (n *Node) apply(ctx context.Context, tx mash.NodeTx, all []mash.Edition, e mash.Edition, files Files) (string, error) {
	stopped, err := n.stopHere(tx, all, e, files)
	if err != nil {
		return "", err
	}
	version, err := n.Engine.Check(ctx, stopped)
	if err != nil {
		return "", err
	}
	return version, keep(tx, version, stopped)
}

// widens lists what an edition lets this agency release more of than it last
// agreed to; nothing where it agreed to that version before. What an edition stops
// is listed too: who agrees to a version is to know all that is in it.
func (n *Node) widens(tx mash.NodeTx, all []mash.Edition, e mash.Edition, files Files) (out []agreement.Change, err error) {
	first, err := tx.FirstPolicy() // what the program came with when this node was new, not what a newer one brings
	if err != nil {
		return nil, err
	}
	was := first
	if i := slices.IndexFunc(all, agreed); i >= 0 {
		was = all[i].Version
	}
	if e.Version == first || slices.ContainsFunc(all, func(x mash.Edition) bool { return x.Version == e.Version && agreed(x) }) {
		return nil, nil
	}
	before, err := filesOf(tx, was)
	if err != nil {
		return nil, err
	}
	changes, err := agreement.Diff(agreement.FS(before), agreement.FS(files))
	if err != nil {
		return nil, mash.Errorf(mash.CodeBadMessage, "the agreements cannot be compared: %w", err)
	}
	for _, c := range changes {
		if c.Widens && (c.Pair == "" || slices.Contains(strings.Split(c.Pair, "/"), n.Agency)) {
			out = append(out, c)
		}
	}
	return out, nil
}

// agreed reports whether an edition was in force here with all that it says: not
// as an emergency's, which waited for nobody.
func agreed(e mash.Edition) bool {
	return !e.InForceAt.IsZero() && e.Applied == "" && (!e.Emergency || e.AcceptedBy != "")
}

// stopHere is what an emergency comes to where it stands on what nobody here agreed
// to: what is in force here, with what it stops stopped. Where that cannot be told,
// everything is.
func (n *Node) stopHere(tx mash.NodeTx, all []mash.Edition, e mash.Edition, files Files) (Files, error) {
	current, ok := inForce(all)
	version := n.shipped
	if ok {
		version = versionHere(current)
	}
	here, err := filesOf(tx, version)
	if err != nil {
		return nil, err
	}
	var stops []agreement.Stop
	known := false
	if was, err := filesOf(tx, e.Was); err == nil {
		if stops, known, err = agreement.Stops(agreement.FS(was), agreement.FS(files)); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, mash.ErrNotFound) {
		return nil, err
	}
	if !known {
		if stops, err = agreement.Everything(agreement.FS(here)); err != nil {
			return nil, err
		}
	}
	return agreement.Stopped(agreement.FS(here), stops)
}

// Waiting is an edition at a node, with what it would let the agency release
// more of while it waits for somebody here.
type Waiting struct {
	mash.Edition
	Widens []agreement.Change `json:"widens,omitempty"`
}

// List gives the hub's editions, newest first, as they stand here.
func (n *Node) List(ctx context.Context, actor mash.Actor) (out []Waiting, err error) {
	if err := n.May(ctx, actor, pageSignatory); err != nil {
		return nil, err
	}
	err = n.Store.View(ctx, func(tx mash.NodeTx) error {
		out = nil
		all, err := tx.EditionsOf(n.Hub, 0)
		if err != nil {
			return err
		}
		for _, e := range all {
			w := Waiting{Edition: e}
			if e.State == mash.EditionHeld {
				files, err := filesOf(tx, e.Version)
				if err != nil {
					return err
				}
				if w.Widens, err = n.widens(tx, all, e, files); err != nil {
					return err
				}
			}
			out = append(out, w)
		}
		return nil
	})
	return out, err
}

// Answer lets an edition that waits take effect here, or keeps it out: then the
// agency goes on by what it agreed to before, and the hub sees that it does.
// Errors: CodeConflict where it does not wait.
func (n *Node) Answer(ctx context.Context, actor mash.Actor, id string, accept bool, why string) error {
	if err := n.May(ctx, actor, pageSignatory); err != nil {
		return err
	}
	if err := written("why", why); err != nil {
		return err
	}
	now := n.Env.Now()
	err := n.Store.Update(ctx, func(tx mash.NodeTx) error {
		e, err := n.find(tx, id)
		if err != nil {
			return err
		}
		if e.State != mash.EditionHeld {
			return mash.Conflict("this change does not wait for anybody here", "look at it again")
		}
		action := "policy.accept"
		e.State, e.AcceptedBy, e.AcceptedAt = mash.EditionApproved, actor.ID, now
		if !accept {
			action = "policy.refuse"
			e.State, e.AcceptedBy, e.AcceptedAt = mash.EditionRejected, "", time.Time{}
			e.EndedBy, e.EndedAt = actor.ID, now
		}
		e.EndedWhy = why
		if err := tx.UpdateEdition(e); err != nil {
			return err
		}
		return n.note(tx, now, actor.ID, action, e)
	})
	if err == nil {
		n.wake()
	}
	return err
}
