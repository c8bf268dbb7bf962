package mash

import "strings"

// Party is an agency, or a unit of it that answers for itself (a school by its
// URN, a practice by its code). A unit is a data controller in its own right.
type Party struct {
	Agency string `json:"agency"`
	Unit   string `json:"unit,omitempty"`
}

func (p Party) String() string {
	if p.Unit == "" {
		return p.Agency
	}
	return p.Agency + "/" + p.Unit
}

// Address names who signs and who opens a message: a hub or a party. Each
// address has keys of its own.
type Address string

// HubAddress is the address of a hub.
func HubAddress(hub string) Address { return Address("hub/" + hub) }

// PartyAddress is the address of an agency or unit.
func PartyAddress(p Party) Address { return Address("agency/" + p.String()) }

// Party returns the party behind an agency's address, and whether it is one.
func (a Address) Party() (Party, bool) {
	rest, ok := strings.CutPrefix(string(a), "agency/")
	if !ok || rest == "" {
		return Party{}, false
	}
	agency, unit, _ := strings.Cut(rest, "/")
	return Party{Agency: agency, Unit: unit}, true
}

// Hub returns the hub's id behind a hub's address, and whether it is one.
func (a Address) Hub() (string, bool) {
	id, ok := strings.CutPrefix(string(a), "hub/")
	return id, ok && id != ""
}

// ToTopic carries what the hub sends to an agency and all its units; messages
// to units are keyed on it. FromTopic carries what the agency sends.
func ToTopic(hub, agency string) string   { return hub + ".to." + agency }
func FromTopic(hub, agency string) string { return hub + ".from." + agency }

// Actor is who does something: a signed-in person or the system itself.
type Actor struct {
	ID     string   `json:"id"`
	Name   string   `json:"-"` // for pages, never for logs or decisions
	Roles  []string `json:"roles"`
	Agency string   `json:"agency,omitempty"`
	Units  []string `json:"units,omitempty"`
}

// Roles. What each may do is the policy's business.
const (
	RoleWorker     = "mash_worker"
	RoleManager    = "mash_manager"
	RoleIGLead     = "ig_lead"
	RoleScrutineer = "scrutineer"
	RoleReviewer   = "agency_reviewer" // answers and reviews at a node
	RoleDSL        = "dsl"             // designated safeguarding lead or key adult of a setting
	RoleSystem     = "system"
)

// System is the hub or node acting by itself.
func System(id string) Actor { return Actor{ID: id, Roles: []string{RoleSystem}} }

// Has reports whether the actor holds a role.
func (a Actor) Has(role string) bool {
	for _, r := range a.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// Coded reports whether a party is named by codes (police-marlshire, a URN) and
// not by a text that somebody typed, which could be about anybody: parties stand
// outside what is sealed.
func (p Party) Coded() bool {
	const lower, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
	return p.Agency != "" && len(p.Agency) <= 40 && strings.Trim(p.Agency[:1], lower) == "" && strings.Trim(p.Agency, lower+digits+"_-") == "" &&
		len(p.Unit) <= 20 && strings.Trim(p.Unit, strings.ToUpper(lower)+digits) == ""
}
