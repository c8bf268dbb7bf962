package health

import (
	"strings"

	"mashhub/plugins/record"
)

const (
	systemODS     = "https://fhir.nhs.uk/Id/ods-organization-code"
	extAddressKey = "Extension-UKCore-AddressKey"
	keyUPRN       = "UPRN"
)

// Accuracy indicators of the Person Standard: day, month and year, each
// accurate, estimated or unknown.
const (
	accuracyExact    = "AAA"
	accuracyNoDay    = "UAA"
	accuracyYearOnly = "UUA"
	accuracyNone     = "UUU" // the date beside it claims nothing
)

// person turns a Patient into the Person Standard. The address and telephone of
// a restricted patient are left out: a candidate is shown to people who decide
// whether it is the person, and must not tell where the person lives.
func (p *patient) person() record.Person {
	out := record.Person{Gender: gender(p.Gender)}
	for _, id := range p.Identifier {
		if id.System == record.SystemNHSNumber && id.Value != "" {
			out.Identifiers = append(out.Identifiers, record.Identifier{System: record.SystemNHSNumber, Value: strings.ReplaceAll(id.Value, " ", "")})
		}
	}
	for _, n := range p.Name {
		name := record.Name{Given: n.Given, Use: n.Use}
		if n.Family != "" {
			name.Family = []string{n.Family}
		}
		if name.Family != nil || name.Given != nil {
			out.Names = append(out.Names, name)
		}
	}
	out.BirthDate = partialDate(p.BirthDate)
	out.DeathDate = partialDate(p.DeceasedDateTime)
	if p.Meta.restricted() {
		return out
	}
	for _, a := range p.Address {
		out.Addresses = append(out.Addresses, a.record())
	}
	for _, t := range p.Telecom {
		if t.Value != "" && (t.System == record.SystemPhone || t.System == record.SystemEmail) {
			out.Telecoms = append(out.Telecoms, record.ContactPoint{System: t.System, Value: t.Value})
		}
	}
	return out
}

func (a *address) record() record.Address {
	out := record.Address{City: a.City, Postcode: a.PostalCode, Use: a.Use, UPRN: a.uprn()}
	if len(a.Line) > 0 {
		out.Line1 = a.Line[0]
	}
	if len(a.Line) > 1 {
		out.Line2 = strings.Join(a.Line[1:], ", ")
	}
	return out
}

// uprn reads the UK Core address key; there may be another one (PAF) beside it.
func (a *address) uprn() string {
	for _, key := range a.Extension {
		if !strings.HasSuffix(key.URL, extAddressKey) {
			continue
		}
		kind, value := "", ""
		for _, part := range key.Extension {
			switch part.URL {
			case "type":
				kind = part.ValueCoding.Code
			case "value":
				value = part.ValueString
			}
		}
		if kind == keyUPRN {
			return value
		}
	}
	return ""
}

// locating returns every value of the patient that tells where the patient is:
// address, telephone, practice.
func (p *patient) locating() []string {
	var out []string
	for _, a := range p.Address {
		out = append(out, a.Line...)
		out = append(out, a.City, a.PostalCode, a.Text, a.uprn())
	}
	for _, t := range p.Telecom {
		out = append(out, t.Value)
	}
	for _, g := range p.GeneralPractitioner {
		out = append(out, g.Display)
		if g.Identifier != nil {
			out = append(out, g.Identifier.Value)
		}
	}
	return out
}

// hasNHSNumber says whether the patient is known under this NHS number.
func (p *patient) hasNHSNumber(number string) bool {
	for _, id := range p.Identifier {
		if id.System == record.SystemNHSNumber && strings.ReplaceAll(id.Value, " ", "") == number {
			return true
		}
	}
	return false
}

// gender turns the FHIR code into the standard's (GenderCode: 1 male, 2 female,
// 9 indeterminate, X not known).
func gender(code string) string {
	switch code {
	case "male":
		return "1"
	case "female":
		return "2"
	case "other":
		return "9"
	case "unknown":
		return "X"
	}
	return ""
}

// partialDate reads a FHIR date or dateTime (YYYY, YYYY-MM, YYYY-MM-DD or an
// instant, of which the day is kept as the server wrote it). nil if it is none.
func partialDate(s string) *record.PartialDate {
	day, _, _ := strings.Cut(s, "T")
	switch len(day) {
	case len("2006-01-02"):
		if first, _, ok := bounds(day); !ok || first.IsZero() {
			return nil
		}
		return &record.PartialDate{Date: day, Accuracy: accuracyExact}
	case len("2006-01"):
		if _, _, ok := bounds(day); !ok {
			return nil
		}
		return &record.PartialDate{Date: day, Accuracy: accuracyNoDay}
	case len("2006"):
		if _, _, ok := bounds(day); !ok {
			return nil
		}
		return &record.PartialDate{Date: day, Accuracy: accuracyYearOnly}
	}
	return nil
}
