package app

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"mashhub/hub/agreement"
	"mashhub/hub/edition"
	"mashhub/hub/mash"
	"mashhub/hub/node"
)

const (
	cellWas   = "police.crime: {s47: content, s17: content, early_help: existence"
	cellMore  = "police.crime: {s47: content, s17: content, early_help: content"
	houseWas  = "housing.arrears: {s47: content, s17: content, early_help: existence"
	houseLess = "housing.arrears: {s47: content, s17: content, early_help: none"
)

func shippedFiles(t *testing.T) edition.Files {
	t.Helper()
	files, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func edited(t *testing.T, files edition.Files, path, from, to string) edition.Files {
	t.Helper()
	if !strings.Contains(files[path], from) {
		t.Fatalf("%s has no %q", path, from)
	}
	out := maps.Clone(files)
	out[path] = strings.Replace(out[path], from, to, 1)
	return out
}

// put proposes and agrees to files.
func (p *play) put(files edition.Files, why string, from time.Time) mash.Edition {
	p.t.Helper()
	e, err := p.hub.Editions.Propose(p.t.Context(), p.as("ig").Actor, files, why)
	p.must(err)
	p.must(p.hub.Editions.Approve(p.t.Context(), p.as("manager").Actor, e.ID, from))
	return e
}

// stop is the emergency stop of one pair.
func (p *play) suspend(pair string) mash.Edition {
	p.t.Helper()
	e, err := p.hub.Editions.Suspend(p.t.Context(), p.as("manager").Actor, "mash-fernshire", pair, "Their keys may be stolen")
	p.must(err)
	return e
}

func (p *play) got(agency string, n int) {
	p.t.Helper()
	p.eventually("it came", func() bool { return p.at(agency).ledger("policy.receive") == n })
	p.must(p.nodes[agency].Editions["fernshire"].Restore(p.t.Context())) // looks what is due, as each second
}

func (p *play) by(agency string) string { return p.nodes[agency].Policies["fernshire"].Version() }

// TestAWideningThatNobodySees: a key that the engine passes over hides no widening from
// the second person, nor from the node.
func TestAWideningThatNobodySees(t *testing.T) {
	for name, line := range map[string]string{
		"an empty key":    `  "": {pairs: {fernshire/police: {categories: {police.crime: {early_help: existence}}}}}`,
		"a key with NULs": `  "pairs\0fernshire/police\0categories\0police.crime\0early_help": existence`,
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlay(t, "police")
			wide := edited(t, shippedFiles(t), agreementFile, cellWas, cellMore)
			wide[agreementFile] = strings.TrimRight(wide[agreementFile], "\n") + "\n" + line + "\n"
			if changes, err := agreement.Diff(folder(shippedFiles(t)), folder(wide)); err == nil && (len(changes) == 0 || !changes[0].Widens) {
				t.Errorf("the second person is told: %+v", changes)
			}
			_, err := p.hub.Editions.Propose(t.Context(), p.as("ig").Actor, wide, "Comments only")
			p.wants(err, mash.CodeInvalid)
		})
	}
}

