package kit

import (
	"sync"
	"time"
)

// memory is the session store. It differs from the library's own in two ways:
// it starts no goroutine (expired sessions are swept when one is written), and
// a session that was ended stays ended. A request under way during sign-out
// writes its session back afterwards, to push the idle time on; the library's
// store would bring the session to life again.
type memory struct {
	mu    sync.Mutex
	held  map[string]heldSession
	ended map[string]time.Time // until when a token is remembered as ended
	keep  time.Duration        // no session can live longer than this
	swept time.Time
}

type heldSession struct {
	data   []byte
	expiry time.Time
}

func newMemory(keep time.Duration) *memory {
	return &memory{held: map[string]heldSession{}, ended: map[string]time.Time{}, keep: keep}
}

// Find implements scs.Store.
func (m *memory) Find(token string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.held[token]
	if !ok || !time.Now().Before(s.expiry) {
		return nil, false, nil
	}
	return s.data, true, nil
}

// Commit implements scs.Store.
func (m *memory) Commit(token string, b []byte, expiry time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.sweep(now)
	if _, gone := m.ended[token]; gone {
		return nil
	}
	m.held[token] = heldSession{b, expiry}
	return nil
}

// Delete implements scs.Store.
func (m *memory) Delete(token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.held, token)
	m.ended[token] = time.Now().Add(m.keep)
	return nil
}

// sweep forgets what has expired, at most once a minute.
func (m *memory) sweep(now time.Time) {
	if now.Sub(m.swept) < time.Minute {
		return
	}
	m.swept = now
	for t, s := range m.held {
		if !now.Before(s.expiry) {
			delete(m.held, t)
		}
	}
	for t, until := range m.ended {
		if !now.Before(until) {
			delete(m.ended, t)
		}
	}
}
