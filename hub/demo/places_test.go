package demo_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nobody is a user who may not write everywhere, for tests that run as root.
const nobody = 65534

// humbly makes a command run as a user whom permissions bind, with a place of
// that user's own, open to all: below the test's, root's alone would be closed.
func humbly(t *testing.T, args ...string) (cmd *exec.Cmd, place string) {
	t.Helper()
	place, err := os.MkdirTemp("", "mashhub-places-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(place) })
	cmd = command(t, args...)
	if os.Geteuid() != 0 {
		return cmd, place
	}
	b, err := os.ReadFile(cmd.Path)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(place, "mashhub")
	if err := os.WriteFile(program, b, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(place, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd.Path, cmd.Args[0] = program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return cmd, place
}

// fails runs a demo that cannot work: status 1, soon, one line that holds every
// text, and nothing left running.
func fails(t *testing.T, cmd *exec.Cmd, place string, texts ...string) {
	t.Helper()
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	began := time.Now()
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v, want status 1", err)
	}
	said := problem.String()
	if !strings.HasPrefix(said, "mashhub: ") || strings.Count(said, "\n") != 1 {
		t.Errorf("it said %q, want one line", said)
	}
	for _, text := range texts {
		if !strings.Contains(said, text) {
			t.Errorf("it said %q, and not %q", said, text)
		}
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	if left := of(t, place); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}

// TestPlacesThatCannotBeWrittenTo are told with the remedy, whatever chose them.
func TestPlacesThatCannotBeWrittenTo(t *testing.T) {
	closed := func(t *testing.T, dir string) string {
		t.Helper()
		if err := os.MkdirAll(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		if os.Geteuid() == 0 {
			if err := os.Chown(dir, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	for name, c := range map[string]struct {
		args []string
		env  string // this variable names the directory
		data string // or --data does, with this below it
	}{
		"the data directory":   {args: []string{"demo", "--once"}, data: "."},
		"the directory above":  {args: []string{"demo", "--once"}, data: "new/data"},
		"the cache directory":  {args: []string{"demo"}, env: "XDG_CACHE_HOME"},
		"the home directory":   {args: []string{"demo"}, env: "HOME"},
		"the temporary one":    {args: []string{"demo", "--once"}, env: "TMPDIR"},
		"a demo's, since then": {args: []string{"demo", "--once"}, data: "log"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd, place := humbly(t, c.args...)
			dir := filepath.Join(place, "closed")
			switch {
			case c.data == "log": // the directory is ours, a folder in it is not
				if err := os.Mkdir(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				closed(t, filepath.Join(dir, "log"))
				if os.Geteuid() == 0 {
					if err := os.Chown(dir, nobody, nobody); err != nil {
						t.Fatal(err)
					}
				}
				cmd.Args = append(cmd.Args, "--data", dir)
			case c.data != "":
				cmd.Args = append(cmd.Args, "--data", filepath.Join(closed(t, dir), c.data))
			default:
				cmd.Env = append(os.Environ(), "XDG_CACHE_HOME=", c.env+"="+closed(t, dir))
			}
			fails(t, cmd, place, "permission denied", "choose a directory that you may write to with --data")
		})
	}
	t.Run("a file", func(t *testing.T) {
		cmd, place := humbly(t, "demo", "--once")
		file := filepath.Join(place, "file")
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		cmd.Args = append(cmd.Args, "--data", file)
		fails(t, cmd, place, "not a directory")
	})
}
