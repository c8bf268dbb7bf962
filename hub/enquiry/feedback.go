package enquiry

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// FeedbackInput closes the loop with the originator: a text, or the reason why
// there is none.
type FeedbackInput struct {
	Text   string `json:"text,omitempty"`
	Waiver string `json:"waiver,omitempty"`
}

// Feedback is what an originator is told.
type Feedback struct {
	Reference string `json:"reference"`
	Text      string `json:"text"`
	Informed  string `json:"family_informed"`
}

// TellOriginator sends the outcome to who raised the contact. The text passes
// a notify decision; a waiver needs a reason; an anonymous originator is
// not_possible, which is recorded as such.
func (d *Desk) TellOriginator(ctx context.Context, actor mash.Actor, id string, in FeedbackInput) (mash.Feedback, error) {
	none := mash.Feedback{}
	e, err := d.act(ctx, actor, id)
	if err != nil {
		return none, err
	}
	if err := expect(e, "tell the originator", mash.EnquiryDecided); err != nil {
		return none, err
	}
	now := d.Env.Now()
	fb := mash.Feedback{By: actor.ID, At: now}
	o := e.Content.Originator
	var dec *mash.Decision
	switch {
	case e.Anonymous:
		fb.State, fb.Reason = "not_possible", "anonymous"
	case strings.TrimSpace(in.Waiver) != "":
		fb.State, fb.Reason = "waived", in.Waiver
	case strings.TrimSpace(in.Text) == "":
		return none, mash.Invalid("text", "is missing", "write what the originator is told, or the reason for a waiver")
	default:
		fb.State = "sent"
		ni := mash.NotifyInput{About: mash.About{Where: d.self(), Actor: actor.ID, Enquiry: id, Now: now}, Hub: d.Hub,
			Kind: "feedback", From: mash.Party{Agency: "hub"}, Setting: "originator", Informed: e.Informed.Answer,
			Purpose: mash.PurposeFeedback, Anonymous: e.Anonymous}
		if o.Party != nil {
			ni.To = *o.Party
		}
		v := d.Policy.Notify(ctx, ni)
		dec = &v
		if v.Answer != mash.Permit || !notifiable(v.Obligations) {
			if err := d.record(ctx, v, mash.Entry{At: now, Actor: actor.ID, Action: "feedback.denied", Enquiry: id}); err != nil {
				return none, err
			}
			if v.Fault {
				return none, denied(v)
			}
			return none, mash.Errorf(mash.CodeConflict, "the agreement does not allow this feedback: %s", strings.Join(v.Reasons, " "))
		}
		if leaksProtected(e, in.Text) {
			return none, mash.Invalid("text", "holds a protected location", "leave addresses, places and telephone numbers out")
		}
	}
	err = d.Store.Update(ctx, func(tx mash.HubTx) error {
		if _, err := change(tx, id, func(e *mash.Enquiry) error {
			e.Feedback, e.State = &fb, mash.EnquiryFeedbackSent
			e.Content.Feedback = in.Text
			return nil
		}); err != nil {
			return err
		}
		if fb.State == "sent" && o.Party != nil && d.Agencies.Knows(*o.Party) {
			if err := d.sendFeedback(ctx, tx, e, *o.Party, in.Text, *dec); err != nil {
				return err
			}
		}
		return d.note(tx, dec, mash.Entry{At: now, Actor: actor.ID, Action: "feedback." + fb.State, Enquiry: id})
	})
	d.post.Nudge()
	return fb, err
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
		Dedupe: "feedback/" + e.ID + "/" + d.Env.NewID(), State: mash.NoticeRaised, Informed: e.Informed, RaisedAt: now,
		Decision: dec.ID, Retention: d.retention(now), Content: content}
	m, err := d.post.Post(ctx, tx, exchange.Draft{From: d.self(), To: mash.PartyAddress(to), MaxAge: d.MaxAge,
		Header: wire.Header{Kind: wire.KindNotify, Ref: n.ID, PolicyVersion: dec.PolicyVersion, PolicyEpoch: dec.PolicyEpoch, ExpiresAt: now.Add(d.Lifetime)},
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

// leaksProtected reports whether a text names where a protected person is.
func leaksProtected(e mash.Enquiry, text string) bool {
	for _, p := range e.Content.People {
		if !p.ProtectedLocation {
			continue
		}
		var values []string
		for _, a := range p.Record.Addresses {
			values = append(values, a.Line1, a.Postcode, a.UPRN)
		}
		for _, t := range p.Record.Telecoms {
			values = append(values, t.Value)
		}
		for _, v := range values {
			if len(v) > 3 && strings.Contains(squash(text), squash(v)) {
				return true
			}
		}
	}
	return false
}

func squash(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(s), ""))
}
