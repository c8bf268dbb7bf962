package enquiry

import (
	"context"
	"slices"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/tracking"
)

// BoardRow is one outstanding request, or one that has ended and whose agency
// could not be told so: reference, agency, state and times only, nothing about
// anybody.
type BoardRow struct {
	Request   string     `json:"request"`
	Enquiry   string     `json:"enquiry"`
	Reference string     `json:"reference"`
	Party     mash.Party `json:"party"`
	Name      string     `json:"name"`
	Telephone string     `json:"telephone"`
	RAG       mash.RAG   `json:"rag"`
	State     string     `json:"state"`
	Marks     []string   `json:"marks,omitempty"`
	// AnswerRefused is why the hub could not take the last answer in.
	AnswerRefused mash.Code       `json:"answer_refused,omitempty"`
	RaisedAt      time.Time       `json:"raised_at"`
	TargetAt      time.Time       `json:"target_at"`
	Late          bool            `json:"late"`
	Timing        tracking.Timing `json:"timing"`
}

// Board is one page of what is outstanding.
type Board struct {
	mash.Paging
	Late int        `json:"late"` // how many of all are past their target
	Rows []BoardRow `json:"rows"`
	// Untold has ended, and its agency could not be told so: somebody must
	// telephone. It is on every page.
	Untold []BoardRow `json:"untold,omitempty"`
}

// Board lists what is outstanding, nearest target first, a page at a time: it
// counts all, and every one stands on some page (I1). Restricted enquiries are
// absent, and not counted, except for those named. Errors: CodeNotFound for who
// may not see a board, CodeFault.
func (d *Desk) Board(ctx context.Context, actor mash.Actor, page int) (Board, error) {
	now := d.Env.Now()
	dec, entry, err := d.mayOpen(ctx, actor, "board")
	if err != nil {
		return Board{}, err
	}
	var b Board
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		b = Board{Rows: []BoardRow{}}
		f := mash.RequestFilter{Limit: mash.PageRows}
		if f.Without, err = hidden(tx, actor); err != nil {
			return err
		}
		total, late, err := tx.CountOpen(f, now)
		if err != nil {
			return err
		}
		b.Paging, b.Late = mash.PageOf(total, page), late
		f.Skip = b.Skip()
		// Requests alone: a board needs no content, and must stand when a content
		// key is missing.
		open, err := tx.OpenRequests(f)
		if err != nil {
			return err
		}
		untold, err := tx.UntoldRequests()
		if err != nil {
			return err
		}
		for _, r := range append(open, untold...) {
			if slices.Contains(f.Without, r.EnquiryID) {
				continue
			}
			t, err := d.timing(tx, r)
			if err != nil {
				return err
			}
			into := &b.Rows
			if r.State.Ended() {
				into = &b.Untold
			}
			*into = append(*into, BoardRow{Request: r.ID, Enquiry: r.EnquiryID, Reference: r.Reference, Party: r.Party,
				Name: d.Agencies.Name(r.Party), Telephone: d.Agencies.Telephone(r.Party), RAG: r.RAG, State: string(r.State),
				Marks: r.Marks, AnswerRefused: r.AnswerRefused, RaisedAt: r.RaisedAt, TargetAt: r.TargetAt, Late: now.After(r.TargetAt) && !r.State.Ended(), Timing: t})
		}
		return nil
	})
	if err != nil {
		return Board{}, err
	}
	for _, r := range append(slices.Clone(b.Rows), b.Untold...) {
		entry.Shown = append(entry.Shown, r.Request)
	}
	if err := d.record(ctx, dec, entry); err != nil {
		return Board{}, err // what could not be recorded is not shown
	}
	return b, nil
}

// hidden lists the restricted enquiries that an actor is not named in.
func hidden(tx mash.HubTx, actor mash.Actor) (ids []string, err error) {
	all, err := tx.ListEnquiries(mash.EnquiryFilter{Restricted: true})
	for _, e := range all {
		if relation(actor, e) != "named" {
			ids = append(ids, e.ID)
		}
	}
	return ids, err
}

// mayOpen decides whether the actor may open a page that is about no enquiry.
// A refusal is recorded; a permit is for the caller to record, with what was
// shown, before it shows it.
func (d *Desk) mayOpen(ctx context.Context, actor mash.Actor, page string) (mash.Decision, mash.Entry, error) {
	now := d.Env.Now()
	dec := d.Policy.View(ctx, mash.ViewInput{
		About:  mash.About{Where: d.self(), Actor: actor.ID, Now: now},
		Person: mash.ViewPerson{ID: actor.ID, Roles: actor.Roles, Agency: actor.Agency, Units: actor.Units, Relation: "none"},
		Page:   page, PurposeOf: page,
	})
	entry := mash.Entry{At: now, Actor: actor.ID, Action: "page.view", Detail: map[string]string{"page": page}}
	if dec.Answer == mash.Permit && showable(dec.Obligations) {
		return dec, entry, nil
	}
	entry.Action = "page.denied"
	if err := d.record(ctx, dec, entry); err != nil {
		return dec, entry, err
	}
	return dec, entry, denied(dec)
}

// Page decides and records whether the actor may open a page that is about no
// enquiry and shows nobody. Errors: CodeNotFound, CodeFault.
func (d *Desk) Page(ctx context.Context, actor mash.Actor, page string) error {
	dec, entry, err := d.mayOpen(ctx, actor, page)
	if err != nil {
		return err
	}
	return d.record(ctx, dec, entry)
}

// AgencyHealth is how an agency's node and its systems fare.
type AgencyHealth struct {
	Agency    string        `json:"agency"`
	Name      string        `json:"name"`
	Telephone string        `json:"telephone"`
	LastSeen  time.Time     `json:"last_seen,omitzero"`
	Silent    bool          `json:"silent"` // no sign of life for longer than it should be
	Sources   []mash.Source `json:"sources"`
	Policy    PolicyState   `json:"policy"`
}

// SystemHealth lists every agency's last sign of life and the state of its
// systems. Errors as Board.
func (d *Desk) SystemHealth(ctx context.Context, actor mash.Actor) ([]AgencyHealth, error) {
	dec, entry, err := d.mayOpen(ctx, actor, "health")
	if err != nil {
		return nil, err
	}
	var beats []mash.Heartbeat
	if err := d.Store.View(ctx, func(tx mash.HubTx) (err error) {
		beats, err = tx.Heartbeats()
		return err
	}); err != nil {
		return nil, err
	}
	now := d.Env.Now()
	var out []AgencyHealth
	for _, a := range d.Agencies {
		h := AgencyHealth{Agency: a.ID, Name: a.Name, Telephone: a.Telephone, Silent: true}
		for _, b := range beats {
			if b.Party == (mash.Party{Agency: a.ID}) {
				h.LastSeen, h.Sources, h.Silent = b.At, b.Sources, now.Sub(b.At) > silence
				h.Policy = d.policyState(b, now)
			}
		}
		out = append(out, h)
	}
	return out, d.record(ctx, dec, entry)
}
