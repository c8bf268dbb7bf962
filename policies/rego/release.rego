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
# scope: document
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
# scope: document
# title: What refuses the return as a whole
# description: The agreement does not stand, or the basis went away.
refused := agreement.denial if {
	agreement.denial
}

else := basis.denial

# METADATA
# scope: document
# title: The key of an existence part
# description: Person and category of the request.
existence_key(held) := concat(":", ["existence", held.person, held.category])

# METADATA
# scope: document
# title: The keys that need an answer
# description: Every pair held or not, and every item.
keys := {existence_key(held) | some held in input.held} | {concat(":", ["item", item.id]) | some item in input.items}

# METADATA
# scope: document
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
# scope: document
# title: Some part is for a person to decide
# description: One is enough to put the return to the agency's reviewer.
undecided if {
	some verdict in parts
	verdict.answer == "review"
}

# METADATA
# scope: document
# title: Each part
# description: Existence first, then content. Most parts are plain and take the short way.
parts := object.union_n([plain_existence, existence, plain_contents, contents])

# METADATA
# scope: document
# title: Existence, the short way
# description: >-
#   A confirmed match and a category whose existence may be told. It gives what
#   the long way would give; that is tested.
plain_existence := {concat(":", ["existence", held.person, category]): part.verdict("permit", "existence", category) |
	some held in input.held
	category := held.category
	tellable[category]
	data.tables.bands[held.band] == "confirmed"
}

# METADATA
# scope: document
# title: Categories whose existence may be told
# description: In the schedule, asked for, and not among those where existence is content.
tellable := {category: true |
	some category, rule in standing
	rule in {"open", "existence_only"}
	not data.tables.catalogue[category].ncnd
}

# METADATA
# scope: document
# title: Existence, the long way
# description: The rule is chosen first, then its clause and sentence.
existence := {key: part.verdict(chosen[0], chosen[1], held.category) |
	some held in input.held
	key := existence_key(held)
	not plain_existence[key]
	chosen := existence_rule(held)
}

# METADATA
# scope: document
# title: Content, the short way
# description: >-
#   An item of an open category, on a confirmed match, dated, recent enough for
#   every limit, without flags, with an ordinary handling code, in an answer of
#   which nothing is withheld. It gives what the long way would give; that is
#   tested.
plain_contents := {concat(":", ["item", id]): part.verdict("permit", "content", category) |
	some id, category in plain_items
}

# METADATA
# scope: document
# title: The items about which nothing needs a second look
# description: One body without a call, so that the usual item costs little. Ids are told apart by the caller.
plain_items := {item.id: category |
	not input.withhold
	some item in input.items
	category := item.category
	data.tables.bands[item.band] == "confirmed"
	ordinary[category][object.get(item, "handling", "")]
	item.age_days <= horizon
	item.date != ""
	not item.flags
}

# METADATA
# scope: document
# title: The age in days within which no limit is reached
# description: The shorter of the period asked about and the agreement's age limit.
horizon := min({agreement.pair.age_limit.days, period}) if {
	agreement.pair.age_limit
	period
}

else := agreement.pair.age_limit.days if {
	not period
}

else := period if {
	not agreement.pair.age_limit
}

else := 99999

# METADATA
# scope: document
# title: Handling codes that ask for nothing, by category
# description: Police intelligence has none, because it always stays in the hub.
ordinary := {category: codes |
	some category, "open" in standing
	category != "police.intelligence"
	codes := ordinary_codes[object.get(data.tables.catalogue[category], "handling_required", false)]
}

# METADATA
# scope: document
# title: Handling codes that ask for nothing
# description: Where no code is required, having none is ordinary too.
ordinary_codes := {
	true: {code: true | some code, terms in agreement.pair.handling; count(terms) == 0},
	false: object.union({"": true}, {code: true | some code, terms in agreement.pair.handling; count(terms) == 0}),
}

# METADATA
# scope: document
# title: Content, the long way
# description: The rule is chosen first, then its clause, sentence and obligations.
contents := {key: bind(part.verdict(chosen[0], chosen[1], item.category), obligations(chosen[0], item)) |
	some item in input.items
	not plain_items[item.id]
	key := concat(":", ["item", item.id])
	chosen := choose(item)
}

# METADATA
# scope: document
# title: The categories of the request
# description: A set, so that each look-up is by key.
asked := {category | some category in input.asked}

# METADATA
# scope: document
# title: The categories that need an answer
# description: Each once, however many items it has.
categories := {held.category | some held in input.held} | {item.category | some item in input.items}

# METADATA
# scope: document
# title: How each category stands
# description: open, or the rule that closes it. Decided once for all items of the category.
standing := {category: closed_by(category) | some category in categories}

# METADATA
# scope: document
# title: The rule that closes a category
# description: The first that applies, else open.
closed_by(category) := "out_of_scope" if {
	not category in asked
}

else := "ncnd" if {
	data.tables.catalogue[category].ncnd == true
	part.mode(category) != "content"
}

else := "not_covered" if {
	part.mode(category) == "none"
}

else := "existence_only" if {
	part.mode(category) == "existence"
}

else := "open" if {
	part.mode(category) == "content"
}

# METADATA
# scope: document
# title: What the agency's reviewer allowed
# description: Keys of parts, or ids of items.
allowed := {key | some key in input.allowed}

# METADATA
# scope: document
# title: What a match band is good for
# description: An answer that a person wrote without a band is about the person they were asked about.
tier(band) := meaning if {
	meaning := data.tables.bands[band]
}

else := "confirmed" if {
	band == ""
	input.human == true
}

else := "none"

# METADATA
# scope: document
# title: May it be said that something of the category is held, or not held
# description: >-
#   Where existence is content, the answer follows from what goes and never
#   from what is held: something whose content stays is as if it were not there.
existence_rule(held) := hidden_existence(held.person, held.category) if {
	data.tables.catalogue[held.category].ncnd == true
}

else := ["deny", standing[held.category]] if {
	standing[held.category] in {"out_of_scope", "not_covered"}
}

else := ["permit", "existence"] if {
	tier(held.band) == "confirmed"
}

else := ["permit", "existence"] if {
	tier(held.band) == "possible"
	existence_key(held) in allowed
}

else := ["review", "unconfirmed_existence"] if {
	tier(held.band) == "possible"
}

else := ["permit", "existence"] if {
	held.held == false
}

else := ["deny", "no_match"]

# METADATA
# scope: document
# title: Existence where it is neither confirmed nor denied
# description: >-
#   Permit only where there are items and every one of them goes; review where
#   every one goes or is for a person to decide; else the same refusal as if
#   there were none.
hidden_existence(person, category) := ["permit", "existence"] if {
	going(person, category) == {"permit"}
}

else := ["review", "release_review"] if {
	answers := going(person, category)
	"review" in answers
	not "deny" in answers
}

else := ["deny", "ncnd"]

# METADATA
# scope: document
# title: How the items of a hidden category are answered
# description: Empty where there are none.
going(person, category) := {choose(item)[0] | some item in hidden_items[category][person]}

# METADATA
# scope: document
# title: The items of hidden categories
# description: By category and person, so that nothing else is looked at again.
hidden_items := {category: {person: items |
	some person in asked_about
	items := [item | some item in input.items; item.category == category; item.person == person]
} |
	some category in categories
	data.tables.catalogue[category].ncnd == true
}

# METADATA
# scope: document
# title: The people that existence is asked about
# description: Keys of the request.
asked_about := {held.person | some held in input.held}
