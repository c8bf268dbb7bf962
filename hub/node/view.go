package node

import (
	"context"
	"slices"
	"time"

	"mashhub/hub/mash"
)

// viewed is what the policy of one hub said about a page of this node, and what
// of that hub's is shown there.
type viewed struct {
	hub       string
	dec       mash.Decision
	permitted bool
	at        time.Time
	shown     []string
}

// decideView asks the policy of a hub whether the actor may see a page.
func (n *Node) decideView(ctx context.Context, actor mash.Actor, hub, page, request string) viewed {
	now := n.Env.Now()
	dec := n.links[hub].Policy.View(ctx, mash.ViewInput{
		About:  mash.About{Where: mash.PartyAddress(mash.Party{Agency: n.Agency.ID}), Actor: actor.ID, Request: request, Now: now},
		Person: mash.ViewPerson{ID: actor.ID, Roles: actor.Roles, Agency: actor.Agency, Units: actor.Units, Relation: "team"},
		Page:   page, PurposeOf: "request",
	})
	// These pages show the agency's own records and the question, which the hub
	// sent without the address of whoever is protected.
	permitted := dec.Answer == mash.Permit && !slices.ContainsFunc(dec.Obligations, func(o mash.Obligation) bool { return o.Code != mash.ObligeProtectLocation })
	return viewed{hub: hub, dec: dec, permitted: permitted, at: now}
}

// everywhere asks each hub that the node serves: what one agreed with the agency
// says nothing about what is another's.
func (n *Node) everywhere(ctx context.Context, actor mash.Actor, page string) []viewed {
	var all []viewed
	for _, l := range n.Links {
		all = append(all, n.decideView(ctx, actor, l.Hub, page, ""))
	}
	return all
}

// recordViews records answers and ids before anything is shown (I3).
func (n *Node) recordViews(ctx context.Context, actor mash.Actor, page, request string, all []viewed) error {
	return n.Store.Update(ctx, func(tx mash.NodeTx) error {
		for _, v := range all {
			e := mash.Entry{At: v.at, Actor: actor.ID, Action: "page.view", Hub: v.hub, Request: request, Shown: v.shown, Detail: map[string]string{"page": page}}
			if !v.permitted {
				e.Action, e.Shown = "page.denied", nil
			}
			if err := n.note(tx, &v.dec, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// refusal is what somebody is told whom not all that was asked permits: a fault
// is told apart from what an agreement refuses.
func refusal(all []viewed) error {
	if slices.ContainsFunc(all, func(v viewed) bool { return v.dec.Fault }) {
		return mash.Undecided()
	}
	return noTask()
}

func permitted(v viewed) bool { return v.permitted }
func denied(v viewed) bool    { return !v.permitted }

// shut makes it so that nothing is shown of any hub.
func shut(all []viewed) {
	for i := range all {
		all[i].permitted = false
	}
}

// view decides by one hub's policy, and records, whether the actor may see a page
// with what is shown there.
func (n *Node) view(ctx context.Context, actor mash.Actor, hub, page, request string, shown []string) error {
	v := n.decideView(ctx, actor, hub, page, request)
	v.shown = shown
	if err := n.recordViews(ctx, actor, page, request, []viewed{v}); err != nil {
		return err
	}
	if !v.permitted {
		return refusal([]viewed{v})
	}
	return nil
}

// MayViewOf decides by one hub, and records, whether an actor may open a page
// that shows what is that hub's and about no task. Errors: CodeNotFound, CodeFault.
func (n *Node) MayViewOf(ctx context.Context, actor mash.Actor, hub, page string) error {
	return n.view(ctx, actor, hub, page, "", nil)
}

// MayView decides by each hub, and records, whether an actor may open a page of
// the node that is about no task and shows nothing of any hub: one that permits
// it is enough. Errors: CodeNotFound, CodeFault.
func (n *Node) MayView(ctx context.Context, actor mash.Actor, page string) error {
	return n.mayView(ctx, actor, page, func(all []viewed) bool { return slices.ContainsFunc(all, permitted) })
}

// MayViewAll is MayView for what cannot be shown of one hub alone, as the log:
// every hub must permit it.
func (n *Node) MayViewAll(ctx context.Context, actor mash.Actor, page string) error {
	return n.mayView(ctx, actor, page, func(all []viewed) bool { return !slices.ContainsFunc(all, denied) })
}

func (n *Node) mayView(ctx context.Context, actor mash.Actor, page string, enough func([]viewed) bool) error {
	all := n.everywhere(ctx, actor, page)
	open := enough(all)
	if !open {
		shut(all)
	}
	if err := n.recordViews(ctx, actor, page, "", all); err != nil {
		return err
	}
	if !open {
		return refusal(all)
	}
	return nil
}
