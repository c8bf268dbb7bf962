package host

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"mashhub/plugins/connector"
)

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

// A node runs for months: what one launch leaves behind counts.
func TestNoFilesAreLeftOpen(t *testing.T) {
	open := func() int {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("this system does not list open files in /proc")
		}
		return len(files)
	}
	start(t, nil).Close() // what the first launch opens for good
	before := open()
	for range 5 {
		r := start(t, nil)
		_, err := r.Search(t.Context(), search("crash"))
		wantCode(t, err, connector.CodeUnavailable)
		eventually(t, "a new process", func() bool { return r.State() == Running && r.Pid() != 0 })
		r.Close()
	}
	eventually(t, "no more files open than after the first", func() bool { return open() <= before })
}
