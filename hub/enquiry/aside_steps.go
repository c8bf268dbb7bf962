package enquiry

import (
	"context"
	"fmt"

	"mashhub/hub/mash"
)

// TakeIn makes a late return part of the chronology from now on, marked with
// who did it and why. What it replaces is flagged. A decision that was made
// without it is up for review (I4). Errors: CodeInvalid without a reason;
// CodeConflict if it was taken in before, did not come late, a newer return
// stands in its place, it may be about somebody else, the family had withdrawn
// its agreement, or its content was destroyed.
func (d *Desk) TakeIn(ctx context.Context, actor mash.Actor, ref, reason string) error {
	return d.consider(ctx, actor, ref, reason, mash.ReturnTakenIn, "return.take_in")
}

// LeaveOut says that a late return was read and stays out of the chronology. It
// stays sealed, and may still be taken in later. Errors as TakeIn.
func (d *Desk) LeaveOut(ctx context.Context, actor mash.Actor, ref, reason string) error {
	return d.consider(ctx, actor, ref, reason, mash.ReturnLeftOut, "return.leave_out")
}

func (d *Desk) consider(ctx context.Context, actor mash.Actor, ref, reason, state, action string) error {
	s, _, err := d.loadAside(ctx, actor, ref)
	if err != nil {
		return err
	}
	if _, err := d.act(ctx, actor, s.row.Enquiry, s.page); err != nil {
		return err
	}
	if s.row.Kind == AsideOutside {
		return mash.Conflict("this is outside what was asked: the agreement did not let us ask for it, so it cannot be taken in", "leave it sealed, or ask a manager to destroy it")
	}
	if blank(reason) {
		return mash.Invalid("reason", "is missing", "say what is in it and why you take it in or leave it out")
	}
	now := d.Env.Now()
	return d.Store.Update(ctx, func(tx mash.HubTx) error {
		ret, err := tx.Return(ref)
		if err != nil {
			return err
		}
		l := landed{ret}
		switch {
		case l.has(mash.FlagOutdated):
			return mash.Conflict("who somebody is was corrected since this was asked, so it may be about somebody else; nothing was changed", "wait for the answer to the corrected question")
		case s.row.Guarded && state == mash.ReturnTakenIn:
			return mash.Conflict("the family withdrew its agreement before this came; nothing was changed", "have a manager leave it out")
		case l.has(mash.FlagSuperseded):
			return mash.Conflict("a newer answer of this agency is here; nothing was changed", "read that one")
		case !l.has(mash.FlagLate):
			return mash.Conflict("this answer did not come late; nothing was changed", "read it in the chronology")
		case l.considered(mash.ReturnTakenIn):
			return mash.Conflict("this was taken in already; nothing was changed", "read it in the chronology")
		case l.considered(state):
			return mash.Conflict("this was left out already; nothing was changed", "take it in if it belongs to the picture after all")
		case ret.ItemCount > 0 && len(ret.Items) == 0:
			return mash.Conflict("its content was destroyed with the enquiry's key; nothing was changed", "ask the agency again if it is needed")
		}
		ret.Considered = &mash.Considered{State: state, By: actor.ID, At: now}
		if err := tx.UpdateReturn(ret); err != nil {
			return err
		}
		if state == mash.ReturnTakenIn {
			all, err := tx.ReturnsOf(ret.RequestID)
			if err != nil {
				return err
			}
			if err := supersede(tx, all, ret); err != nil {
				return err
			}
		}
		if _, err := change(tx, ret.EnquiryID, func(e *mash.Enquiry) error {
			e.Content.Notes = append(e.Content.Notes, mash.Note{At: now, By: actor.ID, Step: action, Request: ret.RequestID, Ref: ref, Text: reason})
			if state == mash.ReturnTakenIn && decided(*e) {
				e.Review = true // the picture that it rests on has changed
			}
			return nil
		}); err != nil {
			return err
		}
		return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: action, Enquiry: ret.EnquiryID, Request: ret.RequestID,
			Detail: map[string]string{"return": ret.ID, "revision": fmt.Sprint(ret.Revision), "items": fmt.Sprint(ret.ItemCount)}})
	})
}

// decided reports whether somebody has decided an enquiry, and nobody has
// reopened it.
func decided(e mash.Enquiry) bool {
	switch e.State {
	case mash.EnquiryDecided, mash.EnquiryFeedbackSent, mash.EnquiryClosed:
		return true
	}
	return false
}

// Destruction is why a piece outside the question is destroyed.
type Destruction struct {
	Reason string `json:"reason"`
	// Told: the agency was told that it sent this in error, so that it can
	// find out why.
	Told bool `json:"told"`
}

// Destroy destroys what a piece outside the question says. Its row stays, and
// what is in the log. Errors: CodeInvalid without a reason; CodeConflict if it
// is destroyed already, under a legal hold, or no such piece.
func (d *Desk) Destroy(ctx context.Context, actor mash.Actor, ref string, in Destruction) error {
	s, _, err := d.loadAside(ctx, actor, ref)
	if err != nil {
		return err
	}
	// Also for what this step is not for: who may not destroy learns nothing.
	if _, err := d.act(ctx, actor, s.row.Enquiry, pageOutOfScope); err != nil {
		return err
	}
	if s.row.Kind != AsideOutside {
		return mash.Conflict("this answers the question, so it is not destroyed", "take it in or leave it out")
	}
	if blank(in.Reason) {
		return mash.Invalid("reason", "is missing", "say why it is destroyed")
	}
	now := d.Env.Now()
	return d.Store.Update(ctx, func(tx mash.HubTx) error {
		p, err := tx.SetAside(ref)
		if err != nil {
			return err
		}
		if p.State != mash.AsideKept {
			return mash.Conflict("this was destroyed already; nothing was changed", "there is nothing left to do")
		}
		if _, err := change(tx, p.EnquiryID, func(e *mash.Enquiry) error {
			if e.Retention.Hold {
				return mash.Conflict("this enquiry is under a legal hold: nothing of it is destroyed", "wait until the hold is lifted")
			}
			e.Content.Notes = append(e.Content.Notes, mash.Note{At: now, By: actor.ID, Step: "set_aside.destroy", Request: p.RequestID, Ref: ref, Text: in.Reason})
			return nil
		}); err != nil {
			return err
		}
		p.State, p.EndedAt, p.EndedBy, p.Told = mash.AsideDestroyed, &now, actor.ID, in.Told
		if err := tx.UpdateSetAside(p); err != nil {
			return err
		}
		return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "set_aside.destroy", Enquiry: p.EnquiryID, Request: p.RequestID,
			Detail: map[string]string{"piece": p.ID, "return": p.ReturnID, "why": p.Why, "told": fmt.Sprint(in.Told)}})
	})
}
