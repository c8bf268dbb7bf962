package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
)

// CrashOptions of a run of the crash harness.
type CrashOptions struct {
	Points int
	// Seed of every choice: victims, moments, pauses, what is withdrawn. The
	// same seed makes the same choices; what a process is doing at that instant
	// is the machine's.
	Seed uint64
	Dir  string // empty: a temporary one, removed if nothing was found
	// Plant stores the position apart from the effects, in the hub and the nodes.
	Plant bool
	// Only dies once, at this moment of one process ("hub", "police",
	// "housing"), instead of at Points random ones.
	Only *Moment
	// FaultEvery makes each so many'th ask and release decision come too late;
	// 0 means 9, negative none.
	FaultEvery int64
	// Recover bounds the time from a kill to the next landed return [20 s];
	// Drain bounds how long the end may take without any progress [10 s].
	Recover, Drain time.Duration
	Out            io.Writer // progress; nil: none
}

// Moment is a chosen one: which process dies at which transaction.
type Moment struct {
	Victim string
	At     string // ask, land, hold, release, sent, settle
	After  bool   // after the commit instead of before
}

// CrashResult is what a run found.
type CrashResult struct {
	Seed       uint64
	Points     int
	Chosen     int // of the points, at a chosen transaction
	Violations []string
	Enquiries  int
	Requests   int // acknowledged
	Landed     int
	Withdrawn  int
	Refused    int // denied by a planted fault
	Late       int // returns that came after the end, flagged
	Faults     int // decisions that did not come in time: deny(fault)
	Entries    int // audit entries read and verified
	Recovery   []time.Duration
	Took       time.Duration
	Dir        string
}

// parties are the agencies of the harness.
var parties = []string{"police", "housing"}

// crash is one run.
type crash struct {
	CrashOptions
	began    time.Time
	rng      *rand.Rand
	agencies mash.Directory
	broker   *child
	hub      *child
	nodes    map[string]*child
	ledger   *ledger
	orphans  sync.WaitGroup // watches over connectors of killed nodes

	mu         sync.Mutex
	violations []string
	landing    []chan landing // who waits for returns
}

// landing is a return that the hub has committed.
type landing struct {
	request string
	at      time.Time
}

// child is one of the harness's processes, through all its lives.
type child struct {
	name, config, log string
	events            func(string, json.RawMessage)

	mu sync.Mutex
	p  *process
}

func (c *child) start(ctx context.Context) error {
	p, err := spawn(ctx, c.config, c.log, c.events)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	c.mu.Lock()
	c.p = p
	c.mu.Unlock()
	return nil
}

func (c *child) now() *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.p
}

func (c *child) kill() { c.now().kill() }

