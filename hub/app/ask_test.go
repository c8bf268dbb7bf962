package app

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/tracking"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
	"mashhub/policies"
)

// agreement changes the shipped agreement, and puts it in force.
func (p *play) agreement(old, new string) {
	p.t.Helper()
	p.must(p.hub.Policy.Swap(p.t.Context(), reworded(p.t, old, new), p.hub.Policy.Epoch()+1))
}

func reworded(t *testing.T, old, new string) fs.FS {
	t.Helper()
	return shippedWith(t, "agreements/mash-fernshire.yaml", old, new)
}

// shippedWith is the shipped policy with one text of one file replaced.
func shippedWith(t *testing.T, file, old, new string) fs.FS {
	t.Helper()
	files, found := fstest.MapFS{}, false
	err := fs.WalkDir(policies.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		b, err := fs.ReadFile(policies.FS, name)
		if name == file {
			found = strings.Contains(string(b), old)
			b = []byte(strings.Replace(string(b), old, new, 1))
		}
		files[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil || !found {
		t.Fatalf("changing the agreement: %v, found %v", err, found)
	}
	return files
}

const (
	policeSigned    = "name: Fernshire Police\n      status: active"
	policeSuspended = "name: Fernshire Police\n      status: suspended"
)

// verdicts bends the hub's policy.
type verdicts struct {
	mash.Policy
	ask func(mash.Decision) mash.Decision
}

func (v *verdicts) Ask(ctx context.Context, in mash.AskInput) mash.Decision {
	d := v.Policy.Ask(ctx, in)
	if v.ask != nil {
		d = v.ask(d)
	}
	return d
}

// decision finds the decision that a request rests on.
func (p *play) decision(r mash.Request) (d mash.Decision) {
	p.t.Helper()
	p.look(func(tx mash.HubTx) (err error) { d, err = tx.Decision(r.Decision); return err })
	return d
}

// TestWhatMayNotBeAskedIsRefusedVisibly: with its decision and audit entry,
// and nothing leaves. A clause and a fault are never the same.
func TestWhatMayNotBeAskedIsRefusedVisibly(t *testing.T) {
	bent := &verdicts{}
	p := perform(t, plot{absent: []string{"police", "housing"}, hub: func(o *HubOptions) {
		o.Wrap.Policy = func(inner mash.Policy) mash.Policy { bent.Policy = inner; return bent }
	}})
	for name, c := range map[string]struct {
		open   func(*enquiry.OpenInput)
		bend   func(mash.Decision) mash.Decision
		code   string
		clause string
	}{
		"the family refused": {func(in *enquiry.OpenInput) { in.Basis.Agreement.State = "refused" }, nil, "deny_clause", "MF-3.5"},
		"the family's scope": {func(in *enquiry.OpenInput) { in.Basis.Agreement.Scope = []string{"health"} }, nil, "deny_clause", "MF-3.8"},
		"the policy failed": {nil, func(d mash.Decision) mash.Decision {
			d.Verdict = mash.Verdict{Answer: mash.Deny, Fault: true}
			return d
		}, "deny_fault", ""},
		"an unknown obligation": {nil, func(d mash.Decision) mash.Decision {
			d.Obligations = []mash.Obligation{{Code: "tell_the_pope"}}
			return d
		}, "deny_fault", "MF-5.1"},
	} {
		bent.ask = c.bend
		id := p.as("worker").opens(c.open)
		r := p.as("worker").asks(id, "police")
		bent.ask = nil
		r = p.request(r.ID)
		dec := p.decision(r)
		if r.State != mash.RequestRefused || r.Code != c.code || r.MessageID != "" || c.clause != "" && !slices.Contains(dec.Clauses, c.clause) || len(dec.Input) == 0 || dec.PolicyVersion == "" {
			t.Errorf("%s: %s %s, by %v", name, r.State, r.Code, dec.Clauses)
		}
		found := false
		for _, e := range p.audited("request.denied") {
			found = found || e.Request == r.ID && e.Decision == dec.ID && e.Actor == "worker"
		}
		if !found {
			t.Errorf("%s: no audit entry names request and decision", name)
		}
		if x := p.as("worker").sees(id); len(x.Requests) != 1 || x.Requests[0].Code != c.code || x.Requests[0].Verdict.Fault != dec.Fault {
			t.Errorf("%s: the picture shows %+v", name, x.Requests)
		}
	}
	// The recipient opens the post in which they would be asked about.
	for opens, called := range map[string]record.Name{
		"leanne  TESSEL":    {Given: []string{"Leanne"}, Family: []string{"Tessel"}},
		"Leanne Tessel":     {Given: []string{"Leanne Mary"}, Family: []string{"Tessel"}},
		"Lee Tessel":        {Given: []string{"Leanne"}, Family: []string{"Tessel"}, Preferred: "Lee"},
		"Ms Leanne Tessel":  {Given: []string{"Leanne"}, Family: []string{"Vane", "Tessel"}},
		"Leanne Vane-Smith": {Given: []string{"Leanne"}, Family: []string{"Vane-Smith"}},
	} {
		p.all[1].Opens = []string{opens}
		id := p.as("worker").opens(func(in *enquiry.OpenInput) {
			mother := leanne()
			mother.Names = []record.Name{called}
			in.People = append(in.People, mash.EnquiryPerson{Key: "household-1", Role: mash.RoleHousehold, Reason: "lives there", Record: mother})
		})
		if r := p.as("worker").asks(id, "housing"); r.State != mash.RequestRefused || !slices.Contains(p.decision(r).Clauses, "MF-4.1") {
			t.Errorf("conflict of interest of %s: %s by %v", opens, r.State, p.decision(r).Clauses)
		}
	}
	if n := len(p.bus.everything()); n > 0 {
		t.Errorf("%d messages left", n)
	}
	if !strings.Contains(p.notes.String(), "decision fault") || !strings.Contains(p.notes.String(), "obligation not implemented") {
		t.Error("the faults are not in the log")
	}
}

// TestAskRefusesBadInput and changes nothing.
func TestAskRefusesBadInput(t *testing.T) {
	p := perform(t, plot{absent: []string{"police", "schools"}})
	id := p.as("worker").opens(nil)
	w := p.as("worker")
	good := w.question("police")
	for name, c := range map[string]struct {
		field string
		in    func(*enquiry.AskInput)
	}{
		"nobody":                 {"ask", func(in *enquiry.AskInput) { in.Ask = nil }},
		"no period":              {"from", func(in *enquiry.AskInput) { in.From = time.Time{} }},
		"a period backwards":     {"from", func(in *enquiry.AskInput) { in.To = in.From.Add(-time.Hour) }},
		"an unknown agency":      {"ask[0].party", func(in *enquiry.AskInput) { in.Ask[0].Party.Agency = "nobody" }},
		"schools without a unit": {"ask[0].party", func(in *enquiry.AskInput) { in.Ask[0].Party = mash.Party{Agency: "schools"} }},
		"a unit of none":         {"ask[0].party", func(in *enquiry.AskInput) { in.Ask[0].Party.Unit = "999001" }},
		"an unknown unit":        {"ask[0].party", func(in *enquiry.AskInput) { in.Ask[0].Party = mash.Party{Agency: "schools", Unit: "123456"} }},
		"somebody not in it":     {"ask[0].persons", func(in *enquiry.AskInput) { in.Ask[0].Persons = []string{"household-1"} }},
		"somebody twice":         {"ask[0].persons", func(in *enquiry.AskInput) { in.Ask[0].Persons = []string{"subject-1", "subject-1"} }},
		"another's category":     {"ask[0].categories", func(in *enquiry.AskInput) { in.Ask[0].Categories = []string{"health.camhs"} }},
		"a category twice":       {"ask[0].persons", func(in *enquiry.AskInput) { in.Ask[0].Categories = []string{"police.crime", "police.crime"} }},
		"nobody, not asked":      {"not_asked[0].party", func(in *enquiry.AskInput) { in.NotAsked = []mash.NotAsked{{Reason: "r"}} }},
		"a text, not asked": {"not_asked[0].party", func(in *enquiry.AskInput) {
			in.NotAsked = []mash.NotAsked{{Party: mash.Party{Agency: "Aunt Iris, 9 Elm Row"}, Reason: "r"}}
		}},
		"not asked, without why": {"not_asked[0].reason", func(in *enquiry.AskInput) {
			in.NotAsked = []mash.NotAsked{{Party: party("schools/999001"), Reason: " "}}
		}},
	} {
		in := good
		in.Ask = slices.Clone(good.Ask)
		c.in(&in)
		_, err := p.hub.Desk.Ask(t.Context(), w.Actor, id, in)
		var e *mash.Error
		if !errors.As(err, &e) || e.Code != mash.CodeInvalid || e.Field != c.field || e.Remedy == "" {
			t.Errorf("%s: %v, want field %s", name, err, c.field)
		}
	}
	in := good
	in.Ask = append(slices.Clone(good.Ask), good.Ask[0])
	_, err := p.hub.Desk.Ask(t.Context(), w.Actor, id, in)
	p.wants(err, mash.CodeConflict)
	if e := p.enquiry(id); e.State != mash.EnquiryScreened || len(e.NotAsked) > 0 {
		t.Errorf("a refused question changed the enquiry: %s", e.State)
	}
	if n := len(w.sees(id).Requests); n > 0 {
		t.Errorf("%d requests", n)
	}
	in = enquiry.AskInput{From: good.From, NotAsked: []mash.NotAsked{{Party: party("schools/999001"), Reason: "not on roll"}}}
	_, err = p.hub.Desk.Ask(t.Context(), w.Actor, id, in)
	p.must(err)
	if e := p.enquiry(id); len(e.NotAsked) != 1 {
		t.Error("why an agency is not asked was not kept")
	}
	if all := p.audited("request.not_asked"); len(all) != 1 || all[0].Detail["party"] != "schools/999001" {
		t.Errorf("the log says of it %+v", all)
	}
}

// TestAskedTwice: one open request to a party at a time, also when two people
// ask at the same moment.
func TestAskedTwice(t *testing.T) {
	p := newPlay(t, "police", "housing")
	w := p.as("worker")
	id := w.opens(nil)
	between := p.racing(func() { p.as("colleague").asks(id, "police") }) // decision and effect
	_, err := p.hub.Desk.Ask(between, w.Actor, id, w.question("police"))
	p.wants(err, mash.CodeConflict)
	between = p.racing(func() { p.must(p.hub.Desk.SetRAG(t.Context(), w.Actor, id, mash.Red)) })
	rs, err := p.hub.Desk.Ask(between, w.Actor, id, w.question("housing"))
	p.must(err)
	r := rs[0]
	if n := len(w.sees(id).Requests); n != 2 || r.RAG != mash.Red {
		t.Errorf("%d requests, the last of them rated %s", n, r.RAG)
	}
	_, err = p.hub.Desk.Withdraw(t.Context(), w.Actor, r.ID, "not needed")
	p.must(err)
	w.asks(id, "housing") // an ended one stands in nobody's way
}

// TestAnAgencyThatIsNotEnrolled: its question is visibly undeliverable, and the
// others' leave.
func TestAnAgencyThatIsNotEnrolled(t *testing.T) {
	p := perform(t, plot{agencies: []string{"police"}, absent: []string{"housing"}})
	w := p.as("worker")
	id := w.opens(nil)
	in := w.question("housing")
	in.Ask = append(in.Ask, w.question("police").Ask...)
	rs, err := p.hub.Desk.Ask(t.Context(), w.Actor, id, in)
	p.must(err)
	if rs[0].State != mash.RequestUndeliverable || rs[0].Code != "unknown_key" || rs[1].State != mash.RequestQueued {
		t.Errorf("housing is %s %s, police %s", rs[0].State, rs[0].Code, rs[1].State)
	}
	if x := w.sees(id).Requests[0]; x.Party.Agency == "housing" && !x.Timing.Ended {
		t.Error("its clock goes on")
	}
}

// TestOnlyWhatIsPermittedLeaves: people, categories and fields, and never what
// the worker wrote.
func TestOnlyWhatIsPermittedLeaves(t *testing.T) {
	p := newPlay(t, "police", "schools", "health")
	w := p.as("worker")
	id := w.opens(func(in *enquiry.OpenInput) {
		in.Narrative = "CANARY-NARRATIVE"
		in.Originator = mash.Originator{Kind: "family", Name: "CANARY-ORIGINATOR", Contact: "01632 960999"}
		x := &in.People[0]
		x.ProtectedLocation = true
		x.Record.Ethnicity, x.Record.Sex = "3", "1"
		x.Record.Telecoms = record.ContactPoints{{System: record.SystemPhone, Value: "01632 960555"}}
		x.Record.Identifiers = append(x.Record.Identifiers, record.Identifier{System: "https://example.test/case", Value: "CANARY-CASE"})
		mother := leanne()
		mother.Addresses = rowan().Addresses
		in.People = append(in.People, mash.EnquiryPerson{Key: "household-1", Role: mash.RoleHousehold, Reason: "CANARY-REASON", Record: mother})
	})
	w.thinks(id)
	for _, whom := range []string{"police", "schools/999001", "health"} {
		r := w.asks(id, whom)
		p.at(whom).task(node.TaskAnswer)
		body := string(p.at(whom).held(r.ID).Body)
		for _, canary := range []string{"CANARY", "01632 960", "Tanner", "FE1 4TC", "ethnicity", "sexCode", "what I think", "family_agreement", "not seen yet"} {
			if strings.Contains(body, canary) {
				t.Errorf("%s was sent %q", whom, canary)
			}
		}
		for _, want := range []string{"Rowan", "Leanne", "9990000018", "2016-05-03"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s was not sent %q", whom, want)
			}
		}
		for c, want := range map[string]bool{"police.crime": whom == "police", "police.intelligence": false, "health.camhs": false, "health.condition": whom == "health"} {
			if slices.Contains(r.Categories, c) != want {
				t.Errorf("%s is asked for %s: %v", whom, c, !want)
			}
		}
	}
	in := w.question("police", "police.crime", "police.warning")
	in.Ask[0].Persons = []string{"household-1"}
	id = w.opens(func(in *enquiry.OpenInput) {
		in.People = append(in.People, mash.EnquiryPerson{Key: "household-1", Role: mash.RoleHousehold, Reason: "lives there", Record: leanne()})
	})
	rs, err := p.hub.Desk.Ask(t.Context(), w.Actor, id, in)
	p.must(err)
	p.eventually("the question is there", func() bool { return len(p.at("police").held(rs[0].ID).Body) > 0 })
	if body := string(p.at("police").held(rs[0].ID).Body); strings.Contains(body, "Rowan") || !strings.Contains(body, "Leanne") || strings.Contains(body, "missing_episode") {
		t.Error("more was sent than was chosen")
	}
}

// TestHeldForReview: what a person must read first waits, visibly; a manager
// lets it go or not, with a reason, and nobody else does.
func TestHeldForReview(t *testing.T) {
	p := newPlay(t, "police")
	w, m, d := p.as("worker"), p.as("manager"), p.hub.Desk
	letter := func(in *enquiry.OpenInput) {
		in.Anonymous, in.Evidence, in.Originator = true, false, mash.Originator{Kind: "anonymous"}
	}
	hold := func() mash.Request {
		t.Helper()
		r := w.asks(w.opens(letter), "police")
		if r.State != mash.RequestHeld || r.MessageID != "" {
			t.Fatalf("the request is %s", r.State)
		}
		return r
	}
	r := hold()
	_, err := d.ReviewAsk(t.Context(), w.Actor, r.ID, true, "fine")
	p.wants(err, mash.CodeNotFound)
	_, err = d.ReviewAsk(t.Context(), m.Actor, r.ID, true, " ")
	p.wants(err, mash.CodeInvalid)
	if b, _ := d.Board(t.Context(), w.Actor, 1); len(b.Rows) != 1 || b.Rows[0].State != string(mash.RequestHeld) {
		t.Errorf("the board shows %+v", b)
	}
	p.clock.pass(time.Hour)
	r, err = d.ReviewAsk(t.Context(), m.Actor, r.ID, true, "it names a place")
	p.must(err)
	if r.State != mash.RequestQueued || r.Code != "" {
		t.Errorf("allowed, it is %s %s", r.State, r.Code)
	}
	p.at("police").task(node.TaskAnswer)
	if x := w.sees(r.EnquiryID).Requests[0].Timing; x.By["policy"] < 3_600_000 {
		t.Errorf("the manager's hour is not policy time: %v", x.By)
	}
	_, err = d.ReviewAsk(t.Context(), m.Actor, r.ID, true, "again")
	p.wants(err, mash.CodeConflict)

	r = hold()
	r, err = d.ReviewAsk(t.Context(), m.Actor, r.ID, false, "malicious")
	p.must(err)
	if r = p.request(r.ID); r.State != mash.RequestRefused || r.MessageID != "" || p.decision(r).Answer == mash.Permit {
		t.Errorf("not allowed, it is %s", r.State)
	}

	r = hold() // suspended while it waited
	p.agreement(policeSigned, policeSuspended)
	r, err = d.ReviewAsk(t.Context(), m.Actor, r.ID, true, "it names a place")
	p.must(err)
	if r.State != mash.RequestRefused || !slices.Contains(p.decision(r).Clauses, "MF-2.2") {
		t.Errorf("of a suspended agency it is %s by %v", r.State, p.decision(r).Clauses)
	}
}

// TestWithdrawnAgreementStopsWhatHasNotLeft: at once, all of it, and it is not
// asked any more.
func TestWithdrawnAgreementStopsWhatHasNotLeft(t *testing.T) {
	p := newPlay(t, "police", "housing")
	w, d := p.as("worker"), p.hub.Desk
	id := w.opens(nil)
	gone := w.asks(id, "police")
	p.at("police").task(node.TaskAnswer)
	p.reaches(gone, mash.RequestReceived)
	p.bus.set(func() { p.bus.down = true })
	waiting := w.asks(id, "housing")
	p.must(d.WithdrawAgreement(t.Context(), w.Actor, id))
	p.bus.set(func() { p.bus.down = false })
	for _, r := range []mash.Request{gone, waiting} {
		if r = p.request(r.ID); r.State != mash.RequestWithdrawn || r.Code != "agreement_withdrawn" {
			t.Errorf("%s is %s %s", r.Party, r.State, r.Code)
		}
		p.eventually("the agency knows", func() bool { return p.at(r.Party.String()).held(r.ID).State == mash.RequestWithdrawn })
		if len(p.at(r.Party.String()).held(r.ID).Body) > 0 {
			t.Errorf("%s still has the question", r.Party)
		}
	}
	// The question that waited never was on the bus: withdrawal is the first
	// that housing hears.
	n := 0
	for _, m := range p.bus.everything() {
		if m.Topic == mash.ToTopic(world.Hub, "housing") && m.Key == waiting.ID {
			n++
		}
	}
	if n != 1 {
		t.Errorf("housing was sent %d messages about it, want the withdrawal alone", n)
	}
	if r := w.asks(id, "police"); r.State != mash.RequestRefused || !slices.Contains(p.decision(r).Clauses, "MF-3.7") {
		t.Errorf("asked again, it is %s", r.State)
	}
	// Between decision and effect.
	id = w.opens(nil)
	between := p.racing(func() { p.must(d.WithdrawAgreement(t.Context(), p.as("colleague").Actor, id)) })
	rs, err := d.Ask(between, w.Actor, id, w.question("police"))
	p.must(err)
	if r := rs[0]; r.State != mash.RequestRefused {
		t.Errorf("asked on an agreement that was just withdrawn: %s", r.State)
	}
	s47 := w.opens(p.s47)
	p.wants(d.WithdrawAgreement(t.Context(), w.Actor, s47), mash.CodeConflict)
}

// TestUrgencyMovesTargetsAndNothingElse.
func TestUrgencyMovesTargetsAndNothingElse(t *testing.T) {
	p := newPlay(t, "police")
	w := p.as("worker")
	id := w.opens(nil)
	r := p.reaches(w.asks(id, "police"), mash.RequestReceived)
	question := func() wire.Request { // what the node was asked; its findings come as it works
		var held struct {
			Question wire.Request `json:"question"`
		}
		p.must(json.Unmarshal(p.at("police").held(r.ID).Body, &held))
		return held.Question
	}
	before := question()
	p.must(p.hub.Desk.SetRAG(t.Context(), w.Actor, id, mash.Red))
	now := p.request(r.ID)
	if now.RAG != mash.Red || !now.TargetAt.Equal(r.RaisedAt.Add(2*time.Hour)) || !r.TargetAt.Equal(r.RaisedAt.Add(6*time.Hour)) {
		t.Errorf("%s by %s, from %s", now.RAG, now.TargetAt, r.TargetAt)
	}
	scope := func(r mash.Request) string { return wire.ScopeHash(r.Purpose, r.Persons, r.Categories, r.From, r.To) }
	p.eventually("the agency has the new target", func() bool { return question().TargetAt.Equal(now.TargetAt) })
	after := question()
	if after.RAG != mash.Red {
		t.Errorf("the agency has rating %s", after.RAG)
	}
	after.RAG, after.TargetAt, after.Stands = before.RAG, before.TargetAt, before.Stands // the first revision stands
	if scope(now) != scope(r) || !slices.Equal(now.Fields, r.Fields) || !reflect.DeepEqual(after, before) {
		t.Errorf("the rating changed what is asked: %+v, before %+v", after, before)
	}
	p.wants(p.hub.Desk.SetRAG(t.Context(), w.Actor, id, "purple"), mash.CodeInvalid)
}

// TestNobodyIsAskedForTheFirstTimeAfterTheDecision: a question that waited for a
// manager does not go any more; it may still be refused.
func TestNobodyIsAskedForTheFirstTimeAfterTheDecision(t *testing.T) {
	p := newPlay(t, "police")
	w, m, d := p.as("worker"), p.as("manager"), p.hub.Desk
	id := w.opens(func(in *enquiry.OpenInput) {
		in.Anonymous, in.Evidence, in.Originator = true, false, mash.Originator{Kind: "anonymous"}
	})
	r := w.asks(id, "police")
	p.must(d.Collate(t.Context(), w.Actor, id))
	p.must(d.Decide(t.Context(), w.Actor, id, enquiry.DecideInput{Outcome: "no_further_action", Why: "because"}))
	_, err := d.ReviewAsk(t.Context(), m.Actor, r.ID, true, "fine")
	p.wants(err, mash.CodeConflict)
	if now := p.request(r.ID); now.State != mash.RequestHeld {
		t.Errorf("it is %s", now.State)
	}
	_, err = d.ReviewAsk(t.Context(), m.Actor, r.ID, false, "it is decided")
	p.must(err)
}

// slowPolicy takes a minute over every ask decision.
type slowPolicy struct {
	mash.Policy
	clock *shifting
}

func (s *slowPolicy) Ask(ctx context.Context, in mash.AskInput) mash.Decision {
	defer s.clock.pass(time.Minute)
	return s.Policy.Ask(ctx, in)
}

// TestTheDecisionsOwnTime: how long the hub takes to decide is policy time, and
// neither the agency's nor lost in the hub's.
func TestTheDecisionsOwnTime(t *testing.T) {
	slow := &slowPolicy{}
	p := perform(t, plot{agencies: []string{"housing"}, hub: func(o *HubOptions) {
		o.Wrap.Policy = func(inner mash.Policy) mash.Policy { slow.Policy = inner; return slow }
	}})
	slow.clock = p.clock
	w := p.as("worker")
	r := w.asks(w.opens(nil), "housing")
	p.reaches(r, mash.RequestReceived)
	if got := w.sees(r.EnquiryID).Requests[0].Timing.By[tracking.Policy]; got < 60_000 || got > 120_000 {
		t.Errorf("policy time %d ms, want about a minute", got)
	}
}

// TestWhatCouldNotBeDecidedIsOnTheBoard with whom to telephone, until somebody
// has: a fault is no clause's refusal, and a child may be waiting (I6).
func TestWhatCouldNotBeDecidedIsOnTheBoard(t *testing.T) {
	bent := &verdicts{ask: func(d mash.Decision) mash.Decision {
		d.Verdict = mash.Verdict{Answer: mash.Deny, Fault: true}
		return d
	}}
	p := perform(t, plot{agencies: []string{"police"}, hub: func(o *HubOptions) {
		o.Wrap.Policy = func(inner mash.Policy) mash.Policy { bent.Policy = inner; return bent }
	}})
	w, d := p.as("worker"), p.hub.Desk
	id := w.opens(func(in *enquiry.OpenInput) { in.RAG = mash.Red })
	r := w.asks(id, "police")
	if r.Code != "deny_fault" {
		t.Fatalf("%s %s", r.State, r.Code)
	}
	b, err := d.Board(t.Context(), p.as("manager").Actor, 1)
	p.must(err)
	if len(b.Untold) != 1 || b.Untold[0].Request != r.ID || b.Untold[0].Telephone == "" || !slices.Contains(b.Untold[0].Marks, mash.MarkUndecided) {
		t.Errorf("the board: %+v", b.Untold)
	}
	p.must(second(d.Telephoned(t.Context(), w.Actor, r.ID)))
	if b, err = d.Board(t.Context(), w.Actor, 1); err != nil || len(b.Untold) != 0 {
		t.Errorf("afterwards: %+v, %v", b.Untold, err)
	}
}
