package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/store"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// aside lists what an enquiry has set aside.
func (a person) aside(id string) []enquiry.AsideRow {
	a.p.t.Helper()
	x, err := a.p.hub.Desk.SetAside(a.p.t.Context(), a.Actor, id)
	a.p.must(err)
	return x.Rows
}

// lands sends a return and expects that the hub takes it.
func (x place) lands(r mash.Request, bend func(*reply)) mash.OutMessage {
	x.p.t.Helper()
	m := x.replies(r, bend)
	if state, code := x.told(m); state != mash.OutDone {
		x.p.t.Fatalf("the hub refused it: %s", code)
	}
	return m
}

// shown counts the entries that say that a person was shown all of these on a
// page.
func (p *play) shown(who, page string, ids ...string) (n int) {
	p.t.Helper()
	for _, e := range p.audited("page.view") {
		all := e.Actor == who && e.Detail["page"] == page
		for _, id := range ids {
			all = all && slices.Contains(e.Shown, id)
		}
		if all {
			n++
		}
	}
	return n
}

// titles are what a chronology says, in order.
func titles(all []enquiry.Entry) string {
	var out []string
	for _, x := range all {
		out = append(out, x.Item.Title)
	}
	return strings.Join(out, ", ")
}

// revision bends a reply into a revision with these items about the subject.
func revision(n int, final bool, items ...record.Item) func(*reply) {
	return func(a *reply) {
		a.Header.Revision, a.ret.Final, a.items = n, final, nil
		for _, i := range items {
			if i.Person == "" {
				i.Person = "subject-1"
			}
			a.items = append(a.items, mash.ReturnedItem{Item: i})
		}
	}
}

