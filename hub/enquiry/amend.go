package enquiry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// What changed in a question, as the details of EventAmended.
const (
	changedRAG      = "rag"
	changedScope    = "scope"    // fewer or more people, categories or years
	changedIdentity = "identity" // who somebody is
)

// revise sends a new revision of an open request's question in tx; r holds what
// is asked from now on, was what the last revision asked. The agency works by
// the newest revision that it has; an answer to an earlier one is judged by
// that one's terms (see answered). A question that was never sent, because it
// waits for a manager, only changes.
func (d *Desk) revise(ctx context.Context, tx mash.HubTx, actor mash.Actor, e mash.Enquiry, r *mash.Request, was mash.Terms, what string) error {
	if r.MessageID == "" {
		return tx.UpdateRequest(*r)
	}
	now := d.Env.Now()
	was.Corrected = what == changedIdentity
	was.Stands = !was.Corrected && covers(was.Persons, was.Categories, r.Persons, r.Categories) &&
		covers(r.Persons, r.Categories, was.Persons, was.Categories) && was.From.Equal(r.From) && was.To.Equal(r.To)
	r.Earlier = slices.Clone(r.Earlier)
	for i := range r.Earlier {
		r.Earlier[i].Stands = r.Earlier[i].Stands && was.Stands
		r.Earlier[i].Corrected = r.Earlier[i].Corrected || was.Corrected
	}
	if !was.Stands { // what is asked no more does not leave any more
		if err := stop(tx, *r, "amended"); err != nil {
			return err
		}
	}
	r.Earlier = append(r.Earlier, was)
	r.Revision++
	dec, err := tx.Decision(r.Decision)
	if err != nil {
		return fmt.Errorf("finding the decision to ask: %w", err)
	}
	r.Marks = slices.DeleteFunc(slices.Clone(r.Marks), func(m string) bool { return m == mash.MarkChangeNotTaken })
	m, err := d.question(ctx, tx, e, *r, dec, now)
	switch {
	case mash.CodeOf(err) == mash.CodeUnknownKey: // its keys are gone: it works by what it has
		r.Marks = append(r.Marks, mash.MarkChangeNotTaken)
		if err := tx.PutEvent(mash.Event{Request: r.ID, Kind: mash.EventAmendFailed, At: now, Clock: mash.ClockHub, Detail: string(mash.CodeUnknownKey)}); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		r.MessageID = m.ID
	}
	if err := tx.UpdateRequest(*r); err != nil {
		return err
	}
	if err := tx.PutEvent(mash.Event{Request: r.ID, Kind: mash.EventAmended, At: now, Clock: mash.ClockHub, Detail: what}); err != nil {
		return err
	}
	return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "request.amend", Enquiry: r.EnquiryID, Request: r.ID,
		Detail: map[string]string{"what": what, "revision": fmt.Sprint(r.Revision)}})
}

// stop keeps every revision of a question that the broker does not have yet
// from leaving.
func stop(tx mash.HubTx, r mash.Request, code string) error {
	ids := []string{r.MessageID}
	for _, t := range r.Earlier {
		ids = append(ids, t.MessageID)
	}
	for _, id := range ids {
		q, err := tx.OutMessage(id)
		if errors.Is(err, mash.ErrNotFound) && id != r.MessageID {
			continue // long settled, and past its retention
		}
		if err != nil {
			return fmt.Errorf("finding the question: %w", err)
		}
		if q.State != mash.OutOpen || !q.Sent.IsZero() {
			continue
		}
		if _, _, err := tx.Settle(q.ID, q.To, mash.OutRefused, code); err != nil {
			return fmt.Errorf("stopping the question: %w", err)
		}
	}
	return nil
}

// retarget brings an enquiry's open requests to its rating: their targets
// follow, and the agencies are told. What may be shared does not change.
func (d *Desk) retarget(ctx context.Context, tx mash.HubTx, actor mash.Actor, e mash.Enquiry) error {
	requests, err := tx.RequestsOf(e.ID)
	if err != nil {
		return err
	}
	for _, r := range requests {
		if r.State.Ended() || r.RAG == e.RAG {
			continue
		}
		was, err := d.sent(tx, r)
		if err != nil {
			return err
		}
		r.RAG = e.RAG
		r.TargetAt, r.Profile = d.Targets.Target(e.RAG, r.Party, r.RaisedAt)
		if err := d.revise(ctx, tx, actor, e, &r, was, changedRAG); err != nil {
			return err
		}
		if err := tx.PutEvent(mash.Event{Request: r.ID, Kind: mash.EventRetargeted, At: d.Env.Now(), Clock: mash.ClockHub, Detail: string(e.RAG)}); err != nil {
			return err
		}
	}
	return nil
}

