package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"mashhub/hub/audit"
	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// A play is one hub and the nodes of some agencies with real stores, keys,
// policy and logs, which talk over a scripted bus and by a clock that can be
// moved. The tests of this package are written in its words:
//
//	p := newPlay(t, "police")
//	e := p.as("worker").opens(nil)
//	r := p.as("worker").asks(e, "police")
//	p.at("police").answers(r, ...)
//	p.landed(r)
type play struct {
	t     *testing.T
	clock *shifting
	bus   *script
	notes *notes // everything that any part logged
	dir   string
	all   mash.Directory
	hub   *Hub
	nodes map[string]*Node

	faults  *faults // planted into the hub's store
	stop    []func()
	systems map[string]*system
}

// shifting is a clock that goes with the real one and can be moved on.
type shifting struct {
	mu    sync.Mutex
	base  time.Time
	begun time.Time
	moved time.Duration
}

func (c *shifting) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return mash.Instant(c.base.Add(time.Since(c.begun) + c.moved))
}

func (c *shifting) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved += d
}

// notes is what was logged, at every level.
type notes struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

// script is a bus that keeps every message, can be down, and can hold a topic
// back.
type script struct {
	mu     sync.Mutex
	change chan struct{}
	topics map[string][]mash.BusRecord
	held   map[string]bool
	stuck  map[string]bool // takes nothing
	down   bool
}

func newScript() *script {
	return &script{change: make(chan struct{}), topics: map[string][]mash.BusRecord{}, held: map[string]bool{}}
}

func (s *script) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.change)
	s.change = make(chan struct{})
}

var errDown = errors.New("no broker")

func (s *script) Publish(_ context.Context, ms []mash.BusMessage) (err error) {
	s.set(func() {
		if s.down {
			err = errDown
			return
		}
		if slices.ContainsFunc(ms, func(m mash.BusMessage) bool { return s.stuck[m.Topic] }) {
			err = errDown
			return
		}
		for _, m := range ms {
			log := s.topics[m.Topic]
			s.topics[m.Topic] = append(log, mash.BusRecord{Topic: m.Topic, Offset: int64(len(log)), Key: m.Key, Value: slices.Clone(m.Value)})
		}
	})
	return err
}

func (s *script) Read(ctx context.Context, topic string, _ int, next int64, handle func([]mash.BusRecord) error) error {
	next = max(next, 0)
	for ctx.Err() == nil {
		s.mu.Lock()
		change, batch := s.change, []mash.BusRecord(nil)
		if log := s.topics[topic]; !s.down && !s.held[topic] && int(next) < len(log) {
			batch = slices.Clone(log[next:])
		}
		s.mu.Unlock()
		if len(batch) == 0 {
			select {
			case <-ctx.Done():
			case <-change:
			}
			continue
		}
		if err := handle(batch); err != nil {
			return err
		}
		next += int64(len(batch))
	}
	return nil
}

func (s *script) Partitions(context.Context, string) (int, error) { return 1, nil }

// everything is what was ever on the bus.
func (s *script) everything() (out []mash.BusRecord) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, log := range s.topics {
		out = append(out, log...)
	}
	return out
}

// faults makes the hub's store fail where a test wants it to.
type faults struct {
	mash.Store[mash.HubTx]
	mu    sync.Mutex
	audit func(mash.AuditRow) error
	reads breaking
}

// breaking makes reads of a store fail while a test wants it to.
type breaking struct {
	on    atomic.Bool
	count atomic.Int32
}

func (b *breaking) err() error {
	if !b.on.Load() {
		return nil
	}
	b.count.Add(1)
	return errors.New("the disk does not answer")
}

// fails breaks reading until it has failed at least twice, once for a whole
// batch and once for a message by itself, and mends it then.
func (p *play) fails(b *breaking, f func()) {
	p.t.Helper()
	b.count.Store(0)
	b.on.Store(true)
	defer b.on.Store(false)
	f()
	p.eventually("reading fails", func() bool { return b.count.Load() >= 2 })
}

