package host

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestCheckItem(t *testing.T) {
	good := record.Item{
		ID: "1", Person: "subject-1", Category: "education.attendance", Kind: record.Fact,
		Date: record.PartialDate{Date: "2024"}, Title: "t", Source: "s",
	}
	if err := checkItem(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*record.Item){
		"no id":              func(i *record.Item) { i.ID = "" },
		"no kind":            func(i *record.Item) { i.Kind = "" },
		"no date":            func(i *record.Item) { i.Date.Date = "" },
		"a wrong date":       func(i *record.Item) { i.Date.Date = "31/12/2024" },
		"a wrong end":        func(i *record.Item) { i.Until = &record.PartialDate{Date: "soon"} },
		"voice of nobody":    func(i *record.Item) { i.Voice = &record.Voice{} },
		"child voice bare":   func(i *record.Item) { i.Kind = record.ChildVoice },
		"protected, no flag": func(i *record.Item) { i.Protected = []string{"12 Fallow Road"} },
	} {
		bad := good
		spoil(&bad)
		if err := checkItem(bad); connector.CodeOf(err) != connector.CodeMisbehaved {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckSearchAndWatch(t *testing.T) {
	ask := connector.SearchResponse{Outcome: connector.AskPerson, Unit: "100002"}
	if checkSearch(connector.SearchRequest{Unit: "100001"}, ask) == nil {
		t.Error("another unit than the one asked may answer")
	}
	if err := checkSearch(connector.SearchRequest{}, ask); err != nil {
		t.Errorf("the whole agency was asked: %v", err)
	}
	if checkSearch(connector.SearchRequest{}, found("")) == nil {
		t.Error("a candidate without a reference passed")
	}
	event := connector.Notification{ID: "1"}
	for name, a := range map[string]connector.WatchResponse{
		"the cursor stands still": {Events: []connector.Notification{event}, Cursor: "c"},
		"an event twice":          {Events: []connector.Notification{event, event}, Cursor: "d"},
		"no id":                   {Events: []connector.Notification{{}}, Cursor: "d"},
	} {
		if checkWatch(connector.WatchRequest{Cursor: "c"}, a) == nil {
			t.Errorf("%s: passed", name)
		}
	}
}

func TestPrintable(t *testing.T) {
	values := []string{"Ann", "Adeyemi-Clarke", "999 000 0018", "2016-05-03", "FX1 2AB", ""}
	for text, withheld := range map[string]bool{
		"cannot search":                    false,
		"Ann is not here":                  true,
		"no row for o'ANN":                 true,
		"user adeyemi clarke":              true,
		"id=9990000018":                    true,
		"born 2016/05/03":                  true,
		"postcode fx12ab":                  true,
		"timeout after 30 s":               false,
		"the table pupils has no key 2016": false,
	} {
		if got := strings.Contains(printable(text, values), "withheld"); got != withheld {
			t.Errorf("%q withheld: %v, want %v", text, got, withheld)
		}
	}
	if got := printable("a\nb\x1b[31m\xff"+strings.Repeat("é", 400), nil); strings.ContainsAny(got, "\n\x1b") || len(got) > maxErrorText+4 {
		t.Errorf("%q", got)
	}
}

// The breaker is the same for every spacing of crashes: three within five
// minutes trip it, and never fewer.
func TestBreakerProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{}.withDefaults()
		b := breaker{limits: limits}
		now := day("2026-01-01")
		var times []time.Time
		for range rapid.IntRange(1, 20).Draw(t, "crashes") {
			now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "seconds")) * time.Second)
			times = append(times, now)
			recent := 0
			for _, at := range times {
				if now.Sub(at) < limits.Window {
					recent++
				}
			}
			tripped := b.crash(now)
			if tripped != (recent >= 3) {
				t.Fatalf("%d crashes within the window, tripped: %v", recent, tripped)
			}
			if d := b.backoff(); d < limits.BackoffMin || d > limits.BackoffMax {
				t.Fatalf("pause %v", d)
			}
			if tripped {
				b.trip()
				if !b.crash(now) {
					t.Fatal("half open, a crash did not trip again")
				}
				return
			}
		}
	})
}

// The pause of the supervisor ends early for new settings and for Close only.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Plugin{swap: make(chan *instance), ctx: t.Context()}
		began := time.Now()
		if next, closed := p.pause(time.Minute); next != nil || closed || time.Since(began) != time.Minute {
			t.Errorf("an undisturbed pause: %v %v after %v", next, closed, time.Since(began))
		}
		in := &instance{}
		go func() {
			time.Sleep(time.Second)
			p.swap <- in
		}()
		began = time.Now()
		if next, _ := p.pause(time.Minute); next != in || time.Since(began) != time.Second {
			t.Errorf("new settings: %v after %v", next, time.Since(began))
		}
	})
}

func TestSpecDefaultsAreSafe(t *testing.T) {
	l := Limits{}.withDefaults()
	got := fmt.Sprint(l.CallTimeout, l.StartTimeout, l.MessageBytes, l.MemoryBytes, l.Crashes, l.Window, l.CoolDown)
	if want := "30s 10s 4194304 536870912 3 5m0s 1m0s"; got != want {
		t.Errorf("defaults %s, want %s", got, want)
	}
}
