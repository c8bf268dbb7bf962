package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// askedIn reads the question of a message and sees that it is whole.
func askedIn(m exchange.Received) (wire.Request, mash.Party, error) {
	q, err := wire.DecodeBody[wire.Request](m.Message)
	if err != nil {
		return q, mash.Party{}, err
	}
	party, ok := m.Audience.Party()
	if !ok || m.Issuer != mash.HubAddress(m.Hub) {
		return q, party, mash.Errorf(mash.CodeWrongParty, "questions come from the hub")
	}
	keys := make([]string, len(q.Persons))
	for i, p := range q.Persons {
		keys[i] = p.Key
	}
	if m.Ref == "" || len(keys) == 0 || len(q.Categories) == 0 || q.From.IsZero() || q.To.IsZero() {
		return q, party, mash.Errorf(mash.CodeBadMessage, "the question is incomplete")
	}
	if wire.ScopeHash(m.Purpose, keys, q.Categories, q.From, q.To) != m.Scope {
		return q, party, mash.Errorf(mash.CodeBadMessage, "the scope is not what the question says")
	}
	return q, party, nil
}

// overtaken settles a question of which a newer revision is here already: the
// sequence decides, and the older one has nothing left to do. It is no fault of
// the hub's, so it is accepted. Any other older message is a conflict.
func (n *Node) overtaken(tx mash.NodeTx, m exchange.Received, old mash.HeldRequest) error {
	if old.State == mash.RequestWithdrawn || old.Revision <= m.Revision {
		return mash.Errorf(mash.CodeConflict, "a newer message about this request is here")
	}
	return n.note(tx, nil, mash.Entry{At: m.At, Actor: string(m.Issuer), Action: "request.overtaken", Hub: m.Hub, Request: m.Ref,
		Detail: map[string]string{"party": old.Party.String(), "hash": m.Hash, "revision": fmt.Sprint(m.Revision)}})
}

// takeAmend takes a new revision of a question in. What is known and is still
// asked stays; what is asked no more is forgotten; who turned out to be
// somebody else is searched for again. Nothing is asked of a system beyond the
// newest question.
//
// An answer that has left already stands where the hub says that it does
// (Stands); else the newest question is answered too.
func (n *Node) takeAmend(ctx context.Context, tx mash.NodeTx, m exchange.Received) error {
	q, party, err := askedIn(m)
	if err != nil {
		return err
	}
	old, err := tx.Held(m.Hub, m.Ref, party)
	if errors.Is(err, mash.ErrNotFound) { // it overtook the question, and says all that it said
		return n.takeRequest(ctx, tx, m)
	}
	if err != nil {
		return err
	}
	n.revised.Add(1)
	if old.Sequence >= m.Sequence || old.Revision >= m.Revision {
		return n.overtaken(tx, m, old)
	}
	h := old
	h.Revision, h.Sequence, h.Hash = m.Revision, m.Sequence, m.Hash
	stands := slices.Contains(q.Stands, old.Hash)
	answered := old.State != mash.RequestReceived && old.State != mash.RequestAnswering
	w := &work{Question: q, Purpose: m.Purpose, Scope: m.Scope, Findings: map[string]*finding{}}
	var gone map[string]bool
	if len(old.Body) > 0 {
		if _, w, err = held(tx, m.Hub, m.Ref, party); err != nil {
			return err
		}
		gone = w.revise(q, m, stands)
	}
	switch {
	case stands && answered && len(old.Body) == 0: // and nothing of it is kept any more
		w = nil
	case stands: // a new target, or how the family stands to it
	default:
		h.Due, h.Attempts = m.At, 0
		if h.State = mash.RequestAnswering; len(old.Body) == 0 {
			h.State = mash.RequestReceived
		}
		if err := n.reviseTasks(tx, h, w, gone); err != nil {
			return err
		}
	}
	if h.Body = nil; w != nil {
		if h.Body, err = json.Marshal(w); err != nil {
			return err
		}
	}
	if err := tx.UpdateHeld(h); err != nil {
		return fmt.Errorf("holding request: %w", err)
	}
	return n.note(tx, nil, mash.Entry{At: m.At, Actor: string(m.Issuer), Action: "request.amend", Hub: m.Hub, Request: m.Ref,
		Detail: map[string]string{"party": party.String(), "hash": m.Hash, "revision": fmt.Sprint(m.Revision), "again": fmt.Sprint(!stands)}})
}

