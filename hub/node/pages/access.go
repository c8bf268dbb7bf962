package pages

import (
	"context"
	"errors"
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
)

var rules = []string{ruleInbox, ruleTask, ruleAudit}

// authorise decides a route before its handler runs.
func (s *site) authorise(r *http.Request, rule string, u kit.User) error {
	if u.Agency != s.Agency.ID {
		return kit.ErrDenied // signed in, and a stranger here
	}
	if rule == ruleAudit {
		switch err := s.Node.MayView(r.Context(), actorOf(u), rule); mash.CodeOf(err) {
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
