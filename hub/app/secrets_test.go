package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mashhub/hub/envelope"
	"mashhub/hub/mash"
)

// TestLostKeyIsSaid: a key that is gone while what it opens is there, among the
// data or the keys, is never made anew.
func TestLostKeyIsSaid(t *testing.T) {
	t.Run("data", func(t *testing.T) { testLostKeyIsSaid(t, "hub/hub.db") })
	t.Run("keys", func(t *testing.T) { testLostKeyIsSaid(t, "hub-keys/keys.db") })
}

func testLostKeyIsSaid(t *testing.T, there string) {
	dir := t.TempDir()
	data, keys := filepath.Join(dir, "hub"), filepath.Join(dir, "hub-keys")
	secrets := filepath.Join(keys, "secrets")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSecrets(keys, data, "fernshire", mash.SystemEnv()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, there), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSecrets(keys, data, "fernshire", mash.SystemEnv()); err != nil {
		t.Fatalf("nothing is missing: %v", err)
	}
	for _, key := range []string{"store.key", "vault.key", "wrap.key", "audit.key"} {
		path := filepath.Join(secrets, key)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		_, err = OpenSecrets(keys, data, "fernshire", mash.SystemEnv())
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

// TestKeysStandApartFromData: a backup of the data directories alone holds no
// key, and what would put one there is refused.
func TestKeysStandApartFromData(t *testing.T) {
	var hub HubOptions
	var node NodeOptions
	p := perform(t, plot{agencies: []string{"police"}, hub: func(o *HubOptions) { hub = *o }, node: func(o *NodeOptions) { node = *o }})
	p.halt()
	for dir, want := range map[string]string{hub.Dir: "hub.db", node.Dir: "node.db"} {
		files, err := os.ReadDir(dir)
		p.must(err)
		for _, f := range files {
			if !strings.HasPrefix(f.Name(), want) {
				t.Errorf("%s has %s", dir, f.Name())
			}
		}
		for _, key := range []string{"keys.db", "secrets/store.key", "secrets/keys-fernshire.json"} {
			if _, err := os.Stat(filepath.Join(dir+"-keys", key)); err != nil {
				t.Error(err)
			}
		}
	}
	refused := func(why string, want ...string) {
		t.Helper()
		h, err := NewHub(t.Context(), hub)
		h.Close()
		n, err2 := NewNode(t.Context(), node)
		n.Close()
		for _, err := range []error{err, err2} {
			for _, w := range append(want, "keys") {
				if mash.CodeOf(err) != mash.CodeInvalid || !strings.Contains(err.Error(), w) {
					t.Errorf("%s: %v, want %q in it", why, err, w)
				}
			}
		}
	}
	hub.Keys, node.Keys = filepath.Join(hub.Dir, "keys"), node.Dir
	refused("keys among the data", "outside of data")
	hub.Keys, node.Keys = "", ""
	for _, dir := range []string{hub.Dir, node.Dir} { // as an earlier build left it
		p.must(os.Rename(filepath.Join(dir+"-keys", "secrets"), filepath.Join(dir, "secrets")))
	}
	refused("an earlier build's directory", "move secrets", "-keys", "--fresh")
}

// TestLostLinkKeysAreSaid: keys towards a hub are made for whoever has none,
// and never anew where the hub knows them.
func TestLostLinkKeysAreSaid(t *testing.T) {
	dir := t.TempDir()
	school := mash.PartyAddress(mash.Party{Agency: "schools", Unit: "999001"})
	owners := []mash.Address{mash.PartyAddress(mash.Party{Agency: "schools"})}
	first, err := openKeys(dir, "fernshire", owners, false, mash.SystemEnv())
	if err != nil {
		t.Fatal(err)
	}
	again, err := openKeys(dir, "fernshire", append(owners, school), true, mash.SystemEnv()) // it has joined
	if err != nil {
		t.Fatal(err)
	}
	before, _ := first.PublicKeys()
	after, _ := again.PublicKeys()
	if len(before) != 2 || len(after) != 4 {
		t.Errorf("%d keys, then %d", len(before), len(after))
	}
	for _, k := range before {
		if !slices.ContainsFunc(after, func(x mash.Key) bool { return x.ID == k.ID }) {
			t.Error("a key was made anew")
		}
	}
	path := filepath.Join(dir, "keys-fernshire.json")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := openKeys(dir, "fernshire", owners, true, mash.SystemEnv()); mash.CodeOf(err) != mash.CodeInvalid || !strings.Contains(err.Error(), "keys-fernshire.json") {
		t.Errorf("the keys are lost: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("new keys were made")
	}
}

// TestEnrolmentsAreTheirOwners: a file that speaks for somebody else is refused
// whole, with its name; so is a key that could not be used.
func TestEnrolmentsAreTheirOwners(t *testing.T) {
	env := mash.SystemEnv()
	for _, c := range []struct {
		name  string
		owner mash.Address
		bend  func(*mash.Key)
		good  bool
	}{
		{"police@fernshire", mash.PartyAddress(mash.Party{Agency: "police"}), nil, true},
		{"schools@fernshire", mash.PartyAddress(mash.Party{Agency: "schools", Unit: "999001"}), nil, true},
		{"hub@fernshire", mash.HubAddress("fernshire"), nil, true},
		{"police@fernshire", mash.PartyAddress(mash.Party{Agency: "health"}), nil, false},
		{"police@fernshire", mash.HubAddress("fernshire"), nil, false},
		{"hub@fernshire", mash.HubAddress("marlshire"), nil, false},
		{"hub@fernshire", mash.PartyAddress(mash.Party{Agency: "hub"}), nil, false},
		{"police@fernshire", mash.PartyAddress(mash.Party{Agency: "police"}), func(k *mash.Key) { k.Alg = "none" }, false},
	} {
		sign, _, err := envelope.GenerateKeys(env.Rand, c.owner, env.Now(), envelope.Curve25519)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := envelope.NewKeySet(sign).PublicKeys()
		if err != nil {
			t.Fatal(err)
		}
		if c.bend != nil {
			c.bend(&keys[0])
		}
		dir := t.TempDir()
		b, err := json.Marshal(enrolment{Name: c.name, Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, c.name+".json"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		got, _, err := enrolled(dir, []string{c.name})
		if c.good != (err == nil && len(got) == 1) {
			t.Errorf("%s with a key of %s: %d keys, %v", c.name, c.owner, len(got), err)
		}
		if err != nil && !strings.Contains(err.Error(), c.name) {
			t.Errorf("the error does not name the file: %v", err)
		}
	}
}