// sent are the terms that an open request's agency has, or has on its way;
// empty where no question was sent.
func (d *Desk) sent(tx mash.HubTx, r mash.Request) (mash.Terms, error) {
	if r.MessageID == "" {
		return mash.Terms{}, nil
	}
	return termsOf(tx, r)
}

// AmendInput says what a question is to be from now on. What is empty or zero
// stays as it is.
type AmendInput struct {
	Persons    []string  `json:"persons,omitempty"`
	Categories []string  `json:"categories,omitempty"`
	From       time.Time `json:"from,omitzero"`
	To         time.Time `json:"to,omitzero"`
	Reason     string    `json:"reason"`
}

// Amend changes what an open request asks. To ask less needs no decision; to
// ask more is a new question to the policy, and what it does not permit does
// not go. Where the agreement wants a second reader, a manager amends. Errors:
// CodeInvalid; CodeConflict for a request that has ended, where nobody may be
// asked anything more, and with the policy's reasons where it permits no more.
func (d *Desk) Amend(ctx context.Context, actor mash.Actor, requestID string, in AmendInput) (mash.Request, error) {
	for range 5 {
		r, err := d.amend(ctx, actor, requestID, in)
		if errors.Is(err, mash.ErrStale) {
			continue
		}
		return r, err
	}
	return mash.Request{}, mash.Conflict("the enquiry kept changing", "look again and amend then")
}

func (d *Desk) amend(ctx context.Context, actor mash.Actor, requestID string, in AmendInput) (mash.Request, error) {
	r, e, err := d.loadRequest(ctx, actor, requestID, "ask")
	if err != nil {
		return r, err
	}
	if r.State.Ended() || r.MessageID == "" {
		return r, mash.Conflict("the request is "+string(r.State)+"; there is no open question to change", "ask anew instead")
	}
	next, err := d.amended(e, r, in)
	if err != nil {
		return r, err
	}
	var dec *mash.Decision
	if !covers(r.Persons, r.Categories, next.Persons, next.Categories) || next.From.Before(r.From) || next.To.After(r.To) {
		if err := expect(e, "ask for more", asking...); err != nil { // as for a question of its own
			return r, err
		}
		made := d.Policy.Ask(ctx, d.askInput(actor, e, next, actor.Has(mash.RoleManager)))
		if next, err = wider(r, next, made); err != nil {
			entry := mash.Entry{Actor: actor.ID, Action: "request.amend_denied", Enquiry: e.ID, Request: r.ID}
			if e := d.record(ctx, made, entry); e != nil {
				return r, e
			}
			return r, err
		}
		dec = &made
	}
	err = d.Store.Update(ctx, func(tx mash.HubTx) error {
		now, err := tx.Request(r.ID)
		if err != nil {
			return err
		}
		if now.Version != r.Version {
			return mash.ErrStale
		}
		if _, err := change(tx, e.ID, func(now *mash.Enquiry) error {
			if now.Version != e.Version {
				return mash.ErrStale
			}
			now.Content.Notes = append(now.Content.Notes, mash.Note{At: d.Env.Now(), By: actor.ID, Step: "request.amend", Request: r.ID, Text: in.Reason})
			return nil
		}); err != nil {
			return err
		}
		was, err := d.sent(tx, r)
		if err != nil {
			return err
		}
		to := next
		if dec != nil {
			if err := d.note(tx, dec, mash.Entry{Actor: actor.ID, Action: "request.ask", Enquiry: e.ID, Request: r.ID,
				Detail: map[string]string{"party": r.Party.String(), "answer": string(dec.Answer)}}); err != nil {
				return err
			}
		}
		if err := d.revise(ctx, tx, actor, e, &to, was, changedScope); err != nil {
			return err
		}
		next.Revision = to.Revision
		return nil
	})
	return next, err
}

// amended checks what is to be asked from now on, and makes the request of it.
func (d *Desk) amended(e mash.Enquiry, r mash.Request, in AmendInput) (mash.Request, error) {
	next := r
	if blank(in.Reason) {
		return r, mash.Invalid("reason", "is missing", "say why the question changes")
	}
	if twice(in.Persons) || twice(in.Categories) {
		return r, mash.Invalid("persons", "or categories has an entry twice", "name each once")
	}
	if len(in.Persons) > 0 {
		if !within(in.Persons, keys(e)) {
			return r, mash.Invalid("persons", "names a person who is not in the enquiry", "use the keys of the enquiry's people")
		}
		next.Persons = in.Persons
	}
	if len(in.Categories) > 0 {
		if a, _ := d.Agencies.Agency(r.Party.Agency); !within(in.Categories, a.Holds) {
			return r, mash.Invalid("categories", "has a category that this agency does not hold", "choose from what it holds")
		}
		next.Categories = in.Categories
	}
	if !in.From.IsZero() {
		next.From = mash.Instant(in.From)
	}
	if !in.To.IsZero() {
		next.To = mash.Instant(in.To)
	}
	if !next.From.Before(next.To) {
		return r, mash.Invalid("from", "must be before to", "say from when on you need to know")
	}
	if covers(r.Persons, r.Categories, next.Persons, next.Categories) && covers(next.Persons, next.Categories, r.Persons, r.Categories) &&
		next.From.Equal(r.From) && next.To.Equal(r.To) {
		return r, mash.Invalid("persons", "and everything else is as it was", "change about whom, for what or from when you ask")
	}
	return next, nil
}

