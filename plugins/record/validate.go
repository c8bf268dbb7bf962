package record

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// FieldError names a field by its path in the published JSON, why it is
// refused and what to do. It never holds the value, so that it may be shown,
// logged and sent.
type FieldError struct {
	Path   string // "identifier[0].value"
	Reason string // the reason and the remedy, in words
}

func (e *FieldError) Error() string { return e.Path + ": " + e.Reason }

// Limits on what one person may carry: well above any real record, and small
// enough that a hostile one costs nothing.
const (
	maxEntries  = 100 // of each list
	maxText     = 500 // characters of any text
	maxParts    = 20  // of a name
	maxUSRNSize = 8   // digits
)

// Validate reports every field that the standard would not accept, each as a
// *FieldError, joined. It is meant for what we are about to send or keep; what
// an agency holds may be worse and must still be compared, see hub/matching.
// An empty Person is valid: see Person.
func (p Person) Validate() error {
	var v validator
	v.limit("identifier", len(p.Identifiers))
	for i, id := range p.Identifiers {
		v.identifier(fmt.Sprintf("identifier[%d]", i), id)
	}
	v.limit("name", len(p.Names))
	for i, n := range p.Names {
		v.name(fmt.Sprintf("name[%d]", i), n)
	}
	v.date("dateOfBirth", p.BirthDate)
	v.date("deceasedDate", p.DeathDate)
	if p.BirthDate != nil && p.DeathDate != nil && p.DeathDate.Latest().Before(p.BirthDate.Earliest()) {
		v.add("deceasedDate", "the death lies before the birth: compare both dates with their source")
	}
	if p.Deceased != nil && !*p.Deceased && p.DeathDate != nil {
		v.add("isDeceased", "a date of death is given: write true, or leave the date out")
	}
	v.code("genderCode", Genders, p.Gender)
	v.code("sexCode", Sexes, p.Sex)
	v.code("ethnicityCode", Ethnicities, p.Ethnicity)
	v.limit("address", len(p.Addresses))
	for i, a := range p.Addresses {
		v.address(fmt.Sprintf("address[%d]", i), a)
	}
	v.limit("contact", len(p.Telecoms))
	for i, c := range p.Telecoms {
		v.contact(fmt.Sprintf("contact[%d]", i), c)
	}
	v.limit("relatedPerson", len(p.Related))
	for i, r := range p.Related {
		path := fmt.Sprintf("relatedPerson[%d]", i)
		v.identifier(path+".identifier", r.Identifier)
		if len(r.Relationship) == 0 {
			v.add(path+".relationship", "no code: say who the other person is to this one, for example MTH")
		}
		for j, code := range r.Relationship {
			v.code(fmt.Sprintf("%s.relationship[%d]", path, j), Relationships, code)
		}
	}
	for i, id := range p.PrimaryContacts {
		v.identifier(fmt.Sprintf("primaryContactProfessional[%d]", i), id)
	}
	for i, id := range p.MatchedRefs {
		v.identifier(fmt.Sprintf("matchedPersonRef[%d]", i), id)
	}
	return errors.Join(v.errs...)
}

type validator struct{ errs []error }

func (v *validator) add(path, reason string) {
	v.errs = append(v.errs, &FieldError{path, reason})
}

func (v *validator) check(path string, err error) {
	if err != nil {
		v.add(path, err.Error())
	}
}

func (v *validator) limit(path string, n int) {
	if n > maxEntries {
		v.add(path, fmt.Sprintf("more than %d entries: send those that identify the person", maxEntries))
	}
}

func (v *validator) text(path, s string) {
	switch {
	case !utf8.ValidString(s):
		v.add(path, "not UTF-8 text: read the source in its own encoding first")
	case utf8.RuneCountInString(s) > maxText:
		v.add(path, fmt.Sprintf("longer than %d characters: shorten it", maxText))
	}
}

func (v *validator) code(path string, list Vocabulary, code string) {
	if code != "" && !list.Allows(code) {
		v.add(path, fmt.Sprintf("not a code of the %s: use one of the list, or leave it out", list.Name))
	}
}

func (v *validator) identifier(path string, id Identifier) {
	v.text(path+".value", id.Value)
	v.text(path+".system", id.System)
	if id.System == "" {
		v.check(path+".system", id.Check())
		return
	}
	v.check(path+".value", id.Check())
}

func (v *validator) name(path string, n Name) {
	some := strings.TrimSpace(n.Preferred) != ""
	for _, part := range [...]struct {
		field string
		names []string
	}{{"familyName", n.Family}, {"givenName", n.Given}} {
		if len(part.names) > maxParts {
			v.add(path+"."+part.field, fmt.Sprintf("more than %d names: keep those that identify the person", maxParts))
		}
		for i, s := range part.names {
			p := fmt.Sprintf("%s.%s[%d]", path, part.field, i)
			v.text(p, s)
			if FoldName(s) == "" {
				v.add(p, "no letters: write the name, or leave this part out")
				continue
			}
			some = true
		}
	}
	v.text(path+".preferredName", n.Preferred)
	if !some {
		v.add(path, "neither family, given nor preferred name: write one, or leave the name out")
	}
	v.code(path+".use", NameUses, n.Use)
}

func (v *validator) date(path string, d *PartialDate) {
	if d != nil {
		v.check(path, d.Validate())
	}
}

func (v *validator) address(path string, a Address) {
	v.text(path+".line1", a.Line1)
	v.text(path+".line2", a.Line2)
	v.text(path+".city", a.City)
	if a.Postcode != "" && NormalPostcode(a.Postcode) == "" {
		v.add(path+".postcode", "not shaped like a UK postcode: write it like AB1 2CD, or leave it out")
	}
	if a.UPRN != "" {
		v.check(path+".UPRN", CheckUPRN(a.UPRN))
	}
	if a.USRN != "" && (len(a.USRN) > maxUSRNSize || !allDigits(a.USRN)) {
		v.add(path+".USRN", "a USRN has one to eight digits: look the street up in the council's gazetteer")
	}
	v.code(path+".use", AddressUses, a.Use)
}

func (v *validator) contact(path string, c ContactPoint) {
	v.text(path, c.Value)
	v.text(path+".name", c.Group)
	if strings.TrimSpace(c.Value) == "" {
		v.add(path, "no number or address: write it, or leave the contact out")
	}
	if c.System != SystemPhone && c.System != SystemEmail {
		v.add(path, `the system is neither "phone" nor "email": write one of them`)
	}
}
