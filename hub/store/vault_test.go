package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mashhub/hub/audit"
	"mashhub/hub/mash"
)

func TestVaultBindsToItsPlace(t *testing.T) {
	v := testVault(t, t.TempDir())
	k, other := EnquiryKey("e1"), EnquiryKey("e2")
	if err := errors.Join(v.Create(k), v.Create(k), v.Create(other), v.Create(NoticeKey("e1"))); err != nil {
		t.Fatal(err)
	}
	sealed, err := v.Seal(k, "returns", "a", []byte("content"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := v.Open(k, "returns", "a", sealed); err != nil || string(plain) != "content" {
		t.Fatalf("%q %v", plain, err)
	}
	again, err := v.Seal(k, "returns", "a", []byte("content"))
	if err != nil || bytes.Equal(again, sealed) {
		t.Error("sealing twice gives the same bytes")
	}
	for name, open := range map[string]func() ([]byte, error){
		"another row":   func() ([]byte, error) { return v.Open(k, "returns", "b", sealed) },
		"another table": func() ([]byte, error) { return v.Open(k, "enquiries", "a", sealed) },
		"another key":   func() ([]byte, error) { return v.Open(other, "returns", "a", sealed) },
		"another class": func() ([]byte, error) { return v.Open(NoticeKey("e1"), "returns", "a", sealed) },
		"nothing":       func() ([]byte, error) { return v.Open(k, "returns", "a", nil) },
		"moved quotes":  func() ([]byte, error) { return v.Open(k, `returns" "a`, "", sealed) },
	} {
		if plain, err := open(); mash.CodeOf(err) != mash.CodeInternal {
			t.Errorf("%s: %q %v", name, plain, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		bad := bytes.Clone(sealed)
		bad[rapid.IntRange(0, len(bad)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if _, err := v.Open(k, "returns", "a", bad); err == nil {
			t.Fatal("a damaged value opens")
		}
	})
	if _, err := v.Seal(EnquiryKey("none"), "t", "r", nil); !errors.Is(err, mash.ErrNotFound) {
		t.Errorf("sealing before Create: %v", err)
	}
}

// TestVaultDestroys: for good, also after a restart, also what was cached; and
// what wrapped the key is gone from the files.
func TestVaultDestroys(t *testing.T) {
	dir := t.TempDir()
	v := testVault(t, dir)
	k := EnquiryKey("e1")
	for i := range 40 { // neighbours: on a page of its own nothing would remain anyway
		if err := errors.Join(v.Create(k), v.Create(EnquiryKey(fmt.Sprint("e", i)))); err != nil {
			t.Fatal(err)
		}
	}
	sealed, err := v.Seal(k, "t", "r", []byte("content"))
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := v.read(EnquiryKey("e2")); err != nil || !bytes.Contains(decryptedPages(t, v), kept.wrapped) {
		t.Fatal("the search would not find a key that is there", err)
	}
	raw, err := v.read(k)
	if err != nil || len(raw.wrapped) == 0 {
		t.Fatal(err)
	}
	if gone, _, err := v.Destroyed(k); gone || err != nil {
		t.Error("destroyed before it was", err)
	}
	check := func(when string, v *Vault) {
		t.Helper()
		if _, err := v.Open(k, "t", "r", sealed); !errors.Is(err, ErrShredded) {
			t.Errorf("%s: open: %v", when, err)
		}
		if _, err := v.Seal(k, "t", "r", nil); !errors.Is(err, ErrShredded) {
			t.Errorf("%s: seal: %v", when, err)
		}
		if err := v.Create(k); !errors.Is(err, ErrShredded) {
			t.Errorf("%s: create: %v", when, err)
		}
		if gone, at, err := v.Destroyed(k); !gone || !at.Equal(start) || err != nil {
			t.Errorf("%s: destroyed %v at %v: %v", when, gone, at, err)
		}
	}
	if err := errors.Join(v.Destroy(k), v.Destroy(k)); err != nil {
		t.Fatal(err)
	}
	check("at once", v)
	if wal, err := os.Stat(filepath.Join(dir, "keys.db-wal")); err != nil || wal.Size() != 0 {
		t.Errorf("the log still has %d bytes: %v", wal.Size(), err)
	}
	pages := decryptedPages(t, v)
	for part := range slices.Chunk(raw.wrapped, 8) { // what is freed is partly used again
		if len(part) == 8 && bytes.Contains(pages, part) {
			t.Errorf("%x of the wrapped key is still in the file", part)
		}
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	check("after a restart", testVault(t, dir))
}

// decryptedPages gives the file's pages as SQLite sees them, free ones included.
func decryptedPages(t *testing.T, v *Vault) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.db")
	b, err := copyInClear(v.f, path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVaultWrongWrap(t *testing.T) {
	dir := t.TempDir()
	v := testVault(t, dir)
	if err := errors.Join(v.Create(EnquiryKey("e1")), v.Close()); err != nil {
		t.Fatal(err)
	}
	o := VaultOptions{Path: filepath.Join(dir, "keys.db"), Key: vaultKey1, Wrap: bytes.Repeat([]byte{3}, KeySize)}
	w, err := OpenVault(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Create(EnquiryKey("e1")); mash.CodeOf(err) != mash.CodeUnavailable {
		t.Errorf("a key under another wrapping key: %v", err)
	}
	o.Wrap = nil
	if _, err := OpenVault(context.Background(), o); mash.CodeOf(err) != mash.CodeInvalid {
		t.Errorf("no wrapping key: %v", err)
	}
}

// TestRewrap: everything opens under the new wrapping key and nothing under the
// old one, keys made meanwhile included.
func TestRewrap(t *testing.T) {
	dir := t.TempDir()
	v := testVault(t, dir)
	ctx := context.Background()
	gone := EnquiryKey("gone")
	if err := errors.Join(v.Create(gone), v.Destroy(gone)); err != nil {
		t.Fatal(err)
	}
	next := bytes.Repeat([]byte{11}, KeySize)
	sealed := make([][]byte, 20)
	var wg sync.WaitGroup
	for i := range sealed {
		wg.Go(func() {
			k := EnquiryKey(fmt.Sprint(i))
			err := v.Create(k)
			var err2 error
			sealed[i], err2 = v.Seal(k, "t", "r", []byte{byte(i)})
			if err := errors.Join(err, err2); err != nil {
				t.Error(err)
			}
		})
		if i == 10 {
			wg.Go(func() {
				if err := v.Rewrap(ctx, next); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if err := v.Rewrap(ctx, next[1:]); mash.CodeOf(err) != mash.CodeInvalid {
		t.Errorf("a short key: %v", err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	open := func(wrap []byte) (ok int) {
		t.Helper()
		v, err := OpenVault(ctx, VaultOptions{Path: filepath.Join(dir, "keys.db"), Key: vaultKey1, Wrap: wrap})
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		for i := range sealed {
			if plain, err := v.Open(EnquiryKey(fmt.Sprint(i)), "t", "r", sealed[i]); err == nil && bytes.Equal(plain, []byte{byte(i)}) {
				ok++
			}
		}
		if err := v.Create(gone); !errors.Is(err, ErrShredded) {
			t.Errorf("a destroyed key: %v", err)
		}
		return ok
	}
	if was, is := open(wrapKey), open(next); was != 0 || is != len(sealed) {
		t.Errorf("%d keys open by the old wrapping key, %d by the new one, of %d", was, is, len(sealed))
	}
}

// TestAnotherVault: content whose key is missing is not "not found".
func TestAnotherVault(t *testing.T) {
	dir := t.TempDir()
	h := testHub(t, dir)
	mustUpdate(t, h, func(tx mash.HubTx) error {
		return tx.PutEnquiry(mash.Enquiry{ID: "e1", Content: mash.EnquiryContent{Narrative: "n"}})
	})
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := OpenHub(context.Background(), Options{Path: filepath.Join(dir, "hub.db"), Key: testKey, Vault: testVault(t, t.TempDir())})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.View(context.Background(), func(tx mash.HubTx) error {
		_, err := tx.Enquiry("e1")
		return err
	}); mash.CodeOf(err) != mash.CodeUnavailable || errors.Is(err, mash.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// TestVaultWithinTransactions: keys are made, used and destroyed while the
// data's writer has the turn, by many at once, without waiting for each other
// for ever.
func TestVaultWithinTransactions(t *testing.T) {
	h := testHub(t, t.TempDir())
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			id := fmt.Sprint("e", w/2) // two on each key
			err := h.Update(ctx, func(tx mash.HubTx) error {
				err := tx.PutEnquiry(mash.Enquiry{ID: id, Content: mash.EnquiryContent{Narrative: id}})
				if errors.Is(err, mash.ErrStale) {
					return nil
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			if err := h.View(ctx, func(tx mash.HubTx) error {
				e, err := tx.Enquiry(id)
				if err == nil && e.Content.Narrative != id {
					err = errors.New("another's content")
				}
				return err
			}); err != nil {
				t.Error(err)
			}
			if w%2 == 0 {
				if err := h.vault.Destroy(EnquiryKey(fmt.Sprint("never", w))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestAuditMonthErased: a month's bodies go, the proofs stay, and a month that
// is not over cannot go.
func TestAuditMonthErased(t *testing.T) {
	dir := t.TempDir()
	h := testHub(t, dir)
	sealer := NewVaultAudit(h.vault)
	env := mash.SystemEnv()
	old := start.AddDate(0, -1, 0)
	skey, vkey, err := audit.GenerateKey("audit.example/test", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	log := audit.New("fernshire", signerOf(t, skey), sealer, env)
	mustUpdate(t, h, func(tx mash.HubTx) error {
		for _, at := range []time.Time{old, start, old} {
			if err := log.Append(tx, mash.Entry{At: at, Actor: "w1", Action: "page.view"}); err != nil {
				return err
			}
		}
		_, err := log.Sequence(context.Background(), tx, 10)
		return err
	})
	if err := sealer.DestroyMonth(start); mash.CodeOf(err) != mash.CodeConflict {
		t.Errorf("the running month: %v", err)
	}
	if err := sealer.DestroyMonth(old); err != nil {
		t.Fatal(err)
	}
	var bundle bytes.Buffer
	if err := h.View(context.Background(), func(tx mash.HubTx) error { return log.Export(tx, &bundle) }); err != nil {
		t.Fatal(err)
	}
	rep, err := audit.VerifyBundle(&bundle, vkey)
	if err != nil || !rep.Verified || rep.Size != 3 || rep.Bodies != 1 || fmt.Sprint(rep.Erased) != "[0 2]" {
		t.Errorf("%+v %v", rep, err)
	}
	err = h.Update(context.Background(), func(tx mash.HubTx) error {
		return log.Append(tx, mash.Entry{At: old, Actor: "w1", Action: "page.view"})
	})
	if !errors.Is(err, ErrShredded) {
		t.Errorf("an entry into an erased month: %v", err)
	}
}
