package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"gopkg.in/yaml.v3"

	"mashhub/hub/config"
	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
)

// Options of a demo.
type Options struct {
	Data     string // directory; empty: below the user's cache, or a fresh one for Once
	Fresh    bool   // empty the directory first
	Once     bool   // one enquiry, headless
	JSON     bool
	Scenario int // 1 to world.Count
	Out      io.Writer
	Progress io.Writer
	Log      *slog.Logger
}

// grace is how long a child may take to end before it is killed.
const grace = 5 * time.Second

// Demo is everything that runs.
type Demo struct {
	Options
	dir      string
	agencies mash.Directory
	scenario *world.Scenario
	broker   *child
	hub      *child
	nodes    map[string]*child
	secrets  map[string]string // what the agencies' connectors sign in with, by environment variable
	began    time.Time
	quit     context.CancelCauseFunc
	trail    trail // of everybody who is played
}

// Run starts everything, plays, and stops everything. Once: the error is nil
// only if everything the scenario asserts held.
func Run(ctx context.Context, o Options) (err error) {
	d := &Demo{Options: o, nodes: map[string]*child{}, secrets: map[string]string{}, began: time.Now()}
	cleanup, err := d.prepare()
	if err != nil {
		return d.explain(err)
	}
	defer cleanup()
	// A write to a pipe that nobody reads (demo | head -1) would end this
	// process at once, with its data left behind: take the error instead.
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	defer signal.Stop(pipe)
	ctx, d.quit = context.WithCancelCause(ctx)
	defer d.quit(nil)
	defer d.stop()
	if err = d.start(ctx); err == nil {
		if o.Once {
			err = d.once(ctx)
		} else {
			err = d.stay(ctx)
		}
	}
	if errors.Is(context.Cause(ctx), errUnread) {
		return errUnread
	}
	return d.explain(err)
}

// errUnread ends a demo whose output goes nowhere.
var errUnread = errors.New("nobody reads what is printed any more: stopped")

// prepare finds and locks the data directory.
func (d *Demo) prepare() (cleanup func(), err error) {
	dir, temporary := d.Data, false
	switch {
	case dir != "":
	case d.Once:
		if dir, err = os.MkdirTemp("", "mashhub-demo-"); err != nil {
			return nil, fmt.Errorf("making a data directory: %w", err)
		}
		temporary = true
	default:
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("finding the cache directory (choose one with --data): %w", err)
		}
		dir = filepath.Join(cache, "mashhub-demo")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	// The agencies' connectors take a file's name without parameters, and
	// refuse what looks like some.
	if strings.ContainsAny(dir, "?#") {
		return nil, errors.New("the data directory's path must not hold ? or #: choose another with --data")
	}
	d.dir = dir // what explain speaks of
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	held, err := lock(dir)
	if err != nil {
		return nil, err
	}
	if d.Fresh {
		if err := empty(dir); err != nil {
			held.Close()
			return nil, err
		}
	}
	if err := room(dir); err != nil {
		held.Close()
		if temporary {
			os.RemoveAll(dir)
		}
		return nil, err
	}
	return func() {
		held.Close()
		if temporary {
			os.RemoveAll(dir)
		}
	}, nil
}

// marker says that a directory is a demo's: --fresh empties no other.
const marker = "scenario"

// empty removes what a demo left in its directory, and refuses to touch
// anything else.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, marker)); errors.Is(err, os.ErrNotExist) && len(entries) > 1 {
		return fmt.Errorf("%s is not a demo's directory: nothing was removed", dir)
	}
	for _, e := range entries {
		if e.Name() == "demo.lock" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("emptying the data directory: %w", err)
		}
	}
	return nil
}

func (d *Demo) say(format string, args ...any) {
	_, err := fmt.Fprintf(d.Progress, "%6.2fs  "+format+"\n", append([]any{time.Since(d.began).Seconds()}, args...)...)
	if errors.Is(err, syscall.EPIPE) {
		d.quit(errUnread)
	}
}

