package health

import (
	"time"

	"mashhub/plugins/connector"
)

// bounds gives the first and last day that a partial date can mean.
func bounds(date string) (first, last time.Time, ok bool) {
	if t, err := time.Parse(time.DateOnly, date); err == nil {
		return t, t, true
	}
	if t, err := time.Parse("2006-01", date); err == nil {
		return t, t.AddDate(0, 1, -1), true
	}
	if t, err := time.Parse("2006", date); err == nil {
		return t, t.AddDate(1, 0, -1), true
	}
	return time.Time{}, time.Time{}, false
}

// day cuts an instant to the day as the asker wrote it.
func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// overlaps says whether [from, until] can touch the period asked for. An empty
// until is the same day as from, or still lasting if lasting is set. What has
// no date may have been at any time: it counts, and its item says that the date
// is not known.
func overlaps(p connector.Period, from, until string, lasting bool) bool {
	first, last := time.Time{}, forever
	if f, l, ok := bounds(from); ok {
		first = f
		if !lasting {
			last = l
		}
	}
	if _, l, ok := bounds(until); ok && !l.Before(first) {
		last = l
	}
	if !p.From.IsZero() && last.Before(day(p.From)) {
		return false
	}
	return p.To.IsZero() || !first.After(day(p.To))
}

var forever = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// dated says whether each of the dates is one, or absent.
func dated(dates ...string) bool {
	for _, d := range dates {
		if _, _, ok := bounds(d); d != "" && !ok {
			return false
		}
	}
	return true
}
