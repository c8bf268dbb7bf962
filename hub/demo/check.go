package demo

import (
	"fmt"
	"slices"
	"strings"

	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
)

// Check is one thing that the scenario asserts.
type Check struct {
	What   string `json:"what"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// checks compares what came out with what the scenario says.
func (s *story) checks() []Check {
	var out []Check
	add := func(ok bool, detail, format string, args ...any) {
		c := Check{What: fmt.Sprintf(format, args...), OK: ok}
		if !ok {
			c.Detail = detail
		}
		out = append(out, c)
	}
	e := s.scenario.Expect
	for _, want := range e.Outcomes {
		got := s.outcome(want)
		add(got == want.Outcome, "it is "+got, "%s answers %s about %s", mash.Party{Agency: want.Agency, Unit: want.Unit}, want.Outcome, want.Person)
	}
	found := 0
	for _, want := range e.Chronology {
		ok := slices.ContainsFunc(s.picture.Chronology, func(x enquiry.Entry) bool { return s.matches(want, x) })
		if ok {
			found++
		}
		add(ok, "it is not there", "the chronology has %s (%s) of %s on %s", want.Category, want.Kind, want.Person, want.Date)
	}
	add(len(s.picture.Chronology) >= len(e.Chronology), fmt.Sprintf("%d items, %d expected", len(s.picture.Chronology), len(e.Chronology)), "the chronology is complete")
	for _, x := range s.picture.Chronology {
		ok := slices.ContainsFunc(e.Chronology, func(w world.Expected) bool { return s.matches(w, x) })
		if !ok {
			add(false, "nobody expected it", "the chronology has nothing but what was asked: %s of %s on %s", x.Item.Category, x.Item.Person, x.Item.Date.Date)
		}
	}
	for _, want := range e.Withheld {
		ok := slices.ContainsFunc(s.picture.Withheld, func(w enquiry.WithheldRow) bool {
			return w.Party == mash.Party{Agency: want.Agency, Unit: want.Unit} && w.Person == want.Person && w.Category == want.Category &&
				w.Clause == want.Clause && w.Count == want.Count
		})
		add(ok, "it is not said, or by another clause", "%s says that it withholds %s of %s by %s", want.Agency, want.Category, want.Person, want.Clause)
	}
	add(len(s.picture.Withheld) == len(e.Withheld), fmt.Sprintf("%d are", len(s.picture.Withheld)), "%d withholdings are told of", len(e.Withheld))
	for _, r := range s.picture.Requests {
		var sum int64
		for _, ms := range r.Timing.By {
			sum += ms
		}
		add(sum == r.Timing.TotalMS, fmt.Sprintf("%d of %d ms", sum, r.Timing.TotalMS), "the clock of %s: its pieces are its total", r.Party)
	}
	if e.Feedback != nil {
		add(s.told == e.Feedback.State, "it is "+s.told, "the originator is %s", e.Feedback.State)
	}
	if c := e.Closing; c != nil {
		if !c.Refused {
			detail := ""
			if s.closing != nil {
				detail = s.closing.Error()
			}
			add(s.closed, detail, "the enquiry closes")
		} else {
			add(s.closing != nil, "it closed", "closing is refused")
			for _, clause := range c.Clauses {
				ok := s.closing != nil && slices.Contains(s.closing.Clauses, clause)
				add(ok, "it is not named", "closing is refused by %s", clause)
			}
		}
	}
	for _, want := range e.Encompass {
		n := 0
		for _, x := range s.notices {
			if x.Kind == "encompass" && x.To.Unit == want.Setting && x.State == string(mash.NoticeAcknowledged) {
				n++
			}
		}
		add(n == 1, fmt.Sprintf("%d are", n), "one notice about %s is acknowledged by %s", want.Child, want.Setting)
	}
	return out
}

func (s *story) outcome(want world.Outcome) string {
	for _, r := range s.picture.Requests {
		if r.Party != (mash.Party{Agency: want.Agency, Unit: want.Unit}) {
			continue
		}
		for _, o := range r.Outcomes {
			if o.Person == want.Person {
				return string(o.Outcome)
			}
		}
		return string(r.State) + " " + r.Code
	}
	return "not asked"
}

// matches: an entry is what the scenario describes.
func (s *story) matches(want world.Expected, x enquiry.Entry) bool {
	party := mash.Party{Agency: want.Agency, Unit: want.Unit}
	from := slices.ContainsFunc(x.Sources, func(src enquiry.Source) bool { return src.Party == party })
	return from && x.Item.Person == want.Person && x.Item.Category == want.Category && string(x.Item.Kind) == want.Kind &&
		(want.Date == "" || strings.HasPrefix(x.Item.Date.Date, want.Date)) &&
		(want.Says == "" || strings.Contains(x.Item.Title+"\n"+x.Item.Text, want.Says))
}
