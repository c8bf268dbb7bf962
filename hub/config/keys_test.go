package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestKeysStandOutsideOfData: whatever the path looks like.
func TestKeysStandOutsideOfData(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, sub := range []string{"data", "other"} {
		if err := os.Mkdir(sub, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"inside": "data", "outside": "other", "data/away": "../other"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ data, keys, want string }{
		{"data", "", "data-keys"},
		{"data/", "", "data-keys"},
		{"new/data", "", "new/data-keys"},
		{"inside", "", "inside-keys"},
		{"data", "other/keys", "other/keys"},
		{"data", "data/../other", "other"},
		{"data", "outside/keys", "other/keys"},
		{"data", "data/away", "other"},
		{"data", "..data", "..data"},
		{"data", dir, "."},
		{"data", "data", ""},
		{"data", "data/keys", ""},
		{"data", "other/../data/a/b", ""},
		{"data", "inside/keys", ""},
		{"inside", "data/keys", ""},
		{"new/data", "new/data/keys", ""},
		{".", "keys", ""},
		{"/", "", ""},
	} {
		got, err := KeyDirectory(c.data, c.keys)
		if c.want == "" {
			if err == nil || !strings.Contains(err.Error(), "keys") || !strings.Contains(err.Error(), "outside of data") {
				t.Errorf("keys %q of data %q: %q, %v", c.keys, c.data, got, err)
			}
			continue
		}
		if err != nil || got != filepath.Join(dir, c.want) {
			t.Errorf("keys %q of data %q: %q, %v", c.keys, c.data, got, err)
		}
	}
}
