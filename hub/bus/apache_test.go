//go:build unix

package bus_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mashhub/hub/bus"
	"mashhub/hub/bus/bustest"
	"mashhub/hub/mash"
)

// TestApacheKafka runs the suite on a broker that somebody gave.
func TestApacheKafka(t *testing.T) {
	addr := os.Getenv("MASH_TEST_KAFKA")
	if addr == "" {
		t.Skip("MASH_TEST_KAFKA is not set: give the bootstrap address of an Apache Kafka to run the suite on it")
	}
	o := bus.Options{Brokers: strings.Split(addr, ","), ClientID: "bustest", AllowPlaintext: true}
	bustest.Run(t, bustest.Harness{
		Connect: func(t *testing.T) mash.Bus { return connect(t, o) },
		Topic:   func(t *testing.T, n int) string { return newTopic(t, o, n) },
	})
}

// TestApacheKafkaKilled runs the suite on a broker of our own, which the suite
// may kill.
func TestApacheKafkaKilled(t *testing.T) {
	e := apache(t)
	o := bus.Options{Brokers: []string{e.addr}, ClientID: "bustest"}
	bustest.Run(t, bustest.Harness{
		Connect: func(t *testing.T) mash.Bus { return connect(t, o) },
		Topic:   func(t *testing.T, n int) string { return newTopic(t, o, n) },
		Kill:    func(t *testing.T) { e.kill(t) },
		Start:   func(t *testing.T) { e.start(t) },
	})
}

// engine is a broker of the test's own, of either kind.
type engine struct {
	addr        string
	kill, start func(testing.TB)
	signal      func(syscall.Signal) error
}

// onEach runs f on the embedded broker and, where one can be started, on
// Apache Kafka.
func onEach(t *testing.T, f func(*testing.T, engine)) {
	t.Run("embedded", func(t *testing.T) {
		p := startBroker(t, t.TempDir())
		f(t, engine{addr: p.addr, kill: p.kill, start: func(t testing.TB) { p.start(t) },
			signal: func(s syscall.Signal) error { return p.cmd.Process.Signal(s) }})
	})
	t.Run("Apache Kafka", func(t *testing.T) { f(t, apache(t)) })
}

// own is the one Apache Kafka of this process: starting it takes seconds.
// TestMain ends it.
var own struct {
	once   sync.Once
	broker *bustest.Apache
	dir    string
	err    error
}

func apache(t *testing.T) engine {
	t.Helper()
	command := os.Getenv("MASH_TEST_KAFKA_START")
	if command == "" {
		t.Skip("MASH_TEST_KAFKA_START is not set: give the full path of deploy/kafka/broker to kill an Apache Kafka too")
	}
	own.once.Do(func() {
		if own.dir, own.err = os.MkdirTemp("", "kafka"); own.err == nil {
			own.broker = bustest.NewApache(command, own.dir)
		}
	})
	if own.err != nil {
		t.Fatal(own.err)
	}
	try := func(f func() error) func(testing.TB) {
		return func(t testing.TB) {
			t.Helper()
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}
	}
	try(own.broker.Start)(t)
	return engine{addr: own.broker.Addr, kill: try(own.broker.Kill), start: try(own.broker.Start), signal: own.broker.Signal}
}

func stopApache() error {
	if own.broker == nil {
		return nil
	}
	return errors.Join(own.broker.Stop(), os.RemoveAll(own.dir))
}

// TestAWrongClockOfTheSender: the time by which a broker keeps a record is its
// own. Apache Kafka refuses a record that says it is of more than an hour
// ahead, and throws one away at once that is older than the topic's retention:
// an agency whose clock is wrong would send nothing, or send it into the void.
func TestAWrongClockOfTheSender(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		o := bus.Options{Brokers: []string{e.addr}}
		topic := newTopic(t, o, 1)
		for _, off := range []time.Duration{0, 2 * time.Hour, 400 * 24 * time.Hour, -400 * 24 * time.Hour} {
			k := connect(t, o)
			k.SetClock(func() time.Time { return time.Now().Add(off) })
			if err := k.Publish(t.Context(), []mash.BusMessage{{Topic: topic, Key: "k", Value: []byte("v")}}); err != nil {
				t.Errorf("with a clock that is %v off: %v", off, err)
			}
		}
	})
}

// TestTheKafkaThatIsMeant: documents name the version that tests run on.
func TestTheKafkaThatIsMeant(t *testing.T) {
	text := func(file string) string {
		b, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	m := regexp.MustCompile(`<artifactId>kafka_2\.13</artifactId>\s*<version>([0-9.]+)</version>`).FindStringSubmatch(text("deploy/kafka/pom.xml"))
	if m == nil {
		t.Fatal("pom.xml names no version")
	}
	said := regexp.MustCompile(`(?:Apache\s+Kafka|tested on) (\d+\.\d+\.\d+)`)
	for _, file := range []string{"README.md", "CHANGELOG.md", "hub/bus/doc.go"} {
		all := said.FindAllStringSubmatch(text(file), -1)
		if len(all) == 0 {
			t.Errorf("%s names no version", file)
		}
		for _, v := range all {
			if v[1] != m[1] {
				t.Errorf("%s says %s, and tests run on %s", file, v[1], m[1])
			}
		}
	}
}

// TestApacheKafkaLeavesNothing: however the script ends, so does the server;
// and a directory of its own goes with it unless it was killed.
func TestApacheKafkaLeavesNothing(t *testing.T) {
	command := os.Getenv("MASH_TEST_KAFKA_START")
	if command == "" {
		t.Skip("MASH_TEST_KAFKA_START is not set: give the full path of deploy/kafka/broker to see how it ends")
	}
	for _, how := range []struct {
		name   string
		end    func(*exec.Cmd, io.Closer) error
		killed bool
	}{
		{"standard input ends", func(_ *exec.Cmd, in io.Closer) error { return in.Close() }, false},
		{"SIGTERM", func(c *exec.Cmd, _ io.Closer) error { return c.Process.Signal(syscall.SIGTERM) }, false},
		{"SIGKILL", func(c *exec.Cmd, _ io.Closer) error { return c.Process.Kill() }, true},
	} {
		t.Run(how.name, func(t *testing.T) {
			if _, err := exec.LookPath("setpriv"); how.killed && err != nil {
				t.Skip("there is no setpriv, which ends the server with a killed script")
			}
			dir := t.TempDir()
			cmd := exec.Command(command)
			cmd.Env = append(os.Environ(), "TMPDIR="+dir)
			cmd.Stderr = os.Stderr
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			addr, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			k := connect(t, bus.Options{Brokers: []string{strings.TrimSpace(addr)}})
			if err := k.Probe(t.Context()); err != nil {
				t.Fatalf("it says that it serves, and: %v", err)
			}
			if err := how.end(cmd, in); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil && !how.killed {
				t.Errorf("it ended with %v", err)
			}
			for deadline := time.Now().Add(5 * time.Second); how.killed && k.Probe(t.Context()) == nil && time.Now().Before(deadline); {
				time.Sleep(20 * time.Millisecond)
			}
			if k.Probe(t.Context()) == nil {
				t.Error("the server is still there")
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 && !how.killed {
				t.Errorf("it left %v, %v", left, err)
			}
		})
	}
}
