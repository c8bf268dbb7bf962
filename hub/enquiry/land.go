package enquiry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// Handlers are what the desk does with what agencies send.
func (d *Desk) Handlers() map[wire.Kind]exchange.Handler[mash.HubTx] {
	return map[wire.Kind]exchange.Handler[mash.HubTx]{
		wire.KindReturn:  d.land,
		wire.KindClarify: d.clarified,
		wire.KindStatus:  d.status,
	}
}

// Sent records that the broker has a question.
func (d *Desk) Sent(tx mash.HubTx, m mash.OutMessage, at time.Time) error {
	switch wire.Kind(m.Kind) {
	case wire.KindAmend:
		return d.changeSent(tx, m, at)
	case wire.KindRequest:
		if said, err := said(tx, m.Ref, mash.EventSent); err != nil || said {
			return err // by a change that overtook it
		}
	default:
		return nil
	}
	return d.advance(tx, m.Ref, mash.RequestSent, "", mash.Event{Kind: mash.EventSent, At: at})
}

// said reports whether the timeline of a request that was changed has an event
// already: a change may overtake the question, and its receipt that of the
// question.
func said(tx mash.HubTx, id string, kind mash.EventKind) (bool, error) {
	r, err := tx.Request(id)
	if err != nil || len(r.Earlier) == 0 {
		return false, ignoreMissing(err)
	}
	return hasEvent(tx, id, kind)
}

func hasEvent(tx mash.HubTx, id string, kind mash.EventKind) (bool, error) {
	events, err := tx.Events(id)
	return slices.ContainsFunc(events, func(e mash.Event) bool { return e.Kind == kind }), err
}

// Settled records how the delivery of a question ended, or of what the agency
// is told about it.
func (d *Desk) Settled(tx mash.HubTx, m mash.OutMessage, at time.Time) error {
	switch wire.Kind(m.Kind) {
	case wire.KindAmend:
		return d.changeSettled(tx, m, at)
	case wire.KindClarify, wire.KindWithdraw:
		return d.untold(tx, m, at)
	case wire.KindRequest:
	default:
		return nil
	}
	if m.State != mash.OutDone {
		// Where the question changed meanwhile, the newest revision decides.
		if r, err := tx.Request(m.Ref); err != nil || r.MessageID != m.ID {
			return ignoreMissing(err)
		}
	}
	switch m.State {
	case mash.OutDone:
		if said, err := said(tx, m.Ref, mash.EventDelivered); err != nil || said {
			return err
		}
		return d.advance(tx, m.Ref, mash.RequestReceived, "", mash.Event{Kind: mash.EventDelivered, At: at})
	case mash.OutRefused:
		return d.advance(tx, m.Ref, mash.RequestRefused, m.Code, mash.Event{Kind: mash.EventRefused, At: at, Detail: m.Code})
	}
	return d.advance(tx, m.Ref, mash.RequestUndeliverable, "no_receipt", mash.Event{Kind: mash.EventUndeliverable, At: at})
}

