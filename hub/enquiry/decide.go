package enquiry

import (
	"context"
	"slices"
	"strings"
	"time"

	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// WriteOwnView records what the worker thinks before the joined picture opens.
func (d *Desk) WriteOwnView(ctx context.Context, actor mash.Actor, id, view string) error {
	if strings.TrimSpace(view) == "" {
		return mash.Invalid("own_view", "is missing", "write what you think, in your own words")
	}
	return d.step(ctx, actor, id, "act", "enquiry.own_view", nil, func(tx mash.HubTx, e *mash.Enquiry) error {
		if e.Content.OwnView != "" {
			return mash.Conflict("a view was written before the answers; it stays as it is", "write what has changed with the decision")
		}
		e.Content.OwnView = view
		return nil
	})
}

// VoiceNotSought records why no child's voice is there.
func (d *Desk) VoiceNotSought(ctx context.Context, actor mash.Actor, id, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return mash.Invalid("reason", "is missing", "say why the child was not heard")
	}
	return d.step(ctx, actor, id, "act", "enquiry.voice_not_sought", nil, func(tx mash.HubTx, e *mash.Enquiry) error {
		e.VoiceNotSought = reason
		return nil
	})
}

// SetRAG changes how urgent an enquiry is. The targets of open requests
// follow, and their agencies are told; what may be shared does not change.
func (d *Desk) SetRAG(ctx context.Context, actor mash.Actor, id string, rag mash.RAG) error {
	if rag != mash.Red && rag != mash.Amber && rag != mash.Green {
		return mash.Invalid("rag", "must be red, amber or green", "rate how urgent this is")
	}
	err := d.step(ctx, actor, id, "act", "enquiry.rag", map[string]string{"rag": string(rag)}, func(tx mash.HubTx, e *mash.Enquiry) error {
		e.RAG = rag
		return d.retarget(ctx, tx, actor, *e)
	})
	return err
}

