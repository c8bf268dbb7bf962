package matching

import "mashhub/plugins/record"

// Strict is the matcher of the rules in the package's comment.
type Strict struct{}

// Compare implements Matcher.
func (Strict) Compare(asked, held record.Person) Result {
	a, b := newIDs(asked.Identifiers), newIDs(held.Identifiers)
	nhs := a.nhs.compare(b.nhs, true)
	upn := a.upn.compare(b.upn, false)
	e := evidence{
		verified: nhs.same || upn.same,
		conflict: nhs.conflict || upn.conflict,
		almost:   nhs.similar || upn.similar,
		other:    shareAny(a.other, b.other),
		name:     compareNames(asked.Names, held.Names),
		birth:    compareDates(asked.BirthDate, held.BirthDate),
		postcode: compareSets(postcodes(asked.Addresses), postcodes(held.Addresses)),
		uprn:     compareSets(uprns(asked.Addresses), uprns(held.Addresses)),
		gender:   compareGenders(asked.Gender, held.Gender),
	}
	other := NotCompared
	if e.other {
		other = Same
	}
	return Result{
		Band:    e.band(),
		Blocked: e.conflict,
		Reasons: []Reason{
			{record.FieldNHSNumber, nhs.agreement()},
			{record.FieldUPN, upn.agreement()},
			{record.FieldOtherIdentifiers, other},
			{record.FieldNames, e.name},
			{record.FieldBirthDate, e.birth},
			{FieldPostcode, e.postcode},
			{FieldUPRN, e.uprn},
			{record.FieldGender, e.gender},
		},
	}
}

// evidence is all that the band depends on.
type evidence struct {
	verified, conflict bool // of identifiers with a right check digit
	almost             bool // one of two is mistyped, by one slip
	other              bool // another system's identifier is equal

	name, birth, postcode, uprn, gender Agreement
}

// place reports whether an address agrees, and whether it speaks against.
func (e evidence) place() (agrees, against bool) {
	agrees = e.postcode == Same || e.uprn == Same
	return agrees, !agrees && (e.postcode == Different || e.uprn == Different)
}

func (e evidence) band() Band {
	switch {
	case e.conflict && !e.verified:
		return None
	case e.conflict:
		return Potential
	case e.verified:
		return e.identified()
	}
	return e.described()
}

// identified is the band where a verified identifier is equal.
func (e evidence) identified() Band {
	switch e.birth {
	case Same:
		// A child may have a new name and keep the number and the birthday.
		return Match
	case Different, Similar:
		return Potential
	}
	// The date says nothing, or only that it fits: the name must not speak
	// against it. A brother's number in the wrong record has the family name.
	if e.name == Different || e.name == SameFamily {
		return Potential
	}
	return Match
}

// described is the band where nothing but the description can tell. What an
// agency reports as "nothing known" includes Low, so whoever could well be the
// person is Potential; Low is for brothers and sisters, and for what half the
// town would meet.
func (e evidence) described() Band {
	agrees, against := e.place()
	strong := agrees || e.other || e.almost
	switch e.name {
	case Same:
		return e.sameName(strong, against)
	case Similar:
		switch {
		case e.birth == Same, e.birth == Similar, strong && (e.birth == Fits || e.birth == NotCompared):
			return Potential
		case e.birth == Fits, e.birth == NotCompared, strong:
			return Low
		}
	case SameGiven:
		// A new family name, perhaps with a new home: a child whom an agency
		// knew before the mother moved looks just like this.
		switch {
		case e.birth == Same && (strong || e.gender != Different):
			return Potential
		case e.birth == Same, strong && (e.birth == Similar || e.birth == Fits):
			return Low
		}
	case SameFamily, NotCompared:
		// Twins look like this, and so does a child under another given name.
		// Where the own record is there it is a Match and outranks the twin's.
		switch {
		case e.birth == Same && strong && e.gender != Different:
			return Potential
		case e.birth == Same && strong:
			return Low
		}
	}
	if e.other || e.almost && e.birth == Same {
		return Low
	}
	return None
}

// sameName is the band where the whole name agrees.
func (e evidence) sameName(strong, against bool) Band {
	agrees, _ := e.place()
	switch e.birth {
	case Same:
		if (agrees || e.other || e.gender == Same && !against) && e.gender != Different {
			return Match
		}
		return Potential
	case Similar, Fits:
		return Potential
	case NotCompared:
		// A household member of whom only the name is known: a person looks.
		if strong || e.gender != Different {
			return Potential
		}
		return Low
	}
	// Another date altogether: father and son of one name, or one bad date.
	if strong {
		return Potential
	}
	return None
}
