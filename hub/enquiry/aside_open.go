package enquiry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// Opened is one thing that is set aside, as one person may read it.
type Opened struct {
	Row     AsideRow            `json:"row"`
	Enquiry mash.Enquiry        `json:"enquiry"`
	Content mash.EnquiryContent `json:"content"` // for the names of the people only
	Entries []Entry             `json:"entries"`
	// Outcomes and Withheld are those of a return.
	Outcomes []mash.PersonOutcome `json:"outcomes,omitempty"`
	Withheld []mash.Withholding   `json:"withheld,omitempty"`
	Hidden   int                  `json:"hidden"`
	// OwnViewNeeded: as in a Picture; nothing is opened before.
	OwnViewNeeded bool   `json:"own_view_needed"`
	Decision      string `json:"decision"`
}

// sealed is something set aside with what it says, before any decision.
type sealed struct {
	row     AsideRow
	page    string
	ret     mash.Return
	entries []Entry
	// asked is what the policy learns of the entries: nothing that an agency
	// could have written where a code belongs.
	asked []Entry
	near  []Entry // the chronology: what it protects is hidden here too
}

// findAside looks for something that is set aside. Errors: mash.ErrNotFound,
// also for a return that is simply in the chronology.
func (d *Desk) findAside(tx mash.HubTx, ref string) (s sealed, err error) {
	ret, err := tx.Return(ref)
	if errors.Is(err, mash.ErrNotFound) {
		return d.findPiece(tx, ref)
	}
	if err != nil {
		return s, err
	}
	r, err := tx.Request(ret.RequestID)
	if err != nil {
		return s, err
	}
	row, ok := d.asideOf(r, ret)
	if !ok {
		return s, mash.ErrNotFound
	}
	s = sealed{row: row, page: row.page(), ret: ret, entries: entriesOf(ret)}
	s.asked = s.entries
	s.near, err = d.entries(tx, ret.EnquiryID)
	return s, err
}

// entriesOf is one return as a chronology of its own.
func entriesOf(ret mash.Return) []Entry {
	ret.Flags, ret.SetAside = nil, 0
	return chronology([]landed{{ret}})
}

func (d *Desk) findPiece(tx mash.HubTx, ref string) (s sealed, err error) {
	p, err := tx.SetAside(ref)
	if err != nil {
		return s, err
	}
	s = sealed{row: d.pieceOf(p)}
	s.page = s.row.page()
	if s.near, err = d.entries(tx, p.EnquiryID); err != nil || p.Content == nil {
		return s, err
	}
	r, err := tx.Request(p.RequestID)
	if err != nil {
		return s, err
	}
	x := Entry{ID: p.ID, Sources: []Source{{Party: p.Party, Return: p.ReturnID, Revision: p.Revision}}}
	switch p.Kind {
	case mash.AsideWithheld:
		var w mash.Withholding
		if err := json.Unmarshal(p.Content, &w); err != nil {
			return s, fmt.Errorf("reading what is set aside: %w", err)
		}
		x.Item = record.Item{ID: p.ID, Person: w.Person, Category: w.Category, Kind: record.Fact,
			Title: "The agency says that it holds something of this kind, and keeps it", Text: w.Reason}
	default:
		var i mash.ReturnedItem
		if err := json.Unmarshal(p.Content, &i); err != nil {
			return s, fmt.Errorf("reading what is set aside: %w", err)
		}
		x.Item, x.Obligations, x.Sources[0].Item = i.Item, i.Obligations, i.ID
	}
	s.entries, s.asked = []Entry{x}, []Entry{d.coded(x, r)}
	return s, nil
}

