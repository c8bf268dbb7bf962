package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// work is everything the node knows about one request. It is the body of the
// held request and is deleted with it.
type work struct {
	Question wire.Request `json:"question"`
	Purpose  mash.Purpose `json:"purpose"`
	Scope    string       `json:"scope"`
	// Findings by person key.
	Findings map[string]*finding `json:"findings"`
	// Reviewed holds what the agency's reviewer said about items: true may
	// leave, false may not.
	Reviewed map[string]bool   `json:"reviewed,omitempty"`
	Why      map[string]string `json:"why,omitempty"` // of what may not, by item
	// Withhold is what a person who answered keeps back, by category.
	Withhold []mash.Withholding `json:"withhold,omitempty"`
	// Told is a fingerprint of the last part return, so that nothing is sent
	// twice.
	Told string `json:"told,omitempty"`
	// Clarified are the hub's answers to our questions.
	Clarified []string `json:"clarified,omitempty"`

	opened *mash.Event // when a machine began on it, until that is written
}

// finding is what is known about one person of a request.
type finding struct {
	State string        `json:"state"` // see the find… constants
	Band  string        `json:"band,omitempty"`
	Items []record.Item `json:"items,omitempty"`
	// Candidates wait for a person to say which is the right one.
	Candidates []candidate `json:"candidates,omitempty"`
	Reason     string      `json:"reason,omitempty"`
	Written    []string    `json:"written,omitempty"` // ids of the items that a person wrote
}

const (
	findNone        = "none"        // searched, nothing held
	findFound       = "found"       // matched and fetched
	findUnavailable = "unavailable" // a system could not be searched: tried again
	findAsk         = "ask"         // a person must answer
	findCheck       = "check"       // a person must say whether it is the same person
	findRefused     = "refused"     // the agency refuses, with a reason
	findGivenUp     = "given_up"    // the agency says that its system stays unavailable
)

type candidate struct {
	Source string        `json:"source"`
	Ref    string        `json:"ref"`
	Record record.Person `json:"record"`
	Why    []string      `json:"why"`
}

// takeRequest takes a question in. The same revision again is a conflict, a
// newer one replaces what was held.
func (n *Node) takeRequest(ctx context.Context, tx mash.NodeTx, m exchange.Received) error {
	q, party, err := askedIn(m)
	if err != nil {
		return err
	}
	w := &work{Question: q, Purpose: m.Purpose, Scope: m.Scope, Findings: map[string]*finding{}}
	body, err := json.Marshal(w)
	if err != nil {
		return err
	}
	h := mash.HeldRequest{Hub: m.Hub, ID: m.Ref, Party: party, Revision: m.Revision, State: mash.RequestReceived,
		Body: body, Sequence: m.Sequence, Received: m.At, Hash: m.Hash, Due: m.At}
	old, err := tx.Held(m.Hub, m.Ref, party)
	switch {
	case errors.Is(err, mash.ErrNotFound):
		err = tx.PutHeld(h)
		j := job{hub: h.Hub, id: h.ID, party: party, work: w, version: h.Version, revised: n.revised.Load(), asked: askedOf(h)}
		tx.OnCommit(func() { n.begin(j) })
	case err == nil && (old.Sequence >= m.Sequence || old.Revision >= m.Revision):
		return n.overtaken(tx, m, old)
	case err == nil:
		h.Version = old.Version
		err = tx.UpdateHeld(h)
		tx.OnCommit(n.Wake)
	}
	if err != nil {
		return fmt.Errorf("holding request: %w", err)
	}
	if err := tx.PutNodeEvent(m.Hub, party, n.event(m.Ref, mash.EventAgencyReceived, m.At, "")); err != nil {
		return err
	}
	return n.note(tx, nil, mash.Entry{At: m.At, Actor: string(m.Issuer), Action: "request.receive", Hub: m.Hub, Request: m.Ref,
		Detail: map[string]string{"party": party.String(), "hash": m.Hash}})
}

// takeWithdraw ends a request: nothing more leaves for it, and what was asked
// is forgotten.
func (n *Node) takeWithdraw(ctx context.Context, tx mash.NodeTx, m exchange.Received) error {
	n.revised.Add(1)
	party, _ := m.Audience.Party()
	h, err := tx.Held(m.Hub, m.Ref, party)
	if errors.Is(err, mash.ErrNotFound) {
		// It overtook the question: remember it, so that the question finds a
		// newer message here.
		if err := tx.PutHeld(mash.HeldRequest{Hub: m.Hub, ID: m.Ref, Party: party, Revision: m.Revision,
			State: mash.RequestWithdrawn, Sequence: m.Sequence, Received: m.At, Hash: m.Hash}); err != nil {
			return err
		}
		return n.note(tx, nil, mash.Entry{At: m.At, Actor: string(m.Issuer), Action: "request.withdrawn", Hub: m.Hub, Request: m.Ref})
	}
	if err != nil {
		return err
	}
	if m.Sequence < h.Sequence {
		return mash.Errorf(mash.CodeConflict, "a newer message about this request is here")
	}
	stopped, final, err := n.stopReturns(tx, m.Hub, m.Ref, party)
	if err != nil {
		return err
	}
	if h.State != mash.RequestReturned && h.State != mash.RequestLanded || final {
		h.State, h.Sequence = mash.RequestWithdrawn, m.Sequence
		if err := tx.UpdateHeld(h); err != nil {
			return err
		}
		if err := tx.ForgetHeld(m.Hub, m.Ref, party); err != nil {
			return err
		}
		if err := n.closeTasks(tx, m.Hub, m.Ref, party, "withdrawn"); err != nil {
			return err
		}
	}
	return n.note(tx, nil, mash.Entry{At: m.At, Actor: string(m.Issuer), Action: "request.withdrawn", Hub: m.Hub, Request: m.Ref,
		Detail: map[string]string{"stopped": strconv.Itoa(stopped)}})
}