// start brings everything up; the order is only what each needs.
func (d *Demo) start(ctx context.Context) error {
	if err := d.choose(); err != nil {
		return err
	}
	for _, sub := range []string{"log", "conf", "systems", "enrol"} {
		if err := os.MkdirAll(filepath.Join(d.dir, sub), 0o700); err != nil {
			return err
		}
	}
	var err error
	if d.agencies, err = world.Directory(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var g errgroup.Group
	var settings map[string]config.Connector
	g.Go(func() (err error) {
		settings, err = d.systems(ctx)
		return err
	})
	g.Go(func() (err error) {
		d.broker, err = d.child(ctx, "broker", nil, "demo-broker", "--dir", filepath.Join(d.dir, "broker"))
		if err == nil {
			d.say("broker          %s", d.broker.ready.Addr)
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	brokers := []string{d.broker.ready.Addr}
	g.Go(func() error { return d.startHub(ctx, brokers) })
	started := make([]*child, len(d.agencies))
	for i, a := range d.agencies {
		g.Go(func() (err error) {
			started[i], err = d.startNode(ctx, a, brokers, settings)
			return err
		})
	}
	err = g.Wait()
	for i, p := range started {
		if p != nil {
			d.nodes[d.agencies[i].ID] = p
		}
	}
	return err
}

// choose loads the scenario of this directory: the one it was made with, so
// that a demo that starts again goes on with the same people.
func (d *Demo) choose() error {
	path := filepath.Join(d.dir, marker)
	day := time.Now()
	if b, err := os.ReadFile(path); err == nil {
		var n int
		var on string
		if _, err := fmt.Sscan(string(b), &n, &on); err != nil {
			return fmt.Errorf("reading the directory's scenario (start again with --fresh): %w", err)
		}
		if d.Scenario != 0 && d.Scenario != n {
			return fmt.Errorf("this directory holds scenario %d: use --fresh for another", n)
		}
		d.Scenario = n
		if day, err = time.Parse(time.DateOnly, on); err != nil {
			return fmt.Errorf("reading the directory's scenario (start again with --fresh): %w", err)
		}
	} else {
		if d.Scenario == 0 {
			d.Scenario = 1
		}
		line := strconv.Itoa(d.Scenario) + " " + day.Format(time.DateOnly) + "\n"
		if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
			return err
		}
	}
	var err error
	d.scenario, err = world.LoadAt(d.Scenario, day)
	return err
}

func (d *Demo) logFile(name string) string { return filepath.Join(d.dir, "log", name+".log") }

// systems starts what the agencies have, and says how their connectors reach
// it. Secrets go through the environment, as an agency would pass them: of its
// own node and of no other process.
func (d *Demo) systems(ctx context.Context) (map[string]config.Connector, error) {
	token, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return nil, err
	}
	r, err := world.Start(context.WithoutCancel(ctx), filepath.Join(d.dir, "systems"), d.scenario, world.FHIROptions{TLS: true, Token: token.Text(62)})
	if err != nil {
		return nil, err
	}
	d.say("police          a record system (SQL) with %d other residents", world.Residents)
	d.say("socialcare      a case system (SQL)")
	d.say("schools         a folder of exports for each school (CSV)")
	d.say("health          a FHIR R4 server, %s", r.FHIR.URL)
	out := map[string]config.Connector{}
	for _, kind := range world.Kinds {
		settings, secrets, err := r.Config(kind)
		if err != nil {
			return nil, err
		}
		c := config.Connector{Name: kind, Kind: kind, Secrets: map[string]string{}}
		if err := json.Unmarshal(settings, &c.Settings); err != nil {
			return nil, err
		}
		for name, value := range secrets {
			env := "MASH_DEMO_" + strings.ToUpper(kind+"_"+name)
			c.Secrets[name], d.secrets[env] = env, value
		}
		out[kind] = c
	}
	return out, nil
}

func (d *Demo) write(name string, v any) (string, error) {
	b, err := yaml.Marshal(v)
	if err != nil {
		return "", err
	}
	path := filepath.Join(d.dir, "conf", name+".yaml")
	return path, os.WriteFile(path, b, 0o600)
}

// child starts one of this program's own processes under the demo's care.
// env is added to what the demo itself was given.
func (d *Demo) child(ctx context.Context, name string, env []string, args ...string) (*child, error) {
	return start(ctx, &child{name: name, log: d.logFile(name), args: args, env: env,
		restarted: func(name string) { d.say("%-15s ended by itself and was started again", name) },
		failed:    func(err error) { d.say("%-15s ended by itself and is tried again and again: %v", name, err) }})
}

func (d *Demo) startHub(ctx context.Context, brokers []string) error {
	c := config.Hub{ID: world.Hub, Name: "Fernshire MASH", Data: filepath.Join(d.dir, "hub"), Enrol: filepath.Join(d.dir, "enrol"),
		Listen: "127.0.0.1:0", Brokers: brokers, Agencies: d.agencies}
	path, err := d.write("hub", c)
	if err != nil {
		return err
	}
	if d.hub, err = d.child(ctx, "hub", nil, "demo-hub", "--config", path); err != nil {
		return err
	}
	c.Listen = d.hub.ready.Addr // should it be started again, it is found again
	_, err = d.write("hub", c)
	d.say("hub             http://%s", d.hub.ready.Addr)
	return err
}

func (d *Demo) startNode(ctx context.Context, a mash.Agency, brokers []string, settings map[string]config.Connector) (*child, error) {
	c := config.Node{Agency: a, Data: filepath.Join(d.dir, "node-"+a.ID), Enrol: filepath.Join(d.dir, "enrol"), Listen: "127.0.0.1:0",
		Hubs: []config.NodeHub{{ID: world.Hub, Name: "Fernshire MASH", Brokers: brokers}}}
	if k, ok := settings[a.ID]; ok {
		c.Connectors = append(c.Connectors, k)
	} else { // no system: a person is asked
		c.Connectors = append(c.Connectors, settings["inbox"])
	}
	if a.ID == "police" {
		c.Connectors = append(c.Connectors, settings["encompass"])
	}
	path, err := d.write("node-"+a.ID, c)
	if err != nil {
		return nil, err
	}
	var env []string
	for _, k := range c.Connectors {
		for _, name := range k.Secrets {
			env = append(env, name+"="+d.secrets[name])
		}
	}
	p, err := d.child(ctx, "node-"+a.ID, env, "demo-node", "--config", path)
	if err != nil {
		return nil, err
	}
	c.Listen = p.ready.Addr
	if _, err := d.write("node-"+a.ID, c); err != nil {
		return p, err
	}
	for name, pid := range p.ready.Connectors {
		d.say("%-15s node http://%s, connector %s (process %d)", a.ID, p.ready.Addr, name, pid)
	}
	return p, nil
}

// stop ends every child: nodes and hub first, so that they can finish what
// they are writing, then the broker.
func (d *Demo) stop() {
	var first []*child
	for _, p := range d.nodes {
		first = append(first, p)
	}
	if d.hub != nil {
		first = append(first, d.hub)
	}
	stopAll(first, grace)
	if d.broker != nil {
		stopAll([]*child{d.broker}, grace)
	}
}