type raced struct{}

// racing is a context in which f runs once, just before the first Update
// begins: a race made certain.
func (p *play) racing(f func()) context.Context {
	return context.WithValue(p.t.Context(), raced{}, sync.OnceFunc(f))
}

func (f *faults) Update(ctx context.Context, fn func(mash.HubTx) error) error {
	if first, ok := ctx.Value(raced{}).(func()); ok {
		first()
	}
	return f.Store.Update(ctx, func(tx mash.HubTx) error { return fn(faultyTx{tx, f}) })
}

type faultyTx struct {
	mash.HubTx
	f *faults
}

func (t faultyTx) PutAuditRow(r mash.AuditRow) error {
	t.f.mu.Lock()
	fail := t.f.audit
	t.f.mu.Unlock()
	if fail != nil {
		if err := fail(r); err != nil {
			return err
		}
	}
	return t.HubTx.PutAuditRow(r)
}

func (t faultyTx) Request(id string) (mash.Request, error) {
	if err := t.f.reads.err(); err != nil {
		return mash.Request{}, err
	}
	return t.HubTx.Request(id)
}

func (t faultyTx) Notice(id string) (mash.Notification, error) {
	if err := t.f.reads.err(); err != nil {
		return mash.Notification{}, err
	}
	return t.HubTx.Notice(id)
}

// system is an agency's own records, in process, so that a fault can be bent.
// A nil function finds nobody.
type system struct {
	connector.Unimplemented
	mu      sync.Mutex
	search  func(context.Context, connector.SearchRequest) (connector.SearchResponse, error)
	fetch   func(context.Context, connector.FetchRequest) (connector.FetchResponse, error)
	watch   func(context.Context, connector.WatchRequest) (connector.WatchResponse, error)
	deliver func(context.Context, connector.DeliverRequest) (connector.DeliverResponse, error)
	calls   []string
	methods []string
}

func (*system) Describe(context.Context, connector.DescribeRequest) (connector.DescribeResponse, error) {
	return connector.DescribeResponse{Kind: "test"}, nil
}

func (s *system) called(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, what)
}

