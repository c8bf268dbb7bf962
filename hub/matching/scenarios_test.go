package matching_test

import (
	"testing"

	"mashhub/hub/matching"
	"mashhub/plugins/record"
)

// The scenarios of the domain document, section 9. Nobody here is real.

func nhs(v string) record.Identifier {
	return record.Identifier{Value: v, System: record.SystemNHSNumber}
}
func upn(v string) record.Identifier { return record.Identifier{Value: v, System: record.SystemUPN} }

func named(given, family string) []record.Name {
	return []record.Name{{Given: []string{given}, Family: []string{family}, Use: "usual"}}
}

func born(date string, accuracy ...string) *record.PartialDate {
	d := record.PartialDate{Date: date}
	if len(accuracy) > 0 {
		d.Accuracy = accuracy[0]
	}
	return &d
}

func at(postcode, uprn string) []record.Address {
	return []record.Address{{Postcode: postcode, UPRN: uprn, Use: "home"}}
}

func want(t *testing.T, r matching.Result, band matching.Band, blocked bool) {
	t.Helper()
	if r.Band != band || r.Blocked != blocked {
		t.Errorf("got %s, blocked %v, because %v; want %s, blocked %v", r.Band, r.Blocked, r.Reasons, band, blocked)
	}
}

// Scenario 2: name variants with one date of birth are a candidate link, and a
// person confirms.
func TestScenario2NameVariants(t *testing.T) {
	home := at("FE1 2AB", "100012345678")
	variants := []record.Person{
		{Names: named("Oluwaseun", "Adeyemi-Clarke"), BirthDate: born("2013-06-21"), Addresses: home, Gender: "1"},
		{Names: named("Seun", "Clarke"), BirthDate: born("2013-06-21"), Addresses: home, Gender: "1"},
		{Names: named("O.", "Adeyemi"), BirthDate: born("2013-06-21"), Addresses: home, Gender: "1"},
	}
	for i, a := range variants {
		for j, b := range variants {
			r := matching.Compare(a, b)
			if i == j && i < 2 {
				want(t, r, matching.Match, false)
			} else if (i == 0) != (j == 0) {
				want(t, r, matching.Potential, false)
			} else if r.Band == matching.Match && i != j {
				t.Errorf("variants %d and %d are a Match", i, j)
			}
		}
	}
	// Somebody's preferred name.
	goesBy := variants[0]
	goesBy.Names = []record.Name{{Given: []string{"Oluwaseun"}, Family: []string{"Adeyemi-Clarke"}, Preferred: "Shay"}}
	want(t, matching.Compare(record.Person{Names: named("Shay", "Adeyemi-Clarke"), BirthDate: born("2013-06-21"), Addresses: home}, goesBy), matching.Potential, false)
	// Hyphen, case and accents are no variants at all.
	plain := variants[0]
	plain.Names = []record.Name{{Given: []string{"OLÚWASEUN"}, Family: []string{"Adeyemi", "CLARKE"}, Use: "official"}}
	want(t, matching.Compare(variants[0], plain), matching.Match, false)
}

// Scenario 3: day and month swapped, one UPRN, another spelling: a candidate,
// never merged by itself.
func TestScenario3DigitsSwapped(t *testing.T) {
	asked := record.Person{Names: named("Kasia", "Wisniewska"), BirthDate: born("2014-11-04"), Addresses: at("", "100012345678"), Gender: "2"}
	held := record.Person{Names: named("Kasia", "Wiśniewski"), BirthDate: born("2014-04-11"), Addresses: at("", "100012345678"), Gender: "2"}
	want(t, matching.Compare(asked, held), matching.Potential, false)
	held.Names = asked.Names
	want(t, matching.Compare(asked, held), matching.Potential, false)
	held.BirthDate = born("2014-11-14") // one digit
	want(t, matching.Compare(asked, held), matching.Potential, false)
	held.BirthDate = born("2014-11-04")
	want(t, matching.Compare(asked, held), matching.Match, false)
}