// TestNobodyLosesNineForOne: what is outside the question is set aside by
// itself, and the rest of the return lands as usual.
func TestNobodyLosesNineForOne(t *testing.T) {
	p := newPlay(t, "police")
	w, manager, police, d := p.as("worker"), p.as("manager"), p.at("police"), p.hub.Desk
	id := w.opens(nil)
	w.thinks(id)
	r := w.asks(id, "police", "police.crime", "police.missing_episode")
	var items []record.Item
	for n := range 9 {
		items = append(items, fact(fmt.Sprint("good", n), "police.crime", fmt.Sprintf("2026-01-%02d", n+1), fmt.Sprint("Good ", n)))
	}
	other := fact("other", "police.crime", "2026-02-01", "Canary of a neighbour")
	other.Person = "neighbour of Mrs Canary"
	again := items[0]
	again.Title = "Canary with an id that is taken"
	bad := []record.Item{other, again,
		fact("category", "police.intelligence", "2026-02-02", "Canary intelligence"),
		fact("early", "police.crime", "2015-02-02", "Canary of long ago"),
		fact("none", "police.crime", "2026-02-02", "")}
	police.lands(r, func(a *reply) {
		revision(1, true, append(items, bad...)...)(a)
		a.ret.Withheld = []mash.Withholding{{Person: "subject-1", Category: "police.crime", Clause: "MF-7.2", Reason: "old"},
			{Person: "subject-1", Category: "police.bail", Clause: "MF-7.2", Reason: "Canary withheld"}}
	})
	x := w.sees(id)
	if len(x.Chronology) != 9 || x.Quarantined != 6 || p.request(r.ID).State != mash.RequestLanded {
		t.Fatalf("%d in the chronology, %d set aside", len(x.Chronology), x.Quarantined)
	}
	if row := x.Requests[0]; len(row.Outcomes) != 1 || row.Outcomes[0].Outcome != mash.RecordsFound || row.Returns[0].SetAside != 6 || row.Returns[0].ItemCount != 9 {
		t.Errorf("the row says %+v of %+v", row.Outcomes, row.Returns[0])
	}
	if len(x.Withheld) != 1 {
		t.Errorf("%d withheld", len(x.Withheld))
	}
	rows := w.aside(id)
	why := map[string]int{}
	for _, row := range rows {
		why[row.Why]++
		if row.Kind != enquiry.AsideOutside || row.State != mash.AsideKept || row.Telephone == "" {
			t.Errorf("%+v", row)
		}
	}
	if len(rows) != 6 || why[mash.AsidePerson] != 1 || why[mash.AsideCategory] != 2 || why[mash.AsidePeriod] != 1 || why[mash.AsideInvalid] != 2 {
		t.Errorf("why: %v", why)
	}

	// A worker may not read it; a manager may, once that is recorded, and the
	// decision about it holds nothing of what somebody wrote into it.
	_, err := d.OpenAside(t.Context(), w.Actor, rows[0].ID)
	p.wants(err, mash.CodeNotFound)
	for _, row := range rows {
		o, err := d.OpenAside(t.Context(), manager.Actor, row.ID)
		p.must(err)
		if len(o.Entries) != 1 {
			t.Fatalf("%s: %d entries, %d hidden", row.Why, len(o.Entries), o.Hidden)
		}
		if n := p.shown("manager", "out_of_scope", row.ID); n != 1 {
			t.Errorf("%s: recorded %d times", row.Why, n)
		}
	}
	p.look(func(tx mash.HubTx) error {
		all, err := tx.DecisionsOf(id)
		for _, dec := range all {
			if s := string(dec.Input); strings.Contains(s, "Canary") || strings.Contains(s, "neighbour") {
				t.Errorf("the input of a %s decision holds content", dec.Question)
			}
		}
		return err
	})

	// It cannot be taken in, by nobody; it is destroyed once, and its row stays.
	p.wants(d.TakeIn(t.Context(), manager.Actor, rows[0].ID, "we want it"), mash.CodeConflict)
	p.wants(d.TakeIn(t.Context(), w.Actor, rows[0].ID, "we want it"), mash.CodeNotFound)
	p.wants(d.Destroy(t.Context(), w.Actor, rows[0].ID, enquiry.Destruction{Reason: "not ours"}), mash.CodeNotFound)
	p.wants(d.Destroy(t.Context(), manager.Actor, rows[0].ID, enquiry.Destruction{}), mash.CodeInvalid)
	p.must(d.Destroy(t.Context(), manager.Actor, rows[0].ID, enquiry.Destruction{Reason: "not ours", Told: true}))
	p.wants(d.Destroy(t.Context(), manager.Actor, rows[0].ID, enquiry.Destruction{Reason: "again"}), mash.CodeConflict)
	p.look(func(tx mash.HubTx) error {
		gone, err := tx.SetAside(rows[0].ID)
		if gone.Content != nil || gone.State != mash.AsideDestroyed || gone.EndedBy != "manager" || !gone.Told {
			t.Errorf("destroyed: %+v", gone)
		}
		return err
	})
	if got := p.audited("set_aside.destroy"); len(got) != 1 || got[0].Detail["piece"] != rows[0].ID {
		t.Errorf("destruction in the log: %+v", got)
	}
	o, err := d.OpenAside(t.Context(), manager.Actor, rows[0].ID)
	p.must(err)
	if len(o.Entries) != 0 || o.Row.State != mash.AsideDestroyed || o.Row.Reason != "not ours" {
		t.Errorf("after it was destroyed: %d entries, %+v", len(o.Entries), o.Row)
	}
	if n := len(w.sees(id).Chronology); n != 9 {
		t.Errorf("the chronology has %d items", n)
	}
	// No decision can rest on what is set aside.
	p.must(d.Collate(t.Context(), w.Actor, id))
	p.wants(d.Decide(t.Context(), w.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: "because", Cited: []string{rows[1].ID}}), mash.CodeInvalid)
	if s := p.notes.String(); strings.Contains(s, "Canary") {
		t.Error("a log holds what was set aside")
	}
	p.hold(id)
	p.wants(d.Destroy(t.Context(), manager.Actor, rows[1].ID, enquiry.Destruction{Reason: "not ours"}), mash.CodeConflict)
}

// hold puts an enquiry under a legal hold.
func (p *play) hold(id string) {
	p.t.Helper()
	p.must(p.hub.Store.Update(p.t.Context(), func(tx mash.HubTx) error {
		e, err := tx.Enquiry(id)
		if err != nil {
			return err
		}
		e.Retention.Hold = true
		return tx.UpdateEnquiry(e)
	}))
}

