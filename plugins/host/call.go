package host

import (
	"context"
	"errors"
	"time"

	"mashhub/plugins/connector"
)

// question is one call with what the host adds to it.
type question[A any] struct {
	method    string
	key       string        // idempotency key; with one, a call whose plugin died is repeated once
	longer    time.Duration // beyond the call timeout
	forbidden []string      // values that an error text must not repeat
	ask       func(context.Context, connector.Connector) (A, error)
	check     func(A) (A, error)
}

// invoke asks the plugin, with a deadline, and checks the answer.
func invoke[A any](ctx context.Context, p *Plugin, q question[A]) (A, error) {
	var none A
	limit := p.spec.Limits.CallTimeout + q.longer
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	// Only a deadline that is ours, not a hasty caller's, says something about
	// the plugin when it is met.
	callers, some := ctx.Deadline()
	ends, _ := bounded.Deadline()
	ours := !some || ends.Before(callers)
	for attempt := 0; ; attempt++ {
		in, err := p.acquire(bounded)
		if err != nil {
			return none, err
		}
		a, err := q.ask(bounded, in.remote)
		if err == nil {
			in.timeouts.Store(0)
			if a, err = q.check(a); err == nil {
				return a, nil
			}
			return none, clean(p.spec.Name, q.method, err, q.forbidden)
		}
		died := p.diagnose(bounded, in, err, ours)
		if p.ctx.Err() != nil {
			return none, p.closedError()
		}
		if !died {
			return none, clean(p.spec.Name, q.method, err, q.forbidden)
		}
		p.drop(in)
		if attempt == 0 && q.key != "" && bounded.Err() == nil {
			continue
		}
		return none, connector.Errorf(connector.CodeUnavailable, "%s: %s: the connector ended during the call", p.spec.Name, q.method)
	}
}

// maxTimeouts is how many calls in a row may meet their deadline before a
// plugin that still answers the health check is replaced: each of them may
// have left something running in it.
const maxTimeouts = 3

// diagnose decides what a failed call says about the plugin, and reports
// whether its process has died. A process that hangs is killed here; whoever
// waited for it has already met the deadline.
func (p *Plugin) diagnose(ctx context.Context, in *instance, err error, ours bool) (died bool) {
	if connector.FromPlugin(err) {
		in.timeouts.Store(0)
		return false
	}
	switch {
	case ours && errors.Is(err, context.DeadlineExceeded): // seen by our side or by the plugin's
		if in.timeouts.Add(1) >= maxTimeouts {
			in.kill("too many calls without an answer")
			return false
		}
		p.examine(in)
		return false
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return false // the caller's; a call that nobody called off was cut off with its connection
	case connector.CodeOf(err) == connector.CodeTooLarge:
		return false
	}
	wait := time.NewTimer(settle)
	defer wait.Stop()
	select {
	case <-in.exited():
		return true
	case <-wait.C:
	case <-ctx.Done():
	}
	if connector.CodeOf(err) == connector.CodeUnavailable {
		in.kill("its connection broke")
		return true
	}
	return false
}

// examine kills a process that is stuck altogether. The caller does not wait.
func (p *Plugin) examine(in *instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() != nil {
		return
	}
	p.checks.Go(func() {
		if !in.responsive(p.ctx) {
			in.kill("hung")
		}
	})
}
