package enquiry

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/retention"
)

// Pages of the policy's table of views on which records are kept and destroyed.
// None of them shows what anybody said.
const (
	pageRetention = "retention" // look
	pageHold      = "hold"      // place and lift a legal hold
	pageDispose   = "dispose"   // review what is due
)

// retentionBatch is how many notices are reviewed, or records destroyed, at once.
const retentionBatch = 200

// RetentionRow is one record as those who keep records see it: reference,
// states and dates, nothing about anybody.
type RetentionRow struct {
	Kind      string         `json:"kind"` // enquiry, notice
	ID        string         `json:"id"`
	Reference string         `json:"reference,omitempty"` // of an enquiry
	State     string         `json:"state"`
	Began     time.Time      `json:"began"`          // opened, or raised
	From      *mash.Party    `json:"from,omitempty"` // of a notice
	To        *mash.Party    `json:"to,omitempty"`
	Retention mash.Retention `json:"retention"`
}

// Due reports whether a person may review the record now.
func (r RetentionRow) Due(now time.Time) bool {
	return r.State == string(mash.EnquiryClosed) && !r.Retention.Hold && !r.Retention.Going() && !r.Retention.Review.IsZero() && !now.Before(r.Retention.Review)
}

// RetentionPicture is one page of what is due, what is held and what was
// destroyed: the lists follow one another, in this order, over all pages.
type RetentionPicture struct {
	mash.Paging
	// Counts is how many there are of each on all pages; what is both late and
	// held is of both.
	Counts RetentionCounts `json:"counts"`

	Due       []RetentionRow    `json:"due"`
	Late      []RetentionRow    `json:"late"` // still open after the date on which somebody should have looked
	Held      []RetentionRow    `json:"held"`
	Going     []RetentionRow    `json:"going"` // to be destroyed, which is not done yet
	Destroyed []RetentionRow    `json:"destroyed"`
	Version   string            `json:"catalogue_version"`
	Catalogue []retention.Class `json:"catalogue"`
}

// RetentionCounts are the lengths of the lists.
type RetentionCounts struct {
	Due       int `json:"due"`
	Late      int `json:"late"`
	Held      int `json:"held"`
	Going     int `json:"going"`
	Destroyed int `json:"destroyed"`
}

func enquiryRow(e mash.Enquiry) RetentionRow {
	return RetentionRow{Kind: "enquiry", ID: e.ID, Reference: e.Reference, State: string(e.State), Began: e.OpenedAt, Retention: e.Retention}
}

func noticeRow(n mash.Notification) RetentionRow {
	return RetentionRow{Kind: "notice", ID: n.ID, State: string(n.State), Began: n.RaisedAt, From: &n.From, To: &n.To, Retention: n.Retention}
}

// Kept lists what is due for review, on hold and destroyed, a page at a time (it
// counts all, and every one stands on some page, I1), and the catalogue.
// Restricted enquiries are absent, and not counted, except for those named in
// them. Errors as Board.
func (d *Desk) Kept(ctx context.Context, actor mash.Actor, page int) (RetentionPicture, error) {
	dec, entry, err := d.mayOpen(ctx, actor, pageRetention)
	if err != nil {
		return RetentionPicture{}, err
	}
	var p RetentionPicture
	now := d.Env.Now()
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		p = RetentionPicture{Version: retention.Version, Catalogue: retention.Catalogue()}
		without, err := hidden(tx, actor)
		if err != nil {
			return err
		}
		lists := []keptList{{state: mash.RetentionDue, rows: &p.Due, count: &p.Counts.Due}, {state: mash.RetentionLate, rows: &p.Late, count: &p.Counts.Late},
			{state: mash.RetentionHeld, rows: &p.Held, count: &p.Counts.Held}, {state: mash.RetentionGoing, rows: &p.Going, count: &p.Counts.Going},
			{state: mash.RetentionDestroyed, rows: &p.Destroyed, count: &p.Counts.Destroyed}}
		total := 0
		for i := range lists {
			l := &lists[i]
			if l.enquiries, l.notices, err = tx.CountKept(mash.KeptFilter{State: l.state, Now: now, Without: without}); err != nil {
				return err
			}
			*l.count = l.enquiries + l.notices
			total += *l.count
		}
		p.Paging = mash.PageOf(total, page)
		skip, room := p.Skip(), mash.PageRows
		for _, l := range lists {
			if err := l.read(tx, mash.KeptFilter{State: l.state, Now: now, Without: without}, &skip, &room); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return RetentionPicture{}, err
	}
	for _, l := range [][]RetentionRow{p.Due, p.Late, p.Held, p.Going, p.Destroyed} {
		for _, r := range l {
			entry.Shown = append(entry.Shown, r.ID)
		}
	}
	slices.Sort(entry.Shown)
	return p, d.record(ctx, dec, entry)
}

// keptList is one list of a picture: enquiries, then notices.
type keptList struct {
	state              mash.RetentionState
	rows               *[]RetentionRow
	count              *int
	enquiries, notices int
}

// read reads what of the list stands on a page. skip is what is still to be
// passed over, room what still fits.
func (l keptList) read(tx mash.HubTx, f mash.KeptFilter, skip, room *int) error {
	*l.rows = []RetentionRow{}
	here := func(n int) bool {
		f.Skip = min(n, *skip)
		f.Limit = min(n-f.Skip, *room)
		*skip, *room = *skip-f.Skip, *room-f.Limit
		return f.Limit > 0
	}
	if here(l.enquiries) {
		all, err := tx.KeptEnquiries(f)
		if err != nil {
			return err
		}
		for _, e := range all {
			*l.rows = append(*l.rows, enquiryRow(e))
		}
	}
	if here(l.notices) {
		all, err := tx.KeptNotices(f)
		if err != nil {
			return err
		}
		for _, n := range all {
			*l.rows = append(*l.rows, noticeRow(n))
		}
	}
	return nil
}

