//go:build unix

package bustest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// Apache is an Apache Kafka of a test's own, which it may kill. Not safe for
// concurrent use.
type Apache struct {
	Addr string // host:port; the same after each Start
	// command is started with dir as its argument, says the address on its
	// standard output and lives until its standard input ends.
	command, dir string
	cmd          *exec.Cmd
	stdin        io.Closer
}

// NewApache prepares a broker that command (deploy/kafka/broker, or one like
// it) runs on dir. Start it, and Stop it in the end.
func NewApache(command, dir string) *Apache { return &Apache{command: command, dir: dir} }

// Start returns when the broker serves; at once if it runs.
func (a *Apache) Start() error {
	if a.cmd != nil {
		return nil
	}
	cmd := exec.Command(a.command, a.dir)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that Kill reaches the server
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting Apache Kafka: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = in.Close()
		return errors.Join(fmt.Errorf("waiting for Apache Kafka: %w", err), cmd.Wait())
	}
	a.cmd, a.stdin = cmd, in
	if addr := strings.TrimSpace(line); a.Addr == "" {
		a.Addr = addr
	} else if a.Addr != addr {
		return fmt.Errorf("Apache Kafka moved from %s to %s", a.Addr, addr)
	}
	return nil
}

// Signal is for the server and whatever started it.
func (a *Apache) Signal(s syscall.Signal) error {
	if a.cmd == nil {
		return errors.New("Apache Kafka does not run")
	}
	return syscall.Kill(-a.cmd.Process.Pid, s)
}

// Kill ends everything with SIGKILL; what the broker has stays.
func (a *Apache) Kill() error {
	if a.cmd == nil {
		return nil
	}
	err := a.Signal(syscall.SIGKILL)
	_ = a.cmd.Wait() // says "killed"
	_ = a.stdin.Close()
	a.cmd = nil
	return err
}

// Stop ends the broker in good order.
func (a *Apache) Stop() error {
	if a.cmd == nil {
		return nil
	}
	_ = a.stdin.Close()
	err := a.cmd.Wait()
	a.cmd = nil
	return err
}