// Scenario 5: twins share birthday, family name and address, and have
// consecutive NHS numbers.
func TestScenario5Twins(t *testing.T) {
	ivo := record.Person{Identifiers: []record.Identifier{nhs("9990000018")}, Names: named("Ivo", "Marchetti-Lund"),
		BirthDate: born("2017-02-11"), Addresses: at("FE1 2AB", "100012345678"), Gender: "1"}
	iva := record.Person{Identifiers: []record.Identifier{nhs("9990000026")}, Names: named("Iva", "Marchetti-Lund"),
		BirthDate: born("2017-02-11"), Addresses: at("FE1 2AB", "100012345678"), Gender: "2"}
	want(t, matching.Compare(ivo, iva), matching.None, true)

	// The one record without an NHS number: still not the twin.
	bare := iva
	bare.Identifiers = nil
	want(t, matching.Compare(ivo, bare), matching.Low, false)
	bare.Gender = "1" // twin brothers: gender makes nobody the same, but a person looks
	want(t, matching.Compare(ivo, bare), matching.Potential, false)
	// Where both records are there, the child's own outranks the twin's.
	bare.Names, bare.Identifiers = ivo.Names, nil
	brother := bare
	brother.Names = named("Ilo", "Marchetti-Lund")
	if c := matching.Choose(ivo, []record.Person{brother, bare}); c.Band != matching.Match || c.Index != 1 {
		t.Errorf("chose %d, %s", c.Index, c.Band)
	}

	// The A&E note finds the right child among both.
	c := matching.Choose(iva, []record.Person{ivo, iva})
	if c.Band != matching.Match || c.Index != 1 {
		t.Errorf("chose %d, %s", c.Index, c.Band)
	}
	// Asked with the right number and the twin's name: a person checks.
	c = matching.Choose(record.Person{Identifiers: ivo.Identifiers, Names: iva.Names}, []record.Person{ivo, iva})
	if c.Band != matching.Potential || c.Index != 0 {
		t.Errorf("chose %d, %s", c.Index, c.Band)
	}
}

// Scenario 6: two strangers of one name and one birthday are blocked by their
// NHS numbers.
func TestScenario6SameNameStrangers(t *testing.T) {
	one := record.Person{Identifiers: []record.Identifier{nhs("9990000034")}, Names: named("Maryam", "Hussain"), BirthDate: born("2013-02-09"), Gender: "2"}
	two := record.Person{Identifiers: []record.Identifier{nhs("9990000042")}, Names: named("Maryam", "Hussain"), BirthDate: born("2013-02-09"), Gender: "2"}
	want(t, matching.Compare(one, two), matching.None, true)
	two.Addresses, one.Addresses = at("FE1 2AB", "1"), at("FE1 2AB", "1")
	want(t, matching.Compare(one, two), matching.None, true)

	// A record without the number, at another address: a person checks.
	unnumbered := two
	unnumbered.Identifiers, unnumbered.Addresses = nil, at("FE9 9ZZ", "2")
	want(t, matching.Compare(one, unnumbered), matching.Potential, false)

	// Asked without a number at all, both are a Match on paper: Many.
	asked := record.Person{Names: one.Names, BirthDate: one.BirthDate, Gender: "2"}
	c := matching.Choose(asked, []record.Person{one, two})
	if c.Band != matching.Many || c.Index != -1 {
		t.Errorf("chose %d, %s of two strangers", c.Index, c.Band)
	}
}

// Scenario 7: no identifier, an estimated date of birth, a temporary address:
// never a Match by itself, and found again by a person.
func TestScenario7NoNHSNumber(t *testing.T) {
	asked := record.Person{Names: named("Samir", "Tekle"), BirthDate: born("2010-01-01", "UUE"), Gender: "1",
		Addresses: []record.Address{{Postcode: "FE3 4CD", Use: "temp"}}}
	held := asked
	want(t, matching.Compare(asked, held), matching.Potential, false)
	held.BirthDate = born("2011-07-19")
	want(t, matching.Compare(asked, held), matching.Potential, false)
	held.BirthDate = born("2016-07-19") // outside what the estimate allows
	want(t, matching.Compare(asked, held), matching.Potential, false)
	held.Addresses = nil
	want(t, matching.Compare(asked, held), matching.None, false)
	held.BirthDate = nil // only a name: a person looks
	want(t, matching.Compare(asked, held), matching.Potential, false)
	held = asked
	held.Addresses = []record.Address{{Postcode: "ZZ99 3VZ", Use: "temp"}} // the NHS's "no fixed abode"
	want(t, matching.Compare(asked, held), matching.Potential, false)
}
