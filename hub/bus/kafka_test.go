package bus_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"mashhub/hub/bus"
	"mashhub/hub/bus/bustest"
	"mashhub/hub/mash"
)

func TestOptionsThatAreRefused(t *testing.T) {
	loop := []string{"127.0.0.1:9092"}
	for name, o := range map[string]bus.Options{
		"no broker":              {},
		"no port":                {Brokers: []string{"broker.example"}},
		"elsewhere without TLS":  {Brokers: []string{"broker.example:9092"}},
		"one of two elsewhere":   {Brokers: []string{"127.0.0.1:9092", "192.0.2.1:9092"}},
		"unknown mechanism":      {Brokers: loop, SASL: bus.SASL{Mechanism: "NTLM"}},
		"password in the open":   {Brokers: loop, SASL: bus.SASL{Mechanism: "PLAIN", User: "u", Password: "p"}},
		"unusable SCRAM account": {Brokers: loop, SASL: bus.SASL{Mechanism: "SCRAM-SHA-512", User: "\u0221"}},
	} {
		if k, err := bus.Connect(t.Context(), o); mash.CodeOf(err) != mash.CodeInvalid {
			t.Errorf("%s: %v, %v; want CodeInvalid", name, k, err)
		}
	}
	for name, o := range map[string]bus.Options{
		"loopback":           {Brokers: []string{"localhost:9092", "[::1]:9092"}},
		"TLS":                {Brokers: []string{"broker.example:9093"}, TLS: &tls.Config{MinVersion: tls.VersionTLS13}},
		"expressly in clear": {Brokers: []string{"broker.example:9092"}, AllowPlaintext: true},
	} {
		k, err := bus.Connect(t.Context(), o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = k.Close()
	}
}

// heard collects health for a test.
type heard struct {
	mu  sync.Mutex
	all []bus.Health
}

func (h *heard) on(s bus.Health) { h.mu.Lock(); defer h.mu.Unlock(); h.all = append(h.all, s) }

func (h *heard) so() []bus.Health { h.mu.Lock(); defer h.mu.Unlock(); return slices.Clone(h.all) }

func (h *heard) wait(t *testing.T, op string, ok bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if slices.ContainsFunc(h.so(), func(s bus.Health) bool { return s.Op == op && s.OK == ok }) {
			return
		}
	}
	t.Fatalf("never heard that %s is OK=%v; heard %v", op, ok, h.so())
}

func TestHealthTellsFailureAndRecovery(t *testing.T) { onEach(t, healthTellsFailureAndRecovery) }

func healthTellsFailureAndRecovery(t *testing.T, p engine) {
	var h heard
	o := bus.Options{Brokers: []string{p.addr}, OnHealth: h.on}
	k, topic := connect(t, o), newTopic(t, o, 1)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { _ = k.Read(ctx, topic, 0, -1, func([]mash.BusRecord) error { return nil }) })
	send := func() error {
		return k.Publish(t.Context(), []mash.BusMessage{{Topic: topic, Key: "k", Value: []byte("v")}})
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	if all := h.so(); len(all) != 0 {
		t.Errorf("heard %v while all was well", all)
	}
	p.kill(t)
	if err := k.Probe(t.Context()); mash.CodeOf(err) != mash.CodeUnavailable {
		t.Errorf("Probe = %v, want CodeUnavailable", err)
	}
	if err := send(); mash.CodeOf(err) != mash.CodeUnavailable {
		t.Errorf("Publish = %v, want CodeUnavailable", err)
	}
	h.wait(t, bus.OpRead, false)
	h.wait(t, bus.OpPublish, false)
	p.start(t)
	h.wait(t, bus.OpRead, true)
	for send() != nil {
		time.Sleep(20 * time.Millisecond)
	}
	h.wait(t, bus.OpPublish, true)
	if err := k.Probe(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMissingTopicIsHeard(t *testing.T) { onEach(t, missingTopicIsHeard) }

func missingTopicIsHeard(t *testing.T, p engine) {
	var h heard
	o := bus.Options{Brokers: []string{p.addr}, OnHealth: h.on}
	k := connect(t, o)
	name := bustest.TopicName(t)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	got := make(chan string, 1)
	wg.Go(func() {
		_ = k.Read(ctx, name, 0, -1, func(rs []mash.BusRecord) error { got <- string(rs[0].Value); return nil })
	})
	h.wait(t, bus.OpRead, false)
	if err := k.Publish(ctx, []mash.BusMessage{{Topic: name, Key: "k"}}); err == nil {
		t.Error("publishing to a missing topic returned nil")
	}
	// Once somebody makes it, reading begins by itself.
	other := connect(t, bus.Options{Brokers: []string{p.addr}})
	if err := other.EnsureTopics(ctx, []bus.Topic{{Name: name}}); err != nil {
		t.Fatal(err)
	}
	if err := other.Publish(ctx, []mash.BusMessage{{Topic: name, Key: "k", Value: []byte("v")}}); err != nil {
		t.Fatal(err)
	}
	select {
	case v := <-got:
		if v != "v" {
			t.Errorf("read %q", v)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was read")
	}
}

// TestSilentBroker: one that accepts and never answers must be an error, not a
// reader that waits for ever.
func TestSilentBroker(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
		}
	}()
	k := connect(t, bus.Options{Brokers: []string{l.Addr().String()}})
	start := time.Now()
	if err := k.Probe(t.Context()); err == nil {
		t.Error("Probe = nil")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := k.Publish(ctx, []mash.BusMessage{{Topic: "t"}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Publish = %v", err)
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestClosed(t *testing.T) {
	p := startBroker(t, t.TempDir())
	o := bus.Options{Brokers: []string{p.addr}}
	topic := newTopic(t, o, 1)
	k, err := bus.Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- k.Read(t.Context(), topic, 0, -1, func([]mash.BusRecord) error { return nil }) }()
	time.Sleep(100 * time.Millisecond)
	_ = k.Close()
	if err := <-done; !errors.Is(err, bus.ErrClosed) {
		t.Errorf("Read = %v, want ErrClosed", err)
	}
	if err := k.Read(t.Context(), topic, 0, -1, nil); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("Read after Close = %v", err)
	}
	if err := k.Publish(t.Context(), []mash.BusMessage{{Topic: topic}}); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("Publish after Close = %v", err)
	}
}
