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
	"mashhub/plugins/connector"
)

// Handing a notice to the agency's own system takes at most deliverTries, and
// each at most deliverCall; then a person finds it in the inbox. A child's
// school must not wait for a system that is away.
const (
	deliverTries = 5
	deliverCall  = 15 * time.Second
)

// Why a notice that was to go to the agency's own system is in the inbox.
const (
	inboxAsked       = "asked"       // the system says that a person must have it
	inboxUnavailable = "unavailable" // it could not be reached, or not in time: it may have the notice all the same
	inboxNotTaken    = "not_taken"   // it cannot take this notice
	inboxNoSystem    = "no_system"   // none is connected any more
)

// deliverer is the agency's system that takes notices, if there is one.
func (n *Node) deliverer() (Source, bool) {
	i := slices.IndexFunc(n.Sources, func(s Source) bool { return s.does("deliver") })
	if i < 0 {
		return Source{}, false
	}
	return n.Sources[i], true
}

// deliverLoop hands notices over and lets those expire that nobody read.
func (n *Node) deliverLoop(ctx context.Context) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	var looked time.Time
	for ctx.Err() == nil {
		now := n.Env.Now()
		var waiting []mash.Task
		err := n.Store.View(ctx, func(tx mash.NodeTx) (err error) {
			waiting, err = tx.TasksIn(TaskDelivering, 64)
			return err
		})
		if err == nil && now.Sub(looked) >= time.Minute {
			if err = n.expireNotices(ctx, now); err == nil {
				looked = now
			}
		}
		for _, t := range waiting {
			if e := n.deliver(ctx, t); e != nil {
				err = e
			}
		}
		if err != nil && ctx.Err() == nil {
			n.Log.Warn("handing over notices waits", "code", mash.CodeOf(err))
		}
		select {
		case <-ctx.Done():
		case <-n.handover:
		case <-tick.C:
		}
	}
}

// deliver hands one notice to the agency's own system, if it is due. The key
// that goes with it is the same on every try, so that a node that was killed
// between the system's answer and its own commit delivers nothing twice.
func (n *Node) deliver(ctx context.Context, t mash.Task) error {
	var b taskBody
	if err := json.Unmarshal(t.Body, &b); err != nil {
		return fmt.Errorf("reading task: %w", err)
	}
	if n.Env.Now().Before(b.Due) || n.links[t.Hub] == nil {
		return nil
	}
	s, ok := n.deliverer()
	if !ok {
		return n.toInbox(ctx, t, inboxNoSystem)
	}
	notice, err := noticeOf(b)
	if err != nil {
		return err
	}
	call, done := context.WithTimeout(ctx, deliverCall)
	res, err := s.Connector.Deliver(call, connector.DeliverRequest{Call: t.Hub + "-" + b.ID, Unit: t.Party.Unit, Notification: notice})
	done()
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // the node is stopping: it goes on where it was
	case err == nil && res.Outcome == connector.Found:
		return n.delivered(ctx, t, s)
	case err == nil && res.Outcome == connector.AskPerson:
		return n.toInbox(ctx, t, inboxAsked)
	}
	switch code := connector.CodeOf(err); code {
	case connector.CodeInvalid, connector.CodeUnsupported, connector.CodeMisbehaved, connector.CodeTooLarge:
		n.Log.Warn("a system does not take a notice", "connector", s.Name, "code", code)
		return n.toInbox(ctx, t, inboxNotTaken)
	default:
		n.Log.Warn("handing over a notice failed", "connector", s.Name, "code", code, "attempt", b.Tries+1)
	}
	now := n.Env.Now()
	if b.Tries++; b.Tries >= deliverTries || !now.Before(t.Created.Add(n.DeliverWithin)) {
		return n.toInbox(ctx, t, inboxUnavailable)
	}
	b.Due = now.Add(n.pause(b.Tries))
	return n.Store.Update(ctx, func(tx mash.NodeTx) error {
		t, err := tx.Task(t.ID)
		if err != nil || t.State != TaskDelivering {
			return err
		}
		if t.Body, err = json.Marshal(b); err != nil {
			return err
		}
		return tx.UpdateTask(t)
	})
}