// coded is an entry with codes that are known here and nothing else: an item
// outside the question may hold anything where a code belongs, and the input
// of a decision holds nothing personal.
func (d *Desk) coded(x Entry, r mash.Request) Entry {
	i := x.Item
	known := slices.ContainsFunc(d.Agencies, func(a mash.Agency) bool { return slices.Contains(a.Holds, i.Category) })
	safe := record.Item{ID: x.ID, Category: "outside.unknown", Kind: record.Fact, Person: "other", Date: i.Date}
	if known {
		safe.Category = i.Category
	}
	if slices.Contains(r.Persons, i.Person) {
		safe.Person = i.Person
	}
	switch i.Kind {
	case record.Opinion, record.ChildVoice, record.FamilyAccount:
		safe.Kind = i.Kind
	}
	for _, f := range []string{record.FlagProtectedLocation, record.FlagThirdParty, record.FlagIntelligence, record.FlagRedacted} {
		if i.Has(f) {
			safe.Flags = append(safe.Flags, f)
		}
	}
	if i.Handling == "P" || i.Handling == "C" {
		safe.Handling = i.Handling
	}
	if i.Date.Validate() != nil {
		safe.Date = record.PartialDate{}
	}
	return Entry{ID: x.ID, Item: safe, Sources: x.Sources, Obligations: x.Obligations}
}

// OpenAside shows what one thing says that is set aside, once decision and ids
// are recorded durably (I3). Errors as Show.
func (d *Desk) OpenAside(ctx context.Context, actor mash.Actor, ref string) (Opened, error) {
	var out Opened
	s, e, err := d.loadAside(ctx, actor, ref)
	if err != nil {
		return out, err
	}
	out.Row = s.row
	if out.OwnViewNeeded = e.Content.OwnView == "" && !s.row.Erased; out.OwnViewNeeded {
		s.entries, s.asked = nil, nil
	}
	dec := d.Policy.View(ctx, d.viewInput(actor, e, s.page, s.asked))
	entry := mash.Entry{Actor: actor.ID, Action: "page.view", Enquiry: e.ID, Request: s.row.Request, Detail: map[string]string{"page": s.page}}
	if dec.Answer != mash.Permit || !showable(dec.Obligations) {
		entry.Action = "page.denied"
		if err := d.record(ctx, dec, entry); err != nil {
			return Opened{}, err
		}
		return Opened{}, denied(dec)
	}
	entry.Shown = []string{ref}
	away := hide(e, slices.Concat(s.near, s.entries))
	out.Entries, out.Hidden = seen(dec, e, away, s.entries)
	for _, x := range out.Entries {
		entry.Shown = union(entry.Shown, []string{x.ID})
	}
	rev := reveal(dec, e, away)
	out.Enquiry, out.Content, out.Decision = rev.Enquiry, rev.Content, dec.ID
	if rev.named {
		entry.Shown = append(entry.Shown, e.ID+"/content")
		out.Row.Reason = rev.text(because(e, ref))
		if !out.OwnViewNeeded {
			out.Outcomes, out.Withheld = rev.outcomes(s.ret.Outcomes), rev.withheld(s.ret.Withheld)
		}
	}
	if err := d.record(ctx, dec, entry); err != nil {
		return Opened{}, err // what could not be recorded is not shown
	}
	return out, nil
}

// hidesPlaces reports whether a page, or a part of it, obliges to hide where
// somebody is.
func hidesPlaces(dec mash.Decision, v mash.Verdict) bool {
	return obliged(dec.Obligations, mash.ObligeProtectLocation) || obliged(v.Obligations, mash.ObligeProtectLocation)
}

// seen is what of some entries a decision shows, and how many it does not.
func seen(dec mash.Decision, e mash.Enquiry, away hiding, entries []Entry) (out []Entry, hidden int) {
	for _, x := range entries {
		v := dec.Part(x.ID)
		if v.Answer != mash.Permit || !showable(v.Obligations) {
			hidden++
			continue
		}
		if hidesPlaces(dec, v) {
			x.Item = away.item(x.Item)
		}
		x.Obligations = union(x.Obligations, v.Obligations)
		x.because(e, away)
		out = append(out, x)
	}
	return out, hidden
}

// loadAside finds something set aside and its enquiry. What is not there gives
// the same error as what may not be seen, after the same work.
func (d *Desk) loadAside(ctx context.Context, actor mash.Actor, ref string) (s sealed, e mash.Enquiry, err error) {
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		s, err = d.findAside(tx, ref)
		return err
	})
	switch {
	case errors.Is(err, mash.ErrNotFound): // no enquiry has that id: a refusal is recorded
		e, err = d.load(ctx, actor, "", pageSetAside)
		if err == nil {
			err = notFound()
		}
		return s, e, err
	case err != nil:
		return s, e, err
	}
	e, err = d.load(ctx, actor, s.row.Enquiry, s.page)
	return s, e, err
}
