package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

// Figure is one measured number, beside a peer's where there is one.
type Figure struct {
	Name      string   `json:"name"`
	Value     float64  `json:"value"`
	Unit      string   `json:"unit"`
	Peer      string   `json:"peer"`
	PeerValue *float64 `json:"peer_value"`
	Ratio     *float64 `json:"ratio"`
	Target    string   `json:"target"`
	Met       *bool    `json:"met"` // null: the figure has no target
}

// Report is what one bench found.
type Report struct {
	Bench   string   `json:"bench"`
	Figures []Figure `json:"figures"`
	// Notes say what ran: processes, stores, sizes. For the table only.
	Notes []string `json:"-"`
	// Problems are what a harness found wrong. For the table only.
	Problems []string `json:"-"`
}

// atMost makes a figure whose target is an upper bound.
func atMost(name string, value float64, unit string, bound float64) Figure {
	met := value <= bound
	return Figure{Name: name, Value: value, Unit: unit, Target: "<= " + number(bound), Met: &met}
}

// atLeast makes a figure whose target is a lower bound.
func atLeast(name string, value float64, unit string, bound float64) Figure {
	met := value >= bound
	return Figure{Name: name, Value: value, Unit: unit, Target: ">= " + number(bound), Met: &met}
}

// plain makes a figure without a target.
func plain(name string, value float64, unit string) Figure {
	return Figure{Name: name, Value: value, Unit: unit}
}

// beside puts a peer's value next to a figure. ratio is ours by theirs.
func (f Figure) beside(peer string, value, ratio float64) Figure {
	f.Peer, f.PeerValue, f.Ratio = peer, &value, &ratio
	return f
}

// JSON writes the report as one object.
func (r Report) JSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

// Table writes the report for people.
func (r Report) Table(w io.Writer) error {
	for _, n := range r.Notes {
		fmt.Fprintln(w, n)
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "\nFIGURE\tVALUE\tUNIT\tPEER\tPEER VALUE\tRATIO\tTARGET\tMET")
	for _, f := range r.Figures {
		peer, ratio, met := "", "", ""
		if f.PeerValue != nil {
			peer = number(*f.PeerValue)
		}
		if f.Ratio != nil {
			ratio = number(*f.Ratio)
		}
		if f.Met != nil {
			met = map[bool]string{true: "yes", false: "no"}[*f.Met]
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Name, number(f.Value), f.Unit, f.Peer, peer, ratio, f.Target, met)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, p := range r.Problems {
		fmt.Fprintln(w, "VIOLATION ", p)
	}
	return nil
}

// number writes at most three decimals, and none that say nothing.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'f', 3, 64)
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}
