package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"mashhub/hub/mash"
)

// ScopeHash is the SHA-256, in hex, of what a request may be answered with:
// persons, categories, period, purpose. A return repeats it, so that an answer
// to another question is recognised.
func ScopeHash(purpose mash.Purpose, persons, categories []string, from, to time.Time) string {
	scope := struct {
		Purpose             mash.Purpose
		Persons, Categories []string
		From, To            time.Time
	}{purpose, slices.Sorted(slices.Values(persons)), slices.Sorted(slices.Values(categories)),
		mash.Instant(from), mash.Instant(to)}
	b, err := json.Marshal(scope)
	if err != nil {
		panic(err) // strings and times always marshal
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
