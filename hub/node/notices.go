package node

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// clarify posts a question about a request.
func (n *Node) clarify(ctx context.Context, actor mash.Actor, t mash.Task, text string) error {
	if t.Kind == TaskNotice {
		return noTask()
	}
	err := n.Store.Update(ctx, func(tx mash.NodeTx) error {
		_, w, err := held(tx, t.Hub, t.Request, t.Party)
		if err != nil {
			return err
		}
		if _, err := n.links[t.Hub].post.Post(ctx, tx, exchange.Draft{From: mash.PartyAddress(t.Party), To: mash.HubAddress(t.Hub), MaxAge: n.MaxAge,
			Header: wire.Header{Kind: wire.KindClarify, Ref: t.Request, Purpose: w.Purpose, Scope: w.Scope}, Body: wire.Clarify{Text: text}}); err != nil {
			return err
		}
		return n.note(tx, nil, mash.Entry{Actor: actor.ID, Action: "request.clarify", Hub: t.Hub, Request: t.Request})
	})
	return err
}

// watchLoop takes events from a system and notifies the hub of each, once.
func (n *Node) watchLoop(ctx context.Context, s Source) {
	link := n.links[s.Hub]
	switch {
	case s.Hub == "":
		link = n.Links[0]
	case link == nil: // to tell another hub than was meant would be a disclosure
		n.Log.Error("a connector watches for a hub that this node does not serve", "connector", s.Name, "hub", s.Hub)
		return
	}
	for ctx.Err() == nil {
		if err := n.watchOnce(ctx, s, link); err != nil && ctx.Err() == nil {
			n.Log.Warn("watching waits", "connector", s.Name, "code", connector.CodeOf(err))
			select {
			case <-ctx.Done():
			case <-time.After(n.Retry):
			}
		}
	}
}

func (n *Node) watchOnce(ctx context.Context, s Source, link *Link) error {
	var cursor string
	err := n.Store.View(ctx, func(tx mash.NodeTx) (err error) {
		cursor, err = tx.Cursor(link.Hub + "/" + s.Name)
		return err
	})
	if err != nil {
		return err
	}
	res, err := s.Connector.Watch(ctx, connector.WatchRequest{Cursor: cursor, Wait: 2 * time.Second, Limit: 50})
	if err != nil {
		return err
	}
	if res.Cursor == cursor && len(res.Events) == 0 {
		return nil
	}
	for _, e := range res.Events {
		err := n.notify(ctx, link, e)
		if mash.CodeOf(err) == mash.CodeInvalid {
			// Trying again mends nothing, and those behind it must not wait.
			err = n.unsendable(ctx, link, e)
		}
		if err != nil {
			return err
		}
	}
	// The cursor moves after the events are in: a crash between shows them
	// again, and NoticeOnce knows them.
	return n.Store.Update(ctx, func(tx mash.NodeTx) error { return tx.SetCursor(link.Hub+"/"+s.Name, res.Cursor) })
}

// unsendable leaves an event that can never be sent as it is to a person at the
// agency, who telephones.
func (n *Node) unsendable(ctx context.Context, link *Link, e connector.Notification) error {
	n.Log.Error("an event cannot be sent", "hub", link.Hub)
	now, self := n.Env.Now(), mash.Party{Agency: n.Agency.ID}
	b, err := json.Marshal(taskBody{Refused: &NotTaken{What: wire.KindNotify, Code: mash.CodeInvalid, At: now, Reference: cmp.Or(e.Reference, e.ID)}})
	if err != nil {
		return err
	}
	defer n.Changed()
	return n.Store.Update(ctx, func(tx mash.NodeTx) error {
		isNew, err := tx.NoticeOnce(link.Hub, e.Kind+"/"+e.ID, now)
		if err != nil || !isNew {
			return err
		}
		id := n.Env.NewID()
		if err := tx.PutTask(mash.Task{ID: n.Env.NewID(), Hub: link.Hub, Request: id, Party: self, Kind: TaskRefused, State: "open", Body: b, Created: now}); err != nil {
			return err
		}
		return n.note(tx, nil, mash.Entry{At: now, Actor: n.Agency.ID, Action: "notify.unsendable", Hub: link.Hub, Detail: map[string]string{"notice": id}})
	})
}

