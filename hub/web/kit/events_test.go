package kit

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var at = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func change(ref string) Event {
	return Event{Reference: ref, Agency: "police", State: "returned", At: at}
}

// follow opens a stream and gives its lines; it has joined when it returns.
func follow(t *testing.T, c *http.Client, address string) (<-chan string, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, "GET", address, nil)
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("stream: %d %v", resp.StatusCode, resp.Header)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		defer resp.Body.Close()
		sc := bufio.NewScanner(resp.Body)
		for sc.Scan() {
			select {
			case lines <- sc.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	next(t, lines, "retry: 3000")
	return lines, cancel
}

// next reads until the wanted line and fails when the stream ends before.
func next(t *testing.T, lines <-chan string, want string) {
	t.Helper()
	limit := time.After(5 * time.Second)
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				t.Fatalf("the stream ended before %q", want)
			}
			if l == want {
				return
			}
		case <-limit:
			t.Fatalf("no %q", want)
		}
	}
}

// ended waits for the stream's end.
func ended(t *testing.T, lines <-chan string) {
	t.Helper()
	limit := time.After(5 * time.Second)
	for {
		select {
		case _, ok := <-lines:
			if !ok {
				return
			}
		case <-limit:
			t.Fatal("the stream did not end")
		}
	}
}

// serveEvents is a server with one broker; everything it started is gone when
// the test ends, which goleak checks.
func serveEvents(t *testing.T, c EventsConfig, allow func(Event) bool) (*Events, string, *http.Client) {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	e := NewEvents(c)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := e.Serve(w, r, r.URL.Path, allow); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	}))
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() { e.Close(); client.CloseIdleConnections(); srv.Close() })
	return e, srv.URL, client
}

func TestEventsFanOutByTopic(t *testing.T) {
	e, base, c := serveEvents(t, EventsConfig{}, nil)
	a, stopA := follow(t, c, base+"/board")
	defer stopA()
	b, stopB := follow(t, c, base+"/board")
	defer stopB()
	other, stopC := follow(t, c, base+"/other")
	defer stopC()
	if err := e.Publish("/board", change("A-1")); err != nil {
		t.Fatal(err)
	}
	want := `data: {"agency":"police","at":"2026-11-22T09:30:00.000Z","reference":"A-1","state":"returned"}`
	next(t, a, want)
	next(t, b, want)
	if err := e.Publish("/other", change("A-2")); err != nil {
		t.Fatal(err)
	}
	if l := <-other; l != "" { // the empty line after retry
		t.Errorf("first line %q", l)
	}
	if l := <-other; l != "event: change" {
		t.Errorf("second line %q", l)
	}
	if l := <-other; !strings.Contains(l, "A-2") {
		t.Errorf("got another topic's event: %q", l)
	}
}

func TestEventsAskWhetherAReaderMayKnow(t *testing.T) {
	e, base, c := serveEvents(t, EventsConfig{}, func(ev Event) bool { return ev.Reference != "SECRET-1" })
	lines, stop := follow(t, c, base+"/board")
	defer stop()
	for _, ref := range []string{"SECRET-1", "A-1"} {
		if err := e.Publish("/board", change(ref)); err != nil {
			t.Fatal(err)
		}
	}
	for l := range lines {
		if strings.Contains(l, "SECRET") {
			t.Fatal("told")
		}
		if strings.Contains(l, "A-1") {
			return
		}
	}
}

func TestEventsRefuseAnythingElse(t *testing.T) {
	e := NewEvents(EventsConfig{})
	for name, ev := range map[string]Event{
		"a name as reference": {Reference: "Rowan Tessel", State: "returned", At: at},
		"a sentence as state": {Reference: "A-1", State: "mother in refuge", At: at},
		"a name as agency":    {Reference: "A-1", Agency: "Harbour Lane", State: "returned", At: at},
		"a line break":        {Reference: "A-1", State: "x\ndata: y", At: at},
		"no time":             {Reference: "A-1", State: "returned"},
		"nothing":             {},
	} {
		if err := e.Publish("board", ev); err == nil {
			t.Errorf("%s was accepted", name)
		} else if strings.Contains(err.Error(), "Rowan") || strings.Contains(err.Error(), "refuge") {
			t.Errorf("the error repeats it: %v", err)
		}
	}
}

func TestEventsDropASlowClient(t *testing.T) {
	e := NewEvents(EventsConfig{Buffer: 4})
	slow, err := e.join("board", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	quick, err := e.join("board", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := e.Publish("board", change("A-1")); err != nil {
			t.Fatal(err)
		}
		<-quick.ch
	}
	select {
	case <-slow.slow:
	default:
		t.Error("the slow client was kept")
	}
	select {
	case <-quick.slow:
		t.Error("the quick client was dropped")
	default:
	}
	if e.count != 1 {
		t.Errorf("%d clients", e.count)
	}
	e.leave("board", slow) // what its Serve does afterwards
	e.leave("board", quick)
	if e.count != 0 || len(e.topics) != 0 {
		t.Errorf("%d clients, %d topics left", e.count, len(e.topics))
	}
}

func TestEventsBeatEndAndClose(t *testing.T) {
	e, base, c := serveEvents(t, EventsConfig{Heartbeat: 5 * time.Millisecond}, nil)
	lines, stop := follow(t, c, base+"/board")
	defer stop()
	next(t, lines, ": still here")
	next(t, lines, ": still here")
	e.Close()
	e.Close()
	ended(t, lines)
}

func TestEventsLiveNoLongerThanAllowed(t *testing.T) {
	_, base, c := serveEvents(t, EventsConfig{Longest: 20 * time.Millisecond, Clients: 1}, nil)
	lines, stop := follow(t, c, base+"/board")
	defer stop()
	resp, err := c.Get(base + "/board")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a second stream of one allowed: %d", resp.StatusCode)
	}
	ended(t, lines)
}

