package enquiry

import (
	"context"
	"slices"
	"time"

	"mashhub/hub/mash"
)

// Pages of the policy's table of views on which what is set aside is looked
// at. What came late or was replaced answers the question, so whoever works on
// the enquiry may read it. What is outside the question was never ours to ask
// for, what may be about somebody else is not about the child, and to what came
// after the family withdrew its agreement we have no claim: fewer may.
const (
	pageSetAside   = "set_aside"
	pageOutOfScope = "out_of_scope"
)

// Kinds of AsideRow.
const (
	AsideLate     = "late"     // a return that came after its request had ended
	AsideReplaced = "replaced" // a return in whose place a newer one stands
	AsideOutdated = "outdated" // a return about somebody whose identity was corrected since
	AsideOutside  = "outside"  // a piece of a return that is outside the question
)

// AsideRow is something that is kept out of the chronology: from whom, when
// and why, and nothing of what it says.
type AsideRow struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	Enquiry   string     `json:"enquiry"`
	Request   string     `json:"request"`
	Return    string     `json:"return"`
	Party     mash.Party `json:"party"`
	Name      string     `json:"name"`
	Telephone string     `json:"telephone"`
	Revision  int        `json:"revision"`
	Final     bool       `json:"final"`
	LandedAt  time.Time  `json:"landed_at"`
	// Why is how the request had ended for a late return (withdrawn, expired,
	// refused, undeliverable, agreement_withdrawn), and an Aside… code of mash for a piece.
	Why   string `json:"why"`
	Items int    `json:"items"`
	State string `json:"state"` // waiting, taken_in, left_out, replaced, kept, destroyed
	// What a person decided about it, if one has: who, when, why, and whether
	// the agency was told.
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Reason string    `json:"reason,omitempty"`
	Told   bool      `json:"told,omitempty"`
	// Erased: its content went with the enquiry's key.
	Erased bool `json:"erased,omitempty"`
	// Guarded: a manager alone opens it, and nobody takes it in.
	Guarded bool `json:"guarded,omitempty"`
}

// page is the policy's page on which it is opened.
func (r AsideRow) page() string {
	if r.Guarded {
		return pageOutOfScope
	}
	return pageSetAside
}

// Asides are what an enquiry has set aside.
type Asides struct {
	Enquiry  mash.Enquiry `json:"enquiry"`
	Rows     []AsideRow   `json:"rows"`
	Decision string       `json:"decision"` // id of the view decision
}

// SetAside lists what an enquiry has set aside, without what it says. Errors
// as Show.
func (d *Desk) SetAside(ctx context.Context, actor mash.Actor, id string) (Asides, error) {
	var out Asides
	e, err := d.load(ctx, actor, id, pageSetAside)
	if err != nil {
		return out, err
	}
	var rows []AsideRow
	var away hiding
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		rows = nil
		entries, err := d.entries(tx, id)
		if err != nil {
			return err
		}
		away = hide(e, entries)
		rows, err = d.asides(tx, id)
		return err
	})
	if err != nil {
		return out, err
	}
	dec := d.Policy.View(ctx, d.viewInput(actor, e, pageSetAside, nil))
	entry := mash.Entry{Actor: actor.ID, Action: "page.view", Enquiry: id, Detail: map[string]string{"page": pageSetAside}}
	if dec.Answer != mash.Permit || !showable(dec.Obligations) {
		entry.Action = "page.denied"
		if err := d.record(ctx, dec, entry); err != nil {
			return out, err
		}
		return out, denied(dec)
	}
	rev := reveal(dec, e, away)
	for i := range rows {
		entry.Shown = append(entry.Shown, rows[i].ID)
		rows[i].Reason = rev.text(because(e, rows[i].ID))
	}
	if err := d.record(ctx, dec, entry); err != nil {
		return out, err // what could not be recorded is not shown
	}
	return Asides{Enquiry: rev.Enquiry, Rows: rows, Decision: dec.ID}, nil
}