// notify decides whether an event may go to the hub, and posts it. Errors:
// CodeInvalid for a kind that is not sent and for what is larger than a message;
// the others are worth another try.
func (n *Node) notify(ctx context.Context, link *Link, e connector.Notification) error {
	if e.Kind != "encompass" {
		return mash.Invalid("kind", "is not encompass", "nothing else is sent unasked")
	}
	now := n.Env.Now()
	self := mash.Party{Agency: n.Agency.ID}
	in := mash.NotifyInput{About: mash.About{Where: mash.PartyAddress(self), Actor: n.Agency.ID, Now: now}, Hub: link.Hub, Kind: e.Kind,
		From: self, Setting: "hub", Informed: e.FamilyInformed, Child: !grown(e.Person, e.Happened), AgeDays: int(now.Sub(e.Happened).Hours() / 24), Purpose: mash.PurposeEncompass}
	dec := link.Policy.Notify(ctx, in)
	if dec.Fault || dec.Answer == mash.Review || dec.Answer == mash.Permit && !sendable(dec.Obligations) {
		// It could not be decided: the event stays where it is and is looked at
		// again. Dropping it would be a child's school that is never told.
		if err := n.Store.Update(ctx, func(tx mash.NodeTx) error {
			return n.note(tx, &dec, mash.Entry{At: now, Actor: n.Agency.ID, Action: "notify.undecided", Hub: link.Hub, Detail: map[string]string{"notice": e.ID}})
		}); err != nil {
			return err
		}
		return mash.Errorf(mash.CodeFault, "a notification could not be decided")
	}
	content, err := json.Marshal(e)
	if err != nil {
		return err
	}
	err = n.Store.Update(ctx, func(tx mash.NodeTx) error {
		isNew, err := tx.NoticeOnce(link.Hub, e.Kind+"/"+e.ID, now)
		if err != nil || !isNew {
			return err
		}
		entry := mash.Entry{At: now, Actor: n.Agency.ID, Action: "notify.raise", Hub: link.Hub, Detail: map[string]string{"notice": e.ID, "answer": string(dec.Answer)}}
		if dec.Answer != mash.Permit {
			entry.Action = "notify.denied"
			return n.note(tx, &dec, entry)
		}
		id := n.Env.NewID()
		notice := mash.Notification{ID: id, Hub: link.Hub, Kind: e.Kind, From: self, Dedupe: n.Agency.ID + "/" + e.Kind + "/" + e.ID,
			State: mash.NoticeRaised, Informed: mash.Informed{Answer: e.FamilyInformed}, RaisedAt: now, Decision: dec.ID}
		if _, err := link.post.Post(ctx, tx, exchange.Draft{From: mash.PartyAddress(self), To: mash.HubAddress(link.Hub), MaxAge: n.MaxAge,
			Header: wire.Header{Kind: wire.KindNotify, Ref: id, Purpose: mash.PurposeEncompass, PolicyVersion: dec.PolicyVersion, PolicyEpoch: dec.PolicyEpoch, ExpiresAt: now.Add(n.MaxAge)},
			Body:   wire.Notify{Notification: notice, Content: content}}); err != nil {
			return err
		}
		// Should it not arrive, somebody must know which incident it was about.
		says := NotTaken{What: wire.KindNotify, Reference: cmp.Or(e.Reference, e.ID)}
		b, err := json.Marshal(taskBody{Refused: &says})
		if err != nil {
			return err
		}
		if err := tx.PutTask(mash.Task{ID: n.Env.NewID(), Hub: link.Hub, Request: id, Party: self, Kind: TaskRefused, State: taskSending, Body: b, Created: now}); err != nil {
			return err
		}
		return n.note(tx, &dec, entry)
	})
	return err
}