// WithdrawAgreement records that the family no longer agrees. Requests held or
// still on their way are withdrawn in the same transaction; what has left
// cannot be called back.
func (d *Desk) WithdrawAgreement(ctx context.Context, actor mash.Actor, id string) error {
	err := d.step(ctx, actor, id, "act", "enquiry.agreement_withdrawn", nil, func(tx mash.HubTx, e *mash.Enquiry) error {
		if e.Basis.Agreement == nil {
			return mash.Conflict("this enquiry does not rest on the family's agreement", "withdraw single questions instead")
		}
		a, now := *e.Basis.Agreement, d.Env.Now()
		if a.WithdrawnAt == nil {
			a.WithdrawnAt = &now
		}
		a.State = "withdrawn"
		e.Basis.Agreement = &a
		requests, err := tx.RequestsOf(id)
		if err != nil {
			return err
		}
		for _, r := range requests {
			if r.State.Ended() {
				continue
			}
			if err := d.withdraw(ctx, tx, actor, &r, codeAgreement); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// Collate says that the picture is as complete as it will be for a decision.
// Requests may still be open: they stay on the board.
func (d *Desk) Collate(ctx context.Context, actor mash.Actor, id string) error {
	return d.step(ctx, actor, id, "act", "enquiry.collate", nil, func(tx mash.HubTx, e *mash.Enquiry) error {
		if err := expect(*e, "collate", mash.EnquiryResearching, mash.EnquiryScreened); err != nil {
			return err
		}
		e.State = mash.EnquiryCollated
		return nil
	})
}

// Outcomes that a person may decide.
var outcomes = []string{"no_further_action", "advice", "early_help", "s17_assessment", "strategy_discussion", "s47"}

// DecideInput is a person's decision. Cited are the ids of chronology entries
// that it rests on.
type DecideInput struct {
	Outcome string   `json:"outcome"`
	Why     string   `json:"why"`
	Cited   []string `json:"cited"`
}

// Decide records what a person decided. Errors: CodeConflict while there is
// neither a child's voice nor a reason for its absence.
func (d *Desk) Decide(ctx context.Context, actor mash.Actor, id string, in DecideInput) error {
	if !slices.Contains(outcomes, in.Outcome) {
		return mash.Invalid("outcome", "is unknown", "choose one of "+strings.Join(outcomes, ", "))
	}
	if strings.TrimSpace(in.Why) == "" {
		return mash.Invalid("why", "is missing", "give the reasons in your own words")
	}
	return d.step(ctx, actor, id, "decide", "enquiry.decide", map[string]string{"outcome": in.Outcome}, func(tx mash.HubTx, e *mash.Enquiry) error {
		if err := expect(*e, "decide", mash.EnquiryCollated); err != nil {
			return err
		}
		entries, err := d.entries(tx, id)
		if err != nil {
			return err
		}
		if e.VoiceNotSought == "" && !heard(entries) {
			return mash.Conflict("there is neither a child's voice nor a reason for its absence", "say why the child was not heard before deciding")
		}
		for _, c := range in.Cited {
			if !slices.ContainsFunc(entries, func(x Entry) bool { return x.ID == c }) {
				return mash.Invalid("cited", "names an item that is not in the chronology", "cite items by their id")
			}
		}
		if e.Outcome != nil { // what was decided before the enquiry was reopened is kept, with its reasons
			e.Content.Notes = append(e.Content.Notes, mash.Note{At: e.Outcome.At, By: e.Outcome.By, Step: "enquiry.decide",
				Ref: e.Outcome.Code, Text: e.Content.OutcomeWhy, Cited: e.Outcome.Cited})
		}
		e.State = mash.EnquiryDecided
		e.Outcome = &mash.Outcome{Code: in.Outcome, By: actor.ID, At: d.Env.Now(), Cited: in.Cited}
		e.Content.OutcomeWhy = in.Why
		return nil
	})
}

func heard(entries []Entry) bool {
	return slices.ContainsFunc(entries, func(x Entry) bool { return x.Item.Kind == record.ChildVoice })
}

// entries is the chronology as stored, before any view decision.
func (d *Desk) entries(tx mash.HubTx, id string) ([]Entry, error) {
	requests, err := tx.RequestsOf(id)
	if err != nil {
		return nil, err
	}
	var all []landed
	for _, r := range requests {
		returns, err := tx.ReturnsOf(r.ID)
		if err != nil {
			return nil, err
		}
		for _, ret := range returns {
			all = append(all, landed{ret})
		}
	}
	return chronology(all), nil
}

// Reopen leads a decided or closed enquiry back to researching.
func (d *Desk) Reopen(ctx context.Context, actor mash.Actor, id, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return mash.Invalid("reason", "is missing", "say why")
	}
	return d.step(ctx, actor, id, "reopen", "enquiry.reopen", nil, func(tx mash.HubTx, e *mash.Enquiry) error {
		if err := expect(*e, "reopen", mash.EnquiryDecided, mash.EnquiryFeedbackSent, mash.EnquiryClosed); err != nil {
			return err
		}
		e.State, e.ReopenedWhy, e.Feedback = mash.EnquiryResearching, reason, nil
		d.keepAs(e)
		return nil
	})
}

// CloseInput is what the person who closes knows and the hub may not.
type CloseInput struct {
	PlanStarted       time.Time `json:"plan_started,omitzero"` // of an open child-in-need plan
	OffenderSentenced bool      `json:"offender_sentenced"`
}

// Close closes an enquiry, unless something speaks against it: then the error
// (CodeConflict) names every reason and the decision is recorded all the same.
func (d *Desk) Close(ctx context.Context, actor mash.Actor, id string, in CloseInput) (mash.Decision, error) {
	e, err := d.act(ctx, actor, id, "close")
	if err != nil {
		return mash.Decision{}, err
	}
	now := d.Env.Now()
	ci := mash.CloseInput{
		About: mash.About{Where: d.self(), Actor: actor.ID, Enquiry: id, Now: now},
		State: e.State, Purpose: e.Purpose, Decided: e.Outcome != nil, VoiceRecorded: e.VoiceNotSought != "",
		OffenderSentenced: in.OffenderSentenced,
	}
	if e.Feedback != nil && e.State == mash.EnquiryFeedbackSent {
		ci.Feedback = e.Feedback.State
	}
	if !in.PlanStarted.IsZero() {
		ci.PlanOpenDays = max(1, int(now.Sub(in.PlanStarted).Hours()/24))
	}
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		ci.OpenRequests, ci.Unavailable, ci.LateUnreviewed = 0, 0, 0
		if e.Review {
			ci.LateUnreviewed = 1
		}
		requests, err := tx.RequestsOf(id)
		if err != nil {
			return err
		}
		for i, r := range requests {
			switch {
			case slices.Contains(r.Marks, mash.MarkSourceUnavailable):
				if !answeredSince(r, requests[i+1:]) {
					ci.Unavailable++
				}
			case !r.State.Ended():
				ci.OpenRequests++
			}
			returns, err := tx.ReturnsOf(r.ID)
			if err != nil {
				return err
			}
			for _, ret := range returns {
				// Nobody has read it: neither by itself nor in a review.
				if (landed{ret}).waits() && (e.ReviewedAt == nil || ret.LandedAt.After(*e.ReviewedAt)) {
					ci.LateUnreviewed++
				}
			}
		}
		entries, err := d.entries(tx, id)
		ci.VoiceRecorded = ci.VoiceRecorded || heard(entries)
		return err
	})
	if err != nil {
		return mash.Decision{}, err
	}
	dec := d.Policy.Close(ctx, ci)
	if dec.Answer != mash.Permit || len(dec.Obligations) > 0 {
		err := d.record(ctx, dec, mash.Entry{At: now, Actor: actor.ID, Action: "enquiry.close_refused", Enquiry: id})
		if err != nil {
			return dec, err
		}
		if dec.Fault {
			return dec, denied(dec)
		}
		return dec, mash.Conflict("closing is refused: "+strings.Join(dec.Reasons, " "), "do what the reasons name, then close it")
	}
	err = d.Store.Update(ctx, func(tx mash.HubTx) error {
		if _, err := change(tx, id, func(now *mash.Enquiry) error {
			if now.Version != e.Version { // something landed between decision and effect
				return mash.Conflict("the enquiry changed meanwhile", "look again and close it then")
			}
			now.State = mash.EnquiryClosed
			d.keepAs(now)
			return nil
		}); err != nil {
			return err
		}
		return d.note(tx, &dec, mash.Entry{At: now, Actor: actor.ID, Action: "enquiry.close", Enquiry: id})
	})
	return dec, err
}

// answeredSince reports whether an ended request was put again later and then
// the agency's systems could be searched.
func answeredSince(r mash.Request, later []mash.Request) bool {
	return r.State.Ended() && slices.ContainsFunc(later, func(x mash.Request) bool {
		return x.Party == r.Party && x.State == mash.RequestLanded && !slices.Contains(x.Marks, mash.MarkSourceUnavailable)
	})
}

// step is the shape of a use case that changes an enquiry alone.
func (d *Desk) step(ctx context.Context, actor mash.Actor, id, page, action string, detail map[string]string, f func(mash.HubTx, *mash.Enquiry) error) error {
	if _, err := d.act(ctx, actor, id, page); err != nil {
		return err
	}
	return d.Store.Update(ctx, func(tx mash.HubTx) error {
		if _, err := change(tx, id, func(e *mash.Enquiry) error { return f(tx, e) }); err != nil {
			return err
		}
		return d.note(tx, nil, mash.Entry{Actor: actor.ID, Action: action, Enquiry: id, Detail: detail})
	})
}
