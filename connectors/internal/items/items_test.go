package items

import (
	"strings"
	"testing"
	"time"

	"mashhub/plugins/record"
)

func base() record.Item {
	return record.Item{ID: "e/1", Person: "subject-1", Category: "police.crime", Kind: record.Fact,
		Date: record.PartialDate{Date: "2026-01-02"}, Title: "Criminal damage", Source: "Crime system"}
}

func TestSettleMakesEveryItemValidWithoutLosingContent(t *testing.T) {
	before := record.PartialDate{Date: "2025-01-01"}
	for name, change := range map[string]func(*record.Item){
		"no title":              func(i *record.Item) { i.Title = "" },
		"a paragraph as title":  func(i *record.Item) { i.Title = strings.Repeat("long é ", 200) + "END" },
		"ends before it begins": func(i *record.Item) { i.Until = &before },
		"very long text":        func(i *record.Item) { i.Text = strings.Repeat("é", 250_001) + "END" },
		"voice without voice":   func(i *record.Item) { i.Kind = record.ChildVoice },
		"voice on a fact":       func(i *record.Item) { i.Voice = &record.Voice{HeardBy: "officer"} },
		"unknown date":          func(i *record.Item) { i.Date = Unknown },
		"flag without values":   func(i *record.Item) { i.Flags = []string{record.FlagProtectedLocation} },
		"values without flag":   func(i *record.Item) { i.Protected = []string{"3 Quay Court", " ", "3 Quay Court"} },
		"too many values": func(i *record.Item) {
			for n := range 200 {
				i.Protected = append(i.Protected, strings.Repeat("x", n+3))
			}
		},
	} {
		it := base()
		change(&it)
		marked := strings.Contains(it.Title+it.Text, "END")
		var all string
		for _, out := range Settle(it, "Crime") {
			if err := out.Validate(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			all += out.Text
		}
		if marked && !strings.Contains(all, "END") {
			t.Errorf("%s: content was lost", name)
		}
	}
}

func TestSettleWithholdsWhatItCannotMark(t *testing.T) {
	it := base()
	it.Text = "Staying at No 9 with her aunt"
	it.Protected = []string{"9", "Harbour House"}
	out := Settle(it, "x")[0]
	if strings.Contains(out.Text, "aunt") || !out.Has(record.FlagRedacted) {
		t.Errorf("a value too short to remove later left the content in place: %q", out.Text)
	}
}

func TestWithin(t *testing.T) {
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	from, to := day("2025-06-01"), day("2025-06-30")
	end := record.PartialDate{Date: "2025-06-01"}
	for _, c := range []struct {
		date  string
		until *record.PartialDate
		want  bool
	}{
		{"2025-06-01", nil, true}, {"2025-06-30", nil, true}, {"2025-05-31", nil, false}, {"2025-07-01", nil, false},
		{"2025-06", nil, true}, {"2025", nil, true}, {"2024", nil, false}, {"2025-07", nil, false},
		{"2024-01-01", &end, true}, {"2024-01-01", &Unknown, true}, {"2025-07-01", &Unknown, false},
	} {
		d, _ := Date(c.date)
		if got := Within(d, c.until, from, to); got != c.want {
			t.Errorf("%s: %v, want %v", c.date, got, c.want)
		}
	}
	if Within(Unknown, nil, from, time.Time{}) || !Within(Unknown, nil, time.Time{}, time.Time{}) {
		t.Error("an unknown date lies only in the wholly open period")
	}
}

func TestDate(t *testing.T) {
	for in, want := range map[string]string{"2014-11-04": "2014-11-04", "04/11/2014": "2014-11-04", "2014-11-04T22:10:00Z": "2014-11-04",
		"2014-11-04 22:10:00+00": "2014-11-04", "2014-11": "2014-11", "2014": "2014", "31/02/2014": "", "soon": "", "": ""} {
		if got, ok := Date(in); got.Date != want || ok != (want != "") {
			t.Errorf("%q: %q %v", in, got.Date, ok)
		}
	}
}
