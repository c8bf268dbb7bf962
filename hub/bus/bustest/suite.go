package bustest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mashhub/hub/mash"
)

// Harness is one implementation and its broker.
type Harness struct {
	// Connect gives a client, closed at the end of the test.
	Connect func(t *testing.T) mash.Bus
	// Topic makes a new empty topic.
	Topic func(t *testing.T, partitions int) string
	// Kill ends the broker as kill -9 does; Start starts it again on the same
	// data and returns when it serves. Nil: the broker is not ours to kill,
	// and the cases that do are skipped.
	Kill, Start func(t *testing.T)
}

// patience is how long a case waits for what must happen.
const patience = 30 * time.Second

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	for _, c := range []struct {
		name  string
		kills bool
		run   func(*testing.T, Harness)
	}{
		{"order per key", false, orderPerKey},
		{"a refused batch comes again, unchanged", false, redelivery},
		{"what is there comes as one batch", false, batches},
		{"start positions", false, startPositions},
		{"an offset out of range starts at the first", false, outOfRange},
		{"publish with nothing to publish", false, publishNothing},
		{"values of every size", false, sizes},
		{"cancelling is quick", false, cancelling},
		{"two readers of one partition see the same", false, twoReaders},
		{"partitions of an unknown topic", false, unknownTopic},
		{"many publishers at once", false, manyPublishers},
		{"acknowledged records survive kill -9", true, survivesKill},
		{"an outage is an error, then ends by itself", true, outage},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.kills && h.Kill == nil {
				t.Skip("this broker is not ours to kill")
			}
			leaks := goleak.IgnoreCurrent()
			// Cleanups run last in, first out: this one after the clients'.
			t.Cleanup(func() {
				if !t.Failed() {
					goleak.VerifyNone(t, leaks)
				}
			})
			c.run(t, h)
		})
	}
}

