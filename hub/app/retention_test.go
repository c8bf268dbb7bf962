package app

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"mashhub/hub/audit"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/retention"
	"mashhub/hub/store"
)

// closes brings an enquiry about Rowan from contact to closing, with an answer
// of the police in it.
func (a person) closes() (string, mash.Request) {
	a.p.t.Helper()
	d, ctx := a.p.hub.Desk, a.p.t.Context()
	id := a.opens(nil)
	a.thinks(id)
	r := a.p.reaches(a.asks(id, "police"), mash.RequestLanded)
	a.p.must(d.Collate(ctx, a.Actor, id))
	a.p.must(d.Decide(ctx, a.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: "because"}))
	_, err := d.TellOriginator(ctx, a.Actor, id, enquiry.FeedbackInput{Waiver: "they know"})
	a.p.must(err)
	_, err = d.Close(ctx, a.Actor, id, enquiry.CloseInput{})
	a.p.must(err)
	return id, r
}

// verified is what somebody with the public key finds in the hub's whole log.
func (p *play) verified() audit.Report {
	p.t.Helper()
	p.eventually("every entry has its place", func() (all bool) {
		p.look(func(tx mash.HubTx) error {
			n, err := tx.CountUnsequenced()
			all = n == 0
			return err
		})
		return all
	})
	var b bytes.Buffer
	p.must(p.hub.Export(p.t.Context(), &b))
	rep, err := audit.VerifyBundle(&b, p.hub.Secrets.Verifier)
	if err != nil || !rep.Verified {
		p.t.Fatalf("the log does not verify: %v", err)
	}
	return rep
}

func (p *play) sweeps() int {
	p.t.Helper()
	n, err := p.hub.Sweeper().Sweep(p.t.Context())
	p.must(err)
	return n
}

const year = 366 * 24 * time.Hour

