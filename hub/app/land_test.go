package app

import (
	"errors"
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
)

// reply is a return as an agency's node makes it, for a test to bend.
type reply struct {
	exchange.Draft
	ret   mash.Return
	items []mash.ReturnedItem
}

// replies makes a good final answer to a question: one crime about Rowan.
func (x place) replies(r mash.Request, bend func(*reply)) mash.OutMessage {
	x.p.t.Helper()
	q := ""
	x.p.eventually("the question is there", func() bool { q = x.held(r.ID).Hash; return q != "" })
	a := reply{ret: mash.Return{Final: true, Outcomes: []mash.PersonOutcome{{Person: "subject-1", Outcome: mash.RecordsFound}}},
		items: []mash.ReturnedItem{{Item: fact("i1", "police.crime", "2026-01-05", "Theft")}}}
	a.items[0].Person = "subject-1"
	a.Header = wire.Header{Kind: wire.KindReturn, Ref: r.ID, Revision: 1, Answers: q, Purpose: r.Purpose,
		Scope: wire.ScopeHash(r.Purpose, r.Persons, r.Categories, r.From, r.To), PolicyVersion: "v"}
	if bend != nil {
		bend(&a)
	}
	a.Body = wire.Return{Return: a.ret, Items: a.items}
	return x.says(a.Draft)
}

// TestReturnsThatAreRefused: whoever answers something else, for somebody else
// or in a form that cannot be is told so, and nothing lands.
func TestReturnsThatAreRefused(t *testing.T) {
	p := newPlay(t, "police", "housing")
	w := p.as("worker")
	id := w.opens(nil)
	r := w.asks(id, "police")
	other := w.asks(id, "housing")
	police := p.at("police")
	for name, c := range map[string]struct {
		code string
		bend func(*reply)
	}{
		"an unknown request":           {"not_found", func(a *reply) { a.Header.Ref = "no-such-request" }},
		"another party's request":      {"wrong_party", func(a *reply) { a.Header.Ref = other.ID }},
		"another scope":                {"out_of_scope", func(a *reply) { a.Header.Scope = "0" }},
		"another purpose":              {"out_of_scope", func(a *reply) { a.Header.Purpose = mash.PurposeS47 }},
		"another question":             {"out_of_scope", func(a *reply) { a.Header.Answers = p.at("housing").held(other.ID).Hash }},
		"no question":                  {"out_of_scope", func(a *reply) { a.Header.Answers = "" }},
		"no revision":                  {"bad_message", func(a *reply) { a.Header.Revision = 0 }},
		"nobody":                       {"bad_message", func(a *reply) { a.ret.Outcomes = nil }},
		"somebody not asked about":     {"out_of_scope", func(a *reply) { a.ret.Outcomes[0].Person = "household-1" }},
		"somebody twice":               {"out_of_scope", func(a *reply) { a.ret.Outcomes = append(a.ret.Outcomes, a.ret.Outcomes[0]) }},
		"an outcome of its own":        {"bad_message", func(a *reply) { a.ret.Outcomes[0].Outcome = "guilty" }},
		"a refusal without why":        {"bad_message", func(a *reply) { a.ret.Outcomes[0].Outcome = mash.Refused; a.items = nil }},
		"final, with somebody pending": {"bad_message", func(a *reply) { a.ret.Outcomes[0].Outcome = mash.Pending }},
		"201 events": {"bad_message", func(a *reply) {
			for range 201 {
				a.ret.Events = append(a.ret.Events, mash.Event{Kind: mash.EventAgencyPolicy, At: p.clock.Now()})
			}
		}},
	} {
		if state, code := police.told(police.replies(r, c.bend)); state != mash.OutRefused || code != c.code {
			t.Errorf("%s: %s %s, want refused %s", name, state, code, c.code)
		}
	}
	if n := len(p.returns(r.ID)) + len(p.returns(other.ID)); n > 0 || p.request(r.ID).State.Ended() {
		t.Errorf("%d landed, and the request is %s", n, p.request(r.ID).State)
	}
	p.eventually("refusals in the log", func() bool { return len(p.audited("message.refused")) == 14 })
	m := police.replies(r, nil)
	if state, _ := police.told(m); state != mash.OutDone {
		t.Fatal("the good one is refused")
	}
	if state, code := police.told(police.replies(r, nil)); state != mash.OutRefused || code != "conflict" {
		t.Errorf("the same revision again: %s %s", state, code)
	}
	if n := len(p.returns(r.ID)); n != 1 {
		t.Errorf("%d returns", n)
	}
}

