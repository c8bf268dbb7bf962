package main

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"mashhub/hub/audit"
	"mashhub/hub/mash"
	"mashhub/hub/store"
)

// TestAWrongKeySaysNothingOfTheLog: what is no public key at all is the
// caller's mistake, and no finding about the log that somebody sent them.
func TestAWrongKeySaysNothingOfTheLog(t *testing.T) {
	file, key, id := auditBundle(t)
	for _, args := range [][]string{{}, {"--json"}, {"--entry", id}, {"--entry", id, "--json"}} {
		status, _, problem := typed(t, append([]string{"audit", "verify", file, "--key", "nonsense"}, args...)...)
		if status != exitFailed || !strings.Contains(problem, "not a verifier key") || strings.Contains(problem, "does not verify") {
			t.Errorf("%v: status %d, %q", args, status, problem)
		}
	}
	status, out, problem := typed(t, "audit", "verify", file, "--key", key, "--json")
	if status != 0 || !strings.Contains(out, `"erased":[]`) || !strings.Contains(out, `"verified":true`) {
		t.Errorf("the log: status %d, %q, %q", status, out, problem)
	}
	status, out, problem = typed(t, "audit", "verify", file, "--key", key, "--entry", id, "--json")
	if status != 0 || out != `{"entry":"`+id+`","origin":"fernshire","size":1,"verified":true}`+"\n" {
		t.Errorf("one entry: status %d, %q, %q", status, out, problem)
	}
}

// auditBundle is a real log of one entry, as it is downloaded.
func auditBundle(t *testing.T) (file, verifier, id string) {
	t.Helper()
	var dir, secret = t.TempDir(), make([]byte, 32)
	env := mash.SystemEnv()
	vault, err := store.OpenVault(t.Context(), store.VaultOptions{Path: filepath.Join(dir, "keys.db"), Key: secret, Wrap: secret, Now: env.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer vault.Close()
	node, err := store.OpenNode(t.Context(), store.Options{Path: filepath.Join(dir, "node.db"), Key: secret})
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	signing, verifier, err := audit.GenerateKey("fernshire", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(signing)
	if err != nil {
		t.Fatal(err)
	}
	log := audit.New("fernshire", signer, store.NewVaultAudit(vault), env)
	id, file = env.NewID(), filepath.Join(dir, "audit-bundle.jsonl")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, step := range []func(mash.NodeTx) error{
		func(tx mash.NodeTx) error {
			return log.Append(tx, mash.Entry{ID: id, Actor: "worker-1", Action: "page.view"})
		},
		func(tx mash.NodeTx) error { _, err := log.Sequence(t.Context(), tx, 10); return err },
		func(tx mash.NodeTx) error { return log.Export(tx, f) },
	} {
		if err := node.Update(t.Context(), step); err != nil {
			t.Fatal(err)
		}
	}
	return file, verifier, id
}
