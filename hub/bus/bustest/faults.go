package bustest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"mashhub/hub/mash"
)

// survivesKill publishes until the broker is killed in the middle of it, starts
// it again and looks for every record that was acknowledged.
func survivesKill(t *testing.T, h Harness) {
	b, topic := h.Connect(t), h.Topic(t, 1)
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	enough := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	for p := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				v := fmt.Sprintf("%d/%d", p, i)
				if b.Publish(ctx, []mash.BusMessage{message(topic, v, v)}) != nil {
					continue
				}
				mu.Lock()
				if acknowledged[v] = true; len(acknowledged) == 200 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(patience):
		t.Fatal("200 records were not acknowledged in time")
	}
	h.Kill(t)
	stop()
	wg.Wait()
	h.Start(t)

	end := "the end"
	until(t, func() error { return b.Publish(t.Context(), []mash.BusMessage{message(topic, end, end)}) })
	got := map[string]bool{}
	read(t, b, topic, 0, -1, func(rs []mash.BusRecord) bool {
		for _, r := range rs {
			got[string(r.Value)] = true
		}
		return !got[end]
	})
	lost := 0
	for v := range acknowledged {
		if !got[v] {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged records are lost", lost, len(acknowledged))
	}
}

// outage kills the broker under a reader and publishes meanwhile.
func outage(t *testing.T, h Harness) {
	b, topic := h.Connect(t), h.Topic(t, 1)
	publish(t, b, message(topic, "k", "before"))

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var mu sync.Mutex
	var got []string
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = b.Read(ctx, topic, 0, -1, func(rs []mash.BusRecord) error {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range rs {
				got = append(got, string(r.Value))
			}
			return nil
		})
	})
	seen := func(v string) func() error {
		return func() error {
			mu.Lock()
			defer mu.Unlock()
			if !slices.Contains(got, v) {
				return fmt.Errorf("%q was not read", v)
			}
			return nil
		}
	}
	until(t, seen("before"))
	h.Kill(t)
	during, end := context.WithTimeout(ctx, 5*time.Second)
	if err := b.Publish(during, []mash.BusMessage{message(topic, "k", "during")}); err == nil {
		t.Error("Publish returned nil while there was no broker")
	}
	end()
	h.Start(t)
	until(t, func() error { return b.Publish(ctx, []mash.BusMessage{message(topic, "k", "during")}) })
	until(t, func() error { return b.Publish(ctx, []mash.BusMessage{message(topic, "k", "after")}) })
	until(t, seen("after")) // the same Read, after the broker came back
	cancel()
	wg.Wait()
	// The reader saw everything in order; "during" perhaps more than once.
	if want := []string{"before", "during", "after"}; !slices.Equal(slices.Compact(slices.Clone(got)), want) {
		t.Errorf("read %v, want %v but for repeats", got, want)
	}
}
