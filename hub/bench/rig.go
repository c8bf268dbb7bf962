package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"mashhub/hub/app"
	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/protocol"
	"mashhub/hub/tracking"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

const (
	agencies      = 8
	questionBytes = 512
	answerBytes   = 4 << 10
)

// patience is how long a decision may take here. The usual 250 ms are a guard
// that a busy machine trips over; a denial would end the measurement.
const patience = 10 * time.Second

// rig is the whole path for the round trip: the broker as a process, a
// connector process for each of eight agencies, and hub and nodes, each with
// its own store, in this process, so that one profile shows all of their work.
type rig struct {
	dir    string
	broker *process
	addr   string
	hub    *app.Hub
	nodes  []*app.Node
	stages *stages
	cancel context.CancelFunc
	done   chan error
	runs   int

	mu      sync.Mutex
	early   map[string]int             // landed before anybody asked for them
	waiting map[string]chan<- struct{} // by request
}

// newRig starts everything. Close it.
func newRig(ctx context.Context, log *slog.Logger) (r *rig, err error) {
	r = &rig{early: map[string]int{}, waiting: map[string]chan<- struct{}{}, stages: newStages()}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	if r.dir, err = os.MkdirTemp("", "mashhub-bench-"); err != nil {
		return r, err
	}
	config := filepath.Join(r.dir, "broker.json")
	if err := writeJSON(config, childConfig{Role: "broker", Dir: filepath.Join(r.dir, "broker")}); err != nil {
		return r, err
	}
	if r.broker, err = spawn(ctx, config, filepath.Join(r.dir, "broker.log"), func(string, json.RawMessage) {}); err != nil {
		return r, err
	}
	if err := json.Unmarshal(r.broker.ready, &r.addr); err != nil {
		return r, err
	}
	rules, err := benchAgreement()
	if err != nil {
		return r, err
	}
	dir := directory()
	if err := r.startHub(ctx, dir, rules, log); err != nil {
		return r, err
	}
	if err := r.startNodes(ctx, dir, rules, log); err != nil {
		return r, err
	}
	return r, r.run(ctx, dir)
}

// directory has eight agencies alike.
func directory() (out mash.Directory) {
	for i := range agencies {
		out = append(out, mash.Agency{ID: fmt.Sprintf("agency-%d", i+1), Name: fmt.Sprintf("Agency %d", i+1), Kind: "housing",
			Telephone: "01632 960105", Holds: []string{benchCategory}})
	}
	return out
}

// benchAgreement is the shipped policy with eight more parties that sign what
// housing signs: every rule is evaluated as it is.
func benchAgreement() (fs.FS, error) {
	return patchedPolicy("agreements/mash-fernshire.yaml", "mash-fernshire", func(_, one map[string]any) error {
		pairs, ok := one["pairs"].(map[string]any)
		if !ok || pairs["fernshire/housing"] == nil {
			return errors.New("the shipped agreement has no pair of hub and housing")
		}
		for _, a := range directory() {
			pairs[world.Hub+"/"+a.ID] = pairs["fernshire/housing"]
		}
		return nil
	})
}

func (r *rig) startHub(ctx context.Context, dir mash.Directory, rules fs.FS, log *slog.Logger) error {
	env := mash.SystemEnv()
	p, err := protocol.New(ctx, protocol.Options{FS: rules, Where: mash.HubAddress(world.Hub), Env: env, Epoch: 1, Timeout: patience})
	if err != nil {
		return err
	}
	s := &spy{die: func() {}, landed: r.landed}
	r.hub, err = app.NewHub(ctx, app.HubOptions{ID: world.Hub, Dir: filepath.Join(r.dir, "hub"), Enrol: filepath.Join(r.dir, "enrol"), Brokers: []string{r.addr},
		Agencies: dir, Targets: tracking.DefaultProfile(), Env: env, Log: log, Wrap: app.Wraps[mash.HubTx]{
			Store: func(in mash.Store[mash.HubTx]) mash.Store[mash.HubTx] {
				return timedStore[mash.HubTx]{s.hub(in), r.stages}
			},
			Policy: func(mash.Policy) mash.Policy { return timedPolicy{p, r.stages} },
			Bus:    func(b mash.Bus) mash.Bus { return timedBus{b, r.stages} },
			Seal:   func(s mash.Seal) mash.Seal { return timedSeal{s, r.stages} },
		}})
	return err
}

func (r *rig) startNodes(ctx context.Context, dir mash.Directory, rules fs.FS, log *slog.Logger) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	env := mash.SystemEnv()
	start := time.Now()
	r.nodes = make([]*app.Node, len(dir))
	var g errgroup.Group
	for i, a := range dir {
		g.Go(func() error {
			p, err := protocol.New(ctx, protocol.Options{FS: rules, Hub: world.Hub, Where: mash.PartyAddress(mash.Party{Agency: a.ID}), Env: env, Epoch: 1, Timeout: patience})
			if err != nil {
				return err
			}
			n, err := app.NewNode(ctx, app.NodeOptions{Agency: a, Dir: filepath.Join(r.dir, a.ID), Enrol: filepath.Join(r.dir, "enrol"),
				Hubs: []app.HubLink{{ID: world.Hub, Brokers: []string{r.addr}}}, Env: env, Log: log, Boot: "bench",
				Monotonic: func() int64 { return time.Since(start).Milliseconds() },
				Connectors: []app.ConnectorSpec{{Name: "synthetic", Cmd: []string{self, ChildCommand, "connector", "synthetic"},
					Config: json.RawMessage(fmt.Sprintf(`{"bytes":%d}`, answerBytes))}},
				Wrap: app.Wraps[mash.NodeTx]{
					Store:     func(in mash.Store[mash.NodeTx]) mash.Store[mash.NodeTx] { return timedStore[mash.NodeTx]{in, r.stages} },
					Policy:    func(mash.Policy) mash.Policy { return timedPolicy{p, r.stages} },
					Bus:       func(b mash.Bus) mash.Bus { return timedBus{b, r.stages} },
					Seal:      func(s mash.Seal) mash.Seal { return timedSeal{s, r.stages} },
					Connector: func(c connector.Connector) connector.Connector { return timedConnector{c, r.stages} },
				}})
			r.nodes[i] = n
			return err
		})
	}
	return g.Wait()
}

