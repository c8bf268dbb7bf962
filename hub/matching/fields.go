package matching

import (
	"strings"

	"mashhub/plugins/record"
)

// compareDates compares dates of birth. Same needs both exact: an estimate
// that happens to be equal only fits.
func compareDates(asked, held *record.PartialDate) Agreement {
	switch {
	case asked == nil || held == nil || !asked.Known() || !held.Known():
		return NotCompared
	case !asked.Exact() || !held.Exact():
		if asked.Latest().Before(held.Earliest()) || held.Latest().Before(asked.Earliest()) {
			return Different
		}
		return Fits
	case asked.Date == held.Date:
		return Same
	case swappedDay(asked.Date, held.Date) || oneSlip(digits(asked.Date), digits(held.Date)) && len(asked.Date) == len(held.Date):
		return Similar
	}
	return Different
}

// digits returns YYYYMMDD of an exact date, so that a swap across the hyphen
// is one slip too.
func digits(s string) string { return strings.ReplaceAll(s, "-", "") }

// swappedDay reports two exact dates of one year with day and month swapped.
func swappedDay(a, b string) bool {
	return a[:4] == b[:4] && a[5:7] == b[8:] && a[8:] == b[5:7]
}

// compareGenders compares stated genders. "Indeterminate" and "not known" say
// nothing.
func compareGenders(asked, held string) Agreement {
	told := func(s string) bool { return s == "1" || s == "2" }
	switch {
	case !told(asked) || !told(held):
		return NotCompared
	case asked == held:
		return Same
	}
	return Different
}

// homes reports whether an address says where somebody lives or lived.
func homes(a record.Address) bool { return a.Use != "work" && a.Use != "billing" }

// noAddress begins the postcodes that the NHS writes for no fixed abode and
// for unknown: thousands of people share them.
const noAddress = "ZZ99"

func postcodes(list []record.Address) []string {
	var out []string
	for _, a := range list {
		if p := record.NormalPostcode(a.Postcode); p != "" && homes(a) && !strings.HasPrefix(p, noAddress) {
			out = append(out, p)
		}
	}
	return sorted(out)
}

func uprns(list []record.Address) []string {
	var out []string
	for _, a := range list {
		id := record.Identifier{Value: a.UPRN, System: record.SystemUPRN}.Normal()
		if a.UPRN != "" && homes(a) && id.Check() == nil {
			out = append(out, id.Value)
		}
	}
	return sorted(out)
}

// compareSets compares sorted lists: one value in common is enough, because
// people have several addresses and move.
func compareSets(a, b []string) Agreement {
	switch {
	case len(a) == 0 || len(b) == 0:
		return NotCompared
	case shareAny(a, b):
		return Same
	}
	return Different
}
