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
decision := object.union(whole, {"parts": parts}) if {
	agreement.stands
	basis.met
}

else := object.union(refused, {"parts": {key: refused | some key in keys}})

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
whole := permitted if {
	not undecided
}

else := part.verdict("review", "release_review", "") if undecided

# METADATA
# scope: document
# title: The permit for the return as a whole
# description: With every clause that it rests on.
permitted := {
	"answer": "permit",
	"clauses": array.concat([agreement.clause("release_permitted")], basis.clauses),
	"reasons": [sentence.about("release_permitted", "")],
	"obligations": [],
}

# METADATA
# scope: document
# title: Some part is for a person to decide
# description: One is enough to put the return to the agency's reviewer. The short way permits, so that only the long way is looked at.
undecided if {
	some verdict in existence
	verdict.answer == "review"
}

undecided if {
	some verdict in contents
	verdict.answer == "review"
}

# METADATA
# scope: document
# title: Each part
# description: >-
#   Existence first, then content. Most parts are plain and take the short way:
#   one look at a table that the agreement alone makes, so that the usual part
#   costs little. It gives what the long way would give; that is tested.
parts := object.union_n([plain_existence, existence, plain_contents, contents])

# METADATA
# scope: document
# title: The match bands of a confirmed match
# description: Of other bands the long way says what they are good for.
confirmed := {band | some band, meaning in data.tables.bands; meaning == "confirmed"}

# METADATA
# scope: document
# title: The permits to say whether anything is held
# description: By category and confirmed band. Categories of the schedule, less those where existence is content.
tellable := {category: {band: verdict | some band in confirmed} |
	some category in agreement.scheduled
	part.mode(category) in {"content", "existence"}
	not data.tables.catalogue[category].ncnd
	verdict := part.verdict("permit", "existence", category)
}

# METADATA
# scope: document
# title: The permits to release content
# description: By category, confirmed band and handling code, each with what binds its recipient.
releasable := {category: {band: verdicts | some band in confirmed} |
	some category in agreement.scheduled
	part.mode(category) == "content"
	verdicts := {code: bind(part.verdict("permit", "content", category), obligations("permit", {"category": category, "handling": code})) |
		some code in known_codes[object.get(data.tables.catalogue, [category, "handling_required"], false)]
	}
}

# METADATA
# scope: document
# title: Handling codes that the agreement knows
# description: Where no code is required, having none is fine too.
known_codes := {
	true: handling,
	false: (handling | {""}),
}

# METADATA
# scope: document
# title: Handling codes of the agreement
# description: None where it has none.
default handling := set()

handling := object.keys(agreement.pair.handling)

# METADATA
# scope: document
# title: Existence, the short way
# description: A confirmed match and a category whose existence may be told, if it was asked for.
plain_existence := {concat(":", ["existence", held.person, category]): verdict |
	permits := object.filter(tellable, asked)
	some held in input.held
	category := held.category
	verdict := permits[category][held.band]
}

# METADATA
# scope: document
# title: Existence, the long way
# description: The rule is chosen first, then its clause and sentence.
existence := {} if {
	count(plain_existence) == count([1 | some _ in input.held])
}

else := {key: part.verdict(chosen[0], chosen[1], held.category) |
	plain := plain_existence
	some held in input.held
	key := existence_key(held)
	not plain[key]
	chosen := existence_rule(held)
}

# METADATA
# scope: document
# title: Content, the short way
# description: >-
#   An item of a category that was asked for and is open, on a confirmed match,
#   dated, recent enough for every limit, without flags, with a handling code
#   that the agreement knows, in an answer of which nothing is withheld.
plain_contents := {concat(":", ["item", item.id]): verdict |
	not input.withhold
	permits := object.filter(releasable, asked)
	recent := horizon
	some item in unflagged
	verdict := permits[item.category][item.band][object.get(item, "handling", "")]
	item.age_days <= recent
	item.date
}

# METADATA
# scope: document
# title: Items without flag and without an empty date
# description: All of them, as a rule.
unflagged := input.items if {
	count(flagged) == 0
}

else := [item |
	odd := flagged
	some i, item in input.items
	not i in odd
]

# METADATA
# scope: document
# title: Items with a flag or with an empty date
# description: By their place in the answer.
flagged := {i | input.items[i].flags != null} | {i | input.items[i].date == ""}

# METADATA
# scope: document
# title: The age in days within which no limit is reached
# description: The shorter of the agreement's age limit and the period asked about.
horizon := min([longest, since])

# METADATA
# scope: document
# title: The age limit of the agreement in days
# description: Where there is none, as good as none.
default longest := 99999

longest := agreement.pair.age_limit.days

# METADATA
# scope: document
# title: The period asked about in days
# description: Where it is open, as good as for ever.
default since := 99999

since := period

# METADATA
# scope: document
# title: Content, the long way
# description: The rule is chosen first, then its clause, sentence and obligations.
contents := {} if {
	count(plain_contents) == count([1 | some _ in input.items])
}

else := {key: bind(part.verdict(chosen[0], chosen[1], item.category), obligations(chosen[0], item)) |
	plain := plain_contents
	some item in input.items
	key := concat(":", ["item", item.id])
	not plain[key]
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

else := closed_by_terms(category)

# METADATA
# scope: document
# title: The rule by which the agreement closes a category
# description: The first that applies, else open.
closed_by_terms(category) := "ncnd" if {
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
# description: A band that is not listed is good for nothing.
tier(band) := meaning if {
	meaning := data.tables.bands[band]
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
	[category, person, "permit"] in hidden_answers
	not [category, person, "review"] in hidden_answers
	not [category, person, "deny"] in hidden_answers
}

else := ["review", "release_review"] if {
	[category, person, "review"] in hidden_answers
	not [category, person, "deny"] in hidden_answers
}

else := ["deny", "ncnd"]

# METADATA
# scope: document
# title: How the items of hidden categories are answered
# description: Category, person and answer. Looked at once for all of them.
hidden_answers := {[category, item.person, answer(item)] |
	hidden := hidden_categories
	some item in input.items
	category := item.category
	hidden[category]
}

# METADATA
# scope: document
# title: The answer on an item
# description: What went the short way is permitted, if no two items share an id.
answer(item) := "permit" if {
	distinct
	plain_contents[concat(":", ["item", item.id])]
}

else := choose(item)[0]

# METADATA
# scope: document
# title: No two items share an id
# description: Else an answer to one could be taken for the other's.
distinct if count({item.id | some item in input.items}) == count([1 | some _ in input.items])

# METADATA
# scope: document
# title: The categories where existence is neither confirmed nor denied
# description: Of the whole catalogue.
hidden_categories := {category | some category, terms in data.tables.catalogue; terms.ncnd == true}
