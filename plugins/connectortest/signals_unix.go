//go:build unix

package connectortest

import "syscall"

func killProcess(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }
func stopProcess(pid int) error { return syscall.Kill(pid, syscall.SIGSTOP) }
