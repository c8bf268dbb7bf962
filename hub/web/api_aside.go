package web

import (
	"net/http"
	"time"

	"mashhub/hub/enquiry"
)

// seenIn says what somebody found who looked at the quarantine.
type seenIn struct {
	Until  time.Time `json:"until" doc:"The last of the state that was read; what came later stays unseen"`
	Reason string    `json:"reason"`
}

// asides registers what is kept out of the chronology, and what could not be
// opened at all.
func (a *api) asides() {
	d := a.site.Desk
	add[withID](a, op{"set-aside", http.MethodGet, "/enquiries/{id}/set-aside", ruleSetAside, "What an enquiry has set aside, without what it says", http.StatusOK},
		func(c call, _ nothing) (enquiry.Asides, error) {
			out, err := d.SetAside(c, c.actor, c.id)
			out.Rows = orEmpty(out.Rows)
			return out, err
		})
	add[withID](a, op{"open-set-aside", http.MethodGet, "/set-aside/{id}", ruleSetAside, "What one thing says that is set aside", http.StatusOK},
		func(c call, _ nothing) (enquiry.Opened, error) {
			out, err := d.OpenAside(c, c.actor, c.id)
			out.Entries = orEmpty(out.Entries)
			return out, err
		})
	at := func(id, path, rule, summary string) op {
		return op{id, http.MethodPost, "/set-aside/{id}/" + path, rule, summary, http.StatusNoContent}
	}
	step[withIDBody](a, at("take-in", "take-in", ruleSetAside, "Make a late answer part of the chronology"),
		func(c call, in reasonIn) error { return d.TakeIn(c, c.actor, c.id, in.Reason) })
	step[withIDBody](a, at("leave-out", "leave-out", ruleSetAside, "Leave a late answer out of the chronology"),
		func(c call, in reasonIn) error { return d.LeaveOut(c, c.actor, c.id, in.Reason) })
	step[withIDBody](a, at("destroy", "destroy", ruleOutOfScope, "Destroy what was not asked for"),
		func(c call, in enquiry.Destruction) error { return d.Destroy(c, c.actor, c.id, in) })
	add[withID](a, op{"show-late", http.MethodGet, "/enquiries/{id}/late-review", ruleSetAside, "What landed after the decision", http.StatusOK},
		func(c call, _ nothing) (enquiry.Late, error) {
			out, err := d.ShowLate(c, c.actor, c.id)
			out.Returns = orEmpty(out.Returns)
			return out, err
		})
	add[bare](a, op{"quarantine", http.MethodGet, "/quarantine", ruleQuarantine, "Messages that the hub could not open", http.StatusOK},
		func(c call, _ nothing) (enquiry.Quarantine, error) {
			out, err := d.Quarantine(c, c.actor)
			out.Rows = orEmpty(out.Rows)
			return out, err
		})
	step[withBody](a, op{"see-quarantine", http.MethodPost, "/quarantine/seen", ruleQuarantine, "Say what was found about messages that could not be opened", http.StatusNoContent},
		func(c call, in seenIn) error { return d.SeeQuarantine(c, c.actor, in.Until, in.Reason) })
}
