package bus_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"mashhub/hub/bus"
	"mashhub/hub/bus/bustest"
	"mashhub/hub/mash"
)

// BenchmarkRoundtrip: publish 6 KiB, durably, and read it, one at a time.
func BenchmarkRoundtrip(b *testing.B) {
	k, topic := benchTopic(b)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	got := make(chan struct{}, 1)
	go func() {
		_ = k.Read(ctx, topic, 0, -1, func(rs []mash.BusRecord) error {
			for range rs {
				got <- struct{}{}
			}
			return nil
		})
	}()
	m := []mash.BusMessage{{Topic: topic, Key: "k", Value: make([]byte, 6<<10)}}
	for b.Loop() {
		if err := k.Publish(ctx, m); err != nil {
			b.Fatal(err)
		}
		<-got
	}
}

// BenchmarkPublishParallel: 64 publishers of single messages share batches.
func BenchmarkPublishParallel(b *testing.B) {
	k, topic := benchTopic(b)
	b.SetParallelism(32)
	var n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m := mash.BusMessage{Topic: topic, Key: fmt.Sprint(n.Add(1)), Value: make([]byte, 6<<10)}
			if err := k.Publish(b.Context(), []mash.BusMessage{m}); err != nil {
				b.Error(err)
			}
		}
	})
}

// benchTopic is on the Apache Kafka that MASH_TEST_KAFKA names, else on an
// embedded broker.
func benchTopic(b *testing.B) (*bus.Kafka, string) {
	addr := os.Getenv("MASH_TEST_KAFKA")
	if addr == "" {
		addr = startBroker(b, b.TempDir()).addr
	}
	k := connect(b, bus.Options{Brokers: strings.Split(addr, ","), AllowPlaintext: true})
	name := bustest.TopicName(nil)
	if err := k.EnsureTopics(b.Context(), []bus.Topic{{Name: name, Partitions: 1}}); err != nil {
		b.Fatal(err)
	}
	return k, name
}
