package app_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mashhub/connectors/encompass"
	"mashhub/connectors/health"
	"mashhub/connectors/inbox"
	"mashhub/connectors/police"
	"mashhub/connectors/socialcare"
	"mashhub/hub/app"
	"mashhub/hub/bus"
	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/plugins/connector"
)

// TestMain lets the test binary be its own plugins, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve-connector" {
		connector.Serve(map[string]func() connector.Connector{
			"police": police.New, "socialcare": socialcare.New, "health": health.New,
			"inbox": inbox.New, "encompass": encompass.New,
		}[os.Args[2]]())
		return
	}
	os.Exit(m.Run())
}

type hours struct{}

func (hours) Target(mash.RAG, mash.Party, time.Time) (time.Time, string) {
	return time.Now().Add(time.Hour), "test"
}

func testLog(t *testing.T) *slog.Logger {
	if testing.Verbose() {
		return slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

func broker(t *testing.T, topics []bus.Topic) []string {
	t.Helper()
	ready := make(chan string, 1)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- bus.RunBroker(ctx, bus.BrokerOptions{Dir: filepath.Join(t.TempDir(), "broker"), Topics: topics, OnReady: func(a string) { ready <- a }})
	}()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case a := <-ready:
		return []string{a}
	case err := <-done:
		t.Fatal(err)
	}
	return nil
}

// TestOneAgencyEveryHop asks the police of scenario 1 through a real plugin
// process, a real broker and real stores on both sides.
func TestOneAgencyEveryHop(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	log := testLog(t)
	s, err := world.LoadAt(1, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	db, err := world.BuildPolice(ctx, t.TempDir(), s)
	if err != nil {
		t.Fatal(err)
	}
	agencies, err := world.Directory()
	if err != nil {
		t.Fatal(err)
	}
	var only mash.Directory
	for _, a := range agencies {
		if a.ID == "police" {
			only = append(only, a)
		}
	}
	brokers := broker(t, app.Topics(world.Hub, only))
	enrol := filepath.Join(dir, "enrol")
	h, err := app.NewHub(ctx, app.HubOptions{ID: world.Hub, Dir: filepath.Join(dir, "hub"), Enrol: enrol, Brokers: brokers, Agencies: only,
		Targets: hours{}, Env: mash.SystemEnv(), Log: log.With("side", "hub")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	self, _ := os.Executable()
	n, err := app.NewNode(ctx, app.NodeOptions{Agency: only[0], Dir: filepath.Join(dir, "police"), Enrol: enrol, Env: mash.SystemEnv(), Log: log.With("side", "police"),
		Hubs: []app.HubLink{{ID: world.Hub, Brokers: brokers}},
		Connectors: []app.ConnectorSpec{{Name: "police", Cmd: []string{self, "serve-connector", "police"},
			Config: []byte(`{"driver":"sqlite","dsn":"` + db + `"}`)}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	done := make(chan error, 2)
	go func() { done <- n.Enrolment(ctx) }()
	if err := h.Enrolment(ctx, []string{"police"}); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	rctx, stop := context.WithCancel(ctx)
	go func() { done <- h.Run(rctx) }()
	go func() { done <- n.Run(rctx) }()
	t.Cleanup(func() {
		stop()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	worker := mash.Actor{ID: "worker-1", Roles: []string{mash.RoleWorker}}
	in := enquiry.OpenInput{Originator: mash.Originator{Kind: "school"}, Evidence: true, Narrative: "worried", RAG: mash.Amber, Level: 3, Purpose: mash.PurposeS17,
		Basis:    mash.Basis{Agreement: &mash.Agreement{State: "given", GivenBy: "parent", Told: "FS-2", At: time.Now().Add(-time.Hour)}},
		Informed: mash.Informed{Answer: "yes"}, VoiceNotSought: "not seen yet"}
	for _, a := range s.Enquiry.About {
		in.People = append(in.People, mash.EnquiryPerson{Key: a.Key, Role: a.Role, Relation: a.Relation, Reason: a.Reason, Record: s.People[a.Key].Record()})
	}
	e, err := h.Desk.Open(ctx, worker, in)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := h.Desk.Ask(ctx, worker, e.ID, enquiry.AskInput{From: time.Date(2016, 5, 3, 0, 0, 0, 0, time.UTC), Ask: []enquiry.PartyAsk{{Party: mash.Party{Agency: "police"},
		Categories: []string{"police.domestic_incident", "police.crime", "police.missing_episode"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if rs[0].State != mash.RequestQueued {
		t.Fatalf("the request is %s (%s)", rs[0].State, rs[0].Code)
	}
	if err := h.Desk.WriteOwnView(ctx, worker, e.ID, "what I think"); err != nil {
		t.Fatal(err)
	}
	var p enquiry.Picture
	for ctx.Err() == nil {
		if p, err = h.Desk.Show(ctx, worker, e.ID, "chronology"); err != nil {
			t.Fatal(err)
		}
		if p.Requests[0].State.Ended() {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, x := range p.Chronology {
		t.Log(x.Item.Category, x.Item.Date.Date, x.Item.Title)
	}
	t.Log(p.Requests[0].State, p.Requests[0].Timing.By, p.Requests[0].Timing.TotalMS, p.Requests[0].Outcomes, p.Withheld)
	if len(p.Chronology) != 1 || len(p.Withheld) != 1 {
		t.Errorf("%d items and %d withheld, want 1 and 1", len(p.Chronology), len(p.Withheld))
	}
	var sum int64
	for _, v := range p.Requests[0].Timing.By {
		sum += v
	}
	if sum != p.Requests[0].Timing.TotalMS {
		t.Errorf("the pieces sum to %d of %d ms", sum, p.Requests[0].Timing.TotalMS)
	}
}
