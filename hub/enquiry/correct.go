package enquiry

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// CorrectInput is who somebody really is.
type CorrectInput struct {
	Person            string        `json:"person"` // key
	Record            record.Person `json:"record"` // as it is to be from now on, whole
	IdentifierOmitted string        `json:"identifier_omitted_reason,omitempty"`
	Reason            string        `json:"reason"`
}

// Correct corrects the identity of somebody in an enquiry: a wrong date of
// birth has agencies look at somebody else's child. Each open question about
// them is decided and put anew, and its agency searches again; where the
// agreement does not permit it, the question is withdrawn, because the wrong
// one must not stand. What has landed stays as it is. Errors: CodeInvalid,
// CodeConflict; CodeFault if it could not be decided, and nothing was changed.
func (d *Desk) Correct(ctx context.Context, actor mash.Actor, id string, in CorrectInput) error {
	for range 5 {
		err := d.correct(ctx, actor, id, in)
		if errors.Is(err, mash.ErrStale) {
			continue
		}
		return err
	}
	return mash.Conflict("the enquiry kept changing", "look again and correct it then")
}

// codeCorrected is why a question was withdrawn that may not be put about who
// somebody really is.
const codeCorrected = "identity_corrected"

// codeAgreement is why a question was withdrawn to which the family agrees no
// more.
const codeAgreement = "agreement_withdrawn"

// put is an open request as it is put anew, with the decision on that.
type put struct {
	was, next mash.Request
	dec       mash.Decision
	deny      bool
}