// takeClarify takes the hub's answer to a question of ours.
func (n *Node) takeClarify(ctx context.Context, tx mash.NodeTx, m exchange.Received) error {
	body, err := wire.DecodeBody[wire.Clarify](m.Message)
	if err != nil {
		return err
	}
	party, _ := m.Audience.Party()
	h, w, err := held(tx, m.Hub, m.Ref, party)
	if errors.Is(err, mash.ErrNotFound) {
		return mash.Errorf(mash.CodeNotFound, "no such request")
	}
	if err != nil {
		return err // forgotten already; any other is ours to mend, and it comes again
	}
	w.Clarified = append(w.Clarified, body.Text)
	if err := n.save(tx, h, w); err != nil {
		return err
	}
	return n.note(tx, nil, mash.Entry{At: m.At, Actor: string(m.Issuer), Action: "request.clarified", Hub: m.Hub, Request: m.Ref,
		Detail: map[string]string{"hash": m.Hash}})
}

// Settled learns how the delivery of a message of ours ended.
func (n *Node) Settled(tx mash.NodeTx, m mash.OutMessage, at time.Time) error {
	kind := wire.Kind(m.Kind)
	if kind != wire.KindReturn && kind != wire.KindClarify && kind != wire.KindNotify && kind != wire.KindAcknowledge {
		return nil
	}
	if err := n.refusals(tx, m, at); err != nil {
		return err
	}
	party, _ := m.From.Party()
	entry := mash.Entry{At: at, Actor: string(m.To), Action: m.Kind + "." + m.State, Hub: m.Hub, Request: m.Ref,
		Detail: map[string]string{"message": m.ID, "code": m.Code}}
	if kind != wire.KindReturn {
		if m.State == mash.OutDone { // as it should be; that it was sent is recorded
			return nil
		}
		n.Log.Error("the hub has not got a message of ours", "hub", m.Hub, "kind", m.Kind, "ref", m.Ref, "state", m.State, "code", m.Code)
		return n.note(tx, nil, entry)
	}
	h, err := tx.Held(m.Hub, m.Ref, party)
	if errors.Is(err, mash.ErrNotFound) {
		return n.note(tx, nil, entry) // an error here would hold up every receipt behind it
	}
	if err != nil {
		return err
	}
	revision, err := tx.LastRevision(m.Hub, m.Ref, party)
	if err != nil {
		return err
	}
	last, err := tx.SentReturn(m.Hub, m.Ref, party, revision)
	if err != nil && !errors.Is(err, mash.ErrNotFound) {
		return err
	}
	if last.MessageID == m.ID && last.Final && h.State == mash.RequestReturned {
		switch m.State {
		case mash.OutDone:
			h.State = mash.RequestLanded
		case mash.OutRefused:
			h.State = mash.RequestRefused
			n.Log.Error("the hub refused a return", "hub", m.Hub, "request", m.Ref, "code", m.Code)
		case mash.OutUndeliverable:
			h.State = mash.RequestUndeliverable
			n.Log.Error("a return could not be delivered", "hub", m.Hub, "request", m.Ref)
		}
		if m.State != mash.OutUndeliverable { // its receipt is here
			h.Body = nil
		}
		if err := tx.UpdateHeld(h); err != nil {
			return err
		}
		if h.Body == nil {
			if err := tx.ForgetHeld(m.Hub, m.Ref, party); err != nil {
				return err
			}
		}
	}
	return n.note(tx, nil, entry)
}

// held reads a request and its work.
func held(tx mash.NodeTx, hub, id string, p mash.Party) (mash.HeldRequest, *work, error) {
	h, err := tx.Held(hub, id, p)
	if err != nil {
		return h, nil, err
	}
	if len(h.Body) == 0 {
		return h, nil, mash.Conflict("the request is "+string(h.State)+" and its question is forgotten", "go on with the next one in the inbox")
	}
	var w work
	if err := json.Unmarshal(h.Body, &w); err != nil {
		return h, nil, fmt.Errorf("reading held request: %w", err)
	}
	if w.Findings == nil {
		w.Findings = map[string]*finding{}
	}
	if w.Reviewed == nil {
		w.Reviewed, w.Why = map[string]bool{}, map[string]string{}
	}
	return h, &w, nil
}

// save stores a request with its work.
func (n *Node) save(tx mash.NodeTx, h mash.HeldRequest, w *work) error {
	b, err := json.Marshal(w)
	if err != nil {
		return err
	}
	h.Body = b
	return tx.UpdateHeld(h)
}