// TestALateReturnIsTakenInByAPerson: sealed until somebody opens it, which is
// recorded first; then in the chronology, marked with who and why, once.
func TestALateReturnIsTakenInByAPerson(t *testing.T) {
	p := newPlay(t, "police", "housing")
	w, police, d := p.as("worker"), p.at("police"), p.hub.Desk
	id := w.opens(nil)
	r := w.asks(id, "police")
	police.lands(r, revision(1, false, fact("a", "police.crime", "2026-01-01", "In time")))
	_, err := d.Withdraw(t.Context(), w.Actor, r.ID, "taking too long")
	p.must(err)
	// A part and then the final come late; the older of the two is not offered.
	police.lands(r, revision(2, false, fact("b", "police.crime", "2026-01-02", "Late part")))
	police.lands(r, revision(3, true, fact("a", "police.crime", "2026-01-01", "In time"), fact("c", "police.crime", "2026-01-03", "Late final")))
	rows := w.aside(id)
	if len(rows) != 2 || rows[0].Kind != enquiry.AsideLate || rows[0].Revision != 3 || rows[0].State != "waiting" || rows[0].Why != "withdrawn" || rows[0].Items != 2 ||
		rows[1].Kind != enquiry.AsideReplaced || rows[1].Revision != 2 {
		t.Fatalf("set aside: %+v", rows)
	}
	late, old := rows[0].ID, rows[1].ID
	if o, err := d.OpenAside(t.Context(), w.Actor, late); err != nil || !o.OwnViewNeeded || len(o.Entries) != 0 {
		t.Errorf("before the worker's own view: %d entries, %v", len(o.Entries), err)
	}
	w.thinks(id)
	o, err := d.OpenAside(t.Context(), w.Actor, late)
	p.must(err)
	if n := p.shown("worker", "set_aside", late, late+"/a", late+"/c"); titles(o.Entries) != "In time, Late final" || n != 1 {
		t.Errorf("opened: %s, recorded %d times", titles(o.Entries), n)
	}
	if o, err := d.OpenAside(t.Context(), w.Actor, old); err != nil || titles(o.Entries) != "Late part" {
		t.Errorf("what was replaced can be read: %s %v", titles(o.Entries), err)
	}
	if s := titles(w.sees(id).Chronology); s != "In time" {
		t.Errorf("opened is not taken in: %s", s)
	}
	// If it cannot be recorded, it is not shown.
	p.faults.mu.Lock()
	p.faults.audit = func(mash.AuditRow) error { return mash.Errorf(mash.CodeUnavailable, "the disk is full") }
	p.faults.mu.Unlock()
	if o, err := d.OpenAside(t.Context(), w.Actor, late); err == nil || len(o.Entries) > 0 {
		t.Error("shown without a record")
	}
	p.faults.mu.Lock()
	p.faults.audit = nil
	p.faults.mu.Unlock()

	p.wants(d.TakeIn(t.Context(), w.Actor, late, " "), mash.CodeInvalid)
	p.wants(d.TakeIn(t.Context(), w.Actor, old, "this one"), mash.CodeConflict)
	p.wants(d.TakeIn(t.Context(), p.as("ig").Actor, late, "I may not"), mash.CodeNotFound)
	p.wants(d.TakeIn(t.Context(), w.Actor, p.returns(r.ID)[0].ID, "it is in already"), mash.CodeNotFound)
	p.must(d.LeaveOut(t.Context(), w.Actor, late, "nothing new"))
	p.wants(d.LeaveOut(t.Context(), w.Actor, late, "again"), mash.CodeConflict)
	if s := titles(w.sees(id).Chronology); s != "In time" {
		t.Errorf("left out: %s", s)
	}
	if row := w.aside(id)[0]; row.State != mash.ReturnLeftOut || row.Reason != "nothing new" || row.By != "worker" {
		t.Errorf("left out: %+v", row)
	}
	p.must(d.TakeIn(t.Context(), w.Actor, late, "the theft matters"))
	version := p.enquiry(id).Version
	p.wants(d.TakeIn(t.Context(), w.Actor, late, "a second click"), mash.CodeConflict)
	p.wants(d.LeaveOut(t.Context(), w.Actor, late, "a second thought"), mash.CodeConflict)
	if p.enquiry(id).Version != version || len(p.audited("return.take_in")) != 1 {
		t.Error("the second click changed something")
	}
	x := w.sees(id)
	if titles(x.Chronology) != "In time, Late final" || len(x.Chronology[0].Sources) != 1 || x.Quarantined != 0 {
		t.Fatalf("taken in: %s of %+v", titles(x.Chronology), x.Chronology[0].Sources)
	}
	if in := x.Chronology[1].Sources[0].TakenIn; in == nil || in.By != "worker" || in.Reason != "the theft matters" || in.At.IsZero() {
		t.Errorf("marked %+v", in)
	}
	if ret := p.returns(r.ID); !slices.Contains(ret[0].Flags, mash.FlagSuperseded) {
		t.Error("what it replaces is not flagged")
	}
	if row := x.Requests[0]; row.Outcomes[0].Outcome != mash.RecordsFound || row.State != mash.RequestWithdrawn {
		t.Errorf("the request: %+v", row.Outcomes)
	}
	// Late again, after one was taken in: it waits like the first, and what was
	// taken in stays until then. An older one that comes now is replaced at once.
	police.lands(r, revision(5, true, fact("d", "police.crime", "2026-01-04", "Later still")))
	police.lands(r, revision(4, true, fact("e", "police.crime", "2026-01-05", "Overtaken")))
	rows = w.aside(id)
	if rows[0].Revision != 5 || rows[0].State != "waiting" || titles(w.sees(id).Chronology) != "In time, Late final" {
		t.Errorf("late again: %+v, %s", rows[0], titles(w.sees(id).Chronology))
	}
	if all := p.returns(r.ID); !slices.Contains(all[3].Flags, mash.FlagSuperseded) {
		t.Errorf("the overtaken one: %v", all[3].Flags)
	}
	p.must(d.TakeIn(t.Context(), w.Actor, rows[0].ID, "newest"))
	if s := titles(w.sees(id).Chronology); s != "Later still" {
		t.Errorf("taken in after another: %s", s)
	}

	// Another agency cannot take part in it: its word about this request is refused.
	m := p.at("housing").says(police.replyTo(r, 6))
	if state, code := p.at("housing").told(m); state != mash.OutRefused || code != "wrong_party" {
		t.Errorf("another agency's: %s %s", state, code)
	}
	if len(w.aside(id)) != 5 || p.request(r.ID).AnswerRefused != "" {
		t.Errorf("another agency's word is there: %+v", p.request(r.ID))
	}
}

