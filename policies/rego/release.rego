# METADATA
# title: May this leave the agency
# description: >-
#   Existence is decided for each person and category, then content for each
#   item. Of a category that is neither confirmed nor denied the existence part
#   is always the same refusal, so that no withholding can be read from it.
package mash.release

import data.mash.agreement
import data.mash.basis
import data.mash.part
import data.mash.sentence

# METADATA
# title: The decision
# description: One result, or undefined, which is a fault.
# entrypoint: true
decision := object.union(refused, {"parts": {key: refused | some key in keys}}) if {
	refused
}

else := object.union(whole, {"parts": parts}) if {
	agreement.stands
	basis.met
}

# METADATA
# title: What refuses the return as a whole
# description: The agreement does not stand, or the basis went away.
refused := agreement.denial if {
	agreement.denial
}

else := basis.denial

# METADATA
# title: The key of an existence part
# description: Person and category of the request.
existence_key(held) := concat(":", ["existence", held.person, held.category])

# METADATA
# title: The keys that need an answer
# description: Every pair held or not, and every item.
keys := {existence_key(held) | some held in input.held} | {concat(":", ["item", item.id]) | some item in input.items}

# METADATA
# title: The answer for the return as a whole
# description: Review where any part is for a person to decide.
whole := part.verdict("review", "release_review", "") if undecided

whole := {
	"answer": "permit",
	"clauses": array.concat([agreement.clause("release_permitted")], basis.clauses),
	"reasons": [sentence.about("release_permitted", "")],
	"obligations": [],
} if {
	not undecided
}

# METADATA
# title: Some part is for a person to decide
# description: One is enough to put the return to the agency's reviewer.
undecided if {
	some verdict in parts
	verdict.answer == "review"
}

# METADATA
# title: Each part
# description: Existence first, then content.
parts := object.union(
	{existence_key(held): existence(held.category, held.band, held.held, allowed_key(existence_key(held))) | some held in input.held},
	{concat(":", ["item", item.id]): content(item) | some item in input.items},
)

# METADATA
# title: The categories of the request
# description: A set, so that each look-up is by key.
asked := {category | some category in input.asked}

# METADATA
# title: What the agency's reviewer allowed
# description: Keys of parts, or ids of items.
allowed := {key | some key in input.allowed}

# METADATA
# title: A part that the agency's reviewer allowed
# description: Turns review into permit and nothing else.
allowed_key(key) if key in allowed

else := false

# METADATA
# title: The match is confirmed
# description: An answer that a person wrote is about the person they were asked about.
confirmed("match") := true

confirmed("") if input.human == true

# METADATA
# title: May it be said that something of the category is held, or not held
# description: The rule is chosen first, then its clause and sentence.
existence(category, band, held, by_reviewer) := part.verdict(chosen[0], chosen[1], category) if {
	chosen := existence_rule(category, band, held, by_reviewer)
}

# METADATA
# title: The rule on existence
# description: >-
#   For neither-confirm-nor-deny categories the answer is reached before band
#   and held are looked at.
existence_rule(category, band, held, by_reviewer) := ["deny", "ncnd"] if {
	data.catalogue[category].ncnd == true
}

else := ["deny", "out_of_scope"] if {
	not category in asked
}

else := ["deny", "not_covered"] if {
	part.mode(category) == "none"
}

else := ["permit", "existence"] if {
	confirmed(band)
}

else := ["permit", "existence"] if {
	band in {"potential", "many"}
	by_reviewer == true
}

else := ["review", "unconfirmed_existence"] if {
	band in {"potential", "many"}
}

else := ["permit", "existence"] if {
	held == false
}

else := ["deny", "no_match"]

# METADATA
# title: May this item go
# description: The rule is chosen first, then its clause, sentence and obligations.
content(item) := bind(part.verdict(chosen[0], chosen[1], item.category), obligations(chosen[0], item)) if {
	chosen := content_rule(item)
}

# METADATA
# title: A verdict with what binds its recipient
# description: The clauses of the obligations follow the clause of the rule.
bind(verdict, []) := verdict

bind(verdict, owing) := object.union(verdict, {
	"clauses": array.concat(verdict.clauses, [agreement.terms.obligations[obligation.code] | some obligation in owing]),
	"obligations": owing,
}) if {
	count(owing) > 0
}

# METADATA
# title: The rule on content
# description: >-
#   The first refusal that applies, then what a person must decide, then permit.
#   A reviewer's word never turns a refusal round.
content_rule(item) := ["deny", "out_of_scope"] if {
	not item.category in asked
}

else := ["deny", "ncnd"] if {
	data.catalogue[item.category].ncnd == true
	part.mode(item.category) != "content"
}

else := ["deny", "not_covered"] if {
	part.mode(item.category) == "none"
}

else := ["deny", "existence_only"] if {
	part.mode(item.category) == "existence"
}

else := ["deny", "unconfirmed"] if {
	item.band in {"potential", "many"}
}

else := ["deny", "no_match"] if {
	not confirmed(item.band)
}

else := ["deny", "outside_period"] if {
	before_period(item)
}

else := ["deny", "age_limit"] if {
	item.age_days > agreement.pair.age_limit.days
}

else := ["deny", "withheld"] if {
	withheld[item.person][item.category]
}

else := ["review", doubt(item)] if {
	not reviewed(item)
}

else := ["permit", "content"] if {
	part.mode(item.category) == "content"
}

# METADATA
# title: The item lies before the period asked about
# description: Things that last may have begun before it.
before_period(item) if {
	item.date != ""
	item.date < substring(input.from, 0, 10)
	not data.catalogue[item.category].lasting
}

# METADATA
# title: What a person at the agency chose to withhold
# description: By person and category.
withheld[withholding.person][withholding.category] := true if some withholding in input.withhold

# METADATA
# title: Why a person must look at the item
# description: The first that applies; undefined where none does.
doubt(item) := "age_unknown" if {
	item.date == ""
	agreement.pair.age_limit
}

else := "handling_unknown" if {
	handling(item) != ""
	not agreement.pair.handling[handling(item)]
}

else := "handling_unknown" if {
	handling(item) == ""
	data.catalogue[item.category].handling_required == true
}

else := "intelligence_flag" if {
	"intelligence" in item.flags
	item.category != "police.intelligence"
}

else := "third_party" if {
	"third_party" in item.flags
}

# METADATA
# title: The handling code of an item
# description: Empty where it has none.
handling(item) := item.handling if {
	item.handling
}

else := ""

# METADATA
# title: A person at the agency has looked at the item
# description: Its reviewer allowed it, or a person wrote the answer.
reviewed(item) if item.reviewed == true

reviewed(_) if input.human == true

reviewed(item) if item.id in allowed

reviewed(item) if concat(":", ["item", item.id]) in allowed

# METADATA
# title: What binds whoever receives the item
# description: Nothing where the item does not go.
obligations(answer, item) := [obligation |
	answer != "deny"
	some obligation in [{"code": "originator_control"}, {"code": "protect_location"}]
	owed(item, obligation.code)
]

# METADATA
# title: An obligation that the item carries
# description: Handling conditions and intelligence stay in the hub; places of protected people are hidden.
owed(item, "originator_control") if agreement.pair.handling[item.handling].originator_control == true

owed(item, "originator_control") if item.category == "police.intelligence"

owed(item, "originator_control") if "intelligence" in item.flags

owed(item, "originator_control") if {
	handling(item) != ""
	not agreement.pair.handling[handling(item)]
}

owed(item, "protect_location") if "protected_location" in item.flags
