package app

import (
	"context"
	"slices"
	"testing"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// withLeanne adds the child's mother to a contact.
func withLeanne(in *enquiry.OpenInput) {
	in.People = append(in.People, mash.EnquiryPerson{Key: "household-1", Role: mash.RoleHousehold, Reason: "lives there", Record: leanne()})
}

// kinds lists the events of a request, by the hub's clock.
func (p *play) kinds(request string) (out []mash.EventKind) {
	p.t.Helper()
	p.look(func(tx mash.HubTx) error {
		out = nil
		all, err := tx.Events(request)
		for _, e := range all {
			if e.Clock == mash.ClockHub {
				out = append(out, e.Kind)
			}
		}
		return err
	})
	return out
}

func times(all []mash.EventKind, kind mash.EventKind) (n int) {
	for _, k := range all {
		if k == kind {
			n++
		}
	}
	return n
}

// keepBack holds what the hub sends to an agency, or lets it go.
func (p *play) keepBack(agency string, held bool) {
	p.bus.set(func() { p.bus.held = map[string]bool{mash.ToTopic(world.Hub, agency): held} })
}

// out is a message of the hub's.
func (p *play) out(id string) (m mash.OutMessage) {
	p.t.Helper()
	p.look(func(tx mash.HubTx) (err error) { m, err = tx.OutMessage(id); return err })
	return m
}

func found(items ...record.Item) node.PersonAnswer {
	return node.PersonAnswer{Outcome: "records_found", Items: items}
}

// arrears is a fact that a person writes.
func arrears(title string) record.Item {
	i := fact("", "housing.arrears", "2026-01-05", title)
	i.Source = ""
	return i
}

// TestARatingReachesTheAgency: the target moves on the board, on the enquiry's
// page and in the agency's inbox; the task stays, and its answer is taken.
func TestARatingReachesTheAgency(t *testing.T) {
	p := newPlay(t, "housing")
	w, at := p.as("worker"), p.at("housing")
	id := w.opens(nil)
	r := w.asks(id, "housing")
	v := at.task(node.TaskAnswer)
	p.must(p.hub.Desk.SetRAG(t.Context(), w.Actor, id, mash.Red))
	want := r.RaisedAt.Add(2 * time.Hour)
	p.eventually("the new target in the agency's inbox", func() bool {
		rows, _, err := at.n.Node.Inbox(t.Context(), at.staff())
		p.must(err)
		return len(rows) == 1 && rows[0].ID == v.Task.ID && rows[0].Target.Equal(want)
	})
	board, err := p.hub.Desk.Board(t.Context(), w.Actor, 1)
	p.must(err)
	now := p.request(r.ID)
	if !board.Rows[0].TargetAt.Equal(want) || board.Rows[0].RAG != mash.Red || !w.sees(id).Requests[0].TargetAt.Equal(want) || now.Revision != 2 || len(now.Earlier) != 1 {
		t.Errorf("the board says %v, the request %+v", board.Rows[0].TargetAt, now)
	}
	p.eventually("the agency has it", func() bool { return times(p.kinds(r.ID), mash.EventAmendTaken) == 1 })
	if k := p.kinds(r.ID); times(k, mash.EventRetargeted) != 1 || times(k, mash.EventAmended) != 1 || times(k, mash.EventSent) != 1 || times(k, mash.EventDelivered) != 1 {
		t.Errorf("the timeline is %v", k)
	}
	p.must(p.hub.Desk.SetRAG(t.Context(), w.Actor, id, mash.Red)) // the same again is no change
	at.answers(found(arrears("Two months")))
	if ret := p.lands(r); len(ret.Items) != 1 || len(p.returns(r.ID)) != 1 || len(ret.Flags) > 0 || p.request(r.ID).Revision != 2 {
		t.Errorf("%+v", ret)
	}
}

// TestAnAnswerCrossesANewTarget: it stands, the request ends, and nobody is
// asked again.
func TestAnAnswerCrossesANewTarget(t *testing.T) {
	p := newPlay(t, "housing")
	w, at := p.as("worker"), p.at("housing")
	id := w.opens(nil)
	r := w.asks(id, "housing")
	at.task(node.TaskAnswer)
	p.keepBack("housing", true)
	p.must(p.hub.Desk.SetRAG(t.Context(), w.Actor, id, mash.Red))
	p.must(p.hub.Desk.SetRAG(t.Context(), w.Actor, id, mash.Green))
	at.answers(found(arrears("Two months")))
	if ret := p.lands(r); len(ret.Flags) > 0 || !ret.Final {
		t.Errorf("%+v", ret)
	}
	p.keepBack("housing", false)
	p.eventually("all of it is there", func() bool {
		h := at.held(r.ID)
		return h.Revision == 3 && h.State == mash.RequestLanded && len(h.Body) == 0
	})
	if n := len(at.sent(r.ID)); n != 1 {
		t.Errorf("%d returns were sent", n)
	}
	if rows, _, err := at.n.Node.Inbox(t.Context(), at.staff()); err != nil || len(rows) > 0 {
		t.Errorf("%d tasks, %v", len(rows), err)
	}
}

// TestANewerRevisionOvertakesAnOlder: whichever comes first, the newest is
// worked on, and the older one is no failure.
func TestANewerRevisionOvertakesAnOlder(t *testing.T) {
	p := newPlay(t, "housing")
	w, at := p.as("worker"), p.at("housing")
	topic := mash.ToTopic(world.Hub, "housing")
	p.keepBack("housing", true)
	id := w.opens(withLeanne)
	r := w.asks(id, "housing")
	p.reaches(r, mash.RequestSent)
	first := p.request(r.ID).MessageID
	p.must(p.hub.Desk.SetRAG(t.Context(), w.Actor, id, mash.Red))
	p.eventually("two wait", func() bool { return p.bus.count(topic, r.ID) == 2 })
	_, err := p.hub.Desk.Amend(t.Context(), w.Actor, r.ID, enquiry.AmendInput{Persons: []string{"subject-1"}, Reason: "she has moved out"})
	p.must(err)
	p.eventually("three wait", func() bool { return p.bus.count(topic, r.ID) == 3 })
	p.bus.set(func() {
		log := p.bus.topics[topic]
		n := len(log) - 3
		log[n].Value, log[n+2].Value = log[n+2].Value, log[n].Value
		p.bus.held = nil
	})
	p.eventually("both receipts", func() bool {
		return p.out(first).State == mash.OutDone && p.out(p.request(r.ID).MessageID).State == mash.OutDone
	})
	if h, now := at.held(r.ID), p.request(r.ID); h.Revision != 3 || now.State.Ended() {
		t.Errorf("the agency works on revision %d; the request is %s", h.Revision, now.State)
	}
	if k := p.kinds(r.ID); times(k, mash.EventSent) != 1 || times(k, mash.EventDelivered) != 1 {
		t.Errorf("the timeline is %v", k)
	}
	v := at.task(node.TaskAnswer)
	if len(v.Persons) != 1 || v.Question.RAG != mash.Red {
		t.Errorf("it asks about %d people, %s", len(v.Persons), v.Question.RAG)
	}
	at.answers(found(arrears("Two months")))
	if ret := p.lands(r); len(ret.Outcomes) != 1 || ret.Revision != 1 {
		t.Errorf("%+v", ret)
	}
}

// TestAskingLess: the agency forgets what is asked no more, and an answer that
// crossed the change loses the pieces that are.
func TestAskingLess(t *testing.T) {
	p := newPlay(t, "housing")
	w, at, d := p.as("worker"), p.at("housing"), p.hub.Desk
	less := enquiry.AmendInput{Persons: []string{"subject-1"}, Categories: []string{"housing.arrears"}, Reason: "enough"}
	begin := func() (string, mash.Request) {
		id := w.opens(withLeanne)
		w.thinks(id)
		return id, w.asks(id, "housing", "housing.arrears", "housing.concern")
	}
	concern := arrears("Door forced")
	concern.Category = "housing.concern"

	id, r := begin()
	v := at.task(node.TaskAnswer)
	for name, in := range map[string]enquiry.AmendInput{
		"no reason":          {Persons: less.Persons},
		"a stranger":         {Persons: []string{"household-2"}, Reason: "r"},
		"one twice":          {Persons: []string{"subject-1", "subject-1"}, Reason: "r"},
		"not theirs":         {Categories: []string{"police.crime"}, Reason: "r"},
		"nothing new":        {Persons: []string{"household-1", "subject-1"}, Reason: "r"},
		"the end before now": {From: r.To, Reason: "r"},
	} {
		_, err := d.Amend(t.Context(), w.Actor, r.ID, in)
		if mash.CodeOf(err) != mash.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := d.Amend(t.Context(), p.as("scrutineer").Actor, r.ID, less)
	p.wants(err, mash.CodeNotFound)
	decisions := len(p.audited("request.ask"))
	_, err = d.Amend(t.Context(), w.Actor, r.ID, less)
	p.must(err)
	if len(p.audited("request.ask")) != decisions {
		t.Error("asking less took a decision")
	}
	p.eventually("the task asks less", func() bool {
		v = at.task(node.TaskAnswer)
		return len(v.Persons) == 1 && len(v.Question.Categories) == 1
	})
	answer := func(i record.Item) error {
		return at.n.Node.SubmitAnswer(t.Context(), at.staff(), v.Task.ID, node.Answer{Persons: map[string]node.PersonAnswer{"subject-1": found(i)}})
	}
	p.wants(answer(concern), mash.CodeInvalid)
	p.must(answer(arrears("Two months")))
	if ret := p.lands(r); len(ret.Outcomes) != 1 || len(ret.Items) != 1 || ret.SetAside > 0 || len(ret.Flags) > 0 {
		t.Errorf("%+v", ret)
	}
	_, err = d.Amend(t.Context(), w.Actor, r.ID, enquiry.AmendInput{Persons: []string{"household-1"}, Reason: "late"})
	p.wants(err, mash.CodeConflict)
	if n := p.enquiry(id).Content.Notes; n[len(n)-1].Text != "enough" {
		t.Errorf("the notes are %+v", n)
	}

	// The answer crosses the change.
	id, r = begin()
	at.task(node.TaskAnswer)
	p.keepBack("housing", true)
	_, err = d.Amend(t.Context(), w.Actor, r.ID, less)
	p.must(err)
	v = at.task(node.TaskAnswer)
	p.must(at.n.Node.SubmitAnswer(t.Context(), at.staff(), v.Task.ID, node.Answer{Persons: map[string]node.PersonAnswer{
		"subject-1": found(arrears("Two months"), concern), "household-1": found(arrears("Three months"))}}))
	ret := p.lands(r)
	if len(ret.Items) != 1 || ret.SetAside != 2 || len(ret.Outcomes) != 1 {
		t.Errorf("%d items, %d set aside, %+v", len(ret.Items), ret.SetAside, ret.Outcomes)
	}
	if x := w.sees(id).Chronology; len(x) != 1 || x[0].Item.Title != "Two months" {
		t.Errorf("%+v", x)
	}
	p.keepBack("housing", false)
	p.eventually("the agency answers what is asked now", func() bool { return len(p.returns(r.ID)) == 2 })
	if x := w.sees(id); len(x.Chronology) != 1 || p.request(r.ID).State != mash.RequestLanded || len(x.Requests[0].Outcomes) != 1 {
		t.Errorf("%d in the chronology, %s", len(x.Chronology), p.request(r.ID).State)
	}
	p.eventually("it is forgotten", func() bool { return len(at.held(r.ID).Body) == 0 })
}

// TestAskingMore is a new decision; what that does not permit does not go.
func TestAskingMore(t *testing.T) {
	p, w, _ := police(t, holds(fact("i1", "police.crime", "2026-01-05", "Theft")))
	sys, d := p.systems["police"], p.hub.Desk
	fetched := make(chan []string, 99)
	good := sys.fetch
	sys.fetch = func(ctx context.Context, r connector.FetchRequest) (connector.FetchResponse, error) {
		fetched <- r.Categories
		if len(r.Categories) == 1 { // still looking when the question changes
			return connector.FetchResponse{Outcome: connector.Unavailable}, nil
		}
		return good(ctx, r)
	}
	id := w.opens(nil)
	w.thinks(id)
	r := w.asks(id, "police", "police.crime")
	<-fetched
	p.reaches(r, mash.RequestReturned)
	before := p.request(r.ID)
	_, err := d.Amend(t.Context(), w.Actor, r.ID, enquiry.AmendInput{Categories: []string{"police.crime", "police.intelligence"}, Reason: "more"})
	p.wants(err, mash.CodeConflict)
	if now := p.request(r.ID); now.Revision != 1 || now.Decision != before.Decision || len(p.audited("request.amend_denied")) != 1 {
		t.Errorf("refused, and yet %+v", now)
	}
	_, err = d.Amend(t.Context(), w.Actor, r.ID, enquiry.AmendInput{Categories: []string{"police.crime", "police.missing_episode", "police.intelligence"}, Reason: "more"})
	p.must(err)
	now := p.request(r.ID)
	if now.Decision == before.Decision || !slices.Equal(now.Categories, []string{"police.crime", "police.missing_episode"}) {
		t.Errorf("asked by %s for %v", now.Decision, now.Categories)
	}
	p.eventually("the answer", func() bool { p.clock.pass(time.Minute); return p.request(r.ID).State == mash.RequestLanded })
	for {
		if c := <-fetched; len(c) > 1 {
			if !slices.Equal(c, now.Categories) {
				t.Errorf("the system was asked for %v", c)
			}
			break
		}
	}
	if x := w.sees(id).Chronology; len(x) != 1 {
		t.Errorf("%d in the chronology", len(x))
	}
}

// TestACorrectedIdentity: the agency searches again for who it really is, the
// old task cannot be answered any more, and an answer about the wrong one is
// kept sealed.
func TestACorrectedIdentity(t *testing.T) {
	p := newPlay(t, "housing")
	w, at, d := p.as("worker"), p.at("housing"), p.hub.Desk
	born := record.NewDate(2016, 3, 5) // 3 May, written the wrong way round
	wrong := func(in *enquiry.OpenInput) {
		who := rowan()
		who.BirthDate, who.Identifiers = &born, nil
		in.People[0].Record, in.People[0].IdentifierOmitted = who, "not known yet"
	}
	right := enquiry.CorrectInput{Person: "subject-1", Record: rowan(), Reason: "the school's register"}
	for _, crossing := range []bool{false, true} {
		id := w.opens(wrong)
		w.thinks(id)
		r := w.asks(id, "housing")
		old := at.task(node.TaskAnswer)
		p.wants(d.Correct(t.Context(), w.Actor, id, enquiry.CorrectInput{Person: "subject-1", Record: rowan()}), mash.CodeInvalid)
		p.wants(d.Correct(t.Context(), w.Actor, id, enquiry.CorrectInput{Person: "subject-2", Record: rowan(), Reason: "r"}), mash.CodeInvalid)
		p.keepBack("housing", crossing)
		p.must(d.Correct(t.Context(), w.Actor, id, right))
		if crossing {
			at.answers(found(arrears("Somebody else's")))
			p.eventually("it is here", func() bool { return len(p.returns(r.ID)) == 1 })
			if ret := p.returns(r.ID)[0]; !slices.Contains(ret.Flags, mash.FlagOutdated) || p.request(r.ID).State.Ended() || len(w.sees(id).Chronology) > 0 {
				t.Errorf("about the wrong one: %v, and the request is %s", ret.Flags, p.request(r.ID).State)
			}
			// No newer answer is here, and nobody is told that there is.
			row := w.aside(id)[0]
			if row.Kind != enquiry.AsideOutdated {
				t.Errorf("it is said to be %s", row.Kind)
			}
			p.wants(d.TakeIn(t.Context(), p.as("manager").Actor, row.ID, "want it"), mash.CodeConflict)
			p.wants(d.TakeIn(t.Context(), w.Actor, row.ID, "want it"), mash.CodeNotFound) // nor may a worker read it
			_, err := d.OpenAside(t.Context(), w.Actor, row.ID)
			p.wants(err, mash.CodeNotFound)
			if x, err := d.OpenAside(t.Context(), p.as("manager").Actor, row.ID); err != nil || len(x.Entries) != 1 || !row.Guarded {
				t.Errorf("a manager sees %d items: %v", len(x.Entries), err)
			}
			p.keepBack("housing", false)
		}
		p.eventually("the agency has it", func() bool { return at.held(r.ID).Revision == 2 })
		err := at.n.Node.SubmitAnswer(t.Context(), at.staff(), old.Task.ID, node.Answer{Persons: map[string]node.PersonAnswer{"subject-1": found(arrears("x"))}})
		p.wants(err, mash.CodeConflict)
		v := at.task(node.TaskAnswer)
		if v.Task.ID == old.Task.ID || v.Persons[0].Record.BirthDate.Date != "2016-05-03" || len(v.Persons[0].Record.Identifiers) != 1 {
			t.Errorf("the new task is about %v", v.Persons[0].Record.BirthDate)
		}
		at.answers(found(arrears("Rowan's own")))
		p.reaches(r, mash.RequestLanded)
		if x := w.sees(id); len(x.Chronology) != 1 || x.Chronology[0].Item.Title != "Rowan's own" || x.Content.People[0].Record.BirthDate.Date != "2016-05-03" {
			t.Errorf("crossing %v: %d in the chronology", crossing, len(x.Chronology))
		}
	}
}

// TestAnAnswerAboutTheWrongOneStaysOut: also where the question may not be put
// about who it really is, and ends.
func TestAnAnswerAboutTheWrongOneStaysOut(t *testing.T) {
	p := perform(t, plot{agencies: []string{"police"}, hub: func(o *HubOptions) {
		o.Agencies = slices.Clone(o.Agencies)
		for i := range o.Agencies {
			o.Agencies[i].Opens = []string{"Robin Alder"}
		}
	}})
	w, police, d := p.as("worker"), p.at("police"), p.hub.Desk
	id := w.opens(nil)
	w.thinks(id)
	r := w.asks(id, "police")
	police.task(node.TaskAnswer)
	real := rowan()
	real.Names = []record.Name{{Given: []string{"Robin"}, Family: []string{"Alder"}}}
	p.must(d.Correct(t.Context(), w.Actor, id, enquiry.CorrectInput{Person: "subject-1", Record: real, Reason: "the register"}))
	if r = p.request(r.ID); r.State != mash.RequestWithdrawn {
		t.Fatalf("the request is %s", r.State)
	}
	police.lands(r, revision(1, true, fact("a", "police.crime", "2026-01-01", "Somebody else's")))
	rows := w.aside(id)
	if len(rows) != 1 || rows[0].Kind != enquiry.AsideOutdated {
		t.Fatalf("set aside: %+v", rows)
	}
	manager := p.as("manager").Actor
	p.wants(d.TakeIn(t.Context(), manager, rows[0].ID, "want it"), mash.CodeConflict)
	p.wants(d.LeaveOut(t.Context(), manager, rows[0].ID, "no"), mash.CodeConflict)
	p.wants(d.TakeIn(t.Context(), w.Actor, rows[0].ID, "want it"), mash.CodeNotFound)
	p.wants(d.LeaveOut(t.Context(), w.Actor, rows[0].ID, "no"), mash.CodeNotFound)
	if x := w.sees(id); len(x.Chronology) > 0 {
		t.Errorf("the chronology has %s", titles(x.Chronology))
	}
}

// TestNothingMoreIsAskedAfterTheDecision: a change is no way round that; to ask
// less still is one's own affair.
func TestNothingMoreIsAskedAfterTheDecision(t *testing.T) {
	p := newPlay(t, "housing")
	w, d := p.as("worker"), p.hub.Desk
	id := w.opens(withLeanne)
	w.thinks(id)
	q := w.question("housing")
	q.Ask[0].Persons, q.From = []string{"subject-1"}, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	rs, err := d.Ask(t.Context(), w.Actor, id, q)
	p.must(err)
	r := rs[0]
	p.must(d.Collate(t.Context(), w.Actor, id))
	p.must(d.Decide(t.Context(), w.Actor, id, enquiry.DecideInput{Outcome: "no_further_action", Why: "because"}))
	for name, more := range map[string]enquiry.AmendInput{
		"somebody else": {Persons: []string{"subject-1", "household-1"}, Reason: "curious"},
		"longer ago":    {From: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), Reason: "curious"},
	} {
		if _, err := d.Amend(t.Context(), w.Actor, r.ID, more); mash.CodeOf(err) != mash.CodeConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now := p.request(r.ID); now.Revision != 1 || len(now.Persons) != 1 {
		t.Errorf("it asks %+v", now)
	}
	_, err = d.Amend(t.Context(), w.Actor, r.ID, enquiry.AmendInput{From: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), Reason: "less will do"})
	p.must(err)
}

// TestTheFamilyAgreesToFewer: questions to the others are withdrawn, and may
// not be put again.
func TestTheFamilyAgreesToFewer(t *testing.T) {
	p := newPlay(t, "housing", "police")
	w, d := p.as("worker"), p.hub.Desk
	id := w.opens(nil)
	stays, goes := w.asks(id, "housing"), w.asks(id, "police")
	p.at("police").task(node.TaskAnswer)
	p.wants(d.NarrowAgreement(t.Context(), w.Actor, id, nil), mash.CodeInvalid)
	p.wants(d.NarrowAgreement(t.Context(), w.Actor, id, []string{"nobody"}), mash.CodeInvalid)
	p.must(d.NarrowAgreement(t.Context(), w.Actor, id, []string{"housing"}))
	if a, b := p.request(stays.ID).State, p.request(goes.ID); a.Ended() || b.State != mash.RequestWithdrawn || b.Code != "agreement_withdrawn" {
		t.Errorf("housing's is %s, police's %s %s", a, b.State, b.Code)
	}
	p.eventually("police forget it", func() bool {
		h := p.at("police").held(goes.ID)
		return h.State == mash.RequestWithdrawn && len(h.Body) == 0
	})
	if r := w.asks(id, "police"); r.State != mash.RequestRefused {
		t.Errorf("asked again it is %s", r.State)
	}
	p.wants(d.NarrowAgreement(t.Context(), w.Actor, id, []string{"housing", "police"}), mash.CodeInvalid)
}

// TestAnAgencyThatCannotBeToldOfAChange is marked; it works by what it has, and
// that answer counts. One that has no question at all is out of reach.
func TestAnAgencyThatCannotBeToldOfAChange(t *testing.T) {
	p := newPlay(t, "housing")
	w, at := p.as("worker"), p.at("housing")
	id := w.opens(nil)
	r := w.asks(id, "housing")
	at.task(node.TaskAnswer)
	p.reaches(r, mash.RequestReceived)
	p.keepBack("housing", true)
	p.must(p.hub.Desk.SetRAG(t.Context(), w.Actor, id, mash.Red))
	other := w.opens(nil)
	never := w.asks(other, "housing")
	p.must(p.hub.Desk.SetRAG(t.Context(), w.Actor, other, mash.Red))
	p.clock.pass(8 * 24 * time.Hour)
	p.eventually("the mark", func() bool { return slices.Contains(p.request(r.ID).Marks, mash.MarkChangeNotTaken) })
	if now := p.request(r.ID); now.State != mash.RequestReceived {
		t.Errorf("the request is %s", now.State)
	}
	p.reaches(never, mash.RequestUndeliverable)
	at.answers(found(arrears("Two months")))
	p.lands(r)
	if now := p.request(r.ID); len(now.Marks) > 0 {
		t.Errorf("it is still marked %v", now.Marks)
	}
}

// TestWithdrawnBeforeAnybodyLooked: a question whose withdrawal arrives with
// it, as after an outage, is searched for in no system.
func TestWithdrawnBeforeAnybodyLooked(t *testing.T) {
	sys := holds(fact("i1", "police.crime", "2026-01-05", "Theft"))
	p, w, at := police(t, sys)
	topic := mash.ToTopic(world.Hub, "police")
	var asked []mash.Request
	p.keepBack("police", true)
	for range 3 {
		r := w.asks(w.opens(nil), "police")
		p.reaches(r, mash.RequestSent)
		_, err := p.hub.Desk.Withdraw(t.Context(), w.Actor, r.ID, "not needed")
		p.must(err)
		p.eventually("both wait", func() bool { return p.bus.count(topic, r.ID) == 2 })
		asked = append(asked, r)
	}
	p.keepBack("police", false)
	for _, r := range asked {
		p.eventually("it is withdrawn", func() bool { return at.held(r.ID).State == mash.RequestWithdrawn })
	}
	r := w.asks(w.opens(nil), "police") // and work goes on
	p.lands(r)
	for _, r := range asked {
		if n := sys.count("search " + r.ID); n != 0 {
			t.Errorf("the system was searched %d times for what had been withdrawn", n)
		}
	}
}

// TestWithdrawnAsSoonAsItLeft: the broker has a question before a commit says
// so. That it was asked is told all the same, once, by the time at which it left.
func TestWithdrawnAsSoonAsItLeft(t *testing.T) {
	p := newPlay(t, "housing")
	w, at := p.as("worker"), p.at("housing")
	topic := mash.ToTopic(world.Hub, "housing")
	for name, before := range map[string]func(mash.Request){
		"asked": func(mash.Request) {},
		"changed": func(r mash.Request) {
			_, err := p.hub.Desk.Amend(t.Context(), w.Actor, r.ID, enquiry.AmendInput{Persons: []string{"subject-1"}, Reason: "she has moved out"})
			p.must(err)
			p.eventually("both left", func() bool { return p.bus.count(topic, r.ID) == 2 })
		},
	} {
		p.keepBack("housing", true)
		r := w.asks(w.opens(withLeanne), "housing")
		p.eventually("it left", func() bool { return p.bus.count(topic, r.ID) == 1 })
		before(r)
		_, err := p.hub.Desk.Withdraw(t.Context(), w.Actor, r.ID, "not needed")
		p.must(err)
		p.keepBack("housing", false)
		p.eventually("the agency knows", func() bool { return at.held(r.ID).State == mash.RequestWithdrawn })
		p.eventually(name+": the timeline says that it left", func() bool { return times(p.kinds(r.ID), mash.EventSent) > 0 })
		id := p.request(r.ID).MessageID
		p.eventually("all of it is recorded", func() bool { return !p.out(id).Sent.IsZero() })
		if k := p.kinds(r.ID); times(k, mash.EventSent) != 1 || times(k, mash.EventDelivered) != 0 || p.request(r.ID).State != mash.RequestWithdrawn {
			t.Errorf("%s: the timeline is %v", name, k)
		}
	}
}
