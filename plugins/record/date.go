package record

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// PartialDate is a date of which part may be estimated or unknown.
//
// The standard writes a whole date and says with three letters, for day, month
// and year in this order, how far to believe it: A accurate, E estimated, U
// unknown. A system that holds only "2014" need not invent a day: the short
// forms are accepted here, and Published turns them into the standard's form.
type PartialDate struct {
	Date     string `json:"date"`                        // YYYY-MM-DD, YYYY-MM or YYYY
	Accuracy string `json:"accuracyIndicator,omitempty"` // AAA, UUE …; empty means AAA
}

// EstimatedYears is how many years either way an estimated year may be wrong.
// The standard gives no figure: this one is ours, and wide enough for an age
// that somebody judged by looking.
const EstimatedYears = 2

const (
	firstYear = 1850 // nobody alive, nor their grandparents, was born before
	lastYear  = 2199
)

// unknownLatest is Latest of a date of which nothing is known.
var unknownLatest = time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)

// NewDate returns an accurate date.
func NewDate(year int, month time.Month, day int) PartialDate {
	return PartialDate{Date: time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)}
}

// ParsePartialDate reads YYYY-MM-DD, YYYY-MM, YYYY, or DD/MM/YYYY with the day
// first, as every system of this country writes it. What the text lacks is
// marked unknown. The error never repeats the text.
func ParsePartialDate(s string) (PartialDate, error) {
	s = strings.TrimSpace(s)
	if len(s) == 10 && s[2] == '/' && s[5] == '/' {
		s = s[6:] + "-" + s[3:5] + "-" + s[:2]
	}
	d := PartialDate{Date: s}
	switch len(s) {
	case 7:
		d.Accuracy = "UAA"
	case 4:
		d.Accuracy = "UUA"
	}
	return d, d.Validate()
}

// Validate reports a date that does not exist, lies outside 1850 to 2199, or
// whose accuracy claims more than the date holds. The error never repeats the
// date.
func (d PartialDate) Validate() error {
	if d.Date == "" {
		return errors.New("no date: write YYYY-MM-DD, YYYY-MM or YYYY, or leave the date out")
	}
	year, month, day, ok := d.parts()
	if !ok {
		return errors.New("not a date of the calendar: write YYYY-MM-DD, YYYY-MM or YYYY")
	}
	if year < firstYear || year > lastYear {
		return errors.New("the year is not between 1850 and 2199: compare the date with its source")
	}
	if d.Accuracy == "" {
		return nil
	}
	if !isAccuracy(d.Accuracy) {
		return errors.New("the accuracy is three letters A, E or U for day, month and year: write for example AAA or UUE")
	}
	if day == 0 && d.Accuracy[0] != 'U' || month == 0 && d.Accuracy[1] != 'U' {
		return errors.New("the accuracy speaks of a day or month that the date lacks: write U in its place")
	}
	return nil
}

func isAccuracy(s string) bool {
	return len(s) == 3 && strings.Trim(s, "AEU") == ""
}

// parts returns the numbers of the date; month or day is 0 where absent. ok is
// false for a day that the calendar does not have.
func (d PartialDate) parts() (year, month, day int, ok bool) {
	s := d.Date
	full := s
	switch {
	case len(s) == 10:
	case len(s) == 7 && s[4] == '-':
		full = s + "-01"
	case len(s) == 4:
		full = s + "-01-01"
	default:
		return 0, 0, 0, false
	}
	t, err := time.Parse(time.DateOnly, full)
	if err != nil {
		return 0, 0, 0, false
	}
	year, month, day = t.Year(), int(t.Month()), t.Day()
	if len(s) < 10 {
		day = 0
	}
	if len(s) < 7 {
		month = 0
	}
	return year, month, day, true
}

// accuracy returns the letters for day, month and year. What the date lacks is
// unknown, whatever was said; a malformed accuracy counts as all unknown.
func (d PartialDate) accuracy() (day, month, year byte) {
	day, month, year = 'A', 'A', 'A'
	if d.Accuracy != "" {
		if !isAccuracy(d.Accuracy) {
			return 'U', 'U', 'U'
		}
		day, month, year = d.Accuracy[0], d.Accuracy[1], d.Accuracy[2]
	}
	if len(d.Date) < 10 {
		day = 'U'
	}
	if len(d.Date) < 7 {
		month = 'U'
	}
	return day, month, year
}

// Exact reports whether day, month and year are all there and accurate.
func (d PartialDate) Exact() bool {
	day, month, year := d.accuracy()
	return day == 'A' && month == 'A' && year == 'A' && d.Validate() == nil
}

// Known reports whether anything at all is known: the year is accurate or
// estimated.
func (d PartialDate) Known() bool {
	_, _, year := d.accuracy()
	return year != 'U' && d.Validate() == nil
}

// Year returns the year, accurate or estimated, or 0 when it is unknown or the
// date is not valid.
func (d PartialDate) Year() int {
	if !d.Known() {
		return 0
	}
	year, _, _, _ := d.parts()
	return year
}

// Earliest returns the first instant, in UTC, of the first day that the date
// may mean, and the zero time when nothing is known. An estimated or unknown
// day widens it to the month, such a month to the year, and an estimated year
// by EstimatedYears.
func (d PartialDate) Earliest() time.Time {
	from, _ := d.bounds()
	return from
}

// Latest returns the last millisecond, in UTC, of the last day that the date
// may mean, and the end of the year 9999 when nothing is known.
func (d PartialDate) Latest() time.Time {
	_, to := d.bounds()
	return to
}

func (d PartialDate) bounds() (from, to time.Time) {
	if !d.Known() {
		return time.Time{}, unknownLatest
	}
	y, m, dd, _ := d.parts()
	day, month, year := d.accuracy()
	var next time.Time
	switch {
	case year == 'E':
		from = time.Date(y-EstimatedYears, 1, 1, 0, 0, 0, 0, time.UTC)
		next = time.Date(y+EstimatedYears+1, 1, 1, 0, 0, 0, 0, time.UTC)
	case month != 'A':
		from = time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
		next = from.AddDate(1, 0, 0)
	case day != 'A':
		from = time.Date(y, time.Month(m), 1, 0, 0, 0, 0, time.UTC)
		next = from.AddDate(0, 1, 0)
	default:
		from = time.Date(y, time.Month(m), dd, 0, 0, 0, 0, time.UTC)
		next = from.AddDate(0, 0, 1)
	}
	return from, next.Add(-time.Millisecond)
}

// Published returns the date in the standard's form: a whole date, in which
// what is lacking is the first month or day and marked U. A date that is not
// valid is returned as it is.
func (d PartialDate) Published() PartialDate {
	year, month, day, ok := d.parts()
	if !ok || len(d.Date) == 10 {
		return d
	}
	a, b, c := d.accuracy()
	out := NewDate(year, time.Month(max(month, 1)), max(day, 1))
	out.Accuracy = string([]byte{a, b, c})
	return out
}

// Words returns the date as a person reads it: "4 November 2014", "November
// 2014", "about 2014", "unknown". An estimated part is never shown as exact.
func (d PartialDate) Words() string {
	if !d.Known() {
		return "unknown"
	}
	y, m, dd, _ := d.parts()
	day, month, year := d.accuracy()
	about := ""
	if day == 'E' || month == 'E' || year == 'E' {
		about = "about "
	}
	s := strconv.Itoa(y)
	if m > 0 && month != 'U' && year != 'E' {
		s = time.Month(m).String() + " " + s
		if dd > 0 && day != 'U' {
			s = strconv.Itoa(dd) + " " + s
		}
	}
	return about + s
}
