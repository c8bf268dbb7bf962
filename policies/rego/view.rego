# METADATA
# title: May this person see this now
# description: >-
#   One answer for the page and one for each item on it. Who looks is known by
#   roles, agency, units and relation to the enquiry; what is looked at by
#   codes. Rests on the table of views, not on a sharing agreement.
package mash.view

# METADATA
# scope: document
# title: The decision
# description: One result, or undefined, which is a fault.
# entrypoint: true
decision := object.union(page, {"parts": object.union(plainly, closely)}) if {
	relation != "conflicted"
	accessible
	count(open_to) > 0
}

else := object.union(refused, {"parts": {key: refused | some key in keys}})

# METADATA
# scope: document
# title: The ids that need an answer
# description: Every item of the page.
keys := {item.id | some item in input.items}

# METADATA
# scope: document
# title: The relation to the enquiry
# description: An empty relation is none.
relation := input.person.relation if input.person.relation != ""

else := "none"

# METADATA
# scope: document
# title: The roles that open this page
# description: A role that is not in the table opens nothing.
open_to := {role |
	some role in input.person.roles
	data.tables.views[role].pages[input.page].relations[relation] == true
}

# METADATA
# scope: document
# title: The roles that would open this page to somebody nearer to the enquiry
# description: Tells a missing role from a missing relation.
known_to := {role |
	some role in input.person.roles
	data.tables.views[role].pages[input.page]
}

# METADATA
# scope: document
# title: What refuses the page
# description: The first that applies.
refused := verdict("deny", "view_conflict") if {
	relation == "conflicted"
}

else := verdict("deny", "view_restricted") if {
	not open_enquiry
	relation != "named"
}

else := verdict("deny", "view_role") if {
	count(known_to) == 0
}

else := verdict("deny", "view_relation") if {
	count(open_to) == 0
}

# METADATA
# scope: document
# title: The enquiry is not restricted
# description: A missing answer is no answer.
open_enquiry if input.enquiry_state.restricted == false

# METADATA
# scope: document
# title: The enquiry is open to this person
# description: It is not restricted, or they are named.
accessible if open_enquiry

accessible if relation == "named"

# METADATA
# scope: document
# title: The page is open
# description: Without the relation that shows places, everything that locates a protected person is hidden.
page := {"answer": "permit", "clauses": ["views"], "reasons": [data.tables.reasons.view_permitted], "obligations": hiding}

# METADATA
# scope: document
# title: The obligation to hide places
# description: Empty for a role and relation that may see where a protected person is.
hiding := [] if {
	sees_places
}

else := [{"code": "protect_location"}]

# METADATA
# scope: document
# title: This person may see where a protected person is
# description: By a role that opens the page, and the relation to the enquiry.
sees_places if {
	some role in open_to
	data.tables.views[role].locations[relation] == true
}

# METADATA
# scope: document
# title: A verdict of the table of views
# description: Its clause is the table.
verdict(answer, rule) := {"answer": answer, "clauses": ["views"], "reasons": [data.tables.reasons[rule]], "obligations": []}

# METADATA
# scope: document
# title: This person oversees the hub
# description: Such a role never sees an item, whatever other role is held beside it.
oversees if {
	some role in input.person.roles
	data.tables.views[role].oversight == true
}

# METADATA
# scope: document
# title: What the page shows of items
# description: The widest of what the roles that open it show; nothing to a role of oversight.
extent := "oversight" if {
	oversees
}

else := "content" if {
	some role in open_to
	data.tables.views[role].pages[input.page].items == "content"
}

else := "own" if {
	some role in open_to
	data.tables.views[role].pages[input.page].items == "own"
}

else := "none"

# METADATA
# scope: document
# title: This person is of the hub's own staff
# description: By a role that opens the page.
staff if {
	some role in open_to
	data.tables.views[role].staff == true
}

# METADATA
# scope: document
# title: Items shown the short way
# description: >-
#   On a page that shows all, items without flag or obligation: one look at a
#   table by category, so that the usual item costs little. It gives what the
#   long way would give; that is tested.
plainly := {item.id: verdict |
	extent == "content"
	verdicts := plain_verdicts
	some item in plain_items
	verdict := verdicts[item.category]
}

# METADATA
# scope: document
# title: Items shown the long way
# description: The others, or all of a page that does not show all.
closely := {item.id: shown(item) | some item in input.items} if {
	extent != "content"
}

else := {item.id: shown(item) |
	some i in marked
	item := input.items[i]
}

# METADATA
# scope: document
# title: Items without flag and obligation
# description: All of them, as a rule.
plain_items := input.items if {
	count(marked) == 0
}

else := [item |
	odd := marked
	some i, item in input.items
	not i in odd
]

# METADATA
# scope: document
# title: Items with a flag or an obligation
# description: By their place on the page.
marked := {i | input.items[i].flags != null} | {i | input.items[i].obliged != null}

# METADATA
# scope: document
# title: The verdict on an item shown the short way
# description: By category.
plain_verdicts := {category: plain_verdict(category) | some category in {code | some item in input.items; code := item.category}}

# METADATA
# scope: document
# title: The verdict on an item of a category shown the short way
# description: Without any obligation.
plain_verdict(category) := worded(["permit", "view_item"], category, [])

# METADATA
# scope: document
# title: An item on the page
# description: The rule is chosen first, then its sentence.
shown(item) := worded(choose(item), item.category, obligations(item))

# METADATA
# scope: document
# title: The rule on an item
# description: The first that applies.
choose(item) := ["deny", "view_oversight"] if {
	extent == "oversight"
}

else := ["deny", "view_no_items"] if {
	extent == "none"
}

else := ["deny", "view_other_party"] if {
	extent == "own"
	not own(item)
}

else := ["deny", "view_originator"] if {
	"originator_control" in item.obliged
	not staff
	not own(item)
}

else := ["permit", "view_item"] if {
	extent in {"content", "own"}
}

# METADATA
# scope: document
# title: The verdict on an item
# description: Obligations bind a permit only.
worded(["deny", rule], _, _) := verdict("deny", rule)

worded(["permit", rule], code, owing) := {
	"answer": "permit",
	"clauses": ["views"],
	"reasons": [strings.replace_n({"{category}": category(code)}, data.tables.reasons[rule])],
	"obligations": owing,
}

# METADATA
# scope: document
# title: What must be hidden in an item
# description: Nothing, where the item locates nobody or this person may see places.
obligations(item) := hiding if {
	locates(item)
}

else := []

# METADATA
# scope: document
# title: The item locates a protected person
# description: By the obligation it came with, or by its flag.
locates(item) if "protect_location" in item.obliged

locates(item) if "protected_location" in item.flags

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
# title: The item belongs to this person's agency or unit
# description: Who acts for units sees the items of those units only.
own(item) if {
	input.person.agency != ""
	count(units) == 0
	split(item.source, "/")[0] == input.person.agency
}

own(item) if {
	some unit in units
	item.source == concat("/", [input.person.agency, unit])
}

# METADATA
# scope: document
# title: The units this person acts for
# description: None means the agency as a whole.
units := {unit | some unit in input.person.units}
