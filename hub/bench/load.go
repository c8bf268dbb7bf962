package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"mashhub/hub/mash"
)

// ledger is the harness's own durable list of what it was told was done. Each
// line is on the disk before the harness goes on.
type ledger struct {
	mu     sync.Mutex
	f      *os.File
	raised map[string]time.Time // acknowledged requests that were put
	open   map[string]bool      // of those, not landed or withdrawn
	party  map[string]string
}

// acknowledged is one line: what a child said it did.
type acknowledged struct {
	Asked     *asked `json:"asked,omitempty"`
	Withdrawn string `json:"withdrawn,omitempty"`
	Shown     *shown `json:"shown,omitempty"`
}

func openLedger(path string) (*ledger, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the harness's ledger: %w", err)
	}
	return &ledger{f: f, raised: map[string]time.Time{}, open: map[string]bool{}, party: map[string]string{}}, nil
}

func (l *ledger) put(a acknowledged) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.Asked != nil {
		for _, r := range a.Asked.Requests {
			if r.State == mash.RequestQueued {
				l.raised[r.ID], l.open[r.ID], l.party[r.ID] = time.Now(), true, r.Party.Agency
			}
		}
	}
	delete(l.open, a.Withdrawn)
	if _, err := l.f.Write(append(b, '\n')); err != nil {
		return err
	}
	return l.f.Sync()
}

func (l *ledger) land(request string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, request)
}

func (l *ledger) outstanding() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// raisedAt is when a request was acknowledged, and to whom it was put. A
// return may be seen before its question's acknowledgement was.
func (l *ledger) raisedAt(request string) (at time.Time, party string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok = l.raised[request]
	return at, l.party[request], ok
}

// read gives every line back.
func (l *ledger) read() ([]acknowledged, error) {
	f, err := os.Open(l.f.Name())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []acknowledged
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var a acknowledged
		if err := json.Unmarshal(in.Bytes(), &a); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, in.Err()
}

// mostOpen bounds what is under way at a time.
const mostOpen = 64

// work is one worker at the hub: asks, and now and then withdraws, changes how
// urgent it is, or looks at what came.
func (c *crash) work(ctx context.Context, rng *rand.Rand) {
	var recent []string // enquiries
	for ctx.Err() == nil {
		pause(ctx, time.Duration(rng.IntN(300))*time.Millisecond)
		if c.ledger.outstanding() > mostOpen {
			continue
		}
		hub := c.hub.now()
		var a asked
		if err := hub.call(ctx, "ask", nil, &a); err != nil {
			c.unexpected(ctx, "asking", err)
			continue
		}
		if err := c.ledger.put(acknowledged{Asked: &a}); err != nil {
			c.fail("harness", "writing the ledger: %v", err)
			return
		}
		recent = append(recent, a.Enquiry)
		switch what := rng.IntN(100); {
		case what < 12:
			r := a.Requests[rng.IntN(len(a.Requests))]
			pause(ctx, time.Duration(rng.IntN(40))*time.Millisecond)
			if err := hub.call(ctx, "withdraw", change{Request: r.ID}, nil); err == nil {
				if err := c.ledger.put(acknowledged{Withdrawn: r.ID}); err != nil {
					c.fail("harness", "writing the ledger: %v", err)
				}
			} else {
				c.unexpected(ctx, "withdrawing", err)
			}
		case what < 24:
			rag := []mash.RAG{mash.Red, mash.Green}[rng.IntN(2)]
			c.unexpected(ctx, "changing how urgent it is", hub.call(ctx, "rag", change{Enquiry: a.Enquiry, RAG: rag}, nil))
		case what < 44:
			var s shown
			err := hub.call(ctx, "show", change{Enquiry: recent[rng.IntN(len(recent))]}, &s)
			if err == nil {
				err = c.ledger.put(acknowledged{Shown: &s})
			}
			c.unexpected(ctx, "showing", err)
		}
	}
}

// unexpected notes an error that neither a kill nor the rules explain.
func (c *crash) unexpected(ctx context.Context, doing string, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	switch mash.CodeOf(err) {
	case mash.CodeConflict, mash.CodeUnavailable:
		return // it ended meanwhile, or a dying process says so
	case mash.CodeFault:
		return // a busy machine took too long to decide: denied, as it should be
	}
	if err == errGone { //nolint:errorlint // call returns it as it is
		pause(ctx, 10*time.Millisecond)
		return
	}
	c.fail("harness", "%s: %v", doing, err)
}

// answers is the person at the agency without a system.
func (c *crash) answers(ctx context.Context) {
	for ctx.Err() == nil {
		err := c.nodes["housing"].now().call(ctx, "answer", nil, nil)
		c.unexpected(ctx, "answering", err)
		pause(ctx, 30*time.Millisecond)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
