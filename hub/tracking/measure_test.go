package tracking

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"mashhub/hub/mash"
)

var t0 = time.Date(2026, 8, 7, 21, 0, 0, 0, time.UTC)

func at(ms int64) time.Time { return t0.Add(time.Duration(ms) * time.Millisecond) }

func hub(kind mash.EventKind, ms int64) mash.Event {
	return mash.Event{Kind: kind, At: at(ms), Clock: mash.ClockHub}
}

func agency(kind mash.EventKind, ms int64) mash.Event {
	return mash.Event{Kind: kind, At: at(ms), Clock: "police"}
}

func TestMeasure(t *testing.T) {
	asked := []mash.Event{hub(mash.EventRaised, 0), hub(mash.EventAuthorised, 5), hub(mash.EventQueued, 5), hub(mash.EventSent, 20)}
	plus := func(more ...mash.Event) []mash.Event { return append(append([]mash.Event{}, asked...), more...) }
	cases := []struct {
		name    string
		in      Input
		total   int64
		by      map[Cause]int64
		suspect bool
		waiting Cause
	}{
		{name: "no events", in: Input{}},
		{name: "answered", total: 200, by: map[Cause]int64{Policy: 5 + 10, Hub: 15, Transport: 10 + 20, Agency: 140},
			in: Input{Now: at(9999), Events: plus(agency(mash.EventAgencyReceived, 30), agency(mash.EventAgencyPolicy, 100),
				agency(mash.EventAgencyDecided, 110), agency(mash.EventAgencyReturned, 180), hub(mash.EventLanded, 200))}},
		{name: "its clock is an hour fast: only durations count, centred", total: 200, suspect: true, by: map[Cause]int64{Policy: 5, Hub: 15, Transport: 30, Agency: 150},
			in: Input{Now: at(9999), Events: plus(agency(mash.EventAgencyReceived, 3_600_030), agency(mash.EventAgencyReturned, 3_600_180), hub(mash.EventLanded, 200))}},
		{name: "a little skew is put right and not suspect", total: 200, by: map[Cause]int64{Policy: 5, Hub: 15, Transport: 30, Agency: 150},
			in: Input{Now: at(9999), Events: plus(agency(mash.EventAgencyReceived, 100), agency(mash.EventAgencyReturned, 250), hub(mash.EventLanded, 200))}},
		{name: "it claims more than there was", total: 200, suspect: true, by: map[Cause]int64{Policy: 5, Hub: 15, Agency: 180},
			in: Input{Now: at(9999), Events: plus(agency(mash.EventAgencyReceived, 0), agency(mash.EventAgencyReturned, 900_000), hub(mash.EventLanded, 200))}},
		{name: "its wall clock stepped back while its own clock ran", total: 10_000, suspect: true, by: map[Cause]int64{Policy: 5, Hub: 15, Transport: 2980, Agency: 7000},
			in: Input{Now: at(99999), Events: plus(
				mash.Event{Kind: mash.EventAgencyReceived, At: at(1000), Clock: "police", Boot: "b", Mono: 1000},
				mash.Event{Kind: mash.EventAgencyReturned, At: at(1500), Clock: "police", Boot: "b", Mono: 8000}, hub(mash.EventLanded, 10_000))}},
		{name: "open, with the agency since its receipt", total: 500, waiting: Agency, by: map[Cause]int64{Policy: 5, Hub: 15, Transport: 40, Agency: 440},
			in: Input{Now: at(500), Events: plus(hub(mash.EventDelivered, 60))}},
		{name: "open, nobody has it yet", total: 500, waiting: Transport, by: map[Cause]int64{Policy: 5, Hub: 15, Transport: 480}, in: Input{Now: at(500), Events: asked}},
		{name: "the node is switched off: its time", total: 500, waiting: Agency, by: map[Cause]int64{Policy: 5, Hub: 15, Transport: 80, Agency: 400},
			in: Input{Now: at(500), Events: asked, Silent: []Window{{From: at(100)}}}},
		{name: "the node that we host is off: our time", total: 500, waiting: Hub, by: map[Cause]int64{Policy: 5, Hub: 415, Transport: 80},
			in: Input{Now: at(500), Hosted: true, Events: asked, Silent: []Window{{From: at(100)}}}},
		{name: "the broker was down: nobody's, whoever else was slow", total: 500, waiting: Agency, by: map[Cause]int64{Outage: 200, Policy: 5, Hub: 15, Transport: 40, Agency: 240},
			in: Input{Now: at(500), Events: plus(hub(mash.EventDelivered, 60)), Outages: []mash.Outage{{Scope: "broker", From: at(100), To: at(300)}}}},
		{name: "a question back is the requester's, and the total runs on", total: 500, waiting: Agency, by: map[Cause]int64{Requester: 100, Policy: 5, Hub: 15, Transport: 40, Agency: 340},
			in: Input{Now: at(500), Events: plus(hub(mash.EventDelivered, 60), hub(mash.EventClarifyOpen, 100), hub(mash.EventClarifyClosed, 200))}},
		{name: "a question back that is still open", total: 500, waiting: Requester, by: map[Cause]int64{Requester: 400, Policy: 5, Hub: 15, Transport: 40, Agency: 40},
			in: Input{Now: at(500), Events: plus(hub(mash.EventDelivered, 60), hub(mash.EventClarifyOpen, 100))}},
		{name: "held for our manager: policy", total: 500, waiting: Policy, by: map[Cause]int64{Policy: 490, Hub: 10},
			in: Input{Now: at(500), Events: []mash.Event{hub(mash.EventRaised, 0), hub(mash.EventHeld, 10)}}},
		{name: "only a part is here", total: 500, waiting: Agency, by: map[Cause]int64{Policy: 5, Hub: 15, Transport: 10, Agency: 470},
			in: Input{Now: at(500), Events: plus(agency(mash.EventAgencyReceived, 30), agency(mash.EventAgencyReturned, 90), hub(mash.EventPartLanded, 100))}},
		{name: "refused before it left", total: 3, by: map[Cause]int64{Hub: 3}, in: Input{Now: at(500), Events: []mash.Event{hub(mash.EventRaised, 0), hub(mash.EventRefused, 3)}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Measure(c.in)
			if got.TotalMS != c.total {
				t.Errorf("total is %d, want %d", got.TotalMS, c.total)
			}
			for _, cause := range Causes {
				if got.By[cause] != c.by[cause] {
					t.Errorf("%s is %d, want %d", cause, got.By[cause], c.by[cause])
				}
			}
			if got.Suspect != c.suspect || got.Waiting != c.waiting {
				t.Errorf("suspect %v, waiting %q; want %v, %q", got.Suspect, got.Waiting, c.suspect, c.waiting)
			}
		})
	}
}

