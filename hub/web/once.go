package web

import (
	"sync"
	"time"
)

// once remembers forms that were sent, so that a second click, or a browser
// that sends again, changes nothing. Each form carries a random token; what it
// led to is kept per person for a while, in memory like the sessions: after a
// restart everybody has signed out and no form of before can be sent.
type once struct {
	mu   sync.Mutex
	now  func() time.Time
	sent map[string]*sending
}

type sending struct {
	done     chan struct{} // closed when the first sending has ended
	location string        // where it led; empty when it changed nothing
	at       time.Time
}

const (
	rememberFor   = time.Hour
	rememberForms = 20_000
)

func newOnce(now func() time.Time) *once { return &once{now: now, sent: map[string]*sending{}} }

// begin reports whether this is the first sending of a token by a person. If
// it is, the caller calls end with where it led. If not, begin waits for the
// first and gives its location; an empty one means that the first changed
// nothing and this one may try.
func (o *once) begin(key string) (first bool, location string, end func(location string)) {
	for {
		o.mu.Lock()
		s, known := o.sent[key]
		if !known {
			s = &sending{done: make(chan struct{}), at: o.now()}
			o.forget()
			o.sent[key] = s
			o.mu.Unlock()
			return true, "", func(location string) {
				o.mu.Lock()
				defer o.mu.Unlock()
				s.location = location
				if location == "" {
					delete(o.sent, key)
				}
				close(s.done)
			}
		}
		o.mu.Unlock()
		<-s.done
		if s.location != "" {
			return false, s.location, nil
		}
	}
}

// forget drops what is old, and the oldest of too many. The caller holds mu.
func (o *once) forget() {
	if len(o.sent) < 256 {
		return
	}
	now := o.now()
	for k, s := range o.sent {
		if now.Sub(s.at) > rememberFor || len(o.sent) > rememberForms {
			delete(o.sent, k)
		}
	}
}
