# METADATA
# title: The verdict on one part of a decision
# description: One category, one person or one item.
package mash.part

import data.mash.agreement
import data.mash.sentence

# METADATA
# scope: document
# title: The verdict of a rule
# description: >-
#   Rules first choose an answer and their own name, then come here for clause
#   and sentence. An agreement that does not number the rule, or a sentence that
#   is missing, thus leaves the verdict undefined, which is a fault, and never
#   lets the next rule of a chain decide instead.
verdict(answer, rule, category) := {
	"answer": answer,
	"clauses": [agreement.clause(rule)],
	"reasons": [sentence.about(rule, category)],
	"obligations": [],
}

# METADATA
# scope: document
# title: How far a category may go for this purpose
# description: >-
#   content, existence or none. A unit's overlay can only narrow what its
#   agency agreed. A category that is not in the schedule is none.
mode(category) := narrowed[base(category)][overlay(category)]

# METADATA
# scope: document
# title: What the agency agreed
# description: A category or purpose that is not in the schedule is none.
base(category) := agreed if {
	agreed := agreement.pair.categories[category][input.purpose]
}

else := "none"

# METADATA
# scope: document
# title: What the unit leaves of it
# description: A unit that says nothing leaves everything.
overlay(category) := left if {
	left := agreement.overlay.categories[category]
}

else := "content"

# METADATA
# scope: document
# title: The lower of two modes
# description: First what the agency agreed, then what the unit leaves.
narrowed := {
	"content": {"content": "content", "existence": "existence", "none": "none"},
	"existence": {"content": "existence", "existence": "existence", "none": "none"},
	"none": {"content": "none", "existence": "none", "none": "none"},
}
