package record

// Person is one human being as the Person Standard describes them. The
// standard asks for at least one identifier and one name; here every field is
// optional, because some children have no identifier, a date of birth that was
// estimated, or no address at all.
//
// A Person is personal data. It never goes to a log, a metric, a message key
// or an error text.
type Person struct {
	Identifiers []Identifier  `json:"identifier,omitempty"`
	Names       []Name        `json:"name,omitempty"`
	BirthDate   *PartialDate  `json:"dateOfBirth,omitempty"`
	Deceased    *bool         `json:"isDeceased,omitempty"` // may be true without a DeathDate
	DeathDate   *PartialDate  `json:"deceasedDate,omitempty"`
	Addresses   []Address     `json:"address,omitempty"`
	Telecoms    ContactPoints `json:"contact,omitempty"`
	Gender      string        `json:"genderCode,omitempty"`    // stated; a code of Genders
	Sex         string        `json:"sexCode,omitempty"`       // phenotypic; a code of Sexes
	Ethnicity   string        `json:"ethnicityCode,omitempty"` // stated; a code of Ethnicities
	// Related are other people and what they are to this person.
	Related []PersonRelationship `json:"relatedPerson,omitempty"`
	// PrimaryContacts refers to professionals, such as a GP.
	PrimaryContacts []Identifier `json:"primaryContactProfessional,omitempty"`
	// MatchedRefs are this person as known in other systems, where a person
	// has confirmed that they are the same.
	MatchedRefs []Identifier `json:"matchedPersonRef,omitempty"`
}

// Name is one name of a person. A person has several: usual, official, old.
type Name struct {
	Family    []string `json:"familyName,omitempty"`
	Given     []string `json:"givenName,omitempty"`
	Preferred string   `json:"preferredName,omitempty"`
	Use       string   `json:"use,omitempty"` // a code of NameUses
}

// Address is one address of a person.
type Address struct {
	Line1    string `json:"line1,omitempty"`
	Line2    string `json:"line2,omitempty"`
	City     string `json:"city,omitempty"`
	Postcode string `json:"postcode,omitempty"` // "AB1 2CD": see NormalPostcode
	UPRN     string `json:"UPRN,omitempty"`
	USRN     string `json:"USRN,omitempty"`
	Use      string `json:"use,omitempty"` // a code of AddressUses
}

// PersonRelationship says who another person is to this one: "MTH" means that
// the other is the mother.
type PersonRelationship struct {
	Identifier   Identifier `json:"identifier"`
	Relationship []string   `json:"relationship"` // codes of Relationships
}
