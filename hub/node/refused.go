package node

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"mashhub/hub/mash"
)

// TaskRefused: the hub could not take an answer of ours, and somebody must
// know: the agency believes that it has answered.
const TaskRefused = "refused"

// RefusedAnswer is what such a task says: nothing about anybody.
type RefusedAnswer struct {
	Code      mash.Code `json:"code"` // why, as the hub's receipt says
	At        time.Time `json:"at"`   // when the receipt came
	Reference string    `json:"reference,omitempty"`
}

// apart reports whether a kind of task is about no question that is being
// worked on: it neither begins nor ends with the work.
func apart(kind string) bool { return kind == TaskNotice || kind == TaskRefused }

// refusedReference is the enquiry's reference of a refused answer, whose
// question may be forgotten by now; empty for any other task.
func refusedReference(t mash.Task) string {
	var b taskBody
	if t.Kind != TaskRefused || json.Unmarshal(t.Body, &b) != nil || b.Refused == nil {
		return ""
	}
	return b.Refused.Reference
}

// refusals keeps what the agency's people must know of its answers: a task when
// the hub refused one, none any more once the hub has taken another.
func (n *Node) refusals(tx mash.NodeTx, m mash.OutMessage, at time.Time) error {
	party, _ := m.From.Party()
	tasks, err := tx.TasksOf(m.Hub, m.Ref)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.Kind != TaskRefused || t.State != "open" || t.Party != party {
			continue
		}
		if m.State == mash.OutRefused {
			return nil // they know already
		}
		if m.State == mash.OutDone {
			t.State, t.DoneAt, t.DoneBy = "done", at, "hub"
			if err := tx.UpdateTask(t); err != nil {
				return err
			}
		}
	}
	if m.State != mash.OutRefused {
		return nil
	}
	b := taskBody{Refused: &RefusedAnswer{Code: mash.Code(m.Code), At: at}}
	if _, w, err := held(tx, m.Hub, m.Ref, party); err == nil {
		b.Refused.Reference = w.Question.Reference
	} else if !errors.Is(err, mash.ErrNotFound) && mash.CodeOf(err) != mash.CodeConflict {
		return err
	}
	body, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return tx.PutTask(mash.Task{ID: n.Env.NewID(), Hub: m.Hub, Request: m.Ref, Party: party, Kind: TaskRefused, State: "open", Body: body, Created: at})
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
