package tracking

import (
	"slices"
	"time"

	"mashhub/hub/mash"
)

// Cause is whose time a piece of a request's life was.
type Cause string

// Causes in the order in which overlaps go to them.
const (
	Outage    Cause = "outage"    // hub or broker did not work: charged to nobody
	Requester Cause = "requester" // a clarification was open
	Policy    Cause = "policy"    // a decision was being made, or the hub's reviewer had it
	Agency    Cause = "agency"
	Transport Cause = "transport"
	Hub       Cause = "hub"
)

// Causes lists all, in order.
var Causes = []Cause{Outage, Requester, Policy, Agency, Transport, Hub}

// Window is a span of time; a zero To is still open.
type Window struct{ From, To time.Time }

// Input is everything that Measure looks at.
type Input struct {
	Events  []mash.Event
	Outages []mash.Outage
	// Silent are spans in which the agency's node gave no sign of life while
	// the hub's own probe of the broker was healthy.
	Silent []Window
	Hosted bool // we host the agency's node: its silence is ours
	Now    time.Time
}

// Timing is where the time of one request went, in whole milliseconds. The
// pieces always sum to TotalMS.
type Timing struct {
	TotalMS int64           `json:"total_ms"`
	By      map[Cause]int64 `json:"by"` // every cause, in milliseconds
	Pieces  []Piece         `json:"pieces"`
	Ended   bool            `json:"ended"`
	// Waiting is whose turn it is, on an open request.
	Waiting Cause `json:"waiting,omitempty"`
	// Suspect: the agency's clock disagrees with itself or with ours. Such a
	// request is left out of comparisons.
	Suspect bool `json:"clock_suspect"`
}

