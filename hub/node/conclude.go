package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// conclude decides what may leave, and writes decision, return, tasks and
// audit entry in one transaction. apply brings the caller's findings into the
// work as it is stored now; conclude then goes on from there. If j has its work
// the findings are in it, and it is read again only where it changed.
//
// The decision is made before the transaction, because a policy takes its
// time; should the work have changed meanwhile it is made again.
func (n *Node) conclude(ctx context.Context, j job, actor mash.Actor, apply func(mash.NodeTx, *work) error) error {
	for range 5 {
		known := j.work != nil
		if !known {
			err := n.Store.View(ctx, func(tx mash.NodeTx) error {
				h, stored, err := held(tx, j.hub, j.id, j.party)
				if err != nil {
					return err
				}
				j.work, j.version = stored, h.Version
				return apply(tx, stored)
			})
			if err != nil {
				return err
			}
		}
		decided := n.Env.Now()
		dec := n.links[j.hub].Policy.Release(ctx, n.releaseInput(j.hub, j.id, j.party, actor, j.work, decided))
		rel := assemble(j.work, dec)
		err := n.Store.Update(ctx, func(tx mash.NodeTx) error {
			h, err := tx.Held(j.hub, j.id, j.party)
			if err != nil {
				return err
			}
			if h.Version != j.version {
				return mash.ErrStale
			}
			if over, err := mash.Overtaken(tx, j.hub, dec.PolicyEpoch, decided); err != nil || over {
				return errors.Join(err, mash.ErrStale) // the agreements changed since it was decided: a stop, perhaps
			}
			if h.State != mash.RequestAnswering && h.State != mash.RequestReceived {
				return mash.Conflict("the request is "+string(h.State), "go on with the next one in the inbox")
			}
			w := *j.work
			if !known {
				_, stored, err := held(tx, j.hub, j.id, j.party)
				if err != nil {
					return err
				}
				if err := apply(tx, stored); err != nil {
					return err
				}
				w = *stored
			}
			return n.effect(ctx, tx, h, &w, dec, rel, actor, decided)
		})
		if errors.Is(err, mash.ErrStale) {
			j.work = nil
			continue
		}
		if err == nil {
			n.Changed()
		}
		return err
	}
	return mash.Errorf(mash.CodeUnavailable, "the request kept changing")
}

// releaseInput is the question to the policy, without content.
func (n *Node) releaseInput(hub, id string, p mash.Party, actor mash.Actor, w *work, now time.Time) mash.ReleaseInput {
	in := mash.ReleaseInput{
		About: mash.About{Where: mash.PartyAddress(p), Actor: actor.ID, Request: id, Now: now},
		Hub:   hub, Party: p, Purpose: w.Purpose, Basis: w.Question.Basis, Asked: w.Question.Categories,
		From: w.Question.From, To: w.Question.To, Withhold: w.Withhold,
	}
	for _, person := range w.Question.Persons {
		f := w.Findings[person.Key]
		if f == nil {
			continue
		}
		held := map[string]bool{}
		for _, i := range f.Items {
			held[i.Category] = true
			x := mash.ItemInput{ID: i.ID, Person: i.Person, Category: i.Category, Kind: string(i.Kind), Handling: known(i.Handling, handlings),
				Flags: knownAll(i.Flags, flags), Band: f.Band, Reviewed: slices.Contains(f.Written, i.ID) || w.Reviewed[i.ID]}
			if last := i.Date.Latest(); !last.IsZero() {
				x.Date, x.AgeDays = last.Format(time.DateOnly), int(now.Sub(last).Hours()/24)
			}
			if i.Until != nil { // what lasts is as old as its end
				if end := i.Until.Latest(); end.After(now) {
					x.AgeDays = 0
				} else if !end.IsZero() {
					x.AgeDays = int(now.Sub(end).Hours() / 24)
				}
			}
			in.Items = append(in.Items, x)
		}
		for _, x := range w.Withhold {
			held[x.Category] = held[x.Category] || x.Person == person.Key
		}
		// Every category asked for, held or not: existence is answered alike.
		for _, c := range w.Question.Categories {
			in.Held = append(in.Held, mash.HeldInput{Person: person.Key, Category: c, Band: f.Band, Held: held[c]})
		}
	}
	return in
}

