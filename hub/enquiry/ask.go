package enquiry

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// AskInput says whom to ask what. Nothing is preselected.
type AskInput struct {
	Ask      []PartyAsk      `json:"ask"`
	NotAsked []mash.NotAsked `json:"not_asked"`
	From     time.Time       `json:"from"`
	To       time.Time       `json:"to"` // zero: now
}

// PartyAsk is the question to one party. Empty Categories means everything
// the party holds that the agreement allows for the purpose; empty Persons
// means everybody in the enquiry.
type PartyAsk struct {
	Party      mash.Party `json:"party"`
	Categories []string   `json:"categories,omitempty"`
	Persons    []string   `json:"persons,omitempty"`
}

// Ask decides and sends the questions. Each party gets a request of its own,
// whatever the answer: what policy denies ends refused and what needs a person
// waits as held_for_review, both visible. Errors: CodeInvalid, CodeConflict.
//
// The decisions are made before the transaction, because a policy takes its
// time. Should the enquiry have changed meanwhile (the family withdrew its
// agreement, somebody else asked) they are made again.
func (d *Desk) Ask(ctx context.Context, actor mash.Actor, enquiryID string, in AskInput) ([]mash.Request, error) {
	for range 5 {
		requests, err := d.ask(ctx, actor, enquiryID, in)
		if errors.Is(err, mash.ErrStale) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return requests, nil
	}
	return nil, mash.Conflict("the enquiry kept changing", "look again and ask then")
}

// asking are the states in which more may be asked.
var asking = []mash.EnquiryState{mash.EnquiryScreened, mash.EnquiryResearching, mash.EnquiryCollated}

func (d *Desk) ask(ctx context.Context, actor mash.Actor, enquiryID string, in AskInput) ([]mash.Request, error) {
	e, err := d.act(ctx, actor, enquiryID, "ask")
	if err != nil {
		return nil, err
	}
	if err := expect(e, "ask", asking...); err != nil {
		return nil, err
	}
	now := d.Env.Now()
	if in.To.IsZero() {
		in.To = now
	}
	if err := d.checkAsk(ctx, e, in); err != nil {
		return nil, err
	}
	var requests []mash.Request
	var decisions []mash.Decision
	var decided []time.Time
	for _, pa := range in.Ask {
		r := d.raise(e, pa, in, now)
		dec := d.Policy.Ask(ctx, d.askInput(actor, e, r, false))
		r.Decision = dec.ID
		requests, decisions, decided = append(requests, r), append(decisions, dec), append(decided, d.Env.Now())
	}
	err = d.Store.Update(ctx, func(tx mash.HubTx) error {
		// What was read is what is acted on: each Ask raises the version.
		if _, err := change(tx, e.ID, func(now *mash.Enquiry) error {
			if now.Version != e.Version {
				return mash.ErrStale
			}
			now.State = mash.EnquiryResearching
			now.NotAsked = append(now.NotAsked, in.NotAsked...)
			return nil
		}); err != nil {
			return err
		}
		for _, x := range in.NotAsked {
			if err := d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "request.not_asked", Enquiry: e.ID, Detail: map[string]string{"party": x.Party.String()}}); err != nil {
				return err
			}
		}
		for i := range requests {
			if err := d.settleAsk(ctx, tx, actor, e, &requests[i], decisions[i], decided[i], true, ""); err != nil {
				return err
			}
		}
		return nil
	})
	return requests, err
}

