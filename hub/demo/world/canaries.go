package world

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Shortest values that are looked for by themselves: a shorter name stands in
// too many ordinary words ("Iva" in "private").
const (
	shortName = 5
	shortText = 16
)

// Canaries lists every personal value of a scenario in the forms in which it
// could leak: names, dates of birth, identifiers, addresses, telephones, what
// the worker wrote and every text that an agency holds. None of them may stand
// in a log, a metric, a key, a header, an error or a URL. Sorted, no repeats.
func Canaries(s *Scenario) []string {
	c := &canaries{seen: map[string]bool{}, public: public(s)}
	for _, p := range s.People {
		c.person(p)
	}
	e := s.Enquiry
	for _, t := range []string{e.Narrative, e.OwnView, e.FamilyInformed.Reason, e.VoiceNotSought} {
		c.text(t)
	}
	if e.Originator.Agency == "" { // an agency's own telephone is in the directory
		c.text(e.Originator.Name)
		c.phone(e.Originator.Contact)
	}
	for _, a := range e.About {
		c.text(a.Reason)
		c.text(a.IdentifierOmitted)
	}
	if x := e.Basis.S47; x != nil {
		c.text(x.Evidence)
	}
	c.systems(s)
	for _, f := range s.Forms {
		for _, a := range f.Answers {
			c.items(a.Items)
		}
	}
	for _, r := range s.Reviews {
		c.text(r.Because)
	}
	if d := s.Expect.Decision; d != nil {
		c.text(d.Why)
	}
	if f := s.Expect.Feedback; f != nil {
		c.text(f.Text)
	}
	slices.Sort(c.out)
	return c.out
}

type canaries struct {
	seen   map[string]bool
	out    []string
	public string // names that stand in the directory or on a map
}

// public are names that a protected value may hold and that everybody knows:
// partners, their units, towns.
func public(s *Scenario) string {
	var names []string
	for _, p := range s.People {
		names = append(names, p.Address.City)
	}
	d, err := Directory()
	if err == nil { // else nothing is public, and a test finds too much rather than too little
		for _, a := range d {
			names = append(names, a.Name)
			for _, u := range a.Units {
				names = append(names, u.Name)
			}
		}
	}
	return strings.Join(names, "\n")
}

// protected adds what locates somebody, unless the name is public by itself.
func (c *canaries) protected(values []string) {
	for _, v := range values {
		if !strings.Contains(c.public, v) {
			c.add(v)
		}
	}
}

func (c *canaries) add(values ...string) {
	for _, v := range values {
		v = strings.TrimSpace(v)
		if v != "" && !c.seen[v] {
			c.seen[v] = true
			c.out = append(c.out, v)
		}
	}
}

func (c *canaries) name(s string) {
	if utf8.RuneCountInString(s) >= shortName {
		c.add(s)
	}
}

func (c *canaries) person(p Person) {
	c.name(p.Family)
	c.name(p.KnownAs)
	for _, g := range p.Given {
		c.name(g)
		c.add(g+" "+p.Family, p.Family+", "+g)
	}
	for _, a := range p.Other {
		c.name(a.Family)
		c.name(a.Given)
	}
	if born, err := time.Parse(time.DateOnly, p.Born); err == nil {
		c.add(p.Born, born.Format("02/01/2006"), born.Format("2 January 2006"), born.Format("20060102"))
	}
	if len(p.NHS) == 10 {
		c.add(p.NHS, p.NHS[:3]+" "+p.NHS[3:6]+" "+p.NHS[6:])
	}
	c.add(p.UPN)
	c.phone(p.Phone)
	for _, a := range append([]Address{p.Address}, p.Earlier...) {
		c.add(a.Line1, a.Line2, a.Postcode, strings.ReplaceAll(a.Postcode, " ", ""), a.UPRN)
	}
}

func (c *canaries) phone(s string) {
	if s == "" {
		return
	}
	compact := strings.ReplaceAll(s, " ", "")
	c.add(s, compact, "+44"+strings.TrimPrefix(compact, "0"))
}

// text adds a text and each of its sentences, since half a note is a leak too.
func (c *canaries) text(s string) {
	if s = strings.TrimSpace(s); utf8.RuneCountInString(s) >= shortText {
		c.add(s)
	}
	for _, line := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(".\n\"”“;:", r) }) {
		line = strings.TrimFunc(line, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) })
		if utf8.RuneCountInString(line) >= shortText {
			c.add(line)
		}
	}
}

func (c *canaries) items(items []Item) {
	for _, i := range items {
		c.text(i.Title)
		c.text(i.Text)
		c.protected(i.Protected)
	}
}

func (c *canaries) systems(s *Scenario) {
	for _, p := range s.Systems.Health.Patients {
		c.person(p.in(s))
		for _, v := range append(slices.Clone(p.Visits), p.Missed...) {
			c.text(v.Text)
		}
		for _, n := range append(slices.Clone(p.Conditions), p.Vaccines...) {
			c.text(n.Name)
			c.text(n.Text)
		}
	}
	for _, r := range append(slices.Clone(s.Systems.Police.People), s.Systems.SocialCare.People...) {
		c.person(r.in(s))
		for _, a := range r.Aliases {
			c.name(a.Family)
		}
		c.items(r.Events)
	}
	for _, i := range s.Systems.Police.Incidents {
		c.text(i.Text)
		c.text(i.Place)
		c.add(i.Reference)
		for _, ch := range i.Children {
			c.text(ch.Voice)
		}
	}
	for _, school := range s.Systems.Schools {
		for _, p := range school.Pupils {
			c.person(p.in(s))
			c.items(p.Concerns)
			c.protected(p.Protected)
			for _, x := range p.Suspensions {
				c.text(x.Reason)
			}
			for _, x := range p.Collection {
				c.text(x.Text)
			}
		}
	}
}