// TestWhatLandsBesideTheQuestionIsKeptBack: sealed, flagged, counted, and never
// in the chronology.
func TestWhatLandsBesideTheQuestionIsKeptBack(t *testing.T) {
	p := newPlay(t, "police")
	w, police := p.as("worker"), p.at("police")
	for name, bend := range map[string]func(*mash.ReturnedItem){
		"somebody else":             func(i *mash.ReturnedItem) { i.Person = "household-1" },
		"another category":          func(i *mash.ReturnedItem) { i.Category = "police.missing_episode" },
		"existence only was agreed": func(i *mash.ReturnedItem) { i.Category = "police.warning" },
		"before the period":         func(i *mash.ReturnedItem) { i.Date.Date = "2015-01-01" },
		"after the period":          func(i *mash.ReturnedItem) { i.Date.Date = "2027-01-01" },
		"not an item":               func(i *mash.ReturnedItem) { i.Title = "" },
	} {
		id := w.opens(func(in *enquiry.OpenInput) { in.Purpose = mash.PurposeEarlyHelp })
		w.thinks(id)
		in := w.question("police", "police.missing_episode", "police.warning")
		if name == "another category" {
			in.Ask[0].Categories = []string{"police.warning"}
		}
		rs, err := p.hub.Desk.Ask(t.Context(), w.Actor, id, in)
		p.must(err)
		r := rs[0]
		m := police.replies(r, func(a *reply) {
			a.items[0].Category = "police.missing_episode"
			bend(&a.items[0])
		})
		if state, code := police.told(m); state != mash.OutDone {
			t.Fatalf("%s: %s", name, code)
		}
		x := w.sees(id)
		if len(x.Chronology) != 0 || x.Quarantined != 1 || x.Requests[0].State != mash.RequestLanded || !slices.Contains(x.Requests[0].Returns[0].Flags, mash.FlagQuarantined) {
			t.Errorf("%s: %d in the chronology, %d kept back", name, len(x.Chronology), x.Quarantined)
		}
	}
}

// TestRevisionsInAnyOrder: the newest that may be merged stands; what is kept
// back takes nothing away.
func TestRevisionsInAnyOrder(t *testing.T) {
	p := newPlay(t, "police")
	w, police := p.as("worker"), p.at("police")
	revision := func(n int, final bool, more func(*reply)) func(*reply) {
		return func(a *reply) {
			a.Header.Revision, a.ret.Final = n, final
			a.items[0].ID, a.items[0].Title = fmt.Sprint("i", n), fmt.Sprint("Revision ", n)
			if more != nil {
				more(a)
			}
		}
	}
	begin := func() (string, mash.Request, func(func(*reply)), func() string) {
		id := w.opens(nil)
		w.thinks(id)
		r := w.asks(id, "police")
		lands := func(bend func(*reply)) {
			t.Helper()
			if state, code := police.told(police.replies(r, bend)); state != mash.OutDone {
				t.Fatalf("refused: %s", code)
			}
		}
		shown := func() string {
			var out []string
			for _, x := range w.sees(id).Chronology {
				out = append(out, x.Item.Title)
			}
			return strings.Join(out, ", ")
		}
		return id, r, lands, shown
	}
	_, r, lands, shown := begin()
	lands(revision(2, false, nil))
	lands(revision(1, false, func(a *reply) { a.ret.Outcomes[0].Outcome, a.items = mash.SourceUnavailable, nil }))
	if s, now := shown(), p.request(r.ID); s != "Revision 2" || len(now.Marks) > 0 || now.State != mash.RequestReturned {
		t.Errorf("an overtaken part changed the request: %q, %s %v", s, now.State, now.Marks)
	}
	lands(revision(3, true, nil))
	if s := shown(); s != "Revision 3" || p.request(r.ID).State != mash.RequestLanded {
		t.Errorf("part, then final: %q", s)
	}
	total := w.sees(r.EnquiryID).Requests[0].Timing.TotalMS
	p.clock.pass(time.Hour)
	lands(revision(4, true, nil)) // the agency corrects itself
	if s := shown(); s != "Revision 4" || w.sees(r.EnquiryID).Requests[0].Timing.TotalMS != total {
		t.Errorf("corrected: %q, in %d of %d ms", s, w.sees(r.EnquiryID).Requests[0].Timing.TotalMS, total)
	}
	lands(revision(5, true, func(a *reply) { a.items[0].Category = "police.intelligence" })) // not asked for
	if s := shown(); s != "Revision 4" {
		t.Errorf("what was kept back took the earlier answer out: %q", s)
	}

	_, r, lands, shown = begin() // withdrawn: late
	lands(revision(1, false, nil))
	_, err := p.hub.Desk.Withdraw(t.Context(), w.Actor, r.ID, "not needed")
	p.must(err)
	lands(revision(2, true, nil))
	if s, now := shown(), p.request(r.ID); s != "Revision 1" || now.State != mash.RequestWithdrawn || !slices.Contains(p.returns(r.ID)[1].Flags, mash.FlagLate) {
		t.Errorf("late: %q, %s", s, now.State)
	}

	// "Could not search" is never "nothing known", and a correction lifts it.
	id, r, lands, _ := begin()
	lands(revision(1, true, func(a *reply) { a.ret.Outcomes[0].Outcome, a.items = mash.SourceUnavailable, nil }))
	if now := p.request(r.ID); now.State != mash.RequestLanded || !slices.Contains(now.Marks, mash.MarkSourceUnavailable) || w.sees(id).Requests[0].Outcomes[0].Outcome != mash.SourceUnavailable {
		t.Errorf("%s %v", now.State, now.Marks)
	}
	lands(revision(2, true, nil))
	if now := p.request(r.ID); len(now.Marks) > 0 {
		t.Errorf("after the correction: %v", now.Marks)
	}
}