// TestAStopWaitsForNoSignatory, whatever waits at the node that it stops; what waited is
// not in force by it.
func TestAStopWaitsForNoSignatory(t *testing.T) {
	for name, c := range map[string][3]string{
		"their own age limit":   {agreementFile, "age_limit: {days: 2192", "age_limit: {days: 3000"},
		"another pair's name":   {agreementFile, "name: Fernshire Council, housing", "name: Fernshire Council, homes"},
		"the words of a clause": {agreementFile, "Silence is not agreement.", "Silence is no agreement."},
		"the other agreement":   {"agreements/encompass-fernshire.yaml", "Nobody else is told.", "Nobody else is told of it."},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlay(t, "police")
			w := p.as("worker")
			asked := w.asks(w.opens(nil), "police", "police.crime")
			p.at("police").task(node.TaskAnswer)
			e := p.put(edited(t, shippedFiles(t), c[0], c[1], c[2]), "why", time.Time{})
			p.inForce(e.Version)
			p.got("police", 1)
			stop := p.suspend("fernshire/police")
			p.got("police", 2)
			point := p.nodes["police"].Policies["fernshire"]
			if point.Epoch() != stop.Epoch {
				t.Fatalf("the stop waits: the police decide by number %d", point.Epoch())
			}
			if d := point.Release(t.Context(), releaseOfCrime(p)); d.Answer != mash.Deny || d.Fault || len(d.Clauses) != 1 || d.Clauses[0] != "MF-2.2" {
				t.Errorf("after the stop the police release: %s %v", d.Answer, d.Clauses)
			}
			if r := p.request(asked.ID); r.State != mash.RequestWithdrawn || r.Code != "suspended" {
				t.Errorf("the question is %s %s", r.State, r.Code)
			}
			all, err := p.nodes["police"].Editions["fernshire"].List(t.Context(), p.at("police").staff())
			p.must(err)
			if all[0].Applied == "" || all[0].Applied == all[0].Version {
				t.Errorf("what waited is in force with the stop: %+v", all[0].Edition)
			}
			// Whoever begins again asks about what waited.
			files, err := p.hub.Editions.FilesOf(t.Context(), e.Version)
			p.must(err)
			back := p.put(files, "A false alarm", time.Time{})
			p.got("police", 3)
			if all, err = p.nodes["police"].Editions["fernshire"].List(t.Context(), p.at("police").staff()); err != nil || all[0].ID != back.ID || all[0].State != mash.EditionHeld {
				t.Errorf("it shares again, and nobody there was asked: %+v, %v", all[0].Edition, err)
			}
		})
	}
}

// releaseOfCrime is an answer of the police with one item.
func releaseOfCrime(p *play) mash.ReleaseInput {
	now := p.clock.Now()
	return mash.ReleaseInput{About: mash.About{Actor: "police", Now: now}, Hub: "fernshire", Party: mash.Party{Agency: "police"}, Purpose: mash.PurposeS17,
		Basis: mash.BasisInput{Agreement: "given", GivenBy: "parent", Told: true}, Asked: []string{"police.crime"}, From: now.AddDate(-1, 0, 0), To: now,
		Held:  []mash.HeldInput{{Person: "subject-1", Category: "police.crime", Band: "match", Held: true}},
		Items: []mash.ItemInput{{ID: "i", Person: "subject-1", Category: "police.crime", Kind: "fact", Date: now.Format(time.DateOnly), Handling: "P", Band: "match"}}}
}

// TestNothingLeavesAfterAStop: a question whose topic was stuck does not go out when the
// broker works again.
func TestNothingLeavesAfterAStop(t *testing.T) {
	p, w, at := police(t, holds(fact("i1", "police.crime", "2026-01-05", "Theft")))
	p.bus.set(func() { p.bus.stuck = map[string]bool{mash.ToTopic("fernshire", "police"): true} })
	r := w.asks(w.opens(nil), "police")
	stop := p.suspend("fernshire/police")
	p.inForce(stop.Version)
	p.clock.pass(time.Hour)
	p.bus.set(func() { p.bus.stuck = nil })
	p.eventually("the police have the stop and the withdrawal", func() bool { return at.ledger("policy.receive") == 1 && at.ledger("request.withdrawn") == 1 })
	if at.ledger("request.receive") != 0 {
		t.Error("an hour after the stop the police were sent the question, with the child's name")
	}
	if got := p.request(r.ID); got.State != mash.RequestWithdrawn || len(p.returns(r.ID)) != 0 {
		t.Errorf("the question is %s, and was answered %d times", got.State, len(p.returns(r.ID)))
	}
}

// TestNoNoticeLeavesAfterAStop of the Encompass agreement: one whose topic was stuck
// stands on the page of notices, for somebody to telephone.
func TestNoNoticeLeavesAfterAStop(t *testing.T) {
	for _, pair := range []string{"", "police/schools"} {
		var p *play
		p = perform(t, plot{agencies: []string{"police", "schools"}, systems: map[string]*system{"police": incidents(&p, "e-1")}, still: true})
		school := p.at("schools/999001")
		p.bus.set(func() { p.bus.stuck = map[string]bool{mash.ToTopic("fernshire", "schools"): true} })
		p.run()
		p.noticed(mash.NoticeRaised)
		_, err := p.hub.Editions.Suspend(t.Context(), p.as("manager").Actor, "encompass-fernshire", pair, "Their keys may be stolen")
		p.must(err)
		if n := p.noticed(mash.NoticeUndeliverable); n.Code != "suspended" {
			t.Errorf("%q: %s", pair, n.Code)
		}
		p.bus.set(func() { p.bus.stuck = nil })
		p.eventually("the schools have the stop", func() bool { return school.ledger("policy.receive") == 1 })
		if school.ledger("notify.receive") != 0 {
			t.Errorf("%q: the school was told after the stop", pair)
		}
	}
}