// TestEventsEndWithTheSession signs out while a stream is open: the browser is
// told to stop, and a stream never kept the session alive.
func TestEventsEndWithTheSession(t *testing.T) {
	e := NewEvents(EventsConfig{Heartbeat: 5 * time.Millisecond})
	defer e.Close()
	s := newSite(t).standard()
	s.Handle(Route{Pattern: "GET /events/board", Rule: "board", Stream: true, Handler: func(w http.ResponseWriter, r *http.Request) error {
		return e.Serve(w, r, "board", nil)
	}})
	srv, c := s.start(t)
	resp, err := c.Get(srv.URL + "/events/board")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		t.Errorf("without sign-in: %d", resp.StatusCode)
	}
	signIn(t, c, srv.URL, "worker")
	lines, stop := follow(t, c, srv.URL+"/events/board")
	defer stop()
	next(t, lines, ": still here")
	if resp, err := c.Post(srv.URL+"/sign-out", "", nil); err != nil {
		t.Fatal(err)
	} else {
		resp.Body.Close()
	}
	next(t, lines, "event: end")
	ended(t, lines)
}

// TestEventsOutliveTheServersTimeouts: a stream pushes the write deadline on,
// or every page would lose its updates after a minute.
func TestEventsOutliveTheServersTimeouts(t *testing.T) {
	defer goleak.VerifyNone(t)
	e := NewEvents(EventsConfig{Heartbeat: 20 * time.Millisecond})
	srv := NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = e.Serve(&recorder{ResponseWriter: w}, r, "board", nil)
	}), slog.New(slog.DiscardHandler))
	if srv.ReadHeaderTimeout == 0 || srv.ReadTimeout == 0 || srv.WriteTimeout == 0 || srv.IdleTimeout == 0 {
		t.Error("a time limit is missing")
	}
	srv.ReadTimeout, srv.WriteTimeout = 60*time.Millisecond, 60*time.Millisecond
	srv.RegisterOnShutdown(e.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- srv.Serve(l) }()
	client := &http.Client{Transport: &http.Transport{}}
	lines, stop := follow(t, client, "http://"+l.Addr().String()+"/")
	for range 15 { // 300 ms, five times the limit
		next(t, lines, ": still here")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Errorf("shutdown waited for the stream: %v", err)
	}
	ended(t, lines)
	stop()
	client.CloseIdleConnections()
	<-stopped
}

// refused opens a stream that must not be, and gives the answer's status.
func refused(t *testing.T, c *http.Client, address string) int {
	t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 300 {
		t.Errorf("%d with Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	if resp.Header.Get("Content-Type") == "text/event-stream" {
		t.Error("it is a stream")
	}
	return resp.StatusCode
}

// TestEventsPerSessionAndInAll: one browser cannot take the streams of all,
// and when all are taken the pages work on; whoever leaves makes room.
func TestEventsPerSessionAndInAll(t *testing.T) {
	e := NewEvents(EventsConfig{Session: 2, Clients: 3})
	defer e.Close()
	s := newSite(t).standard()
	s.Handle(
		Route{Pattern: "GET /events/board", Rule: "board", Stream: true, Handler: func(w http.ResponseWriter, r *http.Request) error {
			return e.Serve(w, r, "board", nil)
		}},
		Route{Pattern: "GET /api/events", Rule: "board", Stream: true, API: true, Handler: func(w http.ResponseWriter, r *http.Request) error {
			return e.Serve(w, r, "other", nil)
		}})
	srv, greedy := s.start(t)
	stream, api := srv.URL+"/events/board", srv.URL+"/api/events"
	browser := func() *http.Client {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		c := &http.Client{Jar: jar, CheckRedirect: greedy.CheckRedirect}
		signIn(t, c, srv.URL, "worker")
		return c
	}
	signIn(t, greedy, srv.URL, "worker")
	lines, leave := follow(t, greedy, stream)
	_, second := follow(t, greedy, api)
	for _, address := range []string{stream, api} { // of one session, whatever the topic
		if status := refused(t, greedy, address); status != http.StatusTooManyRequests {
			t.Errorf("the third of a session, %s: %d", address, status)
		}
	}
	modest, last := browser(), browser()
	_, third := follow(t, modest, stream) // another session is not concerned
	defer third()
	if status := refused(t, last, stream); status != http.StatusServiceUnavailable {
		t.Errorf("the fourth in all: %d", status)
	}
	resp, err := last.Get(srv.URL + "/") // the page itself
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the page: %d", resp.StatusCode)
	}
	if err := e.Publish("board", change("A-1")); err != nil { // who has one keeps it
		t.Fatal(err)
	}
	next(t, lines, "event: change")
	leave()
	second()
	open := func() (n int) {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.count
	}
	for limit := time.Now().Add(5 * time.Second); open() > 1; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%d streams are open", open())
		}
	}
	_, stop := follow(t, last, stream)
	stop()
	_, stop = follow(t, greedy, stream)
	stop()
	third()
	for limit := time.Now().Add(5 * time.Second); open() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%d streams are open", open())
		}
	}
	if len(e.of) > 0 {
		t.Errorf("%d sessions are remembered", len(e.of))
	}
}
