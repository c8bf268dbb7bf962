# METADATA
# title: May this notice go
# description: >-
#   Operation Encompass to a child's setting, each kind of setting under a
#   clause of its own; and feedback to who raised the concern.
package mash.notify

import data.mash.agreement
import data.mash.part
import data.mash.sentence

# METADATA
# scope: document
# title: The decision
# description: One result, or undefined, which is a fault.
# entrypoint: true
decision := encompass if input.kind == "encompass"

decision := feedback if input.kind == "feedback"

# METADATA
# scope: document
# title: The governing purpose is the notice's own
# description: An Encompass notice for another purpose is undefined, which is a fault.
purpose_fits if input.purpose == "encompass"

# METADATA
# scope: document
# title: An Encompass notice
# description: The first refusal that applies, else permit.
encompass := agreement.denial if purpose_fits

encompass := agreement.refusal(against) if {
	purpose_fits
	agreement.stands
}

encompass := {
	"answer": "permit",
	"clauses": array.concat([setting.clause], laws),
	"reasons": [sentence.about(rule, "")],
	"obligations": visibility,
} if {
	purpose_fits
	agreement.stands
	not against
	may_receive
	input.child == true
	count(laws) > 0
}

# METADATA
# scope: document
# title: What speaks against an Encompass notice
# description: The first that applies; undefined where nothing does.
against := "encompass_setting" if {
	not may_receive
}

else := "encompass_child" if {
	not input.child
}

else := "encompass_law" if {
	count(laws) == 0
}

# METADATA
# scope: document
# title: The terms for this kind of setting
# description: Undefined for a setting that the agreement does not name.
setting := agreement.terms.settings[input.setting]

# METADATA
# scope: document
# title: The recipient may be such a setting
# description: Its agency is one that the agreement names for the setting.
may_receive if setting.agencies[input.to.agency] == true

may_receive if {
	input.setting == "hub"
	input.to.agency == ""
	setting.hub == true
}

# METADATA
# scope: document
# title: The laws in force for this setting
# description: Where none is, nobody is told.
default laws := []

laws := agreement.in_force(setting.law)

# METADATA
# scope: document
# title: The rule whose sentence explains the permit
# description: One for each kind of setting.
rule := concat("_", ["encompass", input.setting])

# METADATA
# scope: document
# title: What the family may see
# description: Unless the family is known to have been told, the notice is kept where they cannot see it.
visibility := [] if {
	input.family_informed == "yes"
}

else := [{"code": "not_visible_to_family"}]

# METADATA
# scope: document
# title: Feedback to the originator
# description: The rule is chosen first, then its clause and sentence.
feedback := {"answer": "deny", "clauses": ["register"], "reasons": [sentence.plain("no_agreement")], "obligations": []} if {
	not agreement.id
}

feedback := object.union(part.verdict(feedback_rule[0], feedback_rule[1], ""), {"obligations": feedback_rule[2]}) if agreement.id

# METADATA
# scope: document
# title: The rule on feedback
# description: An anonymous originator cannot be told; everybody else is told a text that a second person has read.
feedback_rule := ["deny", "feedback_anonymous", []] if {
	not named
}

else := ["deny", "feedback_setting", []] if {
	input.setting != "originator"
}

else := ["permit", "feedback_permitted", visibility] if {
	agreement.terms.feedback.second_reader == false
}

else := ["permit", "feedback_permitted", visibility] if {
	read
}

else := ["review", "feedback_review", []]

# METADATA
# scope: document
# title: The originator said who they are
# description: A missing answer is no answer.
named if input.anonymous == false

# METADATA
# scope: document
# title: A second person has read the text
# description: Recorded by whoever asks for the decision.
read if input.reviewed == true