func (s *system) count(prefix string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

func (s *system) Search(ctx context.Context, r connector.SearchRequest) (connector.SearchResponse, error) {
	s.called("search " + r.Call)
	if s.search == nil {
		return connector.SearchResponse{Outcome: connector.None}, nil
	}
	return s.search(ctx, r)
}

func (s *system) Fetch(ctx context.Context, r connector.FetchRequest) (connector.FetchResponse, error) {
	s.called("fetch " + r.Call)
	if s.fetch == nil {
		return connector.FetchResponse{Outcome: connector.None}, nil
	}
	return s.fetch(ctx, r)
}

func (s *system) Watch(ctx context.Context, r connector.WatchRequest) (connector.WatchResponse, error) {
	return s.watch(ctx, r)
}

func (s *system) Deliver(ctx context.Context, r connector.DeliverRequest) (connector.DeliverResponse, error) {
	s.called("deliver " + r.Call)
	return s.deliver(ctx, r)
}

// holds makes a system that has the subject's record with these items.
func holds(items ...record.Item) *system {
	s := &system{}
	s.search = func(_ context.Context, r connector.SearchRequest) (connector.SearchResponse, error) {
		if r.Person.Key != "subject-1" {
			return connector.SearchResponse{Outcome: connector.None}, nil
		}
		return connector.SearchResponse{Outcome: connector.Found, Candidates: []connector.Candidate{{Ref: "record-1", Record: rowan()}}}, nil
	}
	s.fetch = func(_ context.Context, r connector.FetchRequest) (connector.FetchResponse, error) {
		var out []record.Item
		for _, i := range items {
			if i.Person == "" {
				i.Person = r.Person.Key
			}
			out = append(out, i)
		}
		return connector.FetchResponse{Outcome: connector.Found, Items: out}, nil
	}
	return s
}

// plot is what a play begins with.
type plot struct {
	agencies []string           // of the demo's directory; each gets a node
	systems  map[string]*system // an agency without one asks a person
	others   []HubLink
	node     func(*NodeOptions)
	hub      func(*HubOptions)
	absent   []string // known to the hub, without a node
	still    bool     // nothing runs until run
}

func newPlay(t *testing.T, agencies ...string) *play {
	return perform(t, plot{agencies: agencies})
}

func perform(t *testing.T, s plot) *play {
	t.Helper()
	p := &play{t: t, clock: &shifting{base: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC), begun: time.Now()}, bus: newScript(),
		notes: &notes{}, dir: t.TempDir(), nodes: map[string]*Node{}, systems: s.systems}
	all, err := world.Directory()
	p.must(err)
	for _, a := range all {
		if slices.Contains(s.agencies, a.ID) || slices.Contains(s.absent, a.ID) {
			p.all = append(p.all, a)
		}
	}
	o := HubOptions{ID: world.Hub, Dir: filepath.Join(p.dir, "hub"), Enrol: filepath.Join(p.dir, "enrol"), Brokers: []string{"127.0.0.1:1"},
		Agencies: p.all, Targets: byRAG{}, Env: p.env(), Log: p.log("hub")}
	o.Wrap.Bus = func(mash.Bus) mash.Bus { return p.bus }
	o.Wrap.Store = func(inner mash.Store[mash.HubTx]) mash.Store[mash.HubTx] {
		p.faults = &faults{Store: inner}
		return p.faults
	}
	if s.hub != nil {
		s.hub(&o)
	}
	p.hub, err = NewHub(t.Context(), o)
	p.must(err)
	t.Cleanup(func() { p.hub.Close() })
	for _, id := range s.agencies {
		p.nodes[id] = p.newNode(id, s)
	}
	var g errgroup.Group
	g.Go(func() error { return p.hub.Enrolment(t.Context(), s.agencies) })
	if len(s.others) == 0 {
		for _, n := range p.nodes {
			g.Go(func() error { return n.Enrolment(t.Context()) })
		}
	}
	p.must(g.Wait())
	if !s.still {
		p.run()
	}
	return p
}

func (p *play) newNode(id string, s plot) *Node {
	p.t.Helper()
	a, _ := p.all.Agency(id)
	o := NodeOptions{Agency: a, Dir: filepath.Join(p.dir, id), Enrol: filepath.Join(p.dir, "enrol"), Env: p.env(), Log: p.log(id),
		Hubs: append([]HubLink{{ID: world.Hub, Brokers: []string{"127.0.0.1:1"}}}, s.others...), Retry: 20 * time.Millisecond, Heartbeat: time.Hour}
	o.Wrap.Bus = func(mash.Bus) mash.Bus { return p.bus }
	if s.node != nil {
		s.node(&o)
	}
	n, err := NewNode(p.t.Context(), o)
	p.must(err)
	p.t.Cleanup(func() { n.Close() })
	if sys := p.systems[id]; sys != nil {
		methods := sys.methods
		if methods == nil {
			methods = []string{"search", "fetch"}
		}
		n.Node.Sources = append(n.Node.Sources, node.Source{Name: "records", Connector: sys, Methods: methods})
	}
	return n
}

// run starts hub and nodes.
func (p *play) run() {
	p.t.Helper()
	p.start(func(ctx context.Context) error {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error { return p.hub.Exchange.Run(ctx) })
		g.Go(func() error { return audit.Run(ctx, p.hub.Audit, p.hub.Store, nil) })
		g.Go(func() error { return p.hub.Editions.Run(ctx) })
		return g.Wait()
	})
	for _, n := range p.nodes {
		p.start(n.Run)
	}
}

