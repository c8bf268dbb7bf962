package pages

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"mashhub/connectors/inbox"
	"mashhub/hub/audit"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/protocol"
	"mashhub/hub/store"
	"mashhub/hub/web/kit"
	"mashhub/hub/wire"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// Agencies of the tests: nobody and nothing here is real.
var (
	schools = mash.Agency{ID: "schools", Name: "Schools of Fernshire", Kind: "schools", Telephone: "01632 960104",
		HeldFor: "Fernshire Council, as processor for each school",
		Units: []mash.Unit{{ID: "999001", Name: "Millbrook Primary School", Kind: "school", Telephone: "01632 960111"},
			{ID: "999002", Name: "St Brannoc's Academy", Kind: "school", Telephone: "01632 960112"}}}
	police    = mash.Agency{ID: "police", Name: "Fernshire Police", Kind: "police", Telephone: "01632 960102"}
	millbrook = mash.Party{Agency: "schools", Unit: "999001"}
	brannoc   = mash.Party{Agency: "schools", Unit: "999002"}
)

// agency is a node under test: real store, policy and log; only what is sent
// goes nowhere.
type agency struct {
	t      *testing.T
	node   *node.Node
	store  *store.Node
	events *kit.Events
	notes  *locked // the program's log
	site   *site
	server *httptest.Server
	policy *watched
	now    time.Time
	verify string
}

// poster puts messages into the outbox unsealed, where nobody fetches them.
type poster struct{ env mash.Env }

func (p poster) Post(_ context.Context, tx mash.NodeTx, d exchange.Draft) (mash.OutMessage, error) {
	body, err := json.Marshal(d.Body)
	if err != nil {
		return mash.OutMessage{}, err
	}
	m := mash.OutMessage{ID: p.env.NewID(), Hub: "fernshire", Kind: string(d.Header.Kind), From: d.From, To: d.To, Topic: "t", Ref: d.Header.Ref,
		Sealed: body, Created: p.env.Now(), Due: p.env.Now(), Expires: p.env.Now().Add(time.Hour), State: mash.OutOpen, Receipt: true}
	return m, tx.Enqueue(m)
}

// watched counts what the policy was asked about pages.
type watched struct {
	mash.Policy
	mu    sync.Mutex
	views []mash.ViewInput
	fault bool
}

func (p *watched) View(ctx context.Context, in mash.ViewInput) mash.Decision {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.views = append(p.views, in)
	d := p.Policy.View(ctx, in)
	if p.fault {
		d.Verdict = mash.Verdict{Answer: mash.Deny, Fault: true}
	}
	return d
}

// system is an agency's own records, as a connector gives them.
type system struct {
	connector.Connector
	candidates []connector.Candidate
	items      []record.Item
	more       bool
}

func (s *system) Search(_ context.Context, req connector.SearchRequest) (connector.SearchResponse, error) {
	if s.candidates == nil && !s.more {
		return connector.SearchResponse{Outcome: connector.AskPerson, Unit: req.Unit}, nil
	}
	return connector.SearchResponse{Outcome: connector.Found, Candidates: s.candidates, More: s.more}, nil
}

func (s *system) Fetch(_ context.Context, req connector.FetchRequest) (connector.FetchResponse, error) {
	var items []record.Item
	for _, i := range s.items {
		i.Person = req.Person.Key
		items = append(items, i)
	}
	return connector.FetchResponse{Outcome: connector.Found, Items: items}, nil
}

// newAgency starts a node whose only system is sys; nil means that a person
// answers everything.
func newAgency(t *testing.T, a mash.Agency, sys *system) *agency {
	t.Helper()
	source := node.Source{Name: "records", Connector: inbox.New(), Methods: []string{"search", "fetch", "deliver"}}
	if sys != nil {
		sys.Connector = inbox.New()
		source.Connector = sys
	}
	return newAgencyOn(t, a, source)
}

