package pages

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// Rules are pages of the policy's table of views. Inbox and task are decided
// and recorded by the node's method that the handler calls, because only it
// knows whose task it is; TestEveryRouteIsDecided proves that each does. Audit
// is decided here.
const (
	ruleInbox = "inbox"
	ruleTask  = "task"
	ruleAudit = "audit"
)

var rules = []string{ruleInbox, ruleTask, ruleAudit}

// authorise decides a route before its handler runs.
func (s *site) authorise(r *http.Request, rule string, u kit.User) error {
	if u.Agency != s.Agency.ID {
		return kit.ErrDenied // signed in, and a stranger here
	}
	if rule == ruleAudit {
		return s.open(r.Context(), actorOf(u), rule)
	}
	return nil
}

// open decides a page that shows no task, and records the decision before
// anything is shown (I3, I5).
func (s *site) open(ctx context.Context, actor mash.Actor, page string) error {
	n := s.Node
	now, link := n.Env.Now(), n.Links[0]
	dec := link.Policy.View(ctx, mash.ViewInput{
		About:  mash.About{Where: mash.PartyAddress(mash.Party{Agency: s.Agency.ID}), Actor: actor.ID, Now: now},
		Person: mash.ViewPerson{ID: actor.ID, Roles: actor.Roles, Agency: actor.Agency, Units: actor.Units, Relation: "none"},
		Page:   page, PurposeOf: page,
	})
	// Such a page shows no person: that a place is to be hidden is met by
	// showing none, and no other obligation can be.
	permitted := dec.Answer == mash.Permit && !slices.ContainsFunc(dec.Obligations, func(o mash.Obligation) bool {
		return o.Code != mash.ObligeProtectLocation
	})
	e := mash.Entry{At: now, Actor: actor.ID, Action: "page.view", Hub: link.Hub, Decision: dec.ID, Detail: map[string]string{"page": page}}
	if !permitted {
		e.Action = "page.denied"
	}
	err := n.Store.Update(ctx, func(tx mash.NodeTx) error {
		if err := tx.PutDecision(dec); err != nil {
			return err
		}
		return n.Audit.Append(tx, e)
	})
	switch {
	case err != nil:
		return err
	case permitted:
		return nil
	case dec.Fault:
		return kit.ErrUndecided
	}
	return kit.ErrDenied
}

func actorOf(u kit.User) mash.Actor {
	return mash.Actor{ID: u.ID, Name: u.Name, Roles: u.Roles, Agency: u.Agency, Units: u.Units}
}

// actor is who asks. Every route that is not public has one.
func actor(ctx context.Context) mash.Actor {
	u, _ := kit.UserFrom(ctx)
	return actorOf(u)
}

// statuses is the table from codes to HTTP. Denied is not found: a refusal
// that differed would tell that the thing exists.
var statuses = map[mash.Code]int{
	mash.CodeDenied:      http.StatusNotFound,
	mash.CodeNotFound:    http.StatusNotFound,
	mash.CodeFault:       http.StatusServiceUnavailable,
	mash.CodeConflict:    http.StatusConflict,
	mash.CodeInvalid:     http.StatusUnprocessableEntity,
	mash.CodeUnavailable: http.StatusServiceUnavailable,
}

// status maps an error to HTTP; 0 for what is unknown.
func status(err error) int {
	var e *mash.Error
	switch {
	case errors.As(err, &e):
		return statuses[e.Code]
	case errors.Is(err, mash.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, mash.ErrStale):
		return http.StatusConflict
	}
	return 0
}
