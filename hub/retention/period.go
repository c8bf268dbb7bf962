package retention

import (
	"fmt"
	"time"
)

// Period is a length of time by the calendar. The zero Period does not end.
type Period struct {
	Years int `json:"years,omitempty"`
	Days  int `json:"days,omitempty"`
}

// IsZero reports whether the period does not end.
func (p Period) IsZero() bool { return p == Period{} }

// After is when a period that began at t is over; zero if it does not end, or
// has not begun.
func (p Period) After(t time.Time) time.Time {
	if p.IsZero() || t.IsZero() {
		return time.Time{}
	}
	return t.UTC().AddDate(p.Years, 0, p.Days)
}

// Before is the latest instant at which a period that is over at now may have
// begun. It is never too late by the day that a leap year moves things.
func (p Period) Before(now time.Time) time.Time {
	t := now.UTC().AddDate(-p.Years, 0, -p.Days)
	for p.After(t).After(now) {
		t = t.AddDate(0, 0, -1)
	}
	return t
}

// String is the period in words.
func (p Period) String() string {
	switch {
	case p.IsZero():
		return "as long as the hub exists"
	case p.Days == 0:
		return count(p.Years, "year")
	case p.Years == 0:
		return count(p.Days, "day")
	}
	return count(p.Years, "year") + " and " + count(p.Days, "day")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
