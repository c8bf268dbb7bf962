package envelope

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"mashhub/hub/mash"
)

// KeySet is the private keys of one process: those of a hub, or those of an
// agency and its units towards one hub. Safe for concurrent use.
type KeySet struct {
	mu   sync.RWMutex
	keys map[string]Private
}

// NewKeySet makes a set of keys.
func NewKeySet(keys ...Private) *KeySet {
	s := &KeySet{keys: map[string]Private{}}
	for _, k := range keys {
		s.keys[k.ID] = k
	}
	return s
}

// Add puts a key into the set.
func (s *KeySet) Add(k Private) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[k.ID] = k
}

// Remove forgets a key: what was sealed to it cannot be opened any more. It
// reports whether the set had it. The caller stores the set again.
func (s *KeySet) Remove(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, had := s.keys[id]
	delete(s.keys, id)
	return had
}

func (s *KeySet) find(id string) (Private, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, ok := s.keys[id]
	return k, ok
}

// sorted lists the keys by owner, use, age and id.
func (s *KeySet) sorted() []Private {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.SortedFunc(maps.Values(s.keys), func(a, b Private) int {
		if c := strings.Compare(string(a.Owner)+" "+string(a.Use), string(b.Owner)+" "+string(b.Use)); c != 0 {
			return c
		}
		if c := a.From.Compare(b.From); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
}

// PublicKeys are the registry's entries of all keys, to be enrolled.
func (s *KeySet) PublicKeys() ([]mash.Key, error) {
	var out []mash.Key
	for _, k := range s.sorted() {
		public, err := k.Public()
		if err != nil {
			return nil, err
		}
		out = append(out, public)
	}
	return out, nil
}

// Save writes the set as a JWK Set (RFC 7517). The bytes are secret: the
// caller stores them encrypted, or in a file that only it can read.
func (s *KeySet) Save() ([]byte, error) {
	set := struct {
		Keys []json.RawMessage `json:"keys"`
	}{Keys: []json.RawMessage{}}
	for _, p := range s.sorted() {
		k, err := jwk.Import(p.raw)
		if err != nil {
			return nil, errors.New("making a JWK of a private key failed")
		}
		raw, err := marshalKey(k, p)
		if err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, raw)
	}
	return json.Marshal(set)
}

// Members of a saved JWK beside the standard's own.
const (
	memberOwner = "mash_owner"
	memberFrom  = "mash_from"
)

var useNames = map[mash.KeyUse]string{mash.KeySign: "sig", mash.KeyEncrypt: "enc"}

func marshalKey(k jwk.Key, p Private) ([]byte, error) {
	private, err := jwk.IsPrivateKey(k)
	if err != nil {
		return nil, fmt.Errorf("describing a key: %w", err)
	}
	set := map[string]any{"kid": p.ID, "use": useNames[p.Use], "alg": p.Alg}
	if private {
		set[memberOwner], set[memberFrom] = string(p.Owner), p.From.Format(time.RFC3339Nano)
	}
	for name, v := range set {
		if err := k.Set(name, v); err != nil {
			return nil, fmt.Errorf("describing a key: setting %s: %w", name, err)
		}
	}
	out, err := json.Marshal(k)
	if err != nil {
		return nil, errors.New("writing a JWK failed")
	}
	return out, nil
}

// LoadKeySet reads what Save wrote. Errors never quote it.
func LoadKeySet(b []byte) (*KeySet, error) {
	var file struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(b, &file) != nil {
		return nil, errors.New("reading the key set: not a JWK Set")
	}
	s := NewKeySet()
	for i, raw := range file.Keys {
		p, err := loadKey(raw)
		if err != nil {
			return nil, fmt.Errorf("reading the key set: key %d: %w", i, err)
		}
		if _, twice := s.keys[p.ID]; twice {
			return nil, fmt.Errorf("reading the key set: key %d is there twice", i)
		}
		s.keys[p.ID] = p
	}
	return s, nil
}

func loadKey(b []byte) (Private, error) {
	var says struct {
		ID    string       `json:"kid"`
		Use   string       `json:"use"`
		Alg   string       `json:"alg"`
		Owner mash.Address `json:"mash_owner"`
		From  time.Time    `json:"mash_from"`
	}
	if json.Unmarshal(b, &says) != nil {
		return Private{}, errors.New("not a JWK")
	}
	k, err := jwk.ParseKey(b)
	if err != nil {
		return Private{}, errors.New("not a JWK") // the cause may quote the key
	}
	var raw any
	if jwk.Export(k, &raw) != nil {
		return Private{}, errors.New("not a usable key")
	}
	use := mash.KeySign
	if says.Use == useNames[mash.KeyEncrypt] {
		use = mash.KeyEncrypt
		if ec, ok := raw.(*ecdsa.PrivateKey); ok {
			if raw, err = ec.ECDH(); err != nil {
				return Private{}, errors.New("not a usable key")
			}
		}
	}
	switch raw.(type) {
	case ed25519.PrivateKey, *ecdsa.PrivateKey, *ecdh.PrivateKey:
	default:
		return Private{}, errors.New("not a private key of ours")
	}
	p, err := newPrivate(says.Owner, use, says.From, raw)
	if err != nil {
		return Private{}, err
	}
	if p.ID != says.ID || p.Alg != says.Alg || useNames[use] != says.Use || says.Owner == "" {
		return Private{}, errors.New("id, use, algorithm or owner is not the key's")
	}
	return p, nil
}
