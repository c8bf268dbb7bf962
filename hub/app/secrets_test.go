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
	for _, key := range []string{"store.key", "vault.key", "wrap.key", "audit.key"} {
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
