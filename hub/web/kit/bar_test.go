package kit

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestBarPartsFit: whatever the times, the pieces follow one another without a
// gap, stay within the bar, and every cause that took time is seen.
func TestBarPartsFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Bar{ID: "b", Title: "t", ScaleMS: rapid.Int64Range(0, math.MaxInt64/8).Draw(t, "scale")}
		seen := map[Cause]bool{}
		for _, c := range causes {
			ms := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 1000), rapid.Int64Range(0, math.MaxInt64/8)).Draw(t, "ms")
			b.Segments = append(b.Segments, Segment{c.Cause, ms})
			if ms > 0 {
				seen[c.Cause] = true
			}
		}
		var x int64
		for _, p := range b.Parts() {
			if p.X != x || p.W < leastSeen {
				t.Fatalf("part %+v at %d", p, x)
			}
			x += p.W
			if !seen[p.Cause] {
				t.Fatalf("%s took no time", p.Cause)
			}
			delete(seen, p.Cause)
		}
		if x > barWidth || len(seen) != 0 {
			t.Fatalf("width %d, not drawn %v", x, seen)
		}
	})
}

func TestBarIsProportionate(t *testing.T) {
	b := Bar{ID: "b", Title: "Police", Segments: []Segment{{CauseAgency, 600}, {CauseHub, 100}, {CauseHub, 100}, {CausePolicy, 200}}, TargetMS: 500}
	want := []barPart{{CauseHub, 0, 200}, {CauseAgency, 200, 600}, {CausePolicy, 800, 200}}
	got := b.Parts()
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%v, expected %v", got[i], want[i])
		}
	}
	if b.TargetX() != 500 {
		t.Errorf("target at %d", b.TargetX())
	}
	if d := b.Description(); d != "Total 1 s: Hub 200 ms, Agency 600 ms, Policy review 200 ms. Target 500 ms." {
		t.Error(d)
	}
	h, err := b.Render()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`role="img"`, `aria-labelledby="b-title b-desc"`, b.Description(), "url(#b-agency)"} {
		if !strings.Contains(string(h), want) {
			t.Errorf("no %s", want)
		}
	}
	d := xml.NewDecoder(strings.NewReader(string(h)))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
	// Every cause has its own pattern, not its colour alone.
	inks := map[string]bool{}
	for _, p := range strings.Split(string(h), "<pattern ")[1:] {
		body := p[strings.Index(p, "</rect>")+len("</rect>") : strings.Index(p, "</pattern>")]
		if inks[body] {
			t.Errorf("two causes share the pattern %q", body)
		}
		inks[body] = true
	}
	if len(inks) != len(causes) {
		t.Errorf("%d patterns for %d causes", len(inks), len(causes))
	}
}

func TestBarRefusesNonsense(t *testing.T) {
	for name, b := range map[string]Bar{
		"no id":         {Title: "t"},
		"unknown cause": {ID: "b", Segments: []Segment{{"weather", 1}}},
		"negative":      {ID: "b", Segments: []Segment{{CauseHub, -1}}},
	} {
		if _, err := b.Render(); err == nil {
			t.Errorf("%s was drawn", name)
		}
	}
	if _, err := (Bar{ID: "b"}).Render(); err != nil {
		t.Errorf("an empty bar: %v", err)
	}
}

func TestDuration(t *testing.T) {
	for ms, want := range map[int64]string{
		-1: "unknown", 0: "0 ms", 999: "999 ms", 1000: "1 s", 12_480: "12.4 s", 59_999: "59.9 s", 60_000: "1 min", 200_000: "3 min 20 s",
		3_600_000: "1 h", 14_700_000: "4 h 5 min", 86_400_000: "1 day", 183_600_000: "2 days 3 h",
	} {
		if got := Duration(ms); got != want {
			t.Errorf("Duration(%d) = %q, expected %q", ms, got, want)
		}
	}
}
