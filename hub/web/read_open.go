package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// contact reads the form. What is missing or cannot be read is recorded as a
// problem of its field; whether it is right is for the use case to say.
func (f *form) contact(d mash.Directory) enquiry.OpenInput {
	in := enquiry.OpenInput{
		Informed:   mash.Informed{Answer: f.need("family_informed.answer", "Say whether the family knows"), Reason: f.text("family_informed.reason")},
		Originator: mash.Originator{Kind: f.need("originator.kind", "Say who raised it"), Name: f.text("originator.name"), Contact: f.text("originator.contact")},
		Narrative:  f.need("narrative", "Write what they are worried about"), VoiceNotSought: f.text("voice_not_sought"),
		Evidence: f.need("evidence", "Say whether there is something that can be checked") == "yes",
	}
	in.Anonymous = in.Originator.Kind == "anonymous"
	if in.Informed.Answer != "yes" && in.Informed.Answer != "" && in.Informed.Reason == "" {
		f.bad("family_informed.reason", "Say why the family has not been told")
	}
	if agency, unit, _ := strings.Cut(f.text("originator.party"), "/"); agency != "" {
		if p := (mash.Party{Agency: agency, Unit: unit}); d.Knows(p) {
			in.Originator.Party = &p
		}
	}
	subjects, household := 0, 0
	for i := range f.people() {
		p := f.readPerson(i)
		if p.Role == mash.RoleSubject {
			subjects++
			p.Key = fmt.Sprintf("subject-%d", subjects)
		} else {
			household++
			p.Key = fmt.Sprintf("household-%d", household)
		}
		in.People = append(in.People, p)
	}
	in.RAG = mash.RAG(f.need("rag", "Say how urgent it is"))
	in.Level, _ = strconv.Atoi(f.need("level", "Choose the level of need")) // another value is refused by the use case
	in.Purpose = mash.Purpose(f.need("purpose", "Say what the enquiry is for"))
	in.Basis = f.readBasis()
	in.Restricted = f.need("restricted", "Say whether it must be restricted") == "yes"
	for n := range strings.SplitSeq(f.text("named"), ",") {
		if n = strings.TrimSpace(n); n != "" && in.Restricted {
			in.Named = append(in.Named, n)
		}
	}
	return in
}

func (f *form) readPerson(i int) mash.EnquiryPerson {
	at := func(name string) string { return fmt.Sprintf("people[%d].%s", i, name) }
	p := mash.EnquiryPerson{Role: mash.RoleSubject, IdentifierOmitted: f.text(at("identifier_omitted_reason")), ProtectedLocation: f.Get(at("protected")) == "yes"}
	who := "the child"
	if i > 0 {
		who = fmt.Sprintf("person %d", i+1)
		p.Role = f.need(at("role"), "Say whether the enquiry is about "+who+" too")
		p.Relation, p.Reason = f.text(at("relation")), f.text(at("reason"))
		if p.Role == mash.RoleHousehold && p.Reason == "" {
			f.bad(at("reason"), "Say why you ask about "+who)
		}
	}
	n := record.Name{Preferred: f.text(at("preferred")), Given: strings.Fields(f.text(at("given")))}
	if family := f.text(at("family")); family != "" {
		n.Family = []string{family}
	}
	if n.Preferred == "" && len(n.Given) == 0 && len(n.Family) == 0 {
		f.bad(at("given"), "Give at least one name of "+who)
	} else {
		p.Record.Names = []record.Name{n}
	}
	p.Record.BirthDate = f.readBirth(at("born"), f.Get(at("estimated")) == "yes")
	p.Record.Gender = f.text(at("gender"))
	for field, system := range map[string]string{"nhs": record.SystemNHSNumber, "upn": record.SystemUPN} {
		if f.text(at(field)) == "" {
			continue
		}
		id := record.Identifier{System: system, Value: f.text(at(field))}.Normal()
		if err := id.Check(); err != nil {
			f.bad(at(field), capital(err.Error()))
		}
		p.Record.Identifiers = append(p.Record.Identifiers, id)
	}
	if len(p.Record.Identifiers) == 0 && p.IdentifierOmitted == "" {
		f.bad(at("identifier_omitted_reason"), "Give a number of "+who+", or say why there is none")
	}
	if a := (record.Address{Line1: f.text(at("line1")), City: f.text(at("city")), Postcode: f.text(at("postcode"))}); a != (record.Address{}) {
		if a.Postcode != "" {
			if normal := record.NormalPostcode(a.Postcode); normal == "" {
				f.bad(at("postcode"), "Write the postcode like AB1 2CD, or leave it out")
			} else {
				a.Postcode = normal
			}
		}
		p.Record.Addresses = []record.Address{a}
	}
	return p
}

// readBirth reads a date of birth of which parts may be missing.
func (f *form) readBirth(name string, estimated bool) *record.PartialDate {
	d, m, y := f.text(name+"-day"), f.text(name+"-month"), f.text(name+"-year")
	if d+m+y == "" {
		return nil
	}
	two := func(s string) string {
		if len(s) == 1 {
			return "0" + s
		}
		return s
	}
	text := y
	if m != "" {
		text += "-" + two(m)
		if d != "" {
			text += "-" + two(d)
		}
	}
	date, err := record.ParsePartialDate(text)
	if err != nil || d != "" && m == "" {
		f.bad(name, "Write the date of birth as day, month and year, for example 3 5 2016", fieldID(name)+"-day")
		return nil
	}
	if estimated {
		date.Accuracy = map[int]string{10: "EEE", 7: "UEE", 4: "UUE"}[len(date.Date)]
	}
	return &date
}

func (f *form) readBasis() (b mash.Basis) {
	switch f.need("basis", "Say what lets us ask") {
	case "given":
		b.Agreement = &mash.Agreement{State: "given", GivenBy: f.need("basis.given_by", "Say who agreed"), Told: f.need("basis.told", "Say what the family was told"),
			At: f.day("basis.given_at", "Say when the family agreed")}
	case "refused":
		b.Agreement = &mash.Agreement{State: "refused", At: f.day("basis.refused_at", "Say when the family refused")}
	case "dispensation":
		b.Dispensation = &mash.Dispensation{Reason: f.need("basis.reason", "Give the manager’s reason"), Manager: f.need("basis.manager", "Say which manager"),
			At: f.day("basis.dispensed_at", "Say when the manager decided")}
	case "s47":
		s := &mash.S47Decision{By: f.need("basis.by", "Say who decided"), Qualified: f.need("basis.qualified", "Give their registration or post"),
			Grounds: f.need("basis.grounds", "Give the grounds"), Evidence: f.need("basis.evidence", "Give the evidence")}
		day := f.day("basis.decided_at", "Say on which day it was decided")
		at, err := time.Parse("15:04", f.need("basis.decided_time", "Say at what time it was decided"))
		if err != nil && f.text("basis.decided_time") != "" {
			f.bad("basis.decided_time", "Write the time like 14:30")
		}
		s.At = time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), 0, 0, london)
		b.S47 = s
	}
	return b
}
