package connector

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"mashhub/plugins/record"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestPeriodCovers(t *testing.T) {
	period := Period{From: day("2024-01-01"), To: day("2024-12-31")}
	last := func(d string) *record.PartialDate { return &record.PartialDate{Date: d} }
	for _, c := range []struct {
		date, accuracy string
		until          *record.PartialDate
		want           bool
	}{
		{"2024-06-01", "", nil, true},
		{"2024-01-01", "", nil, true}, // both ends included
		{"2024-12-31", "", nil, true},
		{"2023-12-31", "", nil, false},
		{"2025-01-01", "", nil, false},
		{"2024", "", nil, true},
		{"2023", "", nil, false},
		{"2023-12", "", nil, false},
		{"2023-05-09", "UUA", nil, false},
		{"2025-05-09", "AAU", nil, true}, // even the year is unknown
		{"2012-01-01", "", nil, false},   // over long ago
		{"2012-01-01", "", &record.PartialDate{Date: "2012", Accuracy: "UUU"}, true},  // and still lasting
		{"2012-01-01", "", last("2024-02"), true},                                     // ended within
		{"2012-01-01", "", last("2020"), false},                                       // ended before
		{"2025-01-01", "", &record.PartialDate{Date: "2025", Accuracy: "UUU"}, false}, // begins after
	} {
		item := record.Item{Date: record.PartialDate{Date: c.date, Accuracy: c.accuracy}, Until: c.until}
		if got := period.Covers(item); got != c.want {
			t.Errorf("%s %s until %v: %v, want %v", c.date, c.accuracy, c.until, got, c.want)
		}
		if c.want && !(Period{}).Covers(item) {
			t.Errorf("%s is outside a period open at both ends", c.date)
		}
	}
}

// A date whose day is known is within exactly the periods that contain it, and
// saying less about it never takes it out of a period.
func TestPeriodCoversProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := func(name string) time.Time {
			return day("2000-01-01").AddDate(0, 0, rapid.IntRange(0, 12000).Draw(t, name))
		}
		from, to, at := days("from"), days("to"), days("at")
		period := Period{From: from, To: to}
		text := at.Format(time.DateOnly)
		exact := period.Covers(record.Item{Date: record.PartialDate{Date: text}})
		if want := !at.Before(from) && !at.After(to); exact != want {
			t.Fatalf("%s in %s..%s: %v", text, from, to, exact)
		}
		for _, less := range []record.PartialDate{{Date: text[:7]}, {Date: text[:4]},
			{Date: text, Accuracy: "UAA"}, {Date: text, Accuracy: "UUA"}, {Date: text, Accuracy: "UUU"}} {
			if exact && !period.Covers(record.Item{Date: less}) {
				t.Fatalf("%v is outside although %s is within", less, text)
			}
		}
	})
}

func TestWants(t *testing.T) {
	item := record.Item{Category: "housing.tenancy", Date: record.NewDate(2024, 6, 1)}
	for _, c := range []struct {
		q    FetchRequest
		want bool
	}{
		{FetchRequest{Categories: []string{"housing.tenancy"}}, true},
		{FetchRequest{Categories: []string{"housing.arrears"}}, false},
		{FetchRequest{}, false}, // no category is none, not all
		{FetchRequest{Categories: []string{"housing.tenancy"}, Period: Period{From: day("2025-01-01")}}, false},
	} {
		if got := c.q.Wants(item); got != c.want {
			t.Errorf("%+v: %v, want %v", c.q, got, c.want)
		}
	}
}
