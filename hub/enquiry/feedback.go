package enquiry

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// FeedbackInput closes the loop with the originator: a text, or the reason why
// there is none.
type FeedbackInput struct {
	Text string `json:"text,omitempty"`
	// How the worker tells an originator who has no inbox of their own here.
	How    string `json:"how,omitempty"`
	Waiver string `json:"waiver,omitempty"`
}

// Feedback is what an originator is told.
type Feedback struct {
	Reference string `json:"reference"`
	Text      string `json:"text"`
	Informed  string `json:"family_informed"`
}

// TellOriginator sends the outcome to who raised the contact. The text passes
// a notify decision; where that asks for a second reader it is held until
// ReviewFeedback. A waiver needs a reason; an anonymous originator is
// not_possible, which is recorded as such.
func (d *Desk) TellOriginator(ctx context.Context, actor mash.Actor, id string, in FeedbackInput) (mash.Feedback, error) {
	none := mash.Feedback{}
	e, err := d.act(ctx, actor, id, "feedback")
	if err != nil {
		return none, err
	}
	if err := expect(e, "tell the originator", mash.EnquiryDecided); err != nil {
		return none, err
	}
	away, err := d.away(ctx, e)
	if err != nil {
		return none, err
	}
	fb := mash.Feedback{By: actor.ID, At: d.Env.Now()}
	switch {
	case e.Anonymous:
		fb.State, fb.Reason = "not_possible", "anonymous"
	case strings.TrimSpace(in.Waiver) != "":
		fb.State, fb.Reason = "waived", in.Waiver
	case strings.TrimSpace(in.Text) == "":
		return none, mash.Invalid("text", "is missing", "write what the originator is told, or the reason for a waiver")
	case !d.reachable(e) && !slices.Contains([]string{"telephone", "letter", "in_person"}, in.How):
		return none, mash.Invalid("how", "is missing: they have no inbox here", "tell them yourself, by telephone, letter or in_person, and say which")
	case away.leaks(in.Text):
		return none, mash.Invalid("text", "holds a protected location", "leave addresses, places and telephone numbers out")
	default:
		if !d.reachable(e) {
			fb.How = in.How
		}
		return d.feedback(ctx, actor, e, fb, in.Text, false)
	}
	return fb, d.keepFeedback(ctx, e, fb, "", nil)
}

// FeedbackReview is what a second reader says of the text that they read.
type FeedbackReview struct {
	Allow  bool   `json:"allow"`
	Reason string `json:"reason"` // why it may not go
	// Written says which text was read: mash.Feedback.At. It may have been
	// written anew while they read.
	Written time.Time `json:"written"`
}

// ReviewFeedback is the second reader's answer to a text that is held. Whoever
// wrote it cannot read it for themselves.
func (d *Desk) ReviewFeedback(ctx context.Context, actor mash.Actor, id string, in FeedbackReview) (mash.Feedback, error) {
	none := mash.Feedback{}
	e, err := d.act(ctx, actor, id, "feedback")
	if err != nil {
		return none, err
	}
	if e.Feedback == nil || e.Feedback.State != "held" {
		return none, mash.Conflict("no text waits for a second reader", "look at the enquiry: it has been read already, or was never written")
	}
	if e.Feedback.By == actor.ID {
		return none, mash.Conflict("somebody else than the writer reads the text", "ask a colleague to read it")
	}
	if !e.Feedback.At.Equal(in.Written) {
		return none, mash.Conflict("the text was changed meanwhile", "read it again")
	}
	fb := *e.Feedback
	if in.Allow {
		// What is protected may have become known only since it was written.
		away, err := d.away(ctx, e)
		if err != nil {
			return none, err
		}
		if away.leaks(e.Content.Feedback) {
			return none, mash.Conflict("the text holds a location that is protected since it was written", "return it, and say so")
		}
		return d.feedback(ctx, actor, e, fb, e.Content.Feedback, true)
	}
	if strings.TrimSpace(in.Reason) == "" {
		return none, mash.Invalid("reason", "is missing", "say what to change")
	}
	fb.State, fb.Reason = "returned", in.Reason
	return fb, d.keepFeedback(ctx, e, fb, e.Content.Feedback, nil)
}

// away is what the originator of an enquiry must not be told now.
func (d *Desk) away(ctx context.Context, e mash.Enquiry) (away hiding, err error) {
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		entries, err := d.entries(tx, e.ID)
		away = hide(e, entries)
		return err
	})
	return away, err
}

