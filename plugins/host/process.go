package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// process is one operating-system process of a plugin, in the form the plugin
// library wants (runner.Runner). The library's own runner is not used because
// it would pass on our standard input, repeat the plugin's standard error,
// kill one process instead of a group, and wait for ever for a grandchild that
// kept a pipe open.
type process struct {
	cmd       *exec.Cmd
	socketDir string
	printed   *counter

	lifeline  *os.File // our end of its standard input: closing it ends the plugin
	handshake *io.PipeReader
	line      *io.PipeWriter
	outputs   []*os.File // our ends of its standard output and error
	readers   sync.WaitGroup
	exited    chan struct{}

	mu      sync.Mutex
	started bool
	killed  bool // also before the start, which then fails
	reaped  bool
}

func newProcess(argv, env []string, socketDir string, printed *counter) *process {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = env
	cmd.Dir = socketDir // not ours: a plugin has no business in our directory
	p := &process{cmd: cmd, socketDir: socketDir, printed: printed, exited: make(chan struct{})}
	p.handshake, p.line = io.Pipe()
	return p
}

// Start launches the process in a group of its own.
func (p *process) Start(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed {
		return errNoHandshake
	}
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			_ = f.Close()
		}
	}()
	inR, inW, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("opening the plugin's pipes: %w", err)
	}
	theirs = append(theirs, inR)
	p.lifeline = inW
	p.cmd.Stdin = inR
	for _, stream := range []*io.Writer{&p.cmd.Stdout, &p.cmd.Stderr} {
		r, w, err := os.Pipe()
		if err != nil {
			p.closePipes()
			return fmt.Errorf("opening the plugin's pipes: %w", err)
		}
		theirs = append(theirs, w)
		p.outputs = append(p.outputs, r)
		*stream = w
	}
	ownGroup(p.cmd)
	if err := p.cmd.Start(); err != nil {
		p.closePipes()
		return fmt.Errorf("starting the plugin: %w", err)
	}
	p.started = true
	p.readers.Go(func() { passHandshake(p.outputs[0], p.line, p.printed) })
	p.readers.Go(func() { _, _ = io.Copy(p.printed, p.outputs[1]) })
	go p.reap()
	return nil
}

// reap waits for the process to end, ends what it left behind, and only then
// lets the system forget its id, so that the group killed is still its own.
func (p *process) reap() {
	defer close(p.exited)
	waitExit(p.cmd.Process.Pid)
	p.mu.Lock()
	killGroup(p.cmd.Process.Pid)
	_ = p.cmd.Wait()
	p.reaped = true
	p.mu.Unlock()
	killStrays(p.socketDir)
	// What is still in the pipes is worth counting; what a survivor might yet
	// write is not worth waiting for.
	for _, f := range p.outputs {
		_ = f.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	}
	_ = p.handshake.Close()
	p.readers.Wait()
	p.closePipes()
}

func (p *process) closePipes() {
	_ = p.lifeline.Close()
	for _, f := range p.outputs {
		_ = f.Close()
	}
	_ = p.line.Close()
}

// kill sends SIGKILL to the whole group. It does not wait and may be repeated.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killed = true
	if p.started && !p.reaped {
		killGroup(p.cmd.Process.Pid)
	}
}

// pid is 0 before the start.
func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.started {
		return 0
	}
	return p.cmd.Process.Pid
}

// Wait returns once the process and what it started have ended.
func (p *process) Wait(context.Context) error {
	<-p.exited
	return nil
}

// Kill is what the library calls when a start fails.
func (p *process) Kill(context.Context) error {
	p.kill()
	return nil
}

// Diagnose says nothing: the library would put it in an error text.
func (p *process) Diagnose(context.Context) string { return "" }

// Stdout is the handshake line and nothing after it.
func (p *process) Stdout() io.ReadCloser { return p.handshake }

// Stderr is empty: the real one is counted, never read by the library.
func (p *process) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name is for the library's logs, which we discard.
func (p *process) Name() string { return filepath.Base(p.cmd.Path) }

// ID is the process id, or empty before the start.
func (p *process) ID() string {
	if pid := p.pid(); pid != 0 {
		return strconv.Itoa(pid)
	}
	return ""
}

var errAddress = errors.New("the plugin announced an address that is not its own")

// PluginToHost accepts a socket in the plugin's own directory or a loopback
// port, so that a plugin cannot send the host somewhere else.
func (p *process) PluginToHost(network, address string) (string, string, error) {
	switch network {
	case "unix":
		if filepath.Dir(filepath.Clean(address)) == filepath.Clean(p.socketDir) {
			return network, address, nil
		}
	case "tcp":
		host, _, err := net.SplitHostPort(address)
		if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsLoopback() {
			return network, address, nil
		}
	}
	return "", "", errAddress
}

// HostToPlugin would serve the library's broker, which the contract leaves unused.
func (p *process) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
