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
// until is the same day as from, or still lasting if lasting is set. What lasts
// and has no beginning is what stands on the record now.
func overlaps(p connector.Period, from, until string, lasting bool) bool {
	first, last, ok := bounds(from)
	if from == "" && lasting {
		ok = true // first stays the zero time
	}
	if !ok {
		// Without a date nobody can say that it lies within the period.
		return p.From.IsZero() && p.To.IsZero()
	}
	if until != "" {
		if _, l, ok := bounds(until); ok {
			last = l
		}
	} else if lasting {
		last = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	if !p.From.IsZero() && last.Before(day(p.From)) {
		return false
	}
	return p.To.IsZero() || !first.After(day(p.To))
}
