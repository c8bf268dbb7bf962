package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"mashhub/hub/audit"
	"mashhub/hub/mash"
	"mashhub/hub/store"
)

func TestErasedBodyStillVerifies(t *testing.T) {
	w := newWorld(t)
	w.append(0, 4)
	old := w.now
	w.now = w.now.AddDate(0, 2, 0)
	w.append(4, 7)
	w.sequence(6)
	full := w.bundle()
	before := w.verify(full)
	if err := store.NewVaultAudit(w.vault).DestroyMonth(old); err != nil {
		t.Fatal(err)
	}
	b := w.bundle()
	rep := w.verify(b, w.checkpoint())
	if rep.Root != before.Root || rep.Bodies != 2 || fmt.Sprint(rep.Erased) != "[0 1 2 3]" || rep.Unsequenced != 1 {
		t.Errorf("%+v", rep)
	}
	for _, gone := range []string{"entry-0", "entry-3"} {
		if bytes.Contains(b, []byte(gone)) {
			t.Errorf("%s is still there", gone)
		}
	}
	w.view(func(tx mash.NodeTx) error {
		p, err := w.log.Prove(tx, 2)
		if err != nil || p.Body != nil || p.Salt != nil {
			t.Fatalf("%+v %v", p, err)
		}
		if _, err := audit.VerifyInclusion(p, w.vkey); err != nil {
			t.Error(err)
		}
		row, err := tx.AuditRowAt(2)
		if err != nil {
			return err
		}
		if _, err := w.log.Entry(row); !errors.Is(err, audit.ErrErased) {
			t.Errorf("an erased entry: %v", err)
		}
		return nil
	})
	// A body left out after the export is not taken for an erased one.
	lines := strings.SplitAfter(string(full), "\n")
	for i, l := range lines {
		if j := strings.Index(l, `,"salt"`); j >= 0 {
			lines[i] = l[:j] + "}\n"
			break
		}
	}
	if rep, err := audit.VerifyBundle(strings.NewReader(strings.Join(lines, "")), w.vkey); err == nil || rep.Verified {
		t.Errorf("a body taken out: %+v", rep)
	}
}

func TestFork(t *testing.T) {
	a, b := newWorld(t), newWorld(t)
	b.skey, b.vkey = a.skey, a.vkey // one key, two logs
	b.log = b.logBy(b.skey)
	for _, w := range []*world{a, b} {
		w.append(0, 6)
		w.sequence(4)
	}
	forked := b.checkpoint()
	a.verify(a.bundle(), a.checkpoint())
	rep, err := audit.VerifyBundle(bytes.NewReader(a.bundle()), a.vkey, forked)
	if err == nil || rep.Verified || rep.FirstBad != 3 || !strings.Contains(err.Error(), "fork") {
		t.Errorf("same size: %+v %v", rep, err)
	}
	if err := audit.CheckConsistency(a.checkpoint(), forked, nil, a.vkey); err == nil {
		t.Error("two roots of one size are consistent")
	}
	early := a.checkpoint()
	a.sequence(1)
	b.sequence(2)
	if _, err := audit.VerifyBundle(bytes.NewReader(a.bundle()), a.vkey, forked); err == nil {
		t.Error("smaller fork not found")
	}
	if _, err := audit.VerifyBundle(bytes.NewReader(a.bundle()), a.vkey, b.checkpoint()); err == nil {
		t.Error("a log shorter than what was known")
	}
	b.view(func(tx mash.NodeTx) error {
		signed, proof, err := b.log.ProveConsistency(tx, 4)
		if err != nil {
			return err
		}
		if err := audit.CheckConsistency(early, signed, proof, a.vkey); mash.CodeOf(err) != mash.CodeBadMessage {
			t.Errorf("a fork has a proof: %v", err)
		}
		if err := audit.CheckConsistency(signed, early, proof, a.vkey); mash.CodeOf(err) != mash.CodeInvalid {
			t.Errorf("the wrong way round: %v", err)
		}
		return nil
	})
}

func TestSecondSequencerFails(t *testing.T) {
	w := newWorld(t)
	w.append(0, 2)
	err := w.node.Update(context.Background(), func(tx mash.NodeTx) error {
		rows, err := tx.Unsequenced(1)
		if err != nil {
			return err
		}
		if _, err := w.log.Sequence(context.Background(), tx, 1); err != nil {
			return err
		}
		return tx.SetAuditIndex(rows[0].ID, 0) // as by one who had read before
	})
	if !errors.Is(err, mash.ErrStale) {
		t.Errorf("%v", err)
	}
}
