//go:build unix

package bus_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mashhub/hub/bus"
	"mashhub/hub/mash"
)

// TestFrozenBroker: a broker that stands still, connections open, is worse
// than one that is gone. Publishing ends with its context, Probe says so
// within its 2 s, and when the broker goes on, so does the reader.
func TestFrozenBroker(t *testing.T) { onEach(t, frozenBroker) }

func frozenBroker(t *testing.T, p engine) {
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
	if err := p.signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	// A machine that is busy takes a moment until every thread of it stands still.
	var start time.Time
	for stopped := time.Now(); ; {
		start = time.Now()
		short, end := context.WithTimeout(ctx, 300*time.Millisecond)
		err := send(short, "during")
		end()
		if errors.Is(err, context.DeadlineExceeded) {
			break
		}
		if err != nil || time.Since(stopped) > 5*time.Second {
			t.Fatalf("Publish = %v", err)
		}
	}
	if err := k.Probe(ctx); mash.CodeOf(err) != mash.CodeUnavailable {
		t.Errorf("Probe = %v", err)
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
	if err := p.signal(syscall.SIGCONT); err != nil {
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

// limitFiles makes writes beyond so many bytes fail, as a full disk does.
func limitFiles(bytes string) error {
	if bytes == "" {
		return nil
	}
	n, err := strconv.ParseUint(bytes, 10, 64)
	if err != nil {
		return err
	}
	return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: n})
}

// TestFullDisk: what cannot be written is not acknowledged, what was is kept,
// and with room again the broker goes on.
func TestFullDisk(t *testing.T) {
	p := &process{dir: t.TempDir()}
	p.start(t, brokerLimit+"=100000")
	t.Cleanup(func() { p.kill(t) })
	o := bus.Options{Brokers: []string{p.addr}}
	k, topic := connect(t, o), newTopic(t, o, 1)
	acknowledged := map[string]bool{}
	refused := 0
	for i := 0; i < 400 && refused < 5; i++ {
		v := fmt.Sprintf("%01000d", i)
		if err := k.Publish(t.Context(), []mash.BusMessage{{Topic: topic, Key: "k", Value: []byte(v)}}); err != nil {
			if mash.CodeOf(err) != mash.CodeUnavailable {
				t.Errorf("Publish = %v, want CodeUnavailable", err)
			}
			refused++
			continue
		}
		acknowledged[v] = true
	}
	if refused < 5 || len(acknowledged) < 50 || len(acknowledged) > 100 {
		t.Fatalf("%d acknowledged, %d refused: the disk was not full", len(acknowledged), refused)
	}
	missing := func(when string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		got := map[string]bool{}
		_ = k.Read(ctx, topic, 0, -1, func(rs []mash.BusRecord) error {
			for _, r := range rs {
				got[string(r.Value)] = true
			}
			if len(got) >= len(acknowledged) {
				cancel()
			}
			return nil
		})
		for v := range acknowledged {
			if !got[v] {
				t.Fatalf("%s, an acknowledged record is missing: %d of %d are there", when, len(got), len(acknowledged))
			}
		}
	}
	missing("with the disk full")
	p.kill(t)
	p.start(t)
	missing("after kill -9 and with room again")
	if err := k.Publish(t.Context(), []mash.BusMessage{{Topic: topic, Key: "k", Value: []byte("more")}}); err != nil {
		t.Errorf("with room again: %v", err)
	}
	acknowledged["more"] = true
	missing("with room again")
}

// TestClientBeforeBroker: hub and node may start first.
func TestClientBeforeBroker(t *testing.T) { onEach(t, clientBeforeBroker) }

func clientBeforeBroker(t *testing.T, p engine) {
	o := bus.Options{Brokers: []string{p.addr}}
	topic := newTopic(t, o, 1)
	p.kill(t)
	k := connect(t, o)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := k.Publish(ctx, []mash.BusMessage{{Topic: topic}}); mash.CodeOf(err) != mash.CodeUnavailable {
		t.Errorf("Publish = %v, want CodeUnavailable", err)
	}
	var wg sync.WaitGroup
	got := false
	wg.Go(func() {
		_ = k.Read(ctx, topic, 0, -1, func([]mash.BusRecord) error { got = true; cancel(); return nil })
	})
	p.start(t)
	for ctx.Err() == nil && k.Publish(ctx, []mash.BusMessage{{Topic: topic, Key: "k", Value: []byte("v")}}) != nil {
		time.Sleep(20 * time.Millisecond)
	}
	wg.Wait()
	if !got {
		t.Error("nothing was read after the broker came")
	}
}
