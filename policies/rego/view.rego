# METADATA
# title: May this person see this now
# description: >-
#   One answer for the page and one for each item on it. Who looks is known by
#   roles, agency, units and relation to the enquiry; what is looked at by
#   codes. Rests on the table of views, not on a sharing agreement.
package mash.view

# METADATA
# title: The decision
# description: One result, or undefined, which is a fault.
# entrypoint: true
decision := object.union(refused, {"parts": {key: refused | some key in keys}}) if {
	refused
}

else := object.union(page, {"parts": {item.id: shown(item) | some item in input.items}}) if {
	count(open_to) > 0
}

# METADATA
# title: The ids that need an answer
# description: Every item of the page.
keys := {item.id | some item in input.items}

# METADATA
# title: The relation to the enquiry
# description: An empty relation is none.
relation := input.person.relation if input.person.relation != ""

else := "none"

# METADATA
# title: The roles that open this page
# description: A role that is not in the table opens nothing.
open_to := {role |
	some role in input.person.roles
	data.views[role].pages[input.page].relations[relation] == true
}

# METADATA
# title: The roles that would open this page to somebody nearer to the enquiry
# description: Tells a missing role from a missing relation.
known_to := {role |
	some role in input.person.roles
	data.views[role].pages[input.page]
}

# METADATA
# title: What refuses the page
# description: The first that applies.
refused := verdict("deny", "view_conflict") if {
	relation == "conflicted"
}

else := verdict("deny", "view_restricted") if {
	input.enquiry_state.restricted == true
	relation != "named"
}

else := verdict("deny", "view_role") if {
	count(known_to) == 0
}

else := verdict("deny", "view_relation") if {
	count(open_to) == 0
}

# METADATA
# title: The page is open
# description: Without the relation that shows places, everything that locates a protected person is hidden.
page := {"answer": "permit", "clauses": ["views"], "reasons": [data.reasons.view_permitted], "obligations": hiding}

# METADATA
# title: The obligation to hide places
# description: Empty for a role and relation that may see where a protected person is.
hiding := [] if {
	sees_places
}

else := [{"code": "protect_location"}]

# METADATA
# title: This person may see where a protected person is
# description: By a role that opens the page, and the relation to the enquiry.
sees_places if {
	some role in open_to
	data.views[role].locations[relation] == true
}

# METADATA
# title: A verdict of the table of views
# description: Its clause is the table.
verdict(answer, rule) := {"answer": answer, "clauses": ["views"], "reasons": [data.reasons[rule]], "obligations": []}

# METADATA
# title: This person oversees the hub
# description: Such a role never sees an item, whatever other role is held beside it.
oversees if {
	some role in input.person.roles
	data.views[role].oversight == true
}

# METADATA
# title: The roles that show the content of every item
# description: Among those that open the page.
shows_all := {role | some role in open_to; data.views[role].pages[input.page].items == "content"}

# METADATA
# title: The roles that show the agency's own items
# description: Among those that open the page.
shows_own := {role | some role in open_to; data.views[role].pages[input.page].items == "own"}

# METADATA
# title: This person is of the hub's own staff
# description: By a role that opens the page.
staff if {
	some role in shows_all
	data.views[role].staff == true
}

# METADATA
# title: An item on the page
# description: Shown only where a rule says that it is this person's own, or that the page shows all.
shown(item) := verdict("deny", hidden_by(item)) if hidden_by(item)

shown(item) := seen(item) if not hidden_by(item)

# METADATA
# title: The rule that hides an item
# description: The first that applies; undefined where none does.
hidden_by(item) := "view_oversight" if {
	oversees
}

else := "view_no_items" if {
	count(shows_all) == 0
	count(shows_own) == 0
}

else := "view_other_party" if {
	count(shows_all) == 0
	not own(item)
}

else := "view_originator" if {
	"originator_control" in item.obliged
	not staff
	not own(item)
}

# METADATA
# title: An item that is shown
# description: With the obligation to hide places where this person may not see them.
seen(item) := {
	"answer": "permit",
	"clauses": ["views"],
	"reasons": [strings.replace_n({"{category}": category(item.category)}, data.reasons.view_item)],
	"obligations": hidden(item),
}

# METADATA
# title: What must be hidden in an item
# description: Nothing, where the item locates nobody or this person may see places.
hidden(item) := hiding if {
	locates(item)
}

else := []

# METADATA
# title: The item locates a protected person
# description: By the obligation it came with, or by its flag.
locates(item) if "protect_location" in item.obliged

locates(item) if "protected_location" in item.flags

# METADATA
# title: The category as it reads inside a sentence
# description: A category that is not in the catalogue is not repeated.
category(code) := label if {
	label := data.catalogue[code].label
}

else := "this category"

# METADATA
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
# title: The units this person acts for
# description: None means the agency as a whole.
units := {unit | some unit in input.person.units}
