# METADATA
# title: The sentences in which a decision is explained
# description: >-
#   Sentences are data (reasons). Their places are filled from lists of the
#   policy, never from the input, so that no decision can repeat a name.
package mash.sentence

import data.mash.agreement

# METADATA
# scope: document
# title: The category as it reads inside a sentence
# description: A category that is not in the catalogue is not repeated.
category(code) := label if {
	label := data.tables.catalogue[code].label
}

else := "this category"

# METADATA
# scope: document
# title: The agency as it reads inside a sentence
# description: An agency that is not listed is not repeated.
default party := "this agency"

party := data.tables.names.agencies[input.party.agency]

# METADATA
# scope: document
# title: The purpose as it reads inside a sentence
# description: A purpose that is not listed is not repeated.
default purpose := "this purpose"

purpose := data.tables.names.purposes[input.purpose]

# METADATA
# scope: document
# title: The setting as it reads inside a sentence
# description: A setting that is not listed is not repeated.
default setting := "this setting"

setting := data.tables.names.settings[input.setting]

# METADATA
# scope: document
# title: The age limit in words
# description: Undefined limits read as the agreed limit.
default limit := "the agreed limit"

limit := agreement.pair.age_limit.words

# METADATA
# scope: document
# title: What stands for each place of a sentence
# description: Made once for a decision; the clause is added for each rule, the category for each sentence.
places := {
	"{party}": party,
	"{Party}": begun(party),
	"{purpose}": purpose,
	"{setting}": setting,
	"{limit}": limit,
	"{agreement}": agreement.terms.title,
	"{Agreement}": begun(agreement.terms.title),
}

# METADATA
# scope: document
# title: Words that begin a sentence
# description: With a capital.
begun(words) := concat("", [upper(substring(words, 0, 1)), substring(words, 1, -1)])

# METADATA
# scope: document
# title: The sentence of a rule, but for the category
# description: Made once for each rule that a decision applies. Undefined where there is no sentence for the rule, which makes the decision a fault.
of_rule(rule) := strings.replace_n(object.union(places, {"{clause}": agreement.terms.rules[rule]}), data.tables.reasons[rule])

# METADATA
# scope: document
# title: The sentence of a rule about a category
# description: Undefined where there is no sentence for the rule, which makes the decision a fault.
about(rule, code) := replace(of_rule(rule), "{category}", category(code))

# METADATA
# scope: document
# title: The sentence of a rule that no agreement numbers
# description: For refusals where there is no agreement that could have a clause.
plain(rule) := strings.replace_n(
	{"{party}": party, "{purpose}": purpose, "{setting}": setting},
	data.tables.reasons[rule],
)