// Crash runs the harness. Violations are in the result; the error is for what
// kept it from working.
func Crash(ctx context.Context, o CrashOptions) (*CrashResult, error) {
	if o.Recover == 0 {
		o.Recover = 20 * time.Second
	}
	if o.Drain == 0 {
		o.Drain = 10 * time.Second
	}
	if o.FaultEvery == 0 {
		o.FaultEvery = 9
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	temporary := o.Dir == ""
	if temporary {
		var err error
		if o.Dir, err = os.MkdirTemp("", "mashhub-crash-"); err != nil {
			return nil, err
		}
	}
	c := &crash{CrashOptions: o, began: time.Now(), rng: rand.New(rand.NewPCG(o.Seed, 1)), nodes: map[string]*child{}}
	r, err := c.run(ctx)
	if temporary && err == nil && len(r.Violations) == 0 {
		r.Dir = ""
		err = os.RemoveAll(o.Dir)
	}
	return r, err
}

func (c *crash) say(format string, args ...any) {
	fmt.Fprintf(c.Out, "%7.2fs  "+format+"\n", append([]any{time.Since(c.began).Seconds()}, args...)...)
}

// fail notes a violation of an invariant.
func (c *crash) fail(invariant, format string, args ...any) {
	s := invariant + ": " + fmt.Sprintf(format, args...)
	c.mu.Lock()
	c.violations = append(c.violations, s)
	c.mu.Unlock()
	c.say("VIOLATION %s", s)
}

func (c *crash) run(ctx context.Context) (*CrashResult, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.say("seed %d, %s", c.Seed, c.Dir)
	if err := c.prepare(ctx); err != nil {
		return nil, err
	}
	defer c.stopAll()
	if err := c.startAll(ctx); err != nil {
		return nil, err
	}
	lctx, stop := context.WithCancel(ctx)
	defer stop()
	var load sync.WaitGroup
	for i := range 3 {
		load.Go(func() { c.work(lctx, rand.New(rand.NewPCG(c.Seed, 100+uint64(i)))) })
	}
	actx, leave := context.WithCancel(ctx)
	defer leave()
	var person sync.WaitGroup
	person.Go(func() { c.answers(actx) })

	r := &CrashResult{Seed: c.Seed, Dir: c.Dir}
	err := c.points(ctx, r)
	stop()
	load.Wait()
	if err == nil {
		err = c.drain(ctx)
	}
	leave()
	person.Wait()
	if err != nil {
		return nil, err
	}
	c.stopAll()
	c.orphans.Wait()
	if err := c.check(ctx, r); err != nil {
		return nil, fmt.Errorf("checking: %w", err)
	}
	r.Violations, r.Took = c.violations, time.Since(c.began)
	slices.Sort(r.Recovery)
	return r, ctx.Err()
}

// prepare writes the police's record system and every child's configuration.
func (c *crash) prepare(ctx context.Context) error {
	for _, sub := range []string{"log", "conf", "enrol", "systems"} {
		if err := os.MkdirAll(filepath.Join(c.Dir, sub), 0o700); err != nil {
			return err
		}
	}
	var err error
	if c.ledger, err = openLedger(filepath.Join(c.Dir, "acknowledged.jsonl")); err != nil {
		return err
	}
	day := time.Now()
	story, err := world.LoadAt(1, day)
	if err != nil {
		return err
	}
	db, err := world.BuildPolice(ctx, filepath.Join(c.Dir, "systems"), story)
	if err != nil {
		return err
	}
	all, err := world.Directory()
	if err != nil {
		return err
	}
	for _, id := range parties {
		a, _ := all.Agency(id)
		c.agencies = append(c.agencies, a)
	}
	base := childConfig{Enrol: filepath.Join(c.Dir, "enrol"), Day: day.Format(time.DateOnly), Plant: c.Plant, FaultEvery: c.FaultEvery}
	add := func(name string, cfg childConfig) (*child, error) {
		cfg.Dir = filepath.Join(c.Dir, name)
		if c.Only != nil && c.Only.Victim == name {
			cfg.Die = &death{Moment: c.Only.At, After: c.Only.After, Skip: 2}
		}
		ch := &child{name: name, config: filepath.Join(c.Dir, "conf", name+".json"), log: filepath.Join(c.Dir, "log", name+".log"), events: c.event}
		return ch, writeJSON(ch.config, cfg)
	}
	cfg := base
	cfg.Role = "broker"
	if c.broker, err = add("broker", cfg); err != nil {
		return err
	}
	if err := c.broker.start(ctx); err != nil {
		return err
	}
	var addr string
	if err := json.Unmarshal(c.broker.now().ready, &addr); err != nil {
		return fmt.Errorf("reading the broker's address: %w", err)
	}
	base.Brokers = []string{addr}
	cfg = base
	cfg.Role, cfg.Agencies = "hub", c.agencies
	if c.hub, err = add("hub", cfg); err != nil {
		return err
	}
	for _, a := range c.agencies {
		cfg := base
		cfg.Role, cfg.Agencies = "node", mash.Directory{a}
		if a.ID == "police" {
			cfg.Police = db
		}
		if c.nodes[a.ID], err = add(a.ID, cfg); err != nil {
			return err
		}
	}
	return nil
}

func writeJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

// startAll starts hub and nodes together: each waits for the others' keys.
func (c *crash) startAll(ctx context.Context) error {
	sctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var g errgroup.Group
	g.Go(func() error { return c.hub.start(sctx) })
	for _, n := range c.nodes {
		g.Go(func() error { return n.start(sctx) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	c.say("everything runs")
	return nil
}

// stopAll lets everything end in order. One that does not is a violation of
// nothing, but is told: a graceful end is not what is tested here.
func (c *crash) stopAll() {
	var wg sync.WaitGroup
	stop := func(ch *child) {
		if ch == nil || ch.now() == nil {
			return
		}
		if !ch.now().stop(10 * time.Second) {
			c.say("%s did not end by itself", ch.name)
		}
	}
	for _, n := range c.nodes {
		wg.Go(func() { stop(n) })
	}
	wg.Go(func() { stop(c.hub) })
	wg.Wait()
	stop(c.broker)
}

// event takes what a child tells of itself.
func (c *crash) event(name string, v json.RawMessage) {
	var request string
	if name != "landed" || json.Unmarshal(v, &request) != nil {
		return
	}
	l := landing{request, time.Now()}
	c.ledger.land(request)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.landing {
		select {
		case w <- l:
		default: // its buffer is far larger than what it waits for
		}
	}
}

// drain waits until nothing is open anywhere, or until nothing moves any more,
// which is a violation (I1).
func (c *crash) drain(ctx context.Context) error {
	var last [3]pending
	moved := time.Now()
	for ctx.Err() == nil {
		var now [3]pending
		for i, ch := range []*child{c.hub, c.nodes[parties[0]], c.nodes[parties[1]]} {
			if err := ch.now().call(ctx, "pending", nil, &now[i]); err != nil {
				return fmt.Errorf("draining %s: %w: %s", ch.name, err, tail(ch.log))
			}
		}
		if now == [3]pending{} {
			c.say("drained")
			return nil
		}
		if now != last {
			last, moved = now, time.Now()
		}
		if time.Since(moved) > c.Drain {
			// Whatever became of its request: a message that nobody took, and nobody
			// gave up, is lost.
			c.fail("I1", "nothing moves any more: %d requests and %d, %d, %d messages are open", now[0].Requests, now[0].Messages, now[1].Messages, now[2].Messages)
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return ctx.Err()
}

// disarm takes the order to die out of a child's configuration.
func (c *crash) disarm(ch *child) error {
	b, err := os.ReadFile(ch.config)
	if err != nil {
		return err
	}
	var cfg childConfig
	if err := json.Unmarshal(b, &cfg); err != nil {
		return err
	}
	cfg.Die = nil
	return writeJSON(ch.config, cfg)
}

// uninvited tells of a process that ended though nobody killed it, and starts
// it again.
func (c *crash) uninvited(ctx context.Context) error {
	for _, ch := range []*child{c.broker, c.hub, c.nodes["police"], c.nodes["housing"]} {
		select {
		case <-ch.now().done:
			c.fail("I7", "%s ended by itself: %s", ch.name, tail(ch.log))
			if err := ch.start(ctx); err != nil {
				return err
			}
		default:
		}
	}
	return nil
}
