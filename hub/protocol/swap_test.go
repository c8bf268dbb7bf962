package protocol

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"mashhub/hub/mash"
)

// suspended is the shipped policy with the MASH agreement suspended.
func suspended(t testing.TB) map[string]map[string]any {
	return map[string]map[string]any{"agreements/mash-fernshire.yaml": {"mash-fernshire": map[string]any{"status": "suspended"}}}
}

// TestSwap: a new policy decides from the moment it is in force; decisions made
// before replay by the old one; an epoch never goes back.
func TestSwap(t *testing.T) {
	ctx := context.Background()
	p := newPoint(t, nil)
	before := p.Ask(ctx, askPolice())
	if err := p.Swap(ctx, patched(t, suspended(t)), 2); err != nil {
		t.Fatal(err)
	}
	after := p.Ask(ctx, askPolice())
	if before.Answer != mash.Permit || after.Answer != mash.Deny || after.Fault || after.PolicyEpoch != 2 || after.PolicyVersion == before.PolicyVersion {
		t.Errorf("before %+v, after %+v", before.Verdict, after)
	}
	for _, d := range []mash.Decision{before, after} {
		if again, same := p.Replay(ctx, d); !same || again.ID != d.ID {
			t.Errorf("replay %+v", again)
		}
	}
	if err := p.Swap(ctx, shipped(t), 1); err == nil || !strings.Contains(err.Error(), "before") {
		t.Errorf("an epoch that goes back: %v", err)
	}
	if err := p.Swap(ctx, shipped(t), 2); err == nil || !strings.Contains(err.Error(), "another content") {
		t.Errorf("one epoch with two contents: %v", err)
	}
	if err := p.Swap(ctx, shipped(t), 3); err != nil || p.Ask(ctx, askPolice()).Answer != mash.Permit {
		t.Errorf("back to the first content under a new epoch: %v", err)
	}
}

// TestSwapUnderLoad: decisions are by one policy or the other, never by a bit
// of both, and none is a fault.
func TestSwapUnderLoad(t *testing.T) {
	ctx := context.Background()
	p := newPoint(t, nil)
	versions := map[string]mash.Answer{p.Version(): mash.Permit}
	other := patched(t, suspended(t))
	pol, err := compile(ctx, other, 2)
	if err != nil {
		t.Fatal(err)
	}
	versions[pol.version] = mash.Deny
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				d := p.Ask(ctx, askPolice())
				if want := versions[d.PolicyVersion]; d.Fault || d.Answer != want {
					t.Errorf("by %s: %+v, want %s", d.PolicyVersion, d.Verdict, want)
					return
				}
			}
		})
	}
	for epoch := int64(2); epoch < 8; epoch++ {
		files := other
		if epoch%2 == 1 {
			files = shipped(t)
		}
		if err := p.Swap(ctx, files, epoch); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
}

// TestStale: a policy that nobody has confirmed for too long decides nothing.
func TestStale(t *testing.T) {
	now := day
	var told faults
	p := newPoint(t, func(o *Options) {
		o.MaxAge, o.OnFault = time.Hour, told.tell
		o.Env.Now = func() time.Time { return now }
	})
	now = day.Add(time.Hour)
	if d := p.Ask(context.Background(), askPolice()); d.Fault {
		t.Errorf("at its last moment: %+v", d.Verdict)
	}
	now = day.Add(time.Hour + time.Millisecond)
	d := p.Ask(context.Background(), askPolice())
	if !d.Fault || d.Answer != mash.Deny || !errors.Is(told.last(), ErrStale) || !strings.Contains(d.Reasons[0], "out of date") {
		t.Errorf("past it: %+v, told %v", d.Verdict, told.last())
	}
	if p.Confirm(7) {
		t.Error("confirmed an epoch that is not in force")
	}
	if !p.Confirm(1) || p.Ask(context.Background(), askPolice()).Fault {
		t.Error("confirmed, and still a fault")
	}
	now = day.Add(-time.Hour)
	if d := p.Ask(context.Background(), askPolice()); !d.Fault {
		t.Errorf("a clock that went back: %+v", d.Verdict)
	}
}

// TestReplayNotices: a record that was changed, or whose version is gone.
func TestReplayNotices(t *testing.T) {
	ctx := context.Background()
	p := newPoint(t, nil)
	d := p.Release(ctx, releasePolice())
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var stored mash.Decision
	if err := json.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	if _, same := p.Replay(ctx, stored); !same {
		t.Error("a decision does not replay after it was stored")
	}
	other := newPoint(t, nil)
	if _, same := other.Replay(ctx, stored); !same {
		t.Error("a decision does not replay in another process")
	}
	for name, change := range map[string]func(*mash.Decision){
		"answer": func(d *mash.Decision) { d.Answer = mash.Deny },
		"part":   func(d *mash.Decision) { d.Parts = map[string]mash.Verdict{} },
		"input": func(d *mash.Decision) {
			d.Input = json.RawMessage(strings.Replace(string(d.Input), "given", "refused", 1))
		},
		"garbage": func(d *mash.Decision) { d.Input = json.RawMessage(`{`) },
		"empty":   func(d *mash.Decision) { d.Input = nil },
		"version": func(d *mash.Decision) { d.PolicyVersion = "sha256:00" },
		"schema":  func(d *mash.Decision) { d.InputSchema = "release/2" },
		"kind":    func(d *mash.Decision) { d.Question = "tell" },
	} {
		changed := stored
		change(&changed)
		if again, same := p.Replay(ctx, changed); same {
			t.Errorf("%s changed, and replay gives the same: %+v", name, again.Verdict)
		}
	}
}

// TestVersion: the version follows content, not order or line ends; tests of
// rules are no part of it.
func TestVersion(t *testing.T) {
	base := newPoint(t, nil).Version()
	if !strings.HasPrefix(base, "sha256:") || len(base) != 71 {
		t.Errorf("version %q", base)
	}
	files := shipped(t)
	for name, file := range files {
		if strings.HasPrefix(name, "rego/") {
			file.Data = []byte(strings.ReplaceAll(string(file.Data), "\n", "\r\n"))
		}
		if strings.HasSuffix(name, "_test.rego") {
			delete(files, name)
		}
	}
	src, err := read(files)
	if err != nil || src.version != base {
		t.Errorf("line ends and tests make a version %s, was %s: %v", src.version, base, err)
	}
	src, err = read(patched(t, map[string]map[string]any{"agreements/mash-fernshire.yaml": {}}))
	if err != nil || src.version != base {
		t.Errorf("the same data written differently makes a version %s, was %s: %v", src.version, base, err)
	}
	src, err = read(patched(t, suspended(t)))
	if err != nil || src.version == base {
		t.Errorf("another agreement makes no other version: %v", err)
	}
}
