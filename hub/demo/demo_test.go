package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mashhub/hub/demo"
)

// program builds the whole program once: what these tests start is what a
// newcomer starts.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "mashhub-program-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "mashhub")
	out, err := exec.Command("go", "build", "-o", path, "mashhub/hub").CombinedOutput()
	if err != nil {
		return "", &buildError{out, err}
	}
	return path, nil
})

type buildError struct {
	out []byte
	err error
}

func (e *buildError) Error() string { return e.err.Error() + ": " + string(e.out) }

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if testing.Short() {
		t.Skip("starts sixteen processes: left out with -short")
	}
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, path, args...)
}

// TestOnce plays scenarios whole: all six agencies, an Encompass night, and
// the closing that must be refused. .ci/run plays all ten.
func TestOnce(t *testing.T) {
	for _, n := range []int{1, 8, 10} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			cmd := command(t, "demo", "--once", "--json", "--scenario", strconv.Itoa(n))
			var out, progress bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &progress
			err := cmd.Run()
			var r demo.Report
			if jerr := json.Unmarshal(out.Bytes(), &r); jerr != nil {
				t.Fatalf("%v, %v\n%s", err, jerr, progress.String())
			}
			if strings.Contains(out.String(), `": null`) {
				t.Errorf("a list without anything in it is null and not []:\n%s", out.String())
			}
			for _, c := range r.Checks {
				if !c.OK {
					t.Errorf("%s: %s", c.What, c.Detail)
				}
			}
			if err != nil || !r.OK {
				t.Errorf("it ended with %v, ok is %v", err, r.OK)
			}
			if n == 1 {
				agencies, pids := map[string]bool{}, map[int]bool{}
				for _, q := range r.Requests {
					agencies[q.Agency] = q.State == "landed"
				}
				for _, p := range r.Processes {
					pids[p.PID] = true
				}
				if len(agencies) != 6 || len(pids) != 7 || len(r.Withheld) != 1 || !r.Audit.Verified {
					t.Errorf("%d agencies answered through %d processes, %d withheld, log verified: %v", len(agencies), len(pids), len(r.Withheld), r.Audit.Verified)
				}
			}
		})
	}
}

// running is a demo that stays.
type running struct {
	cmd *exec.Cmd
	out *lines
}

// lines is what a demo printed so far.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func stay(t *testing.T, dir string) *running {
	t.Helper()
	r := &running{cmd: command(t, "demo", "--data", dir), out: &lines{}}
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.cmd.Process.Kill(); r.cmd.Wait() })
	r.await(t, "Everything runs")
	return r
}

func (r *running) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(r.out.String(), text); {
		if time.Now().After(deadline) {
			t.Fatalf("%q was not printed within a minute:\n%s", text, r.out)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// of lists the processes that were started with a data directory, or below one
// that was.
func of(t *testing.T, dir string) (pids []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Skip("processes are counted in /proc, which this system does not have")
	}
	children := map[int][]int{}
	var found []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue
		}
		f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if f[0] == "Z" {
			continue
		}
		parent, _ := strconv.Atoi(f[1])
		children[parent] = append(children[parent], pid)
		line, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if bytes.Contains(line, []byte(dir)) {
			found = append(found, pid)
		}
	}
	seen := map[int]bool{}
	for len(found) > 0 {
		pid := found[0]
		found = found[1:]
		if !seen[pid] {
			seen[pid] = true
			pids = append(pids, pid)
			found = append(found, children[pid]...)
		}
	}
	return pids
}

// gone waits until none of some processes lives.
func gone(t *testing.T, pids []int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var left []int
		for _, pid := range pids {
			stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
			if err == nil && !bytes.Contains(stat, []byte(") Z ")) {
				left = append(left, pid)
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes %v of %v still live", left, pids)
		}
	}
}

// TestStay: a second demo is refused, a killed one leaves nothing behind and
// goes on where it was, and an interrupt ends everything, soon, even while a
// child cannot start.
func TestStay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := stay(t, dir)
	all := of(t, dir)
	if len(all) < 15 {
		t.Fatalf("%d processes run, want the demo, broker, hub, six nodes and seven connectors", len(all))
	}

	ownSecretsOnly(t, all)
	ownNamesOnly(t, filepath.Join(dir, "conf"))

	second := command(t, "demo", "--data", dir)
	out, err := second.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "runs on") {
		t.Errorf("a second demo on the same directory: %v\n%s", err, out)
	}
	reference, err := os.ReadFile(filepath.Join(dir, "opened"))
	if err != nil {
		t.Fatal(err)
	}

	first.cmd.Process.Kill()
	first.cmd.Wait()
	gone(t, all)

	again := stay(t, dir)
	if now, _ := os.ReadFile(filepath.Join(dir, "opened")); !bytes.Equal(now, reference) {
		t.Error("it opened another enquiry instead of going on")
	}
	hubWaits(t, dir)
	all = of(t, dir)
	asked := time.Now()
	if err := again.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := again.cmd.Wait(); err != nil {
		t.Errorf("after an interrupt it ended with %v", err)
	}
	if took := time.Since(asked); took > 15*time.Second {
		t.Errorf("it ended %v after the interrupt", took)
	}
	gone(t, all)
	if syscall.Kill(again.cmd.Process.Pid, 0) == nil {
		t.Error("it lives")
	}
}

// TestFreshEmptiesNothingElse: --fresh on a directory that is no demo's
// removes nothing.
func TestFreshEmptiesNothingElse(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "precious")
	if err := os.WriteFile(precious, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := command(t, "demo", "--data", dir, "--fresh").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "not a demo's directory") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := os.Stat(precious); err != nil {
		t.Error("it removed what was not its own")
	}
}

// TestUnusablePathIsRefused: a path that the agencies' connectors could not
// take is refused at once, by name, and nothing is made.
func TestUnusablePathIsRefused(t *testing.T) {
	for _, name := range []string{"what?", "num#1"} {
		dir := filepath.Join(t.TempDir(), name)
		out, err := command(t, "demo", "--once", "--data", dir).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "must not hold ? or #") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s was made", name)
		}
	}
}

// TestUnreadOutput: demo --once | head -1 ends, with an error, and leaves
// nothing behind.
func TestUnreadOutput(t *testing.T) {
	cmd := command(t, "demo", "--once")
	tmp := t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	out.Close()
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v, want exit code 1", err)
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("%d left in the temporary directory, %v", len(left), err)
	}
}