func (d *Desk) checkAsk(ctx context.Context, e mash.Enquiry, in AskInput) error {
	if len(in.Ask) == 0 && len(in.NotAsked) == 0 {
		return mash.Invalid("ask", "is empty", "choose at least one agency, or say why none is asked")
	}
	if in.From.IsZero() || !in.From.Before(in.To) {
		return mash.Invalid("from", "must be before to", "say from when on you need to know")
	}
	var before []mash.Request
	err := d.Store.View(ctx, func(tx mash.HubTx) (err error) {
		before, err = tx.RequestsOf(e.ID)
		return err
	})
	if err != nil {
		return err
	}
	var asked []mash.Party
	for _, r := range before {
		if !r.State.Ended() {
			asked = append(asked, r.Party)
		}
	}
	known := keys(e)
	for i, pa := range in.Ask {
		field := fmt.Sprintf("ask[%d].", i)
		if !d.Agencies.Knows(pa.Party) {
			return mash.Invalid(field+"party", "is not an agency of this partnership", "choose one from the directory; schools are asked by URN")
		}
		if slices.Contains(asked, pa.Party) {
			return mash.Conflict(pa.Party.String()+" has an open request of this enquiry", "change that question, or withdraw it first")
		}
		asked = append(asked, pa.Party)
		if twice(pa.Persons) || twice(pa.Categories) {
			return mash.Invalid(field+"persons", "or categories has an entry twice", "name each once")
		}
		for _, p := range pa.Persons {
			if !slices.Contains(known, p) {
				return mash.Invalid(field+"persons", "names a person who is not in the enquiry", "use the keys of the enquiry's people")
			}
		}
		agency, _ := d.Agencies.Agency(pa.Party.Agency)
		for _, c := range pa.Categories {
			if !slices.Contains(agency.Holds, c) {
				return mash.Invalid(field+"categories", "has a category that this agency does not hold", "choose from what it holds")
			}
		}
	}
	for i, n := range in.NotAsked {
		if !d.Agencies.Knows(n.Party) && !n.Party.Coded() {
			return mash.Invalid(fmt.Sprintf("not_asked[%d].party", i), "is not an agency", "choose one from the directory, or give a code such as police-marlshire; what is about it goes into the reason")
		}
		if blank(n.Reason) {
			return mash.Invalid(fmt.Sprintf("not_asked[%d].reason", i), "is missing", "say why it is not asked")
		}
	}
	return nil
}

// twice reports whether something stands in a list more than once. A scope with
// a repeat is another scope than the one that the agency makes of the question.
func twice(list []string) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(list)))) < len(list)
}

// raise makes the request before anything was decided.
func (d *Desk) raise(e mash.Enquiry, pa PartyAsk, in AskInput, now time.Time) mash.Request {
	agency, _ := d.Agencies.Agency(pa.Party.Agency)
	if len(pa.Categories) == 0 {
		pa.Categories = slices.Clone(agency.Holds)
	}
	if len(pa.Persons) == 0 {
		pa.Persons = keys(e)
	}
	target, profile := d.Targets.Target(e.RAG, pa.Party, now)
	return mash.Request{
		ID: d.Env.NewID(), Hub: d.Hub, EnquiryID: e.ID, Reference: e.Reference, Party: pa.Party, Revision: 1,
		State: mash.RequestRaised, Purpose: e.Purpose, RAG: e.RAG, Persons: pa.Persons, Categories: pa.Categories,
		From: mash.Instant(in.From), To: mash.Instant(in.To), RaisedAt: now, TargetAt: target, Profile: profile,
	}
}

func (d *Desk) askInput(actor mash.Actor, e mash.Enquiry, r mash.Request, reviewed bool) mash.AskInput {
	in := mash.AskInput{
		About: mash.About{Where: d.self(), Actor: actor.ID, Enquiry: e.ID, Request: r.ID, Now: d.Env.Now()},
		Hub:   d.Hub, Party: r.Party, Purpose: r.Purpose, Level: e.Level, RAG: e.RAG, Basis: basisInput(e.Basis),
		Anonymous: e.Anonymous, Evidence: e.Evidence, Reviewed: reviewed, Conflict: d.conflict(e, r.Party),
		Categories: r.Categories, From: r.From, To: r.To,
	}
	for _, p := range e.Content.People {
		if slices.Contains(r.Persons, p.Key) {
			in.Persons = append(in.Persons, mash.AskPerson{Key: p.Key, Role: p.Role, HasReason: p.Role == mash.RoleSubject || p.Reason != "",
				Fields: available(p.Record), ProtectedLocation: p.ProtectedLocation})
		}
	}
	return in
}

// available lists the identifying fields that are known of a person.
func available(p record.Person) []string {
	var out []string
	for _, f := range record.Fields() {
		if !reflect.DeepEqual(p.Only([]string{f}), record.Person{}) {
			out = append(out, f)
		}
	}
	return out
}

// basisInput is the basis without names.
func basisInput(b mash.Basis) mash.BasisInput {
	var in mash.BasisInput
	if a := b.Agreement; a != nil {
		in.Agreement, in.GivenBy, in.Told, in.Scope = a.State, a.GivenBy, a.Told != "", a.Scope
		if a.WithdrawnAt != nil {
			in.Agreement = "withdrawn"
		}
	}
	if x := b.Dispensation; x != nil {
		in.Dispensation = x.Reason != "" && x.Manager != ""
	}
	if s := b.S47; s != nil {
		in.S47 = s.By != "" && s.Qualified != "" && s.Grounds != "" && s.Evidence != "" && !s.At.IsZero()
	}
	return in
}

