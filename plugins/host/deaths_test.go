package host

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mashhub/plugins/connector"
)

func TestHang(t *testing.T) {
	r := start(t, func(s *Spec) { s.Limits.CallTimeout = 200 * time.Millisecond })
	pid := r.Pid()
	for i := range maxTimeouts {
		began := time.Now()
		_, err := r.Search(t.Context(), search("hang"))
		wantCode(t, err, connector.CodeUnavailable)
		if took := time.Since(began); took > 2*time.Second {
			t.Fatalf("call %d took %v", i, took)
		}
	}
	eventually(t, "a new process", func() bool { p := r.Pid(); return p != 0 && p != pid })
	eventually(t, "an answer", func() bool {
		_, err := r.Search(t.Context(), search(""))
		return err == nil
	})
}

func TestAStoppedProcessIsKilled(t *testing.T) {
	r := start(t, func(s *Spec) { s.Limits.CallTimeout = 200 * time.Millisecond })
	pid := r.Pid()
	if err := signal(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	// The signal returns before every thread has stopped: until then it answers.
	eventually(t, "it to stop", func() bool {
		state, err := exec.Command("ps", "-o", "state=", "-p", strconv.Itoa(pid)).Output()
		return err == nil && strings.HasPrefix(strings.TrimSpace(string(state)), "T")
	})
	_, err := r.Search(t.Context(), search(""))
	wantCode(t, err, connector.CodeUnavailable)
	eventually(t, "a new process", func() bool { p := r.Pid(); return p != 0 && p != pid })
	if alive(pid) {
		t.Error("the stopped process is alive")
	}
}

func TestCloseDoesNotWaitForAHungCall(t *testing.T) {
	r := start(t, nil)
	failed := make(chan error)
	go func() {
		_, err := r.Search(context.Background(), search("hang"))
		failed <- err
	}()
	eventually(t, "the call to arrive", func() bool { return r.count("search") == 1 })
	began := time.Now()
	r.Close()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("close took %v", took)
	}
	wantCode(t, <-failed, connector.CodeUnavailable)
}

func TestDeathDuringACall(t *testing.T) {
	for _, c := range []struct {
		key      string
		answered bool
		asked    int
	}{{"", false, 1}, {"call-1", true, 2}} {
		r := start(t, nil)
		q := search("crash-once")
		q.Call = c.key
		_, err := r.Search(t.Context(), q)
		if c.answered != (err == nil) {
			t.Errorf("key %q: %v", c.key, err)
		}
		if !c.answered {
			wantCode(t, err, connector.CodeUnavailable)
		}
		if got := r.count("search"); got != c.asked {
			t.Errorf("key %q: asked %d times, want %d", c.key, got, c.asked)
		}
		d := connector.DeliverRequest{Call: c.key, Unit: "crash-once"}
		_ = os.Remove(filepath.Join(r.dir, "crash-once"))
		if _, err := r.Deliver(t.Context(), d); c.answered != (err == nil) {
			t.Errorf("deliver with key %q: %v", c.key, err)
		}
	}
	r := start(t, nil)
	q := search("crash")
	q.Call = "call-2"
	_, err := r.Search(t.Context(), q)
	wantCode(t, err, connector.CodeUnavailable)
	if got := r.count("search"); got != 2 {
		t.Errorf("a call that always kills the plugin was made %d times, want 2", got)
	}
	_, err = r.Watch(t.Context(), connector.WatchRequest{Cursor: "crash"})
	wantCode(t, err, connector.CodeUnavailable)
	if got := r.count("watch"); got != 1 {
		t.Errorf("a watch was made %d times, want 1: its caller asks again", got)
	}
}

func TestKilledFromOutsideUnderLoad(t *testing.T) {
	r := start(t, nil)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 25 {
				q := search("")
				q.Call = fmt.Sprintf("%d-%d", worker, i)
				if _, err := r.Search(t.Context(), q); err != nil {
					t.Errorf("call %s: %v", q.Call, err)
				}
			}
		})
	}
	eventually(t, "some calls", func() bool { return r.count("search") > 20 })
	_ = signal(r.Pid(), syscall.SIGKILL)
	wg.Wait()
	if r.Stats().Restarts != 1 {
		t.Errorf("%d restarts, want 1", r.Stats().Restarts)
	}
}

func TestBreaker(t *testing.T) {
	r := start(t, func(s *Spec) { s.Limits.Crashes, s.Limits.CoolDown = 3, time.Second })
	for range 3 {
		_, err := r.Search(t.Context(), search("crash"))
		wantCode(t, err, connector.CodeUnavailable)
	}
	eventually(t, "tripped", func() bool { return r.State() == Tripped })
	began := time.Now()
	_, err := r.Search(t.Context(), search(""))
	wantCode(t, err, connector.CodeUnavailable)
	if took := time.Since(began); took > 500*time.Millisecond {
		t.Errorf("a tripped plugin took %v to say so", took)
	}
	if _, err := r.Describe(t.Context(), connector.DescribeRequest{}); err != nil {
		t.Errorf("a tripped plugin does not say what it is: %v", err)
	}
	eventually(t, "half open", func() bool { return r.State() == HalfOpen && r.Pid() != 0 })
	if _, err := r.Search(t.Context(), search("")); err != nil {
		t.Errorf("half open: %v", err)
	}
	_, err = r.Search(t.Context(), search("crash")) // the first crash after a trip trips again
	wantCode(t, err, connector.CodeUnavailable)
	eventually(t, "tripped again", func() bool { return r.State() == Tripped })
	want := []State{Running, Restarting, Running, Restarting, Running, Tripped, HalfOpen, Tripped}
	if got := r.seen(); !slices.Equal(got[:min(len(got), len(want))], want) {
		t.Errorf("states %v, want %v", got, want)
	}
}

func TestMemoryCap(t *testing.T) {
	r := start(t, func(s *Spec) { s.Limits.MemoryBytes = 160 << 20 })
	pid := r.Pid()
	_, err := r.Search(t.Context(), search("memory"))
	wantCode(t, err, connector.CodeUnavailable)
	eventually(t, "a new process", func() bool { p := r.Pid(); return p != 0 && p != pid })
	if !strings.Contains(r.log.String(), "memory above its cap") {
		t.Errorf("the log does not name the cause:\n%s", r.log)
	}
}

// TestCallOnAClosedConnection: a call that begins when its instance has just
// ended finds the connection closed, which gRPC calls a cancellation. Nobody
// cancelled it: it goes to the next instance where it may be asked again.
func TestCallOnAClosedConnection(t *testing.T) {
	for _, key := range []string{"key", ""} {
		r := start(t, nil)
		in, err := r.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		in.conn.Close()
		_, err = r.Deliver(t.Context(), connector.DeliverRequest{Call: key})
		if (err == nil) != (key != "") {
			t.Errorf("with key %q: %v", key, err)
		}
		if err != nil {
			wantCode(t, err, connector.CodeUnavailable)
		}
	}
}
