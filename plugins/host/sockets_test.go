package host

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// hostProcess starts a host of its own with a plugin, and gives the plugin's
// and its grandchild's process ids.
func hostProcess(t *testing.T, sockets string) (cmd *exec.Cmd, plugin, child int) {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(path, "as", "host", sockets)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(line, &plugin, &child); err != nil || plugin <= 1 || child <= 1 {
		t.Fatalf("the host said %q", line)
	}
	return cmd, plugin, child
}

// killed ends plugin and host at once, so that neither can tidy up: stopped
// first, because the plugin would notice the end of its host, and the host
// would start it again.
func killed(t *testing.T, host *exec.Cmd, plugin, child int) {
	t.Helper()
	for _, s := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGKILL} {
		for _, pid := range []int{host.Process.Pid, plugin, child} {
			if err := signal(pid, s); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = host.Wait()
	eventually(t, "their end", func() bool { return gone(plugin) && gone(child) })
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return strings.Join(out, " ")
}

// TestSocketsOfTheDeadAreRemoved: what a host and its plugin left, both killed
// in one moment, is gone when the next plugin starts. A living host's stays and
// goes on to work, as does all that only looks similar.
func TestSocketsOfTheDeadAreRemoved(t *testing.T) {
	sockets := shortDir(t)
	dead, plugin, child := hostProcess(t, sockets)
	left := names(t, sockets)
	killed(t, dead, plugin, child)
	if names(t, sockets) != left || left == "" {
		t.Fatalf("left is %q, was %q: there is nothing to remove", names(t, sockets), left)
	}
	_, livingPlugin, _ := hostProcess(t, sockets)
	if strings.Contains(names(t, sockets), left) {
		t.Errorf("%s was not removed when the next host started", left)
	}
	living := names(t, sockets)

	similar := []string{"mash-notes", "mash-1", "mash-2/plugin-dir1/notes", "mash-3/plugin-dir1/plugin1", "mash-4/other"}
	for _, name := range similar {
		path := filepath.Join(sockets, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(sockets, "mash-5")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(sockets, "mash-6"), 0o700); err != nil { // killed before its plugin had a socket
		t.Fatal(err)
	}
	before := names(t, sockets)
	if n := sweep(sockets); n != 1 {
		t.Errorf("%d directories were removed, want 1 of %s", n, before)
	}
	for _, name := range append(similar, living, "mash-5") {
		if _, err := os.Stat(filepath.Join(sockets, name)); err != nil {
			t.Errorf("it removed %s", name)
		}
	}
	if !alive(livingPlugin) {
		t.Error("the living host's plugin is gone")
	}
	_, err := os.Stat(filepath.Join(sockets, "mash-6"))
	if !os.IsNotExist(err) {
		t.Errorf("mash-6 is there: %v", err)
	}
}

// TestSweepersAndLaunchesAtOnce: however they meet, a launch ends with a
// directory that is its own.
func TestSweepersAndLaunchesAtOnce(t *testing.T) {
	base := shortDir(t)
	stop, swept := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(swept)
		for {
			select {
			case <-stop:
				return
			default:
				sweep(base)
			}
		}
	}()
	for range 500 {
		d, err := makeSocketDir(base)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d.path, "x"), nil, 0o600); err != nil {
			t.Fatalf("its directory was taken away: %v", err)
		}
		if _, err := lockSocketDir(d.path); err == nil {
			t.Fatal("another has its lock")
		}
		d.remove()
	}
	close(stop)
	<-swept
	if left := names(t, base); left != "" {
		t.Errorf("left: %s", left)
	}
}
