package web

import (
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// DemoRoles are the people whom a visitor of the demo can be. Their ids are
// stable: audit entries name them.
func DemoRoles() []kit.DemoRole {
	role := func(key, id, name, label, description string, roles ...string) kit.DemoRole {
		return kit.DemoRole{Key: key, Label: label, Description: description, User: kit.User{ID: id, Name: name, Roles: roles}}
	}
	return []kit.DemoRole{
		role("worker", "worker-1", "Sam Okafor", "Sam Okafor, MASH social worker",
			"Opens enquiries, asks agencies, reads the chronology, decides.", mash.RoleWorker),
		role("worker_2", "worker-2", "Priya Nair", "Priya Nair, MASH social worker",
			"A second worker: sees the team's enquiries, and not those restricted to others.", mash.RoleWorker),
		role("manager", "manager-1", "Helen Marsh", "Helen Marsh, hub manager",
			"As a worker; also reviews questions that the agreement holds for a person.", mash.RoleManager),
		role("ig_lead", "ig-lead-1", "Tom Achebe", "Tom Achebe, information governance lead",
			"Sees the board and the audit log. Never sees what agencies said about a family.", mash.RoleIGLead),
		role("ig_deputy", "ig-lead-2", "Grace Lindqvist", "Grace Lindqvist, deputy information governance lead",
			"The second person: agrees, or not, to what her colleague proposes for the sharing agreements.", mash.RoleIGLead),
		role("scrutineer", "scrutineer-1", "Margaret Lowe", "Margaret Lowe, scrutineer",
			"Checks the hub from its audit log. Never sees an enquiry.", mash.RoleScrutineer),
	}
}
