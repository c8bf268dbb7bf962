package tables

import (
	"context"
	"maps"
	"slices"
	"strings"

	"mashhub/connectors/internal/likeness"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// selectPerson writes the SELECT of people for a condition on p, and gives the
// function that reads one row.
func (m *mapping) selectPerson(s *statement, where string, limit int) func([]string) connector.Candidate {
	p := m.Person
	var list []string
	at := map[string]int{}
	add := func(key, expression string) {
		at[key] = len(list)
		list = append(list, expression)
	}
	for key, name := range map[string]string{"ref": p.Ref, "nhs": p.NHS, "upn": p.UPN, "family": p.Family, "given": p.Given,
		"accuracy": p.DOBAccuracy, "gender": p.Gender, "line1": p.Line1, "line2": p.Line2, "city": p.City,
		"postcode": p.Postcode, "uprn": p.UPRN} {
		if name != "" {
			add(key, s.text("p", name))
		}
	}
	add("dob", s.date("p", p.DOB, p.DOBFormat))
	for _, id := range p.Identifiers {
		add("id "+id.System, s.text("p", id.Column))
	}
	s.sql.WriteString("SELECT " + strings.Join(list, ", ") + " FROM " + quote(p.Table) + " AS p WHERE " + where + " LIMIT " + s.arg(limit))
	return func(row []string) connector.Candidate {
		cell := func(key string) string {
			if i, ok := at[key]; ok {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		c := connector.Candidate{Record: m.person(cell)}
		if i, ok := at["ref"]; ok {
			c.Ref = row[i] // the agency's key as it is, spaces included
		}
		return c
	}
}

// person reads one row; absent columns are empty.
func (m *mapping) person(cell func(string) string) record.Person {
	var r record.Person
	identifier := func(system, value string) {
		// What fails its own check ("unknown", ten zeros) identifies nobody, and
		// would only count as a conflict later.
		if id := (record.Identifier{System: system, Value: value}).Normal(); id.Check() == nil {
			r.Identifiers = append(r.Identifiers, id)
		}
	}
	identifier(record.SystemNHSNumber, cell("nhs"))
	identifier(record.SystemUPN, cell("upn"))
	for _, id := range m.Person.Identifiers {
		identifier(id.System, cell("id "+id.System))
	}
	if n := name(cell("family"), cell("given"), "usual"); n != nil {
		r.Names = append(r.Names, *n)
	}
	if d := isoDate(cell("dob")); d != "" {
		r.BirthDate = &record.PartialDate{Date: d, Accuracy: cell("accuracy")}
	}
	r.Gender = gender(cell("gender"), m.Person.GenderValues)
	a := record.Address{Line1: cell("line1"), Line2: cell("line2"), City: cell("city"), Postcode: cell("postcode"), UPRN: likeness.UPRN(cell("uprn"))}
	if p := record.NormalPostcode(a.Postcode); p != "" {
		a.Postcode = p
	}
	if record.CheckUPRN(a.UPRN) != nil {
		a.UPRN = ""
	}
	if a != (record.Address{}) {
		r.Addresses = []record.Address{a}
	}
	return r
}

func name(family, given, use string) *record.Name {
	if family == "" && given == "" {
		return nil
	}
	n := &record.Name{Use: use}
	if family != "" {
		n.Family = []string{family}
	}
	if given != "" {
		n.Given = strings.Fields(given)
	}
	return n
}

// gender gives the standard's code. Without a map the usual words and letters
// are understood; what is not understood is left out, not guessed.
func gender(value string, values map[string]string) string {
	if values != nil {
		return values[value]
	}
	switch strings.ToLower(value) {
	case "1", "m", "male":
		return "1"
	case "2", "f", "female":
		return "2"
	case "9", "indeterminate":
		return "9"
	case "x", "0", "u", "unknown", "not known":
		return "X"
	}
	return ""
}

// addAliases gives the candidates their other and earlier names, so that a
// record is recognised under any of them.
func (m *mapping) addAliases(ctx context.Context, found map[string]*connector.Candidate, types map[string]map[string]string) error {
	a := m.Alias
	if a == nil {
		return nil
	}
	for refs := range slices.Chunk(slices.Sorted(maps.Keys(found)), 200) {
		s := m.statement()
		given := "''"
		if a.Given != "" {
			given = s.filled("a", a.Given)
		}
		where := s.equals("a", a.PersonRef, types[a.Table][a.PersonRef], refs)
		if where == "" {
			continue
		}
		s.sql.WriteString("SELECT " + s.text("a", a.PersonRef) + ", " + s.filled("a", a.Family) + ", " + given +
			" FROM " + quote(a.Table) + " AS a WHERE " + where + " LIMIT " + s.arg(20*len(refs)))
		err := m.each(ctx, s, func(row []string) error {
			c := found[row[0]]
			if n := name(strings.TrimSpace(row[1]), strings.TrimSpace(row[2]), "old"); n != nil && c != nil {
				c.Record.Names = append(c.Record.Names, *n)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
