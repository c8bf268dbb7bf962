package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"mashhub/hub/mash"
)

// TestFullDisk bends the disk by SQLite's own limit on pages.
func TestFullDisk(t *testing.T) {
	n := testNode(t, t.TempDir())
	ctx := context.Background()
	pages := func(s string) {
		t.Helper()
		if err := n.f.writer.s.run("PRAGMA max_page_count = " + s); err != nil {
			t.Fatal(err)
		}
	}
	big := func(tx mash.NodeTx, id string) error {
		return tx.Enqueue(mash.OutMessage{ID: id, Hub: "h", Sealed: make([]byte, 1<<20), Created: start})
	}
	pages("120")
	err := n.Update(ctx, func(tx mash.NodeTx) error {
		return errors.Join(tx.SetPosition("t", 1, 1), big(tx, "a"))
	})
	if mash.CodeOf(err) != mash.CodeUnavailable {
		t.Errorf("full disk: %v", err)
	}
	// A function that hides the error and goes on keeps nothing either, and
	// its later statements do not commit by themselves.
	err = n.Update(ctx, func(tx mash.NodeTx) error {
		_ = tx.SetPosition("t", 2, 1)
		_ = tx.Nested(func() error { _ = big(tx, "b"); return nil })
		_ = tx.SetPosition("t", 3, 1)
		return nil
	})
	if mash.CodeOf(err) != mash.CodeUnavailable {
		t.Errorf("full disk, hidden: %v", err)
	}
	// Those who share the commit are done or told.
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := map[int]bool{}
	for i := range 40 {
		wg.Go(func() {
			err := n.Update(ctx, func(tx mash.NodeTx) error {
				if i%4 == 0 {
					return errors.Join(tx.SetPosition("u", i, 1), big(tx, fmt.Sprint(i)))
				}
				return tx.SetPosition("u", i, 1)
			})
			mu.Lock()
			defer mu.Unlock()
			done[i] = err == nil
			if err != nil && mash.CodeOf(err) != mash.CodeUnavailable || err == nil && i%4 == 0 {
				t.Errorf("update %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	pages("1000000")
	err = n.Update(ctx, func(tx mash.NodeTx) error {
		for p := 1; p <= 3; p++ {
			if _, ok, err := tx.Position("t", p); ok || err != nil {
				t.Errorf("effect %d of a failed transaction is there: %v", p, err)
			}
		}
		for i, want := range done {
			if _, ok, err := tx.Position("u", i); ok != want || err != nil {
				t.Errorf("update %d: reported %v, is %v, %v", i, want, ok, err)
			}
		}
		return big(tx, "afterwards")
	})
	if err != nil {
		t.Errorf("after room was made: %v", err)
	}
}

// TestPanicUndoesOnlyItsOwn: with others in the same commit.
func TestPanicUndoesOnlyItsOwn(t *testing.T) {
	n := testNode(t, t.TempDir())
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			defer func() {
				if p := recover(); (p != nil) != (i%3 == 0) {
					t.Errorf("update %d: panic %v", i, p)
				}
			}()
			if err := n.Update(context.Background(), func(tx mash.NodeTx) error {
				err := tx.SetPosition("t", i, 1)
				if i%3 == 0 {
					panic(i)
				}
				return err
			}); err != nil {
				t.Errorf("update %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if err := n.View(context.Background(), func(tx mash.NodeTx) error {
		for i := range 60 {
			if _, ok, err := tx.Position("t", i); err != nil || ok != (i%3 != 0) {
				t.Errorf("effect %d: %v %v", i, ok, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestNothingInClear looks for what was stored in every file of the store,
// also while it is open and has a log.
func TestNothingInClear(t *testing.T) {
	const canary = "Rowan Tessel of 12 Fallow Road"
	dir := t.TempDir()
	h := testHub(t, dir)
	mustUpdate(t, h, func(tx mash.HubTx) error {
		e := mash.Enquiry{ID: "e1", OpenedBy: canary, Content: mash.EnquiryContent{Narrative: canary}}
		return errors.Join(tx.PutEnquiry(e), tx.PutReturn(mash.Return{ID: "a", RequestID: "r", EnquiryID: "e1", Items: []mash.ReturnedItem{{Decision: canary}}}))
	})
	look := func(when string) {
		t.Helper()
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range files {
			names = append(names, f.Name())
			b, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{canary, "Rowan", "SQLite format 3", "CREATE TABLE"} {
				if bytes.Contains(b, []byte(s)) {
					t.Errorf("%s: %s holds %q", when, f.Name(), s)
				}
			}
			if info, err := f.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: %s may be read by others: %v %v", when, f.Name(), info.Mode(), err)
			}
		}
		t.Logf("%s: %s", when, strings.Join(names, " "))
	}
	look("open")
	// The columns of a record found by the file's key alone show no content.
	if err := h.View(context.Background(), func(tx mash.HubTx) error {
		raw := tx.(hubTx).tx
		for _, q := range []string{`SELECT content FROM enquiries`, `SELECT items FROM returns`} {
			b, err := one(raw, scanBytes, q)
			if err != nil || len(b) == 0 || bytes.Contains(b, []byte("Rowan")) {
				t.Errorf("%s: %d bytes, %v", q, len(b), err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	look("closed")
}

func TestOpeningWrong(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	n := testNode(t, dir)
	if err := n.Update(ctx, func(tx mash.NodeTx) error { return tx.SetPosition("t", 0, 1) }); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(n.Close(), n.Close()); err != nil {
		t.Fatal(err)
	}
	if err := n.Update(ctx, func(mash.NodeTx) error { return nil }); mash.CodeOf(err) != mash.CodeUnavailable {
		t.Errorf("update of a closed store: %v", err)
	}
	if err := n.View(ctx, func(mash.NodeTx) error { return nil }); mash.CodeOf(err) != mash.CodeUnavailable {
		t.Errorf("view of a closed store: %v", err)
	}
	path := filepath.Join(dir, "node.db")
	for name, c := range map[string]struct {
		o    Options
		code mash.Code
	}{
		"another key": {Options{Path: path, Key: bytes.Repeat([]byte{1}, KeySize)}, mash.CodeUnavailable},
		"short key":   {Options{Path: path, Key: []byte("short")}, mash.CodeInvalid},
		"no key":      {Options{Path: path}, mash.CodeInvalid},
		"no path":     {Options{Key: testKey}, mash.CodeInvalid},
		"not a place": {Options{Path: "/dev/null/x/node.db", Key: testKey}, mash.CodeUnavailable},
	} {
		if _, err := OpenNode(ctx, c.o); mash.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenHub(ctx, Options{Path: path, Key: testKey}); mash.CodeOf(err) != mash.CodeInvalid {
		t.Errorf("a hub without a vault: %v", err)
	}
	n, err := OpenNode(ctx, Options{Path: path, Key: testKey})
	if err != nil {
		t.Fatalf("the right key, after all that: %v", err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestMigrations goes forward, back to nothing and forward again.
func TestMigrations(t *testing.T) {
	for _, set := range []string{"exchange", "hub", "node", "vault"} {
		t.Run(set, func(t *testing.T) {
			ctx := context.Background()
			db, err := openDB(filepath.Join(t.TempDir(), "m.db"), testKey)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			schema := func() string {
				t.Helper()
				rows, err := db.QueryContext(ctx, `SELECT coalesce(sql, name) FROM sqlite_master
					WHERE name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY name`)
				if err != nil {
					t.Fatal(err)
				}
				defer rows.Close()
				var all []string
				for rows.Next() {
					var s string
					if err := rows.Scan(&s); err != nil {
						t.Fatal(err)
					}
					all = append(all, s)
				}
				if err := rows.Err(); err != nil {
					t.Fatal(err)
				}
				return strings.Join(all, "\n")
			}
			p, err := migrator(db, set)
			if err != nil {
				t.Fatal(err)
			}
			// Up again from each version, so that every step back is tried.
			if _, err := p.Up(ctx); err != nil {
				t.Fatal(err)
			}
			full := schema()
			if full == "" {
				t.Fatal("no tables")
			}
			for _, m := range p.ListSources() {
				if _, err := p.DownTo(ctx, m.Version-1); err != nil {
					t.Fatal(err)
				}
				if m.Version == 1 && schema() != "" {
					t.Errorf("going back leaves %s", schema())
				}
				if _, err := p.Up(ctx); err != nil {
					t.Fatal(err)
				}
				if schema() != full {
					t.Errorf("there and back changes the schema:\n%s\n---\n%s", full, schema())
				}
			}
		})
	}
}
