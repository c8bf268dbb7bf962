package envelope

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"mashhub/hub/mash"
)

// suiteTable is who has which keys, by name.
var suiteTable = map[string]map[mash.Address]Suite{
	"Curve25519": {},
	"P-256":      {hub: P256, police: P256, school: P256},
	"mixed":      mixed,
}

func TestSealedIsOpened(t *testing.T) {
	for name, suites := range suiteTable {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, suites)
			for _, route := range [][2]mash.Address{{hub, police}, {police, hub}, {hub, school}, {police, school}, {hub, hub}} {
				from, to := route[0], route[1]
				for _, n := range []int{1, 2, 3, 4096, MaxPayload} {
					payload := strings.Repeat("x", n)
					token := w.seal(t, from, to, payload)
					got, err := w.at[to].Open(t.Context(), token)
					if err != nil {
						t.Fatalf("%s to %s, %d bytes: %v", from, to, n, err)
					}
					sum := sha256.Sum256(token)
					if got.Issuer != from || got.To != to || string(got.Payload) != payload ||
						got.KeyID != w.signing[from].ID || got.Hash != hex.EncodeToString(sum[:]) {
						t.Fatalf("%s to %s: opened %s, %s, key %s, %d bytes", from, to, got.Issuer, got.To, got.KeyID, len(got.Payload))
					}
				}
			}
		})
	}
}

func TestTheSameTwiceLooksDifferent(t *testing.T) {
	w := newWorld(t, mixed)
	if bytes.Equal(w.seal(t, hub, police, "the same"), w.seal(t, hub, police, "the same")) {
		t.Error("two sealings are equal: the content key is not fresh")
	}
}

func TestWhatSealRefuses(t *testing.T) {
	w := newWorld(t, mixed)
	nobody := mash.PartyAddress(mash.Party{Agency: "nobody"})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx      context.Context
		from, to mash.Address
		payload  []byte
		want     mash.Code
	}{
		"an empty payload":          {t.Context(), hub, police, nil, mash.CodeInvalid},
		"a payload too large":       {t.Context(), hub, police, make([]byte, MaxPayload+1), mash.CodeInvalid},
		"an unknown recipient":      {t.Context(), hub, nobody, []byte("x"), mash.CodeUnknownKey},
		"an unknown sender":         {t.Context(), nobody, hub, []byte("x"), mash.CodeUnknownKey},
		"somebody else's signature": {t.Context(), police, school, []byte("x"), mash.CodeUnknownKey},
		"a context that ended":      {gone, hub, police, []byte("x"), mash.CodeInternal},
	} {
		if token, err := w.at[hub].Seal(c.ctx, c.from, c.to, c.payload); token != nil || mash.CodeOf(err) != c.want {
			t.Errorf("%s: %d bytes, %v; want %s", name, len(token), err, c.want)
		}
	}
	if _, err := w.at[police].Open(gone, w.seal(t, hub, police, "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v", err)
	}
	if _, err := New(Options{}); err == nil {
		t.Error("New without keys and registry returned nil")
	}
}