// TestWhatLandsAfterTheDecision puts the decision up for review.
func TestWhatLandsAfterTheDecision(t *testing.T) {
	p := newPlay(t, "police")
	w, police := p.as("worker"), p.at("police")
	for _, withdrawn := range []bool{false, true} {
		id := w.opens(nil)
		w.thinks(id)
		r := w.asks(id, "police")
		police.task(node.TaskAnswer)
		p.must(p.hub.Desk.Collate(t.Context(), w.Actor, id))
		p.must(p.hub.Desk.Decide(t.Context(), w.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: "because"}))
		if withdrawn {
			_, err := p.hub.Desk.Withdraw(t.Context(), w.Actor, r.ID, "decided without")
			p.must(err)
		}
		police.told(police.replies(r, nil))
		e := p.enquiry(id)
		if !e.Review || e.State != mash.EnquiryDecided {
			t.Errorf("withdrawn %v: review %v, %s", withdrawn, e.Review, e.State)
		}
		if x := w.sees(id); withdrawn && (len(x.Chronology) != 0 || x.Quarantined != 1) {
			t.Error("a late return was merged")
		}
		p.wants(p.hub.Desk.ReviewLate(t.Context(), w.Actor, id, false, ""), mash.CodeInvalid)
		p.must(p.hub.Desk.ReviewLate(t.Context(), w.Actor, id, !withdrawn, "read it"))
		if e = p.enquiry(id); e.Review || (e.State == mash.EnquiryResearching) == withdrawn {
			t.Errorf("reviewed: %v, %s", e.Review, e.State)
		}
		p.wants(p.hub.Desk.ReviewLate(t.Context(), w.Actor, id, false, "again"), mash.CodeConflict)
	}
}

// TestAnAgencysEventsCannotMoveTheClock: of whatever kind and time they are.
func TestAnAgencysEventsCannotMoveTheClock(t *testing.T) {
	p := newPlay(t, "police")
	w, police := p.as("worker"), p.at("police")
	id := w.opens(nil)
	r := w.asks(id, "police")
	police.task(node.TaskAnswer)
	p.clock.pass(time.Hour)
	before := p.clock.Now()
	state, code := police.told(police.replies(r, func(a *reply) {
		for _, k := range []mash.EventKind{mash.EventRaised, mash.EventLanded, mash.EventWithdrawn, mash.EventClarifyOpen, mash.EventHeld, mash.EventAgencyReceived,
			mash.EventAgencyOpened, mash.EventAgencyPolicy, mash.EventAgencyDecided, mash.EventAgencyReview, mash.EventAgencyReturned, "anything"} {
			for _, at := range []time.Time{{}, before.Add(-1000 * time.Hour), before.Add(1000 * time.Hour), time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -12*3600))} {
				a.ret.Events = append(a.ret.Events, mash.Event{Kind: k, At: at, Clock: mash.ClockHub, Request: "another"})
			}
		}
	}))
	if state != mash.OutDone {
		t.Fatalf("refused: %s", code)
	}
	x := w.sees(id).Requests[0].Timing
	want := p.returns(r.ID)[0].LandedAt.Sub(r.RaisedAt).Milliseconds()
	var sum int64
	for _, ms := range x.By {
		sum += ms
	}
	if x.TotalMS != want || sum != want || !x.Suspect {
		t.Errorf("total %d, pieces %d, want %d; suspect %v", x.TotalMS, sum, want, x.Suspect)
	}
}

