package world

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// day reads a date of a scenario as its first instant in UTC.
func day(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, fmt.Errorf("a date is not YYYY-MM-DD or today-26d")
	}
	return t, nil
}

// OpenInput is what the worker writes down, as the hub takes it.
func (s *Scenario) OpenInput() (enquiry.OpenInput, error) {
	e := s.Enquiry
	basis, err := e.Basis.mash()
	if err != nil {
		return enquiry.OpenInput{}, fmt.Errorf("basis: %w", err)
	}
	o := mash.Originator{Kind: e.Originator.Kind, Name: e.Originator.Name, Contact: e.Originator.Contact}
	if e.Originator.Agency != "" {
		o.Party = &mash.Party{Agency: e.Originator.Agency, Unit: e.Originator.Unit}
	}
	in := enquiry.OpenInput{
		Originator: o, Anonymous: e.Anonymous, Evidence: e.Evidence, Narrative: e.Narrative,
		RAG: mash.RAG(e.RAG), Level: e.Level, Purpose: mash.Purpose(e.Purpose), Basis: basis,
		Informed:   mash.Informed{Answer: e.FamilyInformed.Answer, Reason: e.FamilyInformed.Reason},
		Restricted: e.Restricted, Named: e.Named, VoiceNotSought: e.VoiceNotSought,
	}
	for _, a := range e.About {
		in.People = append(in.People, mash.EnquiryPerson{
			Key: a.Key, Role: a.Role, Record: s.People[a.Key].Record(), Relation: a.Relation, Reason: a.Reason,
			IdentifierOmitted: a.IdentifierOmitted, ProtectedLocation: a.ProtectedLocation,
		})
	}
	return in, nil
}

// AskInput is whom the worker asks; the period ends when it is asked.
func (s *Scenario) AskInput() (enquiry.AskInput, error) {
	from, err := day(s.Enquiry.From)
	if err != nil {
		return enquiry.AskInput{}, fmt.Errorf("from: %w", err)
	}
	in := enquiry.AskInput{From: from}
	for _, a := range s.Enquiry.Ask {
		in.Ask = append(in.Ask, enquiry.PartyAsk{Party: mash.Party{Agency: a.Agency, Unit: a.Unit}, Categories: a.Categories, Persons: a.People})
	}
	for _, n := range s.Enquiry.NotAsked {
		in.NotAsked = append(in.NotAsked, mash.NotAsked{Party: mash.Party{Agency: n.Agency, Unit: n.Unit}, Reason: n.Reason})
	}
	return in, nil
}

func (b Basis) mash() (mash.Basis, error) {
	var out mash.Basis
	if a := b.Agreement; a != nil {
		at, err := day(a.On)
		if err != nil {
			return out, fmt.Errorf("agreement: %w", err)
		}
		out.Agreement = &mash.Agreement{State: a.State, GivenBy: a.GivenBy, Told: a.Told, Scope: a.Scope, At: at}
	}
	if d := b.Dispensation; d != nil {
		at, err := day(d.On)
		if err != nil {
			return out, fmt.Errorf("dispensation: %w", err)
		}
		out.Dispensation = &mash.Dispensation{Reason: d.Reason, Manager: d.Manager, At: at}
	}
	if x := b.S47; x != nil {
		at, err := day(x.On)
		if err != nil {
			return out, fmt.Errorf("s47: %w", err)
		}
		out.S47 = &mash.S47Decision{By: x.By, Qualified: x.Qualified, Grounds: x.Grounds, Evidence: x.Evidence, At: at}
	}
	return out, nil
}

// Record gives an item of a form in the record model, about person.
func (i Item) Record(person string) record.Item {
	out := record.Item{
		ID: i.ID, Person: person, Category: i.Category, Kind: record.Kind(i.Kind), Date: record.PartialDate{Date: i.Date},
		Title: i.Title, Text: i.Text, Source: i.Source, Author: i.Author, Handling: i.Handling, Protected: i.Protected,
	}
	if i.Until != "" {
		out.Until = &record.PartialDate{Date: i.Until}
	}
	if i.ThirdParty {
		out.Flags = append(out.Flags, record.FlagThirdParty)
	}
	if i.Intelligence {
		out.Flags = append(out.Flags, record.FlagIntelligence)
	}
	if len(i.Protected) > 0 {
		out.Flags = append(out.Flags, record.FlagProtectedLocation)
	}
	if v := i.Voice; v != nil {
		out.Voice = &record.Voice{Verbatim: v.Verbatim, HeardBy: v.HeardBy, Agreed: v.Agreed, With: v.With}
	}
	return out
}

// Fits reports whether a candidate is the record that the reviewer speaks of.
// Agencies' references are opaque, so a reviewer knows a record by its name.
func (r Review) Fits(p record.Person) bool {
	for _, n := range p.Names {
		if record.FoldName(strings.Join(append(slices.Clone(n.Given), n.Family...), " ")) == record.FoldName(r.Record) {
			return true
		}
	}
	return false
}
