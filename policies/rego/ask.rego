# METADATA
# title: May we ask
# description: >-
#   Asking discloses too. Answers for the request as a whole, for each category
#   and each person, and lists the identifying fields that may go.
package mash.ask

import data.mash.agreement
import data.mash.basis
import data.mash.part
import data.mash.sentence

# METADATA
# scope: document
# title: The decision
# description: One result, or undefined, which is a fault.
# entrypoint: true
decision := object.union(whole, {"fields": going, "parts": object.union(categories, persons)}) if {
	input.conflict == false
	agreement.stands
	basis.met
}

else := object.union(refused, {"fields": [], "parts": {key: refused | some key in keys}})

# METADATA
# scope: document
# title: What refuses the request as a whole
# description: The first that applies. A refused request has no fields.
refused := agreement.refusal("conflict") if {
	conflicted
	agreement.terms
}

else := agreement.denial if {
	agreement.denial
}

else := basis.denial

# METADATA
# scope: document
# title: The recipient may be one of the people
# description: Anything but a plain no counts.
conflicted if not clear

# METADATA
# scope: document
# title: Nobody at the recipient is one of the people
# description: The caller has looked and says no.
clear if input.conflict == false

# METADATA
# scope: document
# title: The keys that need an answer
# description: Every person and every category of the request.
keys := {person.key | some person in input.persons} | {category | some category in input.categories}

# METADATA
# scope: document
# title: The fields that go
# description: None with a request that is denied as a whole.
going := fields if ready

else := []

# METADATA
# scope: document
# title: The answer for the request as a whole
# description: Permit needs somebody to ask about, something to ask for and a field to go by.
whole := permitted if {
	ready
	readable
}

else := part.verdict("review", "anonymous", "") if {
	ready
	not readable
}

else := agreement.refusal(lacking)

# METADATA
# scope: document
# title: The permit for the request as a whole
# description: With every clause that it rests on.
permitted := {
	"answer": "permit",
	"clauses": array.concat([agreement.clause("ask_permitted")], basis.clauses),
	"reasons": [sentence.about("ask_permitted", "")],
	"obligations": [],
}

# METADATA
# scope: document
# title: The request lacks nothing
# description: Somebody to ask about, something to ask for and a field to go by.
ready if {
	somebody
	something
	count(fields) > 0
}

# METADATA
# scope: document
# title: What the request lacks
# description: The first that applies; undefined where it lacks nothing.
lacking := "nobody" if {
	not somebody
}

else := "no_category" if {
	not something
}

else := "no_field" if {
	count(fields) == 0
}

# METADATA
# scope: document
# title: No manager needs to read the contact first
# description: The originator said who they are, something in the contact can be checked, or a manager has read it. A missing answer is no answer.
readable if input.anonymous == false

readable if input.evidence

readable if input.reviewed

# METADATA
# scope: document
# title: Each category
# description: A category of mode existence is asked for on the terms that only existence comes back.
categories := {category: category_verdict(category) | some category in input.categories}

# METADATA
# scope: document
# title: The verdict on a category
# description: By its mode.
category_verdict(category) := mode_verdict(part.mode(category), category)

# METADATA
# scope: document
# title: The verdict on a category by its mode
# description: Undefined for a mode that does not exist, which is a fault.
mode_verdict("none", category) := part.verdict("deny", "not_covered", category)

mode_verdict("existence", category) := object.union(
	part.verdict("permit", "existence", category),
	{"obligations": [{"code": "existence_only"}]},
)

mode_verdict("content", category) := part.verdict("permit", "content", category)

# METADATA
# scope: document
# title: Somebody may be asked about
# description: At least one person with a reason and with a key to answer by.
somebody if {
	some i in with_reason
	input.persons[i].key
}

# METADATA
# scope: document
# title: Something may be asked for
# description: At least one category.
something if {
	some category in input.categories
	part.mode(category) in {"existence", "content"}
}

# METADATA
# scope: document
# title: Each person
# description: The subject is the reason for the enquiry; everybody else needs one of their own.
persons := {person.key: verdict |
	verdicts := person_verdicts
	known := with_reason
	some i, person in input.persons
	verdict := verdicts[i in known]
}

# METADATA
# scope: document
# title: The verdicts on a person
# description: With a reason or without.
person_verdicts := {reason: part.verdict(rule[0], rule[1], "") |
	some reason, rule in {true: ["permit", "person_permitted"], false: ["deny", "person_reason"]}
}

# METADATA
# scope: document
# title: The people who may be asked about
# description: By their place in the request. Anybody but the subject needs a recorded reason.
with_reason := {i | input.persons[i].role == "subject"} | {i | input.persons[i].has_reason == true}

# METADATA
# scope: document
# title: The identifying fields that may go
# description: Those that the agreement names for this party and that somebody asked about has; in the order of the agreement.
fields := [field |
	known := available
	some field in agreement.pair.fields
	known[field]
]

# METADATA
# scope: document
# title: The fields that somebody asked about has
# description: >-
#   People without a reason do not count. Where one person of the request is
#   protected, asked about or not, no address goes at all, since households
#   share one.
available := {field | some i in with_reason; some field in input.persons[i].fields} - locating

# METADATA
# scope: document
# title: The fields that would locate a protected person
# description: None where nobody is protected.
locating := {"addresses"} if {
	some person in input.persons
	person.protected_location == true
}

else := set()
