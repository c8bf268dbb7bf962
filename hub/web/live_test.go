package web

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
)

// TestLive: boards hear of every change, an enquiry's pages of their own only,
// and no event says anything about anybody.
func TestLive(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, _ := h.opened(w)
	follow := func(path string) <-chan string { return w.follow(path) }
	board, feed := follow("/events"), follow("/api/v1/events")
	mine, other := follow("/events/"+e.Reference), follow("/events/ZZZZ-ZZZZ")
	next := func(name string, lines <-chan string) string {
		t.Helper()
		select {
		case l := <-lines:
			return l
		case <-time.After(10 * time.Second):
			t.Fatalf("%s heard nothing", name)
			return ""
		}
	}
	if err := AnnounceEnquiry(h.events, e.Reference); err != nil {
		t.Fatal(err)
	}
	contains(t, "the page's event", next("the page", mine), e.Reference)
	for name, lines := range map[string]<-chan string{"the board": board, "the API": feed} {
		contains(t, name, next(name, lines), `"BOARD"`)
	}
	// What a person does here is heard too.
	w.json("POST", "/api/v1/enquiries/"+e.ID+"/rag", `{"rag":"red"}`, nil)
	lacks(t, "the board's event", next("the board", board), e.Reference, e.ID, "Rowan", "red")
	if len(other) > 0 {
		t.Error("another enquiry's page heard of it")
	}
	if AnnounceEnquiry(h.events, "Rowan Tessel") == nil {
		t.Error("a name went as a reference")
	}
}

// follow gives the events of a stream.
func (c *client) follow(path string) <-chan string {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), "GET", c.base+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %d", path, resp.StatusCode)
	}
	lines := make(chan string, 100)
	go func() {
		defer resp.Body.Close()
		defer close(lines)
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			if data, ok := strings.CutPrefix(s.Text(), "data: "); ok {
				lines <- data
			}
		}
	}()
	return lines
}

// TestLiveOfRestricted: who may not see an enquiry hears nothing of it, and
// cannot tell its stream from that of one that does not exist.
func TestLiveOfRestricted(t *testing.T) {
	h := newHub(t)
	named, w := h.as("worker_2"), h.as("worker")
	secret, _ := h.opened(named, func(in *enquiry.OpenInput) { in.Restricted = true })
	own, _ := h.opened(w)
	for _, at := range []string{"/events/", "/api/v1/events/"} {
		his, theirs, missing, mine := named.follow(at+secret.Reference), w.follow(at+secret.Reference), w.follow(at+"ZZZZ-ZZZZ"), w.follow(at+own.Reference)
		oversight := h.as("ig_lead").follow(at + own.Reference) // sees boards, and no enquiry
		for _, reference := range []string{secret.Reference, own.Reference} {
			if err := AnnounceEnquiry(h.events, reference); err != nil {
				t.Fatal(err)
			}
		}
		for who, c := range map[string]struct {
			lines <-chan string
			want  string
		}{"who is named": {his, secret.Reference}, "the worker": {mine, own.Reference}} {
			select {
			case got := <-c.lines:
				contains(t, who, got, c.want)
			case <-time.After(10 * time.Second):
				t.Fatalf("%s heard nothing", who)
			}
		}
		if len(theirs)+len(missing)+len(oversight) > 0 {
			t.Errorf("%s: heard by who may not: %d of the restricted one, %d of none, %d by oversight", at, len(theirs), len(missing), len(oversight))
		}
	}
	a, b := w.send("GET", "/events/"+secret.Reference, ""), w.send("GET", "/events/ZZZZ-ZZZZ", "")
	if a.status != b.status || len(a.header) != len(b.header) {
		t.Errorf("%d %v and %d %v", a.status, a.header, b.status, b.header)
	}
	// Each is a decision, and recorded.
	var denied int
	err := h.store.View(t.Context(), func(tx mash.HubTx) error {
		all, err := tx.DecisionsOf(secret.ID)
		for _, x := range all {
			if x.Answer == mash.Deny {
				denied++
			}
		}
		return err
	})
	if err != nil || denied != 3 {
		t.Errorf("%d refusals are recorded, want 3; %v", denied, err)
	}
}