// advance moves a request on, never back, and records the event. Messages
// arrive in any order: a receipt may come after the return that it precedes.
func (d *Desk) advance(tx mash.HubTx, id string, to mash.RequestState, code string, e mash.Event) error {
	r, err := tx.Request(id)
	if errors.Is(err, mash.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	e.Request, e.Clock = id, mash.ClockHub
	if r.State.Ended() {
		if to != mash.RequestSent {
			return nil
		}
		// It left, and ended before a commit said so: that it was asked stands.
		if there, err := hasEvent(tx, id, mash.EventSent); err != nil || there {
			return err
		}
		return tx.PutEvent(e)
	}
	if err := tx.PutEvent(e); err != nil {
		return err
	}
	if to.Rank() <= r.State.Rank() {
		return nil
	}
	r.State, r.Code = to, code
	if err := tx.UpdateRequest(r); err != nil || to == mash.RequestSent {
		return err // that the broker has it is no act of anybody's: the timeline says it
	}
	return d.note(tx, nil, mash.Entry{At: e.At, Actor: d.Hub, Action: "request." + string(to), Enquiry: r.EnquiryID, Request: id})
}

// maxAgencyEvents bounds what a return may add to a timeline.
const maxAgencyEvents = 200

// land takes a return in. It refuses an answer to another question or by
// another party; it never drops one that is late.
func (d *Desk) land(ctx context.Context, tx mash.HubTx, m exchange.Received) error {
	body, err := wire.DecodeBody[wire.Return](m.Message)
	if err != nil {
		return err
	}
	r, err := tx.Request(m.Ref)
	if errors.Is(err, mash.ErrNotFound) {
		return mash.Errorf(mash.CodeNotFound, "no such request")
	}
	if err != nil {
		return err
	}
	if m.Issuer != mash.PartyAddress(r.Party) {
		return mash.Errorf(mash.CodeWrongParty, "this request was put to another party")
	}
	asked, err := answered(tx, r, m)
	if err != nil {
		return err
	}
	before, err := tx.ReturnsOf(r.ID)
	if err != nil {
		return err
	}
	ret := body.Return
	ret.ID, ret.Hub, ret.RequestID, ret.EnquiryID, ret.Party = m.ID, d.Hub, r.ID, r.EnquiryID, r.Party
	ret.Revision, ret.LandedAt, ret.SealedHash, ret.Flags = m.Revision, m.At, m.Hash, nil
	ret.PolicyVersion, ret.Items = m.PolicyVersion, body.Items
	ret.PolicyEpoch = m.PolicyEpoch
	d.oldPolicy(&ret)
	ret.Considered = nil
	if ret.Revision < 1 {
		return mash.Errorf(mash.CodeBadMessage, "revision is missing")
	}
	if err := checkOutcomes(ret, r.As(asked)); err != nil {
		return err
	}
	follow(&ret, r, asked)
	existence, err := existenceOnly(tx, r)
	if err != nil {
		return err
	}
	earlier := existence
	if asked.Decision != r.Decision {
		if earlier, err = existenceOnly(tx, r.As(asked)); err != nil {
			return err
		}
	}
	aside, err := d.sift(&ret, both(r, asked), union(existence, earlier))
	if err != nil {
		return err
	}
	if r.State.Ended() && r.State != mash.RequestLanded {
		ret.Flags = append(ret.Flags, mash.FlagLate)
	}
	if err := place(tx, before, &ret); err != nil {
		return err
	}
	if err := tx.PutReturn(ret); err != nil {
		return fmt.Errorf("storing return: %w", err)
	}
	for _, a := range aside {
		if err := tx.PutSetAside(a); err != nil {
			return fmt.Errorf("storing what is set aside: %w", err)
		}
	}
	if err := d.landEvents(tx, &r, ret); err != nil {
		return err
	}
	if err := d.disclosures(tx, r, ret, aside); err != nil {
		return err
	}
	if err := d.afterDecision(tx, r, ret); err != nil {
		return err
	}
	return d.note(tx, nil, mash.Entry{At: m.At, Actor: string(m.Issuer), Action: "return.land", Enquiry: r.EnquiryID, Request: r.ID,
		Detail: map[string]string{"return": ret.ID, "revision": fmt.Sprint(ret.Revision), "final": fmt.Sprint(ret.Final),
			"flags": fmt.Sprint(ret.Flags), "set_aside": fmt.Sprint(ret.SetAside), "hash": m.Hash}})
}

// checkOutcomes wants one outcome per person asked about, and none beside.
func checkOutcomes(ret mash.Return, r mash.Request) error {
	seen := map[string]bool{}
	for _, o := range ret.Outcomes {
		if seen[o.Person] || !slices.Contains(r.Persons, o.Person) {
			return mash.Errorf(mash.CodeOutOfScope, "an outcome is about a person not asked about, or given twice")
		}
		seen[o.Person] = true
		switch o.Outcome {
		case mash.RecordsFound, mash.NothingKnown, mash.NothingDisclosable, mash.SourceUnavailable:
		case mash.Refused:
			if o.Reason == "" {
				return mash.Errorf(mash.CodeBadMessage, "a refusal has no reason")
			}
		case mash.Pending:
			if ret.Final {
				return mash.Errorf(mash.CodeBadMessage, "a final return leaves somebody pending")
			}
		default:
			return mash.Errorf(mash.CodeBadMessage, "an outcome is unknown")
		}
	}
	if len(seen) != len(r.Persons) {
		return mash.Errorf(mash.CodeBadMessage, "somebody asked about has no outcome")
	}
	if len(ret.Events) > maxAgencyEvents {
		return mash.Errorf(mash.CodeBadMessage, "more than %d events", maxAgencyEvents)
	}
	return nil
}

// agencyEvents are the only kinds that an agency may put on a timeline.
var agencyEvents = []mash.EventKind{mash.EventAgencyReceived, mash.EventAgencyOpened, mash.EventAgencyPolicy,
	mash.EventAgencyDecided, mash.EventAgencyReview, mash.EventAgencyReturned}

// landEvents puts the agency's events and our own on the timeline and moves
// the request on. After its end nothing but a note of lateness is added.
func (d *Desk) landEvents(tx mash.HubTx, r *mash.Request, ret mash.Return) error {
	older := slices.Contains(ret.Flags, mash.FlagSuperseded)
	e := mash.Event{Request: r.ID, Kind: mash.EventPartLanded, At: ret.LandedAt, Clock: mash.ClockHub}
	switch {
	case r.State.Ended():
		e.Kind = mash.EventLateAfterwards
		if err := tx.PutEvent(e); err != nil || r.State != mash.RequestLanded || !(landed{ret}).merge() {
			return err
		}
		// The agency corrected its answer: what it says of its sources holds now.
		mark(r, ret)
		return tx.UpdateRequest(*r)
	case older: // overtaken by a newer one, which has moved the request on
		return tx.PutEvent(e)
	}
	for _, e := range ret.Events {
		if !slices.Contains(agencyEvents, e.Kind) || e.At.Year() < 2000 || e.At.Year() > 3000 {
			continue
		}
		e.Request, e.Clock, e.At = r.ID, r.Party.Agency, mash.Instant(e.At)
		if err := tx.PutEvent(e); err != nil {
			return err
		}
	}
	r.State = mash.RequestReturned
	if ret.Final {
		e.Kind, r.State = mash.EventLanded, mash.RequestLanded
	}
	mark(r, ret)
	if err := tx.PutEvent(e); err != nil {
		return err
	}
	return tx.UpdateRequest(*r)
}

// mark takes over what a return says of the agency's sources. A final one that
// says "could not search" keeps that mark: it is not the same as nothing known,
// and closing asks for it.
func mark(r *mash.Request, ret mash.Return) {
	r.AnswerRefused = ""
	r.Marks = slices.DeleteFunc(r.Marks, func(m string) bool {
		return ret.Final || m == mash.MarkSourceUnavailable || m == mash.MarkAnswerRefused
	})
	for _, o := range ret.Outcomes {
		if o.Outcome == mash.SourceUnavailable && !slices.Contains(r.Marks, mash.MarkSourceUnavailable) {
			r.Marks = append(r.Marks, mash.MarkSourceUnavailable)
		}
	}
}

// disclosures records what came, what the agency said it withheld, and what it
// sent beside the question, which nobody was permitted to have.
func (d *Desk) disclosures(tx mash.HubTx, r mash.Request, ret mash.Return, aside []mash.SetAside) error {
	for _, a := range aside {
		if err := tx.PutDisclosure(mash.Disclosure{ID: d.Env.NewID(), Enquiry: r.EnquiryID, Item: a.ID,
			Recipient: string(d.self()), Permitted: false, Basis: "set_aside." + a.Why, At: ret.LandedAt}); err != nil {
			return err
		}
	}
	for _, i := range ret.Items {
		if err := tx.PutDisclosure(mash.Disclosure{ID: d.Env.NewID(), Enquiry: r.EnquiryID, Item: ret.ID + "/" + i.ID,
			Recipient: string(d.self()), Permitted: true, Basis: ret.PolicyVersion, Decision: i.Decision, At: ret.LandedAt}); err != nil {
			return err
		}
	}
	for _, w := range ret.Withheld {
		if err := tx.PutDisclosure(mash.Disclosure{ID: d.Env.NewID(), Enquiry: r.EnquiryID, Item: ret.ID + "/" + w.Person + "/" + w.Category,
			Recipient: string(d.self()), Permitted: false, Basis: w.Clause, At: ret.LandedAt}); err != nil {
			return err
		}
	}
	return nil
}

// afterDecision puts a decision up for review when a return lands after it
// (I4).
func (d *Desk) afterDecision(tx mash.HubTx, r mash.Request, ret mash.Return) error {
	e, err := tx.EnquiryHead(r.EnquiryID)
	if err != nil || !decided(e) {
		return err
	}
	if e, err = tx.Enquiry(r.EnquiryID); err != nil {
		return err
	}
	e.Review = true
	if err := tx.UpdateEnquiry(e); err != nil {
		return err
	}
	return d.note(tx, nil, mash.Entry{At: ret.LandedAt, Actor: d.Hub, Action: "decision.review_due", Enquiry: e.ID, Request: r.ID})
}

// clarified takes an agency's question back: the request is marked and the
// time is the requester's until it is answered.
func (d *Desk) clarified(ctx context.Context, tx mash.HubTx, m exchange.Received) error {
	body, err := wire.DecodeBody[wire.Clarify](m.Message)
	if err != nil || body.Answer || body.Text == "" {
		return mash.Errorf(mash.CodeBadMessage, "not a question")
	}
	r, err := tx.Request(m.Ref)
	if errors.Is(err, mash.ErrNotFound) || err == nil && m.Issuer != mash.PartyAddress(r.Party) {
		return mash.Errorf(mash.CodeNotFound, "no such request")
	}
	if err != nil {
		return err // ours to mend: it comes again
	}
	if _, err := change(tx, r.EnquiryID, func(e *mash.Enquiry) error {
		e.Content.Clarifications = append(e.Content.Clarifications, mash.Clarification{Request: r.ID, Question: body.Text})
		return nil
	}); err != nil {
		return err
	}
	if r.State.Ended() {
		return mash.Errorf(mash.CodeConflict, "the request is %s", r.State)
	}
	if !slices.Contains(r.Marks, mash.MarkClarifying) {
		r.Marks = append(r.Marks, mash.MarkClarifying)
		if err := tx.UpdateRequest(r); err != nil {
			return err
		}
		if err := tx.PutEvent(mash.Event{Request: r.ID, Kind: mash.EventClarifyOpen, At: m.At, Clock: mash.ClockHub}); err != nil {
			return err
		}
	}
	return d.note(tx, nil, mash.Entry{At: m.At, Actor: string(m.Issuer), Action: "request.clarify", Enquiry: r.EnquiryID, Request: r.ID})
}

// AnswerClarification answers an agency's question. Its text is sealed and
// goes to that agency only.
func (d *Desk) AnswerClarification(ctx context.Context, actor mash.Actor, requestID, text string) (mash.Request, error) {
	r, e, err := d.loadRequest(ctx, actor, requestID, "act")
	if err != nil {
		return r, err
	}
	if blank(text) {
		return r, mash.Invalid("text", "is missing", "write the answer")
	}
	now := d.Env.Now()
	err = d.Store.Update(ctx, func(tx mash.HubTx) error {
		if r, err = tx.Request(requestID); err != nil {
			return err
		}
		if r.State.Ended() || !slices.Contains(r.Marks, mash.MarkClarifying) {
			return mash.Conflict("no question is open on this request", "look at it again: it has been answered, or the request has ended")
		}
		r.Marks = slices.DeleteFunc(r.Marks, func(m string) bool { return m == mash.MarkClarifying })
		if err := tx.UpdateRequest(r); err != nil {
			return err
		}
		if _, err := change(tx, r.EnquiryID, func(e *mash.Enquiry) error {
			for i := range e.Content.Clarifications {
				if c := &e.Content.Clarifications[i]; c.Request == r.ID && c.Answer == "" {
					c.Answer = text
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if err := tx.PutEvent(mash.Event{Request: r.ID, Kind: mash.EventClarifyClosed, At: now, Clock: mash.ClockHub}); err != nil {
			return err
		}
		if _, err := d.post.Post(ctx, tx, exchange.Draft{From: d.self(), To: mash.PartyAddress(r.Party), MaxAge: d.MaxAge,
			Header: header(wire.KindClarify, r), Body: wire.Clarify{Answer: true, Text: text}}); err != nil {
			return err
		}
		return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "request.clarified", Enquiry: e.ID, Request: r.ID})
	})
	return r, err
}
