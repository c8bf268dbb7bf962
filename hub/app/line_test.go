package app_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mashhub/hub/app"
	"mashhub/hub/audit"
	"mashhub/hub/bus"
	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/plugins/connector"
)

// line is what the hub and the nodes of a test talk over: an embedded broker
// of its own, or the Apache Kafka that MASH_TEST_KAFKA names. That one is
// shared and its topics stay, so there each test has names of its own.
type line struct {
	brokers []string
	names   map[string]string // by the program's name; none: as they are
}

func broker(t *testing.T, topics []bus.Topic) line {
	t.Helper()
	if addr := os.Getenv("MASH_TEST_KAFKA"); addr != "" {
		return rented(t, strings.Split(addr, ","), topics)
	}
	ready := make(chan string, 1)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- bus.RunBroker(ctx, bus.BrokerOptions{Dir: filepath.Join(t.TempDir(), "broker"), Topics: topics, OnReady: func(a string) { ready <- a }})
	}()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case a := <-ready:
		return line{brokers: []string{a}}
	case err := <-done:
		t.Fatal(err)
	}
	return line{}
}

// rented makes the topics on somebody else's broker, under fresh names.
func rented(t *testing.T, brokers []string, topics []bus.Topic) line {
	t.Helper()
	l := line{brokers: brokers, names: map[string]string{}}
	prefix := fmt.Sprintf("test%d.", time.Now().UnixNano())
	var fresh []bus.Topic
	for _, topic := range topics {
		l.names[topic.Name] = prefix + topic.Name
		topic.Name = prefix + topic.Name
		fresh = append(fresh, topic)
	}
	k, err := bus.Connect(t.Context(), bus.Options{Brokers: brokers, ClientID: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if err := k.EnsureTopics(t.Context(), fresh); err != nil {
		t.Fatal(err)
	}
	return l
}

// bus speaks to the broker by the line's names.
func (l line) bus(b mash.Bus) mash.Bus {
	if len(l.names) == 0 {
		return b
	}
	return renamed{b, l.names}
}

type renamed struct {
	mash.Bus
	names map[string]string
}

func (r renamed) Publish(ctx context.Context, ms []mash.BusMessage) error {
	ms = slices.Clone(ms)
	for i, m := range ms {
		ms[i].Topic = r.names[m.Topic]
	}
	return r.Bus.Publish(ctx, ms)
}

func (r renamed) Read(ctx context.Context, topic string, partition int, next int64, handle func([]mash.BusRecord) error) error {
	return r.Bus.Read(ctx, r.names[topic], partition, next, func(rs []mash.BusRecord) error {
		for i := range rs {
			rs[i].Topic = topic
		}
		return handle(rs)
	})
}

func (r renamed) Partitions(ctx context.Context, topic string) (int, error) {
	return r.Bus.Partitions(ctx, r.names[topic])
}

// pair is a hub and the node of its police, with real stores, keys and policy,
// a record system and a plugin process.
type pair struct {
	dir, db string
	only    mash.Directory
	brokers []string
	bus     func(mash.Bus) mash.Bus
	fetches *fetches

	hub  *app.Hub
	node *app.Node
	stop func() // ends both; what they stored stays
}

// fetches counts how often the record system was read.
type fetches struct {
	connector.Connector
	mu sync.Mutex
	n  int
}

func (f *fetches) Fetch(ctx context.Context, r connector.FetchRequest) (connector.FetchResponse, error) {
	f.mu.Lock()
	f.n++
	f.mu.Unlock()
	return f.Connector.Fetch(ctx, r)
}

func (f *fetches) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

func policeOnly(t *testing.T) mash.Directory {
	t.Helper()
	agencies, err := world.Directory()
	if err != nil {
		t.Fatal(err)
	}
	police, _ := agencies.Agency("police")
	return mash.Directory{police}
}

func newPair(t *testing.T, s *world.Scenario, brokers []string, through func(mash.Bus) mash.Bus) *pair {
	t.Helper()
	db, err := world.BuildPolice(t.Context(), t.TempDir(), s)
	if err != nil {
		t.Fatal(err)
	}
	return &pair{dir: t.TempDir(), db: db, only: policeOnly(t), brokers: brokers, bus: through, fetches: &fetches{}}
}

// start opens both, lets them know each other's keys and runs them.
func (p *pair) start(ctx context.Context, t *testing.T) {
	t.Helper()
	log, enrol := testLog(t), filepath.Join(p.dir, "enrol")
	h, err := app.NewHub(ctx, app.HubOptions{ID: world.Hub, Dir: filepath.Join(p.dir, "hub"), Enrol: enrol, Brokers: p.brokers, Agencies: p.only,
		Targets: hours{}, Env: mash.SystemEnv(), Log: log.With("side", "hub"), Wrap: app.Wraps[mash.HubTx]{Bus: p.bus}})
	if err != nil {
		t.Fatal(err)
	}
	self, _ := os.Executable()
	count := func(c connector.Connector) connector.Connector { p.fetches.Connector = c; return p.fetches }
	n, err := app.NewNode(ctx, app.NodeOptions{Agency: p.only[0], Dir: filepath.Join(p.dir, "police"), Enrol: enrol, Env: mash.SystemEnv(), Log: log.With("side", "police"),
		Hubs: []app.HubLink{{ID: world.Hub, Brokers: p.brokers}}, Wrap: app.Wraps[mash.NodeTx]{Bus: p.bus, Connector: count},
		Connectors: []app.ConnectorSpec{{Name: "police", Cmd: []string{self, "serve-connector", "police"},
			Config: []byte(`{"driver":"sqlite","dsn":"` + p.db + `"}`)}}})
	if err != nil {
		h.Close()
		t.Fatal(err)
	}
	p.hub, p.node = h, n
	done := make(chan error, 2)
	rctx, end := context.WithCancel(ctx)
	running := 0
	p.stop = sync.OnceFunc(func() {
		end()
		for range running {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		n.Close()
		h.Close()
	})
	t.Cleanup(p.stop)
	go func() { done <- n.Enrolment(ctx) }()
	if err := h.Enrolment(ctx, []string{"police"}); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	running = 2
	go func() { done <- h.Run(rctx) }()
	go func() { done <- n.Run(rctx) }()
}

var worker = mash.Actor{ID: "worker-1", Roles: []string{mash.RoleWorker}}

// ask opens scenario 1's enquiry and asks the police about it.
func (p *pair) ask(ctx context.Context, t *testing.T, s *world.Scenario) mash.Enquiry {
	t.Helper()
	in := enquiry.OpenInput{Originator: mash.Originator{Kind: "school"}, Evidence: true, Narrative: "worried", RAG: mash.Amber, Level: 3, Purpose: mash.PurposeS17,
		Basis:    mash.Basis{Agreement: &mash.Agreement{State: "given", GivenBy: "parent", Told: "FS-2", At: time.Now().Add(-time.Hour)}},
		Informed: mash.Informed{Answer: "yes"}, VoiceNotSought: "not seen yet"}
	for _, a := range s.Enquiry.About {
		in.People = append(in.People, mash.EnquiryPerson{Key: a.Key, Role: a.Role, Relation: a.Relation, Reason: a.Reason, Record: s.People[a.Key].Record()})
	}
	e, err := p.hub.Desk.Open(ctx, worker, in)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := p.hub.Desk.Ask(ctx, worker, e.ID, enquiry.AskInput{From: time.Date(2016, 5, 3, 0, 0, 0, 0, time.UTC), Ask: []enquiry.PartyAsk{{Party: mash.Party{Agency: "police"},
		Categories: []string{"police.domestic_incident", "police.crime", "police.missing_episode"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if rs[0].State != mash.RequestQueued {
		t.Fatalf("the request is %s (%s)", rs[0].State, rs[0].Code)
	}
	if err := p.hub.Desk.WriteOwnView(ctx, worker, e.ID, "what I think"); err != nil {
		t.Fatal(err)
	}
	return e
}

// landed waits until the police's answer is in.
func (p *pair) landed(ctx context.Context, t *testing.T, e mash.Enquiry) enquiry.Picture {
	t.Helper()
	for ctx.Err() == nil {
		pic, err := p.hub.Desk.Show(ctx, worker, e.ID, "chronology")
		if err != nil {
			t.Fatal(err)
		}
		if pic.Requests[0].State.Ended() {
			return pic
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("no answer in time")
	return enquiry.Picture{}
}

// once checks that an answer left the node once, that it stands once at the
// hub, and that neither side had to put a message aside.
func (p *pair) once(ctx context.Context, t *testing.T, e mash.Enquiry) {
	t.Helper()
	pic := p.landed(ctx, t, e)
	if r := pic.Requests[0]; r.State != mash.RequestLanded || len(pic.Chronology) != 1 || len(pic.Withheld) != 1 {
		t.Errorf("%s (%s): %d items and %d withheld, want landed, 1 and 1", r.State, r.Code, len(pic.Chronology), len(pic.Withheld))
	}
	party := mash.Party{Agency: "police"}
	err := p.node.Store.View(ctx, func(tx mash.NodeTx) error {
		last, err := tx.LastRevision(world.Hub, pic.Requests[0].ID, party)
		if last != 1 {
			t.Errorf("the police answered %d times, want once", last)
		}
		q, qerr := tx.Quarantined(nil, 10)
		if qerr != nil || len(q) > 0 {
			t.Errorf("the node put aside %v, %v", q, qerr)
		}
		recordedOnce(t, tx, p.node.Audit, pic.Requests[0].ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = p.hub.Store.View(ctx, func(tx mash.HubTx) error {
		rs, err := tx.ReturnsOf(pic.Requests[0].ID)
		if len(rs) != 1 {
			t.Errorf("the hub has %d returns, want one", len(rs))
		}
		q, qerr := tx.Quarantined(nil, 10)
		if qerr != nil || len(q) > 0 {
			t.Errorf("the hub put aside %v, %v", q, qerr)
		}
		recordedOnce(t, tx, p.hub.Audit, pic.Requests[0].ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// recordedOnce checks that a log has nothing twice about a request.
func recordedOnce(t *testing.T, tx mash.AuditTx, log *audit.Log, request string) {
	t.Helper()
	size, err := tx.TreeSize()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := tx.Unsequenced(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	for i := range size {
		r, err := tx.AuditRowAt(i)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	n := map[string]int{}
	for _, r := range rows {
		e, err := log.Entry(r)
		if err != nil {
			t.Fatal(err)
		}
		if e.Request == request {
			n[e.Action]++
		}
	}
	for action, times := range n {
		if times != 1 || action == "message.refused" { // a repeat is known before it is refused
			t.Errorf("%s has %q %d times", log.Origin(), action, times)
		}
	}
	if len(n) == 0 {
		t.Errorf("%s has nothing about the request", log.Origin())
	}
}
