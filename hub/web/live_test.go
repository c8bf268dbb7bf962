package web

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestLive: boards hear of every change, an enquiry's pages of their own only,
// and no event says anything about anybody.
func TestLive(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, _ := h.opened(w)
	follow := func(path string) <-chan string {
		r, err := http.NewRequestWithContext(t.Context(), "GET", w.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := w.http.Do(r)
		if err != nil {
			t.Fatal(err)
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