// newAgencyOn is an agency with these sources.
func newAgencyOn(t *testing.T, a mash.Agency, sources ...node.Source) *agency {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	f := &agency{t: t, notes: &locked{}, events: kit.NewEvents(kit.EventsConfig{}), now: time.Date(2026, 11, 20, 15, 40, 0, 0, time.UTC)}
	env := mash.SystemEnv()
	env.Now = func() time.Time { return f.now }
	key := func(b byte) []byte { return bytes.Repeat([]byte{b}, store.KeySize) }
	vault, err := store.OpenVault(t.Context(), store.VaultOptions{Path: filepath.Join(dir, "keys.db"), Key: key(1), Wrap: key(2)})
	must(err)
	f.store, err = store.OpenNode(t.Context(), store.Options{Path: filepath.Join(dir, "node.db"), Key: key(3), Vault: vault})
	must(err)
	f.policy = &watched{Policy: policyOf(t, a.ID)}
	signer, verifier, err := audit.GenerateKey(a.ID, rand.Reader)
	must(err)
	sign, err := note.NewSigner(signer)
	must(err)
	f.verify = verifier
	log := slog.New(slog.NewTextHandler(f.notes, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f.node = node.New(node.Config{Agency: a, Links: []*node.Link{{Hub: "fernshire", Policy: f.policy}}, Sources: sources,
		Store: f.store, Audit: audit.New(a.ID, sign, store.NewVaultAudit(vault), env), Env: env, Log: log, Heartbeat: time.Hour,
		Changed: func() { Announce(f.events) }})
	f.node.Connect("fernshire", poster{env})
	f.serve(Options{DemoRoles: DemoRoles(a)})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.node.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = f.store.Close()
		_ = vault.Close()
	})
	return f
}

