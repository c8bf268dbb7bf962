package kit

import (
	"slices"

	"mashhub/hub/mash"
)

// User is who is signed in, as the sign-in said it. Roles, Agency and Units
// are what policy decides on; Name is shown to the person themself and must
// not be logged.
type User struct {
	ID     string
	Name   string
	Roles  []string
	Agency string   // "" for staff of the hub itself
	Units  []string // e.g. school URNs the person may answer for
}

// Actor is the user as use cases know them.
func (u User) Actor() mash.Actor {
	return mash.Actor{ID: u.ID, Name: u.Name, Roles: u.Roles, Agency: u.Agency, Units: u.Units}
}

// HasRole says whether the user has the role. It is for wording a page (which
// navigation to show); whether something is allowed is the rule's to decide.
func (u User) HasRole(role string) bool { return slices.Contains(u.Roles, role) }
