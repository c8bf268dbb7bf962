package enquiry

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"mashhub/hub/mash"
	"mashhub/hub/retention"
)

// longest is for how many years a review may keep something before the next.
const longest = 10

// KeepInput says for how long something that is due is kept, and why.
type KeepInput struct {
	Years int    `json:"years"`
	Why   string `json:"why"` // one of KeepReasons
	Note  string `json:"note"`
}

func (in KeepInput) check() error {
	if in.Years < 1 || in.Years > longest {
		return mash.Invalid("years", "must be 1 to 10", "say in how many years it is looked at again")
	}
	if !slices.Contains(KeepReasons, in.Why) {
		return mash.Invalid("why", "is unknown", "choose why it must be kept")
	}
	return nil
}

// KeepEnquiry keeps an enquiry that is due, with a reason, until the next
// review. Errors: CodeInvalid; CodeConflict for one that is not due.
func (d *Desk) KeepEnquiry(ctx context.Context, actor mash.Actor, id string, in KeepInput) error {
	if err := in.check(); err != nil {
		return err
	}
	if blank(in.Note) {
		return mash.Invalid("note", "is missing", "say why it must be kept, in your own words")
	}
	if _, err := d.act(ctx, actor, id, pageDispose); err != nil {
		return err
	}
	return d.Store.Update(ctx, func(tx mash.HubTx) error {
		now := d.Env.Now()
		if _, err := change(tx, id, func(e *mash.Enquiry) error {
			if err := d.due(e.Retention, e.State == mash.EnquiryClosed); err != nil {
				return err
			}
			e.Retention.Review = retention.Again(now, in.Years)
			e.Retention.Disposal = &mash.Disposal{Decision: mash.DisposalKeep, By: actor.ID, At: now, Why: in.Why}
			e.Content.Notes = append(e.Content.Notes, mash.Note{At: now, By: actor.ID, Step: "retention.keep", Text: in.Note})
			return nil
		}); err != nil {
			return err
		}
		return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "retention.keep", Enquiry: id,
			Detail: map[string]string{"why": in.Why, "years": fmt.Sprint(in.Years), "catalogue": retention.Version}})
	})
}

// due refuses to review what is not due.
func (d *Desk) due(r mash.Retention, closed bool) error {
	switch {
	case r.Going():
		return mash.Conflict("its content is destroyed already", "there is nothing left to review")
	case r.Hold:
		return mash.Conflict("it is on legal hold: nothing of it is destroyed, and its review waits", "review it when the hold is lifted")
	case !closed:
		return mash.Conflict("it is not closed", "close it first")
	case r.Review.IsZero() || d.Env.Now().Before(r.Review):
		return mash.Conflict("it is not due for review yet", "wait for its review date")
	}
	return nil
}

// DestroyEnquiry destroys what is personal of an enquiry that is due: a person
// decides it, durably, and then it is carried out. What holds nothing about
// anybody stays, and the log verifies as before. Errors: CodeConflict for one
// that is on hold, not due, or has a question or a review open.
func (d *Desk) DestroyEnquiry(ctx context.Context, actor mash.Actor, id string) error {
	if _, err := d.act(ctx, actor, id, pageDispose); err != nil {
		return err
	}
	err := d.Store.Update(ctx, func(tx mash.HubTx) error {
		now := d.Env.Now()
		if _, err := change(tx, id, func(e *mash.Enquiry) error {
			if err := d.due(e.Retention, e.State == mash.EnquiryClosed); err != nil {
				return err
			}
			if e.Review {
				return mash.Conflict("an answer came after the decision and nobody has read it yet", "have it read, and the decision reviewed, first")
			}
			requests, err := tx.RequestsOf(id)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(requests, func(r mash.Request) bool { return !r.State.Ended() }) {
				return mash.Conflict("a question of it is still open", "withdraw the question first, or wait until it ends")
			}
			e.Retention.Disposal = &mash.Disposal{Decision: mash.DisposalDestroy, By: actor.ID, At: now}
			return nil
		}); err != nil {
			return err
		}
		return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "retention.destroy", Enquiry: id, Detail: map[string]string{"catalogue": retention.Version}})
	})
	if err != nil {
		return err
	}
	if err := d.erase(ctx, id); err != nil { // decided: the sweep goes on with it
		d.Log.Warn("destroying waits", "enquiry", id, "code", mash.CodeOf(err))
	}
	return nil
}

// erase carries out what was decided. Doing it again changes nothing.
func (d *Desk) erase(ctx context.Context, id string) error {
	return d.Store.Update(ctx, func(tx mash.HubTx) error {
		e, err := tx.Enquiry(id)
		if err != nil || e.Retention.Disposal == nil || e.Retention.Disposal.Done != nil {
			return err
		}
		now := d.Env.Now()
		done := *e.Retention.Disposal
		done.Done = &now
		e.Retention.Disposal, e.Content = &done, mash.EnquiryContent{}
		if err := d.note(tx, nil, mash.Entry{At: now, Actor: d.Hub, Action: "retention.destroyed", Enquiry: id}); err != nil {
			return err
		}
		if err := tx.UpdateEnquiry(e); err != nil {
			return err
		}
		return tx.EraseEnquiry(id) // the key last: it cannot be undone
	})
}