// grown reports whether somebody was surely eighteen on a day.
func grown(p record.Person, on time.Time) bool {
	return p.BirthDate != nil && !p.BirthDate.Latest().IsZero() && !p.BirthDate.Latest().AddDate(18, 0, 0).After(on)
}

// takeNotify takes a notification in for one of the agency's units: to be
// handed to the agency's own system, where one takes notices, else into the
// inbox of a person, who acknowledges it.
func (n *Node) takeNotify(ctx context.Context, tx mash.NodeTx, m exchange.Received) error {
	body, err := wire.DecodeBody[wire.Notify](m.Message)
	if err != nil {
		return err
	}
	party, _ := m.Audience.Party()
	if body.Notification.To != party {
		return mash.Errorf(mash.CodeWrongParty, "the notification is for another party")
	}
	content := taskBody{Notice: body.Content, Kind: body.Notification.Kind, ID: body.Notification.ID}
	if _, err := noticeOf(content); err != nil { // nobody could ever read it: the hub must know, and telephones
		return mash.Errorf(mash.CodeBadMessage, "the notification cannot be read")
	}
	isNew, err := tx.NoticeOnce(m.Hub, "in/"+body.Notification.ID, m.At)
	if err != nil || !isNew {
		return err
	}
	state := "open"
	if _, ok := n.deliverer(); ok {
		state = TaskDelivering
		tx.OnCommit(func() {
			select {
			case n.handover <- struct{}{}:
			default:
			}
		})
	}
	b, err := json.Marshal(content)
	if err != nil {
		return err
	}
	if err := tx.PutTask(mash.Task{ID: n.Env.NewID(), Hub: m.Hub, Request: body.Notification.ID, Party: party, Kind: TaskNotice, State: state, Body: b, Created: m.At}); err != nil {
		return fmt.Errorf("filing notification: %w", err)
	}
	return n.note(tx, nil, mash.Entry{At: m.At, Actor: string(m.Issuer), Action: "notify.receive", Hub: m.Hub, Detail: map[string]string{"notice": body.Notification.ID, "party": party.String()}})
}

// Acknowledge says that somebody has taken a notification in. What it said
// leaves the node with that; the row stays. The second time nothing happens:
// CodeConflict says that it is done.
func (n *Node) Acknowledge(ctx context.Context, actor mash.Actor, taskID string) error {
	t, _, err := n.openTask(ctx, actor, taskID, TaskNotice)
	if err != nil {
		return err
	}
	now := n.Env.Now()
	role := mash.RoleReviewer
	if len(actor.Roles) > 0 {
		role = actor.Roles[0]
	}
	err = n.Store.Update(ctx, func(tx mash.NodeTx) error {
		t, err := tx.Task(t.ID)
		if err != nil || t.State != "open" {
			return err
		}
		return n.endNotice(ctx, tx, t, mash.Entry{At: now, Actor: actor.ID, Action: "notify.acknowledge"}, wire.Acknowledge{By: role, How: wire.HowPerson})
	})
	n.Changed()
	return err
}

// takeAcknowledge learns that a notification of ours was taken in.
func (n *Node) takeAcknowledge(ctx context.Context, tx mash.NodeTx, m exchange.Received) error {
	body, err := wire.DecodeBody[wire.Acknowledge](m.Message)
	if err != nil {
		return err
	}
	action := "notify.acknowledged"
	if body.How == wire.HowExpired {
		action = "notify.expired"
	}
	return n.note(tx, nil, mash.Entry{At: m.At, Actor: string(m.Issuer), Action: action, Hub: m.Hub,
		Detail: map[string]string{"notice": body.Notification, "by": body.By, "how": body.How}})
}
