package bench

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// victims and how often each is chosen, in a hundred.
var victims = []struct {
	name string
	of   int
}{{"hub", 32}, {"police", 22}, {"housing", 14}, {"connector", 14}, {"broker", 14}, {"everything", 4}}

// moments at which a process can be told to die.
var moments = map[string][]string{
	"hub":     {onAsk, onLand, onLand, onSent, onSettle},
	"police":  {onHold, onRelease, onRelease, onSent, onSettle},
	"housing": {onHold, onRelease, onSent, onSettle},
}

// points kills and brings back, one point after the other.
func (c *crash) points(ctx context.Context, r *CrashResult) error {
	if c.Only != nil {
		return c.once(ctx, r)
	}
	for n := range c.Points {
		pause(ctx, time.Duration(c.rng.IntN(250))*time.Millisecond)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		victim := c.victim()
		where := "at random"
		var at time.Time
		if list := moments[victim]; list != nil && c.rng.IntN(2) == 0 {
			d := death{Moment: list[c.rng.IntN(len(list))], After: c.rng.IntN(2) == 0, Skip: c.rng.IntN(3)}
			where = fmt.Sprintf("before the commit of %s", d.Moment)
			if d.After {
				where = fmt.Sprintf("after the commit of %s", d.Moment)
			}
			r.Chosen++
			at = c.order(ctx, victim, d)
		} else {
			var err error
			if at, err = c.strike(ctx, victim); err != nil {
				return err
			}
		}
		if err := c.revive(ctx, victim); err != nil {
			return err
		}
		if err := c.uninvited(ctx); err != nil {
			return err
		}
		took, ok := c.recovered(ctx, victim, at)
		r.Points++
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !ok {
			c.fail("I7", "no return landed within %s of killing %s %s (point %d)", c.Recover, victim, where, n+1)
			continue
		}
		r.Recovery = append(r.Recovery, took)
		c.say("point %d: %s %s, the next return %d ms later", n+1, victim, where, took.Milliseconds())
	}
	return nil
}

// once waits for the one ordered death, and for life after it.
func (c *crash) once(ctx context.Context, r *CrashResult) error {
	v := c.child(c.Only.Victim)
	select {
	case <-v.now().done:
	case <-time.After(c.Recover):
		return fmt.Errorf("%s did not reach the moment it was to die at", v.name)
	case <-ctx.Done():
		return ctx.Err()
	}
	at := time.Now()
	// It is not to die again: its configuration loses the order.
	if err := c.disarm(v); err != nil {
		return err
	}
	if err := c.revive(ctx, v.name); err != nil {
		return err
	}
	r.Points, r.Chosen = 1, 1
	took, ok := c.recovered(ctx, v.name, at)
	if !ok {
		c.fail("I7", "no return landed within %s of killing %s", c.Recover, v.name)
		return nil
	}
	r.Recovery = append(r.Recovery, took)
	return nil
}

func (c *crash) victim() string {
	n := c.rng.IntN(100)
	for _, v := range victims {
		if n -= v.of; n < 0 {
			return v.name
		}
	}
	return "hub"
}

func (c *crash) child(name string) *child {
	switch name {
	case "hub":
		return c.hub
	case "broker":
		return c.broker
	}
	return c.nodes[name]
}

// order lets a process die at a chosen transaction, and kills it if it does
// not come to one. It returns when it died.
func (c *crash) order(ctx context.Context, victim string, d death) time.Time {
	p := c.child(victim).now()
	_ = p.call(ctx, "die", d, nil) // it may die before it answers
	select {
	case <-p.done:
		return time.Now()
	case <-time.After(2 * time.Second):
	case <-ctx.Done():
	}
	p.kill()
	return time.Now()
}

// strike kills at once. The connectors of a killed node must be gone soon.
func (c *crash) strike(ctx context.Context, victim string) (time.Time, error) {
	switch victim {
	case "connector":
		pids, err := c.plugins(ctx)
		for _, pid := range pids {
			if pid > 1 { // it may be between two lives; 0 would be our own process group
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		return time.Now(), err
	case "everything":
		for _, ch := range []*child{c.nodes["police"], c.hub, c.broker, c.nodes["housing"]} {
			ch.kill()
		}
		return time.Now(), nil
	case "police":
		pids, err := c.plugins(ctx)
		if err != nil {
			return time.Now(), err
		}
		c.nodes[victim].kill()
		at := time.Now()
		c.orphans.Go(func() {
			for _, pid := range pids {
				for alive(pid) && time.Since(at) < outlive {
					time.Sleep(20 * time.Millisecond)
				}
				if alive(pid) {
					c.fail("I7", "the connector outlives its killed node by %s", outlive)
				}
			}
		})
		return at, nil
	}
	c.child(victim).kill()
	return time.Now(), nil
}

// outlive is how long a connector may live on after its node was killed.
const outlive = 5 * time.Second

func (c *crash) plugins(ctx context.Context) (pids []int, err error) {
	err = c.nodes["police"].now().call(ctx, "plugins", nil, &pids)
	if err != nil {
		err = fmt.Errorf("asking the police's node for its connectors: %w: %s", err, tail(c.nodes["police"].log))
	}
	return pids, err
}

// revive starts again what was killed. A connector is its node's to start.
func (c *crash) revive(ctx context.Context, victim string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	switch victim {
	case "connector":
		return nil
	case "everything":
		if err := c.broker.start(ctx); err != nil {
			return err
		}
		return c.startAll(ctx)
	}
	return c.child(victim).start(ctx)
}

// recovered waits for a return to a question that was put after the kill, by
// whom the kill concerned. The measured time so includes the restart, the
// pause until somebody asks again and the whole way there and back.
func (c *crash) recovered(ctx context.Context, victim string, at time.Time) (time.Duration, bool) {
	w := make(chan landing, 4096)
	c.mu.Lock()
	c.landing = append(c.landing, w)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.landing = nil
		c.mu.Unlock()
	}()
	limit := time.NewTimer(c.Recover)
	defer limit.Stop()
	for {
		select {
		case l := <-w:
			raised, party, ok := c.ledger.raisedAt(l.request)
			concerned := victim == party || victim == "hub" || victim == "broker" || victim == "everything" || victim == "connector" && party == "police"
			if ok && concerned && raised.After(at) {
				return l.at.Sub(at), true
			}
		case <-limit.C:
			return 0, false
		case <-ctx.Done():
			return 0, false
		}
	}
}