// TestLifeOfAKey: current, then replaced and retired, then revoked.
func TestLifeOfAKey(t *testing.T) {
	w := newWorld(t, mixed)
	old := w.seal(t, police, hub, "by the old key")
	toOld := w.seal(t, hub, police, "to the old key")
	oldSign, oldOpen := w.signing[police], w.opening[police]

	sign, open, err := GenerateKeys(&stream{seed: "new"}, police, w.now, Curve25519)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []Private{sign, open} {
		w.sets[police].Add(k)
		public, err := k.Public()
		if err != nil {
			t.Fatal(err)
		}
		_ = w.keys.PutKey(public)
	}
	w.now = w.now.Add(time.Second)
	for _, k := range []Private{oldSign, oldOpen} {
		_ = w.keys.RetireKey(police, k.ID, w.now, false)
	}
	w.registry.Forget()

	// New messages use the new keys; the old ones still verify and open.
	got, err := w.at[hub].Open(t.Context(), w.seal(t, police, hub, "by the new key"))
	if err != nil || got.KeyID != sign.ID {
		t.Errorf("by the new key: %s, %v", got.KeyID, err)
	}
	if !got.Retired.IsZero() {
		t.Errorf("the new key is retired at %v", got.Retired)
	}
	if got, err := w.at[hub].Open(t.Context(), old); err != nil || got.KeyID != oldSign.ID || !got.Retired.Equal(w.now) {
		t.Errorf("by the retired key: %s, retired %v, %v", got.KeyID, got.Retired, err)
	}
	if _, err := w.at[police].Open(t.Context(), toOld); err != nil {
		t.Errorf("to the retired key: %v", err)
	}

	// Revoked is as good as unknown, for signing and opening.
	for _, k := range []Private{oldSign, oldOpen} {
		_ = w.keys.RetireKey(police, k.ID, w.now, true)
	}
	w.registry.Forget()
	if _, err := w.at[hub].Open(t.Context(), old); mash.CodeOf(err) != mash.CodeUnknownKey {
		t.Errorf("by the revoked key: %v", err)
	}
	if _, err := w.at[police].Open(t.Context(), toOld); mash.CodeOf(err) != mash.CodeUnknownKey {
		t.Errorf("to the revoked key: %v", err)
	}

	// A destroyed key opens nothing.
	last := w.seal(t, hub, police, "to the new key")
	if !w.sets[police].Remove(open.ID) || w.sets[police].Remove(open.ID) {
		t.Error("Remove does not say whether the key was there")
	}
	if _, err := w.at[police].Open(t.Context(), last); mash.CodeOf(err) != mash.CodeWrongParty {
		t.Errorf("to the destroyed key: %v", err)
	}
}

func TestRevocationElsewhereTakesEffect(t *testing.T) {
	w := newWorld(t, mixed)
	token := w.seal(t, police, hub, "x")
	if _, err := w.at[hub].Open(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	// Another process revokes it: this registry is not told.
	_ = w.keys.RetireKey(police, w.signing[police].ID, w.now, true)
	w.now = w.now.Add(freshness)
	if _, err := w.at[hub].Open(t.Context(), token); mash.CodeOf(err) != mash.CodeUnknownKey {
		t.Errorf("Open = %v", err)
	}
}

func TestRegistryAsksSeldomAndNeverGuesses(t *testing.T) {
	w := newWorld(t, mixed)
	token := w.seal(t, police, hub, "x")
	for range 50 {
		if _, err := w.at[hub].Open(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	if w.keys.asked > 6 {
		t.Errorf("the store was asked %d times", w.keys.asked)
	}
	w.keys.asked = 0
	for range 50 {
		if _, err := w.registry.Key("no-such-key"); !errors.Is(err, mash.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if w.keys.asked != 1 {
		t.Errorf("the store was asked %d times for a key that is not there", w.keys.asked)
	}
	// A key enrolled a moment later is found soon.
	_ = w.keys.PutKey(mash.Key{ID: "no-such-key"})
	w.now = w.now.Add(absence)
	if _, err := w.registry.Key("no-such-key"); err != nil {
		t.Errorf("after enrolment: %v", err)
	}
	// A store that cannot be asked is no reason to quarantine.
	w.keys.err = errors.New("disk on fire")
	w.registry.Forget()
	_, err := w.at[hub].Open(t.Context(), token)
	switch mash.CodeOf(err) {
	case mash.CodeBadMessage, mash.CodeUnknownKey, mash.CodeWrongParty, "":
		t.Errorf("with the store away: %v", err)
	}
	w.keys.err = nil
	if _, err := w.at[hub].Open(t.Context(), token); err != nil {
		t.Errorf("with the store back: %v", err)
	}
	for range maxCached + 10 {
		w.keys.asked++
		_, _ = w.registry.Key(strings.Repeat("k", w.keys.asked%50) + time.Duration(w.keys.asked).String())
	}
	if n := len(w.registry.keys); n > maxCached {
		t.Errorf("%d entries remembered", n)
	}
}