// TestFromClosingToDestruction: seven years after closing, and not while a hold
// stands, a person destroys what is personal; the log verifies throughout, and
// ten years on without its bodies.
func TestFromClosingToDestruction(t *testing.T) {
	p := perform(t, plot{agencies: []string{"police"}, systems: map[string]*system{"police": holds(fact("i1", "police.crime", "2026-01-05", "Theft"))}})
	d, ctx := p.hub.Desk, t.Context()
	w, manager, ig, scrutineer := p.as("worker"), p.as("manager"), p.as("ig"), p.as("scrutineer")
	id, r := w.closes()
	e := p.enquiry(id)
	if at := e.Retention.Review; e.Retention.Class != retention.Enquiry || at.Year() != 2033 || at.Hour() != 0 {
		t.Fatalf("after closing: %+v", e.Retention)
	}
	p.look(func(tx mash.HubTx) error {
		got, err := retention.Of(tx, "returns", p.returns(r.ID)[0].ID)
		if err != nil || got.Class != retention.Enquiry || !got.Review.Equal(e.Retention.Review) {
			t.Errorf("its return: %+v %v", got, err)
		}
		return nil
	})
	p.wants(d.DestroyEnquiry(ctx, ig.Actor, id), mash.CodeConflict) // not due
	p.wants(d.KeepEnquiry(ctx, ig.Actor, id, enquiry.KeepInput{Years: 1, Why: mash.KeepForSchedule, Note: "n"}), mash.CodeConflict)
	for _, who := range []person{w, scrutineer} {
		p.wants(d.PlaceHold(ctx, who.Actor, id, mash.HoldForCourt, "the claim"), mash.CodeNotFound)
	}
	p.must(d.PlaceHold(ctx, manager.Actor, id, mash.HoldForCourt, "the claim of March"))
	p.wants(d.PlaceHold(ctx, ig.Actor, id, mash.HoldForCourt, "again"), mash.CodeConflict)

	p.clock.pass(8 * year)
	if n := p.sweeps(); n != 0 {
		t.Errorf("a sweep took %d records, on hold", n)
	}
	p.wants(d.DestroyEnquiry(ctx, ig.Actor, id), mash.CodeConflict)
	p.wants(d.KeepEnquiry(ctx, ig.Actor, id, enquiry.KeepInput{Years: 1, Why: mash.KeepForSchedule, Note: "n"}), mash.CodeConflict)
	if err := p.hub.Vault.Destroy(store.EnquiryKey(id)); !errors.Is(err, store.ErrHeld) {
		t.Errorf("the key: %v", err)
	}
	k, err := d.Kept(ctx, ig.Actor, 1)
	if p.must(err); len(k.Held) != 1 || len(k.Due) != 0 || k.Held[0].Retention.Held.Why != mash.HoldForCourt {
		t.Errorf("on hold: %+v", k)
	}
	if e := p.enquiry(id); e.Content.Narrative == "" || len(p.returns(r.ID)[0].Items) != 1 {
		t.Fatal("something of it is gone")
	}

	p.must(d.LiftHold(ctx, ig.Actor, id, "the claim was settled"))
	for _, who := range []person{w, manager, scrutineer} {
		p.wants(d.DestroyEnquiry(ctx, who.Actor, id), mash.CodeNotFound)
	}
	p.must(d.KeepEnquiry(ctx, ig.Actor, id, enquiry.KeepInput{Years: 1, Why: mash.KeepForSchedule, Note: "a sibling is at the hub"}))
	p.wants(d.DestroyEnquiry(ctx, ig.Actor, id), mash.CodeConflict) // not due again
	p.clock.pass(year + 24*time.Hour)
	if k, err = d.Kept(ctx, scrutineer.Actor, 1); err != nil || len(k.Due) != 1 || k.Due[0].Reference != e.Reference {
		t.Fatalf("due: %+v %v", k.Due, err)
	}

	// The hub dies between the decision and its execution.
	written := 0
	p.faults.mu.Lock()
	p.faults.audit = func(mash.AuditRow) error {
		if written++; written > 2 { // the act, the decision
			return errors.New("killed")
		}
		return nil
	}
	p.faults.mu.Unlock()
	p.must(d.DestroyEnquiry(ctx, ig.Actor, id))
	p.faults.mu.Lock()
	p.faults.audit = nil
	p.faults.mu.Unlock()
	if gone, _, _ := p.hub.Vault.Destroyed(store.EnquiryKey(id)); gone || p.enquiry(id).Retention.Disposal.Done != nil {
		t.Fatal("it was carried out without a word in the log")
	}
	p.wants(d.PlaceHold(ctx, ig.Actor, id, mash.HoldForCourt, "too late"), mash.CodeConflict)
	p.wants(d.Reopen(ctx, manager.Actor, id, "why"), mash.CodeConflict)
	p.sweeps()
	e = p.enquiry(id)
	if gone, _, err := p.hub.Vault.Destroyed(store.EnquiryKey(id)); !gone || err != nil || e.Retention.Disposal.Done == nil {
		t.Fatalf("the sweep did not go on with it: %v %+v", err, e.Retention.Disposal)
	}
	if rs := p.returns(r.ID); e.Content.Narrative != "" || len(e.Content.Notes) != 0 || len(rs) != 1 || len(rs[0].Items) != 0 || p.request(r.ID).State != mash.RequestLanded {
		t.Errorf("what is left: %+v %+v", e, rs)
	}
	if n := len(p.audited("retention.destroyed")); n != 1 || len(p.audited("retention.destroy")) != 1 {
		t.Errorf("%d entries of its destruction", n)
	}
	if x := w.sees(id); len(x.Chronology)+len(x.Content.People) != 0 {
		t.Errorf("a page still shows %+v", x.Content)
	}
	m := p.at("police").replies(r, func(a *reply) { a.Header.Revision = 2 }) // from the depths of a broker
	if state, _ := p.at("police").told(m); state != mash.OutRefused {
		t.Errorf("a late answer is %s", state)
	}
	before := p.verified()
	if before.Bodies != before.Size || len(before.Erased) != 0 {
		t.Errorf("of %d bodies %d are there", before.Size, before.Bodies)
	}

	p.clock.pass(2 * year) // ten years after the first entries
	if n := p.sweeps(); n == 0 {
		t.Error("nothing of the log's bodies went")
	}
	after := p.verified()
	if after.Size < before.Size || len(after.Erased) == 0 || after.Bodies+int64(len(after.Erased)) != after.Size {
		t.Errorf("%d entries, %d bodies, %d erased", after.Size, after.Bodies, len(after.Erased))
	}
	p.look(func(tx mash.HubTx) error {
		_, err := tx.Decision(r.Decision)
		if !errors.Is(err, mash.ErrNotFound) {
			t.Errorf("a decision of eleven years ago: %v", err)
		}
		return nil
	})
	p.sweeps() // what that sweep itself wrote may go in years; nothing else does
	if again := p.verified(); len(again.Erased) != len(after.Erased) {
		t.Errorf("a second sweep erased %d more", len(again.Erased)-len(after.Erased))
	}
}

