package host

import (
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
	case "undescribed": // breaks the contract in the first answer, until a file is there
		connector.Serve(&undescribed{mended: args[0]})
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

// undescribed cannot say what it is before its file is there.
type undescribed struct {
	faulty
	mended string
}

func (u *undescribed) Describe(ctx context.Context, q connector.DescribeRequest) (connector.DescribeResponse, error) {
	if _, err := os.Stat(u.mended); err != nil {
		return connector.DescribeResponse{Kind: secret}, nil
	}
	return u.faulty.Describe(ctx, q)
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
