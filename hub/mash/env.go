package mash

import (
	"crypto/rand"
	"encoding/base32"
	"io"
	"time"

	"github.com/google/uuid"
)

// Env is what the domain takes from the world: time, randomness, identifiers.
// Nothing in the domain calls time.Now. An Env may be used concurrently.
type Env struct {
	Now   func() time.Time // wall clock
	Rand  io.Reader        // cryptographic
	NewID func() string    // UUIDv7
}

// SystemEnv is the real world.
func SystemEnv() Env {
	return Env{
		Now:   func() time.Time { return Instant(time.Now()) },
		Rand:  rand.Reader,
		NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
	}
}

// Instant is t as everything is stored and compared: UTC, whole milliseconds.
func Instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// NewReference makes a random reference of eight letters and digits without
// look-alikes, in two groups: "K7QM-2ZXA". It says nothing about anybody.
func (e Env) NewReference() (string, error) {
	var b [5]byte
	if _, err := io.ReadFull(e.Rand, b[:]); err != nil {
		return "", err
	}
	s := reference.EncodeToString(b[:])
	return s[:4] + "-" + s[4:], nil
}

var reference = base32.NewEncoding("23456789ABCDEFGHJKLMNPQRSTUVWXYZ").WithPadding(base32.NoPadding)