// NoticeReview is what was decided about notices that are due.
type NoticeReview struct {
	IDs     []string `json:"ids"`
	Destroy bool     `json:"destroy"` // else they are kept
	Years   int      `json:"years,omitempty"`
	Why     string   `json:"why,omitempty"`
}

// ReviewNotices destroys or keeps notices that are due. Errors: CodeInvalid;
// CodeConflict if one of them is not due: then nothing was changed.
func (d *Desk) ReviewNotices(ctx context.Context, actor mash.Actor, in NoticeReview) error {
	dec, entry, err := d.mayOpen(ctx, actor, pageDispose)
	if err != nil {
		return err
	}
	if err := d.record(ctx, dec, entry); err != nil {
		return err
	}
	if len(in.IDs) == 0 || len(in.IDs) > retentionBatch {
		return mash.Invalid("ids", "are none, or more than 200", "choose the notices that this is about")
	}
	if err := (KeepInput{Years: in.Years, Why: in.Why}).check(); err != nil && !in.Destroy {
		return err
	}
	err = d.Store.Update(ctx, func(tx mash.HubTx) error {
		now := d.Env.Now()
		for _, id := range in.IDs {
			n, err := tx.Notice(id)
			if errors.Is(err, mash.ErrNotFound) || err == nil && n.Kind == "feedback" {
				return mash.Conflict("one of the notices is not due for review", "choose from those that are listed as due")
			}
			if err != nil {
				return err
			}
			if err := d.due(n.Retention, true); err != nil {
				return err
			}
			action, detail := "retention.destroy", map[string]string{"notice": id, "catalogue": retention.Version}
			n.Retention.Disposal = &mash.Disposal{Decision: mash.DisposalDestroy, By: actor.ID, At: now}
			if !in.Destroy {
				action, detail["why"], detail["years"] = "retention.keep", in.Why, fmt.Sprint(in.Years)
				n.Retention.Review = retention.Again(now, in.Years)
				n.Retention.Disposal.Decision, n.Retention.Disposal.Why = mash.DisposalKeep, in.Why
			}
			if err := tx.UpdateNotice(n); err != nil {
				return err
			}
			if err := d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: action, Detail: detail}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !in.Destroy {
		return err
	}
	for _, id := range in.IDs {
		if err := d.eraseNotice(ctx, id); err != nil {
			d.Log.Warn("destroying waits", "notice", id, "code", mash.CodeOf(err))
		}
	}
	return nil
}

func (d *Desk) eraseNotice(ctx context.Context, id string) error {
	return d.Store.Update(ctx, func(tx mash.HubTx) error {
		n, err := tx.Notice(id)
		if err != nil || n.Retention.Disposal == nil || n.Retention.Disposal.Done != nil {
			return err
		}
		now := d.Env.Now()
		done := *n.Retention.Disposal
		done.Done = &now
		n.Retention.Disposal = &done
		if err := d.note(tx, nil, mash.Entry{At: now, Actor: d.Hub, Action: "retention.destroyed", Detail: map[string]string{"notice": id}}); err != nil {
			return err
		}
		if err := tx.UpdateNotice(n); err != nil {
			return err
		}
		return tx.EraseNotice(id)
	})
}

// Dispose carries out what was decided and a crash, or a busy store, left
// undone, and guards the keys of what is on hold, those made since it was
// placed included. It returns how many records it destroyed.
func (d *Desk) Dispose(ctx context.Context) (int, error) {
	var going, held []mash.Enquiry
	var notices []mash.Notification
	if err := d.Store.View(ctx, func(tx mash.HubTx) (err error) {
		now := d.Env.Now()
		if going, err = tx.KeptEnquiries(mash.KeptFilter{State: mash.RetentionGoing, Now: now, Limit: retentionBatch}); err != nil {
			return err
		}
		if held, err = tx.KeptEnquiries(mash.KeptFilter{State: mash.RetentionHeld, Now: now}); err != nil {
			return err
		}
		notices, err = tx.KeptNotices(mash.KeptFilter{State: mash.RetentionGoing, Now: now, Limit: retentionBatch})
		return err
	}); err != nil {
		return 0, err
	}
	var errs []error
	done := 0
	count := func(err error) {
		if err == nil {
			done++
		}
		errs = append(errs, err)
	}
	for _, e := range going {
		count(d.erase(ctx, e.ID))
	}
	for _, n := range notices {
		count(d.eraseNotice(ctx, n.ID))
	}
	for _, e := range held {
		errs = append(errs, d.Store.Update(ctx, func(tx mash.HubTx) error { return d.guard(tx, e.ID) }))
	}
	return done, errors.Join(errs...)
}
