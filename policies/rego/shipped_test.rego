# Tests of the rules against the shipped agreements: opa test policies.
package mash.shipped_test

ask := {
	"where": "hub/fernshire",
	"now": "2026-11-22T09:30:00Z",
	"hub": "fernshire",
	"party": {"agency": "police"},
	"purpose": "s17",
	"rag": "amber",
	"basis": {"agreement": "given", "given_by": "parent", "told": true},
	"anonymous": false,
	"evidence": true,
	"reviewed": false,
	"conflict": false,
	"persons": [{
		"key": "subject-1",
		"role": "subject",
		"has_reason": true,
		"fields": ["names", "birth_date", "addresses"],
		"protected_location": false,
	}],
	"categories": ["police.crime"],
}

release := {
	"now": "2026-11-22T09:30:00Z",
	"from": "2016-11-22T00:00:00Z",
	"hub": "fernshire",
	"party": {"agency": "police"},
	"purpose": "s17",
	"basis": {"agreement": "given", "given_by": "parent", "told": true},
	"asked": ["police.crime"],
	"held": [{"person": "subject-1", "category": "police.crime", "band": "match", "held": true}],
	"items": [{
		"id": "a",
		"person": "subject-1",
		"category": "police.crime",
		"date": "2026-09-01",
		"age_days": 82,
		"handling": "P",
		"band": "match",
	}],
}

view := {
	"now": "2026-11-22T09:30:00Z",
	"person": {"id": "p", "roles": ["mash_worker"], "relation": "assigned"},
	"enquiry_state": {"restricted": false},
	"page": "chronology",
	"items": [{"id": "a", "category": "police.crime", "source": "police"}],
}

notify := {
	"now": "2026-11-22T09:30:00Z",
	"hub": "fernshire",
	"kind": "encompass",
	"from": {"agency": "police"},
	"to": {"agency": "schools", "unit": "900001"},
	"setting": "school",
	"family_informed": "yes",
	"child": true,
	"purpose": "encompass",
	"anonymous": false,
}

close := {
	"where": "hub/fernshire",
	"state": "decided",
	"decided": true,
	"feedback": "sent",
	"open_requests": 0,
	"unavailable": 0,
	"late_unreviewed": 0,
	"voice_recorded": true,
	"plan_open_days": 0,
	"offender_sentenced": false,
	"step_down_days": 0,
}

over(base, change) := object.union(base, change)

test_ask_with_the_family_s_agreement if {
	d := data.mash.ask.decision with input as ask
	d.answer == "permit"
	d.fields == ["names", "birth_date", "addresses"]
	d.clauses == ["MF-5.1", "MF-3.2", "CA1989-s17", "CA2004-s10", "UKGDPR-6-1-e", "DPA2018-S1-18"]
}

test_ask_silence_is_not_agreement if {
	silent := object.union(object.remove(ask, ["basis"]), {"basis": {}})
	d := data.mash.ask.decision with input as silent
	d.answer == "deny"
	d.clauses == ["MF-3.4"]
	d.fields == []
}

test_ask_expired if {
	d := data.mash.ask.decision with input as over(ask, {"now": "2030-01-01T00:00:00Z"})
	d.clauses == ["MF-1.3"]
}

test_ask_conflict if {
	d := data.mash.ask.decision with input as over(ask, {"conflict": true})
	d.clauses == ["MF-4.1"]
}

test_ask_anonymous if {
	d := data.mash.ask.decision with input as over(ask, {"anonymous": true, "evidence": false})
	d.answer == "review"
}

test_ask_without_agreements_is_undefined if {
	not data.mash.ask.decision with data.agreements as {} with input as ask
}

test_release_plain if {
	d := data.mash.release.decision with input as release
	d.answer == "permit"
	d.parts["item:a"].answer == "permit"
	d.parts["existence:subject-1:police.crime"].answer == "permit"
}

test_release_without_agreements_is_undefined if {
	not data.mash.release.decision with data.agreements as {} with input as release
}

test_release_age_limit if {
	old := over(release.items[0], {"age_days": 3000})
	d := data.mash.release.decision with input as over(release, {"items": [old]})
	d.parts["item:a"].clauses == ["MF-7.2"]
	d.parts["existence:subject-1:police.crime"].answer == "permit"
}

test_release_third_party if {
	flagged := over(release.items[0], {"flags": ["third_party"]})
	d := data.mash.release.decision with input as over(release, {"items": [flagged]})
	d.answer == "review"
	d.parts["item:a"].answer == "review"
}

test_release_withdrawn if {
	d := data.mash.release.decision with input as over(release, {"basis": {"agreement": "withdrawn"}})
	every verdict in d.parts {
		verdict.clauses == ["MF-3.7"]
	}
}

test_view_worker if {
	d := data.mash.view.decision with input as view
	d.answer == "permit"
	d.parts.a.answer == "permit"
}

test_view_restricted if {
	d := data.mash.view.decision with input as over(view, {"enquiry_state": {"restricted": true}})
	d.answer == "deny"
}

test_view_out_of_scope_is_for_managers if {
	d := data.mash.view.decision with input as over(view, {"page": "out_of_scope"})
	d.answer == "deny"
	manager := over(view, {"page": "out_of_scope", "person": {"roles": ["mash_manager"]}})
	m := data.mash.view.decision with input as manager
	m.answer == "permit"
}

test_view_unknown_role if {
	d := data.mash.view.decision with input as over(view, {"person": {"roles": ["guest"]}})
	d.answer == "deny"
}

test_notify_school if {
	d := data.mash.notify.decision with input as notify
	d.answer == "permit"
	d.clauses == ["EF-3.1", "DAA2021-s49A"]
}

test_notify_unknown_setting if {
	d := data.mash.notify.decision with input as over(notify, {"setting": "club"})
	d.clauses == ["EF-3.4"]
}

test_notify_feedback_needs_a_reader if {
	feedback := over(notify, {"kind": "feedback", "setting": "originator", "purpose": "feedback"})
	d := data.mash.notify.decision with input as feedback
	d.answer == "review"
}

test_close_permitted if {
	d := data.mash.close.decision with input as close
	d.answer == "permit"
}

test_close_names_every_reason if {
	trap := over(close, {"feedback": "", "unavailable": 1, "plan_open_days": 49, "offender_sentenced": true})
	d := data.mash.close.decision with input as trap
	d.clauses == ["MF-10.3", "MF-10.5", "MF-10.6", "MF-10.7"]
	count(d.reasons) == 4
}
