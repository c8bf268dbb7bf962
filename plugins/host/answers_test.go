package host

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

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

// TestAnswersFarAboveTheUsualCap: 64 MiB against the cap that a host has where
// nobody sets one.
func TestAnswersFarAboveTheUsualCap(t *testing.T) {
	r := start(t, nil)
	pid := r.Pid()
	_, err := r.Fetch(t.Context(), fetch("huge"))
	wantCode(t, err, connector.CodeTooLarge)
	if _, err := r.Fetch(t.Context(), fetch("")); err != nil || r.Pid() != pid {
		t.Errorf("afterwards: %v, pid %d was %d", err, r.Pid(), pid)
	}
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
