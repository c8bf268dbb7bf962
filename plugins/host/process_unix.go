//go:build unix

package host

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the process into a new group, whose id is its process id.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

func killGroup(leader int) {
	if leader > 1 { // -0 would be our own group, -1 everything
		_ = syscall.Kill(-leader, syscall.SIGKILL)
	}
}
