package world

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// Validate reports everything in a scenario that the hub, a node or a
// connector would refuse, or that contradicts itself.
func (s *Scenario) Validate() error {
	d, err := Directory()
	if err != nil {
		return err
	}
	v := &validation{s: s, directory: d}
	v.people()
	v.enquiry()
	v.asks()
	v.systems()
	v.forms()
	v.expectations()
	return errors.Join(v.errs...)
}

type validation struct {
	s         *Scenario
	directory mash.Directory
	errs      []error
}

func (v *validation) bad(where, why string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf("%s: "+why, append([]any{where}, args...)...))
}

var (
	personKey  = regexp.MustCompile(`^(subject|household|stranger)-[0-9]{1,2}$`)
	dramaPhone = regexp.MustCompile(`^01632 960[0-9]{3}$`)
)

func (v *validation) people() {
	for _, key := range v.s.Keys() {
		if !personKey.MatchString(key) {
			v.bad("people", "the key %s: write subject-1, household-1 or, for somebody who is not in the enquiry, stranger-1", key)
		}
		v.person(key, v.s.People[key])
	}
}

// person holds one to what keeps everybody synthetic.
func (v *validation) person(where string, p Person) {
	if err := p.Record().Validate(); err != nil {
		v.bad(where, "%w", err)
	}
	if p.NHS != "" && !strings.HasPrefix(p.NHS, "999") {
		v.bad(where, "the NHS number is not from the range that is never issued (999)")
	}
	if p.UPN != "" && (len(p.UPN) < 4 || p.UPN[1:4] != "000") {
		v.bad(where, "the UPN is not of the council number 000")
	}
	if p.Phone != "" && !dramaPhone.MatchString(p.Phone) {
		v.bad(where, "the telephone is not 01632 960xxx")
	}
	if _, known := genderCodes[p.Gender]; p.Gender != "" && !known {
		v.bad(where, "gender: write female, male, indeterminate or not known")
	}
}

func (v *validation) date(where, s string, optional bool) {
	if s == "" && optional {
		return
	}
	if err := (record.PartialDate{Date: s}).Validate(); err != nil {
		v.bad(where, "%w", err)
	}
}

func (v *validation) enquiry() {
	s := v.s
	if s.Title == "" || len(s.Shows) == 0 {
		v.bad("title, shows", "say what the story is called and what it is there to show")
	}
	if _, err := s.OpenInput(); err != nil {
		v.bad("enquiry", "%w", err)
	}
	if _, err := s.AskInput(); err != nil {
		v.bad("enquiry", "%w", err)
	}
	e := s.Enquiry
	for field, ok := range map[string]bool{
		"rag":                    slices.Contains([]string{"red", "amber", "green"}, e.RAG),
		"level":                  e.Level >= 1 && e.Level <= 4,
		"purpose":                slices.Contains([]string{"s47", "s17", "early_help"}, e.Purpose),
		"family_informed.answer": slices.Contains([]string{"yes", "no", "unsafe_to_tell"}, e.FamilyInformed.Answer),
		"family_informed.reason": e.FamilyInformed.Answer == "yes" || e.FamilyInformed.Reason != "",
		"narrative":              e.Narrative != "",
		"originator.kind":        e.Originator.Kind != "",
		"named":                  !e.Restricted || len(e.Named) > 0,
		"basis":                  e.Basis.parts() == 1 && (e.Purpose == "s47") == (e.Basis.S47 != nil),
	} {
		if !ok {
			v.bad("enquiry."+field, "is missing or not allowed")
		}
	}
	subjects := 0
	for _, a := range e.About {
		p, ok := s.People[a.Key]
		if !ok {
			v.bad("enquiry.about", "%s is nobody of this scenario", a.Key)
		}
		switch a.Role {
		case mash.RoleSubject:
			subjects++
		case mash.RoleHousehold:
			if a.Reason == "" {
				v.bad("enquiry.about", "%s needs a reason of their own", a.Key)
			}
		default:
			v.bad("enquiry.about", "%s is subject or household", a.Key)
		}
		if p.NHS == "" && p.UPN == "" && a.IdentifierOmitted == "" {
			v.bad("enquiry.about", "%s has no identifier: say why", a.Key)
		}
	}
	if subjects == 0 {
		v.bad("enquiry.about", "names no subject")
	}
}

