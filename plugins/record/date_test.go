package record

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPartialDateBounds(t *testing.T) {
	tests := []struct {
		date, accuracy string
		from, to       string // days; empty means nothing is known
		year           int
		exact          bool
		words          string
	}{
		{"2014-11-04", "", "2014-11-04", "2014-11-04", 2014, true, "4 November 2014"},
		{"2014-11-04", "AAA", "2014-11-04", "2014-11-04", 2014, true, "4 November 2014"},
		{"2016-02-29", "AAA", "2016-02-29", "2016-02-29", 2016, true, "29 February 2016"},
		{"2014-11-01", "UAA", "2014-11-01", "2014-11-30", 2014, false, "November 2014"},
		{"2014-11", "", "2014-11-01", "2014-11-30", 2014, false, "November 2014"},
		{"2014-11", "UAA", "2014-11-01", "2014-11-30", 2014, false, "November 2014"},
		{"2014-11-15", "EAA", "2014-11-01", "2014-11-30", 2014, false, "about 15 November 2014"},
		{"2014-11-15", "EEA", "2014-01-01", "2014-12-31", 2014, false, "about 15 November 2014"},
		{"2014", "", "2014-01-01", "2014-12-31", 2014, false, "2014"},
		{"2014", "UUE", "2012-01-01", "2016-12-31", 2014, false, "about 2014"},
		{"2014-01-01", "UUE", "2012-01-01", "2016-12-31", 2014, false, "about 2014"},
		{"2014-01-01", "UUA", "2014-01-01", "2014-12-31", 2014, false, "2014"},
		{"2014-11-04", "AUA", "2014-01-01", "2014-12-31", 2014, false, "2014"},
		{"2014-01-01", "UUU", "", "", 0, false, "unknown"},
		{"2014-13-01", "", "", "", 0, false, "unknown"},
		{"", "", "", "", 0, false, "unknown"},
		{"2014-11-04", "what", "", "", 0, false, "unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.date+tt.accuracy, func(t *testing.T) {
			d := PartialDate{tt.date, tt.accuracy}
			if got := d.Words(); got != tt.words {
				t.Errorf("words %q, want %q", got, tt.words)
			}
			if d.Year() != tt.year || d.Exact() != tt.exact || d.Known() != (tt.from != "") {
				t.Errorf("year %d, exact %v, known %v", d.Year(), d.Exact(), d.Known())
			}
			if tt.from == "" {
				if !d.Earliest().IsZero() || d.Latest().Year() != 9999 {
					t.Errorf("bounds %v to %v of an unknown date", d.Earliest(), d.Latest())
				}
				return
			}
			from, _ := time.Parse(time.DateOnly, tt.from)
			to, _ := time.Parse(time.DateOnly, tt.to)
			to = to.AddDate(0, 0, 1).Add(-time.Millisecond)
			if !d.Earliest().Equal(from) || !d.Latest().Equal(to) || d.Latest().Location() != time.UTC {
				t.Errorf("bounds %v to %v, want %v to %v", d.Earliest(), d.Latest(), from, to)
			}
		})
	}
}

func TestPartialDateValidate(t *testing.T) {
	tests := []struct{ date, accuracy, want string }{
		{"2014-11-04", "", ""},
		{"2014-11", "UAE", ""},
		{"2014", "UUU", ""},
		{"", "", "no date"},
		{"2015-02-29", "", "calendar"},
		{"04/11/2014", "", "calendar"},
		{"2014-1", "", "calendar"},
		{"2014-1-01", "", "calendar"},
		{"+201", "", "calendar"},
		{"1600-01-01", "", "1850"},
		{"2200", "", "1850"},
		{"2014-11-04", "AA", "three letters"},
		{"2014-11-04", "aaa", "three letters"},
		{"2014-11", "AAA", "lacks"},
		{"2014", "UAA", "lacks"},
	}
	for _, tt := range tests {
		err := PartialDate{tt.date, tt.accuracy}.Validate()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q %q: %v, want %q", tt.date, tt.accuracy, err, tt.want)
		}
		if err != nil && len(tt.date) > 5 && strings.Contains(err.Error(), tt.date) {
			t.Errorf("the error repeats the date: %v", err)
		}
	}
}

func TestParsePartialDate(t *testing.T) {
	tests := []struct {
		in   string
		want PartialDate
		ok   bool
	}{
		{"2014-11-04", PartialDate{"2014-11-04", ""}, true},
		{" 04/11/2014 ", PartialDate{"2014-11-04", ""}, true},
		{"2014-11", PartialDate{"2014-11", "UAA"}, true},
		{"2014", PartialDate{"2014", "UUA"}, true},
		{"31/02/2014", PartialDate{}, false},
		{"2014-11-04T10:00:00Z", PartialDate{}, false},
		{"", PartialDate{}, false},
		{"last spring", PartialDate{}, false},
	}
	for _, tt := range tests {
		got, err := ParsePartialDate(tt.in)
		if (err == nil) != tt.ok || tt.ok && got != tt.want {
			t.Errorf("%q: got %+v, %v", tt.in, got, err)
		}
	}
}

func drawDate(t *rapid.T) PartialDate {
	day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 9000).Draw(t, "day"))
	d := PartialDate{Date: day.Format(time.DateOnly)[:rapid.SampledFrom([]int{4, 7, 10}).Draw(t, "length")]}
	if rapid.Bool().Draw(t, "says") {
		acc := []byte(rapid.StringMatching(`[AEU]{3}`).Draw(t, "accuracy"))
		for i := range 2 {
			if len(d.Date) < 10-3*i {
				acc[i] = 'U'
			}
		}
		d.Accuracy = string(acc)
	}
	return d
}

// TestPartialDateProperties: whatever is drawn is valid; the bounds hold the
// date; the published form is a whole, valid date and means the same; knowing
// less never narrows the bounds.
func TestPartialDateProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDate(t)
		if err := d.Validate(); err != nil {
			t.Fatalf("%+v: %v", d, err)
		}
		if d.Exact() != (d.Latest().Sub(d.Earliest()) == 24*time.Hour-time.Millisecond) {
			t.Fatalf("%+v: exact does not agree with the bounds", d)
		}
		p := d.Published()
		if len(p.Date) != 10 || p.Validate() != nil || p.Published() != p {
			t.Fatalf("%+v: published as %+v", d, p)
		}
		if !p.Earliest().Equal(d.Earliest()) || !p.Latest().Equal(d.Latest()) || p.Year() != d.Year() || p.Words() != d.Words() {
			t.Fatalf("%+v: published as %+v, which means something else", d, p)
		}
		acc := p.Accuracy
		if acc == "" {
			acc = "AAA"
		}
		for i := range 3 {
			vague := PartialDate{p.Date, acc[:i] + "U" + acc[i+1:]}
			if vague.Earliest().After(d.Earliest()) || vague.Latest().Before(d.Latest()) {
				t.Fatalf("%+v: %+v is narrower", d, vague)
			}
		}
	})
}