// replyTo is a draft that answers a request, without who sends it.
func (x place) replyTo(r mash.Request, n int) (d exchange.Draft) {
	d.Header = wire.Header{Kind: wire.KindReturn, Ref: r.ID, Revision: n, Answers: x.held(r.ID).Hash, Purpose: r.Purpose,
		Scope: wire.ScopeHash(r.Purpose, r.Persons, r.Categories, r.From, r.To), PolicyVersion: "v"}
	d.Body = wire.Return{Return: mash.Return{Final: true, Outcomes: []mash.PersonOutcome{{Person: "subject-1", Outcome: mash.NothingKnown}}}}
	return d
}

// TestClosingWaitsForALateReturn that came before the decision and that nobody
// has read: it is named among what speaks against closing.
func TestClosingWaitsForALateReturn(t *testing.T) {
	p := newPlay(t, "police")
	w, police, d := p.as("worker"), p.at("police"), p.hub.Desk
	id := w.opens(nil)
	w.thinks(id)
	r := w.asks(id, "police")
	police.task(node.TaskAnswer)
	_, err := d.Withdraw(t.Context(), w.Actor, r.ID, "taking too long")
	p.must(err)
	police.lands(r, func(a *reply) {
		revision(1, true, fact("a", "police.crime", "2026-01-01", "Late"))(a)
		a.ret.Withheld = []mash.Withholding{{Person: "subject-1", Category: "police.crime", Clause: "MF-7.2", Reason: "Canary"}}
	})
	// What is sealed says nothing of itself where requests are shown.
	if x := w.sees(id); len(x.Requests[0].Returns[0].Outcomes) != 0 || len(x.Requests[0].Returns[0].Withheld) != 0 || len(x.Withheld) != 0 {
		t.Errorf("a sealed return shows %+v", x.Requests[0].Returns[0])
	}
	p.must(d.Collate(t.Context(), w.Actor, id))
	p.must(d.Decide(t.Context(), w.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: "because"}))
	_, err = d.TellOriginator(t.Context(), w.Actor, id, enquiry.FeedbackInput{Waiver: "was there"})
	p.must(err)
	dec, err := d.Close(t.Context(), w.Actor, id, enquiry.CloseInput{})
	p.wants(err, mash.CodeConflict)
	if !strings.Contains(strings.Join(dec.Reasons, " "), "arrived late") {
		t.Errorf("reasons: %q", dec.Reasons)
	}
	p.must(d.LeaveOut(t.Context(), w.Actor, w.aside(id)[0].ID, "nothing new"))
	_, err = d.Close(t.Context(), w.Actor, id, enquiry.CloseInput{})
	p.must(err)
}