// revise brings the work on a question to its newest revision, and says whose
// finding had to be given up. What stands keeps everything.
func (w *work) revise(q wire.Request, m exchange.Received, stands bool) (gone map[string]bool) {
	before := w.Question
	w.Question, w.Purpose, w.Scope = q, m.Purpose, m.Scope
	if stands {
		return nil
	}
	w.Told, gone = "", map[string]bool{} // the hub is told anew, even where it is the same
	wider := q.From.Before(before.From) || q.To.After(before.To) ||
		slices.ContainsFunc(q.Categories, func(c string) bool { return !slices.Contains(before.Categories, c) })
	kept := map[string]bool{}
	for key, f := range w.Findings {
		now, asked := personOf(q, key)
		was, _ := personOf(before, key)
		if !asked || wider || !reflect.DeepEqual(now.Record, was.Record) {
			gone[key] = true
			delete(w.Findings, key)
			continue
		}
		f.Items = slices.DeleteFunc(f.Items, func(i record.Item) bool {
			return !slices.Contains(q.Categories, i.Category) || !within(i, q, m.At)
		})
		if f.State == findFound && len(f.Items) == 0 {
			f.State, f.Band = findNone, ""
		}
		for _, i := range f.Items {
			kept[i.ID] = true
		}
	}
	for id := range w.Reviewed {
		if !kept[id] {
			delete(w.Reviewed, id)
			delete(w.Why, id)
		}
	}
	w.Withhold = slices.DeleteFunc(w.Withhold, func(x mash.Withholding) bool {
		return w.Findings[x.Person] == nil || !slices.Contains(q.Categories, x.Category)
	})
	return gone
}

func personOf(q wire.Request, key string) (wire.Person, bool) {
	for _, p := range q.Persons {
		if p.Key == key {
			return p, true
		}
	}
	return wire.Person{}, false
}

// reviseTasks takes out of the open tasks of a request what they ask no more,
// at once: a person who has such a task on the screen must not answer about
// somebody else than they were shown. A task of which nothing is left ends, and
// so does one about a person who is to be searched for again; what is still to
// be done gets a task of its own when the newest question is worked on.
func (n *Node) reviseTasks(tx mash.NodeTx, h mash.HeldRequest, w *work, gone map[string]bool) error {
	tasks, err := tx.TasksOf(h.Hub, h.ID)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.State != "open" || t.Party != h.Party || apart(t.Kind) {
			continue
		}
		var b taskBody
		if err := json.Unmarshal(t.Body, &b); err != nil {
			return fmt.Errorf("reading task: %w", err)
		}
		again := false
		b.Persons = slices.DeleteFunc(b.Persons, func(key string) bool {
			_, asked := personOf(w.Question, key)
			again = again || asked && gone[key]
			return !asked
		})
		for id := range b.Items {
			if !w.holds(id) {
				delete(b.Items, id)
			}
		}
		if again || len(b.Persons)+len(b.Items) == 0 {
			t.State, t.DoneAt, t.DoneBy = "done", n.Env.Now(), "amended"
		}
		if t.Body, err = json.Marshal(b); err != nil {
			return err
		}
		if err := tx.UpdateTask(t); err != nil {
			return err
		}
	}
	return nil
}

// holds reports whether an item is among the findings.
func (w *work) holds(item string) bool {
	for _, f := range w.Findings {
		if slices.ContainsFunc(f.Items, func(i record.Item) bool { return i.ID == item }) {
			return true
		}
	}
	return false
}
