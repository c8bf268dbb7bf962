package connector

import (
	"mashhub/plugins/connector/internal/wire"
	"mashhub/plugins/record"
)

// The functions in this file and its neighbours come in pairs, xToWire and
// xFromWire, and are each other's inverse except that an empty list becomes an
// absent one: the property test in convert_test.go holds them to it.

// mapSlice converts a list; an empty one becomes nil.
func mapSlice[A, B any](in []A, convert func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = convert(v)
	}
	return out
}

// strs returns nil for an empty list, so that absence has one form.
func strs(in []string) []string {
	if len(in) == 0 {
		return nil
	}
	return in
}

func recordToWire(p record.Person) *wire.PersonRecord {
	return &wire.PersonRecord{
		Identifiers: mapSlice(p.Identifiers, identifierToWire),
		Names: mapSlice(p.Names, func(n record.Name) *wire.Name {
			return &wire.Name{Family: strs(n.Family), Given: strs(n.Given), Preferred: n.Preferred, Use: n.Use}
		}),
		BirthDate: dateToWire(p.BirthDate),
		DeathDate: dateToWire(p.DeathDate),
		Gender:    p.Gender,
		Sex:       p.Sex,
		Ethnicity: p.Ethnicity,
		Addresses: mapSlice(p.Addresses, func(a record.Address) *wire.Address {
			return &wire.Address{
				Line1: a.Line1, Line2: a.Line2, City: a.City, Postcode: a.Postcode,
				Uprn: a.UPRN, Usrn: a.USRN, Use: a.Use,
			}
		}),
		Telecoms: mapSlice(p.Telecoms, func(c record.ContactPoint) *wire.ContactPoint {
			return &wire.ContactPoint{System: c.System, Value: c.Value, Group: c.Group}
		}),
		Deceased: p.Deceased,
		Related: mapSlice(p.Related, func(r record.PersonRelationship) *wire.PersonRelationship {
			return &wire.PersonRelationship{Identifier: identifierToWire(r.Identifier), Relationship: strs(r.Relationship)}
		}),
		PrimaryContacts: mapSlice(p.PrimaryContacts, identifierToWire),
		MatchedRefs:     mapSlice(p.MatchedRefs, identifierToWire),
	}
}

func identifierToWire(i record.Identifier) *wire.Identifier {
	return &wire.Identifier{Value: i.Value, System: i.System}
}

func identifierFromWire(i *wire.Identifier) record.Identifier {
	return record.Identifier{Value: i.GetValue(), System: i.GetSystem()}
}

func recordFromWire(p *wire.PersonRecord) record.Person {
	if p == nil {
		return record.Person{}
	}
	return record.Person{
		Identifiers: mapSlice(p.GetIdentifiers(), identifierFromWire),
		Names: mapSlice(p.GetNames(), func(n *wire.Name) record.Name {
			return record.Name{
				Family: strs(n.GetFamily()), Given: strs(n.GetGiven()),
				Preferred: n.GetPreferred(), Use: n.GetUse(),
			}
		}),
		BirthDate: dateFromWire(p.GetBirthDate()),
		DeathDate: dateFromWire(p.GetDeathDate()),
		Gender:    p.GetGender(),
		Sex:       p.GetSex(),
		Ethnicity: p.GetEthnicity(),
		Addresses: mapSlice(p.GetAddresses(), func(a *wire.Address) record.Address {
			return record.Address{
				Line1: a.GetLine1(), Line2: a.GetLine2(), City: a.GetCity(), Postcode: a.GetPostcode(),
				UPRN: a.GetUprn(), USRN: a.GetUsrn(), Use: a.GetUse(),
			}
		}),
		Telecoms: mapSlice(p.GetTelecoms(), func(c *wire.ContactPoint) record.ContactPoint {
			return record.ContactPoint{System: c.GetSystem(), Value: c.GetValue(), Group: c.GetGroup()}
		}),
		Deceased: p.Deceased,
		Related: mapSlice(p.GetRelated(), func(r *wire.PersonRelationship) record.PersonRelationship {
			return record.PersonRelationship{
				Identifier: identifierFromWire(r.GetIdentifier()), Relationship: strs(r.GetRelationship()),
			}
		}),
		PrimaryContacts: mapSlice(p.GetPrimaryContacts(), identifierFromWire),
		MatchedRefs:     mapSlice(p.GetMatchedRefs(), identifierFromWire),
	}
}

func dateToWire(d *record.PartialDate) *wire.PartialDate {
	if d == nil {
		return nil
	}
	return &wire.PartialDate{Date: d.Date, Accuracy: d.Accuracy}
}

func dateFromWire(d *wire.PartialDate) *record.PartialDate {
	if d == nil {
		return nil
	}
	return &record.PartialDate{Date: d.GetDate(), Accuracy: d.GetAccuracy()}
}

func itemToWire(i record.Item) *wire.Item {
	out := &wire.Item{
		Id: i.ID, Person: i.Person, Category: i.Category, Kind: string(i.Kind),
		Date: dateToWire(&i.Date), Until: dateToWire(i.Until),
		Title: i.Title, Text: i.Text,
		Codes: mapSlice(i.Codes, func(c record.Code) *wire.Code {
			return &wire.Code{System: c.System, Code: c.Code, Label: c.Label}
		}),
		Source: i.Source, Author: i.Author, Flags: strs(i.Flags),
		Handling: i.Handling, Protected: strs(i.Protected),
	}
	if v := i.Voice; v != nil {
		out.Voice = &wire.Voice{Verbatim: v.Verbatim, HeardBy: v.HeardBy, Agreed: v.Agreed, SharedWith: v.With}
	}
	return out
}

func itemFromWire(i *wire.Item) record.Item {
	out := record.Item{
		ID: i.GetId(), Person: i.GetPerson(), Category: i.GetCategory(), Kind: record.Kind(i.GetKind()),
		Until: dateFromWire(i.GetUntil()),
		Title: i.GetTitle(), Text: i.GetText(),
		Codes: mapSlice(i.GetCodes(), func(c *wire.Code) record.Code {
			return record.Code{System: c.GetSystem(), Code: c.GetCode(), Label: c.GetLabel()}
		}),
		Source: i.GetSource(), Author: i.GetAuthor(), Flags: strs(i.GetFlags()),
		Handling: i.GetHandling(), Protected: strs(i.GetProtected()),
	}
	if d := dateFromWire(i.GetDate()); d != nil {
		out.Date = *d
	}
	if v := i.GetVoice(); v != nil {
		out.Voice = &record.Voice{
			Verbatim: v.GetVerbatim(), HeardBy: v.GetHeardBy(), Agreed: v.GetAgreed(), With: v.GetSharedWith(),
		}
	}
	return out
}