// TestPiecesSum: whatever the order, skew or loss of events, the pieces are
// the total, they touch, and they never leave the hub's line.
func TestPiecesSum(t *testing.T) {
	kinds := []mash.EventKind{mash.EventRaised, mash.EventHeld, mash.EventAuthorised, mash.EventQueued, mash.EventSent, mash.EventDelivered,
		mash.EventClarifyOpen, mash.EventClarifyClosed, mash.EventPartLanded, mash.EventLanded, mash.EventRefused, mash.EventWithdrawn, mash.EventExpired,
		mash.EventAgencyReceived, mash.EventAgencyOpened, mash.EventAgencyPolicy, mash.EventAgencyDecided, mash.EventAgencyReview, mash.EventAgencyReturned}
	instant := rapid.Map(rapid.Int64Range(-10_000_000, 10_000_000), func(us int64) time.Time { return t0.Add(time.Duration(us) * time.Microsecond) })
	rapid.Check(t, func(t *rapid.T) {
		in := Input{Now: instant.Draw(t, "now"), Hosted: rapid.Bool().Draw(t, "hosted")}
		in.Events = append(in.Events, mash.Event{Kind: mash.EventRaised, Clock: mash.ClockHub, At: instant.Draw(t, "raised")})
		for range rapid.IntRange(0, 25).Draw(t, "events") {
			e := mash.Event{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), At: instant.Draw(t, "at"), Clock: rapid.SampledFrom([]string{mash.ClockHub, "police"}).Draw(t, "clock")}
			if rapid.Bool().Draw(t, "mono") {
				e.Boot, e.Mono = "b", rapid.Int64Range(-1000, 1_000_000).Draw(t, "reading")
			}
			in.Events = append(in.Events, e)
		}
		for range rapid.IntRange(0, 3).Draw(t, "outages") {
			in.Outages = append(in.Outages, mash.Outage{From: instant.Draw(t, "from"), To: instant.Draw(t, "to")})
			in.Silent = append(in.Silent, Window{instant.Draw(t, "silent from"), instant.Draw(t, "silent to")})
		}
		got := Measure(in)
		var sum int64
		for _, c := range Causes {
			if got.By[c] < 0 {
				t.Fatalf("%s is negative: %d", c, got.By[c])
			}
			sum += got.By[c]
		}
		if sum != got.TotalMS || got.TotalMS < 0 {
			t.Fatalf("the pieces sum to %d of %d", sum, got.TotalMS)
		}
		for i := 1; i < len(got.Pieces); i++ {
			if !got.Pieces[i].From.Equal(got.Pieces[i-1].To) {
				t.Fatalf("a gap before piece %d", i)
			}
		}
		// The order in which events arrive is nothing.
		shuffled := in
		shuffled.Events = rapid.Permutation(in.Events).Draw(t, "order")
		if again := Measure(shuffled); again.TotalMS != got.TotalMS || again.By[Agency] != got.By[Agency] || again.By[Outage] != got.By[Outage] {
			t.Fatalf("another order gives another answer: %v, %v", got.By, again.By)
		}
	})
}

