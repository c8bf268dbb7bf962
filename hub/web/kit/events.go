package kit

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// Event says that something changed: which enquiry (by its random reference),
// which agency, what state, and times. There is no field for anything else, so
// nothing about a person can travel in one; the page is asked anew for that.
type Event struct {
	Reference string    // capital letters, digits and hyphens
	Agency    string    // agency or unit code
	State     string    // state code
	At        time.Time // when it happened, by the hub's clock
	Due       time.Time // target, if there is one
}

var (
	referenceForm = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{0,39}$`)
	codeForm      = regexp.MustCompile(`^[a-z0-9][a-z0-9_.:-]{0,63}$`)
)

func (e Event) check() error {
	switch {
	case !referenceForm.MatchString(e.Reference):
		return errors.New("event: not a reference")
	case e.Agency != "" && !codeForm.MatchString(e.Agency):
		return errors.New("event: not an agency code")
	case !codeForm.MatchString(e.State):
		return errors.New("event: not a state code")
	case e.At.IsZero():
		return errors.New("event: no time")
	}
	return nil
}

func (e Event) encode() ([]byte, error) {
	m := map[string]string{"reference": e.Reference, "state": e.State, "at": instant(e.At)}
	if e.Agency != "" {
		m["agency"] = e.Agency
	}
	if !e.Due.IsZero() {
		m["due"] = instant(e.Due)
	}
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encoding event: %w", err)
	}
	return b, nil
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// EventsConfig bounds the broker. Every zero value is replaced by a safe one.
type EventsConfig struct {
	Heartbeat time.Duration // between comments that keep the connection; 15 s
	Buffer    int           // events a client may lag behind before it is dropped; 16
	Clients   int           // open streams at once; 500
	Session   int           // open streams of one signed-in browser at once; 8
	Longest   time.Duration // life of one stream, after which the browser asks anew; 10 min
}

// Events hands events from the program to the browsers that follow a topic.
// It keeps nothing: a client that was away asks for the page again. Safe for
// concurrent use.
type Events struct {
	c      EventsConfig
	mu     sync.Mutex
	topics map[string]map[*client]struct{}
	count  int
	of     map[string]int // open streams by session
	closed chan struct{}
	once   sync.Once
}

type client struct {
	session string // its token; empty outside a session
	ch      chan Event
	slow    chan struct{} // closed when the client lagged too far behind
	allow   func(Event) bool
}

// NewEvents makes a broker. Close it on shutdown.
func NewEvents(c EventsConfig) *Events {
	if c.Heartbeat <= 0 {
		c.Heartbeat = 15 * time.Second
	}
	if c.Buffer <= 0 {
		c.Buffer = 16
	}
	if c.Clients <= 0 {
		c.Clients = 500
	}
	if c.Session <= 0 {
		c.Session = 8 // a page holds one, and only while it is looked at
	}
	if c.Longest <= 0 {
		c.Longest = 10 * time.Minute
	}
	return &Events{c: c, topics: map[string]map[*client]struct{}{}, of: map[string]int{}, closed: make(chan struct{})}
}

// Publish hands an event to everyone who follows the topic and never waits: a
// client whose buffer is full is dropped, and its browser reconnects. The
// error says that the event is not of the allowed form; nothing was sent.
func (e *Events) Publish(topic string, ev Event) error {
	if err := ev.check(); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.topics[topic] {
		if c.allow != nil && !c.allow(ev) {
			continue
		}
		select {
		case c.ch <- ev:
		default:
			close(c.slow)
			e.drop(topic, c)
		}
	}
	return nil
}

// Close ends every stream and refuses new ones. It may be called twice.
func (e *Events) Close() { e.once.Do(func() { close(e.closed) }) }

// As many streams are open as there may be: in all, which is nobody's fault
// (503), or of one session (429). The page works all the same, by reloading.
var (
	errBusy   = errors.New("too many event streams are open")
	errGreedy = errors.New("too many event streams of one session are open")
)

// busyTime is what a browser or program that was sent away is asked to wait.
const busyTime = 30 * time.Second

func (e *Events) join(topic, session string, allow func(Event) bool) (*client, error) {
	c := &client{session: session, ch: make(chan Event, e.c.Buffer), slow: make(chan struct{}), allow: allow}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case session != "" && e.of[session] >= e.c.Session:
		return nil, errGreedy
	case e.count >= e.c.Clients:
		return nil, errBusy
	}
	if session != "" {
		e.of[session]++
	}
	if e.topics[topic] == nil {
		e.topics[topic] = map[*client]struct{}{}
	}
	e.topics[topic][c] = struct{}{}
	e.count++
	return c, nil
}

// leave forgets a client; it may have been dropped already.
func (e *Events) leave(topic string, c *client) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.drop(topic, c)
}

// drop is leave for who holds the lock.
func (e *Events) drop(topic string, c *client) {
	if _, ok := e.topics[topic][c]; !ok {
		return
	}
	delete(e.topics[topic], c)
	e.count--
	if e.of[c.session]--; e.of[c.session] <= 0 {
		delete(e.of, c.session)
	}
	if len(e.topics[topic]) == 0 {
		delete(e.topics, topic)
	}
}

// Serve streams a topic to one browser until it leaves, its session ends, it
// falls behind, the stream has lived its longest, or Close. Call it in the
// handler of a Route with Stream set, after the route's rule permitted; allow
// (nil: all) is asked for each event, so that a topic may hold more than one
// reader may know of. It must not block. Too many streams are an error, which
// the router answers with 429 or 503 and Retry-After.
func (e *Events) Serve(w http.ResponseWriter, r *http.Request, topic string, allow func(Event) bool) error {
	st := stateFrom(r.Context())
	c, err := e.join(topic, st.session(r.Context()), allow)
	if err != nil {
		return err
	}
	defer e.leave(topic, c)
	alive := st.alive
	if alive == nil {
		alive = func() bool { return true }
	}

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // or a proxy keeps events until its buffer is full
	w.WriteHeader(http.StatusOK)
	out := stream{w: w, rc: http.NewResponseController(w), patience: e.c.Heartbeat}
	if err := out.send("retry: 3000\n\n"); err != nil {
		return nil // the browser is gone; there is nobody to tell
	}
	beat := time.NewTicker(e.c.Heartbeat)
	defer beat.Stop()
	longest := time.NewTimer(e.c.Longest)
	defer longest.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return nil
		case <-e.closed:
			return nil
		case <-c.slow:
			return nil
		case <-longest.C:
			return nil
		case <-beat.C:
			if !alive() {
				return out.end()
			}
			err = out.send(": still here\n\n")
		case ev := <-c.ch:
			if !alive() {
				return out.end()
			}
			err = out.event(ev)
		}
		if err != nil {
			return nil // the browser is gone; there is nobody to tell
		}
	}
}

// stream writes server-sent events (WHATWG HTML, section 9.2).
type stream struct {
	w        http.ResponseWriter
	rc       *http.ResponseController
	patience time.Duration // how long one write may take
}

func (s stream) send(text string) error {
	// A server's WriteTimeout counts from the request: push it on. Recorders in
	// tests have no deadline, which is no error.
	if err := s.rc.SetWriteDeadline(time.Now().Add(s.patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.rc.Flush()
}

func (s stream) event(ev Event) error {
	b, err := ev.encode()
	if err != nil {
		return err
	}
	return s.send("event: change\ndata: " + string(b) + "\n\n")
}

// end tells the browser not to come back: the session is over.
func (s stream) end() error {
	if err := s.send("event: end\ndata: {}\n\n"); err != nil {
		return nil // the browser is gone; there is nobody to tell
	}
	return nil
}