// TestExpiredQuestionsAreForgotten: the agency is told when a question expires,
// but not while a hold stands, and then keeps nothing of it.
func TestExpiredQuestionsAreForgotten(t *testing.T) {
	p := newPlay(t, "housing")
	d, ctx := p.hub.Desk, t.Context()
	w, ig, housing := p.as("worker"), p.as("ig"), p.at("housing")
	id := w.opens(nil)
	r := w.asks(id, "housing")
	task := housing.task(node.TaskAnswer).Task.ID
	p.must(d.PlaceHold(ctx, ig.Actor, id, mash.HoldForInquiry, "the review"))
	p.clock.pass(31 * 24 * time.Hour)
	if n, err := d.Expire(ctx); n != 0 || err != nil || p.request(r.ID).State.Ended() {
		t.Fatalf("%d expired, on hold: %v", n, err)
	}
	p.must(d.LiftHold(ctx, ig.Actor, id, "it is over"))
	for i, want := range []int{1, 0} {
		if n, err := d.Expire(ctx); n != want || err != nil {
			t.Errorf("run %d: %d expired, %v", i, n, err)
		}
	}
	if s := p.request(r.ID); s.State != mash.RequestExpired || s.Code != "lifetime" {
		t.Errorf("%s %s", s.State, s.Code)
	}
	p.eventually("the agency has forgotten the question", func() bool {
		h := housing.held(r.ID)
		return h.State == mash.RequestWithdrawn && len(h.Body) == 0
	})
	housing.keepsNothing(r.ID, task)
}

// keepsNothing checks that neither question nor tasks say what they were about.
func (x place) keepsNothing(request string, tasks ...string) {
	x.p.t.Helper()
	if h := x.held(request); len(h.Body) != 0 {
		x.p.t.Errorf("%s still has the question of %s, %s", x, request, h.State)
	}
	x.look(func(tx mash.NodeTx) error {
		for _, id := range tasks {
			k, err := tx.Task(id)
			if err != nil || k.State != "done" || len(k.Body) != 0 {
				x.p.t.Errorf("task %s is %s with %d bytes: %v", id, k.State, len(k.Body), err)
			}
		}
		return nil
	})
}

// TestNodeForgets: whatever ends a question, its content goes; one that no hub
// ends goes by itself, and the rest of it when its time has come.
func TestNodeForgets(t *testing.T) {
	p := newPlay(t, "housing")
	w, housing := p.as("worker"), p.at("housing")
	id := w.opens(nil)
	answered := w.asks(id, "housing")
	first := housing.task(node.TaskAnswer).Task.ID
	housing.answers(node.PersonAnswer{Outcome: string(mash.NothingKnown)})
	p.reaches(answered, mash.RequestLanded)
	p.eventually("the receipt is here", func() bool { return housing.held(answered.ID).State == mash.RequestLanded })
	housing.keepsNothing(answered.ID, first)

	withdrawn := w.asks(w.opens(nil), "housing")
	second := housing.task(node.TaskAnswer).Task.ID
	_, err := p.hub.Desk.Withdraw(t.Context(), w.Actor, withdrawn.ID, "not needed")
	p.must(err)
	p.eventually("it is withdrawn", func() bool { return housing.held(withdrawn.ID).State == mash.RequestWithdrawn })
	housing.keepsNothing(withdrawn.ID, second)

	lost := w.asks(w.opens(nil), "housing")
	third := housing.task(node.TaskAnswer).Task.ID
	p.halt() // and the hub never comes back
	sweep := func() int {
		t.Helper()
		n, err := housing.n.Sweeper().Sweep(t.Context())
		p.must(err)
		return n
	}
	if n := sweep(); n != 0 || len(housing.held(lost.ID).Body) == 0 {
		t.Fatalf("%d went before their time", n)
	}
	p.clock.pass(61 * 24 * time.Hour)
	if sweep() == 0 || housing.held(lost.ID).State != mash.RequestExpired {
		t.Errorf("the lost question is %s", housing.held(lost.ID).State)
	}
	housing.keepsNothing(lost.ID, third)
	p.clock.pass(91 * 24 * time.Hour)
	sweep()
	housing.look(func(tx mash.NodeTx) error {
		for _, task := range []string{first, second, third} {
			if _, err := tx.Task(task); !errors.Is(err, mash.ErrNotFound) {
				t.Errorf("a task is still here 90 days after it was done: %v", err)
			}
		}
		events, err := tx.NodeEvents("fernshire", housing.Party, answered.ID)
		if err != nil || len(events) != 0 {
			t.Errorf("%d events are still here: %v", len(events), err)
		}
		return nil
	})
	if len(housing.sent(answered.ID)) != 1 {
		t.Error("the proof of what was sent went with it")
	}
	if n := sweep(); n != 0 {
		t.Errorf("a second sweep took %d", n)
	}
	p.clock.pass(7 * year)
	sweep()
	if s := housing.sent(answered.ID); len(s) != 0 || housing.held(answered.ID).ID == "" {
		t.Errorf("after seven years: %d answers", len(s))
	}
	var b bytes.Buffer
	p.must(housing.n.Export(t.Context(), &b))
	if rep, err := audit.VerifyBundle(&b, housing.n.Secrets.Verifier); err != nil || !rep.Verified {
		t.Errorf("the node's log: %v", err)
	}
}