// handlings and flags are what a decision's input may say of an item. What an
// agency's system, or a person, wrote there beyond them goes in as "other": an
// input is kept to be replayed, and free text in it could be about anybody.
var (
	handlings = []string{"", "P", "C"}
	flags     = []string{record.FlagProtectedLocation, record.FlagThirdParty, record.FlagIntelligence, record.FlagRedacted}
)

func known(s string, list []string) string {
	if slices.Contains(list, s) {
		return s
	}
	return "other"
}

func knownAll(in, list []string) []string {
	var out []string
	for _, s := range in {
		out = append(out, known(s, list))
	}
	return out
}

// clausePerson is the clause of what a person at the agency keeps back, with
// the reason that they gave.
const clausePerson = "agency_person"

// released is what a decision lets go.
type released struct {
	outcomes []mash.PersonOutcome
	items    []mash.ReturnedItem
	withheld []mash.Withholding
	review   map[string][]string // items that a reviewer must look at, with the policy's reasons
	waiting  bool                // somebody or something has still to answer
	quiet    bool                // a person here looks at something of which the hub must not learn that it is here
	retry    bool                // a system is to be asked again
}

// assemble turns findings and decision into what leaves. Anything the decision
// does not clearly permit stays.
func assemble(w *work, dec mash.Decision) released {
	var out released
	for _, person := range w.Question.Persons {
		o := mash.PersonOutcome{Person: person.Key}
		f := w.Findings[person.Key]
		if f == nil {
			f = &finding{State: findUnavailable}
		}
		switch f.State {
		case findUnavailable:
			o.Outcome, o.Reason, out.waiting, out.retry = mash.SourceUnavailable, f.Reason, true, true
		case findGivenUp:
			o.Outcome, o.Reason = mash.SourceUnavailable, f.Reason
		case findRefused:
			o.Outcome, o.Reason = mash.Refused, f.Reason
		case findCheck:
			if o.Outcome = mash.Pending; secret(w, dec, person.Key) {
				o.Outcome, out.quiet = mash.NothingDisclosable, true
				break
			}
			out.waiting = true
		case findAsk:
			o.Outcome, out.waiting = mash.Pending, true
		default:
			if undecided(w, dec, person.Key, f) {
				// It could not be decided. That is neither "nothing known" nor a
				// clause's deny: it is said, and tried again (I6).
				o.Outcome, o.Reason, out.waiting, out.retry = mash.Pending, "policy_fault", true, true
				break
			}
			o.Outcome = out.person(w, dec, person.Key, f)
		}
		out.outcomes = append(out.outcomes, o)
	}
	return out
}

