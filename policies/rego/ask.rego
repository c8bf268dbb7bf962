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
decision := object.union(refused, {"fields": [], "parts": {key: refused | some key in keys}}) if {
	refused
}

else := object.union(whole, {"fields": going, "parts": object.union(categories, persons)}) if {
	clear
	agreement.stands
	basis.met
}

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
going := [] if lacking

going := fields if not lacking

# METADATA
# scope: document
# title: The answer for the request as a whole
# description: Permit needs somebody to ask about, something to ask for and a field to go by.
whole := agreement.refusal(lacking) if lacking

whole := part.verdict("review", "anonymous", "") if {
	not lacking
	unread
}

whole := {
	"answer": "permit",
	"clauses": array.concat([agreement.clause("ask_permitted")], basis.clauses),
	"reasons": [sentence.about("ask_permitted", "")],
	"obligations": [],
} if {
	not lacking
	not unread
}

# METADATA
# scope: document
# title: What the request lacks
# description: The first that applies; undefined where it lacks nothing.
lacking := "nobody" if {
	count(asked_about) == 0
}

else := "no_category" if {
	count(asked_for) == 0
}

else := "no_field" if {
	count(fields) == 0
}

# METADATA
# scope: document
# title: A manager must read the contact first
# description: It is anonymous, nothing in it can be checked, and nobody has read it yet.
unread if {
	not named
	not input.evidence
	not input.reviewed
}

# METADATA
# scope: document
# title: The originator said who they are
# description: A missing answer is no answer.
named if input.anonymous == false

# METADATA
# scope: document
# title: Each category
# description: A category of mode existence is asked for on the terms that only existence comes back.
categories := {category: category_verdict(part.mode(category), category) | some category in input.categories}

# METADATA
# scope: document
# title: The verdict on a category by its mode
# description: Undefined for a mode that does not exist, which is a fault.
category_verdict("none", category) := part.verdict("deny", "not_covered", category)

category_verdict("existence", category) := object.union(
	part.verdict("permit", "existence", category),
	{"obligations": [{"code": "existence_only"}]},
)

category_verdict("content", category) := part.verdict("permit", "content", category)

# METADATA
# scope: document
# title: The categories that may be asked for
# description: Counted for the answer as a whole.
asked_for := {category | some category in input.categories; part.mode(category) in {"existence", "content"}}

# METADATA
# scope: document
# title: Each person
# description: The subject is the reason for the enquiry; everybody else needs one of their own.
persons := {person.key: person_verdict(person) | some person in input.persons}

# METADATA
# scope: document
# title: The verdict on a person
# description: With a reason or without.
person_verdict(person) := part.verdict("permit", "person_permitted", "") if has_reason(person)

person_verdict(person) := part.verdict("deny", "person_reason", "") if not has_reason(person)

# METADATA
# scope: document
# title: There is a reason to ask about this person
# description: Anybody but the subject needs a recorded one.
has_reason(person) if person.role == "subject"

has_reason(person) if person.has_reason == true

# METADATA
# scope: document
# title: The people who may be asked about
# description: Counted for the answer as a whole, and for the fields.
asked_about := {person.key | some person in input.persons; has_reason(person)}

# METADATA
# scope: document
# title: The identifying fields that may go
# description: >-
#   Those that the agreement names for this party, that somebody has, and that
#   locate nobody who must not be found: where one person of the request is
#   protected no address goes at all, since households share one.
fields := [field |
	some field in agreement.pair.fields
	field in available
	not locating(field)
]

# METADATA
# scope: document
# title: The fields that somebody asked about has
# description: People without a reason do not count.
available := {field | some person in input.persons; has_reason(person); some field in person.fields}

# METADATA
# scope: document
# title: A field that would locate a protected person
# description: A person of the request who is not asked about counts too.
locating("addresses") if {
	some person in input.persons
	person.protected_location == true
}
