package app

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/plugins/record"
)

// TestNothingIsShownThatIsNotRecorded (I3): every id shown stands in an entry,
// and where that cannot be written nothing is shown at all.
func TestNothingIsShownThatIsNotRecorded(t *testing.T) {
	p := newPlay(t, "police")
	w, at := p.as("worker"), p.at("police")
	id := w.opens(nil)
	r := w.asks(id, "police")
	if state, _ := at.told(at.replies(r, nil)); state != mash.OutDone {
		t.Fatal("refused")
	}
	if x := w.sees(id); !x.OwnViewNeeded || len(x.Chronology) != 0 {
		t.Error("the joined picture is open before the worker wrote their own view")
	}
	w.thinks(id)
	x := w.sees(id)
	if len(x.Chronology) != 1 {
		t.Fatalf("%d items", len(x.Chronology))
	}
	ok := slices.ContainsFunc(p.audited("page.view"), func(e mash.Entry) bool {
		return e.Actor == "worker" && e.Enquiry == id && e.Decision == x.Decision && slices.Contains(e.Shown, x.Chronology[0].ID)
	})
	if !ok {
		t.Error("no entry names the item, by its decision")
	}
	p.faults.mu.Lock()
	p.faults.audit = func(mash.AuditRow) error { return errors.New("the disk is full") }
	p.faults.mu.Unlock()
	if x, err := p.hub.Desk.Show(t.Context(), w.Actor, id, "chronology"); err == nil || x.Enquiry.ID != "" || len(x.Chronology)+len(x.Requests)+len(x.Content.People) > 0 {
		t.Errorf("unrecorded, it shows %+v, %v", x, err)
	}
	if b, err := p.hub.Desk.Board(t.Context(), w.Actor, 1); err == nil || b.Total+len(b.Rows) > 0 {
		t.Errorf("unrecorded, the board shows %d rows, %v", len(b.Rows), err)
	}
}

// TestWhoSeesWhat: oversight sees no item; who does not work on an enquiry sees
// nothing that locates a protected person, in whatever text it stands.
func TestWhoSeesWhat(t *testing.T) {
	p := newPlay(t, "police", "health")
	w := p.as("worker")
	id := w.opens(func(in *enquiry.OpenInput) {
		mother := leanne()
		mother.Addresses = rowan().Addresses
		in.People = append(in.People, mash.EnquiryPerson{Key: "household-1", Role: mash.RoleHousehold, ProtectedLocation: true, Record: mother,
			Reason: "moved to 14 Tanner's Court"})
		mother.Addresses = append(mother.Addresses, record.Address{Line1: "Flat 2", Line2: "27 Gull Parade"})
		in.People[1].Record = mother
		in.Narrative = "They hide at 14 TANNERS COURT, fe14tc, and before at 27 gull parade."
		in.Informed = mash.Informed{Answer: "unsafe_to_tell", Reason: "He looks for her at FE1 4TC"}
		in.VoiceNotSought = "he sleeps at Harbour House"
		in.Basis = mash.Basis{Dispensation: &mash.Dispensation{Reason: "she fled to 27 Gull Parade", Manager: "manager", At: p.clock.Now()}}
	})
	p.must(p.hub.Desk.WriteOwnView(t.Context(), w.Actor, id, "Harbour House is near 14 Tanner's Court."))
	police, health := p.at("police"), p.at("health")
	police.told(police.replies(w.asks(id, "police"), func(a *reply) {
		a.ret.Outcomes = append(a.ret.Outcomes, mash.PersonOutcome{Person: "household-1", Outcome: mash.NothingKnown})
		a.items[0].Text = "Called to Harbour House."
		a.ret.Outcomes[1].Reason = "we know her at 27 Gull Parade"
		a.items[0].Flags, a.items[0].Protected = []string{record.FlagProtectedLocation}, []string{"Harbour House"}
	}))
	health.told(health.replies(w.asks(id, "health"), func(a *reply) {
		a.ret.Outcomes = append(a.ret.Outcomes, mash.PersonOutcome{Person: "household-1", Outcome: mash.NothingKnown})
		i := &a.items[0].Item
		i.Category, i.Kind, i.Title, i.Text = "health.ae_attendance", record.ChildVoice, "He says", "We sleep at Harbour House, 14 Tanner's Court."
		i.Date.Date, i.Voice = "2026-06-01", &record.Voice{HeardBy: "nurse", Agreed: record.AgreedYes}
	}))
	// All that a page or the API could show of it.
	text := func(x enquiry.Picture) string {
		b, err := json.Marshal(x)
		p.must(err)
		return strings.ToLower(string(b))
	}
	own, team := w.sees(id), p.as("colleague").sees(id)
	if len(own.Chronology) != 2 || own.Chronology[0].Item.Kind != record.ChildVoice || len(team.Chronology) != 2 {
		t.Fatalf("%d and %d items, first %+v", len(own.Chronology), len(team.Chronology), own.Chronology)
	}
	for _, place := range []string{"tanner", "fe14tc", "fe1 4tc", "harbour house", "gull parade"} {
		if !strings.Contains(text(own), place) {
			t.Errorf("the worker does not see %q", place)
		}
		if strings.Contains(text(team), place) {
			t.Errorf("a colleague sees %q: %s", place, text(team))
		}
	}
	for _, who := range []string{"ig", "scrutineer"} {
		_, err := p.hub.Desk.Show(t.Context(), p.as(who).Actor, id, "chronology")
		p.wants(err, mash.CodeNotFound)
	}
	p.must(p.hub.Desk.Collate(t.Context(), w.Actor, id))
	p.must(p.hub.Desk.Decide(t.Context(), w.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: "because", Cited: []string{own.Chronology[0].ID}}))
	for _, leak := range []string{"She is at 14 tanners court.", "Write to FE1 4TC", "Ask at Harbour House", "27 Gull Parade"} {
		_, err := p.hub.Desk.TellOriginator(t.Context(), w.Actor, id, enquiry.FeedbackInput{Text: leak})
		p.wants(err, mash.CodeInvalid)
	}
}