// run exchanges keys and lets everybody work.
func (r *rig) run(ctx context.Context, dir mash.Directory) error {
	var g errgroup.Group
	for _, n := range r.nodes {
		g.Go(func() error { return n.Enrolment(ctx) })
	}
	var names []string
	for _, a := range dir {
		names = append(names, a.ID)
	}
	g.Go(func() error { return r.hub.Enrolment(ctx, names) })
	if err := g.Wait(); err != nil {
		return err
	}
	ctx, r.cancel = context.WithCancel(ctx)
	r.done = make(chan error, len(r.nodes)+1)
	go func() { r.done <- r.hub.Run(ctx) }()
	r.runs++
	for _, n := range r.nodes {
		go func() { r.done <- n.Run(ctx) }()
		r.runs++
	}
	return nil
}

func (r *rig) close() {
	if r.cancel != nil {
		r.cancel()
	}
	for range r.runs {
		<-r.done // it was told to stop
	}
	for _, n := range r.nodes {
		if n != nil {
			_ = n.Close() // measured already
		}
	}
	if r.hub != nil {
		_ = r.hub.Close() // measured already
	}
	if r.broker != nil {
		r.broker.stop(5 * time.Second)
	}
	_ = os.RemoveAll(r.dir) // a temporary directory
}

// landed is called after the commit of a return.
func (r *rig) landed(request string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w, ok := r.waiting[request]; ok {
		delete(r.waiting, request)
		w <- struct{}{}
		return
	}
	r.early[request]++
}

// question is a contact about one child, whose details make the question about
// questionBytes long.
func question(now time.Time) enquiry.OpenInput {
	return enquiry.OpenInput{Originator: mash.Originator{Kind: "school"}, Evidence: true, Narrative: "worried", RAG: mash.Amber, Level: 3,
		Purpose:  mash.PurposeS17,
		Basis:    mash.Basis{Agreement: &mash.Agreement{State: "given", GivenBy: "parent", Told: "FS-2", At: now.Add(-time.Hour)}},
		Informed: mash.Informed{Answer: "yes"}, VoiceNotSought: "not seen yet",
		People: []mash.EnquiryPerson{{Key: "subject-1", Role: mash.RoleSubject, Record: record.Person{
			Identifiers: []record.Identifier{{Value: "9990000018", System: record.SystemNHSNumber}},
			Names:       []record.Name{{Family: []string{"Tessel"}, Given: []string{"Rowan"}, Use: "usual"}},
			Addresses:   []record.Address{{Line1: "12 Millbrook Close", City: "Alderbrook", Postcode: "ZZ99 9AA"}}}}}}
}

// trip is one enquiry to every agency, until all of their returns have landed.
func (r *rig) trip(ctx context.Context) error {
	now := r.hub.Env.Now()
	e, err := r.hub.Desk.Open(ctx, worker, question(now))
	if err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	in := enquiry.AskInput{From: now.AddDate(-5, 0, 0)}
	for _, a := range r.hub.Agencies {
		in.Ask = append(in.Ask, enquiry.PartyAsk{Party: mash.Party{Agency: a.ID}, Categories: []string{benchCategory}})
	}
	rs, err := r.hub.Desk.Ask(ctx, worker, e.ID, in)
	if err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	w := make(chan struct{}, len(rs))
	for _, q := range rs {
		if q.State != mash.RequestQueued {
			return fmt.Errorf("a request is %s (%s)", q.State, q.Code)
		}
		r.mu.Lock()
		if r.early[q.ID] > 0 {
			delete(r.early, q.ID)
			w <- struct{}{}
		} else {
			r.waiting[q.ID] = w
		}
		r.mu.Unlock()
	}
	for range rs {
		select {
		case <-w:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// sound sees that what is measured is the real thing: a chronology of every
// agency's item, with its text.
func (r *rig) sound(ctx context.Context) error {
	now := r.hub.Env.Now()
	e, err := r.hub.Desk.Open(ctx, worker, question(now))
	if err != nil {
		return err
	}
	if err := r.hub.Desk.WriteOwnView(ctx, worker, e.ID, "what I think"); err != nil {
		return err
	}
	in := enquiry.AskInput{From: now.AddDate(-5, 0, 0)}
	for _, a := range r.hub.Agencies {
		in.Ask = append(in.Ask, enquiry.PartyAsk{Party: mash.Party{Agency: a.ID}, Categories: []string{benchCategory}})
	}
	if _, err := r.hub.Desk.Ask(ctx, worker, e.ID, in); err != nil {
		return err
	}
	for ctx.Err() == nil {
		p, err := r.hub.Desk.Show(ctx, worker, e.ID, "chronology")
		if err != nil {
			return err
		}
		sources := 0
		for _, x := range p.Chronology {
			if len(x.Item.Text) == answerBytes {
				sources += len(x.Sources)
			}
		}
		if sources == agencies {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("the answers did not come: %w", ctx.Err())
}
