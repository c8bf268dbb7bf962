// Package matching answers one question: is the person an agency holds the
// person we asked about? It compares two records, says how sure that is as one
// of the national bands, and gives reasons that a worker can read and that
// hold no value.
//
// # What it may decide
//
// Only Match lets a machine treat two records as one person. Potential goes to
// a person, who looks at both and decides. Low is what brothers, sisters and
// namesakes have in common: an agency may say that it knows nothing. None is
// another person. Many means that more than one record is a Match, which is
// itself a reason to look.
//
// A wrong Match puts one child's history into another child's enquiry, and
// tells strangers about it. A missed one leaves a gap that a person can see,
// because Potential is never shown as "nothing known". So this matcher is
// strict: whatever is doubtful is Potential, and no score adds many weak signs
// up to a strong one.
//
// # The rules
//
//   - A verified identifier is an NHS number, or a UPN that is not temporary,
//     whose check digit is right. Two that differ are a conflict: Blocked, and
//     never a Match, whatever else agrees (two strangers of one name and one
//     birthday; twins).
//   - One verified identifier that is equal, with no conflict, is a Match
//     unless the date of birth contradicts it, or the name does with no date
//     of birth to outweigh that: then a person checks, because a number can be
//     typed into the wrong record.
//   - Without one, a Match needs the whole name and the exact date of birth,
//     and one thing more: postcode, UPRN or another system's identifier; or
//     the gender, if no address speaks against it. Another gender on the other
//     side, or a name that is only similar, makes it Potential.
//   - Day and month swapped, one digit different, an estimated date, a short
//     or former name, names in the other order: similar, never the same.
//   - Twins: the family name, the birthday and the address, whatever the
//     gender, are never a Match.
//   - Sex and ethnicity are never looked at, nor a school: two pupils share it.
//
// The comparison is symmetric, and pure: no clock, no randomness, no state. It
// is safe for concurrent use.
//
// # What comes later
//
// Matcher is the seam for a probabilistic matcher. Its weights must be learnt
// and its quality measured by naming tradition (some names vary in more ways
// than others), which is work of its own; the callers will not notice.
package matching