// TestNoticesAreReviewed: what a notice says goes by a person's decision; what
// an originator was told goes with the enquiry.
func TestNoticesAreReviewed(t *testing.T) {
	p := newPlay(t, "police", "schools")
	ctx, ig := t.Context(), p.as("ig")
	var ids []string
	p.must(p.hub.Store.Update(ctx, func(tx mash.HubTx) error {
		var errs []error
		for i := range 3 {
			n := mash.Notification{ID: p.env().NewID(), Hub: "fernshire", Kind: "encompass", RaisedAt: p.clock.Now(), Dedupe: fmt.Sprint("agency/police/", i),
				State: mash.NoticeAcknowledged, Retention: retention.Raised(p.clock.Now()), Content: []byte(`{"child":"somebody"}`)}
			ids, errs = append(ids, n.ID), append(errs, tx.PutNotice(n))
		}
		return errors.Join(errs...)
	}))
	destroy := func(ids ...string) error {
		return p.hub.Desk.ReviewNotices(ctx, ig.Actor, enquiry.NoticeReview{IDs: ids, Destroy: true})
	}
	p.wants(destroy(ids[0]), mash.CodeConflict)
	p.clock.pass(7 * year)
	p.wants(p.hub.Desk.ReviewNotices(ctx, p.as("manager").Actor, enquiry.NoticeReview{IDs: ids, Destroy: true}), mash.CodeNotFound)
	p.wants(p.hub.Desk.ReviewNotices(ctx, ig.Actor, enquiry.NoticeReview{IDs: ids[:1], Years: 0, Why: mash.KeepForSchedule}), mash.CodeInvalid)
	k, err := p.hub.Desk.Kept(ctx, ig.Actor, 1)
	if p.must(err); len(k.Due) != 3 {
		t.Fatalf("%d due", len(k.Due))
	}
	p.must(p.hub.Desk.ReviewNotices(ctx, ig.Actor, enquiry.NoticeReview{IDs: ids[:1], Years: 2, Why: mash.HoldForComplaint}))
	p.wants(destroy(ids...), mash.CodeConflict) // one of them is kept: nothing was changed
	p.must(destroy(ids[1:]...))
	k, err = p.hub.Desk.Kept(ctx, ig.Actor, 1)
	if p.must(err); len(k.Due) != 0 || len(k.Destroyed) != 2 {
		t.Errorf("%d due, %d destroyed", len(k.Due), len(k.Destroyed))
	}
	p.look(func(tx mash.HubTx) error {
		for i, id := range ids {
			n, err := tx.Notice(id)
			if p.must(err); (len(n.Content) > 0) != (i == 0) {
				t.Errorf("notice %d has %d bytes", i, len(n.Content))
			}
		}
		return nil
	})
	p.verified()
}

// TestRestrictedRecordsStayHidden: who keeps records does not learn that a
// restricted enquiry exists, unless they are named in it.
func TestRestrictedRecordsStayHidden(t *testing.T) {
	p := newPlay(t)
	ctx, ig := t.Context(), p.as("ig")
	open := func(named ...string) mash.Enquiry {
		return p.enquiry(p.as("worker").opens(func(in *enquiry.OpenInput) { in.Restricted, in.Named = true, named }))
	}
	theirs, hers := open(), open("ig")
	p.clock.pass(2 * year)
	k, err := p.hub.Desk.Kept(ctx, ig.Actor, 1)
	p.must(err)
	if len(k.Late) != 1 || k.Late[0].ID != hers.ID {
		t.Errorf("open for two years: %+v", k.Late)
	}
	_, err = p.hub.Desk.FindEnquiry(ctx, ig.Actor, theirs.Reference)
	p.wants(err, mash.CodeInvalid)
	p.wants(p.hub.Desk.PlaceHold(ctx, ig.Actor, theirs.ID, mash.HoldForCourt, "n"), mash.CodeNotFound)
	id, err := p.hub.Desk.FindEnquiry(ctx, ig.Actor, " "+hers.Reference+" ")
	if p.must(err); id != hers.ID {
		t.Error("another enquiry was found")
	}
	p.must(p.hub.Desk.PlaceHold(ctx, ig.Actor, hers.ID, mash.HoldForCourt, "n"))
	shown := p.audited("page.view")
	if !slices.ContainsFunc(shown, func(e mash.Entry) bool { return slices.Contains(e.Shown, hers.ID) && e.Actor == "ig" }) ||
		slices.ContainsFunc(shown, func(e mash.Entry) bool { return slices.Contains(e.Shown, theirs.ID) && e.Actor == "ig" }) {
		t.Error("the log does not say what was shown")
	}
}