type race struct {
	mash.Policy
	after func()
}

func (r race) Ask(ctx context.Context, in mash.AskInput) mash.Decision {
	d := r.Policy.Ask(ctx, in)
	r.after()
	return d
}

func TestAQuestionDecidedBeforeAStop(t *testing.T) {
	p := newPlay(t, "police")
	w := p.as("worker")
	id, once := w.opens(nil), 0
	p.hub.Desk.Policy = race{p.hub.Desk.Policy, func() {
		if once++; once == 1 {
			p.inForce(p.suspend("fernshire/police").Version)
		}
	}}
	rs, err := p.hub.Desk.Ask(t.Context(), w.Actor, id, w.question("police"))
	if err == nil && rs[0].State != mash.RequestRefused {
		t.Errorf("the stop was in force before the question was stored: %s", rs[0].State)
	}
}

// TestAVersionThatNobodyCouldStop is refused, or can be stopped.
func TestAVersionThatNobodyCouldStop(t *testing.T) {
	for name, change := range map[string]func(edition.Files) edition.Files{
		"a status in quotes": func(f edition.Files) edition.Files {
			return edited(t, f, agreementFile, "name: Fernshire Police\n      status: active", "name: Fernshire Police\n      status: \"active\"")
		},
		"line separators in a comment": func(f edition.Files) edition.Files {
			return edited(t, f, agreementFile, "# Fernshire does not exist;", "# Fernshire\u2028# \u2028# does not exist;")
		},
		"nobody may open the page": func(f edition.Files) edition.Files {
			out := maps.Clone(f)
			out["tables/views.yaml"] = strings.ReplaceAll(out["tables/views.yaml"], "      suspend: ", "      suspends: ")
			return out
		},
		"as long as is allowed": func(f edition.Files) edition.Files {
			out, n := maps.Clone(f), 0
			for path, text := range out {
				n += len(path) + len(text)
			}
			out["rego/basis.rego"] += "# " + strings.Repeat("x", 450<<10-n-3-len("about ")) + "\n"
			return out
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlay(t, "police")
			e, err := p.hub.Editions.Propose(t.Context(), p.as("ig").Actor, edited(t, change(shippedFiles(t)), agreementFile, "words: six years", "words: about six years"), "why")
			if err != nil {
				return // refused: good
			}
			p.must(p.hub.Editions.Approve(t.Context(), p.as("manager").Actor, e.ID, time.Time{}))
			p.inForce(e.Version)
			if _, err := p.hub.Editions.Suspend(t.Context(), p.as("manager").Actor, "mash-fernshire", "fernshire/police", "Their keys may be stolen"); err != nil {
				t.Errorf("it cannot be stopped: %v", err)
			}
		})
	}
}

func TestAStopHitsNobodyElse(t *testing.T) {
	files := shippedFiles(t)
	line := func(s string) int {
		return strings.Count(files[agreementFile][:strings.Index(files[agreementFile], s)], "\n")
	}
	n := line("fernshire/health:\n") - line("fernshire/police:\n")
	next := edited(t, files, agreementFile, "# Fernshire does not exist;", "# Fernshire"+strings.Repeat("\u2028#", n)+" does not exist;")
	stopped, err := agreement.SetStatus(folder(next), "mash-fernshire", "fernshire/police", "suspended")
	if err != nil {
		return // refused: good
	}
	changes, err := agreement.Diff(folder(next), folder(stopped))
	if err != nil || len(changes) != 1 || changes[0].Pair != "fernshire/police" {
		t.Errorf("stopping the police: %+v, %v", changes, err)
	}
}