// conflict reports whether somebody who opens requests at the party is one of
// the people in the enquiry: the question must then go to somebody else.
//
// Middle names and a preferred name hide nobody: it is enough that one given
// name and one family name are among the words of both.
func (d *Desk) conflict(e mash.Enquiry, p mash.Party) bool {
	opens := d.Agencies.Opens(p)
	return slices.ContainsFunc(e.Content.People, func(person mash.EnquiryPerson) bool {
		return slices.ContainsFunc(person.Record.Names, func(n record.Name) bool {
			given, family := nameWords(append(slices.Clone(n.Given), n.Preferred)...), nameWords(n.Family...)
			return slices.ContainsFunc(opens, func(o string) bool {
				words := nameWords(o)
				return common(words, given) && common(words, family)
			})
		})
	})
}

// nameWords are the words of names, folded.
func nameWords(names ...string) []string {
	return strings.Fields(record.FoldName(strings.Join(names, " ")))
}

// common reports whether two lists share an entry.
func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// settleAsk acts on an ask decision in tx: it stores the request (new) or
// updates it, with events, decision and audit entry, and posts the question
// where it is permitted. now is when the decision had been made: the time from
// raised to authorised is the decision's, the rest of the way to sent the hub's
// (DESIGN §9).
func (d *Desk) settleAsk(ctx context.Context, tx mash.HubTx, actor mash.Actor, e mash.Enquiry, r *mash.Request, dec mash.Decision, now time.Time, isNew bool, refused string) error {
	if over, err := mash.Overtaken(tx, d.Hub, dec.PolicyEpoch, now); err != nil || over {
		return errors.Join(err, stale(over)) // the agreements changed since it was decided: a stop, perhaps
	}
	at := now
	event := func(kind mash.EventKind, detail string) error {
		return tx.PutEvent(mash.Event{Request: r.ID, Kind: kind, At: at, Clock: mash.ClockHub, Detail: detail})
	}
	store := tx.UpdateRequest
	if isNew {
		store = tx.PutRequest
	}
	verdict := dec.Verdict
	if verdict.Answer == mash.Permit {
		if !implements(verdict.Obligations) {
			d.Log.Error("obligation not implemented", "question", dec.Question, "decision", dec.ID, "policy", dec.PolicyVersion)
			verdict = mash.Verdict{Answer: mash.Deny, Fault: true}
		}
		r.Persons = permitted(dec, r.Persons)
		r.Categories = permitted(dec, r.Categories)
		r.Fields = dec.Fields
		if len(r.Persons) == 0 || len(r.Categories) == 0 || len(r.Fields) == 0 {
			verdict.Answer = mash.Deny
		}
	}
	if refused != "" { // by a person, whatever the policy would permit
		verdict = mash.Verdict{Answer: mash.Deny, Fault: refused == "deny_fault"}
	}
	action := "request.ask"
	switch verdict.Answer {
	case mash.Permit:
		r.State = mash.RequestQueued
	case mash.Review:
		r.State, r.Code, action = mash.RequestHeld, "review", "request.held"
	default:
		r.State, r.Code, action = mash.RequestRefused, "deny_clause", "request.denied"
		switch {
		case verdict.Fault:
			r.Code = "deny_fault"
			r.Marks = union(r.Marks, []string{mash.MarkUndecided}) // on every board, until somebody has telephoned
		case refused != "":
			r.Code = refused
		}
	}
	if r.State == mash.RequestQueued {
		m, err := d.question(ctx, tx, e, *r, dec, now)
		switch {
		case mash.CodeOf(err) == mash.CodeUnknownKey:
			// The agency is not enrolled: that holds up no other agency's question.
			r.State, r.Code, action = mash.RequestUndeliverable, string(mash.CodeUnknownKey), "request.undeliverable"
		case err != nil:
			return err
		default:
			r.MessageID = m.ID
		}
	}
	if err := store(*r); err != nil {
		return fmt.Errorf("storing request: %w", err)
	}
	if isNew {
		at = r.RaisedAt
		if err := event(mash.EventRaised, ""); err != nil {
			return err
		}
		at = now
	}
	var err error
	switch r.State {
	case mash.RequestQueued:
		if err = event(mash.EventAuthorised, ""); err == nil {
			err = event(mash.EventQueued, "")
		}
	case mash.RequestHeld:
		err = event(mash.EventHeld, "")
	case mash.RequestUndeliverable:
		err = event(mash.EventUndeliverable, r.Code)
	default:
		err = event(mash.EventRefused, r.Code)
	}
	if err != nil {
		return err
	}
	return d.note(tx, &dec, mash.Entry{At: now, Actor: actor.ID, Action: action, Enquiry: e.ID, Request: r.ID,
		Detail: map[string]string{"party": r.Party.String(), "answer": string(verdict.Answer)}})
}