func (d *Desk) correct(ctx context.Context, actor mash.Actor, id string, in CorrectInput) error {
	e, err := d.act(ctx, actor, id, "act")
	if err != nil {
		return err
	}
	corrected, err := in.apply(e)
	if err != nil {
		return err
	}
	var again []put
	var open []mash.Request
	reviewed := map[string]bool{}
	if err := d.Store.View(ctx, func(tx mash.HubTx) error {
		open = nil
		all, err := tx.RequestsOf(id)
		if err != nil {
			return err
		}
		for _, r := range all {
			if r.State.Ended() || r.MessageID == "" || !slices.Contains(r.Persons, in.Person) {
				continue
			}
			dec, err := tx.Decision(r.Decision)
			if err != nil {
				return err
			}
			open, reviewed[r.ID] = append(open, r), wasReviewed(dec)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, r := range open {
		x := put{was: r, next: r, dec: d.Policy.Ask(ctx, d.askInput(actor, corrected, r, reviewed[r.ID]))}
		if x.dec.Fault {
			if err := d.record(ctx, x.dec, mash.Entry{Actor: actor.ID, Action: "enquiry.correct_undecided", Enquiry: id, Request: r.ID}); err != nil {
				return err
			}
			return denied(x.dec)
		}
		x.next.Decision, x.next.Fields = x.dec.ID, x.dec.Fields
		x.next.Persons, x.next.Categories = permitted(x.dec, r.Persons), permitted(x.dec, r.Categories)
		x.deny = x.dec.Answer != mash.Permit || !implements(x.dec.Obligations) ||
			len(x.next.Persons) == 0 || len(x.next.Categories) == 0 || len(x.next.Fields) == 0
		again = append(again, x)
	}
	return d.Store.Update(ctx, func(tx mash.HubTx) error {
		if _, err := change(tx, id, func(now *mash.Enquiry) error {
			if now.Version != e.Version {
				return mash.ErrStale
			}
			now.Content.People = corrected.Content.People
			now.Content.Notes = append(now.Content.Notes, mash.Note{At: d.Env.Now(), By: actor.ID, Step: "enquiry.correct", Text: in.Reason})
			return nil
		}); err != nil {
			return err
		}
		if err := d.note(tx, nil, mash.Entry{Actor: actor.ID, Action: "enquiry.correct", Enquiry: id, Detail: map[string]string{"person": in.Person}}); err != nil {
			return err
		}
		for _, x := range again {
			if err := d.putAnew(ctx, tx, actor, corrected, x); err != nil {
				return err
			}
		}
		return nil
	})
}

// putAnew sends a question about a corrected identity, or withdraws it.
func (d *Desk) putAnew(ctx context.Context, tx mash.HubTx, actor mash.Actor, e mash.Enquiry, x put) error {
	now, err := tx.Request(x.was.ID)
	if err != nil {
		return err
	}
	if now.Version != x.was.Version {
		return mash.ErrStale
	}
	action, answer := "request.ask", mash.Permit
	if x.deny {
		action, answer = "request.denied", mash.Deny
	}
	if err := d.note(tx, &x.dec, mash.Entry{Actor: actor.ID, Action: action, Enquiry: e.ID, Request: now.ID,
		Detail: map[string]string{"party": now.Party.String(), "answer": string(answer)}}); err != nil {
		return err
	}
	if x.deny {
		return d.withdraw(ctx, tx, actor, &now, codeCorrected)
	}
	was, err := d.sent(tx, now)
	if err != nil {
		return err
	}
	return d.revise(ctx, tx, actor, e, &x.next, was, changedIdentity)
}

// apply is the enquiry with the correction made.
func (in CorrectInput) apply(e mash.Enquiry) (mash.Enquiry, error) {
	i := slices.IndexFunc(e.Content.People, func(p mash.EnquiryPerson) bool { return p.Key == in.Person })
	if i < 0 {
		return e, mash.Invalid("person", "is not in the enquiry", "use the key of one of its people")
	}
	if blank(in.Reason) {
		return e, mash.Invalid("reason", "is missing", "say what was wrong and how you know")
	}
	e.Content.People = slices.Clone(e.Content.People)
	p := &e.Content.People[i]
	if reflect.DeepEqual(p.Record, in.Record) {
		return e, mash.Invalid("record", "is as it was", "correct what is wrong")
	}
	p.Record = in.Record
	if in.IdentifierOmitted != "" {
		p.IdentifierOmitted = in.IdentifierOmitted
	}
	return e, checkPeople(e.Content.People)
}

// wasReviewed reports whether a manager allowed a question.
func wasReviewed(dec mash.Decision) bool {
	var in struct {
		Reviewed bool `json:"reviewed"`
	}
	return json.Unmarshal(dec.Input, &in) == nil && in.Reviewed
}

// NarrowAgreement records that the family still agrees, but to fewer agencies
// than before. Questions to the others are withdrawn in the same transaction.
// That they no longer agree about somebody, or to something, narrows the
// questions themselves: see Amend.
func (d *Desk) NarrowAgreement(ctx context.Context, actor mash.Actor, id string, still []string) error {
	if len(still) == 0 || twice(still) {
		return mash.Invalid("agencies", "names none, or one twice", "choose those the family still agrees to; if there is none, record that it no longer agrees")
	}
	for _, a := range still {
		if _, ok := d.Agencies.Agency(a); !ok {
			return mash.Invalid("agencies", "names one that is not of this partnership", "choose from the directory")
		}
	}
	err := d.step(ctx, actor, id, "act", "enquiry.agreement_narrowed", nil, func(tx mash.HubTx, e *mash.Enquiry) error {
		if e.Basis.Agreement == nil || e.Basis.Agreement.State != "given" {
			return mash.Conflict("this enquiry does not rest on the family's agreement", "withdraw single questions instead")
		}
		a := *e.Basis.Agreement
		if len(a.Scope) > 0 && !within(still, a.Scope) {
			return mash.Invalid("agencies", "names one that the family did not agree to", "to ask more agencies, ask the family again")
		}
		a.Scope = still
		e.Basis.Agreement = &a
		requests, err := tx.RequestsOf(id)
		if err != nil {
			return err
		}
		for _, r := range requests {
			if r.State.Ended() || slices.Contains(still, r.Party.Agency) {
				continue
			}
			if err := d.withdraw(ctx, tx, actor, &r, codeAgreement); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}