// start runs something until the end of the test, or until what it returns is
// called.
func (p *play) start(f func(context.Context) error) func() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			p.t.Error(err)
		}
	})
	p.t.Cleanup(stop)
	p.stop = append(p.stop, stop)
	return stop
}

// halt stops all that runs, as a crash between two transactions does: what is
// not in a store is gone.
func (p *play) halt() {
	for _, stop := range p.stop {
		stop()
	}
	p.stop = nil
}

func (p *play) env() mash.Env {
	env := mash.SystemEnv()
	env.Now = p.clock.Now
	return env
}

func (p *play) log(side string) *slog.Logger {
	return slog.New(slog.NewTextHandler(p.notes, &slog.HandlerOptions{Level: slog.LevelDebug})).With("side", side)
}

func (p *play) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// eventually waits until f is satisfied.
func (p *play) eventually(what string, f func() bool) {
	p.t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(3 * time.Millisecond) {
		if f() {
			return
		}
	}
	p.t.Fatalf("it did not come to this: %s\n%s", what, p.notes)
}

// byRAG gives a target that follows the rating.
type byRAG struct{}

func (byRAG) Target(rag mash.RAG, _ mash.Party, raised time.Time) (time.Time, string) {
	return raised.Add(map[mash.RAG]time.Duration{mash.Red: 2 * time.Hour, mash.Amber: 6 * time.Hour, mash.Green: 24 * time.Hour}[rag]), "test"
}

// rowan is the child of the tests: nobody here is real.
func rowan() record.Person {
	born := record.NewDate(2016, 5, 3)
	return record.Person{Names: []record.Name{{Given: []string{"Rowan"}, Family: []string{"Tessel"}}}, BirthDate: &born, Gender: "1",
		Identifiers: []record.Identifier{{System: record.SystemNHSNumber, Value: "9990000018"}},
		Addresses:   []record.Address{{Line1: "14 Tanner's Court", City: "Alderbrook", Postcode: "FE1 4TC"}}}
}

func leanne() record.Person {
	born := record.NewDate(1991, 8, 21)
	return record.Person{Names: []record.Name{{Given: []string{"Leanne"}, Family: []string{"Tessel"}}}, BirthDate: &born,
		Identifiers: []record.Identifier{{System: record.SystemNHSNumber, Value: "9990000026"}}}
}

// fact is an item that the agreement lets go.
func fact(id, category, date, title string) record.Item {
	return record.Item{ID: id, Category: category, Kind: record.Fact, Date: record.PartialDate{Date: date}, Title: title, Source: "records"}
}

// person is somebody of the hub in a play.
type person struct {
	p *play
	mash.Actor
}

func (p *play) as(who string) person {
	a := mash.Actor{ID: who, Roles: []string{map[string]string{"worker": mash.RoleWorker, "colleague": mash.RoleWorker, "manager": mash.RoleManager,
		"ig": mash.RoleIGLead, "scrutineer": mash.RoleScrutineer}[who]}}
	return person{p, a}
}

// contact is a complete contact about Rowan, with the family's agreement.
func (p *play) contact() enquiry.OpenInput {
	return enquiry.OpenInput{Originator: mash.Originator{Kind: "school"}, Evidence: true, Narrative: "He says that he is hungry.", RAG: mash.Amber, Level: 3,
		Purpose: mash.PurposeS17, Basis: mash.Basis{Agreement: &mash.Agreement{State: "given", GivenBy: "parent", Told: "FS-2", At: p.clock.Now().Add(-time.Hour)}},
		Informed: mash.Informed{Answer: "yes"}, VoiceNotSought: "not seen yet",
		People: []mash.EnquiryPerson{{Key: "subject-1", Role: mash.RoleSubject, Record: rowan()}}}
}