// TestTheSameTwiceStandsOnce: with both sources; a child's words are never
// merged.
func TestTheSameTwiceStandsOnce(t *testing.T) {
	p := newPlay(t, "police", "health")
	w := p.as("worker")
	id := w.opens(nil)
	w.thinks(id)
	for _, whom := range []string{"police", "health"} {
		at := p.at(whom)
		at.told(at.replies(w.asks(id, whom), func(a *reply) {
			voice := a.items[0]
			voice.ID, voice.Kind, voice.Voice = "v1", record.ChildVoice, &record.Voice{HeardBy: "nurse", Agreed: record.AgreedYes}
			a.items = append(a.items, voice)
			if whom == "health" {
				a.items[0].Category, a.items[1].Category = "health.ae_attendance", "health.ae_attendance"
			}
		}))
	}
	// The categories differ, so nothing is the same yet.
	if n := len(w.sees(id).Chronology); n != 4 {
		t.Errorf("%d items, want 4", n)
	}
	r := w.asks(id, "police")
	at := p.at("police")
	at.told(at.replies(r, nil))
	var twice []enquiry.Entry
	for _, x := range w.sees(id).Chronology {
		if len(x.Sources) > 1 {
			twice = append(twice, x)
		}
	}
	if len(twice) != 1 || twice[0].Sources[0].Return == twice[0].Sources[1].Return {
		t.Errorf("%d entries with two sources", len(twice))
	}
}

// TestStepsAndStates: each step in each state of an enquiry.
func TestStepsAndStates(t *testing.T) {
	p := perform(t, plot{absent: []string{"police"}})
	w, d, ctx := p.as("worker"), p.hub.Desk, t.Context()
	steps := map[string]func(string) error{
		"collate": func(id string) error { return d.Collate(ctx, w.Actor, id) },
		"decide": func(id string) error {
			return d.Decide(ctx, w.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: "because"})
		},
		"feedback": func(id string) error {
			_, err := d.TellOriginator(ctx, w.Actor, id, enquiry.FeedbackInput{Waiver: "unsafe"})
			return err
		},
		"close":  func(id string) error { _, err := d.Close(ctx, w.Actor, id, enquiry.CloseInput{}); return err },
		"reopen": func(id string) error { return d.Reopen(ctx, w.Actor, id, "new facts") },
		"ask":    func(id string) error { _, err := d.Ask(ctx, w.Actor, id, w.question("police")); return err },
	}
	way := []string{"collate", "decide", "feedback", "close"}
	for taken, allowed := range map[int]map[string]mash.EnquiryState{
		0: {"collate": mash.EnquiryCollated, "ask": mash.EnquiryResearching},
		1: {"decide": mash.EnquiryDecided, "ask": mash.EnquiryResearching},
		2: {"feedback": mash.EnquiryFeedbackSent, "reopen": mash.EnquiryResearching},
		3: {"close": mash.EnquiryClosed, "reopen": mash.EnquiryResearching},
		4: {"reopen": mash.EnquiryResearching},
	} {
		for name, step := range steps {
			id := w.opens(nil)
			for _, before := range way[:taken] {
				p.must(steps[before](id))
			}
			was := p.enquiry(id)
			err := step(id)
			want, ok := allowed[name]
			switch now := p.enquiry(id); {
			case ok && (err != nil || now.State != want):
				t.Errorf("%s when %s: %v, %s", name, was.State, err, now.State)
			case !ok && (mash.CodeOf(err) != mash.CodeConflict || now.State != was.State):
				t.Errorf("%s when %s: %v, %s", name, was.State, err, now.State)
			}
		}
	}
	id := w.opens(func(in *enquiry.OpenInput) { in.VoiceNotSought = "" })
	p.must(steps["collate"](id))
	p.wants(steps["decide"](id), mash.CodeConflict)
	p.must(d.VoiceNotSought(ctx, w.Actor, id, "a baby"))
	p.wants(d.Decide(ctx, w.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: "because", Cited: []string{"no/such"}}), mash.CodeInvalid)
	p.must(steps["decide"](id))
	p.must(steps["feedback"](id))
	_, err := d.Close(p.racing(func() { p.must(d.SetRAG(ctx, w.Actor, id, mash.Red)) }), w.Actor, id, enquiry.CloseInput{})
	if now := p.enquiry(id); now.State == mash.EnquiryClosed || mash.CodeOf(err) != mash.CodeConflict {
		t.Errorf("closed over a change: %v", err)
	}
	p.must(steps["close"](id))
	id = w.opens(func(in *enquiry.OpenInput) { in.Anonymous, in.Originator = true, mash.Originator{Kind: "anonymous"} })
	p.must(steps["collate"](id))
	p.must(steps["decide"](id))
	f, err := d.TellOriginator(ctx, w.Actor, id, enquiry.FeedbackInput{Text: "We helped."})
	if err != nil || f.State != "not_possible" {
		t.Errorf("told somebody anonymous: %+v, %v", f, err)
	}
}