// feedback decides on a text and sends or holds it.
func (d *Desk) feedback(ctx context.Context, actor mash.Actor, e mash.Enquiry, fb mash.Feedback, text string, read bool) (mash.Feedback, error) {
	ni := mash.NotifyInput{About: mash.About{Where: d.self(), Actor: actor.ID, Enquiry: e.ID, Now: d.Env.Now()}, Hub: d.Hub,
		Kind: "feedback", From: mash.Party{Agency: "hub"}, Setting: "originator", Informed: e.Informed.Answer,
		Purpose: mash.PurposeFeedback, Anonymous: e.Anonymous, Reviewed: read}
	if o := e.Content.Originator; o.Party != nil {
		ni.To = *o.Party
	}
	dec := d.Policy.Notify(ctx, ni)
	switch {
	case dec.Answer == mash.Permit && notifiable(dec.Obligations):
		fb.State = "sent"
	case dec.Answer == mash.Review && !read:
		fb.State = "held"
	default:
		if err := d.record(ctx, dec, mash.Entry{Actor: actor.ID, Action: "feedback.denied", Enquiry: e.ID}); err != nil {
			return mash.Feedback{}, err
		}
		if dec.Fault {
			return mash.Feedback{}, denied(dec)
		}
		return mash.Feedback{}, mash.Conflict("the agreement does not allow this feedback: "+strings.Join(dec.Reasons, " "), "write less, or say why the originator is not told")
	}
	return fb, d.keepFeedback(ctx, e, fb, text, &dec)
}

// reachable reports whether the originator has an inbox of their own here.
func (d *Desk) reachable(e mash.Enquiry) bool {
	to := e.Content.Originator.Party
	return to != nil && d.Agencies.Knows(*to)
}

// keepFeedback writes what became of the feedback, and sends what is to be
// sent, in one transaction.
func (d *Desk) keepFeedback(ctx context.Context, e mash.Enquiry, fb mash.Feedback, text string, dec *mash.Decision) error {
	err := d.Store.Update(ctx, func(tx mash.HubTx) error {
		if _, err := change(tx, e.ID, func(now *mash.Enquiry) error {
			if now.Version != e.Version {
				return mash.Conflict("the enquiry changed meanwhile", "look again")
			}
			now.Feedback, now.Content.Feedback = &fb, text
			if fb.State != "held" && fb.State != "returned" {
				now.State = mash.EnquiryFeedbackSent
			}
			return nil
		}); err != nil {
			return err
		}
		if fb.State == "sent" && d.reachable(e) {
			if err := d.sendFeedback(ctx, tx, e, *e.Content.Originator.Party, text, *dec); err != nil {
				return err
			}
		}
		actor := fb.By
		if dec != nil {
			actor = dec.Actor
		}
		return d.note(tx, dec, mash.Entry{Actor: actor, Action: "feedback." + fb.State, Enquiry: e.ID})
	})
	return err
}

// sendFeedback pushes the text to the originator's own node as a notification,
// which is acknowledged like any other.
func (d *Desk) sendFeedback(ctx context.Context, tx mash.HubTx, e mash.Enquiry, to mash.Party, text string, dec mash.Decision) error {
	content, err := json.Marshal(Feedback{Reference: e.Reference, Text: text, Informed: e.Informed.Answer})
	if err != nil {
		return err
	}
	now := d.Env.Now()
	n := mash.Notification{ID: d.Env.NewID(), Hub: d.Hub, Kind: "feedback", From: mash.Party{Agency: "hub"}, To: to,
		Dedupe: "feedback/" + e.ID + "/" + d.Env.NewID(), State: mash.NoticeRaised, Informed: hide(e, nil).informed(e.Informed), RaisedAt: now,
		Decision: dec.ID, Retention: d.retention(now), Content: content}
	m, err := d.post.Post(ctx, tx, exchange.Draft{From: d.self(), To: mash.PartyAddress(to), MaxAge: d.MaxAge,
		Header: wire.Header{Kind: wire.KindNotify, Ref: n.ID, Purpose: mash.PurposeFeedback, PolicyVersion: dec.PolicyVersion, PolicyEpoch: dec.PolicyEpoch, ExpiresAt: now.Add(d.Lifetime)},
		Body:   wire.Notify{Notification: n, Content: content}})
	if err != nil {
		return err
	}
	n.MessageID = m.ID
	return tx.PutNotice(n)
}

func notifiable(obligations []mash.Obligation) bool {
	return !slices.ContainsFunc(obligations, func(o mash.Obligation) bool {
		return o.Code != mash.ObligeNotVisible && o.Code != mash.ObligeProtectLocation
	})
}
