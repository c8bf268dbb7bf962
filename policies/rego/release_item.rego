# May this item leave the agency: the long way of package mash.release, for
# every item that is not plain. The package is described in release.rego.
package mash.release

import data.mash.agreement

# METADATA
# scope: document
# title: The rule on content
# description: >-
#   The first refusal that applies, then what a person must decide, then permit.
#   A reviewer's word never turns a refusal round.
choose(item) := ["deny", rule] if {
	rule := standing[item.category]
	rule != "open"
}

else := ["deny", rule] if {
	meaning := tier(item.band)
	meaning != "confirmed"
	rule := object.get({"possible": "unconfirmed"}, meaning, "no_match")
}

else := ["deny", "outside_period"] if {
	item.age_days > period
	not data.tables.catalogue[item.category].lasting
}

else := ["deny", "age_limit"] if {
	item.age_days > agreement.pair.age_limit.days
}

else := ["deny", "withheld"] if {
	input.withhold
	withheld[item.person][item.category]
	not reviewed(item)
}

else := ["review", rule] if {
	complete(item)
	rule := doubt(item)
	not reviewed(item)
}

else := ["permit", "content"] if {
	complete(item)
	standing[item.category] == "open"
}

# METADATA
# scope: document
# title: The item says all that the refusals above look at
# description: A member that is missing would make a refusal disappear; here it leaves the item without an answer.
complete(item) if {
	tier(item.band) == "confirmed"
	is_number(item.age_days)
	is_string(item.date)
}

# METADATA
# scope: document
# title: How many days before now the period asked about begins
# description: One day is added, because days begin at different hours. Undefined where the period is open.
period := ((time.parse_rfc3339_ns(input.now) - time.parse_rfc3339_ns(input.from)) / 86400000000000) + 1 if {
	input.from > "1700"
}

# METADATA
# scope: document
# title: What a person at the agency chose to withhold
# description: By person and category; what somebody there wrote or allowed of it goes all the same.
withheld[withholding.person][withholding.category] if some withholding in input.withhold

# METADATA
# scope: document
# title: Why a person must look at the item
# description: The first that applies; undefined where none does.
doubt(item) := "age_unknown" if {
	item.date == ""
	agreement.pair.age_limit
}

else := "handling_unknown" if {
	not handling_known(item)
}

else := "intelligence_flag" if {
	"intelligence" in item.flags
	item.category != "police.intelligence"
}

else := "third_party" if {
	"third_party" in item.flags
}

# METADATA
# scope: document
# title: The handling code is one that the agreement knows
# description: No code is fine where the category does not require one.
handling_known(item) if agreement.pair.handling[item.handling]

handling_known(item) if {
	not coded(item)
	not data.tables.catalogue[item.category].handling_required
}

# METADATA
# scope: document
# title: The item has a handling code
# description: An empty one is none.
coded(item) if item.handling != ""

# METADATA
# scope: document
# title: A person at the agency has looked at the item
# description: Its reviewer allowed it, or a person wrote it. Said of each item, never of the answer as a whole.
reviewed(item) if item.reviewed == true

reviewed(item) if item.id in allowed

reviewed(item) if concat(":", ["item", item.id]) in allowed

# METADATA
# scope: document
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
# scope: document
# title: What binds whoever receives the item
# description: Nothing where the item does not go, or has neither flag nor handling code.
obligations(answer, item) := [] if {
	answer == "deny"
}

else := [obligation |
	some obligation in [{"code": "originator_control"}, {"code": "protect_location"}]
	owed(item, obligation.code)
]

# METADATA
# scope: document
# title: An obligation that the item carries
# description: Handling conditions and intelligence stay in the hub; places of protected people are hidden.
owed(item, "originator_control") if agreement.pair.handling[item.handling].originator_control == true

owed(item, "originator_control") if item.category == "police.intelligence"

owed(item, "originator_control") if "intelligence" in item.flags

owed(item, "originator_control") if not handling_known(item)

owed(item, "protect_location") if "protected_location" in item.flags