// TestNothingPersonalGetsOut: canaries in every personal field stand in no log,
// key, topic or byte on the bus, and in nothing of an exported log.
func TestNothingPersonalGetsOut(t *testing.T) {
	s, err := world.LoadAt(9, time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.OpenInput()
	if err != nil {
		t.Fatal(err)
	}
	p := newPlay(t, "socialcare", "police", "health", "schools", "housing", "probation")
	w := p.as("worker")
	e, err := p.hub.Desk.Open(t.Context(), w.Actor, in)
	p.must(err)
	w.thinks(e.ID)
	ask, err := s.AskInput()
	p.must(err)
	rs, err := p.hub.Desk.Ask(t.Context(), w.Actor, e.ID, ask)
	p.must(err)
	for _, r := range rs {
		if r.State != mash.RequestQueued {
			continue
		}
		at := p.at(r.Party.String())
		v := at.task(node.TaskAnswer)
		a := node.Answer{Persons: map[string]node.PersonAnswer{}}
		for _, who := range v.Persons {
			name := who.Record.Names[0]
			a.Persons[who.Key] = node.PersonAnswer{Outcome: "refused", Reason: strings.Join(append(name.Given, name.Family...), " ")}
		}
		p.must(at.n.Node.SubmitAnswer(t.Context(), at.staff(), v.Task.ID, a))
		p.lands(r)
	}
	w.sees(e.ID)
	var bundle strings.Builder
	p.look(func(tx mash.HubTx) error { return p.hub.Audit.Export(tx, &bundle) })
	logs := p.notes.String()
	for _, c := range world.Canaries(s) {
		if strings.Contains(logs, c) || strings.Contains(bundle.String(), c) {
			t.Errorf("%q is in a log", c)
		}
		for _, m := range p.bus.everything() {
			if strings.Contains(m.Topic, c) || strings.Contains(m.Key, c) || strings.Contains(string(m.Value), c) {
				t.Errorf("%q is on the bus", c)
			}
		}
	}
}

// TestAnEarlierDecisionIsKept: deciding again keeps what was decided before,
// with its reasons and what it rested on.
func TestAnEarlierDecisionIsKept(t *testing.T) {
	p := newPlay(t, "police")
	w, d := p.as("worker"), p.hub.Desk
	id := w.opens(nil)
	w.thinks(id)
	police := p.at("police")
	police.lands(w.asks(id, "police"), revision(1, true, fact("a", "police.crime", "2026-01-01", "Theft")))
	cited := []string{w.sees(id).Chronology[0].ID}
	for _, why := range []string{"first reasons", "second reasons"} {
		p.must(d.Collate(t.Context(), w.Actor, id))
		p.must(d.Decide(t.Context(), w.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: why, Cited: cited}))
		if why == "first reasons" {
			p.must(d.Reopen(t.Context(), p.as("manager").Actor, id, "more is known"))
		}
		cited = nil
	}
	x := w.sees(id)
	at := slices.IndexFunc(x.Content.Notes, func(n mash.Note) bool { return n.Step == "enquiry.decide" })
	if at < 0 || x.Content.Notes[at].Text != "first reasons" || len(x.Content.Notes[at].Cited) != 1 || x.Content.OutcomeWhy != "second reasons" {
		t.Errorf("kept: %+v", x.Content.Notes)
	}
}
