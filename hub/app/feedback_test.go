package app

import (
	"encoding/json"
	"testing"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/plugins/record"
)

// TestTheSecondReader: a text to the originator goes when a second person has
// read that very text, once; it comes back with a reason, and neither its
// writer, nor a second click, nor a reading of what it said before lets it go.
func TestTheSecondReader(t *testing.T) {
	p := newPlay(t, "schools")
	d, ctx := p.hub.Desk, t.Context()
	w, colleague, manager := p.as("worker"), p.as("colleague"), p.as("manager")
	school := p.at("schools/999001")
	id := w.opens(func(in *enquiry.OpenInput) { in.Originator.Party = &school.Party })
	p.must(d.Collate(ctx, w.Actor, id))
	tell := func(who person, text string) (mash.Feedback, error) {
		return d.TellOriginator(ctx, who.Actor, id, enquiry.FeedbackInput{Text: text})
	}
	read := func(who person, allow bool, reason string, written time.Time) (mash.Feedback, error) {
		return d.ReviewFeedback(ctx, who.Actor, id, enquiry.FeedbackReview{Allow: allow, Reason: reason, Written: written})
	}
	is := func(state string, enquiryState mash.EnquiryState, text string) {
		t.Helper()
		e := p.enquiry(id)
		got := ""
		if e.Feedback != nil {
			got = e.Feedback.State
		}
		if got != state || e.State != enquiryState || e.Content.Feedback != text {
			t.Errorf("the text is %q (%q), the enquiry %s; want %q (%q), %s", got, e.Content.Feedback, e.State, state, text, enquiryState)
		}
	}
	notices := func() (out []mash.Notification) {
		p.look(func(tx mash.HubTx) (err error) { out, err = tx.ListNotices(0, 10); return err })
		return out
	}
	_, err := tell(w, "too early")
	p.wants(err, mash.CodeConflict)
	p.must(d.Decide(ctx, w.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: "because"}))
	_, err = read(manager, true, "", p.clock.Now())
	p.wants(err, mash.CodeConflict) // nothing is there to be read

	first, err := tell(w, "A first text.")
	p.must(err)
	is("held", mash.EnquiryDecided, "A first text.")
	_, err = read(w, true, "", first.At) // its writer
	p.wants(err, mash.CodeConflict)
	_, err = read(p.as("ig"), true, "", first.At) // nobody's business
	p.wants(err, mash.CodeNotFound)
	_, err = read(manager, false, " ", first.At)
	p.wants(err, mash.CodeInvalid)
	if _, err := d.Close(ctx, w.Actor, id, enquiry.CloseInput{}); mash.CodeOf(err) != mash.CodeConflict {
		t.Errorf("closed with a text that waits: %v", err)
	}
	is("held", mash.EnquiryDecided, "A first text.")

	p.clock.pass(time.Minute)
	_, err = read(manager, false, "It says too much.", first.At)
	p.must(err)
	is("returned", mash.EnquiryDecided, "A first text.")
	_, err = read(manager, true, "", first.At) // the same person again, who has thought better of it
	p.wants(err, mash.CodeConflict)
	_, err = read(colleague, true, "", first.At)
	p.wants(err, mash.CodeConflict)

	second, err := tell(w, "A second text.")
	p.must(err)
	is("held", mash.EnquiryDecided, "A second text.")
	_, err = read(manager, true, "", first.At) // from a page that showed the first
	p.wants(err, mash.CodeConflict)
	_, err = read(manager, true, "", time.Time{})
	p.wants(err, mash.CodeConflict)
	p.clock.pass(time.Minute)
	third, err := tell(colleague, "A third text.") // somebody else writes it anew: now they are the writer
	p.must(err)
	_, err = read(colleague, true, "", third.At)
	p.wants(err, mash.CodeConflict)
	_, err = read(manager, true, "", second.At)
	p.wants(err, mash.CodeConflict)
	is("held", mash.EnquiryDecided, "A third text.")
	if n := len(notices()); n != 0 {
		t.Errorf("%d notices before anybody agreed", n)
	}

	// Two readers at the same moment: one is told that somebody was quicker.
	race := p.racing(func() { _, err := read(w, true, "", third.At); p.must(err) })
	_, err = d.ReviewFeedback(race, manager.Actor, id, enquiry.FeedbackReview{Allow: true, Written: third.At})
	p.wants(err, mash.CodeConflict)
	is("sent", mash.EnquiryFeedbackSent, "A third text.")
	_, err = read(manager, true, "", third.At) // the second click
	p.wants(err, mash.CodeConflict)
	_, err = tell(w, "A fourth text.")
	p.wants(err, mash.CodeConflict)
	all := notices()
	if len(all) != 1 || all[0].Kind != "feedback" || all[0].To != school.Party {
		t.Fatalf("notices: %+v", all)
	}

	v := school.task(node.TaskNotice)
	var got enquiry.Feedback
	p.must(json.Unmarshal(v.Feedback, &got))
	if got.Text != "A third text." || got.Informed != "yes" {
		t.Errorf("the school reads %+v", got)
	}
	p.must(school.n.Node.Acknowledge(ctx, school.staff(), v.Task.ID))
	p.eventually("the hub knows", func() bool { return notices()[0].State == mash.NoticeAcknowledged })
	if n := p.bus.count(mash.ToTopic(world.Hub, "schools"), all[0].ID); n != 1 {
		t.Errorf("%d messages", n)
	}
	if _, err := d.Close(ctx, w.Actor, id, enquiry.CloseInput{}); err != nil {
		t.Errorf("closing: %v", err)
	}
	for action, n := range map[string]int{"feedback.held": 3, "feedback.returned": 1, "feedback.sent": 1} {
		if got := p.audited(action); len(got) != n || n == 1 && action == "feedback.sent" && (got[0].Actor != "worker" || got[0].Decision == "") {
			t.Errorf("%s is recorded %d times, want %d: %+v", action, len(got), n, got)
		}
	}
}

// TestAPlaceThatBecameProtected: a text that was good when it was written does
// not go once what it names must not be found.
func TestAPlaceThatBecameProtected(t *testing.T) {
	p := newPlay(t, "schools", "police")
	d, ctx := p.hub.Desk, t.Context()
	w, m, school := p.as("worker"), p.as("manager"), p.at("schools/999001")
	id := w.opens(func(in *enquiry.OpenInput) { in.Originator.Party = &school.Party })
	r := w.asks(id, "police")
	p.at("police").task(node.TaskAnswer)
	p.must(d.Collate(ctx, w.Actor, id))
	p.must(d.Decide(ctx, w.Actor, id, enquiry.DecideInput{Outcome: "advice", Why: "because"}))
	fb, err := d.TellOriginator(ctx, w.Actor, id, enquiry.FeedbackInput{Text: "They are at 9 Refuge Row now."})
	p.must(err)
	i := fact("a", "police.crime", "2026-01-01", "Moved")
	i.Flags, i.Protected = []string{record.FlagProtectedLocation}, []string{"9 Refuge Row"}
	p.at("police").lands(r, revision(1, true, i))
	_, err = d.ReviewFeedback(ctx, m.Actor, id, enquiry.FeedbackReview{Allow: true, Written: fb.At})
	p.wants(err, mash.CodeConflict)
	if e := p.enquiry(id); e.Feedback.State != "held" {
		t.Errorf("it is %s", e.Feedback.State)
	}
	_, err = d.ReviewFeedback(ctx, m.Actor, id, enquiry.FeedbackReview{Reason: "the place is protected now", Written: fb.At})
	p.must(err)
}
