package kit

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// Cause is whose time a piece of a request's total is.
type Cause string

// The causes of hub/tracking, in the order in which they are drawn.
const (
	CauseHub       Cause = "hub"
	CauseTransport Cause = "transport"
	CauseAgency    Cause = "agency"
	CausePolicy    Cause = "policy"
	CauseRequester Cause = "requester"
	CauseOutage    Cause = "outage"
)

var causes = []struct {
	Cause Cause
	Label string
}{
	{CauseHub, "Hub"},
	{CauseTransport, "Transport"},
	{CauseAgency, "Agency"},
	{CausePolicy, "Policy review"},
	{CauseRequester, "Requester"},
	{CauseOutage, "Outage"},
}

// Segment is one cause's time, in milliseconds; several of one cause are added.
type Segment struct {
	Cause Cause
	MS    int64
}

// Bar is one request's time by cause as a picture, drawn on the server. The
// numbers belong into a table beside it: a piece too short to be seen is drawn
// two units wide, so the picture is not to scale at its smallest.
type Bar struct {
	ID       string // unique on the page: its patterns and texts have ids
	Title    string // e.g. "Police: time by cause"
	Segments []Segment
	// ScaleMS is the time that fills the bar, so that several bars compare; the
	// total when 0 or less than the total.
	ScaleMS int64
	// TargetMS draws a line at the target; 0 draws none.
	TargetMS int64
}

const (
	barWidth  = 1000
	barHeight = 44
	leastSeen = 2
)

// barPart is one drawn piece.
type barPart struct {
	Cause Cause
	X, W  int64
}

// Total is the sum of the segments in milliseconds.
func (b Bar) Total() int64 {
	var t int64
	for _, s := range b.Segments {
		t += s.MS
	}
	return t
}

// Parts places the pieces; only the kit's template uses it.
func (b Bar) Parts() []barPart {
	sum := b.sums()
	scale := max(b.ScaleMS, b.Total(), 1)
	var out []barPart
	var x, largest int64
	big := -1
	for _, c := range causes {
		ms := sum[c.Cause]
		if ms <= 0 {
			continue
		}
		// Divided in floating point: a scale in milliseconds times the width can
		// pass 2^63 only after millions of years, but tests try.
		w := max(int64(float64(ms)/float64(scale)*barWidth), leastSeen)
		if w > largest {
			largest, big = w, len(out)
		}
		out = append(out, barPart{c.Cause, x, w})
		x += w
	}
	// What the smallest pieces were given is taken from the largest.
	if over := x - barWidth; over > 0 && big >= 0 {
		out[big].W -= over
		for i := big + 1; i < len(out); i++ {
			out[i].X -= over
		}
	}
	return out
}

// TargetX is where the target's line stands, -1 for none.
func (b Bar) TargetX() int64 {
	scale := max(b.ScaleMS, b.Total(), 1)
	if b.TargetMS <= 0 || b.TargetMS > scale {
		return -1
	}
	return int64(float64(b.TargetMS) / float64(scale) * barWidth)
}

func (b Bar) sums() map[Cause]int64 {
	sum := map[Cause]int64{}
	for _, s := range b.Segments {
		sum[s.Cause] += s.MS
	}
	return sum
}

// Description is the text alternative: every cause with its time, in words.
func (b Bar) Description() string {
	sum := b.sums()
	var parts []string
	for _, c := range causes {
		if sum[c.Cause] > 0 {
			parts = append(parts, c.Label+" "+Duration(sum[c.Cause]))
		}
	}
	if len(parts) == 0 {
		return "No time yet."
	}
	d := "Total " + Duration(b.Total()) + ": " + strings.Join(parts, ", ") + "."
	if b.TargetMS > 0 {
		d += " Target " + Duration(b.TargetMS) + "."
	}
	return d
}

// Render gives the SVG. An unknown cause, a negative time or a missing id is a
// mistake of the caller.
func (b Bar) Render() (template.HTML, error) {
	if b.ID == "" {
		return "", fmt.Errorf("bar without an id")
	}
	for _, s := range b.Segments {
		if s.MS < 0 || CauseLabel(s.Cause) == "" {
			return "", fmt.Errorf("bar with an unknown cause or a negative time")
		}
	}
	return render("kit/bar", b)
}

// BarLegend explains the patterns of the bars of a page; put it once above them.
type BarLegend struct{ ID string }

// Entries gives the causes with their labels; only the kit's template uses it.
func (l BarLegend) Entries() []struct {
	Cause Cause
	Label string
} {
	return causes
}

// Render gives the HTML.
func (l BarLegend) Render() (template.HTML, error) {
	l.ID = first(l.ID, "bar-legend")
	return render("kit/bar-legend", l)
}

// CauseLabel is a cause in words, "" for an unknown one.
func CauseLabel(c Cause) string {
	for _, k := range causes {
		if k.Cause == c {
			return k.Label
		}
	}
	return ""
}

// Duration gives milliseconds as a person says them, in at most two units:
// "340 ms", "12.4 s", "3 min 20 s", "4 h 5 min", "2 days 3 h". Days are 24 h.
func Duration(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	two := func(a int64, ua string, b int64, ub string) string {
		if b == 0 {
			return fmt.Sprintf("%d %s", a, ua)
		}
		return fmt.Sprintf("%d %s %d %s", a, ua, b, ub)
	}
	switch {
	case ms < 0:
		return "unknown"
	case ms < 1000:
		return fmt.Sprintf("%d ms", ms)
	case d < time.Minute:
		return strings.TrimSuffix(fmt.Sprintf("%d.%d", ms/1000, ms%1000/100), ".0") + " s"
	case d < time.Hour:
		return two(ms/60_000, "min", ms%60_000/1000, "s")
	case d < 24*time.Hour:
		return two(ms/3_600_000, "h", ms%3_600_000/60_000, "min")
	}
	unit := "days"
	if ms/86_400_000 == 1 {
		unit = "day"
	}
	return two(ms/86_400_000, unit, ms%86_400_000/3_600_000, "h")
}
