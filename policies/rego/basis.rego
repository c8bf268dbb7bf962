# METADATA
# title: May this enquiry ask at all
# description: >-
#   Under section 47 the recorded decision, complete; below it the family's
#   agreement or a manager's dispensation. Silence is never agreement.
package mash.basis

import data.mash.agreement

# METADATA
# scope: document
# title: What the purpose needs
# description: Undefined for a purpose that the agreement does not know.
needs := agreement.terms.purposes[input.purpose]

# METADATA
# scope: document
# title: The basis is there
# description: Each rule names all that must be true, what the input says first, so that the engine can tell which rule may apply.
met if {
	input.basis.s47 == true
	needs.basis == "s47"
}

met if {
	input.basis.dispensation == true
	needs.basis == "family"
	needs.dispensation == true
}

met if {
	input.basis.agreement == "given"
	input.basis.told == true
	needs.basis == "family"
	given
	in_scope
}

# METADATA
# scope: document
# title: Agreement comes from somebody who can give it
# description: A parent, or a child who can decide.
given if input.basis.given_by == "parent"

given if input.basis.given_by == "competent_child"

# METADATA
# scope: document
# title: The agreement covers this agency
# description: No list means every party; a list may name the agency or its unit.
in_scope if not input.basis.scope

in_scope if count(input.basis.scope) == 0

in_scope if input.party.agency in input.basis.scope

in_scope if concat("/", [input.party.agency, input.party.unit]) in input.basis.scope

# METADATA
# scope: document
# title: The rule that refuses for want of a basis
# description: Undefined where the basis is there.
missing := "s47_incomplete" if {
	needs.basis == "s47"
	not met
}

else := "family_withdrawn" if {
	refusable
	input.basis.agreement == "withdrawn"
}

else := "child_refused" if {
	refusable
	input.basis.agreement == "refused"
	input.basis.given_by == "competent_child"
}

else := "family_refused" if {
	refusable
	input.basis.agreement == "refused"
}

else := "family_not_told" if {
	refusable
	input.basis.agreement == "given"
	not input.basis.told
}

else := "family_giver" if {
	refusable
	input.basis.agreement == "given"
	not given
}

else := "family_scope" if {
	refusable
	input.basis.agreement == "given"
	not in_scope
}

else := "family_silent" if {
	refusable
}

# METADATA
# scope: document
# title: Below section 47 and without a basis
# description: What the reasons about the family have in common.
refusable if {
	needs.basis == "family"
	not met
}

# METADATA
# scope: document
# title: The refusal for want of a basis
# description: Undefined where the basis is there.
denial := agreement.refusal(missing)

# METADATA
# scope: document
# title: The clauses a permit rests on
# description: The purpose's clause and every law of it that is in force.
clauses := array.concat([needs.clause], agreement.in_force(object.get(needs, "law", [])))
