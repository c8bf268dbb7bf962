package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Ready is the line that a child prints once it works.
type Ready struct {
	Addr       string         `json:"addr"`
	Connectors map[string]int `json:"connectors,omitempty"` // process ids by name
}

// Announce prints the line that the parent waits for.
func Announce(r Ready) error { return json.NewEncoder(os.Stdout).Encode(r) }

// process is a child of the demo: this program, started again with other
// arguments.
type process struct {
	name  string
	cmd   *exec.Cmd
	stdin io.Closer // its end tells the child to stop
	ready Ready
	done  chan struct{}
	err   error
}

// spawn starts a child and waits until it is ready or has failed. Its log goes
// to a file.
func spawn(ctx context.Context, name, log string, env []string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", name, err)
	}
	defer out.Close()
	cmd := exec.Command(self, args...)
	cmd.Stderr = out
	cmd.Env = append(os.Environ(), env...)
	// A group of its own: an interrupt from the terminal reaches the demo,
	// which stops its children in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, stdin: stdin, done: make(chan struct{})}
	line := make(chan []byte, 1)
	go func() {
		r := bufio.NewReader(stdout)
		first, _ := r.ReadBytes('\n')
		line <- first
		io.Copy(io.Discard, r)
		p.err = cmd.Wait()
		close(p.done)
	}()
	select {
	case b := <-line:
		if err := json.Unmarshal(b, &p.ready); err != nil {
			p.stop(time.Second)
			return nil, fmt.Errorf("%s did not start; its log is %s: %s", name, log, lastLine(log))
		}
		return p, nil
	case <-ctx.Done():
		p.stop(time.Second)
		return nil, fmt.Errorf("starting %s: %w", name, ctx.Err())
	}
}

// stop asks the child to end and, past the grace, kills its whole group.
func (p *process) stop(grace time.Duration) {
	p.stdin.Close()
	select {
	case <-p.done:
	case <-time.After(grace):
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
}

func lastLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	if len(b) > 600 {
		b = b[len(b)-600:]
	}
	return string(b)
}

// child is a process that is started again when it ends by itself.
type child struct {
	name, log string
	args      []string
	env       []string // beside the demo's own
	ready     Ready    // of the first start; the address stays
	restarted func(name string)
	failed    func(err error) // the first of several starts in vain

	wanted context.Context // until stop; also ends a start under way
	forget context.CancelFunc
	mu     sync.Mutex
	p      *process
	over   chan struct{}
}

// start starts a child and looks after it from then on.
func start(ctx context.Context, c *child) (*child, error) {
	p, err := spawn(ctx, c.name, c.log, c.env, c.args...)
	if err != nil {
		return nil, err
	}
	c.p, c.ready, c.over = p, p.ready, make(chan struct{})
	c.wanted, c.forget = context.WithCancel(context.WithoutCancel(ctx))
	go c.keep()
	return c, nil
}

// keep restarts the process, with a pause that grows while it does not last.
func (c *child) keep() {
	defer close(c.over)
	pause := 50 * time.Millisecond
	for {
		c.mu.Lock()
		p := c.p
		c.mu.Unlock()
		since := time.Now()
		<-p.done
		if time.Since(since) > time.Minute {
			pause = 50 * time.Millisecond
		}
		for told := false; ; {
			select {
			case <-time.After(pause):
			case <-c.wanted.Done():
				return
			}
			pause = min(2*pause, 5*time.Second)
			ctx, cancel := context.WithTimeout(c.wanted, time.Minute)
			next, err := spawn(ctx, c.name, c.log, c.env, c.args...)
			cancel()
			if err == nil && c.take(next) {
				c.restarted(c.name)
				break
			}
			if c.wanted.Err() != nil {
				return
			}
			if !told {
				told = true
				c.failed(err)
			}
		}
	}
}

// take makes p the child's process, or ends it when the child is no longer
// wanted.
func (c *child) take(p *process) bool {
	c.mu.Lock()
	wanted := c.wanted.Err() == nil
	if wanted {
		c.p = p
	}
	c.mu.Unlock()
	if !wanted {
		p.stop(grace)
	}
	return wanted
}

// connectors gives the process ids of its connectors as of the last start.
func (c *child) connectors() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.p.ready.Connectors
}

func (c *child) stop(grace time.Duration) {
	c.mu.Lock()
	c.forget()
	p := c.p
	c.mu.Unlock()
	p.stop(grace)
	<-c.over
}

// stopAll stops several children at the same time.
func stopAll(cs []*child, grace time.Duration) {
	var wg sync.WaitGroup
	for _, c := range cs {
		wg.Go(func() { c.stop(grace) })
	}
	wg.Wait()
}

// lock keeps a second demo off the same data directory. The kernel lets go of
// it when the process ends, however it ends.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "demo.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("a demo runs on %s already: stop it first, or choose another directory with --data", dir)
	}
	return f, nil
}