// s47 turns a contact into one under section 47.
func (p *play) s47(in *enquiry.OpenInput) {
	in.Purpose, in.Basis = mash.PurposeS47, mash.Basis{S47: &mash.S47Decision{By: "manager", Qualified: "registered social worker", Grounds: "physical",
		Evidence: "bruise", At: p.clock.Now().Add(-time.Hour)}}
}

func (a person) opens(change func(*enquiry.OpenInput)) string {
	a.p.t.Helper()
	in := a.p.contact()
	if change != nil {
		change(&in)
	}
	e, err := a.p.hub.Desk.Open(a.p.t.Context(), a.Actor, in)
	a.p.must(err)
	return e.ID
}

// party reads "schools/999001".
func party(s string) mash.Party {
	agency, unit, _ := strings.Cut(s, "/")
	return mash.Party{Agency: agency, Unit: unit}
}

// asks puts the question to one party, about these categories or all.
func (a person) asks(id, whom string, categories ...string) mash.Request {
	a.p.t.Helper()
	rs, err := a.p.hub.Desk.Ask(a.p.t.Context(), a.Actor, id, a.question(whom, categories...))
	a.p.must(err)
	return rs[0]
}

func (a person) question(whom string, categories ...string) enquiry.AskInput {
	return enquiry.AskInput{From: time.Date(2016, 5, 3, 0, 0, 0, 0, time.UTC), Ask: []enquiry.PartyAsk{{Party: party(whom), Categories: categories}}}
}

func (a person) sees(id string) enquiry.Picture {
	a.p.t.Helper()
	x, err := a.p.hub.Desk.Show(a.p.t.Context(), a.Actor, id, "chronology")
	a.p.must(err)
	return x
}

// thinks writes the worker's own view, which opens the joined picture.
func (a person) thinks(id string) {
	a.p.t.Helper()
	a.p.must(a.p.hub.Desk.WriteOwnView(a.p.t.Context(), a.Actor, id, "what I think"))
}

// look reads the hub's store.
func (p *play) look(f func(mash.HubTx) error) {
	p.t.Helper()
	p.must(p.hub.Store.View(p.t.Context(), f))
}

func (p *play) request(id string) (r mash.Request) {
	p.t.Helper()
	p.look(func(tx mash.HubTx) (err error) { r, err = tx.Request(id); return err })
	return r
}

func (p *play) enquiry(id string) (e mash.Enquiry) {
	p.t.Helper()
	p.look(func(tx mash.HubTx) (err error) { e, err = tx.Enquiry(id); return err })
	return e
}

func (p *play) returns(request string) (out []mash.Return) {
	p.t.Helper()
	p.look(func(tx mash.HubTx) (err error) { out, err = tx.ReturnsOf(request); return err })
	return out
}

// reaches waits until a request is in a state.
func (p *play) reaches(r mash.Request, s mash.RequestState) mash.Request {
	p.t.Helper()
	p.eventually("the request is "+string(s), func() bool { r = p.request(r.ID); return r.State == s })
	return r
}

// actions lists the hub's audit entries of an enquiry, as "action" in order.
func (p *play) entries() (out []mash.Entry) {
	p.t.Helper()
	p.look(func(tx mash.HubTx) error {
		out = nil
		size, err := tx.TreeSize()
		if err != nil {
			return err
		}
		rows, err := tx.Unsequenced(1 << 20)
		if err != nil {
			return err
		}
		for i := range size {
			r, err := tx.AuditRowAt(i)
			if err != nil {
				return err
			}
			rows = append(rows, r)
		}
		for _, r := range rows {
			e, err := p.hub.Audit.Entry(r)
			if err != nil {
				return err
			}
			out = append(out, e)
		}
		return nil
	})
	return out
}

// audited finds the entries of an action.
func (p *play) audited(action string) (out []mash.Entry) {
	p.t.Helper()
	for _, e := range p.entries() {
		if e.Action == action {
			out = append(out, e)
		}
	}
	return out
}

