package bustest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"mashhub/hub/mash"
)

func message(topic, key, value string) mash.BusMessage {
	return mash.BusMessage{Topic: topic, Key: key, Value: []byte(value)}
}

func equal(a, b mash.BusRecord) bool {
	return a.Topic == b.Topic && a.Partition == b.Partition && a.Offset == b.Offset &&
		a.Key == b.Key && string(a.Value) == string(b.Value)
}

func last(rs []mash.BusRecord) string { return string(rs[len(rs)-1].Value) }

func publish(t *testing.T, b mash.Bus, messages ...mash.BusMessage) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := b.Publish(ctx, messages); err != nil {
		t.Fatalf("publishing: %v", err)
	}
}

// until tries f until it returns nil.
func until(t *testing.T, f func() error) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still after %v: %v", patience, err)
		}
	}
}

// read reads until more returns false.
func read(t *testing.T, b mash.Bus, topic string, partition int, next int64, more func([]mash.BusRecord) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := false
	_ = b.Read(ctx, topic, partition, next, func(rs []mash.BusRecord) error {
		if !done && !more(rs) {
			done = true
			cancel()
		}
		return nil
	})
	if !done {
		t.Fatalf("reading %s/%d: not everything came within %v", topic, partition, patience)
	}
}

// quiet is how long a reader that has all stays, to see that nothing more comes.
const quiet = 100 * time.Millisecond

// readAll reads want records, and whatever comes soon after them.
func readAll(t *testing.T, b mash.Bus, topic string, partition int, next int64, want int) []mash.BusRecord {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out []mash.BusRecord
	_ = b.Read(ctx, topic, partition, next, func(rs []mash.BusRecord) error {
		if out = append(out, rs...); len(out) >= want {
			time.AfterFunc(quiet, cancel)
		}
		return nil
	})
	return out
}

// names counts the topics made.
var names atomic.Int64

// TopicName makes a name that no other test of this process uses.
func TopicName(*testing.T) string {
	return fmt.Sprintf("bustest.%d.%d", time.Now().UnixNano(), names.Add(1))
}