// TestAStopWaitsForNoClock: a node whose clock is behind stops.
func TestAStopWaitsForNoClock(t *testing.T) {
	p := perform(t, plot{agencies: []string{"police"}, node: func(o *NodeOptions) {
		now := o.Env.Now
		o.Env.Now = func() time.Time { return now().Add(-10 * time.Minute) }
	}})
	stop := p.suspend("fernshire/police")
	p.got("police", 1)
	if p.by("police") != stop.Version {
		t.Error("the node has the stop, and goes on for ten minutes")
	}
}

// TestAStopHoldsBeforeItIsToldAndAfterARestart.
func TestAStopHoldsBeforeItIsToldAndAfterARestart(t *testing.T) {
	p := perform(t, plot{agencies: []string{"police"}, still: true})
	p.suspend("fernshire/police")
	w := p.as("worker")
	if r := w.asks(w.opens(nil), "police"); r.State != mash.RequestRefused {
		t.Errorf("Suspend has returned, and the police are asked: %s", r.State)
	}
	p.must(p.hub.Close())
	again, err := NewHub(t.Context(), p.hub.HubOptions)
	p.must(err)
	p.hub = again
	w = p.as("worker")
	if r := w.asks(w.opens(nil), "police"); r.State != mash.RequestRefused {
		t.Errorf("restored at epoch %d, and the police are asked: %s", again.Policy.Epoch(), r.State)
	}
}

// TestAStopIsNoConsent: nor is an ordinary change while it lasts.
func TestAStopIsNoConsent(t *testing.T) {
	p := newPlay(t, "police", "housing")
	e := p.put(edited(t, shippedFiles(t), agreementFile, cellWas, cellMore), "Early help needs it", time.Time{})
	p.inForce(e.Version, "housing")
	stop := p.suspend("fernshire/police")
	p.inForce(stop.Version, "housing")
	files, err := p.hub.Editions.FilesOf(t.Context(), stop.Version)
	p.must(err)
	files = edited(t, files, agreementFile, houseWas, houseLess)
	n := p.put(files, "Housing shares less", time.Time{})
	p.inForce(n.Version, "housing")
	files, err = agreement.SetStatus(folder(files), "mash-fernshire", "fernshire/police", "active")
	p.must(err)
	r := p.put(files, "A false alarm", time.Time{})
	var told []string
	p.eventually("it waits", func() bool {
		all, err := p.nodes["police"].Editions["fernshire"].List(t.Context(), p.at("police").staff())
		p.must(err)
		told = nil
		for _, c := range all[0].Widens {
			told = append(told, c.Sentence)
		}
		return all[0].ID == r.ID && all[0].State == mash.EditionHeld
	})
	if !slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, "early help") }) {
		t.Errorf("the signatory is asked about nothing but %q", told)
	}
}

// TestARehearsalTellsWhatSharesMore: also where the answer is the same, on other terms.
func TestARehearsalTellsWhatSharesMore(t *testing.T) {
	const fields = "[identifiers.nhs, names, birth_date, gender, addresses]\n      # Items older"
	for name, c := range map[string][3]string{ // was, now
		"existence becomes content": {agreementFile, "police.crime: {s47: content, s17: existence", "police.crime: {s47: content, s17: content"},
		"an address goes, too":      {agreementFile, strings.Replace(fields, ", addresses", "", 1), fields},
		"more see where a child is": {"tables/views.yaml", "locations: {assigned: true, named: true}", "locations: {none: true, assigned: true, team: true, named: true}"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlay(t, "police")
			w, d := p.as("worker"), p.hub.Editions
			was := shippedFiles(t)
			if c[0] == agreementFile {
				was = edited(t, was, c[0], c[2], c[1])
				e := p.put(was, "begin", time.Time{})
				p.inForce(e.Version)
			}
			id := w.opens(nil)
			w.asks(id, "police", "police.crime")
			w.sees(id)
			next := edited(t, was, c[0], c[1], c[2])
			e, err := d.Propose(t.Context(), p.as("ig").Actor, next, "why")
			p.must(err)
			r, err := d.Rehearse(t.Context(), p.as("ig").Actor, e.ID, time.Time{})
			p.must(err)
			if r.Changed == 0 || len(r.Counts) == 0 || !r.Counts[0].Widens {
				t.Errorf("it would let more happen, and the rehearsal says %+v", r.Counts)
			}
		})
	}
}

