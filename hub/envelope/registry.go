package envelope

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"mashhub/hub/mash"
)

// Registry is a Directory in memory in front of the stored one: an entry is
// believed for at most freshness, so that a revocation made by another process
// takes effect within it; one made by this process at once, by Forget. What is
// not there is asked for again sooner. Safe for concurrent use.
//
// Do not call it inside a transaction of the same store: it opens a view of
// its own.
type Registry struct {
	view func(func(mash.Keys) error) error
	now  func() time.Time

	mu      sync.Mutex
	keys    map[string]cached
	current map[ownerUse]cached
}

type ownerUse struct {
	owner mash.Address
	use   mash.KeyUse
}

type cached struct {
	key   mash.Key
	err   error // ErrNotFound
	until time.Time
}

const (
	freshness = 2 * time.Second
	// absence is shorter: the usual reason is an enrolment just made.
	absence = 200 * time.Millisecond
	// maxCached bounds what unknown key ids can make it remember.
	maxCached = 20_000
)

// NewRegistry reads through view, which runs a function on the stored keys
// (a View transaction of hub or node).
func NewRegistry(view func(func(mash.Keys) error) error, now func() time.Time) *Registry {
	r := &Registry{view: view, now: now}
	r.Forget()
	return r
}

// Forget drops everything remembered: call it after keys were put, retired or
// revoked.
func (r *Registry) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys, r.current = map[string]cached{}, map[ownerUse]cached{}
}

// Key finds a key by its id. Errors: mash.ErrNotFound, or what the store says.
func (r *Registry) Key(id string) (mash.Key, error) {
	return remember(r, func() map[string]cached { return r.keys }, id,
		func(k mash.Keys) (mash.Key, error) { return k.KeyByID(id) })
}

// Current is the newest key in use. Errors: as Key.
func (r *Registry) Current(owner mash.Address, use mash.KeyUse) (mash.Key, error) {
	return remember(r, func() map[ownerUse]cached { return r.current }, ownerUse{owner, use},
		func(k mash.Keys) (mash.Key, error) { return k.CurrentKey(owner, use, r.now()) })
}

// remember answers from the cache or asks the store. The map is fetched anew
// under the lock each time: Forget replaces it, and an answer that was asked
// for before a Forget must not be kept after it.
func remember[K comparable](r *Registry, table func() map[K]cached, id K, ask func(mash.Keys) (mash.Key, error)) (mash.Key, error) {
	now := r.now()
	r.mu.Lock()
	before := table()
	c, ok := before[id]
	r.mu.Unlock()
	if ok && now.Before(c.until) {
		return c.key, c.err
	}
	c = cached{until: now.Add(freshness)}
	err := r.view(func(k mash.Keys) (err error) {
		c.key, err = ask(k)
		return err
	})
	if err != nil {
		if !errors.Is(err, mash.ErrNotFound) {
			return mash.Key{}, fmt.Errorf("asking the key registry: %w", err)
		}
		c = cached{err: mash.ErrNotFound, until: now.Add(absence)}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(before) >= maxCached {
		clear(before)
	}
	before[id] = c // of no consequence if Forget replaced the map meanwhile
	return c.key, c.err
}
