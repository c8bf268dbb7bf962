# METADATA
# title: Which agreement governs, and does it stand
# description: >-
#   Looks up the one agreement that the register names for the hub and purpose
#   of the input, and says whether it binds both parties today. Every look-up
#   is by key; nothing here searches.
package mash.agreement

import data.mash.sentence

# METADATA
# scope: document
# title: The day of the decision
# description: Days in agreements are text, YYYY-MM-DD, and compare as text.
today := substring(input.now, 0, 10)

# METADATA
# scope: document
# title: The id of the governing agreement
# description: Undefined where the register has no line.
id := data.tables.register[input.hub][input.purpose]

# METADATA
# scope: document
# title: The governing agreement
# description: Undefined where the register names one that is missing, which makes every decision a fault.
terms := data.agreements[id]

# METADATA
# scope: document
# title: The key of the two parties
# description: For questions and answers the hub and the agency; for notices the sender and the recipient.
pair_key := concat("/", [input.hub, input.party.agency])

pair_key := concat("/", [input.from.agency, input.to.agency]) if {
	input.kind == "encompass"
	input.to.agency != ""
}

pair_key := concat("/", [input.from.agency, "hub"]) if {
	input.kind == "encompass"
	input.to.agency == ""
	input.setting == "hub"
}

# METADATA
# scope: document
# title: What the two parties signed
# description: Undefined where they did not.
pair := terms.pairs[pair_key]

# METADATA
# scope: document
# title: The categories in the schedule
# description: Of what the two parties signed.
scheduled := object.keys(pair.categories)

# METADATA
# scope: document
# title: The unit that answers for itself
# description: Empty where the agency answers as a whole.
default unit := ""

unit := input.party.unit

unit := input.to.unit if input.kind == "encompass"

# METADATA
# scope: document
# title: What the unit narrowed
# description: Empty where the unit narrowed nothing.
default overlay := {}

overlay := pair.units[unit]

# METADATA
# scope: document
# title: The clause that a rule of the agreement applies
# description: Undefined where the agreement does not number the rule, which makes the decision a fault.
clause(rule) := terms.rules[rule]

# METADATA
# scope: document
# title: The laws of a list that may be cited today
# description: Switched on, and their day has come; in the order of the list.
in_force(laws) := [id |
	some id in laws
	law := data.tables.law[id]
	law.enabled == true
	law.in_force_from <= today
]

# METADATA
# scope: document
# title: The agreement stands
# description: Active, begun, not ended, both parties bound, the unit not suspended.
stands if {
	governing := terms
	governing.status == "active"
	governing.in_force_from <= today
	today <= governing.expires
	pair.status == "active"
	unit_stands
}

# METADATA
# scope: document
# title: The unit has not suspended its accession
# description: A unit without an entry of its own is bound by its agency's signature.
unit_stands if not pair.units[unit]

unit_stands if overlay.status == "active"

# METADATA
# scope: document
# title: The rule by which the agreement does not stand
# description: The first that applies; undefined where none does.
fallen := "revoked" if {
	terms.status == "revoked"
}

else := "suspended" if {
	terms.status == "suspended"
}

else := "not_yet_in_force" if {
	today < terms.in_force_from
}

else := "expired" if {
	today > terms.expires
}

else := "not_a_party" if {
	terms.pairs
	not pair
}

else := "party_suspended" if {
	pair.status == "suspended"
}

else := "unit_suspended" if {
	overlay.status == "suspended"
}

# METADATA
# scope: document
# title: Why nothing may be shared under the agreement
# description: The register has no line, or the agreement does not stand; undefined where neither holds.
denial := {"answer": "deny", "clauses": ["register"], "reasons": [sentence.plain("no_agreement")], "obligations": []} if {
	not id
}

denial := refusal(fallen) if id

# METADATA
# scope: document
# title: A refusal of the whole
# description: The clause that the agreement gives to the rule, and its sentence.
refusal(rule) := {
	"answer": "deny",
	"clauses": [clause(rule)],
	"reasons": [sentence.about(rule, "")],
	"obligations": [],
}
