// Package policies holds what a partnership has agreed about sharing, as files
// that people can read: rules in Rego (folder rego), the wording and lists
// that the rules look up (folder tables), and the agreements themselves
// (folder agreements, one file each, whose one root key is the agreement's
// id). Folder matrix holds the cases: what is decided when (hub/policytest).
// They are no part of a version. Nothing here is Go, apart from the embedding
// that makes these files the shipped default.
//
// Five questions are answered, each by one package of Rego: may we ask
// (mash.ask), may this leave the agency (mash.release), may this person see it
// (mash.view), may this notice go (mash.notify), may this enquiry close
// (mash.close). Each has one rule, decision, with a fixed shape; whatever is
// not of that shape is treated as "could not be decided" by hub/protocol.
//
// What must hold:
//
//   - A rule says permit only because every condition was found to be true.
//     Nothing is permitted because a reason to refuse was not found: data that
//     is missing leaves the decision undefined, which is a fault, not a permit.
//   - The rating (RAG) appears in no rule. It says how urgent, never how much.
//   - Where a category is marked ncnd (neither confirm nor deny), its existence
//     part is the same refusal whether or not anything is held.
//   - An overlay of a unit (a school, a practice) can only narrow.
//   - Sentences are in tables/reasons.yaml, at most 30 words, in plain English,
//     naming category, party, clause and next step, and never a person, a unit
//     or an identifier. Numbers, dates and clauses are in the agreements.
//   - Each legal basis in tables/law.yaml carries where it was read, since when
//     it is in force, and when somebody last checked; one that is switched off
//     is cited nowhere.
//
// The folder can be used without this program. With the ordinary tool:
//
//	opa test policies
//	opa eval -d policies -i input.json data.mash.release.decision
//
// What folder a file is in says where its data is: data.tables, data.agreements.
//
// Writing rules: what follows from the agreement alone (permits by category,
// sentences) is a rule or a short function of its own, apart from what looks
// at the case: the program then evaluates it once for each agency, purpose and
// day. Of the input it may look at hub, purpose, kind, setting and the agencies
// and units, and at the day through mash.agreement.today. A rule that a loop
// needs is named before the loop, so that it is asked once and not for each
// item. What permits is tested first, what refuses is looked for afterwards.
//
// A negated test of a member that may be missing (not input.a in {…}) is
// undefined rather than true, and the rule around it vanishes. Give the test a
// rule of its own and negate that. A chain of else first chooses the name
// of a rule and only then looks up clause and sentence, so that a missing
// clause cannot let the next link decide.
package policies
