package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"mashhub/hub/audit"
	"mashhub/hub/edition"
	"mashhub/hub/enquiry"
	"mashhub/hub/evidence"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/protocol"
	"mashhub/hub/store"
	"mashhub/hub/web/kit"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// agencies of the tests: nobody and nothing here is real.
var agencies = mash.Directory{
	{ID: "socialcare", Name: "Fernshire Council, children's services", Kind: "socialcare", Telephone: "01632 960101",
		Holds: []string{"socialcare.contact", "socialcare.plan", "socialcare.early_help"}},
	{ID: "police", Name: "Fernshire Police", Kind: "police", Telephone: "01632 960102",
		Holds: []string{"police.domestic_incident", "police.crime", "police.missing_episode", "police.intelligence"}},
	{ID: "health", Name: "Fernshire Integrated Care Board and its practices", Kind: "health", Telephone: "01632 960103",
		Holds: []string{"health.gp_registration", "health.missed_appointment", "health.ae_attendance"}},
	{ID: "schools", Name: "Schools of Fernshire", Kind: "schools", Telephone: "01632 960104",
		Holds: []string{"education.attendance", "education.concern"},
		Units: []mash.Unit{{ID: "999001", Name: "Millbrook Primary School", Kind: "school", Telephone: "01632 960111"},
			{ID: "999002", Name: "St Brannoc's Academy", Kind: "school", Telephone: "01632 960112"}}},
	{ID: "housing", Name: "Fernshire Council, housing", Kind: "housing", Telephone: "01632 960105",
		Holds: []string{"housing.tenancy", "housing.arrears", "housing.concern"}, Opens: []string{"Leanne Tessel"}},
}

