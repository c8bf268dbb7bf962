package host

import "time"

// breaker decides when a plugin that keeps crashing is left alone. It is pure:
// a function of the crashes and their times. Not safe for concurrent use.
type breaker struct {
	limits   Limits
	crashes  []time.Time // within the window, oldest first
	halfOpen bool
}

// crash records one crash and reports whether the plugin is to be left alone
// now: at the third within the window, or at the first after a trip.
func (b *breaker) crash(now time.Time) (tripped bool) {
	kept := b.crashes[:0]
	for _, t := range b.crashes {
		if now.Sub(t) < b.limits.Window {
			kept = append(kept, t)
		}
	}
	b.crashes = append(kept, now)
	return b.halfOpen || len(b.crashes) >= b.limits.Crashes
}

// trip starts the cool-down; after it one launch is tried.
func (b *breaker) trip() {
	b.crashes, b.halfOpen = nil, true
}

// healthy ends the trial after a trip.
func (b *breaker) healthy() { b.halfOpen = false }

// backoff is the pause before the next launch: it doubles with every crash in
// the window.
func (b *breaker) backoff() time.Duration {
	d := b.limits.BackoffMin
	for range max(0, len(b.crashes)-1) {
		if d *= 2; d >= b.limits.BackoffMax {
			break
		}
	}
	return min(d, b.limits.BackoffMax)
}
