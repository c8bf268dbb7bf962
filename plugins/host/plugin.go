package host

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"mashhub/plugins/connector"
)

// Plugin is a connector whose process is looked after. It implements
// connector.Connector and is safe for concurrent use. Every error of its
// methods is a *connector.Error without personal data.
type Plugin struct {
	spec    Spec
	printed counter
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	done    chan struct{} // the supervisor has ended
	checks  sync.WaitGroup
	swap    chan *instance // a launch with other settings, from Configure

	configuring sync.Mutex // one Configure at a time

	mu       sync.Mutex
	settings settings
	state    State
	current  *instance           // nil while there is none to call
	changed  chan struct{}       // closed at the next change of state or current
	last     *instance           // the newest that was ready: what Describe tells
	failure  connector.ErrorCode // why the newest launch failed; empty after one that did not
	restarts int
	excess   int
}

var _ connector.Connector = (*Plugin)(nil)

// Start launches the plugin, checks its digest, shakes hands and configures
// it. ctx bounds the start only; end the Plugin with Close. Errors:
// CodeInvalid (the spec, the version, or the settings, with Field),
// CodeMisbehaved (the digest, with cause ErrDigest) and CodeUnavailable (it
// crashed or was too slow; see Spec.KeepTrying).
func Start(ctx context.Context, spec Spec) (*Plugin, error) {
	if err := spec.validate(); err != nil {
		return nil, err
	}
	spec = spec.withDefaults()
	p := &Plugin{
		spec: spec, done: make(chan struct{}), swap: make(chan *instance),
		state: Starting, changed: make(chan struct{}),
		settings: settings{connector.ConfigureRequest{Config: spec.Config, Secrets: spec.Secrets}},
	}
	p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if n := sweep(spec.Dir); n > 0 {
		spec.Log.Info("removed the sockets of hosts that are gone", "directories", n)
	}
	first, err := launch(ctx, spec, p.settings, &p.printed)
	if err != nil {
		if !spec.KeepTrying || permanent(err) || ctx.Err() != nil {
			p.cancel()
			return nil, err
		}
		spec.Log.Warn("the connector did not start", "code", string(connector.CodeOf(err)))
		p.failure = connector.CodeOf(err)
	}
	if first != nil {
		p.publish(Running, first)
	}
	go p.supervise(first)
	return p, nil
}

// Close ends the process, its children and everything that looked after them,
// and waits for it. Calls under way fail. It may be called more than once.
func (p *Plugin) Close() error {
	p.mu.Lock()
	p.cancel() // under the lock, so that no check begins after it
	p.mu.Unlock()
	<-p.done
	p.checks.Wait()
	return nil
}

// Pid is the process id, or 0 while there is no process to call.
func (p *Plugin) Pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil {
		return 0
	}
	return p.current.process.pid()
}

// State says what the process is doing.
func (p *Plugin) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Version is the version of the contract that host and plugin agreed on, or 0
// before the first handshake.
func (p *Plugin) Version() connector.Version {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		return 0
	}
	return p.last.version
}

// Failure is why the newest launch failed, or empty if it did not: of the
// error its code alone, which is fit for a page.
func (p *Plugin) Failure() connector.ErrorCode {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failure
}

// Stats are counts since Start.
type Stats struct {
	Restarts int    // launches after the first
	Excess   int    // items dropped because nobody asked for them
	Output   Output // what the plugin printed, counted and not kept
}

// Stats returns the counts.
func (p *Plugin) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Stats{Restarts: p.restarts, Excess: p.excess, Output: p.printed.output()}
}

// Describe repeats what the plugin said at its newest launch, also while it is
// restarting or tripped. Before the first launch that succeeds, the error has
// the code of the one that failed.
func (p *Plugin) Describe(context.Context, connector.DescribeRequest) (connector.DescribeResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		return connector.DescribeResponse{}, connector.Errorf(cmp.Or(p.failure, connector.CodeUnavailable), "%s: it has not started yet", p.spec.Name)
	}
	d := p.last.description
	d.Methods, d.Categories = slices.Clone(d.Methods), slices.Clone(d.Categories)
	d.ConfigSchema = slices.Clone(d.ConfigSchema)
	return d, nil
}

// Configure starts a new process with other settings and, if it takes them,
// puts it in the place of the old one. On an error the old one goes on. Calls
// under way in the old process fail; those with a key are repeated.
func (p *Plugin) Configure(ctx context.Context, q connector.ConfigureRequest) (connector.ConfigureResponse, error) {
	p.configuring.Lock()
	defer p.configuring.Unlock()
	next := settings{q}
	in, err := launch(ctx, p.spec, next, &p.printed)
	if err != nil {
		return connector.ConfigureResponse{}, err
	}
	p.mu.Lock()
	p.settings = next
	p.mu.Unlock()
	select {
	case p.swap <- in:
		return connector.ConfigureResponse{}, nil
	case <-p.ctx.Done():
		in.stop()
		return connector.ConfigureResponse{}, p.closedError()
	}
}

