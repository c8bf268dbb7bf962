package enquiry

import (
	"context"
	"slices"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// untold records how telling an agency something about its question ended: our
// answer to what it asked back, or that the question is withdrawn. What it
// refused, or gave no receipt for in its time, is marked on the request, and
// somebody telephones: it still waits for the one, or still works for nothing.
func (d *Desk) untold(tx mash.HubTx, m mash.OutMessage, at time.Time) error {
	r, err := tx.Request(m.Ref)
	if err != nil {
		return ignoreMissing(err)
	}
	kind, mark := mash.EventClarifyFailed, mash.MarkClarificationNotTaken
	needed := !r.State.Ended() // else nobody there waits for the answer any more
	if wire.Kind(m.Kind) == wire.KindWithdraw {
		kind, mark = mash.EventWithdrawFailed, mash.MarkWithdrawalNotTaken
		if needed, err = hasEvent(tx, r.ID, mash.EventSent); err != nil { // else it never had the question
			return err
		}
	}
	marked := slices.Contains(r.Marks, mark)
	if m.State == mash.OutDone {
		if !marked {
			return nil
		}
		r.Marks = without(r.Marks, mark) // a later answer got there
		return tx.UpdateRequest(r)
	}
	code := m.Code
	if code == "" {
		code = "no_receipt"
	}
	if err := tx.PutEvent(mash.Event{Request: r.ID, Kind: kind, At: at, Clock: mash.ClockHub, Detail: code}); err != nil {
		return err
	}
	if needed && !marked {
		r.Marks = append(slices.Clone(r.Marks), mark)
		if err := tx.UpdateRequest(r); err != nil {
			return err
		}
	}
	return d.note(tx, nil, mash.Entry{At: at, Actor: d.Hub, Action: "request." + string(kind), Enquiry: r.EnquiryID, Request: r.ID,
		Detail: map[string]string{"code": code}})
}

// byTelephone are the marks that telephoning an agency settles.
var byTelephone = []string{mash.MarkChangeNotTaken, mash.MarkClarificationNotTaken, mash.MarkWithdrawalNotTaken, mash.MarkUndecided}

// Untold reports whether an agency could not be told something about its
// question that somebody must telephone about.
func Untold(marks []string) bool {
	return slices.ContainsFunc(marks, func(m string) bool { return slices.Contains(byTelephone, m) })
}

// Telephoned records that an agency was told on the telephone what could not be
// delivered. Errors: CodeConflict where there is nothing to tell.
func (d *Desk) Telephoned(ctx context.Context, actor mash.Actor, requestID string) (mash.Request, error) {
	r, _, err := d.loadRequest(ctx, actor, requestID, "act")
	if err != nil {
		return r, err
	}
	now := d.Env.Now()
	err = d.Store.Update(ctx, func(tx mash.HubTx) (err error) {
		if r, err = tx.Request(requestID); err != nil {
			return err
		}
		if !Untold(r.Marks) {
			return mash.Conflict("there is nothing that this agency must be telephoned about", "look at the board again")
		}
		r.Marks = without(r.Marks, byTelephone...)
		if err := tx.UpdateRequest(r); err != nil {
			return err
		}
		if err := tx.PutEvent(mash.Event{Request: r.ID, Kind: mash.EventTelephoned, At: now, Clock: mash.ClockHub}); err != nil {
			return err
		}
		return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "request.telephoned", Enquiry: r.EnquiryID, Request: r.ID})
	})
	return r, err
}

func without(marks []string, gone ...string) []string {
	return slices.DeleteFunc(slices.Clone(marks), func(m string) bool { return slices.Contains(gone, m) })
}