// TestAShreddedEnquiryStaysEmpty: what comes late for it is not kept in clear.
func TestAShreddedEnquiryStaysEmpty(t *testing.T) {
	p := newPlay(t, "police")
	w, police := p.as("worker"), p.at("police")
	id := w.opens(nil)
	w.thinks(id)
	r := w.asks(id, "police")
	if state, _ := police.told(police.replies(r, func(a *reply) { a.ret.Final = false })); state != mash.OutDone {
		t.Fatal("refused")
	}
	if len(w.sees(id).Chronology) != 1 {
		t.Fatal("nothing to shred")
	}
	p.must(p.hub.Vault.Destroy(store.EnquiryKey(id)))
	x := w.sees(id)
	if len(x.Chronology) != 0 || len(x.Content.People) != 0 || x.Content.Narrative != "" || x.Enquiry.ID != id {
		t.Errorf("shredded, it shows %d items and %+v", len(x.Chronology), x.Content)
	}
	state, code := police.told(police.replies(r, func(a *reply) { a.Header.Revision = 2 }))
	if state != mash.OutRefused || code != "conflict" {
		t.Errorf("late for a shredded enquiry: %s %s", state, code)
	}
	for _, ret := range p.returns(r.ID) {
		if len(ret.Items) > 0 {
			t.Error("items are there")
		}
	}
	p.wants(p.hub.Desk.WriteOwnView(t.Context(), w.Actor, id, "again"), mash.CodeConflict)
}

// TestAQuestionBack: the time is the requester's until it is answered, and
// nothing is answered on a request that has ended.
func TestAQuestionBack(t *testing.T) {
	p := newPlay(t, "police")
	w, police, d := p.as("worker"), p.at("police"), p.hub.Desk
	id := w.opens(nil)
	r := w.asks(id, "police")
	v := police.task(node.TaskAnswer)
	p.wants(police.n.Node.AskBack(t.Context(), police.staff(), v.Task.ID, ""), mash.CodeInvalid)
	p.must(police.n.Node.AskBack(t.Context(), police.staff(), v.Task.ID, "Which school?"))
	p.eventually("the mark", func() bool { return slices.Contains(p.request(r.ID).Marks, mash.MarkClarifying) })
	p.clock.pass(time.Hour)
	if c := w.sees(id).Content.Clarifications; len(c) != 1 || c[0].Question != "Which school?" {
		t.Errorf("the hub sees %+v", c)
	}
	_, err := d.AnswerClarification(t.Context(), w.Actor, r.ID, " ")
	p.wants(err, mash.CodeInvalid)
	_, err = d.AnswerClarification(t.Context(), w.Actor, r.ID, "Millbrook")
	p.must(err)
	_, err = d.AnswerClarification(t.Context(), w.Actor, r.ID, "again")
	p.wants(err, mash.CodeConflict)
	p.eventually("the answer", func() bool { return len(police.task(node.TaskAnswer).Clarified) == 1 })
	if by := w.sees(id).Requests[0].Timing.By["requester"]; by < 3_600_000 || by > 3_700_000 {
		t.Errorf("the requester's time is %d ms", by)
	}
	p.must(police.n.Node.AskBack(t.Context(), police.staff(), v.Task.ID, "And since when?"))
	p.eventually("the mark", func() bool { return slices.Contains(p.request(r.ID).Marks, mash.MarkClarifying) })
	p.must(d.WithdrawAgreement(t.Context(), w.Actor, id))
	_, err = d.AnswerClarification(t.Context(), w.Actor, r.ID, "since May")
	p.wants(err, mash.CodeConflict)
	var e *mash.Error
	if errors.As(err, &e) && strings.Contains(e.Error(), "May") {
		t.Error("the error repeats the text")
	}
}
