package storetest

import (
	"errors"
	"testing"
	"time"

	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// Hub checks a hub's store. open gives an empty one, and what destroys the key
// of an enquiry and that of a notification.
func Hub(t *testing.T, open func(*testing.T) (s mash.Store[mash.HubTx], shredEnquiry, shredNotice func(id string) error)) {
	Exchange(t, func(t *testing.T) mash.Store[mash.HubTx] {
		s, _, _ := open(t)
		return s
	})
	for name, f := range map[string]func(hubBench){
		"enquiries":   enquiries,
		"requests":    requests,
		"events":      events,
		"returns":     returns,
		"set aside":   setAsides,
		"disclosures": disclosures,
		"notices":     notices,
		"health":      health,
		"shredded":    shredded,
	} {
		t.Run(name, func(t *testing.T) {
			s, e, n := open(t)
			f(hubBench{bench[mash.HubTx]{t, s}, e, n})
		})
	}
}

type hubBench struct {
	bench[mash.HubTx]
	shredEnquiry, shredNotice func(string) error
}

type htx = mash.HubTx

func enquiry(id string) mash.Enquiry {
	when := at(time.Minute)
	return mash.Enquiry{
		ID: id, Hub: "fernshire", Reference: "K7QM-2ZXA", State: mash.EnquiryContact, RAG: mash.Amber, Level: 2,
		Purpose: mash.PurposeS17, Basis: mash.Basis{Agreement: &mash.Agreement{State: "given", GivenBy: "parent", At: at(0)}},
		Informed: mash.Informed{Answer: "yes"}, Restricted: true, Named: []string{"w1"},
		NotAsked: []mash.NotAsked{{Party: mash.Party{Agency: "housing"}, Reason: "no tenancy"}},
		OpenedAt: at(0), OpenedBy: "w1", Outcome: &mash.Outcome{Code: "advice", By: "m", At: at(0), Cited: []string{"i"}},
		ReviewedAt: &when, Retention: mash.Retention{Class: "enquiry", Review: at(time.Hour), Hold: true}, Version: 1,
		Content: mash.EnquiryContent{
			People:    []mash.EnquiryPerson{{Key: "subject-1", Role: mash.RoleSubject, Reason: "because"}},
			Narrative: "what was said", Originator: mash.Originator{Kind: "school", Party: &mash.Party{Agency: "schools", Unit: "100001"}},
		},
	}
}

func enquiryID(e mash.Enquiry) string { return e.ID }

func enquiries(b hubBench) {
	first, second := enquiry("e1"), enquiry("e2")
	second.OpenedAt, second.State = at(time.Second), mash.EnquiryClosed
	b.do(func(tx htx) error { return errors.Join(tx.PutEnquiry(first), tx.PutEnquiry(second)) })
	b.fails(is(mash.ErrStale), func(tx htx) error { return tx.PutEnquiry(first) })
	b.fails(code(mash.CodeInvalid), func(tx htx) error { return tx.PutEnquiry(mash.Enquiry{}) })
	b.fails(is(errUndo), func(tx htx) error { return errors.Join(tx.PutEnquiry(enquiry("e3")), errUndo) })
	b.do(func(tx htx) error { return tx.PutEnquiry(enquiry("e3")) }) // its key is there already
	read := func(id string, want mash.Enquiry) {
		b.t.Helper()
		b.see(func(tx htx) error {
			got, err := tx.Enquiry(id)
			same(b.t, "enquiry", got, want)
			return err
		})
	}
	read("e1", first)
	changed := first
	changed.State, changed.Content.OwnView = mash.EnquiryScreened, "my own view"
	b.do(func(tx htx) error { return tx.UpdateEnquiry(changed) })
	changed.Version = 2
	read("e1", changed)
	b.fails(is(mash.ErrStale), func(tx htx) error { return tx.UpdateEnquiry(first) })
	b.fails(is(mash.ErrNotFound), func(tx htx) error { return tx.UpdateEnquiry(enquiry("none")) })

	listed := changed // one from a list has no content, and does not erase it
	listed.Content, listed.RAG = mash.EnquiryContent{}, mash.Red
	b.do(func(tx htx) error { return tx.UpdateEnquiry(listed) })
	changed.RAG, changed.Version = mash.Red, 3
	read("e1", changed)
	b.see(func(tx htx) error {
		all, err := tx.ListEnquiries(mash.EnquiryFilter{})
		for _, e := range all {
			err = errors.Join(err, expect("content in a list", e.Content, mash.EnquiryContent{}))
		}
		open, err2 := tx.ListEnquiries(mash.EnquiryFilter{States: []mash.EnquiryState{mash.EnquiryContact, mash.EnquiryScreened}})
		one, err3 := tx.ListEnquiries(mash.EnquiryFilter{Limit: 1})
		_, missing := tx.Enquiry("none")
		return errors.Join(err, err2, err3, expect("newest first", ids(all, enquiryID), []string{"e2", "e3", "e1"}),
			expect("open", ids(open, enquiryID), []string{"e3", "e1"}), expect("limit", ids(one, enquiryID), []string{"e2"}),
			expect("not found", errors.Is(missing, mash.ErrNotFound), true))
	})

	changed.Review = true
	b.do(func(tx htx) error { return tx.UpdateEnquiry(changed) })
	b.see(func(tx htx) error {
		due, err := tx.ListEnquiries(mash.EnquiryFilter{Review: true})
		none, err2 := tx.ListEnquiries(mash.EnquiryFilter{Review: true, States: []mash.EnquiryState{mash.EnquiryClosed}})
		return errors.Join(err, err2, expect("up for review", ids(due, enquiryID), []string{"e1"}), expect("none of it closed", len(none), 0))
	})

	// A page at a time, past what somebody may not know of.
	closed, hidden := enquiry("e4"), enquiry("e5")
	closed.Restricted, closed.State, closed.Review, closed.OpenedAt = false, mash.EnquiryClosed, true, at(3*time.Second)
	hidden.Restricted, hidden.OpenedAt = true, at(2*time.Second)
	b.do(func(tx htx) error { return errors.Join(tx.PutEnquiry(closed), tx.PutEnquiry(hidden)) })
	list := func(what string, f mash.EnquiryFilter, total int, want ...string) {
		b.t.Helper()
		b.see(func(tx htx) error {
			all, err := tx.ListEnquiries(f)
			n, err2 := tx.CountEnquiries(f)
			return errors.Join(err, err2, expect(what, ids(all, enquiryID), want), expect("how many "+what, n, total))
		})
	}
	list("worked on", mash.EnquiryFilter{Working: true}, 4, "e4", "e5", "e3", "e1")
	list("without one", mash.EnquiryFilter{Working: true, Without: []string{"e5"}, Limit: 2}, 3, "e4", "e3")
	list("on the next page", mash.EnquiryFilter{Working: true, Without: []string{"e5"}, Limit: 2, Skip: 2}, 3, "e1")
	list("restricted", mash.EnquiryFilter{Restricted: true}, 4, "e5", "e2", "e3", "e1")
	list("everything else", mash.EnquiryFilter{Without: []string{"e5", "e1"}, States: []mash.EnquiryState{mash.EnquiryContact, mash.EnquiryClosed}, Skip: 1}, 3, "e2", "e3")
}

func request(id, enquiry string, raised, target time.Duration) mash.Request {
	return mash.Request{
		ID: id, Hub: "fernshire", EnquiryID: enquiry, Reference: "K7QM-2ZXA", Party: mash.Party{Agency: "schools", Unit: "100001"},
		Revision: 1, State: mash.RequestRaised, Marks: []string{mash.MarkClarifying}, Purpose: mash.PurposeS17, RAG: mash.Green,
		Persons: []string{"subject-1"}, Categories: []string{"education.attendance"}, Fields: []string{"name"},
		From: at(-time.Hour), To: at(0), RaisedAt: at(raised), TargetAt: at(target), Profile: "default", Decision: "d1",
		Version: 1,
	}
}

func requests(b hubBench) {
	id := func(r mash.Request) string { return r.ID }
	r1, r2, r3, r4 := request("r1", "e1", time.Second, 3*time.Hour), request("r2", "e1", time.Millisecond, time.Hour), request("r3", "e2", 0, 2*time.Hour), request("r4", "e2", 0, 0)
	r4.TargetAt = time.Time{}
	b.do(func(tx htx) error {
		return errors.Join(tx.PutRequest(r1), tx.PutRequest(r2), tx.PutRequest(r3), tx.PutRequest(r4))
	})
	b.fails(is(mash.ErrStale), func(tx htx) error { return tx.PutRequest(r1) })
	b.fails(code(mash.CodeInvalid), func(tx htx) error { return tx.PutRequest(mash.Request{}) })
	b.see(func(tx htx) error {
		got, err := tx.Request("r1")
		same(b.t, "request", got, r1)
		of, err2 := tx.RequestsOf("e1")
		open, err3 := tx.OpenRequests(mash.RequestFilter{Limit: 10})
		one, err4 := tx.OpenRequests(mash.RequestFilter{Limit: 1})
		_, missing := tx.Request("none")
		rest, err5 := tx.OpenRequests(mash.RequestFilter{Skip: 1, Limit: 2})
		other, err6 := tx.OpenRequests(mash.RequestFilter{Without: []string{"e1"}})
		none, err9 := tx.OpenRequests(mash.RequestFilter{Agency: "police"})
		theirs, err10 := tx.OpenRequests(mash.RequestFilter{Agency: "schools", Limit: 1})
		err = errors.Join(err, err9, err10, expect("of others", len(none), 0), expect("of theirs", ids(theirs, id), []string{"r2"}))
		all, late, err7 := tx.CountOpen(mash.RequestFilter{Limit: 1}, at(2*time.Hour))
		some, lateSome, err8 := tx.CountOpen(mash.RequestFilter{Without: []string{"e1"}}, at(9*time.Hour))
		err = errors.Join(err, err5, err6, err7, err8, expect("the next page", ids(rest, id), []string{"r3", "r1"}),
			expect("without e1", ids(other, id), []string{"r3", "r4"}), expect("all, late", []int{all, late, some, lateSome}, []int{4, 2, 2, 2}))
		return errors.Join(err, err2, err3, err4, expect("of e1, as raised", ids(of, id), []string{"r2", "r1"}),
			expect("open", ids(open, id), []string{"r2", "r3", "r1", "r4"}), expect("one", ids(one, id), []string{"r2"}),
			expect("not found", errors.Is(missing, mash.ErrNotFound), true))
	})
	r2.State, r3.TargetAt, r2.Marks = mash.RequestLanded, at(9*time.Hour), []string{mash.MarkWithdrawalNotTaken}
	b.do(func(tx htx) error { return errors.Join(tx.UpdateRequest(r2), tx.UpdateRequest(r3)) })
	b.fails(is(mash.ErrStale), func(tx htx) error { return tx.UpdateRequest(r2) })
	b.fails(is(mash.ErrNotFound), func(tx htx) error { return tx.UpdateRequest(request("none", "e1", 0, 0)) })
	b.see(func(tx htx) error {
		got, err := tx.Request("r2")
		r2.Version = 2
		same(b.t, "updated", got, r2)
		open, err2 := tx.OpenRequests(mash.RequestFilter{})
		untold, err3 := tx.UntoldRequests()
		return errors.Join(err, err2, err3, expect("open", ids(open, id), []string{"r1", "r3", "r4"}), expect("untold", ids(untold, id), []string{"r2"}))
	})
}

func events(b hubBench) {
	one := mash.Event{Request: "r1", Kind: mash.EventSent, At: at(time.Second), Clock: mash.ClockHub}
	two := mash.Event{Request: "r1", Kind: mash.EventAgencyReceived, At: at(0), Clock: "police", Boot: "b", Mono: 12, Detail: "x"}
	b.do(func(tx htx) error { return errors.Join(tx.PutEvent(one), tx.PutEvent(two)) })
	b.fails(is(errUndo), func(tx htx) error { return errors.Join(tx.PutEvent(one), errUndo) })
	b.fails(code(mash.CodeInvalid), func(tx htx) error { return tx.PutEvent(mash.Event{}) })
	b.see(func(tx htx) error {
		got, err := tx.Events("r1")
		same(b.t, "in the order they were put", got, []mash.Event{one, two})
		none, err2 := tx.Events("none")
		return errors.Join(err, err2, expect("none", len(none), 0))
	})
}

func return1(id string, revision int) mash.Return {
	return mash.Return{
		ID: id, Hub: "fernshire", RequestID: "r1", EnquiryID: "e1", Party: mash.Party{Agency: "police"}, Revision: revision, Final: true,
		Outcomes: []mash.PersonOutcome{{Person: "subject-1", Outcome: mash.RecordsFound}},
		Withheld: []mash.Withholding{{Person: "subject-1", Category: "police.bail", Clause: "4", Reason: "old", Count: 2}},
		Events:   []mash.Event{{Kind: mash.EventAgencyReturned, At: at(0), Clock: "police"}},
		LandedAt: at(0), SealedHash: "hash", PolicyVersion: "v1",
		Items: []mash.ReturnedItem{{
			Item:        record.Item{ID: "i1", Person: "subject-1", Category: "police.crime", Kind: record.Opinion, Title: "a title", Flags: []string{"f"}},
			Obligations: []mash.Obligation{{Code: mash.ObligeOriginator}}, Decision: "d9",
		}},
	}
}

func returns(b hubBench) {
	one, two := return1("a2", 1), return1("a1", 2)
	empty := return1("a3", 3)
	empty.Items = nil
	b.do(func(tx htx) error { return errors.Join(tx.PutReturn(two), tx.PutReturn(one), tx.PutReturn(empty)) })
	b.fails(is(mash.ErrStale), func(tx htx) error { return tx.PutReturn(return1("a4", 1)) }) // one per revision
	b.fails(is(mash.ErrStale), func(tx htx) error { return tx.PutReturn(return1("a1", 9)) })
	b.fails(code(mash.CodeInvalid), func(tx htx) error { return tx.PutReturn(mash.Return{}) })
	b.fails(code(mash.CodeInvalid), func(tx htx) error { r := return1("a5", 5); r.EnquiryID = ""; return tx.PutReturn(r) })
	b.see(func(tx htx) error {
		all, err := tx.ReturnsOf("r1")
		same(b.t, "by revision", all, []mash.Return{one, two, empty})
		got, err2 := tx.ReturnOf("r1", 2)
		same(b.t, "return", got, two)
		_, missing := tx.ReturnOf("r1", 4)
		byID, err4 := tx.Return("a2")
		same(b.t, "by id", byID, one)
		_, unknown := tx.Return("none")
		none, err3 := tx.ReturnsOf("none")
		return errors.Join(err, err2, err3, err4, expect("unknown", errors.Is(unknown, mash.ErrNotFound), true), expect("none", len(none), 0), expect("not found", errors.Is(missing, mash.ErrNotFound), true))
	})
	flagged := one
	flagged.Flags, flagged.Items = []string{mash.FlagLate, mash.FlagExcess}, nil
	b.do(func(tx htx) error { return tx.UpdateReturn(flagged) })
	moved := one
	moved.RequestID = "r2"
	b.fails(is(mash.ErrNotFound), func(tx htx) error { return tx.UpdateReturn(moved) })
	b.fails(is(mash.ErrNotFound), func(tx htx) error { return tx.UpdateReturn(return1("none", 1)) })
	b.see(func(tx htx) error {
		got, err := tx.ReturnOf("r1", 1)
		flagged.Items = one.Items // they never change
		same(b.t, "flagged", got, flagged)
		return err
	})
}

// setAsides: each is sealed by itself, loses its content when it is destroyed
// and keeps its row; the enquiry's key takes all of them.
func setAsides(b hubBench) {
	piece := func(id, enquiry string) mash.SetAside {
		return mash.SetAside{ID: id, Hub: "fernshire", EnquiryID: enquiry, RequestID: "r1", ReturnID: "a1", Party: mash.Party{Agency: "police"}, Revision: 1,
			Kind: mash.AsideItem, Why: mash.AsideCategory, LandedAt: at(0), State: mash.AsideKept, Version: 1,
			Content: []byte(`{"title":"of ` + id + `"}`)}
	}
	one, two, other := piece("z", "e1"), piece("a", "e1"), piece("b", "e2")
	b.do(func(tx htx) error {
		return errors.Join(tx.PutSetAside(one), tx.PutSetAside(two), tx.PutSetAside(other))
	})
	b.fails(is(mash.ErrStale), func(tx htx) error { return tx.PutSetAside(one) })
	b.fails(code(mash.CodeInvalid), func(tx htx) error { return tx.PutSetAside(mash.SetAside{ID: "x"}) })
	gone, when := one, at(time.Hour)
	gone.State, gone.EndedAt, gone.EndedBy, gone.Told = mash.AsideDestroyed, &when, "m", true
	b.do(func(tx htx) error { return tx.UpdateSetAside(gone) })
	b.fails(is(mash.ErrStale), func(tx htx) error { return tx.UpdateSetAside(gone) })
	b.fails(is(mash.ErrNotFound), func(tx htx) error { return tx.UpdateSetAside(piece("none", "e1")) })
	gone.Version, gone.Content = 2, nil
	b.see(func(tx htx) error {
		all, err := tx.SetAsidesOf("e1")
		same(b.t, "set aside", all, []mash.SetAside{gone, two})
		got, err2 := tx.SetAside("b")
		same(b.t, "piece", got, other)
		_, missing := tx.SetAside("none")
		return errors.Join(err, err2, expect("not found", errors.Is(missing, mash.ErrNotFound), true))
	})
	if err := b.shredEnquiry("e1"); err != nil {
		b.t.Fatal(err)
	}
	two.Content = nil
	b.see(func(tx htx) error {
		got, err := tx.SetAside("a")
		same(b.t, "shredded", got, two)
		return err
	})
	b.fails(code(mash.CodeConflict), func(tx htx) error { return tx.PutSetAside(piece("late", "e1")) })
}

func disclosures(b hubBench) {
	d := mash.Disclosure{ID: "z", Enquiry: "e1", Item: "i1", Recipient: "agency/health", Permitted: true, Basis: "4.1", Decision: "d", At: at(0)}
	d2 := d
	d2.ID, d2.Permitted = "a", false
	b.do(func(tx htx) error { return errors.Join(tx.PutDisclosure(d), tx.PutDisclosure(d2)) })
	b.fails(is(mash.ErrStale), func(tx htx) error { return tx.PutDisclosure(d) })
	b.see(func(tx htx) error {
		all, err := tx.DisclosuresOf("e1")
		same(b.t, "disclosures", all, []mash.Disclosure{d, d2})
		none, err2 := tx.DisclosuresOf("none")
		return errors.Join(err, err2, expect("none", len(none), 0))
	})
}

func notice(id, dedupe string, raised time.Duration) mash.Notification {
	when := at(time.Minute)
	return mash.Notification{
		ID: id, Hub: "fernshire", Kind: "encompass", From: mash.Party{Agency: "police"}, To: mash.Party{Agency: "schools", Unit: "100001"},
		Dedupe: dedupe, State: mash.NoticeRaised, Informed: mash.Informed{Answer: "no", Reason: "x"}, RaisedAt: at(raised), SentAt: &when,
		Decision: "d", Retention: mash.Retention{Class: "notice"}, Version: 1, Content: []byte(`{"child":"of ` + id + `"}`),
	}
}

func notices(b hubBench) {
	one, two := notice("n1", "child-1/incident-1", 0), notice("n2", "child-2/incident-1", time.Second)
	plain := notice("n3", "", 2*time.Second)
	plain.Content = nil
	plain2 := notice("n4", "", 3*time.Second) // no key, no duplicate
	b.do(func(tx htx) error {
		return errors.Join(tx.PutNotice(one), tx.PutNotice(two), tx.PutNotice(plain), tx.PutNotice(plain2))
	})
	b.fails(is(mash.ErrStale), func(tx htx) error { return tx.PutNotice(notice("n9", one.Dedupe, 0)) })
	b.fails(is(mash.ErrStale), func(tx htx) error { return tx.PutNotice(notice("n1", "another", 0)) })
	b.fails(code(mash.CodeInvalid), func(tx htx) error { return tx.PutNotice(mash.Notification{}) })
	b.do(func(tx htx) error { // within a transaction that goes on
		return errors.Join(expect("stale", errors.Is(tx.PutNotice(notice("n9", one.Dedupe, 0)), mash.ErrStale), true),
			tx.PutNotice(notice("n5", "child-3/incident-1", 4*time.Second)))
	})
	changed := one
	changed.State, changed.Content = mash.NoticeSent, nil
	b.do(func(tx htx) error { return tx.UpdateNotice(changed) })
	b.fails(is(mash.ErrStale), func(tx htx) error { return tx.UpdateNotice(one) })
	b.fails(is(mash.ErrNotFound), func(tx htx) error { return tx.UpdateNotice(notice("none", "", 0)) })
	b.see(func(tx htx) error {
		got, err := tx.Notice("n1")
		changed.Version, changed.Content = 2, one.Content
		same(b.t, "notice", got, changed)
		all, err2 := tx.ListNotices(0, 3)
		next, err3 := tx.ListNotices(3, 3)
		_, missing := tx.Notice("none")
		same(b.t, "list", all[2:], []mash.Notification{plain})
		changed.Content = nil
		same(b.t, "no content", next[1:], []mash.Notification{changed})
		return errors.Join(err, err2, err3, expect("newest first", ids(append(all, next...), func(n mash.Notification) string { return n.ID }), []string{"n5", "n4", "n3", "n2", "n1"}),
			expect("not found", errors.Is(missing, mash.ErrNotFound), true))
	})
	two.State = mash.NoticeAcknowledged
	plain2.State = mash.NoticeUndeliverable
	b.do(func(tx htx) error { return errors.Join(tx.UpdateNotice(two), tx.UpdateNotice(plain2)) })
	b.see(func(tx htx) error {
		list, err := tx.ListNotices(0, 0)
		all, open, err2 := tx.CountNotices()
		return errors.Join(err, err2, expect("what is acknowledged comes last", ids(list, func(n mash.Notification) string { return n.ID }), []string{"n5", "n4", "n3", "n1", "n2"}),
			expect("all", all, 5), expect("open", open, 4))
	})
}

func health(b hubBench) {
	h := mash.Heartbeat{Party: mash.Party{Agency: "police"}, At: at(0), AgencyAt: at(time.Second), PolicyEpoch: 3,
		Sources: []mash.Source{{Connector: "police", State: "ok", Since: at(0), Pid: 7}}}
	unit := h
	unit.Party.Unit = "100001"
	later := h
	later.At = at(time.Minute)
	b.do(func(tx htx) error {
		return errors.Join(tx.PutHeartbeat(unit), tx.PutHeartbeat(h), tx.PutHeartbeat(later))
	})
	b.see(func(tx htx) error {
		all, err := tx.Heartbeats()
		same(b.t, "heartbeats", all, []mash.Heartbeat{later, unit})
		return err
	})
	past := mash.Outage{ID: "o1", Scope: "hub", From: at(0), To: at(time.Minute)}
	open := mash.Outage{ID: "o2", Scope: "broker", From: at(time.Hour)}
	b.do(func(tx htx) error { return errors.Join(tx.PutOutage(open), tx.PutOutage(past)) })
	b.fails(code(mash.CodeInvalid), func(tx htx) error { return tx.PutOutage(mash.Outage{}) })
	between := func(from, to time.Time, want ...string) {
		b.t.Helper()
		b.see(func(tx htx) error {
			all, err := tx.Outages(from, to)
			return errors.Join(err, expect("outages", ids(all, func(o mash.Outage) string { return o.ID }), append([]string{}, want...)))
		})
	}
	between(at(-time.Hour), at(0))
	between(at(-time.Hour), at(time.Millisecond), "o1")
	between(at(time.Minute), at(time.Hour))
	between(at(0), at(2*time.Hour), "o1", "o2")
	between(at(3*time.Hour), at(4*time.Hour), "o2") // still open
	between(at(3*time.Hour), time.Time{}, "o2")
	open.To = at(2 * time.Hour)
	b.do(func(tx htx) error { return tx.PutOutage(open) })
	between(at(3*time.Hour), at(4*time.Hour))
}

// shredded: after a key is destroyed content is gone, all else stays, and
// nothing can be added.
func shredded(b hubBench) {
	e, other := enquiry("e1"), enquiry("e2")
	r := return1("a1", 1)
	n := notice("n1", "k", 0)
	b.do(func(tx htx) error {
		return errors.Join(tx.PutEnquiry(e), tx.PutEnquiry(other), tx.PutRequest(request("r1", "e1", 0, 0)), tx.PutReturn(r), tx.PutNotice(n))
	})
	for _, err := range []error{b.shredEnquiry("e1"), b.shredEnquiry("e1"), b.shredNotice("n1"), b.shredEnquiry("never")} {
		if err != nil {
			b.t.Fatal(err)
		}
	}
	e.Content, r.Items, n.Content = mash.EnquiryContent{}, nil, nil
	e, _ = e.Part() // what people wrote went with the content
	r, _ = r.Part()
	b.see(func(tx htx) error {
		got, err := tx.Enquiry("e1")
		same(b.t, "enquiry", got, e)
		all, err2 := tx.ReturnsOf("r1")
		same(b.t, "returns", all, []mash.Return{r})
		got2, err3 := tx.ReturnOf("r1", 1)
		same(b.t, "return", got2, r)
		notice, err4 := tx.Notice("n1")
		same(b.t, "notice", notice, n)
		kept, err5 := tx.Enquiry("e2")
		same(b.t, "another enquiry", kept, other)
		_, err6 := tx.Request("r1")
		return errors.Join(err, err2, err3, err4, err5, err6)
	})
	late := return1("late", 2)
	b.fails(code(mash.CodeConflict), func(tx htx) error { return tx.PutReturn(late) })
	b.fails(code(mash.CodeConflict), func(tx htx) error { c := e; c.Content.Narrative = "again"; return tx.UpdateEnquiry(c) })
	b.fails(code(mash.CodeConflict), func(tx htx) error { return tx.PutEnquiry(enquiry("never")) })
	late.Items = nil
	b.do(func(tx htx) error { // without content, both are kept
		return errors.Join(tx.PutReturn(late), tx.UpdateEnquiry(e))
	})
}
