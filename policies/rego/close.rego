# METADATA
# title: May this enquiry close
# description: Every reason against closing is named, not only the first.
package mash.close

# METADATA
# scope: document
# title: The hub that decides
# description: A closing input names it by its address.
hub := trim_prefix(input.where, "hub/")

# METADATA
# scope: document
# title: The agreement that governs closing
# description: It need not be in force, because closing shares nothing. Undefined where the register has no line, which is a fault.
terms := data.agreements[data.tables.register[hub].closing]

# METADATA
# scope: document
# title: The decision
# description: One result, or undefined, which is a fault.
# entrypoint: true
decision := {
	"answer": "deny",
	"clauses": [terms.rules[rule] | some rule in order; rule in against],
	"reasons": [worded(rule) | some rule in order; rule in against],
	"obligations": [],
} if {
	count(against) > 0
}

else := {
	"answer": "permit",
	"clauses": [terms.rules.close_permitted],
	"reasons": [worded("close_permitted")],
	"obligations": [],
} if {
	count(against) == 0
	input.decided == true
	input.voice_recorded == true
	told
	input.open_requests == 0
	input.unavailable == 0
	input.late_unreviewed == 0
	is_number(input.plan_open_days)
	is_number(input.step_down_days)
	is_boolean(input.offender_sentenced)
}

# METADATA
# scope: document
# title: The order in which reasons are given
# description: What was not done, then what is still awaited, then what is too soon.
order := [
	"close_undecided",
	"close_voice",
	"close_feedback",
	"close_open",
	"close_unavailable",
	"close_late",
	"close_plan",
	"close_sentenced",
	"close_step_down",
]

# METADATA
# scope: document
# title: The sentence of a rule about closing
# description: Undefined where the agreement does not number the rule, which is a fault.
worded(rule) := strings.replace_n({"{clause}": terms.rules[rule]}, data.tables.reasons[rule])

# METADATA
# scope: document
# title: What speaks against closing
# description: Each rule adds one reason.
against contains "close_undecided" if not decided

against contains "close_voice" if not input.voice_recorded

against contains "close_feedback" if not told

against contains "close_open" if input.open_requests != 0

against contains "close_unavailable" if input.unavailable != 0

against contains "close_late" if input.late_unreviewed != 0

against contains "close_plan" if {
	new_plan
	some_event
}

against contains "close_sentenced" if {
	new_plan
	input.offender_sentenced == true
}

against contains "close_step_down" if {
	input.step_down_days > 0
	input.step_down_days < terms.closing.step_down_days
}

# METADATA
# scope: document
# title: An outcome is recorded and the enquiry is in a state to close
# description: Closing follows the decision or the feedback.
decided if {
	input.decided == true
	input.state in {"decided", "feedback_sent"}
}

# METADATA
# scope: document
# title: The originator was told, or it is recorded why not
# description: A missing answer is no answer.
told if input.feedback in {"sent", "waived", "not_possible"}

# METADATA
# scope: document
# title: A child-in-need plan is open and new
# description: Its days are counted from its beginning; none is zero.
new_plan if {
	input.plan_open_days > 0
	input.plan_open_days < terms.closing.plan_days
}

# METADATA
# scope: document
# title: Something happened that tempts to close
# description: A sentence or a step-down.
some_event if input.offender_sentenced == true

some_event if input.step_down_days > 0
