package enquiry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"mashhub/hub/mash"
)

// Late is what landed after a decision: why that is up for review.
type Late struct {
	Enquiry mash.Enquiry        `json:"enquiry"`
	Content mash.EnquiryContent `json:"content"`
	Returns []LateReturn        `json:"returns"`
	Hidden  int                 `json:"hidden"`
	// OwnViewNeeded: as in a Picture; no item is shown before.
	OwnViewNeeded bool   `json:"own_view_needed"`
	Decision      string `json:"decision"`
}

// LateReturn is one return that landed, or was taken in, after the decision.
type LateReturn struct {
	ID       string               `json:"id"`
	Party    mash.Party           `json:"party"`
	Name     string               `json:"name"`
	LandedAt time.Time            `json:"landed_at"`
	Final    bool                 `json:"final"`
	Outcomes []mash.PersonOutcome `json:"outcomes"`
	// State is joined for one that is in the chronology, waiting for one that
	// came after its request had ended and that nobody has considered, else
	// taken_in or left_out.
	State   string  `json:"state"`
	Entries []Entry `json:"entries"`
	// Guarded: what it says is not ours to use; only a manager opens it.
	Guarded bool `json:"guarded,omitempty"`
}

// ShowLate shows what landed since the decision was made or last reviewed, once
// decision and ids are recorded durably (I3). Errors as Show.
func (d *Desk) ShowLate(ctx context.Context, actor mash.Actor, id string) (Late, error) {
	var out Late
	e, err := d.load(ctx, actor, id, pageSetAside)
	if err != nil {
		return out, err
	}
	var news []late
	var away hiding
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		var near []Entry
		if near, err = d.entries(tx, id); err != nil {
			return err
		}
		if news, err = d.news(tx, e); err != nil {
			return err
		}
		for _, x := range news {
			near = append(near, entriesOf(x.Return)...)
		}
		away = hide(e, near)
		return nil
	})
	if err != nil {
		return out, err
	}
	var all []Entry
	if out.OwnViewNeeded = e.Content.OwnView == ""; !out.OwnViewNeeded {
		for _, x := range news {
			all = append(all, x.entries()...)
		}
	}
	dec := d.Policy.View(ctx, d.viewInput(actor, e, pageSetAside, all))
	entry := mash.Entry{Actor: actor.ID, Action: "page.view", Enquiry: id, Detail: map[string]string{"page": pageSetAside}}
	if dec.Answer != mash.Permit || !showable(dec.Obligations) {
		entry.Action = "page.denied"
		if err := d.record(ctx, dec, entry); err != nil {
			return Late{}, err
		}
		return Late{}, denied(dec)
	}
	rev := reveal(dec, e, away)
	if out.Enquiry, out.Content = rev.Enquiry, rev.Content; rev.named {
		entry.Shown = append(entry.Shown, id+"/content")
	}
	for _, x := range news {
		ret, l := x.Return, landed{x.Return}
		row := LateReturn{Guarded: x.guarded, ID: ret.ID, Party: ret.Party, Name: d.Agencies.Name(ret.Party), LandedAt: ret.LandedAt, Final: ret.Final, State: "joined"}
		switch {
		case ret.Considered != nil:
			row.State = ret.Considered.State
		case l.waits():
			row.State = "waiting"
		}
		if rev.named && !x.guarded {
			row.Outcomes = rev.outcomes(ret.Outcomes)
		}
		entry.Shown = append(entry.Shown, ret.ID)
		if !out.OwnViewNeeded {
			var hidden int
			row.Entries, hidden = seen(dec, e, away, x.entries())
			out.Hidden += hidden
		}
		for _, x := range row.Entries {
			entry.Shown = append(entry.Shown, x.ID)
		}
		out.Returns = append(out.Returns, row)
	}
	out.Decision = dec.ID
	if err := d.record(ctx, dec, entry); err != nil {
		return Late{}, err // what could not be recorded is not shown
	}
	return out, nil
}

// late is a return that a decision was made without.
type late struct {
	mash.Return
	guarded bool
}

// entries are what of it the review shows.
func (x late) entries() []Entry {
	if x.guarded {
		return nil
	}
	return entriesOf(x.Return)
}

// news lists the returns of a decided enquiry that its decision was made
// without, those that a newer one replaced aside, in the order they landed.
func (d *Desk) news(tx mash.HubTx, e mash.Enquiry) ([]late, error) {
	if e.Outcome == nil {
		return nil, nil
	}
	since := e.Outcome.At
	if e.ReviewedAt != nil && e.ReviewedAt.After(since) {
		since = *e.ReviewedAt
	}
	requests, err := tx.RequestsOf(e.ID)
	if err != nil {
		return nil, err
	}
	var out []late
	for _, r := range requests {
		returns, err := tx.ReturnsOf(r.ID)
		if err != nil {
			return nil, err
		}
		for _, ret := range returns {
			l := landed{ret}
			joined := l.considered(mash.ReturnTakenIn) && !ret.Considered.At.Before(since)
			// One that came late before the decision and was never considered is
			// as new to it, and a review that passed it over would hide it.
			unread := l.waits() && (e.ReviewedAt == nil || ret.LandedAt.After(*e.ReviewedAt))
			if !l.has(mash.FlagSuperseded) && (!ret.LandedAt.Before(since) || joined || unread) {
				out = append(out, late{ret, guarded(r, ret)})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b late) int { return a.LandedAt.Compare(b.LandedAt) })
	return out, nil
}

// ReviewLate answers what landed after the decision: keep it, or reopen. seen
// are the returns that the person read; where it is given and something else
// has landed since, nothing changes, because nobody can have judged that.
// An empty list is given, too: whoever read of none. Errors: CodeInvalid without
// a reason; CodeConflict if nothing waits for a review, or something landed
// meanwhile.
func (d *Desk) ReviewLate(ctx context.Context, actor mash.Actor, id string, reopen bool, reason string, seen ...string) error {
	if strings.TrimSpace(reason) == "" {
		return mash.Invalid("reason", "is missing", "say what is new in it and why you keep or reopen")
	}
	detail := map[string]string{"reopen": fmt.Sprint(reopen)}
	return d.step(ctx, actor, id, "reopen", "decision.reviewed", detail, func(tx mash.HubTx, e *mash.Enquiry) error {
		if !e.Review {
			return mash.Conflict("nothing landed after the decision", "there is nothing to review")
		}
		news, err := d.news(tx, *e)
		if err != nil {
			return err
		}
		var ids []string
		for _, ret := range news {
			if ids = append(ids, ret.ID); seen != nil && !slices.Contains(seen, ret.ID) {
				return mash.Conflict("another answer came while you read", "read that too, then say whether the decision stands")
			}
		}
		detail["returns"] = strings.Join(ids, " ")
		now := d.Env.Now()
		e.Review, e.ReviewedAt = false, &now
		e.Content.Notes = append(e.Content.Notes, mash.Note{At: now, By: actor.ID, Step: "decision.reviewed", Text: reason})
		if reopen {
			e.State, e.ReopenedWhy, e.Feedback = mash.EnquiryResearching, reason, nil
			d.keepAs(e)
		}
		return nil
	})
}