// TestALateReturnOfAShreddedEnquiry: what was sealed cannot be opened or taken
// in any more, and nothing says what it was.
func TestALateReturnOfAShreddedEnquiry(t *testing.T) {
	p := newPlay(t, "police")
	w, manager, police, d := p.as("worker"), p.as("manager"), p.at("police"), p.hub.Desk
	id := w.opens(nil)
	w.thinks(id)
	r := w.asks(id, "police")
	police.held(r.ID)
	police.task(node.TaskAnswer)
	_, err := d.Withdraw(t.Context(), w.Actor, r.ID, "not needed")
	p.must(err)
	police.lands(r, revision(1, true, fact("a", "police.crime", "2026-01-01", "Late"), fact("b", "police.crime", "2011-01-01", "Too old")))
	p.must(p.hub.Vault.Destroy(store.EnquiryKey(id)))
	rows := w.aside(id)
	if len(rows) != 2 || !rows[0].Erased || !rows[1].Erased {
		t.Fatalf("%+v", rows)
	}
	for _, row := range rows {
		o, err := d.OpenAside(t.Context(), manager.Actor, row.ID)
		p.must(err)
		if len(o.Entries) != 0 || len(o.Content.People) != 0 {
			t.Errorf("%s shows something", row.Kind)
		}
		if row.Kind == enquiry.AsideLate {
			p.wants(d.TakeIn(t.Context(), w.Actor, row.ID, "want it"), mash.CodeConflict)
			p.wants(d.LeaveOut(t.Context(), w.Actor, row.ID, "want it"), mash.CodeConflict)
		} else {
			p.wants(d.Destroy(t.Context(), manager.Actor, row.ID, enquiry.Destruction{Reason: "want it"}), mash.CodeConflict)
		}
	}
	if ret := p.returns(r.ID)[0]; ret.Considered != nil || len(p.audited("return.take_in")) != 0 {
		t.Errorf("it was considered: %+v", ret.Considered)
	}
}

// TestTheDecisionIsUpForReview: what landed after it is shown, and a person
// keeps it or reopens, having read everything.
func TestTheDecisionIsUpForReview(t *testing.T) {
	p := newPlay(t, "police", "housing")
	w, police, housing, d := p.as("worker"), p.at("police"), p.at("housing"), p.hub.Desk
	id := w.opens(nil)
	w.thinks(id)
	r, h := w.asks(id, "police"), w.asks(id, "housing")
	police.task(node.TaskAnswer)
	housing.task(node.TaskAnswer)
	police.lands(r, revision(1, false, fact("a", "police.crime", "2026-01-01", "Known then")))
	p.must(d.Collate(t.Context(), w.Actor, id))
	p.must(d.Decide(t.Context(), w.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: "because"}))
	_, err := d.Withdraw(t.Context(), w.Actor, r.ID, "decided without")
	p.must(err)
	p.clock.pass(time.Second)
	police.lands(r, revision(2, true, fact("b", "police.crime", "2026-01-02", "New and late")))
	x, err := d.ShowLate(t.Context(), w.Actor, id)
	p.must(err)
	if !x.Enquiry.Review || len(x.Returns) != 1 || x.Returns[0].State != "waiting" || titles(x.Returns[0].Entries) != "New and late" {
		t.Fatalf("what is new: %+v", x.Returns)
	}
	if n := p.shown("worker", "set_aside", x.Returns[0].ID, x.Returns[0].ID+"/b"); n != 1 {
		t.Errorf("recorded %d times", n)
	}
	_, err = d.ShowLate(t.Context(), p.as("ig").Actor, id)
	p.wants(err, mash.CodeNotFound)
	read := x.Returns[0].ID

	// Something else lands while it is read: nobody can have judged that.
	housing.lands(h, func(a *reply) { revision(1, true, fact("c", "housing.arrears", "2026-01-03", "Arrears"))(a) })
	p.wants(d.ReviewLate(t.Context(), w.Actor, id, false, "it stands", read), mash.CodeConflict)
	x, err = d.ShowLate(t.Context(), w.Actor, id)
	p.must(err)
	if len(x.Returns) != 2 || x.Returns[1].State != "joined" || titles(x.Returns[1].Entries) != "Arrears" {
		t.Fatalf("both: %+v", x.Returns)
	}
	p.must(d.ReviewLate(t.Context(), w.Actor, id, false, "it stands", read, x.Returns[1].ID))
	if e := p.enquiry(id); e.Review || e.State != mash.EnquiryDecided {
		t.Errorf("kept: %v %s", e.Review, e.State)
	}
	if got := p.audited("decision.reviewed"); len(got) != 1 || !strings.Contains(got[0].Detail["returns"], read) {
		t.Errorf("recorded %+v", got)
	}
	p.clock.pass(time.Second)
	x, err = d.ShowLate(t.Context(), w.Actor, id)
	p.must(err)
	if len(x.Returns) != 0 {
		t.Errorf("after the review: %+v", x.Returns)
	}
	// Taking it in changes the picture that the decision rests on.
	p.must(d.TakeIn(t.Context(), w.Actor, read, "it belongs there after all"))
	if e := p.enquiry(id); !e.Review {
		t.Error("taken in after the decision, and not up for review")
	}
	x, err = d.ShowLate(t.Context(), w.Actor, id)
	p.must(err)
	if len(x.Returns) != 1 || x.Returns[0].State != mash.ReturnTakenIn {
		t.Errorf("what is new: %+v", x.Returns)
	}
	p.must(d.ReviewLate(t.Context(), w.Actor, id, true, "it changes everything", read))
	if e := p.enquiry(id); e.Review || e.State != mash.EnquiryResearching || !strings.Contains(titles(w.sees(id).Chronology), "New and late") {
		t.Errorf("reopened: %s", e.State)
	}
}

