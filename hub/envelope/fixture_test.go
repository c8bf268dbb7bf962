package envelope

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"testing"
	"time"

	"mashhub/hub/mash"
)

var (
	hub     = mash.HubAddress("fernshire")
	police  = mash.PartyAddress(mash.Party{Agency: "police"})
	school  = mash.PartyAddress(mash.Party{Agency: "schools", Unit: "900001"})
	started = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
)

// memoryKeys is a mash.Keys of a test.
type memoryKeys struct {
	mu    sync.Mutex
	keys  []mash.Key
	asked int
	err   error
}

func (m *memoryKeys) PutKey(k mash.Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys = append(m.keys, k)
	return nil
}

func (m *memoryKeys) find(ok func(mash.Key) bool) (mash.Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	if m.err != nil {
		return mash.Key{}, m.err
	}
	for _, k := range slices.Backward(m.keys) { // newest first
		if ok(k) {
			return k, nil
		}
	}
	return mash.Key{}, mash.ErrNotFound
}

func (m *memoryKeys) Key(owner mash.Address, id string) (mash.Key, error) {
	return m.find(func(k mash.Key) bool { return k.Owner == owner && k.ID == id })
}

func (m *memoryKeys) KeyByID(id string) (mash.Key, error) {
	return m.find(func(k mash.Key) bool { return k.ID == id })
}

func (m *memoryKeys) CurrentKey(owner mash.Address, use mash.KeyUse, now time.Time) (mash.Key, error) {
	return m.find(func(k mash.Key) bool {
		return k.Owner == owner && k.Use == use && !k.Revoked && !k.From.After(now) &&
			(k.Retired.IsZero() || k.Retired.After(now))
	})
}

func (m *memoryKeys) RetireKey(owner mash.Address, id string, at time.Time, revoked bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, k := range m.keys {
		if k.Owner == owner && k.ID == id {
			m.keys[i].Retired, m.keys[i].Revoked = at, revoked
			return nil
		}
	}
	return mash.ErrNotFound
}

func (m *memoryKeys) KeysOf(owner mash.Address) ([]mash.Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.keys), func(k mash.Key) bool { return k.Owner != owner }), nil
}

var _ mash.Keys = (*memoryKeys)(nil)

// stream is repeatable "randomness": SHA-256 in counter mode over a seed.
type stream struct {
	seed string
	n    uint64
	left []byte
}

func (s *stream) Read(p []byte) (int, error) {
	for i := range p {
		if len(s.left) == 0 {
			sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(s.seed), s.n))
			s.left, s.n = sum[:], s.n+1
		}
		p[i], s.left = s.left[0], s.left[1:]
	}
	return len(p), nil
}

// world is three parties who know each other's keys.
type world struct {
	keys     *memoryKeys
	registry *Registry
	signing  map[mash.Address]Private
	opening  map[mash.Address]Private
	sets     map[mash.Address]*KeySet
	at       map[mash.Address]*Envelope
	now      time.Time
}

func newWorld(t testing.TB, suites map[mash.Address]Suite) *world {
	t.Helper()
	w := &world{keys: &memoryKeys{}, signing: map[mash.Address]Private{}, opening: map[mash.Address]Private{},
		sets: map[mash.Address]*KeySet{}, at: map[mash.Address]*Envelope{}, now: started.Add(time.Hour)}
	w.registry = NewRegistry(func(f func(mash.Keys) error) error { return f(w.keys) },
		func() time.Time { return w.now })
	for _, a := range []mash.Address{hub, police, school} {
		sign, open, err := GenerateKeys(&stream{seed: string(a)}, a, started, suites[a])
		if err != nil {
			t.Fatal(err)
		}
		set := NewKeySet(sign, open)
		public, err := set.PublicKeys()
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range public {
			if err := CheckKey(k); err != nil {
				t.Fatal(err)
			}
			_ = w.keys.PutKey(k)
		}
		e, err := New(Options{Private: set, Registry: w.registry})
		if err != nil {
			t.Fatal(err)
		}
		w.signing[a], w.opening[a], w.sets[a], w.at[a] = sign, open, set, e
	}
	return w
}

var mixed = map[mash.Address]Suite{hub: Curve25519, police: P256, school: Curve25519}

func (w *world) seal(t testing.TB, from, to mash.Address, payload string) []byte {
	t.Helper()
	token, err := w.at[from].Seal(t.Context(), from, to, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(token)
}
