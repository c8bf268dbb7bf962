package host

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// The test binary is also the plugin, the plugin's grandchild and, for the
// test in which a host dies, the host: TestMain looks at its first argument.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "as" {
		runAs(os.Args[2], os.Args[3:])
		return
	}
	goleak.VerifyTestMain(m)
}

const secret = "hunter2-Tessel-9990000018"

func runAs(role string, args []string) {
	switch role {
	case "plugin":
		connector.Serve(&faulty{})
	case "plugin-v2", "plugin-v1v2":
		serveVersions(role)
	case "exit":
		os.Exit(3)
	case "silent":
		select {}
	case "babble":
		fmt.Println("password " + secret)
		select {}
	case "elsewhere":
		fmt.Println("1|1|tcp|192.0.2.1:443|grpc|")
		select {}
	case "deaf": // announces a socket, accepts, and never says a word
		deaf()
	case "plain": // serves the contract well, without TLS
		plain()
	case "grandchild":
		select {}
	case "host":
		asHost(args)
	}
}

// faulty is a connector that misbehaves on request: the unit of a call names
// the fault. Its configuration is a directory in which it remembers, across
// its deaths, what it has done.
type faulty struct {
	connector.Unimplemented
	dir string
	mu  sync.Mutex
}

func (f *faulty) Describe(context.Context, connector.DescribeRequest) (connector.DescribeResponse, error) {
	return connector.DescribeResponse{
		Kind: "faulty", Version: "1.0.0", Methods: []string{"search", "fetch", "deliver", "watch"},
		Categories: []string{"education.attendance", "housing.arrears"},
	}, nil
}

func (f *faulty) Configure(_ context.Context, q connector.ConfigureRequest) (connector.ConfigureResponse, error) {
	var config struct{ Dir, Fault string }
	if err := json.Unmarshal(q.Config, &config); err != nil {
		return connector.ConfigureResponse{}, &connector.Error{Code: connector.CodeInvalid, Field: "config", Message: "not JSON"}
	}
	f.dir = config.Dir
	switch config.Fault {
	case "invalid":
		return connector.ConfigureResponse{}, &connector.Error{
			Code: connector.CodeInvalid, Field: "dir", Message: "cannot log in with " + q.Secrets["password"]}
	case "crash":
		os.Exit(4)
	case "crash-on-restart":
		if f.times("launches") > 1 {
			os.Exit(4)
		}
	}
	return connector.ConfigureResponse{}, nil
}

// times counts in a file how often this was called, this call included.
func (f *faulty) times(what string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := filepath.Join(f.dir, what)
	text, _ := os.ReadFile(path)
	_ = os.WriteFile(path, append(text, '.'), 0o600)
	return len(text) + 1
}

func (f *faulty) misbehave(ctx context.Context, fault string) error {
	switch fault {
	case "hang":
		select {} // deaf to its context
	case "wait":
		<-ctx.Done()
		return ctx.Err()
	case "crash":
		os.Exit(5)
	case "crash-once":
		if f.times(fault) == 1 {
			os.Exit(5)
		}
	case "panic":
		panic("row of " + secret)
	case "panic-aside":
		go func() { panic("row of " + secret) }()
		select {}
	case "print":
		for range 2000 {
			fmt.Fprintln(os.Stderr, "stderr "+secret)
			fmt.Println("stdout " + secret)
			slog.Error("logged", "name", secret)
		}
	case "memory":
		hoard := make([]byte, 256<<20)
		for i := 0; i < len(hoard); i += 4096 {
			hoard[i] = 1
		}
		select {}
	case "foreign-error":
		return fmt.Errorf("no rows for %s", secret)
	case "telling-error":
		return connector.Errorf(connector.CodeUnavailable, "no answer for Rowan TESSEL, 999 000 0018")
	case "plain-error":
		return connector.Errorf(connector.CodeUnavailable, "the database cannot be reached")
	}
	return nil
}

func (f *faulty) Search(ctx context.Context, q connector.SearchRequest) (connector.SearchResponse, error) {
	f.times("search")
	if err := f.misbehave(ctx, q.Unit); err != nil {
		return connector.SearchResponse{}, err
	}
	switch q.Unit {
	case "environment":
		return found(strings.Join(os.Environ(), "\x00")), nil
	case "fork", "fork-away":
		return found(strconv.Itoa(grandchild(q.Unit == "fork-away"))), nil
	case "too-many":
		a := connector.SearchResponse{Outcome: connector.Found}
		for i := range 21 {
			a.Candidates = append(a.Candidates, connector.Candidate{Ref: strconv.Itoa(i)})
		}
		return a, nil
	case "contradiction":
		a := found("x")
		a.Outcome = connector.None
		return a, nil
	case "unknown-outcome":
		return connector.SearchResponse{Outcome: "perhaps"}, nil
	}
	return found("ref-1"), nil
}

func found(ref string) connector.SearchResponse {
	return connector.SearchResponse{Outcome: connector.Found, Candidates: []connector.Candidate{{Ref: ref}}}
}

func (f *faulty) Fetch(ctx context.Context, q connector.FetchRequest) (connector.FetchResponse, error) {
	if err := f.misbehave(ctx, q.Unit); err != nil {
		return connector.FetchResponse{}, err
	}
	item := record.Item{
		ID: "a1", Person: q.Person.Key, Category: "education.attendance", Kind: record.Fact,
		Date: record.PartialDate{Date: "2026-03-02"}, Title: "Attendance 81 %", Source: "register",
	}
	items := []record.Item{item}
	switch q.Unit {
	case "huge":
		item.Text = strings.Repeat("x", 1<<20)
		items = nil
		for range 64 {
			items = append(items, item)
		}
	case "large": // above a cap of 1 MiB, below the plugin's own 4 MiB
		items[0].Text = strings.Repeat("x", 2<<20)
	case "other-child":
		other := item
		other.Person = "subject-2"
		items = append(items, other)
	case "excess":
		category, early := item, item
		category.ID, category.Category = "a2", "housing.arrears"
		early.ID, early.Date.Date = "a3", "2011"
		items = append(items, category, early)
	case "only-excess":
		items[0].Category = "housing.arrears"
	case "no-kind":
		items[0].Kind = ""
	}
	return connector.FetchResponse{Outcome: connector.Found, Items: items}, nil
}

func (f *faulty) Deliver(ctx context.Context, q connector.DeliverRequest) (connector.DeliverResponse, error) {
	f.times("deliver")
	if err := f.misbehave(ctx, q.Unit); err != nil {
		return connector.DeliverResponse{}, err
	}
	return connector.DeliverResponse{Outcome: connector.Found, Reference: "d-" + q.Call}, nil
}

func (f *faulty) Watch(ctx context.Context, q connector.WatchRequest) (connector.WatchResponse, error) {
	f.times("watch")
	if err := f.misbehave(ctx, q.Cursor); err != nil {
		return connector.WatchResponse{}, err
	}
	return connector.WatchResponse{Events: []connector.Notification{{ID: "n1", Kind: "encompass"}}, Cursor: "1"}, nil
}

// grandchild starts a process that outlives its parent if nobody minds it.
func grandchild(away bool) int {
	cmd := exec.Command(os.Args[0], "as", "grandchild")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr // and keeps the pipes open
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: away}
	if err := cmd.Start(); err != nil {
		return -1
	}
	return cmd.Process.Pid
}

// What the tests start and look at.

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
