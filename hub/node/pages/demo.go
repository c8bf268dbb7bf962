package pages

import (
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// topicInbox carries the news that the inbox changed.
const topicInbox = "inbox"

// Announce tells open pages that the inbox changed. It says no more than that:
// each page asks anew, under its own decision, for what it shows.
func Announce(e *kit.Events) {
	// The event is a constant of the allowed form, so that it cannot be refused.
	_ = e.Publish(topicInbox, kit.Event{Reference: "INBOX", State: "changed", At: time.Now()})
}

// DemoRoles are the people whom a visitor of the demo can be at an agency: its
// reviewer, whom every unit has appointed, and for each unit the person who
// answers for it. Their ids are stable: audit entries name them.
func DemoRoles(a mash.Agency) []kit.DemoRole {
	out := []kit.DemoRole{{Key: "reviewer", Label: "Reviewer, " + a.Name,
		Description: "Answers questions, checks matches and decides what may leave, for the whole agency.",
		User:        kit.User{ID: a.ID + "-reviewer", Name: "Reviewer", Roles: []string{mash.RoleReviewer}, Agency: a.ID}}}
	for _, u := range a.Units {
		// Appointed by each unit: nobody sees a unit's tasks otherwise.
		out[0].User.Units = append(out[0].User.Units, u.ID)
		out = append(out, kit.DemoRole{Key: "dsl-" + u.ID, Label: lead(u.Kind) + ", " + u.Name,
			Description: "Answers for " + u.Name + " and sees nothing of any other.",
			User: kit.User{ID: a.ID + "-dsl-" + u.ID, Name: u.Name, Roles: []string{mash.RoleDSL},
				Agency: a.ID, Units: []string{u.ID}}})
	}
	return out
}

// lead is what the person who answers for a unit is called.
func lead(kind string) string {
	switch kind {
	case "la_officer":
		return "Education officer"
	case "practice":
		return "Practice safeguarding lead"
	}
	return "Designated safeguarding lead"
}