// asides lists what an enquiry has set aside: what waits for a person first.
func (d *Desk) asides(tx mash.HubTx, enquiry string) ([]AsideRow, error) {
	requests, err := tx.RequestsOf(enquiry)
	if err != nil {
		return nil, err
	}
	var rows []AsideRow
	for _, r := range requests {
		returns, err := tx.ReturnsOf(r.ID)
		if err != nil {
			return nil, err
		}
		for _, ret := range returns {
			if row, ok := d.asideOf(r, ret); ok {
				rows = append(rows, row)
			}
		}
	}
	pieces, err := tx.SetAsidesOf(enquiry)
	if err != nil {
		return nil, err
	}
	for _, p := range pieces {
		rows = append(rows, d.pieceOf(p))
	}
	slices.SortStableFunc(rows, func(a, b AsideRow) int {
		if a.open() != b.open() {
			if a.open() {
				return -1
			}
			return 1
		}
		return b.LandedAt.Compare(a.LandedAt)
	})
	return rows, nil
}

// open reports whether a person still has to decide about it.
func (r AsideRow) open() bool { return r.State == "waiting" || r.State == mash.AsideKept }

// asideOf is the row of a return; none for one that is simply in the
// chronology.
func (d *Desk) asideOf(r mash.Request, ret mash.Return) (AsideRow, bool) {
	l := landed{ret}
	row := AsideRow{ID: ret.ID, Kind: AsideLate, Enquiry: ret.EnquiryID, Request: r.ID, Return: ret.ID, Party: ret.Party,
		Name: d.Agencies.Name(ret.Party), Telephone: d.Agencies.Telephone(ret.Party), Revision: ret.Revision, Final: ret.Final,
		LandedAt: ret.LandedAt, Why: string(r.State), Items: ret.ItemCount, State: "waiting",
		Erased: ret.ItemCount > 0 && len(ret.Items) == 0}
	if c := ret.Considered; c != nil {
		row.State, row.By, row.At = c.State, c.By, c.At
	}
	switch {
	case l.has(mash.FlagOutdated): // no newer answer need be here
		row.Kind, row.State, row.Why = AsideOutdated, "replaced", ""
	case l.has(mash.FlagSuperseded):
		row.Kind, row.State = AsideReplaced, "replaced"
		if !l.has(mash.FlagLate) {
			row.Why = ""
		}
	case !l.has(mash.FlagLate):
		return row, false
	}
	row.Guarded = guarded(r, ret)
	if r.Code == codeAgreement && row.Kind == AsideLate {
		row.Why = codeAgreement
	}
	return row, true
}

// guarded reports whether what a return says is not ours to use: it may be
// about somebody else, or came after the family withdrew its agreement.
func guarded(r mash.Request, ret mash.Return) bool {
	l := landed{ret}
	return l.has(mash.FlagOutdated) || r.Code == codeAgreement && l.has(mash.FlagLate)
}

// pieceOf is the row of a piece outside the question.
func (d *Desk) pieceOf(p mash.SetAside) AsideRow {
	row := AsideRow{ID: p.ID, Kind: AsideOutside, Enquiry: p.EnquiryID, Request: p.RequestID, Return: p.ReturnID, Party: p.Party,
		Name: d.Agencies.Name(p.Party), Telephone: d.Agencies.Telephone(p.Party), Revision: p.Revision, LandedAt: p.LandedAt,
		Why: p.Why, Items: 1, Guarded: true, State: p.State, By: p.EndedBy, Told: p.Told, Erased: p.State == mash.AsideKept && p.Content == nil}
	if p.EndedAt != nil {
		row.At = *p.EndedAt
	}
	return row
}

// because is the reason that a person gave for what became of a return or a
// piece of one.
func because(e mash.Enquiry, ref string) string {
	for _, n := range slices.Backward(e.Content.Notes) {
		if n.Ref == ref {
			return n.Text
		}
	}
	return ""
}

// because adds to the sources of an entry why each was taken in.
func (x *Entry) because(e mash.Enquiry, away hiding) {
	for i := range x.Sources {
		if t := x.Sources[i].TakenIn; t != nil {
			t.Reason = away.text(because(e, x.Sources[i].Return))
		}
	}
}
