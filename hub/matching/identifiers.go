package matching

import (
	"slices"
	"strings"

	"mashhub/plugins/record"
)

// ids are the identifiers of one person, in normal form, sorted and without
// repeats.
type ids struct {
	nhs, upn numbers
	other    []string // system and value
}

// numbers are the values of one system that has a check digit.
type numbers struct {
	valid   []string
	invalid []string
}

// maxInvalid is how many mistyped values are looked at, so that a hostile
// record costs nothing.
const maxInvalid = 8

func newIDs(list []record.Identifier) ids {
	var out ids
	for _, id := range list {
		id = id.Normal()
		switch id.System {
		case record.SystemNHSNumber:
			out.nhs.add(id)
		case record.SystemUPN:
			if record.TemporaryUPN(id.Value) {
				// Neither proves nor disproves, but equal ones are a sign.
				if id.Check() == nil {
					out.other = append(out.other, id.System+"\x00"+id.Value)
				}
				continue
			}
			out.upn.add(id)
		case record.SystemURN, record.SystemUPRN, "":
			// A school or a house is not a person.
		default:
			if tells(id.Value) {
				out.other = append(out.other, id.System+"\x00"+id.Value)
			}
		}
	}
	out.nhs.tidy()
	out.upn.tidy()
	out.other = sorted(out.other)
	return out
}

func (n *numbers) add(id record.Identifier) {
	switch {
	case id.Check() == nil:
		n.valid = append(n.valid, id.Value)
	case len(id.Value) >= 9 && len(id.Value) <= 14 && tells(id.Value):
		n.invalid = append(n.invalid, id.Value)
	}
}

func (n *numbers) tidy() {
	n.valid, n.invalid = sorted(n.valid), sorted(n.invalid)
	n.invalid = n.invalid[:min(len(n.invalid), maxInvalid)]
}

// tells reports whether a value of a system without check digit can say who
// somebody is: "0000", "n/a" and the like cannot.
func tells(s string) bool {
	return len(s) >= 4 && strings.Trim(s, s[:1]) != "" && strings.ContainsAny(s, "0123456789")
}

// idAgreement is how the identifiers of one system compare. same and conflict
// may both hold where a record carries several.
type idAgreement struct {
	same, conflict, similar, compared bool
}

// compare compares two people's numbers of one system. With single a person
// has one number for life, so that any second one is a conflict (NHS number);
// without, a former number may stand beside the present one (UPN), and only
// having none in common is.
func (n numbers) compare(m numbers, single bool) idAgreement {
	if len(n.valid) > 0 && len(m.valid) > 0 {
		common := inCommon(n.valid, m.valid)
		distinct := len(n.valid) + len(m.valid) - common
		return idAgreement{
			same:     common > 0,
			conflict: common == 0 || single && distinct > 1,
			compared: true,
		}
	}
	// At least one side holds nothing that passes its check: a slip?
	for _, a := range append(slices.Clip(n.invalid), first(n.valid)...) {
		for _, b := range append(slices.Clip(m.invalid), first(m.valid)...) {
			if a == b || oneSlip(a, b) {
				return idAgreement{similar: true, compared: true}
			}
		}
	}
	return idAgreement{compared: len(n.invalid)+len(n.valid) > 0 && len(m.invalid)+len(m.valid) > 0}
}

func first(values []string) []string { return values[:min(len(values), maxInvalid)] }

func (a idAgreement) agreement() Agreement {
	switch {
	case a.conflict:
		return Conflict
	case a.same:
		return Same
	case a.similar:
		return Similar
	case a.compared:
		return Different
	}
	return NotCompared
}

// shareAny reports whether two sorted lists have a value in common.
func shareAny(a, b []string) bool { return inCommon(a, b) > 0 }

// inCommon counts the values that two sorted lists without repeats share.
func inCommon(a, b []string) int {
	n := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch c := strings.Compare(a[i], b[j]); {
		case c == 0:
			n++
			i++
			j++
		case c < 0:
			i++
		default:
			j++
		}
	}
	return n
}

// sorted sorts in place and removes repeats.
func sorted(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}
