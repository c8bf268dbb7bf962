package bus_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"mashhub/hub/bus"
	"mashhub/hub/bus/bustest"
	"mashhub/hub/mash"
)

// The test binary started again with this set is a broker on that directory;
// with the second, no file of it may grow beyond so many bytes.
const (
	brokerDir   = "MASH_BUS_TEST_BROKER_DIR"
	brokerLimit = "MASH_BUS_TEST_BROKER_FILE_LIMIT"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(brokerDir); dir != "" {
		if err := limitFiles(os.Getenv(brokerLimit)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		ctx, cancel := bus.UntilClosed(context.Background(), os.Stdin)
		defer cancel()
		err := bus.RunBroker(ctx, bus.BrokerOptions{Dir: dir,
			Topics:  []bus.Topic{{Name: "made.at.start", Partitions: 2}},
			OnReady: func(addr string) { fmt.Println(addr) },
			Log:     slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if err := stopApache(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// process is a broker in a process of its own.
type process struct {
	dir, addr string
	cmd       *exec.Cmd
	stdin     io.Closer
}

func startBroker(t testing.TB, dir string) *process {
	t.Helper()
	p := &process{dir: dir}
	p.start(t)
	t.Cleanup(func() { p.kill(t) })
	return p
}

func (p *process) start(t testing.TB, env ...string) {
	t.Helper()
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(append(os.Environ(), brokerDir+"="+p.dir), env...)
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = in
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the broker did not start: %v", err)
	}
	p.addr = strings.TrimSpace(line)
}

func (p *process) kill(t testing.TB) {
	t.Helper()
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill() // SIGKILL
	_ = p.cmd.Wait()         // says "killed"
	p.cmd = nil
}

func connect(t testing.TB, o bus.Options) *bus.Kafka {
	t.Helper()
	k, err := bus.Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		start := time.Now()
		if err := k.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
		if took := time.Since(start); took > 300*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
	})
	return k
}

func newTopic(t *testing.T, o bus.Options, partitions int) string {
	t.Helper()
	k, err := bus.Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	name := bustest.TopicName(t)
	topics := []bus.Topic{{Name: name, Partitions: partitions}}
	for range 2 { // idempotent
		if err := k.EnsureTopics(t.Context(), topics); err != nil {
			t.Fatal(err)
		}
	}
	return name
}

func TestEmbeddedBroker(t *testing.T) {
	p := startBroker(t, t.TempDir())
	o := bus.Options{Brokers: []string{p.addr}, ClientID: "bustest"}
	bustest.Run(t, bustest.Harness{
		Connect: func(t *testing.T) mash.Bus { return connect(t, o) },
		Topic:   func(t *testing.T, n int) string { return newTopic(t, o, n) },
		Kill:    func(t *testing.T) { p.kill(t) },
		Start: func(t *testing.T) {
			was := p.addr
			p.start(t)
			if p.addr != was {
				t.Fatalf("the broker moved from %s to %s", was, p.addr)
			}
		},
	})
}