// person releases what is held on one person and says which outcome that is.
func (out *released) person(w *work, dec mash.Decision, key string, f *finding) mash.ReturnOutcome {
	visible, hidden := false, false
	shown := map[string]bool{} // by category
	var review []string        // categories of what a reviewer must look at
	withheld := map[string]*mash.Withholding{}
	var order []string
	for _, i := range f.Items {
		existence := dec.Part("existence:" + key + ":" + i.Category)
		v := dec.Part("item:" + i.ID)
		allowed, reviewed := w.Reviewed[i.ID]
		switch {
		case v.Answer == mash.Permit && (!reviewed || allowed) && sendable(v.Obligations):
			// A permit of the content is one of its existence, also where the
			// category is otherwise neither confirmed nor denied.
			visible, shown[i.Category] = true, true
			if i.Until == nil && i.Date.Latest().Before(w.Question.From) {
				// The policy lets only what lasts lie before the period.
				i.Until = &record.PartialDate{Date: "1900-01-01", Accuracy: "UUU"}
			}
			out.items = append(out.items, mash.ReturnedItem{Item: i, Obligations: v.Obligations, Decision: dec.ID, Clauses: v.Clauses})
			continue
		case (v.Answer == mash.Review || existence.Answer == mash.Review) && !reviewed:
			review = append(review, i.Category)
			if out.review == nil {
				out.review = map[string][]string{}
			}
			out.review[i.ID] = append(slices.Clone(v.Reasons), existence.Reasons...)
			continue
		case existence.Answer != mash.Permit:
			hidden = true
			continue
		}
		visible = true
		x := withheld[i.Category]
		if x == nil {
			x = &mash.Withholding{Person: key, Category: i.Category, Clause: first(v.Clauses), Reason: first(v.Reasons)}
			if reviewed && !allowed {
				x.Clause, x.Reason = clausePerson, w.Why[i.ID]
			}
			withheld[i.Category], order = x, append(order, i.Category)
		}
		x.Count++
	}
	for _, c := range order {
		out.withheld = append(out.withheld, *withheld[c])
	}
	for _, x := range w.Withhold { // what a person says that they keep back
		switch {
		case x.Person != key:
		case dec.Part("existence:"+key+":"+x.Category).Answer == mash.Permit:
			visible = true
			out.withheld = append(out.withheld, x)
		default:
			hidden = true
		}
	}
	for _, category := range review {
		if shown[category] || dec.Part("existence:"+key+":"+category).Answer == mash.Permit {
			out.waiting = true
			return mash.Pending
		}
		// "Pending" would tell that there is something to look at. Until somebody
		// has, the answer is the one that there is where nothing is held.
		out.quiet = true
	}
	if visible {
		return mash.RecordsFound
	}
	// Nothing that may be told of. If existence is not to be told for any
	// category asked, the answer is the same whether or not something is held.
	for _, c := range w.Question.Categories {
		if dec.Part("existence:"+key+":"+c).Answer != mash.Permit {
			hidden = true
		}
	}
	if hidden {
		return mash.NothingDisclosable
	}
	return mash.NothingKnown
}

// secret reports whether existence may be told for no category that was asked
// about a person: then not even that there are records to choose from.
func secret(w *work, dec mash.Decision, key string) bool {
	return !slices.ContainsFunc(w.Question.Categories, func(c string) bool {
		p := dec.Part("existence:" + key + ":" + c)
		return p.Answer == mash.Permit || p.Fault
	}) && !dec.Fault
}

// undecided reports whether the policy failed on anything about a person.
func undecided(w *work, dec mash.Decision, key string, f *finding) bool {
	for _, c := range w.Question.Categories {
		if dec.Part("existence:" + key + ":" + c).Fault {
			return true
		}
	}
	for _, i := range f.Items {
		if dec.Part("item:" + i.ID).Fault {
			return true
		}
	}
	return dec.Fault
}