// wider is the question as the policy permits it.
func wider(r, next mash.Request, dec mash.Decision) (mash.Request, error) {
	switch {
	case dec.Fault:
		return r, denied(dec)
	case dec.Answer == mash.Review:
		return r, mash.Conflict("a manager must ask for more: "+strings.Join(dec.Reasons, " "), "ask a manager to change the question")
	case dec.Answer != mash.Permit || !implements(dec.Obligations):
		return r, mash.Conflict("the agreement does not allow more: "+strings.Join(dec.Reasons, " "), "leave out what it does not allow")
	}
	next.Decision, next.Fields = dec.ID, dec.Fields
	next.Persons, next.Categories = permitted(dec, next.Persons), permitted(dec, next.Categories)
	if len(next.Fields) == 0 || len(next.Persons) == 0 || len(next.Categories) == 0 ||
		covers(r.Persons, r.Categories, next.Persons, next.Categories) && !next.From.Before(r.From) && !next.To.After(r.To) {
		return r, mash.Conflict("the agreement does not allow more than was asked", "leave the question as it is, or choose something else to ask for")
	}
	return next, nil
}

// changeSent records that the broker has a new revision of a question. It may
// be the first of it that left.
func (d *Desk) changeSent(tx mash.HubTx, m mash.OutMessage, at time.Time) error {
	r, err := tx.Request(m.Ref)
	if err != nil || !r.State.Ended() && r.State.Rank() >= mash.RequestSent.Rank() {
		return ignoreMissing(err)
	}
	return d.advance(tx, m.Ref, mash.RequestSent, "", mash.Event{Kind: mash.EventSent, At: at})
}

// changeSettled records how telling an agency of a change ended. One that could
// not be told works by the revision it has: that is marked on the request, and
// somebody telephones. Where it has none, the request ends.
func (d *Desk) changeSettled(tx mash.HubTx, m mash.OutMessage, at time.Time) error {
	r, err := tx.Request(m.Ref)
	if err != nil || r.State.Ended() {
		return ignoreMissing(err)
	}
	event := func(kind mash.EventKind, detail string) error {
		return tx.PutEvent(mash.Event{Request: r.ID, Kind: kind, At: at, Clock: mash.ClockHub, Detail: detail})
	}
	if m.State == mash.OutDone {
		if err := event(mash.EventAmendTaken, ""); err != nil || r.State.Rank() >= mash.RequestReceived.Rank() {
			return err
		}
		return d.advance(tx, m.Ref, mash.RequestReceived, "", mash.Event{Kind: mash.EventDelivered, At: at})
	}
	code := m.Code
	if code == "" {
		code = "no_receipt"
	}
	if err := event(mash.EventAmendFailed, code); err != nil || m.ID != r.MessageID {
		return err
	}
	if r.State.Rank() < mash.RequestReceived.Rank() {
		waiting := false
		for _, t := range r.Earlier {
			q, err := tx.OutMessage(t.MessageID)
			if err != nil && !errors.Is(err, mash.ErrNotFound) {
				return err
			}
			waiting = waiting || q.State == mash.OutOpen
		}
		if !waiting {
			return d.advance(tx, m.Ref, mash.RequestUndeliverable, code, mash.Event{Kind: mash.EventUndeliverable, At: at, Detail: code})
		}
	}
	if slices.Contains(r.Marks, mash.MarkChangeNotTaken) {
		return nil
	}
	r.Marks = append(slices.Clone(r.Marks), mash.MarkChangeNotTaken)
	if err := tx.UpdateRequest(r); err != nil {
		return err
	}
	return d.note(tx, nil, mash.Entry{At: at, Actor: d.Hub, Action: "request.amend_failed", Enquiry: r.EnquiryID, Request: r.ID,
		Detail: map[string]string{"code": code}})
}

func ignoreMissing(err error) error {
	if errors.Is(err, mash.ErrNotFound) {
		return nil
	}
	return err
}

// stands lists the hashes of earlier revisions to which an answer still stands.
func stands(r mash.Request) (out []string) {
	for _, t := range r.Earlier {
		if t.Stands {
			out = append(out, t.Hash)
		}
	}
	return out
}

// kindOf is the kind of message that a revision of a question goes as.
func kindOf(r mash.Request) wire.Kind {
	if r.Revision > 1 {
		return wire.KindAmend
	}
	return wire.KindRequest
}
