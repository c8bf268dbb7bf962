package demo_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// onDisk makes a command run with a disk of its own, of so many bytes, at dir:
// in a name space where nobody else sees it.
func onDisk(t *testing.T, bytes int, dir string, cmd *exec.Cmd) {
	t.Helper()
	shell := func(script string, args ...string) *exec.Cmd {
		c := exec.Command("/bin/sh", append([]string{"-c", script, "sh"}, args...)...)
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
		return c
	}
	mount := `mount -t tmpfs -o size=` + strconv.Itoa(bytes) + ` tmpfs "$1" && shift && `
	if out, err := shell(mount+"true", dir).CombinedOutput(); err != nil {
		t.Skipf("this user may mount nothing, not even for itself: %v %s", err, strings.TrimSpace(string(out)))
	}
	c := shell(mount+`exec "$@"`, append([]string{dir, cmd.Path}, cmd.Args[1:]...)...)
	cmd.Path, cmd.Args, cmd.SysProcAttr = c.Path, c.Args, c.SysProcAttr
}

// TestAFullDisk is told before anything is made, with the remedy.
func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	cmd := command(t, "demo", "--once", "--data", dir)
	onDisk(t, 8<<20, dir, cmd)
	fails(t, cmd, dir, "make room, or choose another directory with --data")
}
