package main

import (
	"crypto/rand"
	"encoding/json"
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
	file, _, key, id := auditBundle(t)
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
	for entry, say := range map[string]string{id + "-later": "no checkpoint covers yet (download", "nothing": "names no entry of this log"} {
		if status, _, problem = typed(t, "audit", "verify", file, "--key", key, "--entry", entry); status != exitFailed || !strings.Contains(problem, say) {
			t.Errorf("entry %s: status %d, %q", entry, status, problem)
		}
	}
}

// TestAKeptCheckpoint: README tells scrutineers to keep one, so that they can
// see whether a later log still contains what it showed.
func TestAKeptCheckpoint(t *testing.T) {
	file, signing, key, id := auditBundle(t)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var head struct{ Checkpoint string }
	first, _, _ := strings.Cut(string(b), "\n")
	if err := json.Unmarshal([]byte(first), &head); err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(t.TempDir(), "kept")
	for _, c := range []struct {
		text, problem string
		status        int
	}{
		{head.Checkpoint, "", 0},
		{strings.TrimSpace(head.Checkpoint), "", 0},
		{"something else", "is no checkpoint of this log", exitFailed},
	} {
		if err := os.WriteFile(kept, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		status, _, problem := typed(t, "audit", "verify", file, "--key", key, "--known", kept)
		if status != c.status || !strings.Contains(problem, c.problem) || strings.Contains(problem, "does not verify") {
			t.Errorf("%q: status %d, %q", c.text, status, problem)
		}
	}
	// Another history by the same key and of the same size is a fork.
	if err := os.WriteFile(kept, []byte(head.Checkpoint), 0o600); err != nil {
		t.Fatal(err)
	}
	other, _ := bundleBy(t, signing)
	status, _, problem := typed(t, "audit", "verify", other, "--key", key, "--known", kept)
	if status != exitFailed || !strings.Contains(problem, "the log does not verify: ") || !strings.Contains(problem, "fork") {
		t.Errorf("a fork: status %d, %q", status, problem)
	}
	if status, _, _ := typed(t, "audit", "verify", file, "--key", key, "--known", kept, "--entry", id); status != exitUsage {
		t.Errorf("one entry with a checkpoint: status %d", status)
	}
}

// auditBundle is a real log of one entry, as it is downloaded.
func auditBundle(t *testing.T) (file, signing, verifier, id string) {
	t.Helper()
	signing, verifier, err := audit.GenerateKey("fernshire", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	file, id = bundleBy(t, signing)
	return file, signing, verifier, id
}

func bundleBy(t *testing.T, signing string) (file, id string) {
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
		func(tx mash.NodeTx) error {
			return log.Append(tx, mash.Entry{ID: id + "-later", Actor: "worker-1", Action: "page.view"})
		},
		func(tx mash.NodeTx) error { return log.Export(tx, f) },
	} {
		if err := node.Update(t.Context(), step); err != nil {
			t.Fatal(err)
		}
	}
	return file, id
}

// TestEvidenceThatIsNone: what is no evidence says so, and a key that is none is the
// caller's mistake. (What verifies, and what does not, is tested where it is made.)
func TestEvidenceThatIsNone(t *testing.T) {
	file, _, key, _ := auditBundle(t)
	for _, c := range []struct {
		say  string
		args []string
	}{
		{"this is no bundle", []string{file, "--key", key}},
		{"this is no bundle", []string{file, "--key", key, "--json"}},
		{"no such file", []string{"/nowhere/evidence.json", "--key", key}},
		{"reading the public key", []string{file, "--key", "@/nowhere/key"}},
	} {
		if status, out, problem := typed(t, append([]string{"audit", "proof"}, c.args...)...); status != exitFailed || out != "" || !strings.Contains(problem, c.say) {
			t.Errorf("%v: status %d, %q, %q", c.args, status, out, problem)
		}
	}
}