// noticeOf is what a task's notice says, in the words of the plugin contract.
func noticeOf(b taskBody) (connector.Notification, error) {
	var x connector.Notification
	if b.Kind != "feedback" {
		err := json.Unmarshal(b.Notice, &x)
		return x, err
	}
	var f struct {
		Reference string `json:"reference"`
		Text      string `json:"text"`
		Informed  string `json:"family_informed"`
	}
	err := json.Unmarshal(b.Notice, &f)
	return connector.Notification{ID: b.ID, Kind: b.Kind, Reference: f.Reference, Text: f.Text, FamilyInformed: f.Informed}, err
}

// delivered ends a notice that the agency's own system has.
func (n *Node) delivered(ctx context.Context, t mash.Task, s Source) error {
	now := n.Env.Now()
	err := n.Store.Update(ctx, func(tx mash.NodeTx) error {
		t, err := tx.Task(t.ID)
		if err != nil || t.State != TaskDelivering {
			return err
		}
		return n.endNotice(ctx, tx, t, mash.Entry{At: now, Actor: n.Agency.ID, Action: "notify.delivered", Detail: map[string]string{"connector": s.Name}},
			wire.Acknowledge{By: "system", How: wire.HowSystem})
	})
	n.Changed()
	return err
}

// toInbox gives a notice to a person.
func (n *Node) toInbox(ctx context.Context, t mash.Task, why string) error {
	err := n.Store.Update(ctx, func(tx mash.NodeTx) error {
		t, err := tx.Task(t.ID)
		if err != nil || t.State != TaskDelivering {
			return err
		}
		var b taskBody
		if err := json.Unmarshal(t.Body, &b); err != nil {
			return fmt.Errorf("reading task: %w", err)
		}
		b.Inbox, b.Due = why, time.Time{}
		if t.Body, err = json.Marshal(b); err != nil {
			return err
		}
		t.State = "open"
		if err := tx.UpdateTask(t); err != nil {
			return err
		}
		return n.note(tx, nil, mash.Entry{Actor: n.Agency.ID, Action: "notify.inbox", Hub: t.Hub,
			Detail: map[string]string{"notice": b.ID, "party": t.Party.String(), "why": why}})
	})
	n.Changed()
	return err
}

// endNotice closes a notice's task, forgets what it said, tells the hub and
// records it. The row stays; a notice that was read is the reader's own
// record's affair, and not the node's to keep.
func (n *Node) endNotice(ctx context.Context, tx mash.NodeTx, t mash.Task, e mash.Entry, ack wire.Acknowledge) error {
	var b taskBody
	if err := json.Unmarshal(t.Body, &b); err != nil {
		return fmt.Errorf("reading task: %w", err)
	}
	ack.Notification, ack.At = t.Request, e.At
	t.State, t.DoneAt, t.DoneBy, t.Body = "done", e.At, e.Actor, nil
	if err := tx.UpdateTask(t); err != nil {
		return err
	}
	if _, err := n.links[t.Hub].post.Post(ctx, tx, exchange.Draft{From: mash.PartyAddress(t.Party), To: mash.HubAddress(t.Hub), MaxAge: n.MaxAge,
		Header: wire.Header{Kind: wire.KindAcknowledge, Ref: ack.Notification, Purpose: mash.NoticePurpose(b.Kind)}, Body: ack}); err != nil {
		return err
	}
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	e.Hub, e.Detail["notice"] = t.Hub, ack.Notification
	return n.note(tx, nil, e)
}

// expireNotices ends what nobody has read in its time: the hub learns that it
// expired, and what it said is forgotten.
func (n *Node) expireNotices(ctx context.Context, now time.Time) error {
	var old []mash.Task
	err := n.Store.View(ctx, func(tx mash.NodeTx) error {
		open, err := tx.OpenTasks(nil, 1000) // the oldest first
		old = slices.DeleteFunc(open, func(t mash.Task) bool {
			return t.Kind != TaskNotice || now.Before(t.Created.Add(n.NoticeLife)) || n.links[t.Hub] == nil
		})
		return err
	})
	for _, t := range old {
		e := n.Store.Update(ctx, func(tx mash.NodeTx) error {
			t, err := tx.Task(t.ID)
			if err != nil || t.State != "open" {
				return err
			}
			return n.endNotice(ctx, tx, t, mash.Entry{At: now, Actor: n.Agency.ID, Action: "notify.expired"}, wire.Acknowledge{By: "nobody", How: wire.HowExpired})
		})
		err = errors.Join(err, e)
	}
	if len(old) > 0 {
		n.Changed()
	}
	return err
}
