//go:build unix

package bus_test

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"mashhub/hub/bus"
	"mashhub/hub/mash"
)

// TestFrozenBroker: a broker that stands still, connections open, is worse
// than one that is gone. Publishing ends with its context, Probe says so
// within its 2 s, and when the broker goes on, so does the reader.
func TestFrozenBroker(t *testing.T) {
	p := startBroker(t, t.TempDir())
	o := bus.Options{Brokers: []string{p.addr}}
	k, topic := connect(t, o), newTopic(t, o, 1)
	send := func(ctx context.Context, v string) error {
		return k.Publish(ctx, []mash.BusMessage{{Topic: topic, Key: "k", Value: []byte(v)}})
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	got := make(chan string, 100)
	wg.Go(func() {
		_ = k.Read(ctx, topic, 0, -1, func(rs []mash.BusRecord) error {
			for _, r := range rs {
				got <- string(r.Value)
			}
			return nil
		})
	})
	if err := send(ctx, "before"); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	short, end := context.WithTimeout(ctx, 300*time.Millisecond)
	if err := send(short, "during"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Publish = %v", err)
	}
	end()
	if err := k.Probe(ctx); mash.CodeOf(err) != mash.CodeUnavailable {
		t.Errorf("Probe = %v", err)
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := send(ctx, "after"); err != nil {
		t.Errorf("when it goes on: %v", err)
	}
	for deadline := time.After(20 * time.Second); ; {
		select {
		case v := <-got:
			if v == "after" {
				return
			}
		case <-deadline:
			t.Fatal("the reader did not go on")
		}
	}
}
