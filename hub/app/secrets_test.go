package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mashhub/hub/mash"
)

// TestLostKeyIsSaid: a key that is gone while its data is there is never made
// anew.
func TestLostKeyIsSaid(t *testing.T) {
	dir := t.TempDir()
	secrets := filepath.Join(dir, "secrets")
	if _, err := OpenSecrets(secrets, "fernshire", mash.SystemEnv()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "keys.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSecrets(secrets, "fernshire", mash.SystemEnv()); err != nil {
		t.Fatalf("nothing is missing: %v", err)
	}
	for _, key := range []string{"store.key", "vault.key", "wrap.key"} {
		path := filepath.Join(secrets, key)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		_, err = OpenSecrets(secrets, "fernshire", mash.SystemEnv())
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s is missing: %v", key, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("a new %s was made", key)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
