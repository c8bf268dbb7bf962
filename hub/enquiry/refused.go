package enquiry

import (
	"errors"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// Refused makes visible that the hub could not take an agency's answer in: the
// agency believes that it has answered, and the hub still waits. What the
// answer said is not kept. It is called in the transaction that tells the
// agency so.
func (d *Desk) Refused(tx mash.HubTx, m exchange.Received, code mash.Code) error {
	if m.Kind != wire.KindReturn {
		return nil
	}
	r, err := tx.Request(m.Ref)
	if errors.Is(err, mash.ErrNotFound) {
		return nil // it is about nothing that was asked here
	}
	if err != nil {
		return err
	}
	if m.Issuer != mash.PartyAddress(r.Party) {
		return nil // somebody else's word about this request says nothing about it
	}
	if _, err := tx.ReturnOf(r.ID, m.Revision); err == nil {
		return nil // this revision is here: what was refused is a repeat
	} else if !errors.Is(err, mash.ErrNotFound) {
		return err
	}
	if r.AnswerRefused == code {
		return nil // known already: a node that keeps trying must not fill the timeline
	}
	if err := tx.PutEvent(mash.Event{Request: r.ID, Kind: mash.EventReturnRefused, At: m.At, Clock: mash.ClockHub, Detail: string(code)}); err != nil {
		return err
	}
	r.AnswerRefused = code
	r.Marks = union(r.Marks, []string{mash.MarkAnswerRefused})
	if err := tx.UpdateRequest(r); err != nil {
		return err
	}
	return d.note(tx, nil, mash.Entry{At: m.At, Actor: d.Hub, Action: "request.answer_refused", Enquiry: r.EnquiryID, Request: r.ID,
		Detail: map[string]string{"message": m.ID, "code": string(code)}})
}
