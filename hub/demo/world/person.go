package world

import (
	"slices"

	"mashhub/plugins/record"
)

// Person is a synthetic human being, in the words of a scenario file.
type Person struct {
	Family   string    `yaml:"family"`
	Given    []string  `yaml:"given"`
	KnownAs  string    `yaml:"known_as"`
	Other    []Alias   `yaml:"other_names"`
	Born     string    `yaml:"born"`     // YYYY-MM-DD, YYYY-MM or YYYY
	Accuracy string    `yaml:"accuracy"` // of the date of birth; empty means exact
	Gender   string    `yaml:"gender"`   // female, male, not known
	NHS      string    `yaml:"nhs"`
	UPN      string    `yaml:"upn"`
	Phone    string    `yaml:"phone"`
	Address  Address   `yaml:"address"`
	Earlier  []Address `yaml:"earlier_addresses"`
}

// Address is where somebody lives.
type Address struct {
	Line1    string `yaml:"line1"`
	Line2    string `yaml:"line2"`
	City     string `yaml:"city"`
	Postcode string `yaml:"postcode"`
	UPRN     string `yaml:"uprn"`
	Use      string `yaml:"use"`
}

var genderCodes = map[string]string{"female": "2", "male": "1", "indeterminate": "9", "not known": "X"}

// Record gives the person in the form of the Person Standard.
func (p Person) Record() record.Person {
	var out record.Person
	if p.NHS != "" {
		out.Identifiers = append(out.Identifiers, record.Identifier{Value: p.NHS, System: record.SystemNHSNumber})
	}
	if p.UPN != "" {
		out.Identifiers = append(out.Identifiers, record.Identifier{Value: p.UPN, System: record.SystemUPN})
	}
	name := record.Name{Given: p.Given, Preferred: p.KnownAs, Use: "usual"}
	if p.Family != "" {
		name.Family = []string{p.Family}
	}
	if p.Family != "" || len(p.Given) > 0 || p.KnownAs != "" {
		out.Names = append(out.Names, name)
	}
	for _, a := range p.Other {
		n := record.Name{Use: "old"}
		if a.Family != "" {
			n.Family = []string{a.Family}
		}
		if a.Given != "" {
			n.Given = []string{a.Given}
		}
		out.Names = append(out.Names, n)
	}
	if p.Born != "" {
		out.BirthDate = &record.PartialDate{Date: p.Born, Accuracy: p.Accuracy}
	}
	out.Gender = genderCodes[p.Gender]
	for i, a := range append([]Address{p.Address}, p.Earlier...) {
		if a == (Address{}) {
			continue
		}
		if a.Use == "" {
			a.Use = "home"
			if i > 0 {
				a.Use = "old"
			}
		}
		out.Addresses = append(out.Addresses, record.Address{Line1: a.Line1, Line2: a.Line2, City: a.City, Postcode: a.Postcode, UPRN: a.UPRN, Use: a.Use})
	}
	if p.Phone != "" {
		out.Telecoms = append(out.Telecoms, record.ContactPoint{System: record.SystemPhone, Value: p.Phone})
	}
	return out
}

// in gives the person as one system knows them.
func (e Entry) in(s *Scenario) Person {
	p := s.People[e.Is]
	d := e.Details
	for _, f := range []struct{ to, from *string }{
		{&p.Family, &d.Family}, {&p.KnownAs, &d.KnownAs}, {&p.Born, &d.Born}, {&p.Accuracy, &d.Accuracy},
		{&p.Gender, &d.Gender}, {&p.NHS, &d.NHS}, {&p.UPN, &d.UPN}, {&p.Phone, &d.Phone},
	} {
		if *f.from != "" {
			*f.to = *f.from
		}
	}
	if d.Given != nil {
		p.Given = d.Given
	}
	if d.Address != (Address{}) {
		p.Address, p.Earlier = d.Address, nil
	}
	if slices.Contains(e.Without, "nhs") {
		p.NHS = ""
	}
	if slices.Contains(e.Without, "upn") {
		p.UPN = ""
	}
	if slices.Contains(e.Without, "address") {
		p.Address, p.Earlier = Address{}, nil
	}
	if slices.Contains(e.Without, "phone") {
		p.Phone = ""
	}
	if slices.Contains(e.Without, "born") {
		p.Born, p.Accuracy = "", ""
	}
	return p
}
