package pages

import (
	"context"
	"net/http"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// Rules are pages of the policy's table of views. Inbox and task are decided
// and recorded by the node's method that the handler calls, because only it
// knows whose task it is; TestEveryRouteIsDecided proves that each does. Audit
// is decided before the handler runs.
const (
	ruleInbox = "inbox"
	ruleTask  = "task"
	ruleAudit = "audit"
	// ruleQuarantine is decided by the node's method, too.
	ruleQuarantine = "quarantine"
	// ruleSignatory is for who agrees to changes for the agency.
	ruleSignatory = "signatory"
)

var rules = []string{ruleInbox, ruleTask, ruleAudit, ruleQuarantine, ruleSignatory}

// authorise decides a route before its handler runs.
func (s *site) authorise(r *http.Request, rule string, u kit.User) error {
	if u.Agency != s.Agency.ID {
		return kit.ErrDenied // signed in, and a stranger here
	}
	if rule == ruleAudit {
		switch err := s.Node.MayViewAll(r.Context(), u.Actor(), rule); mash.CodeOf(err) {
		case mash.CodeNotFound:
			return kit.ErrDenied
		case mash.CodeFault:
			return kit.ErrUndecided
		default:
			return err
		}
	}
	return nil
}

// actor is who asks. Every route that is not public has one.
func actor(ctx context.Context) mash.Actor {
	u, _ := kit.UserFrom(ctx)
	return u.Actor()
}