// TestAStopBeforeAnotherChangesDay overtakes it, visibly: nobody takes it for agreed
// and waiting any more.
func TestAStopBeforeAnotherChangesDay(t *testing.T) {
	p := newPlay(t, "police", "housing")
	later := p.put(narrowed(t), "The court said so", p.clock.Now().Add(24*time.Hour))
	stop := p.suspend("fernshire/housing")
	p.inForce(stop.Version, "police", "housing")
	all, err := p.hub.Editions.List(t.Context(), p.as("ig").Actor)
	p.must(err)
	if len(all) != 2 || all[1].ID != later.ID || all[1].State != mash.EditionSuperseded || !strings.Contains(all[1].EndedWhy, "Propose it again") {
		t.Errorf("%+v", all)
	}
}

// TestAChangeIsNotForYearsAhead: nothing else could be agreed to meanwhile.
func TestAChangeIsNotForYearsAhead(t *testing.T) {
	p := newPlay(t, "police")
	e, err := p.hub.Editions.Propose(t.Context(), p.as("ig").Actor, narrowed(t), "x")
	p.must(err)
	p.wants(p.hub.Editions.Approve(t.Context(), p.as("manager").Actor, e.ID, time.Date(2062, 1, 1, 0, 0, 0, 0, time.UTC)), mash.CodeInvalid) // 2026 was meant
	p.must(p.hub.Editions.Approve(t.Context(), p.as("manager").Actor, e.ID, p.clock.Now().AddDate(0, 11, 0)))
}

// TestAHubThatWasPutBack gives out no number that its agencies have.
func TestAHubThatWasPutBack(t *testing.T) {
	p := newPlay(t, "police")
	e := p.put(narrowed(t), "why", time.Time{})
	p.inForce(e.Version, "police")
	back := p.put(shippedFiles(t), "back", time.Time{})
	p.inForce(back.Version, "police")
	p.must(p.hub.Store.Update(t.Context(), func(tx mash.HubTx) error { // as in the copy made before the last change
		b, err := tx.Edition(back.ID)
		if err != nil {
			return err
		}
		b.Epoch, b.State = 0, mash.EditionRejected
		if err := tx.UpdateEdition(b); err != nil {
			return err
		}
		if b, err = tx.Edition(e.ID); err != nil {
			return err
		}
		b.State = mash.EditionInForce
		return tx.UpdateEdition(b)
	}))
	stop := p.suspend("fernshire/police")
	p.eventually("the police have stopped", func() bool { return p.by("police") == stop.Version })
}

// TestWhatANewerProgramBringsIsNoConsent: the node goes by what it began with.
func TestWhatANewerProgramBringsIsNoConsent(t *testing.T) {
	p := newPlay(t, "police")
	n := p.nodes["police"].Editions["fernshire"]
	e := p.put(narrowed(t), "less", time.Time{})
	p.inForce(e.Version, "police")
	wide := edited(t, shippedFiles(t), agreementFile, cellWas, cellMore)
	p.must(n.Keep(t.Context(), wide))
	x := p.put(wide, "as shipped", time.Time{})
	p.got("police", 2)
	if all, err := n.List(t.Context(), p.at("police").staff()); err != nil || all[0].ID != x.ID || all[0].State != mash.EditionHeld {
		t.Errorf("%+v, %v", all[0].Edition, err)
	}
	if p.by("police") == x.Version {
		t.Error("in force at the police, and nobody there was asked")
	}
}

// TestWhatCanBeStopped: every agreement, also one without a schedule.
func TestWhatCanBeStopped(t *testing.T) {
	all, err := agreement.Stoppable(folder(shippedFiles(t)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(all, func(x agreement.StopName) bool { return x.Agreement == "encompass-fernshire" && x.Pair == "" }) {
		t.Error("the page Stop sharing, made from these, does not offer the Encompass agreement")
	}
}