// TestARefusedAnswerIsSeen: by the hub's people, who telephone, and by the
// agency's, who believed that they had answered.
func TestARefusedAnswerIsSeen(t *testing.T) {
	p := newPlay(t, "police")
	w, police := p.as("worker"), p.at("police")
	id := w.opens(nil)
	r := w.asks(id, "police")
	police.task(node.TaskAnswer)
	if state, _ := police.told(police.replies(r, func(a *reply) { a.Header.Scope = "0" })); state != mash.OutRefused {
		t.Fatal("not refused")
	}
	now := p.request(r.ID)
	if !slices.Contains(now.Marks, mash.MarkAnswerRefused) || now.AnswerRefused != mash.CodeOutOfScope || now.State.Ended() {
		t.Errorf("the request: %s %v %s", now.State, now.Marks, now.AnswerRefused)
	}
	b, err := p.hub.Desk.Board(t.Context(), w.Actor, 1)
	p.must(err)
	if len(b.Rows) != 1 || b.Rows[0].AnswerRefused != mash.CodeOutOfScope || b.Rows[0].Telephone == "" {
		t.Errorf("the board: %+v", b)
	}
	p.look(func(tx mash.HubTx) error {
		events, err := tx.Events(r.ID)
		if !slices.ContainsFunc(events, func(e mash.Event) bool { return e.Kind == mash.EventReturnRefused && e.Detail == "out_of_scope" }) {
			t.Errorf("no event: %+v", events)
		}
		return err
	})
	if got := p.audited("request.answer_refused"); len(got) != 1 || got[0].Enquiry != id {
		t.Errorf("recorded %+v", got)
	}
	v := police.task(node.TaskRefused)
	if v.Refused == nil || v.Refused.Code != "out_of_scope" || v.Refused.Reference != r.Reference {
		t.Fatalf("the agency's task: %+v", v.Refused)
	}
	p.must(police.n.Node.AcknowledgeRefusal(t.Context(), police.staff(), v.Task.ID))
	p.wants(police.n.Node.AcknowledgeRefusal(t.Context(), police.staff(), v.Task.ID), mash.CodeConflict)

	// Refused again, and then a good one lands: nothing is left to do.
	police.told(police.replies(r, func(a *reply) { a.ret.Outcomes = nil }))
	police.task(node.TaskRefused)
	police.lands(r, nil)
	if now := p.request(r.ID); len(now.Marks) != 0 || now.AnswerRefused != "" || now.State != mash.RequestLanded {
		t.Errorf("after a good one: %s %v %s", now.State, now.Marks, now.AnswerRefused)
	}
	ts, _, err := police.n.Node.Inbox(t.Context(), police.staff())
	p.must(err)
	for _, task := range ts {
		if task.Kind == node.TaskRefused {
			t.Error("the agency still has the task")
		}
	}
	// A repeat of what is here is refused and marks nothing.
	if state, _ := police.told(police.replies(r, nil)); state != mash.OutRefused || len(p.request(r.ID).Marks) != 0 {
		t.Errorf("a repeat: %v", p.request(r.ID).Marks)
	}
}

