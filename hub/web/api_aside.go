package web

import (
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/web/kit"
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
	kit.Add[kit.WithID](a.API, kit.Get("set-aside", "/enquiries/{id}/set-aside", ruleSetAside, "What an enquiry has set aside, without what it says"),
		func(c kit.Call, _ kit.Nothing) (enquiry.Asides, error) {
			out, err := d.SetAside(c, c.Actor, c.ID)
			out.Rows = orEmpty(out.Rows)
			return out, err
		})
	kit.Add[kit.WithID](a.API, kit.Get("open-set-aside", "/set-aside/{id}", ruleSetAside, "What one thing says that is set aside"),
		func(c kit.Call, _ kit.Nothing) (enquiry.Opened, error) {
			out, err := d.OpenAside(c, c.Actor, c.ID)
			out.Entries = orEmpty(out.Entries)
			return out, err
		})
	at := func(id, path, rule, summary string) kit.Op {
		return kit.Post(id, "/set-aside/{id}/"+path, rule, summary)
	}
	kit.Step[kit.WithIDBody](a.API, at("take-in", "take-in", ruleSetAside, "Make a late answer part of the chronology"),
		func(c kit.Call, in reasonIn) error { return d.TakeIn(c, c.Actor, c.ID, in.Reason) })
	kit.Step[kit.WithIDBody](a.API, at("leave-out", "leave-out", ruleSetAside, "Leave a late answer out of the chronology"),
		func(c kit.Call, in reasonIn) error { return d.LeaveOut(c, c.Actor, c.ID, in.Reason) })
	kit.Step[kit.WithIDBody](a.API, at("destroy", "destroy", ruleOutOfScope, "Destroy what was not asked for"),
		func(c kit.Call, in enquiry.Destruction) error { return d.Destroy(c, c.Actor, c.ID, in) })
	kit.Add[kit.WithID](a.API, kit.Get("show-late", "/enquiries/{id}/late-review", ruleSetAside, "What landed after the decision"),
		func(c kit.Call, _ kit.Nothing) (enquiry.Late, error) {
			out, err := d.ShowLate(c, c.Actor, c.ID)
			out.Returns = orEmpty(out.Returns)
			return out, err
		})
	kit.Add[kit.Bare](a.API, kit.Get("quarantine", "/quarantine", ruleQuarantine, "Messages that the hub could not open"),
		func(c kit.Call, _ kit.Nothing) (enquiry.Quarantine, error) {
			out, err := d.Quarantine(c, c.Actor)
			out.Rows = orEmpty(out.Rows)
			return out, err
		})
	kit.Step[kit.WithBody](a.API, kit.Post("see-quarantine", "/quarantine/seen", ruleQuarantine, "Say what was found about messages that could not be opened"),
		func(c kit.Call, in seenIn) error { return d.SeeQuarantine(c, c.Actor, in.Until, in.Reason) })
}