// sendable reports whether the obligations travel with the item or are met
// here. One that this node does not know makes the answer a deny (I6).
func sendable(obligations []mash.Obligation) bool {
	for _, o := range obligations {
		switch o.Code {
		case mash.ObligeProtectLocation, mash.ObligeOriginator, mash.ObligeExpires, mash.ObligeNotVisible:
		default: // existence_only, redact_third_party and what is unknown
			return false
		}
	}
	return true
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

// parked is when a request is due that waits for a person: never. (A zero time
// would be due at once, and the work loop would decide again and again.)
var parked = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// effect writes everything that follows from a decision.
func (n *Node) effect(ctx context.Context, tx mash.NodeTx, h mash.HeldRequest, w *work, dec mash.Decision, rel released, actor mash.Actor, decided time.Time) error {
	if err := n.tasksFor(tx, h, w, rel, actor); err != nil {
		return err
	}
	entry := mash.Entry{At: decided, Actor: actor.ID, Action: "request.release", Hub: h.Hub, Request: h.ID, Detail: map[string]string{
		"party": h.Party.String(), "items": fmt.Sprint(len(rel.items)), "withheld": fmt.Sprint(len(rel.withheld)), "final": fmt.Sprint(rel.final())}}
	if err := n.note(tx, &dec, entry); err != nil {
		return err
	}
	told := fingerprint(rel)
	final := rel.final()
	var events []mash.Event
	// A try that changes nothing is in the ledger, not on the clock; nor is one
	// after which only somebody here looks at what may not be spoken of.
	if final || rel.waiting && told != w.Told {
		events = []mash.Event{
			n.event(h.ID, mash.EventAgencyPolicy, decided, ""),
			n.event(h.ID, mash.EventAgencyDecided, n.Env.Now(), dec.ID),
		}
	}
	if w.opened != nil && h.State == mash.RequestReceived {
		events = slices.Insert(events, 0, *w.opened)
	}
	for _, e := range events {
		if err := tx.PutNodeEvent(h.Hub, h.Party, e); err != nil {
			return err
		}
	}
	if final || rel.waiting && told != w.Told && worthTelling(rel) {
		if err := n.send(ctx, tx, h, w, dec, rel, final); err != nil {
			return err
		}
		w.Told = told
	}
	h.Due = parked // until a person answers
	switch {
	case final:
		h.State = mash.RequestReturned
	case rel.retry:
		h.Attempts++
		h.Due = n.Env.Now().Add(n.pause(h.Attempts))
	}
	if h.State == mash.RequestReceived {
		h.State = mash.RequestAnswering
	}
	return n.save(tx, h, w)
}

// final: nothing is to come. While somebody looks at what may not be spoken of
// nothing goes out that would not go out without it: no part return either,
// whose last part would be to come.
func (r released) final() bool { return !r.waiting && !r.quiet }

// worthTelling: a part return goes when a system cannot be searched, or when
// something is ready while the rest waits.
func worthTelling(rel released) bool {
	return rel.retry || len(rel.items) > 0
}

// fingerprint is equal for two part returns that say the same.
func fingerprint(rel released) string {
	ids := []string{}
	for _, i := range rel.items {
		ids = append(ids, i.ID)
	}
	b, _ := json.Marshal([]any{rel.outcomes, rel.withheld, ids}) // plain data: cannot fail
	return string(b)
}

// maxEvents is how many events go with a return; the hub takes 200.
const maxEvents = 150

// send seals a return and puts it into the outbox. The revision is taken in
// this transaction and its bytes are kept, so that a repeat sends the same.
func (n *Node) send(ctx context.Context, tx mash.NodeTx, h mash.HeldRequest, w *work, dec mash.Decision, rel released, final bool) error {
	last, err := tx.LastRevision(h.Hub, h.ID, h.Party)
	if err != nil {
		return fmt.Errorf("numbering return: %w", err)
	}
	now := n.Env.Now()
	if err := tx.PutNodeEvent(h.Hub, h.Party, n.event(h.ID, mash.EventAgencyReturned, now, "")); err != nil {
		return err
	}
	events, err := tx.NodeEvents(h.Hub, h.Party, h.ID)
	if err != nil {
		return err
	}
	if over := len(events) - maxEvents; over > 0 { // the middle of a long wait
		events = slices.Delete(events, maxEvents/2, maxEvents/2+over)
	}
	// That something waited for the agency's reviewer is its own affair: it
	// would tell of what may not even be confirmed.
	events = slices.DeleteFunc(events, func(e mash.Event) bool { return e.Kind == mash.EventAgencyReview })
	for i := range events {
		events[i].Request = ""
	}
	ret := mash.Return{Hub: h.Hub, RequestID: h.ID, Party: h.Party, Revision: last + 1, Final: final,
		Outcomes: rel.outcomes, Withheld: rel.withheld, Events: events, PolicyVersion: dec.PolicyVersion}
	m, err := n.links[h.Hub].post.Post(ctx, tx, exchange.Draft{
		From: mash.PartyAddress(h.Party), To: mash.HubAddress(h.Hub), MaxAge: n.MaxAge,
		Header: wire.Header{Kind: wire.KindReturn, Ref: h.ID, Revision: last + 1, Answers: h.Hash, Purpose: w.Purpose, Scope: w.Scope,
			PolicyVersion: dec.PolicyVersion, PolicyEpoch: dec.PolicyEpoch},
		Body: wire.Return{Return: ret, Items: rel.items}})
	if err != nil {
		return fmt.Errorf("posting return: %w", err)
	}
	return tx.PutSentReturn(mash.SentReturn{Hub: h.Hub, Request: h.ID, Party: h.Party, Revision: last + 1, Final: final,
		MessageID: m.ID, Sealed: m.Sealed, At: now})
}
