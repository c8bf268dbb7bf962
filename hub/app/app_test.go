package app_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"mashhub/connectors/encompass"
	"mashhub/connectors/health"
	"mashhub/connectors/inbox"
	"mashhub/connectors/police"
	"mashhub/connectors/socialcare"
	"mashhub/hub/app"
	"mashhub/hub/demo/world"
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

// TestOneAgencyEveryHop asks the police of scenario 1 through a real plugin
// process, a real broker and real stores on both sides.
func TestOneAgencyEveryHop(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	s, err := world.LoadAt(1, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	l := broker(t, app.Topics(world.Hub, policeOnly(t)))
	both := newPair(t, s, l.brokers, l.bus)
	both.start(ctx, t)
	p := both.landed(ctx, t, both.ask(ctx, t, s))
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