// TestMessagesThatNobodyCouldOpen are listed without content, on either side,
// until somebody has looked at them.
func TestMessagesThatNobodyCouldOpen(t *testing.T) {
	p := newPlay(t, "police")
	d, ig, police := p.hub.Desk, p.as("ig"), p.at("police")
	none, err := d.Quarantine(t.Context(), ig.Actor)
	p.must(err)
	if none.State.Unseen != 0 {
		t.Fatalf("%+v", none.State)
	}
	p.must(p.bus.Publish(t.Context(), []mash.BusMessage{{Topic: mash.FromTopic("fernshire", "police"), Value: []byte("Canary: not a message")},
		{Topic: mash.ToTopic("fernshire", "police"), Value: []byte("Canary: neither")}}))
	p.eventually("it is counted", func() bool { n, err := d.Unopened(t.Context()); p.must(err); return n == 1 })
	for _, who := range []string{"worker", "scrutineer"} {
		_, err := d.Quarantine(t.Context(), p.as(who).Actor)
		p.wants(err, mash.CodeNotFound)
		p.wants(d.SeeQuarantine(t.Context(), p.as(who).Actor, p.clock.Now(), "looked"), mash.CodeNotFound)
	}
	q, err := d.Quarantine(t.Context(), ig.Actor)
	p.must(err)
	if len(q.Rows) != 1 || q.Rows[0].Code != mash.CodeBadMessage || len(q.Rows[0].Hash) != 64 || !q.Rows[0].Kept || !q.Rows[0].Seen.IsZero() {
		t.Fatalf("%+v", q.Rows)
	}
	p.wants(d.SeeQuarantine(t.Context(), ig.Actor, q.State.Last, ""), mash.CodeInvalid)
	p.must(d.SeeQuarantine(t.Context(), ig.Actor, q.State.Last, "a test of the broker"))
	p.wants(d.SeeQuarantine(t.Context(), ig.Actor, q.State.Last, "again"), mash.CodeConflict)
	if got := p.audited("quarantine.seen"); len(got) != 1 || !slices.Contains(got[0].Shown, q.Rows[0].ID) {
		t.Errorf("recorded %+v", got)
	}
	q, err = d.Quarantine(t.Context(), ig.Actor)
	p.must(err)
	if q.State.Unseen != 0 || q.Rows[0].SeenBy != "ig" || q.Rows[0].SeenWhy != "a test of the broker" {
		t.Errorf("%+v %+v", q.State, q.Rows)
	}

	n := police.n.Node
	p.eventually("the node has one", func() bool {
		q, err := n.Quarantine(t.Context(), police.staff())
		p.must(err)
		return q.State.Unseen == 1 && len(q.Rows) == 1
	})
	p.must(n.SeeQuarantine(t.Context(), police.staff(), p.clock.Now(), "asked the hub"))
	p.wants(n.SeeQuarantine(t.Context(), police.staff(), p.clock.Now(), "again"), mash.CodeConflict)
	stranger := police.staff()
	stranger.Agency = "housing"
	_, err = n.Quarantine(t.Context(), stranger)
	p.wants(err, mash.CodeNotFound)
	if strings.Contains(p.notes.String(), "Canary") {
		t.Error("a log holds what could not be opened")
	}
}

// TestAReviewPassesNothingOver: a late answer that nobody considered before the
// decision is in its review, and so is one that lands while a person reads that
// there is none.
func TestAReviewPassesNothingOver(t *testing.T) {
	p := newPlay(t, "police", "housing")
	w, police, housing, d := p.as("worker"), p.at("police"), p.at("housing"), p.hub.Desk
	id := w.opens(nil)
	w.thinks(id)
	r, h := w.asks(id, "police"), w.asks(id, "housing")
	police.task(node.TaskAnswer)
	housing.task(node.TaskAnswer)
	_, err := d.Withdraw(t.Context(), w.Actor, r.ID, "taking too long")
	p.must(err)
	police.lands(r, revision(1, true, fact("a", "police.crime", "2026-01-01", "Nobody read this")))
	p.clock.pass(time.Second)
	p.must(d.Collate(t.Context(), w.Actor, id))
	p.must(d.Decide(t.Context(), w.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: "because"}))
	_, err = d.TellOriginator(t.Context(), w.Actor, id, enquiry.FeedbackInput{Waiver: "they know"})
	p.must(err)
	p.clock.pass(time.Second)
	housing.lands(h, revision(1, true, fact("c", "housing.arrears", "2026-01-03", "Arrears")))
	x, err := d.ShowLate(t.Context(), w.Actor, id)
	p.must(err)
	var all []string
	for _, ret := range x.Returns {
		all = append(all, ret.ID)
	}
	if len(all) != 2 || x.Returns[0].State != "waiting" || titles(x.Returns[0].Entries) != "Nobody read this" {
		t.Fatalf("up for review: %+v", x.Returns)
	}
	for _, read := range [][]string{{}, {all[1]}} {
		p.wants(d.ReviewLate(t.Context(), w.Actor, id, false, "it stands", read...), mash.CodeConflict)
	}
	p.clock.pass(time.Second)
	p.must(d.ReviewLate(t.Context(), w.Actor, id, false, "it stands", all...))
	x, err = d.ShowLate(t.Context(), w.Actor, id)
	if p.must(err); len(x.Returns) != 0 {
		t.Errorf("again up for review: %+v", x.Returns)
	}
	_, err = d.Close(t.Context(), w.Actor, id, enquiry.CloseInput{})
	p.must(err)
}

