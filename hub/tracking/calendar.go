package tracking

import (
	"fmt"
	"time"
	_ "time/tzdata" // a hub must know Europe/London on any machine
)

//go:generate go run ./internal/genholidays -in ../../../shared/data/calendar/bank-holidays.json -out holidays_gen.go

// Calendar says when somebody is at work. It decides when a request is due; it
// never cuts a piece out of what is measured. Safe for concurrent use.
type Calendar struct {
	Name string
	// Open and Shut bound the working day by the wall clock of Zone, as
	// durations after midnight.
	Open, Shut time.Duration
	Days       [7]bool // by time.Weekday
	Holidays   func(day string) bool
	Zone       *time.Location
}

// OfficeHours is Monday to Friday, 9.00 to 17.00, without the bank holidays of
// England and Wales.
func OfficeHours() Calendar {
	return Calendar{Name: "office hours", Open: 9 * time.Hour, Shut: 17 * time.Hour,
		Days: [7]bool{time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true, time.Friday: true},
		Holidays: func(day string) bool {
			_, ok := bankHolidays[day]
			return ok
		}, Zone: london()}
}

func london() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(fmt.Sprintf("tracking: the time zones that are built in lack Europe/London: %v", err))
	}
	return l
}

// horizon bounds how far Add looks: nobody is away for ten years, so a
// calendar that is never open is a mistake.
const horizon = 10 * 366

// Add returns the instant at which d of working time has passed since from. A
// d of zero or less is the first working instant from then on. A calendar that
// never opens gives from.
func (c Calendar) Add(from time.Time, d time.Duration) time.Time {
	day := from.In(c.Zone)
	for range horizon {
		if open, shut, ok := c.day(day); ok && from.Before(shut) {
			if from.Before(open) {
				from = open
			}
			if left := shut.Sub(from); d > left {
				d -= left
			} else {
				return from.Add(max(d, 0)).UTC()
			}
		}
		day = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, c.Zone)
		if day.After(from) {
			from = day
		}
	}
	return from.UTC()
}

// day gives the working hours of the day that t lies in. On the days on which
// the clocks change they are still from open to shut by the wall clock.
func (c Calendar) day(t time.Time) (open, shut time.Time, ok bool) {
	y, m, d := t.In(c.Zone).Date()
	at := func(after time.Duration) time.Time {
		return time.Date(y, m, d, int(after/time.Hour), int(after%time.Hour/time.Minute), 0, 0, c.Zone)
	}
	open, shut = at(c.Open), at(c.Shut)
	name := fmt.Sprintf("%04d-%02d-%02d", y, m, d)
	working := c.Days[open.Weekday()] && !(c.Holidays != nil && c.Holidays(name)) && open.Before(shut)
	return open, shut, working
}
