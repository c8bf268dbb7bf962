package retention

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestPeriodsMeet: what Before gives is over at now and, but for a leap year's
// days, what began later is not.
func TestPeriodsMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Period{Years: rapid.IntRange(0, 20).Draw(t, "years"), Days: rapid.IntRange(0, 400).Draw(t, "days")}
		if p.IsZero() {
			t.Skip("it does not end")
		}
		now := time.UnixMilli(rapid.Int64Range(946_684_800_000, 4_102_444_800_000).Draw(t, "now")).UTC()
		at := p.Before(now)
		if p.After(at).After(now) {
			t.Fatalf("%v before %s is %s, which is over at %s only", p, now, at, p.After(at))
		}
		if later := at.AddDate(0, 0, 3); !p.After(later).After(now) {
			t.Fatalf("%v before %s is %s, three days too early", p, now, at)
		}
	})
}

func TestPeriodWords(t *testing.T) {
	for want, p := range map[string]Period{"as long as the hub exists": {}, "1 year": {Years: 1}, "7 years": {Years: 7}, "1 day": {Days: 1}, "60 days": {Days: 60},
		"1 year and 30 days": {Years: 1, Days: 30}} {
		if p.String() != want {
			t.Errorf("%+v is %q, not %q", p, p.String(), want)
		}
	}
	if !(Period{}).After(time.Now()).IsZero() || !(Period{Years: 1}).After(time.Time{}).IsZero() {
		t.Error("what does not end, or has not begun, has an end")
	}
}

// TestReviewsAreByTheDay: never before the period is over, and at a midnight.
func TestReviewsAreByTheDay(t *testing.T) {
	for at, want := range map[string]string{"2026-11-22T09:30:00Z": "2033-11-23T00:00:00Z", "2026-11-22T00:00:00Z": "2033-11-22T00:00:00Z",
		"2028-02-29T23:59:59.999Z": "2035-03-02T00:00:00Z"} {
		from, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := Closed(from).Format(time.RFC3339); got != want {
			t.Errorf("closed at %s: due %s, want %s", at, got, want)
		}
	}
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	if r := Opened(now); r.Class != Enquiry || r.Hold || r.Review.Year() != 2027 {
		t.Errorf("opened: %+v", r)
	}
	if r := Raised(now); r.Class != Notice || r.Review.Year() != 2033 {
		t.Errorf("raised: %+v", r)
	}
	if Again(now, 2).Year() != 2028 {
		t.Errorf("again: %s", Again(now, 2))
	}
}

// TestCataloguePromisesNothing: a source that nobody checked says so, and a date
// that is there is one.
func TestCataloguePromisesNothing(t *testing.T) {
	for _, c := range Catalogue() {
		if c.Checked == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, c.Checked); err != nil {
			t.Errorf("class %s was checked on %q", c.ID, c.Checked)
		}
	}
	if _, ok := ByTable("strangers"); ok {
		t.Error("a table that nobody knows has a class")
	}
	if c, ok := ByID(Audit); !ok || c.Review(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)).Year() != 2036 {
		t.Errorf("audit: %+v", c)
	}
}
