package schools

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"mashhub/connectors/internal/items"
	"mashhub/plugins/record"
)

// Attendance codes of a single mark, by what they count as. They follow the
// Department for Education's attendance codes; a code that stands in no list is
// counted apart and reported, because guessing would change the percentage.
const (
	attended     = `/\LVPWBKJ`
	authorised   = "CEHIMRST"
	unauthorised = "GNOU"
	notPossible  = "XYZQD#-"
)

// summary counts sessions.
type summary struct {
	term                                        string
	from, to                                    string // first and last day
	possible, present, unauthorised, unknowable int
}

// attendance summarises, as one fact for each period of the export, or for each
// term where the export has single marks.
func (g *reading) attendance(t *table) error {
	if _, marks := t.columns["Mark"]; marks {
		return g.marks(t)
	}
	return g.mine(t, func(r row) error {
		s := summary{term: r.get("Term")}
		for name, into := range map[string]*int{"Possible": &s.possible, "Attended": &s.present, "Unauthorised": &s.unauthorised} {
			value := r.get(name)
			if value == "" && name == "Unauthorised" {
				continue
			}
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 || n > 10_000 {
				return faultf("csv_malformed: %s line %d has no number of sessions under %q: correct it, or export it again", t.file, t.line(), name)
			}
			*into = n
		}
		if s.present > s.possible {
			return faultf("csv_malformed: %s line %d has more sessions attended than possible: correct it, or export it again", t.file, t.line())
		}
		it := s.item()
		it.ID = key(r.get("UPN"), r.get("From"), r.get("To"), s.term)
		it.Date, it.Until = when(r.get("From")), until(r.get("To"))
		return g.add(t, it, false)
	})
}

// marks counts single marks by term, within the period asked for alone.
func (g *reading) marks(t *table) error {
	terms := map[string]*summary{}
	err := g.mine(t, func(r row) error {
		d, ok := items.Date(r.get("Date"))
		if !ok || len(d.Date) != 10 {
			return faultf("csv_malformed: %s line %d has no date under %q: correct it, or export it again", t.file, t.line(), "Date")
		}
		if !items.Within(d, nil, g.req.Period.From, g.req.Period.To) {
			return nil
		}
		name := term(d.Date)
		s := terms[name]
		if s == nil {
			s = &summary{term: name, from: d.Date, to: d.Date}
			terms[name] = s
		}
		s.from, s.to = min(s.from, d.Date), max(s.to, d.Date)
		s.count(strings.ToUpper(r.get("Mark")))
		return nil
	})
	if err != nil {
		return err
	}
	names := make([]string, 0, len(terms))
	for name := range terms {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return terms[names[i]].from < terms[names[j]].from })
	for _, name := range names {
		s := terms[name]
		it := s.item()
		it.ID = key(g.upn, "marks", name)
		it.Date, it.Until = record.PartialDate{Date: s.from}, &record.PartialDate{Date: s.to}
		if err := g.add(t, it, false); err != nil {
			return err
		}
	}
	return nil
}

// count adds one mark. A code is told by its first letter: J1, C2, Y4.
func (s *summary) count(mark string) {
	switch {
	case mark == "":
		s.unknowable++
	case strings.Contains(attended, mark[:1]):
		s.possible++
		s.present++
	case strings.Contains(authorised, mark[:1]):
		s.possible++
	case strings.Contains(unauthorised, mark[:1]):
		s.possible++
		s.unauthorised++
	case strings.Contains(notPossible, mark[:1]):
	default:
		s.unknowable++
	}
}

func (s *summary) item() record.Item {
	it := record.Item{Category: "education.attendance", Kind: record.Fact, Source: "attendance register", Title: "Attendance"}
	if s.possible > 0 {
		it.Title += fmt.Sprintf(" %.1f %%", 100*float64(s.present)/float64(s.possible))
	}
	if s.term != "" {
		it.Title += ", " + s.term
	}
	it.Text = fmt.Sprintf("%d of %d possible sessions attended; %d unauthorised absences.", s.present, s.possible, s.unauthorised)
	if s.unknowable > 0 {
		it.Text += fmt.Sprintf(" %d marks with an unknown code are not counted.", s.unknowable)
	}
	return it
}

// term names the school term of a day. Terms differ by council; these thirds
// only group marks, and every item says its first and last day.
func term(day string) string {
	switch month := day[5:7]; {
	case month >= "09":
		return "autumn term " + day[:4]
	case month >= "05":
		return "summer term " + day[:4]
	}
	return "spring term " + day[:4]
}
