package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
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

func TestAnswersFromAProcessOfItsOwn(t *testing.T) {
	t.Setenv("MASH_SECRET_CANARY", "in the host's environment")
	r := start(t, nil)
	ctx := t.Context()
	if pid := r.Pid(); pid == 0 || pid == os.Getpid() || r.State() != Running || r.Version() != connector.V1 {
		t.Fatalf("pid %d, state %s, version %d", pid, r.State(), r.Version())
	}
	if pgid, _ := syscall.Getpgid(r.Pid()); pgid != r.Pid() {
		t.Errorf("process group %d, want its own (%d)", pgid, r.Pid())
	}
	d, err := r.Describe(ctx, connector.DescribeRequest{})
	if err != nil || d.Kind != "faulty" {
		t.Errorf("describe: %+v, %v", d, err)
	}
	f, err := r.Fetch(ctx, fetch(""))
	if err != nil || f.Outcome != connector.Found || len(f.Items) != 1 || f.Items[0].ID != "a1" {
		t.Errorf("fetch: %+v, %v", f, err)
	}
	del, err := r.Deliver(ctx, connector.DeliverRequest{Call: "k"})
	if err != nil || del.Reference != "d-k" {
		t.Errorf("deliver: %+v, %v", del, err)
	}
	w, err := r.Watch(ctx, connector.WatchRequest{})
	if err != nil || len(w.Events) != 1 || w.Cursor != "1" {
		t.Errorf("watch: %+v, %v", w, err)
	}
	if h, err := r.Health(ctx, connector.HealthRequest{}); err != nil || !h.OK {
		t.Errorf("health: %+v, %v", h, err)
	}
	env, err := r.Search(ctx, search("environment"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(env.Candidates[0].Ref, "\x00") {
		name, _, ok := strings.Cut(line, "=")
		if ok && !strings.HasPrefix(name, "PLUGIN_") && name != "MASHHUB_CONNECTOR" {
			t.Errorf("the plugin's environment holds %s", name)
		}
	}
	if err := r.Close(); err != nil || r.State() != Closed {
		t.Errorf("close: %v, state %s", err, r.State())
	}
	_, err = r.Search(ctx, search(""))
	wantCode(t, err, connector.CodeUnavailable)
}

func TestStartRefuses(t *testing.T) {
	other := slices.Clone(ownDigest())
	other[0]++
	for name, c := range map[string]struct {
		role   string
		change func(*Spec)
		code   connector.ErrorCode
		cause  error
		says   string
	}{
		"a program with another digest": {"plugin", func(s *Spec) { s.SHA256 = other }, connector.CodeMisbehaved, ErrDigest, "digest"},
		"no digest":                     {"plugin", func(s *Spec) { s.SHA256 = nil }, connector.CodeInvalid, nil, "SHA256"},
		"a relative path":               {"plugin", func(s *Spec) { s.Cmd[0] = "connector" }, connector.CodeInvalid, nil, "absolute"},
		"a program that is not there":   {"plugin", func(s *Spec) { s.Cmd[0] = "/nowhere/connector" }, connector.CodeInvalid, nil, "reading the program"},
		"one that exits at once":        {"exit", nil, connector.CodeUnavailable, nil, "ended before the handshake"},
		"one that says nothing":         {"silent", func(s *Spec) { s.Limits.StartTimeout = 300 * time.Millisecond }, connector.CodeUnavailable, nil, "no handshake within 300ms"},
		"one that prints something":     {"babble", nil, connector.CodeUnavailable, nil, "not a handshake"},
		"one that points elsewhere":     {"elsewhere", nil, connector.CodeUnavailable, nil, "not its own"},
		"one that accepts and is mute":  {"deaf", func(s *Spec) { s.Limits.StartTimeout = 500 * time.Millisecond }, connector.CodeUnavailable, nil, "no answer in time"},
		"one without a certificate":     {"plain", func(s *Spec) { s.Limits.StartTimeout = time.Second }, connector.CodeUnavailable, nil, "cannot be reached"},
		"wrong settings":                {"plugin", func(s *Spec) { s.Config = []byte(`{"fault":"invalid"}`) }, connector.CodeInvalid, nil, "dir"},
		"a crash while configured":      {"plugin", func(s *Spec) { s.Config = []byte(`{"fault":"crash"}`) }, connector.CodeUnavailable, nil, "configure"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &rig{}
			spec := specFor(t, r, c.role)
			if c.change != nil {
				c.change(&spec)
			}
			began := time.Now()
			p, err := Start(t.Context(), spec)
			if err == nil {
				p.Close()
				t.Fatal("it started")
			}
			wantCode(t, err, c.code)
			if c.cause != nil && !errors.Is(err, c.cause) {
				t.Errorf("error %v, want cause %v", err, c.cause)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %q does not say %q", err, c.says)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if left, _ := os.ReadDir(r.sockets); len(left) > 0 {
				t.Errorf("left in the sockets' directory: %v", left)
			}
			if strings.Contains(r.log.String(), "hunter2") {
				t.Errorf("the log repeats the plugin:\n%s", r.log)
			}
		})
	}
}

// deaf announces a real socket and accepts connections without ever answering.
func deaf() {
	path := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "plugin-deaf")
	l, err := net.Listen("unix", path)
	if err != nil {
		os.Exit(1)
	}
	fmt.Printf("1|1|unix|%s|grpc|\n", path)
	for {
		if _, err := l.Accept(); err != nil {
			os.Exit(1)
		}
	}
}

