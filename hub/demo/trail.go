package demo

import (
	"net/http"
	"slices"
	"sync"
)

// trail is every address that the demo asked a hub or node for or was sent to,
// and every error that came back. It is safe for concurrent use.
type trail struct {
	mu   sync.Mutex
	seen map[string]bool // addresses repeat: the same page again and again
	all  []place
}

// note keeps what stood somewhere.
func (t *trail) note(name, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen[name+text] || text == "" {
		return
	}
	if t.seen == nil {
		t.seen = map[string]bool{}
	}
	t.seen[name+text] = true
	t.all = append(t.all, place{kind: inAddresses, name: name, bytes: []byte(text)})
}

func (t *trail) places() []place {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.all)
}

// RoundTrip sends a request as http.DefaultTransport does, and keeps its
// address and where the answer sends to.
func (t *trail) RoundTrip(r *http.Request) (*http.Response, error) {
	t.note("an address that was asked for", r.URL.RequestURI())
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		t.note("an address that was sent to", res.Header.Get("Location"))
	}
	return res, err
}
