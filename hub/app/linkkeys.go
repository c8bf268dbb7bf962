package app

import (
	"slices"

	"mashhub/hub/envelope"
	"mashhub/hub/mash"
)

// linkKeys is the part of a node's registry that is about one hub: that hub's
// keys and our own towards it. With it a message by one hub's key is unknown
// in another's exchange, and we sign to each hub with the keys it knows.
type linkKeys struct {
	registry envelope.Directory
	hub      mash.Address
	own      []string // ids of our keys towards the hub
}

// Key finds a key of this link. Errors: mash.ErrNotFound, also for a key of
// another hub's.
func (l linkKeys) Key(id string) (mash.Key, error) {
	k, err := l.registry.Key(id)
	if err == nil && k.Owner != l.hub && !slices.Contains(l.own, id) {
		return mash.Key{}, mash.ErrNotFound
	}
	return k, err
}

// Current is the newest key in use of the hub, or of ours towards it.
func (l linkKeys) Current(owner mash.Address, use mash.KeyUse) (mash.Key, error) {
	if owner == l.hub {
		return l.registry.Current(owner, use)
	}
	var newest mash.Key
	for _, id := range l.own {
		k, err := l.registry.Key(id)
		if err != nil {
			return mash.Key{}, err
		}
		if k.Owner == owner && k.Use == use && !k.Revoked && k.Retired.IsZero() && (newest.ID == "" || k.From.After(newest.From)) {
			newest = k
		}
	}
	if newest.ID == "" {
		return newest, mash.ErrNotFound
	}
	return newest, nil
}
