package host

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// rig is a started plugin with everything that a test may want to inspect.
type rig struct {
	*Plugin
	dir, sockets string
	log          *syncBuffer
	mu           sync.Mutex
	states       []State
	excess       int
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

var ownDigest = sync.OnceValue(func() []byte {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	digest, err := Digest(path)
	if err != nil {
		panic(err)
	}
	return digest
})

// specFor is a spec that runs this test binary in the given role.
func specFor(t *testing.T, r *rig, role string) Spec {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r.dir, r.sockets, r.log = t.TempDir(), shortDir(t), &syncBuffer{}
	return Spec{
		Name: "faulty", Cmd: []string{path, "as", role}, SHA256: ownDigest(), Dir: r.sockets,
		Config:  fmt.Appendf(nil, `{"dir": %q}`, r.dir),
		Secrets: map[string]string{"password": secret},
		Limits:  Limits{CallTimeout: 10 * time.Second, BackoffMin: 5 * time.Millisecond, CoolDown: 300 * time.Millisecond, Crashes: 100},
		Log:     slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OnState: func(s State) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.states = append(r.states, s)
		},
		OnExcess: func(_ string, n int) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.excess += n
		},
	}
}

// shortDir is a temporary directory whose path leaves room for a socket's.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "h")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// start runs the plugin and, at the end of the test, checks that nothing of it
// is left: no process, no socket (and, by TestMain, no goroutine).
func start(t *testing.T, change func(*Spec)) *rig {
	t.Helper()
	r := &rig{}
	spec := specFor(t, r, "plugin")
	if change != nil {
		change(&spec)
	}
	p, err := Start(t.Context(), spec)
	if err != nil {
		t.Fatalf("starting: %v", err)
	}
	r.Plugin = p
	t.Cleanup(func() {
		pid := p.Pid()
		p.Close()
		if pid != 0 && alive(pid) {
			t.Errorf("process %d is alive after Close", pid)
		}
		if left, _ := os.ReadDir(r.sockets); len(left) > 0 {
			t.Errorf("left in the sockets' directory: %v", left)
		}
		if strings.Contains(r.log.String(), "Tessel") || strings.Contains(r.log.String(), "9990000018") {
			t.Errorf("personal data in the log:\n%s", r.log.String())
		}
	})
	return r
}

func (r *rig) seen() []State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]State(nil), r.states...)
}

// count is how often the plugin did something, over all its lives.
func (r *rig) count(what string) int {
	text, _ := os.ReadFile(filepath.Join(r.dir, what))
	return len(text)
}

// signal sends a signal to one process. A plugin between two lives has the id
// 0, which to the kernel is our own process group.
func signal(pid int, s syscall.Signal) error {
	if pid <= 1 {
		return syscall.ESRCH
	}
	return syscall.Kill(pid, s)
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// eventually waits for something that another process does: there is no clock
// to bend there.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}

var rowan = connector.Person{Key: "subject-1", Record: record.Person{
	Identifiers: []record.Identifier{{System: "https://fhir.nhs.uk/Id/nhs-number", Value: "9990000018"}},
	Names:       []record.Name{{Family: []string{"Tessel"}, Given: []string{"Rowan"}}},
	BirthDate:   &record.PartialDate{Date: "2016-05-03"},
}}

func search(fault string) connector.SearchRequest {
	return connector.SearchRequest{Unit: fault, Person: rowan}
}

func fetch(fault string) connector.FetchRequest {
	return connector.FetchRequest{
		Unit: fault, Ref: "ref-1", Person: rowan, Categories: []string{"education.attendance"},
		Period: connector.Period{From: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
}

func wantCode(t *testing.T, err error, want connector.ErrorCode) {
	t.Helper()
	if got := connector.CodeOf(err); got != want {
		t.Errorf("error %v has code %q, want %q", err, got, want)
	}
	if err != nil && (strings.Contains(err.Error(), "Tessel") || strings.Contains(err.Error(), "TESSEL") ||
		strings.Contains(err.Error(), "hunter2")) {
		t.Errorf("the error repeats what it must not: %v", err)
	}
}