func TestKeepTryingGoesOnUntilItStarts(t *testing.T) {
	r := start(t, func(s *Spec) {
		s.KeepTrying = true
		s.Config = []byte(`{"fault":"crash"}`)
	})
	if r.Pid() != 0 {
		t.Fatal("it runs")
	}
	if _, err := r.Configure(t.Context(), connector.ConfigureRequest{Config: []byte(`{}`)}); err != nil {
		t.Fatalf("configure with settings that work: %v", err)
	}
	eventually(t, "running", func() bool { return r.State() == Running })
}

func TestErrorsCarryNoPersonalData(t *testing.T) {
	r := start(t, nil)
	for fault, c := range map[string]struct {
		code connector.ErrorCode
		says string
	}{
		"panic":           {connector.CodeInternal, "panicked"},
		"foreign-error":   {connector.CodeInternal, "internal error"},
		"telling-error":   {connector.CodeUnavailable, "withheld"},
		"plain-error":     {connector.CodeUnavailable, "the database cannot be reached"},
		"too-many":        {connector.CodeMisbehaved, "limit"},
		"contradiction":   {connector.CodeMisbehaved, "outcome"},
		"unknown-outcome": {connector.CodeMisbehaved, "outcome"},
	} {
		pid := r.Pid()
		_, err := r.Search(t.Context(), search(fault))
		wantCode(t, err, c.code)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v does not say %q", fault, err, c.says)
		}
		if r.Pid() != pid {
			t.Errorf("%s: the process was replaced", fault)
		}
	}
}

func TestAnswersBeyondTheQuestion(t *testing.T) {
	r := start(t, nil)
	for _, fault := range []string{"other-child", "only-excess", "no-kind"} {
		a, err := r.Fetch(t.Context(), fetch(fault))
		wantCode(t, err, connector.CodeMisbehaved)
		if len(a.Items) > 0 {
			t.Errorf("%s: items came through", fault)
		}
	}
	before := r.Stats().Excess
	a, err := r.Fetch(t.Context(), fetch("excess"))
	if err != nil || len(a.Items) != 1 || a.Items[0].ID != "a1" {
		t.Errorf("what was asked for did not come through alone: %+v, %v", a.Items, err)
	}
	if got := r.Stats().Excess - before; got != 2 {
		t.Errorf("%d items reported as excess, want 2", got)
	}
}

func TestAnswersAboveTheCap(t *testing.T) {
	r := start(t, func(s *Spec) { s.Limits.MessageBytes = 1 << 20 })
	pid := r.Pid()
	for _, fault := range []string{"huge", "large"} { // the plugin's side refuses one, ours the other
		_, err := r.Fetch(t.Context(), fetch(fault))
		wantCode(t, err, connector.CodeTooLarge)
	}
	if _, err := r.Fetch(t.Context(), fetch("")); err != nil || r.Pid() != pid {
		t.Errorf("afterwards: %v, pid %d was %d", err, r.Pid(), pid)
	}
}

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
	if _, err := r.Search(t.Context(), search("")); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

func TestAStoppedProcessIsKilled(t *testing.T) {
	r := start(t, func(s *Spec) { s.Limits.CallTimeout = 200 * time.Millisecond })
	pid := r.Pid()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
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

func TestCancelledCall(t *testing.T) {
	r := start(t, nil)
	pid := r.Pid()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		eventually(t, "the call to arrive", func() bool { return r.count("search") == 1 })
		cancel()
	}()
	_, err := r.Search(ctx, search("wait"))
	wantCode(t, err, connector.CodeUnavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v is not a cancellation", err)
	}
	if _, err := r.Search(t.Context(), search("")); err != nil || r.Pid() != pid {
		t.Errorf("afterwards: %v, pid %d was %d", err, r.Pid(), pid)
	}
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
	_ = syscall.Kill(r.Pid(), syscall.SIGKILL)
	wg.Wait()
	if r.Stats().Restarts != 1 {
		t.Errorf("%d restarts, want 1", r.Stats().Restarts)
	}
}

