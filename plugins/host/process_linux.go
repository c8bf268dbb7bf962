package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// waitExit blocks until the process has ended, without releasing its id.
func waitExit(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// killStrays ends processes that left the group (setsid) but still carry the
// environment of this launch, which names a directory nobody else has.
func killStrays(socketDir string) {
	mark := []byte(socketDir + "\x00")
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		env, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(env, mark) {
			continue
		}
		if pid, err := strconv.Atoi(strings.Split(file, "/")[2]); err == nil && pid != os.Getpid() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// residentBytes is the resident memory of the process group that pid leads. A
// page shared by two of its processes counts twice.
func residentBytes(pid int) (int64, error) {
	leader, err := resident(pid)
	if err != nil {
		return 0, err
	}
	total := leader
	for _, child := range children(pid, 0) {
		if n, err := resident(child); err == nil {
			total += n
		}
	}
	return total, nil
}

func resident(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("reading the memory of a plugin: unexpected form")
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// children lists the descendants of pid that the kernel tells of, to a depth
// at which a fork bomb is somebody else's problem.
func children(pid, depth int) []int {
	if depth > 8 {
		return nil
	}
	var all []int
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, f := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(f); err == nil {
				all = append(append(all, child), children(child, depth+1)...)
			}
		}
	}
	return all
}