// hub is a hub under test: real store, policy and log; only what is sent goes
// nowhere.
type hub struct {
	editions *edition.Desk
	t        *testing.T
	desk     *enquiry.Desk
	store    *store.Hub
	log      *audit.Log
	verify   string
	notes    *bytes.Buffer // the program's log
	events   *kit.Events
	site     *site
	server   *httptest.Server
	clock    *clock
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// poster puts messages into the outbox unsealed, where nobody fetches them.
type poster struct{ env mash.Env }

func (p poster) Post(_ context.Context, tx mash.HubTx, d exchange.Draft) (mash.OutMessage, error) {
	body, err := json.Marshal(d.Body)
	if err != nil {
		return mash.OutMessage{}, err
	}
	m := mash.OutMessage{ID: p.env.NewID(), Hub: "fernshire", Kind: string(d.Header.Kind), From: d.From, To: d.To, Topic: "t",
		Ref: d.Header.Ref, Sealed: body, Created: p.env.Now(), State: mash.OutOpen, Receipt: true}
	return m, tx.Enqueue(m)
}

// hours gives a target by RAG.
type hours struct{}

func (hours) Target(rag mash.RAG, _ mash.Party, raised time.Time) (time.Time, string) {
	return raised.Add(map[mash.RAG]time.Duration{mash.Red: 2 * time.Hour, mash.Amber: 6 * time.Hour, mash.Green: 24 * time.Hour}[rag]), "hours"
}

// Export implements Audit on the hub under test.
func (h *hub) Export(ctx context.Context, w io.Writer) error {
	return h.store.View(ctx, func(tx mash.HubTx) error { return h.log.Export(tx, w) })
}

// Checkpoint implements Audit.
func (h *hub) Checkpoint(ctx context.Context) (c Checkpoint, err error) {
	err = h.store.View(ctx, func(tx mash.HubTx) error {
		size, signed, err := tx.Checkpoint()
		if err != nil {
			return err
		}
		open, err := audit.OpenCheckpoint(signed, h.verify)
		c = Checkpoint{Size: size, Root: open.Root.String(), Note: string(signed)}
		if err == nil {
			c.Unsequenced, err = tx.CountUnsequenced()
		}
		return err
	})
	return c, err
}

// ListNotices implements Notices.
func (h *hub) ListNotices(ctx context.Context, page int) (p NoticePage, err error) {
	err = h.store.View(ctx, func(tx mash.HubTx) error {
		p, err = NoticesOf(tx, page)
		return err
	})
	return p, err
}

func newHub(t *testing.T) *hub {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h := &hub{t: t, notes: &bytes.Buffer{}, clock: &clock{now: time.Date(2026, 11, 20, 15, 40, 0, 0, time.UTC)}, events: kit.NewEvents(kit.EventsConfig{})}
	env := mash.SystemEnv()
	env.Now = h.clock.Now
	key := func(b byte) []byte { return bytes.Repeat([]byte{b}, store.KeySize) }
	vault, err := store.OpenVault(t.Context(), store.VaultOptions{Path: filepath.Join(dir, "keys.db"), Key: key(1), Wrap: key(2)})
	must(err)
	h.store, err = store.OpenHub(t.Context(), store.Options{Path: filepath.Join(dir, "hub.db"), Key: key(3), Vault: vault})
	must(err)
	policy, err := protocol.New(t.Context(), protocol.Options{Where: mash.HubAddress("fernshire"), Env: env, Epoch: 1,
		OnFault: func(d mash.Decision, err error) { t.Logf("fault: %s %v %s", d.Question, err, d.Input) }})
	must(err)
	signer, verifier, err := audit.GenerateKey("fernshire", rand.Reader)
	must(err)
	s, err := note.NewSigner(signer)
	must(err)
	h.verify, h.log = verifier, audit.New("fernshire", s, store.NewVaultAudit(vault), env)
	log := slog.New(slog.NewTextHandler(&locked{w: h.notes}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.desk = enquiry.New(enquiry.Config{Hub: "fernshire", Store: h.store, Policy: policy, Audit: h.log, Env: env, Agencies: agencies, Targets: hours{}, Log: log})
	h.desk.Connect(poster{env})
	h.editions = editionsOf(t, h, policy, env, log)
	h.site, err = newSite(Options{Name: "Fernshire MASH", Desk: h.desk, Notices: h, Audit: h, Editions: h.editions, Evidence: &evidence.Desk{Hub: "fernshire", Enquiry: h.desk, Store: h.store, Log: h.log, Env: env}, Agencies: agencies, Verifier: verifier,
		Events: h.events, Log: log, DemoRoles: DemoRoles()})
	must(err)
	handler, err := h.site.router.Build()
	must(err)
	h.server = httptest.NewServer(handler)
	t.Cleanup(func() {
		h.events.Close()
		h.server.Close()
		_ = h.store.Close()
		_ = vault.Close()
	})
	return h
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// contact is a contact as a worker writes it down.
func contact(now time.Time) enquiry.OpenInput {
	born := record.NewDate(2016, 5, 3)
	return enquiry.OpenInput{
		Originator: mash.Originator{Kind: "school", Party: &mash.Party{Agency: "schools", Unit: "999001"}, Name: "Safeguarding lead, Millbrook Primary", Contact: "01632 960111"},
		Evidence:   true,
		Narrative:  "Attendance fell since September. Came to school hungry three times in two weeks.\nHer mother agreed that the other agencies are asked.",
		People: []mash.EnquiryPerson{
			{Key: "subject-1", Role: mash.RoleSubject, Record: record.Person{Names: []record.Name{{Given: []string{"Rowan"}, Family: []string{"Tessel"}}},
				BirthDate: &born, Gender: "2", Identifiers: []record.Identifier{{System: record.SystemNHSNumber, Value: "9990000018"}},
				Addresses: []record.Address{{Line1: "14 Tanner's Court", City: "Alderbrook", Postcode: "FE1 4TC"}}}},
			{Key: "household-1", Role: mash.RoleHousehold, Relation: "mother", Reason: "Has care of the child", IdentifierOmitted: "Not known to the school",
				Record: record.Person{Names: []record.Name{{Given: []string{"Leanne"}, Family: []string{"Tessel"}}}}},
		},
		RAG: mash.Amber, Level: 3, Purpose: mash.PurposeS17,
		Basis:    mash.Basis{Agreement: &mash.Agreement{State: "given", GivenBy: "parent", Told: "Leaflet FS-2", At: now.Add(-48 * time.Hour)}},
		Informed: mash.Informed{Answer: "yes"},
	}
}

// land brings a return of a request in, as its agency would send it.
func (h *hub) land(r mash.Request, final bool, outcomes []mash.PersonOutcome, withheld []mash.Withholding, items ...record.Item) {
	h.t.Helper()
	var kept []mash.ReturnedItem
	for _, i := range items {
		kept = append(kept, mash.ReturnedItem{Item: i})
	}
	at := h.desk.Env.Now()
	body, err := json.Marshal(wire.Return{Items: kept, Return: mash.Return{Outcomes: outcomes, Withheld: withheld, Final: final, Events: []mash.Event{
		{Kind: mash.EventAgencyReceived, At: at.Add(-3 * time.Hour), Boot: "b", Mono: 1000},
		{Kind: mash.EventAgencyReturned, At: at.Add(-time.Minute), Boot: "b", Mono: 1000 + (3*time.Hour - time.Minute).Milliseconds()}}}})
	if err != nil {
		h.t.Fatal(err)
	}
	err = h.store.Update(h.t.Context(), func(tx mash.HubTx) error {
		q, err := tx.OutMessage(r.MessageID)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(q.Sealed)
		return h.desk.Handlers()[wire.KindReturn](h.t.Context(), tx, exchange.Received{At: at, Hash: "hash", Message: wire.Message{Body: body, Header: wire.Header{
			Kind: wire.KindReturn, ID: h.desk.Env.NewID(), Hub: "fernshire", Issuer: mash.PartyAddress(r.Party), Ref: r.ID, Revision: 1,
			Purpose: r.Purpose, Scope: wire.ScopeHash(r.Purpose, r.Persons, r.Categories, r.From, r.To), Answers: hex.EncodeToString(sum[:])}}})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// clarify brings an agency's question about a request in.
func (h *hub) clarify(r mash.Request, question string) {
	h.t.Helper()
	body, err := json.Marshal(wire.Clarify{Text: question})
	if err != nil {
		h.t.Fatal(err)
	}
	err = h.store.Update(h.t.Context(), func(tx mash.HubTx) error {
		return h.desk.Handlers()[wire.KindClarify](h.t.Context(), tx, exchange.Received{At: h.desk.Env.Now(), Message: wire.Message{Body: body,
			Header: wire.Header{Kind: wire.KindClarify, Issuer: mash.PartyAddress(r.Party), Ref: r.ID}}})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// sent moves requests on as the exchange would: the broker has them, the
// agency's receipt is here.
func (h *hub) sent(rs ...mash.Request) {
	h.t.Helper()
	err := h.store.Update(h.t.Context(), func(tx mash.HubTx) error {
		for _, r := range rs {
			if r.MessageID == "" {
				continue
			}
			m, err := tx.OutMessage(r.MessageID)
			if err != nil {
				return err
			}
			m.State = mash.OutDone
			if err := h.desk.Sent(tx, m, h.desk.Env.Now()); err != nil {
				return err
			}
			if err := h.desk.Settled(tx, m, h.desk.Env.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// open opens an enquiry and asks police, health and a school.
func (h *hub) opened(c *client, change ...func(*enquiry.OpenInput)) (mash.Enquiry, []mash.Request) {
	h.t.Helper()
	in := contact(h.desk.Env.Now())
	for _, f := range change {
		f(&in)
	}
	var e mash.Enquiry
	c.json("POST", "/api/v1/enquiries", in, &e)
	var rs []mash.Request
	c.json("POST", "/api/v1/enquiries/"+e.ID+"/ask", enquiry.AskInput{From: time.Date(2016, 5, 3, 0, 0, 0, 0, time.UTC),
		Ask: []enquiry.PartyAsk{{Party: mash.Party{Agency: "police"}, Categories: []string{"police.domestic_incident", "police.crime"}},
			{Party: mash.Party{Agency: "health"}, Persons: []string{"subject-1"}}, {Party: mash.Party{Agency: "schools", Unit: "999001"}, Persons: []string{"subject-1"}}},
		NotAsked: []mash.NotAsked{{Party: mash.Party{Agency: "housing"}, Reason: "The tenancy is the grandmother's"}}}, &rs)
	h.sent(rs...)
	return e, rs
}

func item(id, person, category string, kind record.Kind, date, title, text, source string) record.Item {
	i := record.Item{ID: id, Person: person, Category: category, Kind: kind, Date: record.PartialDate{Date: date}, Title: title, Text: text, Source: source}
	if kind == record.ChildVoice {
		i.Voice = &record.Voice{Verbatim: true, HeardBy: "Learning mentor", Agreed: record.AgreedYes, With: "the people who help families"}
	}
	return i
}

func found(persons ...string) (out []mash.PersonOutcome) {
	for _, p := range persons {
		out = append(out, mash.PersonOutcome{Person: p, Outcome: mash.RecordsFound})
	}
	return out
}

func contains(t *testing.T, where, text string, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !strings.Contains(text, w) {
			t.Errorf("%s lacks %q", where, w)
		}
	}
}

func lacks(t *testing.T, where, text string, unwanted ...string) {
	t.Helper()
	for _, w := range unwanted {
		if strings.Contains(text, w) {
			t.Errorf("%s holds %q", where, w)
		}
	}
}

// eventually waits until something is so.
func (h *hub) eventually(what string, f func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatal("it did not come to this: " + what)
		}
	}
}