func TestBreaker(t *testing.T) {
	r := start(t, func(s *Spec) { s.Limits.Crashes = 3 })
	for range 3 {
		_, err := r.Search(t.Context(), search("crash"))
		wantCode(t, err, connector.CodeUnavailable)
	}
	eventually(t, "tripped", func() bool { return r.State() == Tripped })
	began := time.Now()
	_, err := r.Search(t.Context(), search(""))
	wantCode(t, err, connector.CodeUnavailable)
	if took := time.Since(began); took > 100*time.Millisecond {
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

func TestAProgramReplacedOnDiskIsNotStartedAgain(t *testing.T) {
	r := &rig{}
	spec := specFor(t, r, "plugin")
	copied := filepath.Join(t.TempDir(), "connector")
	text, err := os.ReadFile(spec.Cmd[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, text, 0o700); err != nil {
		t.Fatal(err)
	}
	spec.Cmd[0] = copied
	spec.Limits.CoolDown = time.Hour
	p, err := Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := os.Rename(copied, copied+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, append(text, 0), 0o700); err != nil {
		t.Fatal(err)
	}
	_ = syscall.Kill(p.Pid(), syscall.SIGKILL)
	eventually(t, "tripped", func() bool { return p.State() == Tripped })
}

func TestOutputIsCountedAndNeverRepeated(t *testing.T) {
	r := start(t, nil)
	if _, err := r.Search(t.Context(), search("print")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the output to be counted", func() bool { return r.Stats().Output.Lines >= 4000 })
	_, err := r.Search(t.Context(), search("panic-aside")) // the runtime prints the value
	wantCode(t, err, connector.CodeUnavailable)
	if strings.Contains(r.log.String(), "hunter2") {
		t.Error("the log repeats the plugin's output")
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

func TestGrandchildrenEndToo(t *testing.T) {
	for _, fault := range []string{"fork", "fork-away"} {
		for _, end := range []string{"close", "crash"} {
			r := start(t, nil)
			a, err := r.Search(t.Context(), search(fault))
			if err != nil {
				t.Fatal(err)
			}
			child, _ := strconv.Atoi(a.Candidates[0].Ref)
			if child <= 0 || !alive(child) {
				t.Fatalf("no grandchild: %d", child)
			}
			if end == "close" {
				r.Close()
			} else {
				_, err := r.Search(t.Context(), search("crash"))
				wantCode(t, err, connector.CodeUnavailable)
			}
			eventually(t, fault+", "+end+": the grandchild's end", func() bool { return gone(child) })
		}
	}
}

// gone also accepts a zombie: its new parent may be slow to reap.
func gone(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !alive(pid)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(rest, "Z")
}

// asHost is the host of TestPluginsEndWithTheirHost: it starts a plugin and a
// grandchild, says their ids and waits to be killed.
func asHost(args []string) {
	path, _ := os.Executable()
	p, err := Start(context.Background(), Spec{
		Name: "faulty", Cmd: []string{path, "as", "plugin"}, SHA256: ownDigest(), Dir: args[0],
		Config: []byte(`{"dir": "/nonexistent"}`),
	})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	a, err := p.Search(context.Background(), search("fork"))
	if err != nil {
		fmt.Println("error", err)
		return
	}
	fmt.Println(p.Pid(), a.Candidates[0].Ref)
	select {}
}

func TestPluginsEndWithTheirHost(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sockets := shortDir(t)
	cmd := exec.Command(path, "as", "host", sockets)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var plugin, child int
	if _, err := fmt.Sscan(line, &plugin, &child); err != nil || !alive(plugin) || !alive(child) {
		t.Fatalf("the host said %q", line)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	eventually(t, "the end of plugin and grandchild", func() bool { return gone(plugin) && gone(child) })
	eventually(t, "the socket's removal", func() bool {
		left, _ := os.ReadDir(sockets)
		return len(left) == 0
	})
}

func TestConfigureReplacesTheProcess(t *testing.T) {
	r := start(t, nil)
	pid := r.Pid()
	_, err := r.Configure(t.Context(), connector.ConfigureRequest{Config: []byte(`{"fault":"invalid"}`)})
	wantCode(t, err, connector.CodeInvalid)
	if r.Pid() != pid {
		t.Error("refused settings replaced the process")
	}
	if _, err := r.Configure(t.Context(), connector.ConfigureRequest{Config: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a new process", func() bool { p := r.Pid(); return p != 0 && p != pid })
	if alive(pid) {
		eventually(t, "the old one's end", func() bool { return !alive(pid) })
	}
}
