//go:build unix

package connector

import (
	"os"
	"path/filepath"
	"syscall"
)

// endGroup kills this process's group, so that what it started ends with it,
// but only if the group is its own: a host gives every plugin a new group.
func endGroup() {
	if syscall.Getpgrp() == os.Getpid() {
		_ = syscall.Kill(-os.Getpid(), syscall.SIGKILL)
	}
	os.Exit(0)
}

// removeSockets tidies what a crashed host cannot: our socket and, when they
// are empty then, its directory and the one above, both made for this launch.
func removeSockets(dir string) {
	if dir == "" {
		return
	}
	sockets, _ := filepath.Glob(filepath.Join(dir, "plugin*"))
	for _, s := range sockets {
		_ = os.Remove(s)
	}
	_ = os.Remove(dir)
	_ = os.Remove(filepath.Dir(dir))
}
