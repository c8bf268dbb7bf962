package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"syscall"

	"mashhub/connectors/police"
	"mashhub/hub/bus"
	"mashhub/hub/mash"
	"mashhub/plugins/connector"
)

// ChildCommand is the first argument by which a program starts itself again as
// one of the harness's processes: the command of mashhub and the test binary
// alike hand what follows it to Child.
const ChildCommand = "bench-child"

// childConfig is what a child is told, as a JSON file.
type childConfig struct {
	Role       string         `json:"role"` // broker, hub or node
	Dir        string         `json:"dir"`
	Enrol      string         `json:"enrol"`
	Brokers    []string       `json:"brokers"`
	Agencies   mash.Directory `json:"agencies"` // of the hub; of a node, itself
	Police     string         `json:"police"`   // the record system's database, for the police's node
	Day        string         `json:"day"`      // of the scenario, YYYY-MM-DD
	Plant      bool           `json:"plant"`
	FaultEvery int64          `json:"fault_every"`
	Die        *death         `json:"die,omitempty"`
}

// call is a line from the harness, reply a line to it. A reply without an id
// is an event.
type call struct {
	ID   int             `json:"id"`
	Op   string          `json:"op"`
	Args json.RawMessage `json:"args,omitempty"`
}

type reply struct {
	ID     int             `json:"id,omitempty"`
	Event  string          `json:"event,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Code   mash.Code       `json:"code,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// Child runs one of the harness's processes: "connector police", or the path
// of a childConfig. It ends when its standard input does.
func Child(ctx context.Context, args []string, log *slog.Logger) error {
	if len(args) == 2 && args[0] == "connector" {
		serve, ok := map[string]func() connector.Connector{"police": police.New, "synthetic": newSynthetic}[args[1]]
		if !ok {
			return fmt.Errorf("there is no connector %q here", args[1])
		}
		connector.Serve(serve())
		return nil
	}
	if len(args) != 1 {
		return fmt.Errorf("%s: give the path of a configuration", ChildCommand)
	}
	b, err := os.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("reading the child's configuration: %w", err)
	}
	var c childConfig
	if err := json.Unmarshal(b, &c); err != nil {
		return fmt.Errorf("reading the child's configuration: %w", err)
	}
	l := &line{out: os.Stdout}
	switch c.Role {
	case "broker":
		ctx, cancel := bus.UntilClosed(ctx, os.Stdin)
		defer cancel()
		return bus.RunBroker(ctx, bus.BrokerOptions{Dir: c.Dir, Log: log, OnReady: func(addr string) { l.event("ready", addr) }})
	case "hub":
		return runHub(ctx, c, l, log)
	case "node":
		return runNode(ctx, c, l, log)
	}
	return fmt.Errorf("unknown role %q", c.Role)
}

// dieNow is SIGKILL to oneself: nothing is flushed, no defer runs.
func dieNow() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}

// line writes replies and events.
type line struct {
	mu  sync.Mutex
	out io.Writer
}

func (l *line) write(r reply) {
	b, err := json.Marshal(r)
	if err != nil {
		b, _ = json.Marshal(reply{ID: r.ID, Code: mash.CodeInternal, Error: err.Error()}) // plain strings: cannot fail
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.out.Write(append(b, '\n')) // who should read it may be gone
}

func (l *line) event(name string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		b = nil
	}
	l.write(reply{Event: name, Result: b})
}

// serve answers calls from r until it ends, each in a goroutine of its own,
// and then calls done.
func (l *line) serve(ctx context.Context, r io.Reader, done func(), ops map[string]func(context.Context, json.RawMessage) (any, error)) {
	defer done()
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var c call
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			continue // a line cut off by the end
		}
		go func() {
			out := reply{ID: c.ID}
			op, ok := ops[c.Op]
			if !ok {
				out.Code, out.Error = mash.CodeUnsupported, "unknown operation "+c.Op
			} else if v, err := op(ctx, c.Args); err != nil {
				out.Code, out.Error = mash.CodeOf(err), err.Error()
			} else {
				out.Result, _ = json.Marshal(v) // plain data
			}
			l.write(out)
		}()
	}
}

// op makes an operation of a function with typed arguments.
func op[A, R any](f func(context.Context, A) (R, error)) func(context.Context, json.RawMessage) (any, error) {
	return func(ctx context.Context, raw json.RawMessage) (any, error) {
		var a A
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &a); err != nil {
				return nil, err
			}
		}
		return f(ctx, a)
	}
}
