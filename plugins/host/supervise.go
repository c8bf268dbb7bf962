package host

import (
	"time"

	"mashhub/plugins/connector"
)

// publish makes in the process to call and state the state to see.
func (p *Plugin) publish(state State, in *instance) {
	p.mu.Lock()
	changed := p.state != state
	p.state, p.current = state, in
	if in != nil {
		p.failure = ""
	}
	if in != nil && in != p.last {
		if p.last != nil {
			p.restarts++
		}
		p.last = in
	}
	close(p.changed)
	p.changed = make(chan struct{})
	p.mu.Unlock()
	if changed {
		p.spec.OnState(state)
	}
}

// drop makes sure that nobody else is handed a process known to be dead. The
// supervisor, which hears of the death by itself, says so in the state.
func (p *Plugin) drop(in *instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == in {
		p.current = nil
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

// steady is how long a launch after a trip must live to be trusted again.
const steady = 30 * time.Second

// supervise keeps one process alive until Close. It alone changes the state
// after Start, launches again and stops what has ended.
func (p *Plugin) supervise(in *instance) {
	defer close(p.done)
	breaker := breaker{limits: p.spec.Limits}
	for {
		if in == nil { // the first launch failed, and we are to keep trying
			in = p.recover(&breaker)
		} else {
			in = p.attend(in, &breaker)
		}
		if in == nil {
			p.publish(Closed, nil)
			return
		}
	}
}

// attend waits for the end of a process that runs and returns its successor,
// or nil when the Plugin is closed.
func (p *Plugin) attend(in *instance, b *breaker) *instance {
	trial := time.NewTimer(steady)
	defer trial.Stop()
	for {
		select {
		case <-p.ctx.Done():
			in.stop()
			return nil
		case next := <-p.swap:
			b.healthy()
			p.publish(Running, next)
			in.stop()
			return next
		case <-trial.C:
			b.healthy()
			if p.State() == HalfOpen {
				p.publish(Running, in)
			}
		case <-in.exited():
			p.drop(in)
			in.stop()
			p.spec.Log.Warn("the connector's process ended", "cause", in.why(), "printed_bytes", p.printed.bytes.Load())
			return p.recover(b)
		}
	}
}

// recover brings a process back after a crash or a failed launch. It returns
// nil when the Plugin is closed.
func (p *Plugin) recover(b *breaker) *instance {
	hopeless := false
	for {
		state, pause := Restarting, time.Duration(0)
		if b.crash(p.spec.Now()) || hopeless {
			state, pause = Tripped, p.spec.Limits.CoolDown
			b.trip()
			p.spec.Log.Error("the connector is left alone for a while: it crashed too often or cannot start", "pause", pause)
		} else {
			pause = b.backoff()
		}
		p.publish(state, nil)
		next, closed := p.pause(pause)
		if closed {
			return nil
		}
		if next != nil {
			b.healthy()
			p.publish(Running, next)
			return next
		}
		running := Running
		if b.halfOpen {
			running = HalfOpen
			p.publish(HalfOpen, nil)
		}
		p.mu.Lock()
		config := p.settings
		p.mu.Unlock()
		in, err := launch(p.ctx, p.spec, config, &p.printed)
		if err == nil {
			p.publish(running, in)
			return in
		}
		if p.ctx.Err() != nil {
			return nil
		}
		p.mu.Lock()
		p.failure = connector.CodeOf(err)
		p.mu.Unlock()
		hopeless = permanent(err)
		p.spec.Log.Warn("the connector did not start again", "code", string(connector.CodeOf(err)))
	}
}

// pause waits, unless the Plugin is closed or given other settings meanwhile.
func (p *Plugin) pause(d time.Duration) (next *instance, closed bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil, false
	case next := <-p.swap:
		return next, false
	case <-p.ctx.Done():
		return nil, true
	}
}
