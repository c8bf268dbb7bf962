package audit_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/note"

	"mashhub/hub/audit"
	"mashhub/hub/mash"
	"mashhub/hub/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const origin = "audit.example/fernshire"

var key = bytes.Repeat([]byte{5}, store.KeySize)

// world is a real store with a log over it.
type world struct {
	t     testing.TB
	dir   string
	node  *store.Node
	vault *store.Vault
	log   *audit.Log
	skey  string
	vkey  string
	now   time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	var err error
	if w.skey, w.vkey, err = audit.GenerateKey(origin, rand.Reader); err != nil {
		t.Fatal(err)
	}
	w.open()
	t.Cleanup(func() { _ = errors.Join(w.node.Close(), w.vault.Close()) })
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	ctx := context.Background()
	w.vault, err = store.OpenVault(ctx, store.VaultOptions{Path: filepath.Join(w.dir, "keys.db"), Key: key, Wrap: key, Now: func() time.Time { return w.now }})
	if err != nil {
		w.t.Fatal(err)
	}
	if w.node, err = store.OpenNode(ctx, store.Options{Path: filepath.Join(w.dir, "node.db"), Key: key}); err != nil {
		w.t.Fatal(err)
	}
	w.log = w.logBy(w.skey)
}

func (w *world) logBy(skey string) *audit.Log {
	s, err := note.NewSigner(skey)
	if err != nil {
		w.t.Fatal(err)
	}
	env := mash.SystemEnv()
	env.Now = func() time.Time { return w.now }
	return audit.New("fernshire", s, store.NewVaultAudit(w.vault), env)
}