func (b Basis) parts() int {
	n := 0
	for _, set := range []bool{b.Agreement != nil, b.Dispensation != nil, b.S47 != nil} {
		if set {
			n++
		}
	}
	return n
}

func (v *validation) asks() {
	e := v.s.Enquiry
	for i, a := range e.Ask {
		where := fmt.Sprintf("enquiry.ask[%d]", i)
		party := mash.Party{Agency: a.Agency, Unit: a.Unit}
		if !v.directory.Knows(party) {
			v.bad(where, "%s is not in the directory", party)
		}
		agency, _ := v.directory.Agency(a.Agency)
		if len(a.Categories) == 0 || len(a.People) == 0 {
			v.bad(where, "name people and categories: nothing is preselected")
		}
		for _, c := range a.Categories {
			if !slices.Contains(agency.Holds, c) {
				v.bad(where, "%s does not hold %s", a.Agency, c)
			}
		}
		for _, p := range a.People {
			if !slices.ContainsFunc(e.About, func(x About) bool { return x.Key == p }) {
				v.bad(where, "%s is not in the enquiry", p)
			}
		}
	}
	for i, n := range e.NotAsked {
		if n.Reason == "" {
			v.bad(fmt.Sprintf("enquiry.not_asked[%d]", i), "say why")
		}
	}
}

func (v *validation) systems() {
	s := v.s
	ids := map[string]bool{}
	unique := func(where, id string) {
		if id == "" || ids[id] {
			v.bad(where, "the id %q is empty or used twice", id)
		}
		ids[id] = true
	}
	for _, p := range s.Systems.Health.Patients {
		v.entry("health "+p.Ref, p.Entry)
		unique("health", p.Ref)
		for _, x := range append(slices.Clone(p.Visits), p.Missed...) {
			unique("health "+p.Ref, x.ID)
			v.date("health "+x.ID, x.Date, false)
		}
		for _, x := range append(slices.Clone(p.Conditions), p.Vaccines...) {
			unique("health "+p.Ref, x.ID)
			v.date("health "+x.ID, x.Date, false)
		}
	}
	for system, people := range map[string][]RecordEntry{"police": s.Systems.Police.People, "socialcare": s.Systems.SocialCare.People} {
		for _, p := range people {
			v.entry(system+" "+p.Ref, p.Entry)
			unique(system, p.Ref)
			for _, ev := range p.Events {
				unique(system, ev.ID)
				v.item(system+" "+ev.ID, ev)
				if !strings.HasPrefix(ev.Category, system+".") {
					v.bad(system+" "+ev.ID, "the category is another agency's")
				}
			}
		}
	}
	for _, inc := range s.Systems.Police.Incidents {
		if _, err := time.Parse(time.RFC3339, inc.Happened); err != nil {
			v.bad("incident "+inc.ID, "happened is an instant such as 2026-08-07T21:15:00Z")
		}
		for _, c := range inc.Children {
			if !v.directory.Knows(mash.Party{Agency: "schools", Unit: c.Setting}) {
				v.bad("incident "+inc.ID, "the setting %s is not in the directory", c.Setting)
			}
			if _, ok := s.People[c.Is]; !ok {
				v.bad("incident "+inc.ID, "%s is nobody of this scenario", c.Is)
			}
		}
	}
	for urn, school := range s.Systems.Schools {
		if !v.directory.Knows(mash.Party{Agency: "schools", Unit: urn}) {
			v.bad("school "+urn, "is not in the directory")
		}
		for _, p := range school.Pupils {
			v.entry("school "+urn, p.Entry)
			for _, c := range p.Concerns {
				unique("school "+urn, c.ID)
				c.Category, c.Source = "education.concern", "Concerns log"
				v.item("school "+urn+" "+c.ID, c)
			}
		}
	}
}