// TestAnAnswerToAClosedEnquiryIsFound: on the worklist, until somebody has said
// whether the decision stands.
func TestAnAnswerToAClosedEnquiryIsFound(t *testing.T) {
	p := newPlay(t, "police")
	w, police, d := p.as("worker"), p.at("police"), p.hub.Desk
	id := w.opens(nil)
	w.thinks(id)
	r := w.asks(id, "police")
	police.task(node.TaskAnswer)
	_, err := d.Withdraw(t.Context(), w.Actor, r.ID, "decided without")
	p.must(err)
	p.must(d.Collate(t.Context(), w.Actor, id))
	p.must(d.Decide(t.Context(), w.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: "because"}))
	_, err = d.TellOriginator(t.Context(), w.Actor, id, enquiry.FeedbackInput{Waiver: "they know"})
	p.must(err)
	_, err = d.Close(t.Context(), w.Actor, id, enquiry.CloseInput{})
	p.must(err)
	listed := func() int {
		l, err := d.Worklist(t.Context(), w.Actor, 1)
		p.must(err)
		return l.Total
	}
	if n := listed(); n != 0 {
		t.Errorf("%d listed after closing", n)
	}
	police.lands(r, revision(1, true, fact("a", "police.crime", "2026-01-01", "A month too late")))
	if n := listed(); n != 1 {
		t.Fatalf("%d listed after the answer", n)
	}
	p.must(d.ReviewLate(t.Context(), w.Actor, id, false, "it stands", p.returns(r.ID)[0].ID))
	if n := listed(); n != 0 {
		t.Errorf("%d listed after the review", n)
	}
}

// TestNothingIsTakenInOnAWithdrawnAgreement: what came after the family withdrew
// its agreement is no worker's to read, on no page, and nobody's to use; a
// manager looks at it and leaves it out, so that the enquiry can close.
func TestNothingIsTakenInOnAWithdrawnAgreement(t *testing.T) {
	p := newPlay(t, "police")
	w, manager, police, d := p.as("worker"), p.as("manager"), p.at("police"), p.hub.Desk
	id := w.opens(nil)
	w.thinks(id)
	r := w.asks(id, "police", "police.crime")
	p.must(d.WithdrawAgreement(t.Context(), w.Actor, id))
	p.must(d.Collate(t.Context(), w.Actor, id))
	p.must(d.Decide(t.Context(), manager.Actor, id, enquiry.DecideInput{Outcome: "no_further_action", Why: "on what was held"}))
	police.lands(r, revision(1, true, fact("a", "police.crime", "2026-01-01", "Canary")))
	row := w.aside(id)[0]
	if row.Kind != enquiry.AsideLate || !row.Guarded || row.Why != "agreement_withdrawn" {
		t.Fatalf("%+v", row)
	}
	_, err := d.OpenAside(t.Context(), w.Actor, row.ID)
	p.wants(err, mash.CodeNotFound)
	p.wants(d.LeaveOut(t.Context(), w.Actor, row.ID, "x"), mash.CodeNotFound)
	x, err := d.ShowLate(t.Context(), w.Actor, id)
	p.must(err)
	if len(x.Returns) != 1 || !x.Returns[0].Guarded || len(x.Returns[0].Entries)+len(x.Returns[0].Outcomes) > 0 {
		t.Errorf("the review shows %+v", x.Returns)
	}
	if n := p.shown(manager.ID, "out_of_scope", row.ID); n != 0 {
		t.Fatal("somebody has seen it")
	}
	o, err := d.OpenAside(t.Context(), manager.Actor, row.ID)
	p.must(err)
	if titles(o.Entries) != "Canary" || p.shown(manager.ID, "out_of_scope", row.ID) != 1 {
		t.Errorf("a manager sees %q", titles(o.Entries))
	}
	p.wants(d.TakeIn(t.Context(), manager.Actor, row.ID, "useful"), mash.CodeConflict)
	p.must(d.LeaveOut(t.Context(), manager.Actor, row.ID, "the family withdrew"))
	if len(w.sees(id).Chronology) > 0 {
		t.Error("it is in the chronology")
	}
	p.must(d.ReviewLate(t.Context(), w.Actor, id, false, "nothing to use", row.ID))
}
