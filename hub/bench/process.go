package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"mashhub/hub/mash"
)

// errGone says that the process ended before it answered: nobody knows whether
// it did what it was told.
var errGone = errors.New("the process is gone")

// process is a running child of the harness.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ready json.RawMessage
	done  chan struct{} // closed when it has ended

	mu      sync.Mutex
	next    int
	waiting map[int]chan reply
}

// spawn starts this program as a child and waits until it is ready. Its log is
// appended to a file. events is called from one goroutine.
func spawn(ctx context.Context, config, log string, events func(name string, v json.RawMessage)) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	defer out.Close()
	cmd := exec.Command(self, ChildCommand, config)
	cmd.Stderr = out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal is ours to pass on
	p := &process{cmd: cmd, done: make(chan struct{}), waiting: map[int]chan reply{}}
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a child: %w", err)
	}
	ready := make(chan json.RawMessage, 1)
	go func() {
		r := bufio.NewReader(stdout)
		for {
			b, err := r.ReadBytes('\n')
			if err != nil {
				break
			}
			p.take(b, ready, events)
		}
		_ = cmd.Wait() // how it ended is its killer's business
		p.mu.Lock()
		close(p.done)
		p.mu.Unlock()
	}()
	select {
	case p.ready = <-ready:
		return p, nil
	case <-p.done:
		return nil, fmt.Errorf("a child did not start: %s", tail(log))
	case <-ctx.Done():
		p.stop(0)
		return nil, fmt.Errorf("waiting for a child to start: %w", ctx.Err())
	}
}

func (p *process) take(b []byte, ready chan json.RawMessage, events func(string, json.RawMessage)) {
	var r reply
	if json.Unmarshal(b, &r) != nil {
		return // cut off by a kill
	}
	switch {
	case r.Event == "ready":
		ready <- r.Result
	case r.Event != "":
		events(r.Event, r.Result)
	default:
		p.mu.Lock()
		c := p.waiting[r.ID]
		delete(p.waiting, r.ID)
		p.mu.Unlock()
		if c != nil {
			c <- r
		}
	}
}

// call lets the child do something. Errors: errGone; else what the child said.
func (p *process) call(ctx context.Context, op string, args, result any) error {
	raw, err := json.Marshal(args)
	if err != nil {
		return err
	}
	c := make(chan reply, 1)
	p.mu.Lock()
	p.next++
	id := p.next
	p.waiting[id] = c
	b, _ := json.Marshal(call{ID: id, Op: op, Args: raw}) // marshalled before: cannot fail
	_, err = p.stdin.Write(append(b, '\n'))
	p.mu.Unlock()
	if err != nil {
		return errGone
	}
	select {
	case r := <-c:
		return p.result(r, result)
	case <-ctx.Done():
		return ctx.Err()
	case <-p.done:
	}
	select { // its last words count
	case r := <-c:
		return p.result(r, result)
	default:
		return errGone
	}
}

func (p *process) result(r reply, result any) error {
	if r.Error != "" {
		return &mash.Error{Code: r.Code, Message: r.Error}
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(r.Result, result)
}

// kill is kill -9.
func (p *process) kill() {
	_ = syscall.Kill(p.cmd.Process.Pid, syscall.SIGKILL) // it may be gone already
	<-p.done
}

// stop closes the child's standard input and waits; past the grace it kills.
// It reports whether the child ended by itself.
func (p *process) stop(grace time.Duration) bool {
	_ = p.stdin.Close()
	select {
	case <-p.done:
		return true
	case <-time.After(grace):
		p.kill()
		return false
	}
}

// tail is the end of a log, for an error text.
func tail(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-500):])
}

// alive reports whether a process runs. One that has ended and that nobody has
// waited for yet does not.
func alive(pid int) bool {
	if pid <= 0 || syscall.Kill(pid, 0) != nil {
		return false
	}
	if runtime.GOOS != "linux" {
		return true
	}
	f := stat(pid)
	return len(f) > 0 && f[0] != "Z"
}