func orderPerKey(t *testing.T, h Harness) {
	b, topic := h.Connect(t), h.Topic(t, 4)
	keys := []string{"a", "b", "c", "d", "e", "f", "g"}
	for i := range 20 {
		var batch []mash.BusMessage
		for _, k := range keys {
			batch = append(batch, message(topic, k, fmt.Sprintf("%03d", i)))
		}
		publish(t, b, batch...)
	}
	n, err := b.Partitions(t.Context(), topic)
	if err != nil || n != 4 {
		t.Fatalf("Partitions = %d, %v, want 4", n, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	byKey, home := map[string][]string{}, map[string]int{}
	got := 0
	for p := range n {
		wg.Go(func() {
			_ = b.Read(ctx, topic, p, -1, func(rs []mash.BusRecord) error {
				mu.Lock()
				defer mu.Unlock()
				for _, r := range rs {
					byKey[r.Key] = append(byKey[r.Key], string(r.Value))
					if was, known := home[r.Key]; known && was != p {
						t.Errorf("key %s is in partitions %d and %d", r.Key, was, p)
					}
					home[r.Key] = p
					if r.Topic != topic || r.Partition != p {
						t.Errorf("record says %s/%d, read from %s/%d", r.Topic, r.Partition, topic, p)
					}
				}
				if got += len(rs); got >= 20*len(keys) {
					time.AfterFunc(quiet, cancel)
				}
				return nil
			})
		})
	}
	wg.Wait()
	if got != 20*len(keys) {
		t.Fatalf("%d records, want %d", got, 20*len(keys))
	}
	for k, values := range byKey {
		if !slices.IsSorted(values) || len(values) != 20 {
			t.Errorf("key %s out of order or incomplete: %v", k, values)
		}
	}
}

func redelivery(t *testing.T, h Harness) {
	b, topic := h.Connect(t), h.Topic(t, 1)
	publish(t, b, message(topic, "k", "one"), message(topic, "k", "two"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var seen [][]mash.BusRecord
	err := b.Read(ctx, topic, 0, 0, func(rs []mash.BusRecord) error {
		seen = append(seen, slices.Clone(rs))
		if len(seen) < 4 {
			return errors.New("not yet")
		}
		if last(rs) == "two" {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Read = %v, want the context's error", err)
	}
	if len(seen) < 4 {
		t.Fatalf("handled %d times, want 4 at least", len(seen))
	}
	for _, again := range seen[1:4] {
		if !slices.EqualFunc(seen[0], again, equal) {
			t.Errorf("came again as %v, first as %v", again, seen[0])
		}
	}
}

func batches(t *testing.T, h Harness) {
	b, topic := h.Connect(t), h.Topic(t, 1)
	const n = 600
	var batch []mash.BusMessage
	for i := range n {
		batch = append(batch, message(topic, "k", fmt.Sprintf("%04d", i)))
	}
	publish(t, b, batch...)
	calls, largest := 0, 0
	var got []mash.BusRecord
	read(t, b, topic, 0, -1, func(rs []mash.BusRecord) bool {
		calls++
		largest = max(largest, len(rs))
		got = append(got, rs...)
		return len(got) < n
	})
	if calls > n/10 {
		t.Errorf("%d records came in %d batches", n, calls)
	}
	if largest > 256 {
		t.Errorf("a batch of %d, want 256 at most", largest)
	}
	for i, r := range got {
		if string(r.Value) != fmt.Sprintf("%04d", i) || r.Offset != got[0].Offset+int64(i) {
			t.Fatalf("record %d is %q at offset %d", i, r.Value, r.Offset)
		}
	}
}

func startPositions(t *testing.T, h Harness) {
	b, topic := h.Connect(t), h.Topic(t, 1)
	publish(t, b, message(topic, "k", "0"), message(topic, "k", "1"), message(topic, "k", "2"))
	first := readAll(t, b, topic, 0, -1, 3)
	if len(first) != 3 {
		t.Fatalf("from the first: %d records, want 3", len(first))
	}
	for i := range first {
		// The batch on the broker holds all three; only the rest may come.
		got := readAll(t, b, topic, 0, first[i].Offset, 3-i)
		if len(got) != 3-i || got[0].Offset != first[i].Offset {
			t.Errorf("from offset %d: %v", first[i].Offset, got)
		}
	}
	// At the end: only what comes later.
	next := first[2].Offset + 1
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var wg sync.WaitGroup
	var got []string
	wg.Go(func() {
		_ = b.Read(ctx, topic, 0, next, func(rs []mash.BusRecord) error {
			for _, r := range rs {
				got = append(got, string(r.Value))
			}
			cancel()
			return nil
		})
	})
	publish(t, b, message(topic, "k", "3"))
	wg.Wait()
	if !slices.Equal(got, []string{"3"}) {
		t.Errorf("from the end: %v, want [3]", got)
	}
}

func outOfRange(t *testing.T, h Harness) {
	b, topic := h.Connect(t), h.Topic(t, 1)
	publish(t, b, message(topic, "k", "0"), message(topic, "k", "1"))
	if got := readAll(t, b, topic, 0, 1_000_000, 2); len(got) != 2 {
		t.Errorf("from far beyond the end: %v, want both records", got)
	}
}

func publishNothing(t *testing.T, h Harness) {
	if err := h.Connect(t).Publish(t.Context(), nil); err != nil {
		t.Errorf("Publish(nil) = %v", err)
	}
}

func sizes(t *testing.T, h Harness) {
	b, topic := h.Connect(t), h.Topic(t, 1)
	const limit = 2 << 20
	want := []int{0, 1, 4 << 10, 1 << 20, limit}
	for _, n := range want {
		publish(t, b, mash.BusMessage{Topic: topic, Key: "k", Value: make([]byte, n)})
	}
	err := b.Publish(t.Context(), []mash.BusMessage{{Topic: topic, Key: "k", Value: make([]byte, limit+1)}})
	if mash.CodeOf(err) != mash.CodeInvalid {
		t.Errorf("publishing more than 2 MiB: %v, want CodeInvalid", err)
	}
	var got []int
	read(t, b, topic, 0, -1, func(rs []mash.BusRecord) bool {
		for _, r := range rs {
			got = append(got, len(r.Value))
		}
		return len(got) < len(want)
	})
	if !slices.Equal(got, want) {
		t.Errorf("sizes %v, want %v", got, want)
	}
}

func cancelling(t *testing.T, h Harness) {
	b, topic := h.Connect(t), h.Topic(t, 1)
	// An idle reader is in the middle of a long poll; a failing one in a pause.
	for _, fail := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- b.Read(ctx, topic, 0, -1, func([]mash.BusRecord) error { return errors.New("no") })
		}()
		if fail {
			publish(t, b, message(topic, "k", "v"))
		}
		time.Sleep(150 * time.Millisecond)
		start := time.Now()
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Read = %v", err)
			}
		case <-time.After(patience):
			t.Fatal("Read did not end")
		}
		if took := time.Since(start); took > 300*time.Millisecond {
			t.Errorf("Read ended %v after its context (failing handler: %v)", took, fail)
		}
	}
}

func twoReaders(t *testing.T, h Harness) {
	b, other, topic := h.Connect(t), h.Connect(t), h.Topic(t, 1)
	publish(t, b, message(topic, "k", "0"), message(topic, "k", "1"))
	one, two := readAll(t, b, topic, 0, -1, 2), readAll(t, other, topic, 0, -1, 2)
	if len(one) != 2 || !slices.EqualFunc(one, two, equal) {
		t.Errorf("one saw %v, the other %v", one, two)
	}
}

func unknownTopic(t *testing.T, h Harness) {
	_, err := h.Connect(t).Partitions(t.Context(), "no.such.topic")
	if !errors.Is(err, mash.ErrNotFound) {
		t.Errorf("Partitions = %v, want ErrNotFound", err)
	}
}

func manyPublishers(t *testing.T, h Harness) {
	b, topic := h.Connect(t), h.Topic(t, 1)
	const publishers, each = 16, 25
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				m := message(topic, fmt.Sprint(p), fmt.Sprintf("%d %03d", p, i))
				if err := b.Publish(t.Context(), []mash.BusMessage{m}); err != nil {
					t.Errorf("publishing: %v", err)
				}
			}
		})
	}
	wg.Wait()
	got := readAll(t, b, topic, 0, -1, publishers*each)
	if len(got) != publishers*each {
		t.Errorf("%d records, want %d", len(got), publishers*each)
	}
	lastOf := map[string]string{}
	for _, r := range got {
		if string(r.Value) <= lastOf[r.Key] {
			t.Errorf("key %s: %q after %q", r.Key, r.Value, lastOf[r.Key])
		}
		lastOf[r.Key] = string(r.Value)
	}
}
