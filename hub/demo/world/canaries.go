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
// the worker wrote and every text that an agency holds, with the numbers under
// which it holds it. None of them may stand in a log, a metric, a key, a header,
// an error or a URL. Sorted, no repeats.
//
// Left out is what would be found by chance, or tells of nobody by itself: names
// under shortName and texts under shortText letters, codes (gender, category,
// relation), times and dates but of birth, towns, partners and their units, kinds
// of record, the roles of those who wrote something ("Class teacher") and the
// names under which staff sign in.
func Canaries(s *Scenario) []string {
	c := &canaries{seen: map[string]bool{}, public: public(s)}
	for _, p := range s.People {
		c.person(p)
	}
	e := s.Enquiry
	for _, t := range []string{e.Narrative, e.OwnView, e.FamilyInformed.Reason, e.VoiceNotSought} {
		c.text(t)
	}
	if x := e.Basis.Agreement; x != nil {
		c.text(x.Told)
	}
	if x := e.Basis.Dispensation; x != nil {
		c.text(x.Reason)
	}
	for _, n := range e.NotAsked {
		c.text(n.Reason)
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
			c.text(a.Reason)
			c.items(a.Items)
		}
	}
	for _, r := range s.Reviews {
		c.name(r.Record)
		c.text(r.Because)
	}
	if d := s.Expect.Decision; d != nil {
		c.text(d.Why)
	}
	if f := s.Expect.Feedback; f != nil {
		c.text(f.Text)
		c.text(f.Reason)
	}
	slices.Sort(c.out)
	return c.out
}

type canaries struct {
	seen   map[string]bool
	out    []string
	public string // what everybody knows
}

// kindsOfRecord are titles that are the agreement's own words for a kind of
// record: its reasons say them of anybody.
var kindsOfRecord = []string{"Child-in-need plan"}

// public is what a value may be and everybody knows: partners, their units,
// towns, kinds of record.
func public(s *Scenario) string {
	names := slices.Clone(kindsOfRecord)
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

// title adds what an item is called or where it was, unless everybody knows it.
func (c *canaries) title(s string) {
	if !strings.Contains(c.public, strings.TrimSpace(s)) {
		c.text(s)
	}
}

func (c *canaries) items(items []Item) {
	for _, i := range items {
		c.name(i.ID)
		c.title(i.Title)
		c.text(i.Text)
		c.protected(i.Protected)
	}
}

// entry adds somebody as a system knows them, with its number for them.
func (c *canaries) entry(s *Scenario, e Entry) {
	c.name(e.Ref)
	c.person(e.in(s))
	c.person(e.Details)
}

func (c *canaries) systems(s *Scenario) {
	for _, p := range s.Systems.Health.Patients {
		c.entry(s, p.Entry)
		for _, v := range append(slices.Clone(p.Visits), p.Missed...) {
			c.name(v.ID)
			c.title(v.Place)
			c.text(v.Text)
		}
		for _, n := range append(slices.Clone(p.Conditions), p.Vaccines...) {
			c.name(n.ID)
			c.text(n.Name)
			c.text(n.Text)
		}
	}
	for _, r := range append(slices.Clone(s.Systems.Police.People), s.Systems.SocialCare.People...) {
		c.entry(s, r.Entry)
		for _, a := range r.Aliases {
			c.name(a.Family)
			c.name(a.Given)
		}
		c.items(r.Events)
	}
	for _, i := range s.Systems.Police.Incidents {
		c.text(i.Text)
		c.text(i.Place)
		c.name(i.ID)
		c.add(i.Reference)
		for _, ch := range i.Children {
			c.text(ch.Voice)
		}
	}
	for _, school := range s.Systems.Schools {
		for _, p := range school.Pupils {
			c.entry(s, p.Entry)
			c.items(p.Concerns)
			c.protected(p.Protected)
			for _, x := range p.Suspensions {
				c.text(x.Reason)
			}
			for _, x := range p.SEND {
				c.text(x.Need)
			}
			for _, x := range p.Collection {
				c.text(x.Who)
				c.text(x.Text)
			}
		}
	}
}
