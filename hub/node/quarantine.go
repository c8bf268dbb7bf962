package node

import (
	"context"
	"fmt"
	"slices"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
)

// quarantineViews decides by each hub whether the actor may see what came on its
// topic. topics are those of the hubs that permit it; nil if all do: then what
// came on no hub's topic, and was only counted, is seen as well. Errors, recorded:
// CodeNotFound, CodeFault.
func (n *Node) quarantineViews(ctx context.Context, actor mash.Actor) (all []viewed, topics []string, err error) {
	if actor.Agency != n.Agency.ID {
		return nil, nil, noTask()
	}
	all = n.everywhere(ctx, actor, "quarantine")
	fault := slices.ContainsFunc(all, func(v viewed) bool { return v.dec.Fault })
	if fault || !slices.ContainsFunc(all, permitted) {
		shut(all)
		if err := n.recordViews(ctx, actor, "quarantine", "", all); err != nil {
			return nil, nil, err
		}
		return nil, nil, refusal(all)
	}
	if !slices.ContainsFunc(all, denied) {
		return all, nil, nil
	}
	for _, v := range all {
		if v.permitted {
			topics = append(topics, n.topic(v.hub))
		}
	}
	return all, topics, nil
}

// topic is the one on which a hub sends to this node.
func (n *Node) topic(hub string) string { return mash.ToTopic(hub, n.Agency.ID) }

// Quarantine lists what this node's exchange could not take, newest first, once
// that is recorded, each message by the hub on whose topic it came. Errors:
// CodeNotFound for who may see none, CodeFault.
func (n *Node) Quarantine(ctx context.Context, actor mash.Actor) (q exchange.Quarantine, err error) {
	all, topics, err := n.quarantineViews(ctx, actor)
	if err != nil {
		return q, err
	}
	if err = n.Store.View(ctx, func(tx mash.NodeTx) (err error) {
		q, err = exchange.ReadQuarantine(tx, topics)
		return err
	}); err != nil {
		return exchange.Quarantine{}, err
	}
	for i := range all {
		for _, r := range q.Rows {
			// What came from a hub that is not served any more is shown because all
			// permit it, so each record names it.
			if r.Topic == n.topic(all[i].hub) || !n.serves(r.Topic) {
				all[i].shown = append(all[i].shown, r.ID)
			}
		}
	}
	if err := n.recordViews(ctx, actor, "quarantine", "", all); err != nil {
		return exchange.Quarantine{}, err // what could not be recorded is not shown
	}
	return q, nil
}

func (n *Node) serves(topic string) bool {
	return slices.ContainsFunc(n.Links, func(l *Link) bool { return n.topic(l.Hub) == topic })
}

// SeeQuarantine records that somebody looked at what they may see of what came
// until an instant, and what they found. Errors: CodeInvalid without a reason;
// CodeConflict if nothing was unseen; else as Quarantine.
func (n *Node) SeeQuarantine(ctx context.Context, actor mash.Actor, until time.Time, why string) error {
	all, topics, err := n.quarantineViews(ctx, actor)
	if err != nil {
		return err
	}
	if err := n.recordViews(ctx, actor, "quarantine", "", all); err != nil {
		return err
	}
	if err := exchange.CheckFinding(why); err != nil {
		return err
	}
	now := n.Env.Now()
	return n.Store.Update(ctx, func(tx mash.NodeTx) error {
		var nothing error
		some := false
		see := func(hub string, on []string) error {
			ids, messages, err := exchange.SeeQuarantine(tx, on, actor.ID, why, until, now)
			if mash.CodeOf(err) == mash.CodeConflict {
				nothing = err
				return nil
			}
			if err != nil {
				return err
			}
			some = true
			return n.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "quarantine.seen", Hub: hub, Shown: ids,
				Detail: map[string]string{"messages": fmt.Sprint(messages)}})
		}
		for _, v := range all {
			if v.permitted {
				if err := see(v.hub, []string{n.topic(v.hub)}); err != nil {
					return err
				}
			}
		}
		if topics == nil { // the rest is no hub's
			if err := see("", nil); err != nil {
				return err
			}
		}
		if !some {
			return nothing
		}
		return nil
	})
}

// Unopened counts the messages that could not be taken and that nobody has
// looked at: a number, about nobody.
func (n *Node) Unopened(ctx context.Context) (int, error) {
	var s mash.QuarantineState
	err := n.Store.View(ctx, func(tx mash.NodeTx) (err error) {
		s, err = tx.QuarantineState(nil)
		return err
	})
	return s.Unseen, err
}
