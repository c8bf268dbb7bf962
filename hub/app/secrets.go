package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"mashhub/hub/audit"
	"mashhub/hub/config"
	"mashhub/hub/envelope"
	"mashhub/hub/mash"
	"mashhub/hub/store"
)

// Secrets are what a process must keep to itself.
type Secrets struct {
	Store, Vault, Wrap []byte
	Signer             note.Signer
	Verifier           string // public: whoever has it can check the log
}

// Files of a key directory.
const (
	secretsDir = "secrets"
	vaultFile  = "keys.db" // the content keys
)

// directories makes the data directory and that of its keys, and gives the
// latter.
func directories(data, keys string) (string, error) {
	keys, err := config.KeyDirectory(data, keys)
	if err != nil {
		return "", err
	}
	for _, name := range []string{secretsDir, vaultFile} {
		if _, err := os.Lstat(filepath.Join(data, name)); err == nil {
			return "", mash.Invalid("keys", filepath.Join(data, name)+" is in the data directory, where earlier builds made it and a backup takes it along",
				"stop everything, and move "+secretsDir+" and every "+vaultFile+"* from there to "+keys+"; a demo can begin anew with --fresh")
		}
	}
	for _, dir := range []string{data, keys} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", fmt.Errorf("making a directory: %w", err)
		}
	}
	return keys, nil
}

// OpenSecrets reads the secrets in the directory of keys to some data, and makes
// them at the first start: keys are generated where they are used and never
// leave it.
func OpenSecrets(keys, data, name string, env mash.Env) (*Secrets, error) {
	dir := filepath.Join(keys, secretsDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of secrets: %w", err)
	}
	s := &Secrets{}
	// A key that is gone while what it opens is there is never made anew: that
	// would look like a start and be the end of the data.
	var opens []string
	for _, d := range []string{data, keys} {
		found, err := filepath.Glob(filepath.Join(d, "*.db"))
		if err != nil {
			return nil, err
		}
		opens = append(opens, found...)
	}
	for _, file := range []string{"store.key", "vault.key", "wrap.key", "audit.key"} {
		if _, err := os.Stat(filepath.Join(dir, file)); errors.Is(err, os.ErrNotExist) && len(opens) > 0 {
			return nil, mash.Invalid(filepath.Join(dir, file), "is missing although what it opens is there", "put it back from where it is kept safe; no new one was made")
		}
	}
	for file, dst := range map[string]*[]byte{"store.key": &s.Store, "vault.key": &s.Vault, "wrap.key": &s.Wrap} {
		b, err := readOrMake(filepath.Join(dir, file), func() ([]byte, error) {
			b := make([]byte, store.KeySize)
			_, err := io.ReadFull(env.Rand, b)
			return b, err
		})
		if err != nil {
			return nil, err
		}
		*dst = b
	}
	b, err := readOrMake(filepath.Join(dir, "audit.key"), func() ([]byte, error) {
		signer, verifier, err := audit.GenerateKey(name, env.Rand)
		return []byte(signer + "\n" + verifier), err
	})
	if err != nil {
		return nil, err
	}
	var signer string
	if _, err := fmt.Sscan(string(b), &signer, &s.Verifier); err != nil {
		return nil, fmt.Errorf("reading the log's key: %w", err)
	}
	if s.Signer, err = note.NewSigner(signer); err != nil {
		return nil, fmt.Errorf("reading the log's key: %w", err)
	}
	return s, nil
}

// openKeys reads the keys that some owners have towards one hub, and makes
// them for whom there are none: at the first start, and when a school or
// practice has joined. Each hub gets a set of its own: what one hub knows of an
// agency is of no use with another.
//
// known says that the registry holds keys of that hub already: then a file that
// is not there is lost, and what is sealed for its keys could never be opened
// with new ones.
func openKeys(dir, hub string, owners []mash.Address, known bool, env mash.Env) (*envelope.KeySet, error) {
	path := filepath.Join(dir, "keys-"+hub+".json")
	set := envelope.NewKeySet()
	b, err := os.ReadFile(path)
	switch {
	case err == nil:
		if set, err = envelope.LoadKeySet(b); err != nil {
			return nil, fmt.Errorf("reading the keys: %w", err)
		}
	case !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("reading the keys: %w", err)
	case known:
		return nil, mash.Invalid(path, "is missing although keys are enrolled", "put it back from where it is kept safe; no new one was made")
	}
	have, err := set.PublicKeys()
	if err != nil {
		return nil, fmt.Errorf("reading the keys: %w", err)
	}
	made := false
	for _, o := range owners {
		if slices.ContainsFunc(have, func(k mash.Key) bool { return k.Owner == o }) {
			continue
		}
		sign, encrypt, err := envelope.GenerateKeys(env.Rand, o, env.Now(), envelope.Curve25519)
		if err != nil {
			return nil, fmt.Errorf("making keys: %w", err)
		}
		set.Add(sign)
		set.Add(encrypt)
		made = true
	}
	if !made {
		return set, nil
	}
	if b, err = set.Save(); err != nil {
		return nil, fmt.Errorf("making keys: %w", err)
	}
	return set, writeFile(path, b, 0o600)
}

