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
)

// routeRules are decided here, before the handler: their pages are about no
// enquiry.
var routeRules = []string{ruleHome, ruleLive, ruleNew, ruleNotices, ruleAudit}

// deskRules are decided by the use case that the handler calls, because only
// it knows how the person stands to the enquiry and whether that is restricted.
// TestEveryRoute proves that each of them does.
var deskRules = []string{ruleBoard, ruleEnquiry, ruleChronology, ruleRequest, ruleAct, ruleAsk, ruleReview, ruleDecide,
	ruleFeedback, ruleClose, ruleReopen, ruleHealth}

func rules() []string { return slices.Concat(routeRules, deskRules) }

// authorise decides a route before its handler runs.
func (s *site) authorise(r *http.Request, rule string, u kit.User) error {
	if slices.Contains(deskRules, rule) {
		return nil
	}
	return s.open(r.Context(), actorOf(u), rule)
}

// open decides a page that is about no enquiry, and records the decision
// before anything is shown (I3, I5).
func (s *site) open(ctx context.Context, actor mash.Actor, page string) error {
	d := s.Desk
	now := d.Env.Now()
	dec := d.Policy.View(ctx, mash.ViewInput{
		About:  mash.About{Where: mash.HubAddress(d.Hub), Actor: actor.ID, Now: now},
		Person: mash.ViewPerson{ID: actor.ID, Roles: actor.Roles, Agency: actor.Agency, Units: actor.Units, Relation: "none"},
		Page:   page, PurposeOf: page,
	})
	e := mash.Entry{At: now, Actor: actor.ID, Action: "page.view", Hub: d.Hub, Decision: dec.ID, Detail: map[string]string{"page": page}}
	// Such a page shows no person, so that hiding a protected place is done by
	// showing nothing; an obligation of another kind cannot be honoured.
	permitted := dec.Answer == mash.Permit && !slices.ContainsFunc(dec.Obligations, func(o mash.Obligation) bool {
		return o.Code != mash.ObligeProtectLocation
	})
	if !permitted {
		e.Action = "page.denied"
	}
	err := d.Store.Update(ctx, func(tx mash.HubTx) error {
		if err := tx.PutDecision(dec); err != nil {
			return err
		}
		return d.Audit.Append(tx, e)
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

// actorOf is the signed-in person as the use cases know them.
func actorOf(u kit.User) mash.Actor {
	return mash.Actor{ID: u.ID, Name: u.Name, Roles: u.Roles, Agency: u.Agency, Units: u.Units}
}

// actor is who asks. Every route that is not public has one.
func actor(ctx context.Context) mash.Actor {
	u, _ := kit.UserFrom(ctx)
	return actorOf(u)
}