// serve puts the pages up, with what o says.
func (f *agency) serve(o Options) {
	f.t.Helper()
	o.Node, o.Agency, o.Events, o.Log = f.node, f.node.Agency, f.events, f.node.Log
	var err error
	if f.site, err = newSite(o); err != nil {
		f.t.Fatal(err)
	}
	handler, err := f.site.router.Build()
	if err != nil {
		f.t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	f.server = server
	f.t.Cleanup(func() { f.events.Close(); server.Close() })
}

var (
	pointsMu sync.Mutex
	points   = map[string]*protocol.Point{}
)

// policyOf gives the shipped policy as an agency has it, compiled once.
func policyOf(t *testing.T, agency string) *protocol.Point {
	pointsMu.Lock()
	defer pointsMu.Unlock()
	if points[agency] == nil {
		p, err := protocol.New(context.Background(), protocol.Options{Hub: "fernshire", Where: mash.PartyAddress(mash.Party{Agency: agency}), Env: mash.SystemEnv(), Epoch: 1,
			Timeout: 20 * time.Second}) // a busy machine is not what is tested
		if err != nil {
			t.Fatal(err)
		}
		points[agency] = p
	}
	return points[agency]
}

type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// rowan and leanne are in the tests' questions.
func rowan() wire.Person {
	born := record.NewDate(2016, 5, 3)
	return wire.Person{Key: "subject-1", Role: mash.RoleSubject, Record: record.Person{Names: []record.Name{{Given: []string{"Rowan"}, Family: []string{"Tessel"}}},
		BirthDate: &born, Identifiers: []record.Identifier{{System: record.SystemNHSNumber, Value: "9990000018"}},
		Addresses: []record.Address{{Line1: "14 Tanner's Court", City: "Alderbrook", Postcode: "FE1 4TC"}}}}
}

func leanne() wire.Person {
	return wire.Person{Key: "household-1", Role: mash.RoleHousehold, Record: record.Person{Names: []record.Name{{Given: []string{"Leanne"}, Family: []string{"Tessel"}}}}}
}

// ask puts a question to a party, as its hub would, and waits until the node
// has done what it can by itself. It gives the request's id.
func (f *agency) ask(p mash.Party, informed mash.Informed, categories []string, persons ...wire.Person) string {
	f.t.Helper()
	id := f.node.Env.NewID()
	q := wire.Request{Reference: "K7QM-2ZXA", RAG: mash.Amber, Informed: informed, Level: 3, Persons: persons, Categories: categories,
		From: f.now.AddDate(-5, 0, 0), To: f.now, TargetAt: f.now.Add(6 * time.Hour), Basis: mash.BasisInput{Agreement: "given", GivenBy: "parent", Told: true}}
	keys := make([]string, len(persons))
	for i, x := range persons {
		keys[i] = x.Key
	}
	f.take(wire.KindRequest, p, id, q, wire.ScopeHash(mash.PurposeS17, keys, categories, q.From, q.To))
	f.node.Wake()
	f.wait(func(tx mash.NodeTx) bool {
		h, err := tx.Held("fernshire", id, p)
		return err == nil && h.State != mash.RequestReceived && (h.State == mash.RequestReturned || len(f.tasks(tx, id)) > 0)
	})
	return id
}

func (f *agency) take(kind wire.Kind, p mash.Party, ref string, body any, scope string) {
	f.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		f.t.Fatal(err)
	}
	err = f.store.Update(f.t.Context(), func(tx mash.NodeTx) error {
		return f.node.Handlers()[kind](f.t.Context(), tx, exchange.Received{At: f.now, Hash: "hash", Message: wire.Message{Body: b, Header: wire.Header{
			Kind: kind, ID: f.node.Env.NewID(), Hub: "fernshire", Issuer: mash.HubAddress("fernshire"), Audience: mash.PartyAddress(p), Ref: ref,
			Revision: 1, Sequence: 1, Purpose: mash.PurposeS17, Scope: scope}}})
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// tell sends a notification to a party.
func (f *agency) tell(p mash.Party, kind string, content any) string {
	f.t.Helper()
	b, err := json.Marshal(content)
	if err != nil {
		f.t.Fatal(err)
	}
	id := f.node.Env.NewID()
	f.take(wire.KindNotify, p, id, wire.Notify{Notification: mash.Notification{ID: id, Hub: "fernshire", Kind: kind, To: p}, Content: b}, "")
	var task string
	f.wait(func(tx mash.NodeTx) bool {
		for _, t := range f.tasks(tx, id) {
			if t.State != node.TaskDelivering { // to the agency's own system first
				task = t.ID
			}
		}
		return task != ""
	})
	return task
}

func (f *agency) tasks(tx mash.NodeTx, request string) []mash.Task {
	ts, err := tx.TasksOf("fernshire", request)
	if err != nil {
		f.t.Fatal(err)
	}
	return ts
}

func (f *agency) wait(done func(mash.NodeTx) bool) {
	f.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		ok := false
		err := f.store.View(f.t.Context(), func(tx mash.NodeTx) error { ok = done(tx); return nil })
		if err != nil {
			f.t.Fatal(err)
		}
		if ok {
			return
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("waited in vain; log:\n%s", f.notes)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// taskOf gives the one open task of a request.
func (f *agency) taskOf(request string) mash.Task {
	f.t.Helper()
	var open []mash.Task
	f.wait(func(tx mash.NodeTx) bool {
		open = nil
		for _, t := range f.tasks(tx, request) {
			if t.State == "open" {
				open = append(open, t)
			}
		}
		return len(open) > 0
	})
	if len(open) != 1 {
		f.t.Fatalf("%d open tasks, want 1", len(open))
	}
	return open[0]
}

// sent gives what went out about a request, of one kind.
func (f *agency) sent(kind wire.Kind, ref string) []string {
	f.t.Helper()
	var out []string
	err := f.store.View(f.t.Context(), func(tx mash.NodeTx) error {
		ms, err := tx.DueMessages("fernshire", f.now.Add(time.Hour), 1000)
		for _, m := range ms {
			if m.Kind == string(kind) && m.Ref == ref {
				out = append(out, string(m.Sealed))
			}
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return out
}

// returned gives the only return of a request.
func (f *agency) returned(request string) wire.Return {
	f.t.Helper()
	bodies := f.sent(wire.KindReturn, request)
	if len(bodies) != 1 {
		f.t.Fatalf("%d returns were sent, want 1", len(bodies))
	}
	var r wire.Return
	if err := json.Unmarshal([]byte(bodies[0]), &r); err != nil {
		f.t.Fatal(err)
	}
	return r
}
