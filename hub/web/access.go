package web

import (
	"context"
	"net/http"
	"slices"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// Rules are pages of the policy's table of views.
const (
	ruleHome       = "home"
	ruleBoard      = "board"
	ruleLive       = "live"
	ruleNew        = "new"
	ruleEnquiry    = "enquiry"
	ruleChronology = "chronology"
	ruleRequest    = "request"
	ruleAct        = "act"
	ruleAsk        = "ask"
	ruleReview     = "review"
	ruleDecide     = "decide"
	ruleFeedback   = "feedback"
	ruleClose      = "close"
	ruleReopen     = "reopen"
	ruleNotices    = "notification"
	ruleAudit      = "audit"
	ruleHealth     = "health"
	ruleSetAside   = "set_aside"
	ruleOutOfScope = "out_of_scope"
	ruleQuarantine = "quarantine"
	ruleRetention  = "retention"
	ruleHold       = "hold"
	ruleDispose    = "dispose"
	rulePolicy     = "policy"
	rulePropose    = "propose"
	ruleApprove    = "approve"
	ruleSuspend    = "suspend"
)

// routeRules are decided here, before the handler: their pages are about no
// enquiry.
var routeRules = []string{ruleHome, ruleLive, ruleNew, ruleNotices, ruleAudit}

// deskRules are decided by the use case that the handler calls, because only
// it knows how the person stands to the enquiry and whether that is restricted.
// TestEveryRoute proves that each of them does. The events of one enquiry are
// decided twice: as live ones here, and as its page in live.go.
var deskRules = []string{ruleBoard, ruleEnquiry, ruleChronology, ruleRequest, ruleAct, ruleAsk, ruleReview, ruleDecide,
	ruleFeedback, ruleClose, ruleReopen, ruleHealth, ruleSetAside, ruleOutOfScope, ruleQuarantine, ruleRetention, ruleHold, ruleDispose,
	rulePolicy, rulePropose, ruleApprove, ruleSuspend}

func rules() []string { return slices.Concat(routeRules, deskRules) }

// authorise decides a route before its handler runs.
func (s *site) authorise(r *http.Request, rule string, u kit.User) error {
	if slices.Contains(deskRules, rule) {
		return nil
	}
	return s.open(r.Context(), u.Actor(), rule)
}

// open decides a page that is about no enquiry, and records the decision
// before anything is shown (I3, I5).
func (s *site) open(ctx context.Context, actor mash.Actor, page string) error {
	switch err := s.Desk.Page(ctx, actor, page); mash.CodeOf(err) {
	case mash.CodeNotFound:
		return kit.ErrDenied
	case mash.CodeFault:
		return kit.ErrUndecided
	default:
		return err
	}
}

// actor is who asks. Every route that is not public has one.
func actor(ctx context.Context) mash.Actor {
	u, _ := kit.UserFrom(ctx)
	return u.Actor()
}