// KeptEnquiry shows how one enquiry is kept, and nothing else of it. Errors:
// CodeNotFound for what is not there and what may not be seen alike, CodeFault.
func (d *Desk) KeptEnquiry(ctx context.Context, actor mash.Actor, id string) (RetentionRow, error) {
	e, err := d.act(ctx, actor, id, pageRetention)
	if err != nil {
		return RetentionRow{}, err
	}
	return enquiryRow(e), nil
}

// FindEnquiry gives the id behind a reference, for somebody who may place a
// hold and knows the enquiry by what was said on the telephone. Errors:
// CodeInvalid if there is none that they may know of; as Board.
func (d *Desk) FindEnquiry(ctx context.Context, actor mash.Actor, reference string) (string, error) {
	dec, entry, err := d.mayOpen(ctx, actor, pageHold)
	if err != nil {
		return "", err
	}
	var e mash.Enquiry
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		e, err = tx.EnquiryByReference(strings.ToUpper(strings.TrimSpace(reference)))
		return err
	})
	if err != nil && !errors.Is(err, mash.ErrNotFound) {
		return "", err
	}
	known := err == nil && (!e.Restricted || relation(actor, e) == "named")
	if known {
		entry.Shown = []string{e.ID}
	}
	if err := d.record(ctx, dec, entry); err != nil {
		return "", err
	}
	if !known {
		return "", mash.Invalid("reference", "is of no enquiry", "write the reference as it stands on the enquiry, for example K7QM-2ZXA")
	}
	return e.ID, nil
}

// HoldReasons are why a hold may be placed, in the order in which they are
// offered; KeepReasons likewise why something is kept for longer.
var (
	HoldReasons = []string{mash.HoldForCourt, mash.HoldForInquiry, mash.HoldForComplaint, mash.HoldForPolice, mash.HoldForAccess, mash.HoldForOther}
	KeepReasons = append(slices.Clone(HoldReasons), mash.KeepForSchedule)
)

// PlaceHold puts a legal hold on an enquiry: from here on nothing of it is
// destroyed, by anybody. note says more, and is sealed with the content.
// Errors: CodeInvalid; CodeConflict for one that is on hold or destroyed.
func (d *Desk) PlaceHold(ctx context.Context, actor mash.Actor, id, why, note string) error {
	if !slices.Contains(HoldReasons, why) {
		return mash.Invalid("why", "is unknown", "choose why it must be kept")
	}
	if blank(note) {
		return mash.Invalid("note", "is missing", "say who asked for it and about what")
	}
	if _, err := d.act(ctx, actor, id, pageHold); err != nil {
		return err
	}
	return d.Store.Update(ctx, func(tx mash.HubTx) error {
		now := d.Env.Now()
		if _, err := change(tx, id, func(e *mash.Enquiry) error {
			if e.Retention.Hold {
				return mash.Conflict("it is on hold already", "there is nothing left to do")
			}
			// The keys first: a guard without a hold does no harm.
			if err := tx.GuardEnquiry(id, true); err != nil {
				return err
			}
			e.Retention.Hold, e.Retention.Held = true, &mash.Hold{By: actor.ID, At: now, Why: why}
			e.Content.Notes = append(e.Content.Notes, mash.Note{At: now, By: actor.ID, Step: "enquiry.hold", Text: note})
			return nil
		}); err != nil {
			return err
		}
		return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "enquiry.hold", Enquiry: id, Detail: map[string]string{"why": why}})
	})
}

// LiftHold ends a hold. What is due by then comes up for review; nothing is
// destroyed by lifting.
func (d *Desk) LiftHold(ctx context.Context, actor mash.Actor, id, note string) error {
	if blank(note) {
		return mash.Invalid("note", "is missing", "say why it need not be held any more")
	}
	if _, err := d.act(ctx, actor, id, pageHold); err != nil {
		return err
	}
	err := d.Store.Update(ctx, func(tx mash.HubTx) error {
		now := d.Env.Now()
		if _, err := change(tx, id, func(e *mash.Enquiry) error {
			if !e.Retention.Hold {
				return mash.Conflict("it is not on hold", "there is nothing to lift")
			}
			e.Retention.Hold, e.Retention.Held = false, nil
			e.Content.Notes = append(e.Content.Notes, mash.Note{At: now, By: actor.ID, Step: "enquiry.hold_lifted", Text: note})
			return nil
		}); err != nil {
			return err
		}
		return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "enquiry.hold_lifted", Enquiry: id})
	})
	if err != nil {
		return err
	}
	// The keys last, once the hold is durably gone.
	return d.Store.Update(ctx, func(tx mash.HubTx) error { return d.guard(tx, id) })
}

// keepAs dates an enquiry anew that was just closed or reopened. A hold stays.
func (d *Desk) keepAs(e *mash.Enquiry) {
	now := d.Env.Now()
	e.Retention.Class, e.Retention.Disposal = retention.Enquiry, nil
	e.Retention.Review = retention.Opened(now).Review
	if e.State == mash.EnquiryClosed {
		e.Retention.Review = retention.Closed(now)
	}
}

// guard makes the keys of an enquiry follow its hold.
func (d *Desk) guard(tx mash.HubTx, id string) error {
	e, err := tx.Enquiry(id)
	if err != nil || e.Retention.Going() {
		return err
	}
	return tx.GuardEnquiry(id, e.Retention.Hold)
}
