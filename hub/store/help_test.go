package store

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"mashhub/hub/mash"
)

var (
	testKey   = bytes.Repeat([]byte{7}, KeySize)
	vaultKey1 = bytes.Repeat([]byte{8}, KeySize)
	wrapKey   = bytes.Repeat([]byte{9}, KeySize)
	start     = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
)

func testVault(t testing.TB, dir string) *Vault {
	t.Helper()
	v, err := OpenVault(context.Background(), VaultOptions{
		Path: filepath.Join(dir, "keys.db"), Key: vaultKey1, Wrap: wrapKey, Now: func() time.Time { return start },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}

func testHub(t testing.TB, dir string) *Hub {
	t.Helper()
	h, err := OpenHub(context.Background(), Options{Path: filepath.Join(dir, "hub.db"), Key: testKey, Vault: testVault(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func testNode(t testing.TB, dir string) *Node {
	t.Helper()
	n, err := OpenNode(context.Background(), Options{Path: filepath.Join(dir, "node.db"), Key: testKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// mustUpdate is an Update that must succeed.
func mustUpdate(t testing.TB, h *Hub, f func(mash.HubTx) error) {
	t.Helper()
	if err := h.Update(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}
