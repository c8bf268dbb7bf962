package matching

import (
	"strings"

	"mashhub/plugins/record"
)

// Limits that keep a hostile record cheap; no real one comes near.
const (
	maxNames     = 16
	maxParts     = 8
	maxNameBytes = 1000 // of all parts of one name; a longer one is not compared
)

// name is one name, folded for comparison.
type name struct {
	family    string   // without spaces
	parts     []string // of the family name, those that tell something
	given     []string // first and middle names, each without spaces
	whole     string   // all given names together
	preferred string
	// former names and nicknames help to find somebody, and never make a Match
	weak bool
}

// particles are parts of family names that many unrelated families share.
var particles = map[string]bool{
	"abu": true, "bin": true, "bint": true, "dal": true, "del": true, "den": true, "der": true,
	"della": true, "dos": true, "das": true, "ibn": true, "mac": true, "saint": true, "san": true,
	"ter": true, "van": true, "von": true, "los": true, "las": true,
}

func newNames(list []record.Name) []name {
	out := make([]name, 0, min(len(list), maxNames))
	for _, n := range list {
		if len(out) == maxNames {
			break
		}
		if n.Use == "anonymous" || nameBytes(n) > maxNameBytes {
			continue
		}
		f := name{weak: n.Use != "" && n.Use != "usual" && n.Use != "official"}
		for _, s := range n.Family {
			for _, part := range strings.Fields(record.FoldName(s)) {
				f.family += part
				if len(part) >= 3 && !particles[part] && len(f.parts) < maxParts {
					f.parts = append(f.parts, part)
				}
			}
		}
		for _, s := range n.Given {
			// A hyphen joins one name, a space divides two: "Anne-Marie" is
			// not Anne, and "Rowan Ash" in one field is Rowan.
			for _, word := range strings.Fields(s) {
				if g := compact(word); g != "" {
					f.whole += g
					if len(f.given) < maxParts {
						f.given = append(f.given, g)
					}
				}
			}
		}
		f.preferred = compact(n.Preferred)
		if f.family != "" || f.whole != "" || f.preferred != "" {
			out = append(out, f)
		}
	}
	return out
}

func nameBytes(n record.Name) int {
	sum := len(n.Preferred)
	for _, list := range [...][]string{n.Family, n.Given} {
		for _, s := range list {
			sum += len(s) + 1
		}
	}
	return sum
}

func compact(s string) string {
	return strings.ReplaceAll(record.FoldName(s), " ", "")
}

// compareNames gives the best agreement of any name of one with any of the
// other.
func compareNames(asked, held []record.Name) Agreement {
	best := NotCompared
	theirs := newNames(held)
	for _, a := range newNames(asked) {
		for _, b := range theirs {
			if c := a.compare(b); nameRank(c) > nameRank(best) {
				best = c
			}
		}
	}
	return best
}

func nameRank(a Agreement) int {
	switch a {
	case Same:
		return 5
	case Similar:
		return 4
	case SameGiven:
		return 3
	case SameFamily:
		return 2
	case Different:
		return 1
	}
	return 0
}

func (n name) compare(m name) Agreement {
	family, given := n.compareFamily(m), n.compareGiven(m)
	agree := func(a Agreement) bool { return a == Same || a == Similar }
	switch {
	case family == Same && given == Same && !n.weak && !m.weak:
		return Same
	case agree(family) && agree(given), n.swapped(m):
		return Similar
	case agree(given) && family == NotCompared && n.family == "" && m.family == "":
		return Similar // people who have one name
	case agree(given):
		return SameGiven
	case agree(family):
		return SameFamily
	case family == NotCompared && given == NotCompared:
		return NotCompared
	}
	return Different
}

// swapped reports the names in the other order, as happens where the family
// name stands first.
func (n name) swapped(m name) bool {
	// Both have to agree crosswise, so that a slip in a short name may count.
	like := func(a, b string) bool { return min(len(a), len(b)) >= 3 && slips(a, b, 1) <= 1 }
	return like(n.family, m.whole) && like(n.whole, m.family)
}

func (n name) compareFamily(m name) Agreement {
	switch {
	case n.family == "" || m.family == "":
		return NotCompared
	case n.family == m.family:
		return Same
	case typo(n.family, m.family), initial(n.family, m.family):
		return Similar
	}
	// Adeyemi-Clarke and Clarke.
	for _, a := range n.parts {
		for _, b := range m.parts {
			if a == b {
				return Similar
			}
		}
	}
	return Different
}

func (n name) compareGiven(m name) Agreement {
	if n.whole == "" && n.preferred == "" || m.whole == "" && m.preferred == "" {
		return NotCompared
	}
	if n.whole != "" && n.whole == m.whole {
		return Same
	}
	if len(n.given) > 0 && len(m.given) > 0 && n.given[0] == m.given[0] && len(n.given[0]) > 1 {
		if middlesAgree(n.given[1:], m.given[1:]) {
			return Same
		}
		return Similar
	}
	for _, a := range n.called() {
		for _, b := range m.called() {
			if a == b || typo(a, b) || initial(a, b) || shortForm(a, b) {
				return Similar
			}
		}
	}
	// One goes by the other's middle name.
	if n.goesBy(m) || m.goesBy(n) {
		return Similar
	}
	return Different
}

// called returns what a person is called: the first given and the preferred
// name.
func (n name) called() []string {
	var out []string
	if len(n.given) > 0 {
		out = append(out, n.given[0])
	}
	if n.preferred != "" {
		out = append(out, n.preferred)
	}
	return out
}

func (n name) goesBy(m name) bool {
	for _, a := range n.called() {
		for i, b := range m.given {
			if i > 0 && a == b && len(a) > 1 {
				return true
			}
		}
	}
	return false
}

// middlesAgree reports whether middle names do not contradict each other: one
// side may leave them out or give initials.
func middlesAgree(a, b []string) bool {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] && !initial(a[i], b[i]) {
			return false
		}
	}
	return true
}

// initial reports whether one is the first letter of the other.
func initial(a, b string) bool {
	x, y := []rune(a), []rune(b)
	return len(x) > 0 && len(y) > 0 && (len(x) == 1) != (len(y) == 1) && x[0] == y[0]
}

// shortForm reports whether one is how the other begins or ends, by at least
// three letters: Alex and Alexander, Seun and Oluwaseun. It knows no list of
// nicknames: those are recorded as preferred names or seen by a person.
func shortForm(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return len([]rune(a)) >= 3 && (strings.HasPrefix(b, a) || strings.HasSuffix(b, a))
}

// typo reports one slip in a name of four letters or more, or two in one of
// eight or more. Shorter names are too near to each other: Ivo and Iva.
func typo(a, b string) bool {
	shorter := min(len([]rune(a)), len([]rune(b)))
	switch {
	case shorter >= 8:
		return slips(a, b, 2) <= 2
	case shorter >= 4:
		return slips(a, b, 1) <= 1
	}
	return false
}