// TestAgencyCannotMoveTheLine: no time that an agency gives changes the total,
// or what is charged to an outage, to the requester or to a held request.
func TestAgencyCannotMoveTheLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := []mash.Event{hub(mash.EventRaised, 0), hub(mash.EventAuthorised, 10), hub(mash.EventSent, 20), hub(mash.EventDelivered, 40),
			hub(mash.EventClarifyOpen, 100), hub(mash.EventClarifyClosed, 300), hub(mash.EventLanded, 1000)}
		in := Input{Now: at(5000), Events: base, Outages: []mash.Outage{{From: at(500), To: at(600)}}}
		want := Measure(in)
		lies := append([]mash.Event{}, base...)
		for _, k := range []mash.EventKind{mash.EventAgencyReceived, mash.EventAgencyReturned} {
			lies = append(lies, agency(k, rapid.Int64Range(-1e9, 1e9).Draw(t, string(k))))
		}
		got := Measure(Input{Now: in.Now, Events: lies, Outages: in.Outages})
		if got.TotalMS != want.TotalMS || got.By[Outage] != want.By[Outage] || got.By[Requester] != want.By[Requester] || got.By[Hub] != want.By[Hub] {
			t.Fatalf("%v became %v", want.By, got.By)
		}
	})
}

func BenchmarkMeasure(b *testing.B) {
	in := Input{Now: at(9999), Events: []mash.Event{hub(mash.EventRaised, 0), hub(mash.EventAuthorised, 5), hub(mash.EventSent, 20), hub(mash.EventDelivered, 40),
		agency(mash.EventAgencyReceived, 30), agency(mash.EventAgencyPolicy, 100), agency(mash.EventAgencyDecided, 110), agency(mash.EventAgencyReturned, 180), hub(mash.EventLanded, 200)}}
	for b.Loop() {
		Measure(in)
	}
}