// question posts the request. Only permitted people and fields go; the
// narrative never.
func (d *Desk) question(ctx context.Context, tx mash.HubTx, e mash.Enquiry, r mash.Request, dec mash.Decision, now time.Time) (mash.OutMessage, error) {
	body := wire.Request{Reference: e.Reference, RAG: e.RAG, Informed: hide(e, nil).informed(e.Informed), Level: e.Level,
		Categories: r.Categories, From: r.From, To: r.To, TargetAt: r.TargetAt, Basis: basisInput(e.Basis), Decision: dec.ID, Stands: stands(r)}
	for _, p := range e.Content.People {
		if !slices.Contains(r.Persons, p.Key) {
			continue
		}
		fields := r.Fields
		if p.ProtectedLocation {
			fields = slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return f == record.FieldAddresses })
		}
		body.Persons = append(body.Persons, wire.Person{Key: p.Key, Role: p.Role, Record: p.Record.Only(fields)})
	}
	h := header(kindOf(r), r)
	h.PolicyVersion, h.PolicyEpoch = dec.PolicyVersion, dec.PolicyEpoch
	if h.Kind == wire.KindRequest { // a change of one does not expire (DESIGN §7)
		h.ExpiresAt = now.Add(d.Lifetime)
	}
	return d.post.Post(ctx, tx, exchange.Draft{From: d.self(), To: mash.PartyAddress(r.Party), MaxAge: d.MaxAge, Body: body, Header: h})
}

// header says what a message about a request is about. The policy is that of
// the decision that it rests on; else the exchange says what is in force.
func header(kind wire.Kind, r mash.Request) wire.Header {
	return wire.Header{Kind: kind, Ref: r.ID, Revision: r.Revision, Purpose: r.Purpose,
		Scope: wire.ScopeHash(r.Purpose, r.Persons, r.Categories, r.From, r.To)}
}

// permitted keeps the keys that a decision permits each by itself.
func permitted(dec mash.Decision, keys []string) []string {
	var out []string
	for _, k := range keys {
		if v := dec.Part(k); v.Answer == mash.Permit && implements(v.Obligations) {
			out = append(out, k)
		}
	}
	return out
}

// implements reports whether asking can honour the obligations: an ask has
// none but those on what comes back. Of a category of which only existence may
// come, land keeps the content back (existenceOnly).
func implements(obligations []mash.Obligation) bool {
	for _, o := range obligations {
		switch o.Code {
		case mash.ObligeProtectLocation, mash.ObligeNotVisible, mash.ObligeExistenceOnly:
		default:
			return false
		}
	}
	return true
}

// ReviewAsk is a manager's answer to a request held for review.
func (d *Desk) ReviewAsk(ctx context.Context, actor mash.Actor, requestID string, allow bool, reason string) (mash.Request, error) {
	r, e, err := d.loadRequest(ctx, actor, requestID, "review")
	if err != nil {
		return r, err
	}
	if r.State != mash.RequestHeld {
		return r, mash.Conflict("the request is "+string(r.State)+", not held for review", "look at it again: it has been reviewed, or withdrawn")
	}
	if blank(reason) {
		return r, mash.Invalid("reason", "is missing", "say why")
	}
	if allow { // to refuse it is always right
		if err := expect(e, "ask", asking...); err != nil {
			return r, err
		}
	}
	dec := d.Policy.Ask(ctx, d.askInput(actor, e, r, allow))
	now := d.Env.Now()
	r.Decision, r.Code = dec.ID, ""
	refused := ""
	switch {
	case !allow:
		refused = "reviewer"
	case dec.Answer == mash.Review: // a review that asks for a review
		refused = "deny_fault"
	}
	err = d.Store.Update(ctx, func(tx mash.HubTx) error {
		stored, err := tx.Enquiry(e.ID)
		if err != nil {
			return err
		}
		if stored.Version != e.Version { // its basis, or its rating
			return mash.ErrStale
		}
		if _, err := change(tx, e.ID, func(e *mash.Enquiry) error {
			e.Content.Notes = append(e.Content.Notes, mash.Note{At: now, By: actor.ID, Step: "request.review", Request: r.ID, Text: reason})
			return nil
		}); err != nil {
			return err
		}
		return d.settleAsk(ctx, tx, actor, e, &r, dec, now, false, refused)
	})
	if errors.Is(err, mash.ErrStale) {
		err = mash.Conflict("the request or its enquiry changed meanwhile", "look again")
	}
	return r, err
}

