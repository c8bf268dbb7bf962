//go:build unix

package connectortest

import "syscall"

func killProcess(pid int) error { return signal(pid, syscall.SIGKILL) }
func stopProcess(pid int) error { return signal(pid, syscall.SIGSTOP) }

// signal refuses ids that are no single process: a plugin between two lives
// has the id 0, which to the kernel is our own process group.
func signal(pid int, s syscall.Signal) error {
	if pid <= 1 {
		return syscall.ESRCH
	}
	return syscall.Kill(pid, s)
}