func (w *world) update(f func(mash.NodeTx) error) {
	w.t.Helper()
	if err := w.node.Update(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) view(f func(mash.NodeTx) error) {
	w.t.Helper()
	if err := w.node.View(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

func entry(i int) mash.Entry {
	return mash.Entry{
		ID: fmt.Sprintf("entry-%d", i), Actor: "worker-1", Action: "page.view", Enquiry: "e1", Request: "r1", Decision: "d1",
		Shown: []string{"item-1", "item-2"}, Detail: map[string]string{"page": "<chronology> & more"},
	}
}

// append adds entries from to to, exclusive, each in its own transaction.
func (w *world) append(from, to int) {
	w.t.Helper()
	for i := from; i < to; i++ {
		w.update(func(tx mash.NodeTx) error { return w.log.Append(tx, entry(i)) })
	}
}

func (w *world) sequence(limit int) (n int) {
	w.t.Helper()
	w.update(func(tx mash.NodeTx) (err error) {
		n, err = w.log.Sequence(context.Background(), tx, limit)
		return err
	})
	return n
}

func (w *world) checkpoint() []byte {
	w.t.Helper()
	var signed []byte
	w.view(func(tx mash.NodeTx) (err error) { _, signed, err = tx.Checkpoint(); return err })
	return signed
}

func (w *world) bundle() []byte {
	w.t.Helper()
	var b bytes.Buffer
	w.view(func(tx mash.NodeTx) error { return w.log.Export(tx, &b) })
	return b.Bytes()
}

func (w *world) verify(b []byte, known ...[]byte) audit.Report {
	w.t.Helper()
	rep, err := audit.VerifyBundle(bytes.NewReader(b), w.vkey, known...)
	if err != nil || !rep.Verified || rep.FirstBad != -1 {
		w.t.Fatalf("%+v: %v", rep, err)
	}
	return rep
}

func TestLogGrowsAndProves(t *testing.T) {
	w := newWorld(t)
	if rep := w.verify(w.bundle()); rep.Size != 0 || rep.Unsequenced != 0 {
		t.Errorf("empty log: %+v", rep)
	}
	if n := w.sequence(10); n != 0 {
		t.Errorf("nothing to sequence: %d", n)
	}
	w.append(0, 5)
	if n := w.sequence(3); n != 3 {
		t.Errorf("sequenced %d", n)
	}
	rep := w.verify(w.bundle())
	if rep.Size != 3 || rep.Bodies != 3 || rep.Unsequenced != 2 || rep.Origin != origin || len(rep.Erased) != 0 {
		t.Errorf("%+v", rep)
	}
	var olds [][]byte
	for size := 3; size < 40; size++ {
		olds = append(olds, w.checkpoint())
		w.append(size+2, size+3)
		w.sequence(1)
	}
	rep = w.verify(w.bundle(), olds...)
	if rep.Size != 40 || rep.Unsequenced != 2 {
		t.Errorf("%+v", rep)
	}
	w.view(func(tx mash.NodeTx) error {
		for i := range rep.Size {
			p, err := w.log.Prove(tx, i)
			if err != nil {
				return err
			}
			c, err := audit.VerifyInclusion(p, w.vkey)
			if err != nil || c.Size != 40 || c.Root != rep.Root || !strings.Contains(string(p.Body), fmt.Sprintf(`"entry-%d"`, i)) {
				t.Errorf("proof %d: %v %s", i, err, p.Body)
			}
			p.Index = (p.Index + 1) % 40
			if _, err := audit.VerifyInclusion(p, w.vkey); err == nil {
				t.Errorf("the proof of %d proves another place", i)
			}
			row, err := tx.AuditRowAt(i)
			if err != nil {
				return err
			}
			e, err := w.log.Entry(row)
			if want := entry(int(i)); err != nil || e.ID != want.ID || e.Hub != "fernshire" || !e.At.Equal(w.now) || e.Detail["page"] != want.Detail["page"] {
				t.Errorf("entry %d: %+v %v", i, e, err)
			}
		}
		for _, i := range []int64{-1, 40} {
			if _, err := w.log.Prove(tx, i); !errors.Is(err, mash.ErrNotFound) {
				t.Errorf("proof of %d: %v", i, err)
			}
		}
		for i, old := range olds {
			signed, proof, err := w.log.ProveConsistency(tx, int64(i+3))
			if err != nil {
				return err
			}
			if err := audit.CheckConsistency(old, signed, proof, w.vkey); err != nil {
				t.Errorf("consistency with %d: %v", i+3, err)
			}
			if i > 0 {
				if err := audit.CheckConsistency(olds[i-1], signed, proof, w.vkey); err == nil {
					t.Errorf("the proof of %d serves for another", i+3)
				}
			}
		}
		return nil
	})
	p, err := audit.EntryProof(bytes.NewReader(w.bundle()), "entry-17")
	if err != nil || p.Index != 17 {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := audit.VerifyInclusion(p, w.vkey); err != nil {
		t.Error(err)
	}
	if _, err := audit.EntryProof(bytes.NewReader(w.bundle()), "entry-99"); !errors.Is(err, mash.ErrNotFound) {
		t.Errorf("an unknown entry: %v", err)
	}
}

func TestAppendNeedsWhoAndWhat(t *testing.T) {
	w := newWorld(t)
	for _, e := range []mash.Entry{{Actor: "w"}, {Action: "a"}} {
		if err := w.node.Update(context.Background(), func(tx mash.NodeTx) error { return w.log.Append(tx, e) }); mash.CodeOf(err) != mash.CodeInvalid {
			t.Errorf("%+v: %v", e, err)
		}
	}
	w.update(func(tx mash.NodeTx) error { return w.log.Append(tx, mash.Entry{Actor: "w", Action: "a"}) })
	w.view(func(tx mash.NodeTx) error {
		rows, err := tx.Unsequenced(9)
		if err != nil || len(rows) != 1 || rows[0].ID == "" || !rows[0].At.Equal(w.now) {
			t.Errorf("%+v %v", rows, err)
		}
		if bytes.Contains(rows[0].Body, []byte("action")) || len(rows[0].Salt) <= audit.SaltSize {
			t.Error("body or salt is stored in clear")
		}
		return nil
	})
}

func TestRolledBackLeavesNoLeaf(t *testing.T) {
	w := newWorld(t)
	w.append(0, 1)
	undo := errors.New("undo")
	err := w.node.Update(context.Background(), func(tx mash.NodeTx) error {
		return errors.Join(w.log.Append(tx, entry(1)), undo)
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	w.update(func(tx mash.NodeTx) error {
		_ = tx.Nested(func() error { return errors.Join(w.log.Append(tx, entry(2)), undo) })
		return w.log.Append(tx, entry(3))
	})
	w.sequence(10)
	b := w.bundle()
	if rep := w.verify(b); rep.Size != 2 || rep.Unsequenced != 0 {
		t.Errorf("%+v", rep)
	}
	for id, want := range map[string]bool{"entry-0": true, "entry-1": false, "entry-2": false, "entry-3": true} {
		if bytes.Contains(b, []byte(id)) != want {
			t.Errorf("%s in the log: %v", id, !want)
		}
	}
	// A sequencing that is undone is done again, to the same tree.
	w.append(4, 9)
	err = w.node.Update(context.Background(), func(tx mash.NodeTx) error {
		n, err := w.log.Sequence(context.Background(), tx, 10)
		return errors.Join(err, undo, fmt.Errorf("%d", n))
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	if rep := w.verify(w.bundle()); rep.Size != 2 || rep.Unsequenced != 5 {
		t.Errorf("%+v", rep)
	}
	w.sequence(10)
	if rep := w.verify(w.bundle()); rep.Size != 7 {
		t.Errorf("%+v", rep)
	}
}

func TestCrashBetweenAppendAndSequencing(t *testing.T) {
	w := newWorld(t)
	w.append(0, 3)
	w.sequence(2)
	before := w.checkpoint()
	if err := errors.Join(w.node.Close(), w.vault.Close()); err != nil {
		t.Fatal(err)
	}
	w.open() // another process, which knows nothing but the files
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- audit.Run[mash.NodeTx](ctx, w.log, w.node, func(err error) { t.Error(err) }) }()
	w.waitFor(3)
	for i := 3; i < 10; i++ { // and goes on when nudged
		w.append(i, i+1)
	}
	w.waitFor(10)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	w.verify(w.bundle(), before)
}

func (w *world) waitFor(size int64) {
	w.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		var n int64
		w.view(func(tx mash.NodeTx) (err error) { n, err = tx.TreeSize(); return err })
		if n == size {
			return
		}
		if time.Now().After(end) {
			w.t.Fatalf("the tree has %d of %d", n, size)
		}
	}
}

func BenchmarkAppendAndSequence(b *testing.B) {
	w := newWorld(b)
	b.SetParallelism(32)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := w.node.Update(context.Background(), func(tx mash.NodeTx) error {
				return w.log.Append(tx, mash.Entry{Actor: "w", Action: "page.view", Shown: []string{"item"}})
			}); err != nil {
				b.Error(err)
			}
		}
	})
	appended := b.Elapsed()
	for w.sequence(1024) > 0 {
	}
	b.ReportMetric(float64(b.N)/appended.Seconds(), "appends/s")
	b.ReportMetric(float64(b.N)/(b.Elapsed()-appended).Seconds(), "sequenced/s")
}