// Withdraw stops a request that has not landed and tells the agency.
func (d *Desk) Withdraw(ctx context.Context, actor mash.Actor, requestID, reason string) (mash.Request, error) {
	r, _, err := d.loadRequest(ctx, actor, requestID, "act")
	if err != nil {
		return r, err
	}
	if blank(reason) {
		return r, mash.Invalid("reason", "is missing", "say why it is withdrawn")
	}
	err = d.Store.Update(ctx, func(tx mash.HubTx) (err error) {
		if r, err = tx.Request(requestID); err != nil {
			return err
		}
		if r.State.Ended() {
			return mash.Conflict("the request is already "+string(r.State), "there is nothing left to withdraw")
		}
		if _, err := change(tx, r.EnquiryID, func(e *mash.Enquiry) error {
			e.Content.Notes = append(e.Content.Notes, mash.Note{At: d.Env.Now(), By: actor.ID, Step: "request.withdraw", Request: r.ID, Text: reason})
			return nil
		}); err != nil {
			return err
		}
		return d.withdraw(ctx, tx, actor, &r, "withdrawn")
	})
	return r, err
}

func stale(yes bool) error {
	if yes {
		return mash.ErrStale
	}
	return nil
}

// StopAsking ends, in tx, the open questions of some purposes to an agency, or to
// all (empty): what they were decided by is stopped.
func (d *Desk) StopAsking(ctx context.Context, tx mash.HubTx, actor mash.Actor, agency string, purposes []string) error {
	const some = 200
	for passed := 0; ; {
		open, err := tx.OpenRequests(mash.RequestFilter{Agency: agency, Skip: passed, Limit: some})
		if err != nil {
			return err
		}
		for i := range open {
			if !slices.Contains(purposes, string(open[i].Purpose)) {
				passed++
				continue
			}
			if err := d.withdraw(ctx, tx, actor, &open[i], "suspended"); err != nil {
				return err
			}
		}
		if len(open) < some {
			return nil
		}
	}
}

// withdraw ends an open request in tx. A question that the broker does not
// have yet does not leave any more; the agency is told all the same, in case
// it was on its way at this moment.
func (d *Desk) withdraw(ctx context.Context, tx mash.HubTx, actor mash.Actor, r *mash.Request, code string) error {
	now := d.Env.Now()
	r.State, r.Code = mash.RequestWithdrawn, code
	r.Marks = slices.DeleteFunc(r.Marks, func(m string) bool { return m == mash.MarkClarifying })
	if err := tx.UpdateRequest(*r); err != nil {
		return err
	}
	if err := tx.PutEvent(mash.Event{Request: r.ID, Kind: mash.EventWithdrawn, At: now, Clock: mash.ClockHub}); err != nil {
		return err
	}
	if r.MessageID != "" {
		if err := stop(tx, *r, code); err != nil {
			return err
		}
		if _, err := d.post.Post(ctx, tx, exchange.Draft{From: d.self(), To: mash.PartyAddress(r.Party), MaxAge: d.MaxAge,
			Header: header(wire.KindWithdraw, *r), Body: wire.Withdraw{Reason: code}}); err != nil && mash.CodeOf(err) != mash.CodeUnknownKey { // whose keys are revoked cannot be told
			return err
		}
	}
	return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "request.withdraw", Enquiry: r.EnquiryID, Request: r.ID,
		Detail: map[string]string{"code": code}})
}

// loadRequest loads a request and its enquiry for an actor who may act on it.
func (d *Desk) loadRequest(ctx context.Context, actor mash.Actor, id, step string) (r mash.Request, e mash.Enquiry, err error) {
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		r, err = tx.Request(id)
		return err
	})
	if err != nil {
		return r, e, notFound()
	}
	e, err = d.act(ctx, actor, r.EnquiryID, step)
	return r, e, err
}

// keys lists the people of an enquiry by key.
func keys(e mash.Enquiry) []string {
	out := make([]string, len(e.Content.People))
	for i, p := range e.Content.People {
		out[i] = p.Key
	}
	return out
}
