package record

import "slices"

// Codes of the identifying fields, as sharing agreements name them. Asking
// discloses too: the ask decision lists those that may leave.
const (
	FieldNHSNumber        = "identifiers.nhs"
	FieldUPN              = "identifiers.upn"
	FieldOtherIdentifiers = "identifiers.other"
	FieldNames            = "names"
	FieldBirthDate        = "birth_date"
	FieldGender           = "gender"
	FieldAddresses        = "addresses"
	FieldContacts         = "contacts"
)

// Fields returns every field code, in a fixed order.
func Fields() []string {
	return []string{
		FieldNHSNumber, FieldUPN, FieldOtherIdentifiers, FieldNames,
		FieldBirthDate, FieldGender, FieldAddresses, FieldContacts,
	}
}

// Only returns a copy that holds only the named fields and shares no memory
// with p. A code that is not known names nothing. Sex, ethnicity, death,
// relationships, professionals and matches elsewhere have no code and never
// pass: none of them is needed to find somebody.
func (p Person) Only(fields []string) Person {
	may := func(field string) bool { return slices.Contains(fields, field) }
	var out Person
	for _, id := range p.Identifiers {
		field := FieldOtherIdentifiers
		switch id.System {
		case SystemNHSNumber:
			field = FieldNHSNumber
		case SystemUPN:
			field = FieldUPN
		}
		if may(field) {
			out.Identifiers = append(out.Identifiers, id)
		}
	}
	if may(FieldNames) {
		out.Names = slices.Clone(p.Names)
		for i := range out.Names {
			n := &out.Names[i]
			n.Family, n.Given = slices.Clone(n.Family), slices.Clone(n.Given)
		}
	}
	if may(FieldBirthDate) && p.BirthDate != nil {
		d := *p.BirthDate
		out.BirthDate = &d
	}
	if may(FieldGender) {
		out.Gender = p.Gender
	}
	if may(FieldAddresses) {
		out.Addresses = slices.Clone(p.Addresses)
	}
	if may(FieldContacts) {
		out.Telecoms = slices.Clone(p.Telecoms)
	}
	return out
}

// Present returns the codes of the fields that p holds anything of, in the
// order of Fields. It names no value, so it may go into a decision's input.
func (p Person) Present() []string {
	var out []string
	for _, field := range Fields() {
		q := p.Only([]string{field})
		if len(q.Identifiers)+len(q.Names)+len(q.Addresses)+len(q.Telecoms) > 0 || q.BirthDate != nil || q.Gender != "" {
			out = append(out, field)
		}
	}
	return out
}
