package likeness

import (
	"strings"

	"github.com/adrg/strutil/metrics"

	"mashhub/plugins/record"
)

// near is the Jaro-Winkler similarity, 0 to 1, from which two words count as
// alike. Low, because a stranger also needs the same birthday or address.
const near = 0.84

// Of says how alike the person asked about and a held record are, and whether
// the record is worth showing at all: an identifier agrees; or birthday and
// name are alike; or address and one of name and birthday; or the whole name
// agrees and one side has no birthday.
func Of(asked, held record.Person) (closeness int, keep bool) {
	id := identifier(asked, held)
	birth := birthday(asked.BirthDate, held.BirthDate)
	home := address(asked, held)
	if !id && birth == 0 && !home && asked.BirthDate != nil && held.BirthDate != nil {
		return 0, false // the name alone would not do; most records end here
	}
	family, given := names(asked, held)
	closeness = birth + family + given
	if id {
		closeness += 16
	}
	if home {
		closeness += 2
	}
	switch {
	case id,
		birth > 0 && family+given > 0,
		home && (birth > 0 || family == exact || given == exact || family+given >= 2*alike),
		family == exact && given == exact && (asked.BirthDate == nil || held.BirthDate == nil):
		return closeness, true
	}
	return closeness, false
}

const (
	alike = 2
	exact = 4
)

func identifier(a, b record.Person) bool {
	for _, x := range a.Identifiers {
		for _, y := range b.Identifiers {
			if n := x.Normal(); n.Value != "" && n == y.Normal() {
				return true
			}
		}
	}
	return false
}

// birthday gives exact for the same date, alike for one that agrees as far as
// the less precise goes, or has day and month swapped.
func birthday(a, b *record.PartialDate) int {
	if a == nil || b == nil || a.Date == "" || b.Date == "" {
		return 0
	}
	switch {
	case a.Date == b.Date:
		return exact
	case len(a.Date) != len(b.Date) && (strings.HasPrefix(a.Date, b.Date) || strings.HasPrefix(b.Date, a.Date)),
		Swapped(a.Date) == b.Date:
		return alike
	}
	return 0
}

// Swapped gives a date (YYYY-MM-DD) with day and month swapped, or the empty
// text where that is no other date.
func Swapped(date string) string {
	if len(date) != 10 || date[5:7] == date[8:10] || date[8:10] > "12" {
		return ""
	}
	return date[:5] + date[8:10] + date[4:5] + date[5:7]
}

func names(a, b record.Person) (family, given int) {
	for _, x := range a.Names {
		for _, y := range b.Names {
			family = max(family, words(x.Family, y.Family))
			given = max(given, words(append([]string{x.Preferred}, x.Given...), append([]string{y.Preferred}, y.Given...)))
		}
	}
	return family, given
}

// words compares two lists of names: exact where their whole texts agree,
// alike where one word of each agrees or nearly does, or where one is the
// initial or the beginning of the other.
func words(a, b []string) int {
	x, y := record.FoldName(strings.Join(a, " ")), record.FoldName(strings.Join(b, " "))
	if x == "" || y == "" {
		return 0
	}
	if x == y {
		return exact
	}
	jw := metrics.NewJaroWinkler()
	for _, v := range strings.Fields(x) {
		for _, w := range strings.Fields(y) {
			switch {
			case v == w && len(v) > 1,
				len(v) == 1 && strings.HasPrefix(w, v), len(w) == 1 && strings.HasPrefix(v, w),
				len(v) > 2 && len(w) > 2 && (strings.HasSuffix(v, w) || strings.HasSuffix(w, v) || jw.Compare(v, w) >= near):
				return alike
			}
		}
	}
	return 0
}

func address(a, b record.Person) bool {
	for _, x := range a.Addresses {
		for _, y := range b.Addresses {
			if u := UPRN(x.UPRN); u != "" && u == UPRN(y.UPRN) {
				return true
			}
			if p := record.NormalPostcode(x.Postcode); p != "" && p == record.NormalPostcode(y.Postcode) {
				return true
			}
		}
	}
	return false
}

// UPRN is without the spaces and the zeros that pad it.
func UPRN(s string) string {
	return record.Identifier{System: record.SystemUPRN, Value: s}.Normal().Value
}