// place is an agency, or a unit of it, in a play.
type place struct {
	p *play
	n *Node
	mash.Party
}

func (p *play) at(where string) place {
	x := party(where)
	return place{p, p.nodes[x.Agency], x}
}

// staff is somebody who answers there.
func (x place) staff() mash.Actor {
	a := mash.Actor{ID: "reviewer@" + x.Party.String(), Roles: []string{mash.RoleReviewer}, Agency: x.Agency}
	if x.Unit != "" {
		a.Units = []string{x.Unit}
	}
	return a
}

// task waits for an open task of a kind.
func (x place) task(kind string) node.TaskView {
	x.p.t.Helper()
	var id string
	x.p.eventually("a task "+kind+" at "+x.String(), func() bool {
		ts, _, err := x.n.Node.Inbox(x.p.t.Context(), x.staff())
		x.p.must(err)
		for _, t := range ts {
			if t.Kind == kind {
				id = t.ID
			}
		}
		return id != ""
	})
	v, err := x.n.Node.OpenTask(x.p.t.Context(), x.staff(), id)
	x.p.must(err)
	return v
}

// answers is a person's answer about the subject, and nothing known of others.
func (x place) answers(a node.PersonAnswer) {
	x.p.t.Helper()
	v := x.task(node.TaskAnswer)
	all := node.Answer{Persons: map[string]node.PersonAnswer{}}
	for _, who := range v.Persons {
		all.Persons[who.Key] = node.PersonAnswer{Outcome: string(mash.NothingKnown)}
	}
	all.Persons["subject-1"] = a
	x.p.must(x.n.Node.SubmitAnswer(x.p.t.Context(), x.staff(), v.Task.ID, all))
}

// look reads the node's store.
func (x place) look(f func(mash.NodeTx) error) {
	x.p.t.Helper()
	x.p.must(x.n.Store.View(x.p.t.Context(), f))
}

func (x place) held(request string) (h mash.HeldRequest) {
	x.p.t.Helper()
	x.look(func(tx mash.NodeTx) error {
		got, err := tx.Held(world.Hub, request, x.Party)
		if !errors.Is(err, mash.ErrNotFound) {
			h = got
			return err
		}
		return nil
	})
	return h
}

func (x place) sent(request string) (out []mash.SentReturn) {
	x.p.t.Helper()
	x.look(func(tx mash.NodeTx) error {
		out = nil
		last, err := tx.LastRevision(world.Hub, request, x.Party)
		for i := 1; err == nil && i <= last; i++ {
			var s mash.SentReturn
			if s, err = tx.SentReturn(world.Hub, request, x.Party, i); err == nil {
				out = append(out, s)
			}
		}
		return err
	})
	return out
}

// says sends any message in the agency's name, well signed.
func (x place) says(d exchange.Draft) mash.OutMessage {
	x.p.t.Helper()
	if d.From == "" {
		d.From = mash.PartyAddress(x.Party)
	}
	if d.To == "" {
		d.To = mash.HubAddress(world.Hub)
	}
	var m mash.OutMessage
	x.p.must(x.n.Store.Update(x.p.t.Context(), func(tx mash.NodeTx) (err error) {
		m, err = x.n.exchanges[0].Post(x.p.t.Context(), tx, d)
		return err
	}))
	return m
}

// told waits for the receipt of a message and gives its state and code.
func (x place) told(m mash.OutMessage) (state, code string) {
	x.p.t.Helper()
	x.p.eventually("a receipt for "+m.ID, func() bool {
		x.look(func(tx mash.NodeTx) error {
			now, err := tx.OutMessage(m.ID)
			state, code = now.State, now.Code
			return err
		})
		return state != mash.OutOpen
	})
	return state, code
}

// wants checks an error's code.
func (p *play) wants(err error, code mash.Code) {
	p.t.Helper()
	if mash.CodeOf(err) != code {
		p.t.Errorf("got error %v, want code %q", err, code)
	}
}
