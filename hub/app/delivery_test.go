package app_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"mashhub/hub/app"
	"mashhub/hub/bus"
	"mashhub/hub/bus/bustest"
	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
)

// twice is a broker's worst day: everything is written twice, handed over
// twice, and read from the first record again whenever reading begins.
type twice struct {
	mash.Bus
	seen *tally
}

type tally struct {
	mu sync.Mutex
	n  map[string]int // by topic
}

func (b twice) Publish(ctx context.Context, ms []mash.BusMessage) error {
	return b.Bus.Publish(ctx, slices.Concat(ms, ms))
}

func (b twice) Read(ctx context.Context, topic string, partition int, _ int64, handle func([]mash.BusRecord) error) error {
	return b.Bus.Read(ctx, topic, partition, -1, func(rs []mash.BusRecord) error {
		for range 2 {
			if err := handle(slices.Clone(rs)); err != nil {
				return err
			}
		}
		b.seen.mu.Lock()
		defer b.seen.mu.Unlock()
		b.seen.n[topic] += len(rs)
		return nil
	})
}

// TestEverythingTwice: whatever a broker repeats, the agency's records are read
// once, one answer leaves the agency and one stands at the hub; also when both
// sides start again and are told everything anew.
func TestEverythingTwice(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	s, err := world.LoadAt(1, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	l := broker(t, app.Topics(world.Hub, policeOnly(t)))
	seen := &tally{n: map[string]int{}}
	p := newPair(t, s, l.brokers, func(b mash.Bus) mash.Bus { return twice{l.bus(b), seen} })
	p.start(ctx, t)
	e := p.ask(ctx, t, s)
	p.once(ctx, t, e)
	p.stop()

	seen.mu.Lock()
	before := seen.n
	seen.n = map[string]int{}
	seen.mu.Unlock()
	p.start(ctx, t)
	for topic, n := range before { // everything came again
		for ctx.Err() == nil {
			seen.mu.Lock()
			now := seen.n[topic]
			seen.mu.Unlock()
			if now >= n {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	if len(before) != 2 || ctx.Err() != nil {
		t.Fatalf("read %v before and %v again", before, seen.n)
	}
	p.once(ctx, t, e)
	p.once(ctx, t, p.ask(ctx, t, s)) // and work goes on
	if n := p.fetches.count(); n != 2 {
		t.Errorf("the record system was read %d times for two questions", n)
	}
}

// TestApacheKafkaKilledUnderWork: what was asked before, during and after an
// outage of the broker is answered, once each. The hub makes the topics itself,
// under their real names: the broker makes none by itself.
func TestApacheKafkaKilledUnderWork(t *testing.T) {
	command := os.Getenv("MASH_TEST_KAFKA_START")
	if command == "" {
		t.Skip("MASH_TEST_KAFKA_START is not set: give the full path of deploy/kafka/broker to kill an Apache Kafka")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 120*time.Second)
	defer cancel()
	s, err := world.LoadAt(1, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	kafka := bustest.NewApache(command, t.TempDir())
	if err := kafka.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kafka.Stop(); err != nil {
			t.Error(err)
		}
	})
	p := newPair(t, s, []string{kafka.Addr}, nil)
	p.start(ctx, t)
	var asked []mash.Enquiry
	ask := func(n int) {
		for range n {
			asked = append(asked, p.ask(ctx, t, s))
		}
	}
	ask(5)
	p.landed(ctx, t, asked[0])
	ask(5)
	if err := kafka.Kill(); err != nil {
		t.Fatal(err)
	}
	ask(5)
	if err := kafka.Start(); err != nil {
		t.Fatal(err)
	}
	ask(1)
	for _, e := range asked {
		p.once(ctx, t, e)
	}
}

// TestTheBrokerComesLast: a hub and a node that start before there is a broker
// work as soon as there is one; what was asked meanwhile goes then.
func TestTheBrokerComesLast(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	s, err := world.LoadAt(1, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	p := newPair(t, s, []string{addr}, func(b mash.Bus) mash.Bus { return b })
	p.start(ctx, t)
	e := p.ask(ctx, t, s)
	time.Sleep(300 * time.Millisecond) // more than one try
	done := make(chan error, 1)
	bctx, end := context.WithCancel(ctx)
	go func() {
		done <- bus.RunBroker(bctx, bus.BrokerOptions{Dir: filepath.Join(t.TempDir(), "broker"), Addr: addr, OnReady: func(string) {}})
	}()
	t.Cleanup(func() { end(); <-done })
	t.Cleanup(p.stop) // while there is a broker
	p.once(ctx, t, e)
}
