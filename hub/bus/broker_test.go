package bus_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mashhub/hub/bus"
	"mashhub/hub/mash"
)

func TestSecondBrokerIsRefused(t *testing.T) {
	p := startBroker(t, t.TempDir())
	err := bus.RunBroker(t.Context(), bus.BrokerOptions{Dir: p.dir})
	if !errors.Is(err, bus.ErrBrokerRunning) {
		t.Fatalf("RunBroker = %v, want ErrBrokerRunning", err)
	}
	// And the first one is none the worse for it.
	if err := connect(t, bus.Options{Brokers: []string{p.addr}}).Probe(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestBrokerListensOnLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:9092", "broker.example:9092", "localhost:0", "nonsense"} {
		err := bus.RunBroker(t.Context(), bus.BrokerOptions{Dir: t.TempDir(), Addr: addr})
		if mash.CodeOf(err) != mash.CodeInvalid {
			t.Errorf("%s: %v, want CodeInvalid", addr, err)
		}
	}
}

func TestBrokerEndsWithItsParent(t *testing.T) {
	p := startBroker(t, t.TempDir())
	if err := p.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	cmd := p.cmd
	p.cmd = nil
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the broker ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Kill()
		t.Fatal("the broker outlived the pipe")
	}
}

func TestBrokerKeepsItsPort(t *testing.T) {
	dir := t.TempDir()
	first := runBroker(t, bus.BrokerOptions{Dir: dir})
	if again := runBroker(t, bus.BrokerOptions{Dir: dir}); again != first {
		t.Errorf("moved from %s to %s", first, again)
	}
	taken, err := net.Listen("tcp", first)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = bus.RunBroker(t.Context(), bus.BrokerOptions{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("with its port taken: %v", err)
	}
	moved := runBroker(t, bus.BrokerOptions{Dir: dir, MayMove: true})
	if moved == first {
		t.Errorf("did not move from %s", first)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "address"))
	if err != nil || strings.TrimSpace(string(kept)) != moved {
		t.Errorf("kept %q, %v, want %s", kept, err, moved)
	}
}

// runBroker starts a broker in this process, stops it and says where it was.
func runBroker(t *testing.T, o bus.BrokerOptions) (addr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.OnReady = func(a string) { addr = a; cancel() }
	if err := bus.RunBroker(ctx, o); err != nil {
		t.Fatal(err)
	}
	return addr
}

func TestTopicsOfTheBrokerExistAtOnce(t *testing.T) {
	p := startBroker(t, t.TempDir())
	k := connect(t, bus.Options{Brokers: []string{p.addr}})
	if n, err := k.Partitions(t.Context(), "made.at.start"); n != 2 || err != nil {
		t.Errorf("Partitions = %d, %v, want 2", n, err)
	}
}

// TestGuard sends what is known to stop the library behind the broker.
func TestGuard(t *testing.T) {
	p := startBroker(t, t.TempDir())
	k := connect(t, bus.Options{Brokers: []string{p.addr}})
	frame := func(size uint32, key, version uint16) []byte {
		b := binary.BigEndian.AppendUint32(nil, size)
		b = binary.BigEndian.AppendUint16(b, key)
		b = binary.BigEndian.AppendUint16(b, version)
		return append(b, make([]byte, 64)...)
	}
	for name, bytes := range map[string][]byte{
		"unknown API key":         frame(72, 999, 0),
		"negative API key":        frame(72, 0xffff, 0),
		"API key not served":      frame(72, 11, 0),
		"version out of the blue": frame(72, 0, 9999),
		"claims 2 GiB":            frame(1<<31-1, 0, 3),
		"claims a negative size":  frame(1<<32-1, 0, 3),
		"too short for a header":  frame(4, 0, 3),
		"empty":                   frame(0, 0, 0),
		"HTTP":                    []byte("GET / HTTP/1.1\r\nHost: broker\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", p.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Write(bytes); err != nil {
				t.Fatal(err)
			}
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, err := c.Read(make([]byte, 1))
			if n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("read %d bytes, %v; want the connection closed", n, err)
			}
			if err := k.Probe(t.Context()); err != nil {
				t.Fatalf("the broker is gone: %v", err)
			}
		})
	}
	// A connection cut in the middle of a frame.
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "\x00\x00\x00\x48\x00\x00")
	_ = c.Close()
	if err := k.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
}