// readOrMake reads a secret file, or makes it durably: half a key is never left.
func readOrMake(path string, make func() ([]byte, error)) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return b, err
	}
	if b, err = make(); err != nil {
		return nil, fmt.Errorf("making %s: %w", filepath.Base(path), err)
	}
	return b, writeFile(path, b, 0o600)
}

// writeFile writes a file whole or not at all.
func writeFile(path string, b []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(b); err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Enrolment names the file of public keys of one side towards a hub: the hub's
// own, or an agency's.
func Enrolment(hub, agency string) string {
	if agency == "" {
		return "hub@" + hub
	}
	return agency + "@" + hub
}

// enrolment is what a process makes public.
type enrolment struct {
	Name     string `json:"name"`
	Verifier string `json:"audit_verifier"`
	// Root verifies the hub's editions of the agreements; a node's has none.
	Root string     `json:"policy_verifier,omitempty"`
	Keys []mash.Key `json:"keys"`
}

// publish puts our public keys into the folder of enrolments.
func publish(dir, name, verifier, root string, set *envelope.KeySet) error {
	keys, err := set.PublicKeys()
	if err != nil {
		return fmt.Errorf("listing public keys: %w", err)
	}
	b, err := json.MarshalIndent(enrolment{Name: name, Verifier: verifier, Root: root, Keys: keys}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, name+".json"), b, 0o644)
}

// enrolled reads the enrolments of others; missing ones are named.
func enrolled(dir string, names []string) (keys []mash.Key, missing []string, err error) {
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(dir, name+".json"))
		if errors.Is(err, os.ErrNotExist) {
			missing = append(missing, name)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		var e enrolment
		if err := json.Unmarshal(b, &e); err != nil {
			return nil, nil, fmt.Errorf("reading the enrolment of %s: %w", name, err)
		}
		for _, k := range e.Keys {
			if err := envelope.CheckKey(k); err != nil {
				return nil, nil, fmt.Errorf("the enrolment %s.json: %w", name, err)
			}
			if !owns(name, k.Owner) {
				return nil, nil, fmt.Errorf("the enrolment %s.json: %w", name, mash.Invalid("keys.owner", "is "+string(k.Owner)+", who enrols by themselves alone",
					"remove the file, and ask whose it is what happened"))
			}
			keys = append(keys, k)
		}
	}
	return keys, missing, nil
}

// rootOf reads a hub's policy root from its enrolment.
func rootOf(dir, hub string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, Enrolment(hub, "")+".json"))
	if err != nil {
		return "", err
	}
	var e enrolment
	if err := json.Unmarshal(b, &e); err != nil {
		return "", fmt.Errorf("reading the enrolment of %s: %w", hub, err)
	}
	return e.Root, nil
}

// owns reports whether a key may stand in an enrolment: that of a hub holds the
// hub's, that of an agency the agency's and its units'.
func owns(name string, owner mash.Address) bool {
	agency, hub, _ := strings.Cut(name, "@")
	if name == Enrolment(hub, "") {
		return owner == mash.HubAddress(hub)
	}
	p, party := owner.Party()
	return party && p.Agency == agency
}

// enrolledWith reports whether the registry holds keys of a hub.
func enrolledWith[T mash.Keys](ctx context.Context, s mash.Store[T], hub string) (known bool, err error) {
	err = s.View(ctx, func(tx T) error {
		keys, err := tx.KeysOf(mash.HubAddress(hub))
		known = len(keys) > 0
		return err
	})
	return known, err
}

// register puts keys into a registry that does not have them yet.
func register(tx mash.Keys, keys []mash.Key) error {
	for _, k := range keys {
		_, err := tx.Key(k.Owner, k.ID)
		if err == nil {
			continue
		}
		if !errors.Is(err, mash.ErrNotFound) {
			return err
		}
		if err := tx.PutKey(k); err != nil {
			return fmt.Errorf("registering a key of %s: %w", k.Owner, err)
		}
	}
	return nil
}