func (v *validation) entry(where string, e Entry) {
	if e.Is != "" {
		if _, ok := v.s.People[e.Is]; !ok {
			v.bad(where, "%s is nobody of this scenario", e.Is)
		}
	}
	v.person(where, e.in(v.s))
}

func (v *validation) item(where string, i Item) {
	if err := i.Record("subject-1").Validate(); err != nil {
		v.bad(where, "%w", err)
	}
}

func (v *validation) forms() {
	for i, f := range v.s.Forms {
		where := fmt.Sprintf("forms[%d] of %s", i, f.Agency)
		ask, ok := v.s.ask(f.Agency, f.Unit)
		if !ok {
			v.bad(where, "nobody asked this party")
			continue
		}
		for _, a := range f.Answers {
			if !slices.Contains(ask.People, a.Person) {
				v.bad(where, "%s was not asked about", a.Person)
			}
			if (len(a.Items) > 0) != (a.Outcome == string(mash.RecordsFound)) {
				v.bad(where, "items come with records_found and with nothing else")
			}
			for _, x := range a.Items {
				if err := x.Record(a.Person).Validate(); err != nil {
					v.bad(where+" "+x.ID, "%w", err)
				}
				if !slices.Contains(ask.Categories, x.Category) {
					v.bad(where+" "+x.ID, "the category was not asked for")
				}
			}
		}
	}
}

// ask finds the question to a party.
func (s *Scenario) ask(agency, unit string) (Ask, bool) {
	for _, a := range s.Enquiry.Ask {
		if a.Agency == agency && a.Unit == unit {
			return a, true
		}
	}
	return Ask{}, false
}

func (v *validation) expectations() {
	s := v.s
	for _, r := range s.Reviews {
		if _, ok := s.ask(r.Agency, r.Unit); !ok || r.Record == "" || r.Because == "" {
			v.bad("reviews", "name a party that is asked, the record and what was compared")
		}
	}
	answered := map[string]int{}
	for _, o := range s.Expect.Outcomes {
		answered[o.Agency+"/"+o.Unit+" "+o.Person]++
		if o.Review && !slices.ContainsFunc(s.Reviews, func(r Review) bool { return r.Agency == o.Agency && r.Unit == o.Unit && r.Person == o.Person }) {
			v.bad("expect.outcomes", "%s waits for a person, but reviews names none", o.Agency)
		}
	}
	for _, a := range s.Enquiry.Ask {
		for _, p := range a.People {
			key := a.Agency + "/" + a.Unit + " " + p
			if answered[key] != 1 {
				v.bad("expect.outcomes", "%s must stand there once, stands %d times", key, answered[key])
			}
			delete(answered, key)
		}
	}
	for key := range answered {
		v.bad("expect.outcomes", "%s was not asked", key)
	}
	for _, x := range s.Expect.Chronology {
		v.expected("expect.chronology", x)
	}
	if d := s.Expect.Decision; d != nil {
		if len(d.Cites) == 0 {
			v.bad("expect.decision", "cites nothing")
		}
		for _, x := range d.Cites {
			v.expected("expect.decision.cites", x)
		}
	} else {
		v.bad("expect.decision", "a person decides")
	}
	if c := s.Expect.Closing; c == nil || c.Refused != (len(c.Clauses) > 0) {
		v.bad("expect.closing", "say whether closing is refused, and by which clauses")
	}
	for _, n := range s.Expect.Never {
		if n.Text == "" || n.For == "" || n.Why == "" {
			v.bad("expect.never", "needs text, for and why")
		}
	}
}

func (v *validation) expected(where string, x Expected) {
	ask, ok := v.s.ask(x.Agency, x.Unit)
	switch {
	case !ok:
		v.bad(where, "%s %s was not asked", x.Agency, x.Unit)
	case !slices.Contains(ask.Categories, x.Category):
		v.bad(where, "%s was not asked for %s", x.Agency, x.Category)
	case !slices.Contains(ask.People, x.Person):
		v.bad(where, "%s was not asked about %s", x.Agency, x.Person)
	}
	v.date(where, x.Date, true)
}