// Search asks for candidates.
func (p *Plugin) Search(ctx context.Context, q connector.SearchRequest) (connector.SearchResponse, error) {
	forbidden := valuesOf(q.Person.Record)
	a, err := invoke(ctx, p, question[connector.SearchResponse]{
		method: "search", key: q.Call, forbidden: forbidden,
		ask: func(ctx context.Context, c connector.Connector) (connector.SearchResponse, error) {
			return c.Search(ctx, q)
		},
		check: func(a connector.SearchResponse) (connector.SearchResponse, error) { return a, checkSearch(q, a) },
	})
	a.Reason = printable(a.Reason, forbidden)
	return a, err
}

// Fetch asks for what is held on one candidate. What lies outside the
// categories or the period asked for is dropped and reported.
func (p *Plugin) Fetch(ctx context.Context, q connector.FetchRequest) (connector.FetchResponse, error) {
	forbidden := append(valuesOf(q.Person.Record), q.Ref)
	a, err := invoke(ctx, p, question[connector.FetchResponse]{
		method: "fetch", key: q.Call, forbidden: forbidden,
		ask: func(ctx context.Context, c connector.Connector) (connector.FetchResponse, error) {
			return c.Fetch(ctx, q)
		},
		check: func(a connector.FetchResponse) (connector.FetchResponse, error) {
			a, dropped, err := checkFetch(q, a)
			p.reportExcess("fetch", dropped)
			return a, err
		},
	})
	a.Reason = printable(a.Reason, forbidden)
	return a, err
}

// Deliver hands over a notification.
func (p *Plugin) Deliver(ctx context.Context, q connector.DeliverRequest) (connector.DeliverResponse, error) {
	return invoke(ctx, p, question[connector.DeliverResponse]{
		method: "deliver", key: q.Call, forbidden: valuesOfNotification(q.Notification),
		ask: func(ctx context.Context, c connector.Connector) (connector.DeliverResponse, error) {
			return c.Deliver(ctx, q)
		},
		check: func(a connector.DeliverResponse) (connector.DeliverResponse, error) { return a, checkDeliver(a) },
	})
}

// Watch asks for events after a cursor. Its deadline is q.Wait plus the call
// timeout. It is never repeated: the caller, who holds the cursor, asks again.
func (p *Plugin) Watch(ctx context.Context, q connector.WatchRequest) (connector.WatchResponse, error) {
	return invoke(ctx, p, question[connector.WatchResponse]{
		method: "watch", longer: max(0, q.Wait),
		ask: func(ctx context.Context, c connector.Connector) (connector.WatchResponse, error) {
			return c.Watch(ctx, q)
		},
		check: func(a connector.WatchResponse) (connector.WatchResponse, error) { return a, checkWatch(q, a) },
	})
}

// Health asks whether the agency's system can be reached.
func (p *Plugin) Health(ctx context.Context, q connector.HealthRequest) (connector.HealthResponse, error) {
	a, err := invoke(ctx, p, question[connector.HealthResponse]{
		method: "health",
		ask: func(ctx context.Context, c connector.Connector) (connector.HealthResponse, error) {
			return c.Health(ctx, q)
		},
		check: func(a connector.HealthResponse) (connector.HealthResponse, error) { return a, nil },
	})
	a.Reason = printable(a.Reason, nil)
	return a, err
}

func (p *Plugin) reportExcess(method string, dropped int) {
	if dropped == 0 {
		return
	}
	p.mu.Lock()
	p.excess += dropped
	p.mu.Unlock()
	p.spec.Log.Warn("the connector answered more than was asked; dropped", "method", method, "items", dropped)
	p.spec.OnExcess(method, dropped)
}

func (p *Plugin) closedError() error {
	return connector.Errorf(connector.CodeUnavailable, "%s: the connector is closed", p.spec.Name)
}

var errTripped = errors.New("it crashed too often and is left alone for a while")

// acquire returns the process to ask, waiting for one that is on its way.
func (p *Plugin) acquire(ctx context.Context) (*instance, error) {
	for {
		p.mu.Lock()
		current, state, changed := p.current, p.state, p.changed
		p.mu.Unlock()
		switch {
		case p.ctx.Err() != nil || state == Closed:
			return nil, p.closedError()
		case current != nil:
			return current, nil
		case state == Tripped:
			return nil, connector.Errorf(connector.CodeUnavailable, "%s: %w", p.spec.Name, errTripped)
		}
		select {
		case <-changed:
		case <-p.ctx.Done():
		case <-ctx.Done():
			return nil, connector.Errorf(connector.CodeUnavailable, "%s: it did not come back in time: %w", p.spec.Name, ctx.Err())
		}
	}
}

// settle is how long a broken connection may take to show as a dead process.
const settle = 500 * time.Millisecond