// Piece is a stretch of one cause.
type Piece struct {
	Cause Cause     `json:"cause"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
}

// tolerance is how far an agency's clock may lie outside the hub's window, or
// its wall clock from its monotonic one, before it is suspect.
const tolerance = 2 * time.Second

// layer is one cause's spans; earlier layers win.
type layer struct {
	cause Cause
	spans []Window
}

// Measure divides a request's life, from raised to its end or now, among the
// causes. It is a pure function: any order of events, any skew of an agency's
// clock and any loss of events gives pieces that sum to the total. Without a
// raised event the answer is zero.
func Measure(in Input) Timing {
	t := Timing{By: map[Cause]int64{}}
	for _, c := range Causes {
		t.By[c] = 0
	}
	raised, ok := first(in.Events, mash.ClockHub, mash.EventRaised)
	if !ok {
		return t
	}
	line := Window{From: mash.Instant(raised), To: mash.Instant(in.Now)}
	if end, ok := first(in.Events, mash.ClockHub, mash.EventLanded, mash.EventRefused, mash.EventUndeliverable,
		mash.EventWithdrawn, mash.EventExpired); ok {
		line.To, t.Ended = mash.Instant(end), true
	}
	if line.To.Before(line.From) {
		line.To = line.From
	}
	layers, suspect := layersOf(in, line)
	t.Suspect = suspect
	t.TotalMS = line.To.Sub(line.From).Milliseconds()
	t.Pieces = divide(line, layers)
	for _, p := range t.Pieces {
		t.By[p.Cause] += p.To.Sub(p.From).Milliseconds()
	}
	if !t.Ended {
		t.Waiting = causeAt(line.To.Add(-time.Millisecond), layers)
		if len(t.Pieces) == 0 {
			t.Waiting = Hub
		}
	}
	return t
}

// divide cuts the line at every boundary and gives each stretch to the first
// layer that covers it.
func divide(line Window, layers []layer) []Piece {
	cuts := []time.Time{line.From, line.To}
	for i := range layers {
		for j, s := range layers[i].spans {
			s = clamp(s, line)
			layers[i].spans[j] = s
			cuts = append(cuts, s.From, s.To)
		}
	}
	slices.SortFunc(cuts, time.Time.Compare)
	var pieces []Piece
	for i := 1; i < len(cuts); i++ {
		from, to := cuts[i-1], cuts[i]
		if !from.Before(to) {
			continue
		}
		c := causeAt(from, layers)
		if n := len(pieces); n > 0 && pieces[n-1].Cause == c {
			pieces[n-1].To = to
			continue
		}
		pieces = append(pieces, Piece{Cause: c, From: from, To: to})
	}
	return pieces
}

func causeAt(at time.Time, layers []layer) Cause {
	for _, l := range layers {
		for _, s := range l.spans {
			if !at.Before(s.From) && at.Before(s.To) {
				return l.cause
			}
		}
	}
	return Hub
}

// layersOf finds the spans of each cause.
func layersOf(in Input, line Window) ([]layer, bool) {
	var outage []Window
	for _, o := range in.Outages {
		outage = append(outage, Window{o.From, o.To})
	}
	requester := spans(in.Events, mash.EventClarifyOpen, mash.EventClarifyClosed)
	policy := spans(in.Events, mash.EventHeld, mash.EventAuthorised)
	if at, ok := first(in.Events, mash.ClockHub, mash.EventAuthorised); ok && len(policy) == 0 {
		policy = append(policy, Window{line.From, at})
	}
	agency, decided, suspect := agencySpans(in, line)
	layers := []layer{{Outage, outage}, {Requester, requester}, {Policy, append(policy, decided...)}}
	sent, ok := first(in.Events, mash.ClockHub, mash.EventSent)
	if !ok {
		return append(layers, layer{Agency, agency}), suspect
	}
	// A silent node has what was sent to it, or would have if it ran.
	var silent []Window
	for _, s := range in.Silent {
		silent = append(silent, clamp(s, Window{sent, line.To}))
	}
	quiet := layer{Agency, silent}
	if in.Hosted { // and then the agency could not work, because of us
		quiet.cause = Hub
	}
	return append(layers, quiet, layer{Agency, agency}, layer{Transport, []Window{{sent, line.To}}}), suspect
}

// agencySpans places what the agency says inside the hub's window [sent,
// landed]. Its clock never moves the window's edges: where its times do not
// fit, only their durations count, centred.
func agencySpans(in Input, line Window) (agency, decided []Window, suspect bool) {
	sent, ok := first(in.Events, mash.ClockHub, mash.EventSent)
	if !ok {
		return nil, nil, false
	}
	window := Window{mash.Instant(sent), line.To}
	received, gotIt := firstAgency(in.Events, mash.EventAgencyReceived)
	delivered, known := first(in.Events, mash.ClockHub, mash.EventDelivered)
	if !gotIt {
		// It has said nothing yet but its receipt: from then on it has the request.
		if known {
			agency = append(agency, Window{delivered, line.To})
		}
		return agency, nil, false
	}
	returned, done := lastAgency(in.Events, mash.EventAgencyReturned)
	_, landed := first(in.Events, mash.ClockHub, mash.EventLanded)
	if !done || returned.At.Before(received.At) {
		returned, suspect = received, suspect || done
	}
	whole := Window{received.At, returned.At}
	if sameBoot(received, returned) {
		mono := time.Duration(returned.Mono-received.Mono) * time.Millisecond
		if diff := (whole.To.Sub(whole.From) - mono).Abs(); diff > tolerance && mono >= 0 {
			suspect = true
			whole.To = whole.From.Add(mono)
		}
	}
	shift := time.Duration(0)
	if whole.From.Before(window.From) || whole.To.After(window.To) {
		if whole.From.Before(window.From.Add(-tolerance)) || whole.To.After(window.To.Add(tolerance)) {
			suspect = true
		}
		slack := window.To.Sub(window.From) - whole.To.Sub(whole.From)
		shift = window.From.Add(max(slack, 0) / 2).Sub(whole.From)
	}
	place := func(w Window) Window { return Window{w.From.Add(shift), w.To.Add(shift)} }
	span := place(whole)
	if !landed { // only parts so far: the agency still has the rest
		span.To = line.To
	}
	for _, d := range agencyPolicy(in.Events) {
		d = clamp(place(d), window)
		decided = append(decided, clamp(d, span))
	}
	return []Window{clamp(span, window)}, decided, suspect
}

// agencyPolicy lists the agency's own policy decisions: each from policy to
// the next decided.
func agencyPolicy(events []mash.Event) []Window {
	var begins, ends []time.Time
	for _, e := range events {
		switch {
		case e.Clock == mash.ClockHub:
		case e.Kind == mash.EventAgencyPolicy:
			begins = append(begins, e.At)
		case e.Kind == mash.EventAgencyDecided:
			ends = append(ends, e.At)
		}
	}
	return pair(begins, ends)
}

// spans pairs hub events that open and close something. What is still open
// ends at a zero time, which clamp takes for the end of the line.
func spans(events []mash.Event, open, shut mash.EventKind) []Window {
	var begins, ends []time.Time
	for _, e := range events {
		switch {
		case e.Clock != mash.ClockHub:
		case e.Kind == open:
			begins = append(begins, e.At)
		case e.Kind == shut:
			ends = append(ends, e.At)
		}
	}
	return pair(begins, ends)
}

func pair(begins, ends []time.Time) []Window {
	slices.SortFunc(begins, time.Time.Compare)
	slices.SortFunc(ends, time.Time.Compare)
	var out []Window
	for _, b := range begins {
		w := Window{From: b}
		for _, e := range ends {
			if !e.Before(b) {
				w.To = e
				break
			}
		}
		out = append(out, w)
	}
	return out
}

// first is the earliest event of some kinds by one clock.
func first(events []mash.Event, clock string, kinds ...mash.EventKind) (at time.Time, ok bool) {
	for _, e := range events {
		if e.Clock == clock && slices.Contains(kinds, e.Kind) && (!ok || e.At.Before(at)) {
			at, ok = e.At, true
		}
	}
	return at, ok
}

func firstAgency(events []mash.Event, kind mash.EventKind) (out mash.Event, ok bool) {
	for _, e := range events {
		if e.Clock != mash.ClockHub && e.Kind == kind && (!ok || e.At.Before(out.At)) {
			out, ok = e, true
		}
	}
	return out, ok
}

func lastAgency(events []mash.Event, kind mash.EventKind) (out mash.Event, ok bool) {
	for _, e := range events {
		if e.Clock != mash.ClockHub && e.Kind == kind && (!ok || e.At.After(out.At)) {
			out, ok = e, true
		}
	}
	return out, ok
}

func sameBoot(a, b mash.Event) bool { return a.Boot != "" && a.Boot == b.Boot }

// clamp fits w into line, in whole milliseconds; an open end is the line's.
func clamp(w, line Window) Window {
	w.From, w.To = mash.Instant(w.From), mash.Instant(w.To)
	if w.To.IsZero() || w.To.After(line.To) {
		w.To = line.To
	}
	if w.From.Before(line.From) {
		w.From = line.From
	}
	if w.To.Before(w.From) {
		w.To = w.From
	}
	if w.From.After(line.To) {
		w.From, w.To = line.To, line.To
	}
	return w
}
