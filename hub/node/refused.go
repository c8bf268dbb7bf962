package node

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// TaskRefused: the hub has not got something of ours, and somebody must know
// and telephone: the agency believes that it has answered, asked or told.
const TaskRefused = "refused"

// taskSending is the state of such a task while its notice is under way: it
// keeps which incident that was, which nothing else does, and nobody sees it.
const taskSending = "sending"

// noReceipt is the code of what no receipt came for in its time.
const noReceipt = "no_receipt"

// NotTaken is what such a task says: nothing about anybody.
type NotTaken struct {
	Code mash.Code `json:"code"` // why, as the hub's receipt says; no_receipt where none came
	What wire.Kind `json:"what"` // return, clarify, notify or acknowledge
	At   time.Time `json:"at"`   // when that was known
	// Reference is of the enquiry; of a notice, the agency's own.
	Reference string `json:"reference,omitempty"`
}

// apart reports whether a kind of task is about no question that is being
// worked on: it neither begins nor ends with the work.
func apart(kind string) bool { return kind == TaskNotice || kind == TaskRefused }

// notTakenOf is what a task of this kind says; nil for any other, and once it
// is done.
func notTakenOf(t mash.Task) *NotTaken {
	var b taskBody
	if t.Kind != TaskRefused || json.Unmarshal(t.Body, &b) != nil {
		return nil
	}
	return b.Refused
}

// refusals keeps what the agency's people must know of what it sent: a task
// when the hub refused it or gave no receipt in its time, none any more once
// the hub has taken another answer.
func (n *Node) refusals(tx mash.NodeTx, m mash.OutMessage, at time.Time) error {
	party, _ := m.From.Party()
	what := wire.Kind(m.Kind)
	tasks, err := tx.TasksOf(m.Hub, m.Ref)
	if err != nil {
		return err
	}
	says := NotTaken{What: what, At: at, Code: mash.Code(m.Code)}
	var there *mash.Task // of the notice, since it was sent; or of an earlier answer
	for _, t := range tasks {
		old := notTakenOf(t)
		switch {
		case old == nil || old.What != what || t.Party != party:
		case t.State == "open" && m.State != mash.OutDone:
			return nil // they know already
		case t.State == taskSending || what == wire.KindReturn:
			there, says.Reference = &t, old.Reference
		}
	}
	if m.State == mash.OutDone {
		if there == nil {
			return nil
		}
		there.State, there.DoneAt, there.DoneBy = "done", at, "hub"
		return tx.UpdateTask(*there)
	}
	if m.State == mash.OutUndeliverable {
		says.Code = noReceipt
	}
	if what == wire.KindReturn || what == wire.KindClarify {
		h, w, err := held(tx, m.Hub, m.Ref, party)
		switch {
		case err == nil:
			says.Reference = w.Question.Reference
		case !errors.Is(err, mash.ErrNotFound) && mash.CodeOf(err) != mash.CodeConflict:
			return err
		case what == wire.KindClarify && h.State == mash.RequestWithdrawn:
			return nil // nobody asks any more what it was about
		}
	}
	body, err := json.Marshal(taskBody{Refused: &says})
	if err != nil {
		return err
	}
	tx.OnCommit(n.Changed)
	if there == nil {
		return tx.PutTask(mash.Task{ID: n.Env.NewID(), Hub: m.Hub, Request: m.Ref, Party: party, Kind: TaskRefused, State: "open", Body: body, Created: at})
	}
	there.State, there.Body, there.Created = "open", body, at
	return tx.UpdateTask(*there)
}

// AcknowledgeRefusal closes such a task: somebody has read it. Errors:
// CodeNotFound for whose it is not, CodeConflict when it is done.
func (n *Node) AcknowledgeRefusal(ctx context.Context, actor mash.Actor, id string) error {
	t, _, err := n.openTask(ctx, actor, id, TaskRefused)
	if err != nil {
		return err
	}
	now := n.Env.Now()
	err = n.Store.Update(ctx, func(tx mash.NodeTx) error {
		stored, err := tx.Task(id)
		if err != nil {
			return err
		}
		if stored.State != "open" {
			return mash.Conflict("this task is done already; nothing was changed", "go on with the next one in the inbox")
		}
		stored.State, stored.DoneAt, stored.DoneBy = "done", now, actor.ID
		if err := tx.UpdateTask(stored); err != nil {
			return err
		}
		return n.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "refusal.read", Hub: t.Hub, Request: t.Request})
	})
	n.Changed()
	return err
}
