package matching_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mashhub/hub/matching"
	"mashhub/plugins/record"
)

func rowan() record.Person {
	return record.Person{
		Identifiers: []record.Identifier{nhs("9990000018")},
		Names:       []record.Name{{Given: []string{"Rowan", "Ash"}, Family: []string{"Tessel"}, Use: "usual"}},
		BirthDate:   born("2016-05-03"),
		Addresses:   at("FE1 2AB", "100012345678"),
		Gender:      "1",
	}
}

func TestCompare(t *testing.T) {
	type change func(*record.Person)
	noID := func(p *record.Person) { p.Identifiers = nil }
	ids := func(list ...record.Identifier) change { return func(p *record.Person) { p.Identifiers = list } }
	name := func(given, family string) change { return func(p *record.Person) { p.Names = named(given, family) } }
	use := func(u string) change {
		return func(p *record.Person) { p.Names = named("Rowan", "Tessel"); p.Names[0].Use = u }
	}
	dob := func(d *record.PartialDate) change { return func(p *record.Person) { p.BirthDate = d } }
	home := func(a []record.Address) change { return func(p *record.Person) { p.Addresses = a } }
	gender := func(g string) change { return func(p *record.Person) { p.Gender = g } }
	empty := func(p *record.Person) { *p = record.Person{} }
	all := func(cs ...change) change {
		return func(p *record.Person) {
			for _, c := range cs {
				c(p)
			}
		}
	}
	other := record.Identifier{Value: "93/123456X", System: record.SystemPNC}
	tests := []struct {
		name        string
		asked, held change
		band        matching.Band
		blocked     bool
	}{
		{"nothing known", empty, empty, matching.None, false},
		{"nothing asked", empty, all(), matching.None, false},

		// A verified identifier.
		{"everything", all(), all(), matching.Match, false},
		{"number alone", all(empty, ids(nhs("9990000018"))), all(), matching.Match, false},
		{"number written with spaces", ids(nhs("999 000 0018")), all(), matching.Match, false},
		{"number, new name", name("Robin", "Winter"), all(), matching.Match, false},
		{"number, other name, no date", all(name("Robin", "Winter"), dob(nil)), all(), matching.Potential, false},
		{"number, brother's name, no date", all(name("Perrin", "Tessel"), dob(nil)), all(), matching.Potential, false},
		{"number, other name, estimate fits", all(name("Robin", "Winter"), dob(born("2016", "UUE"))), all(), matching.Potential, false},
		{"number, name, estimate fits", dob(born("2016", "UUE")), all(), matching.Match, false},
		{"number, name, date far off", dob(born("2009-10-21")), all(), matching.Potential, false},
		{"number, name, date swapped", dob(born("2016-03-05")), all(), matching.Potential, false},
		{"number, other name and date", all(name("Robin", "Winter"), dob(born("2009-10-21"))), all(), matching.Potential, false},
		{"invalid number equal is no identifier", all(ids(nhs("9991234560")), home(nil), gender("")), all(ids(nhs("9991234560")), home(nil), gender("")), matching.Potential, false},
		{"invalid number alone", all(empty, ids(nhs("9991234560"))), all(empty, ids(nhs("9991234560"))), matching.None, false},
		{"one digit of the number wrong", all(ids(nhs("9990000017")), home(nil), gender("")), all(), matching.Potential, false},
		{"one digit of the number wrong, no date", all(ids(nhs("9990000017")), dob(nil), home(nil)), all(), matching.Potential, false},
		{"UPN", all(ids(upn("A950000178301")), home(nil)), all(ids(upn("A950000178301")), home(nil)), matching.Match, false},
		{"UPN in lower case", all(ids(upn("a950000178301")), home(nil), gender("")), all(ids(upn("A950000178301")), home(nil)), matching.Match, false},
		{"former UPN beside the present one", all(ids(upn("A950000178301"))), all(ids(upn("H243278544154"), upn("A950000178301"))), matching.Match, false},

		// Conflicts.
		{"other number", ids(nhs("9990000026")), all(), matching.None, true},
		{"other UPN", ids(upn("A950000178301")), ids(upn("H243278544154")), matching.None, true},
		{"number equal, UPN in conflict", ids(nhs("9990000018"), upn("A950000178301")), ids(nhs("9990000018"), upn("H243278544154")), matching.Potential, true},
		{"one record with two numbers", ids(nhs("9990000018"), nhs("9990000026")), all(), matching.Potential, true},
		{"temporary UPNs never conflict", ids(upn("A00000000000A")), ids(upn("P00000000000B")), matching.Match, false},

		// Name, date and one thing more.
		{"postcode", all(noID, home(at("fe12ab", "")), gender("")), noID, matching.Match, false},
		{"UPRN", all(noID, home(at("", "000100012345678")), gender("")), noID, matching.Match, false},
		{"gender", all(noID, home(nil)), noID, matching.Match, false},
		{"gender, another address", all(noID, home(at("FE9 9ZZ", "2"))), noID, matching.Potential, false},
		{"another gender", all(noID, gender("2")), noID, matching.Potential, false},
		{"name and date alone", all(noID, home(nil), gender("")), noID, matching.Potential, false},
		{"gender not known", all(noID, home(nil), gender("X")), all(noID, gender("X")), matching.Potential, false},
		{"office address", all(noID, gender(""), home([]record.Address{{Postcode: "FE1 2AB", Use: "work"}})), noID, matching.Potential, false},
		{"office property", all(noID, gender(""), home([]record.Address{{UPRN: "100012345678", Use: "work"}})), noID, matching.Potential, false},
		{"no fixed abode, as the NHS writes it", all(noID, gender(""), home(at("ZZ99 3VZ", ""))), all(noID, home(at("ZZ99 3VZ", ""))), matching.Potential, false},
		{"one digit of the date", all(noID, dob(born("2016-05-08")), home(nil)), noID, matching.Potential, false},
		{"two digits of the date swapped", all(noID, dob(born("2016-05-30")), home(nil)), noID, matching.Potential, false},
		{"another date", all(noID, dob(born("2016-07-08")), home(nil)), noID, matching.None, false},
		{"another system's identifier", all(ids(other), home(nil), gender("")), ids(other), matching.Match, false},
		{"a placeholder is no identifier", all(ids(record.Identifier{Value: "0000", System: record.SystemPNC}), home(nil), gender("")), ids(record.Identifier{Value: "0000", System: record.SystemPNC}), matching.Potential, false},
		{"the same school", all(ids(record.Identifier{Value: "100123", System: record.SystemURN}), home(nil), gender("")), ids(record.Identifier{Value: "100123", System: record.SystemURN}), matching.Potential, false},
		{"middle name left out", all(noID, name("Rowan", "Tessel")), noID, matching.Match, false},
		{"middle name in one field", all(noID, name("Rowan Ash", "Tessel")), noID, matching.Match, false},
		{"middle initial", all(noID, name("Rowan A", "Tessel")), noID, matching.Match, false},
		{"another middle name", all(noID, name("Rowan Elm", "Tessel")), noID, matching.Potential, false},
		{"former name", all(noID, use("old")), noID, matching.Potential, false},
		{"nickname", all(noID, use("nickname")), noID, matching.Potential, false},
		{"pseudonym", all(noID, use("anonymous")), noID, matching.Potential, false},
		{"goes by the middle name", all(noID, name("Ash", "Tessel")), noID, matching.Potential, false},
		{"names in the other order", all(noID, name("Tessel", "Rowan Ash")), noID, matching.Potential, false},
		{"typing slip in the name", all(noID, name("Rowna", "Tessel")), noID, matching.Potential, false},
		{"double first name", all(noID, name("Rowan-Ash", "Tessel")), all(noID, name("Rowan", "Tessel")), matching.Potential, false},
		{"new family name", all(noID, name("Rowan", "Winter")), noID, matching.Potential, false},
		{"brother", all(noID, name("Perrin", "Tessel"), dob(born("2014-08-19"))), noID, matching.None, false},
		{"father of the same name", all(noID, dob(born("1987-10-21"))), noID, matching.Potential, false},
		{"namesake", all(noID, dob(born("1987-10-21")), home(nil)), noID, matching.None, false},
		{"name alone", all(noID, dob(nil), home(nil), gender("")), noID, matching.Potential, false},
		{"name alone, another gender", all(noID, dob(nil), home(nil), gender("2")), noID, matching.Low, false},
		{"similar name alone", all(noID, name("Rown", "Tessel"), dob(nil), home(nil)), noID, matching.Low, false},
		{"similar name, swapped date", all(noID, name("Rown", "Tessel"), dob(born("2016-03-05")), home(nil)), noID, matching.Potential, false},
		{"new family name and home", all(noID, name("Rowan", "Winter"), home(at("FE9 9ZZ", "2"))), noID, matching.Potential, false},
		{"new family name, another gender, elsewhere", all(noID, name("Rowan", "Winter"), home(at("FE9 9ZZ", "2")), gender("2")), noID, matching.Low, false},
		{"twin sister", all(noID, name("Noa", "Tessel"), gender("2")), noID, matching.Low, false},
		{"twin brother", all(noID, name("Noel", "Tessel")), noID, matching.Potential, false},
		{"other order with a slip", all(noID, name("Tesel", "Rowan Ash")), noID, matching.Potential, false},
		{"year and month only", all(noID, dob(born("2016-05"))), noID, matching.Potential, false},
		{"equal but estimated", all(noID, dob(born("2016-05-03", "EAA"))), all(noID, dob(born("2016-05-03", "EAA"))), matching.Potential, false},
		{"placeholder date", all(noID, dob(born("1900-01-01", "UUU")), home(nil)), noID, matching.Potential, false},
		{"impossible date", all(noID, dob(born("2016-02-31"))), noID, matching.Potential, false},
		{"stranger", all(noID, name("Noa", "Winter"), dob(born("2009-10-21")), home(nil)), noID, matching.None, false},
		{"housemate", all(noID, name("Noa", "Winter"), dob(born("1989-10-21"))), noID, matching.None, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := rowan(), rowan()
			tt.asked(&a)
			tt.held(&b)
			want(t, matching.Compare(a, b), tt.band, tt.blocked)
			want(t, matching.Compare(b, a), tt.band, tt.blocked)
		})
	}
}

func TestEthnicityAndSexAreNeverLookedAt(t *testing.T) {
	a, b := rowan(), rowan()
	a.Ethnicity, b.Ethnicity, a.Sex, b.Sex = "1", "17", "1", "2"
	x, y := matching.Compare(a, b), matching.Compare(rowan(), rowan())
	if x.Band != y.Band || !slices.Equal(x.Reasons, y.Reasons) {
		t.Fatalf("%v and %v", x, y)
	}
}

// TestReasonsHoldNoValue: every reason is a sentence about a field.
func TestReasonsHoldNoValue(t *testing.T) {
	a, b := rowan(), rowan()
	b.Identifiers, b.BirthDate, b.Names = []record.Identifier{nhs("9990000026")}, born("2016-03-05"), named("Ro", "Tesel")
	for _, held := range []record.Person{rowan(), b, {}} {
		r := matching.Compare(a, held)
		if len(r.Reasons) != 8 {
			t.Fatalf("%d reasons", len(r.Reasons))
		}
		for _, reason := range r.Reasons {
			s := reason.String()
			field, words, ok := strings.Cut(s, ": ")
			if !ok || field == "" || words == "" {
				t.Errorf("%+v reads %q", reason, s)
			}
			for _, secret := range []string{"999", "2016", "Tes", "Row", "FE1", "1000"} {
				if strings.Contains(s, secret) {
					t.Errorf("a reason repeats a value: %q", s)
				}
			}
		}
	}
	got := matching.Compare(a, b).Reasons[0].String()
	if got != "NHS number: two different ones, each with a right check digit: they belong to two people" {
		t.Errorf("%q", got)
	}
}

// numbers are valid and, at the end, not.
var numbers = []string{"9990000018", "9990000026", "9990000034", "9990000042", "9990000017", "9991234560"}

// draw draws a person from few values, so that agreements and near misses are
// common.
func draw(t *rapid.T, label string) record.Person {
	pick := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label+what) }
	var p record.Person
	for range rapid.IntRange(0, 2).Draw(t, label+"ids") {
		p.Identifiers = append(p.Identifiers, nhs(pick("nhs", numbers...)))
	}
	if v := pick("upn", "", "", "A950000178301", "H243278544154", "A00000000000A", "R247962919251"); v != "" {
		p.Identifiers = append(p.Identifiers, upn(v))
	}
	for range rapid.IntRange(0, 2).Draw(t, label+"names") {
		p.Names = append(p.Names, record.Name{
			Given:     strings.Fields(pick("given", "Ivo", "Iva", "Oluwaseun", "Seun", "O.", "Ivo James", "Rowan", "Rowna", "")),
			Family:    strings.Fields(pick("family", "Marchetti-Lund", "Lund", "Clarke", "Adeyemi-Clarke", "Clark", "Rowan", "")),
			Preferred: pick("preferred", "", "", "Seun"),
			Use:       pick("use", "usual", "", "old", "anonymous"),
		})
	}
	if d := pick("dob", "", "2014-11-04", "2014-04-11", "2014-11-05", "2014-11", "2014", "1990-01-01", "2014-02-31"); d != "" {
		p.BirthDate = born(d, pick("accuracy", "", "AAA", "UUE", "UUU", "EEA"))
	}
	for range rapid.IntRange(0, 2).Draw(t, label+"addresses") {
		p.Addresses = append(p.Addresses, record.Address{Postcode: pick("postcode", "FE1 2AB", "fe12ab", "FE9 9ZZ", ""),
			UPRN: pick("uprn", "", "1", "2"), Use: pick("address use", "home", "work", "")})
	}
	p.Gender = pick("gender", "", "1", "2", "X")
	return p
}

// TestCompareIsSymmetric: band, block and reasons do not depend on who asks.
func TestCompareIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t, "a "), draw(t, "b ")
		x, y := matching.Compare(a, b), matching.Compare(b, a)
		if x.Band != y.Band || x.Blocked != y.Blocked || !slices.Equal(x.Reasons, y.Reasons) {
			t.Fatalf("%v\n%v", x, y)
		}
		if x.Blocked && x.Band == matching.Match {
			t.Fatal("blocked and a Match")
		}
	})
}

// TestConflictNeverRaisesTheBand: a further valid NHS number that the other
// side does not have blocks, and raises nothing.
func TestConflictNeverRaisesTheBand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t, "a "), draw(t, "b ")
		a.Identifiers = append(a.Identifiers, nhs("9990000018"))
		before := matching.Compare(a, b)
		b.Identifiers = append(slices.Clone(b.Identifiers), nhs("9434765919"))
		after := matching.Compare(a, b)
		if !after.Blocked || after.Band == matching.Match || after.Band.Rank() > before.Band.Rank() {
			t.Fatalf("from %v to %v", before, after)
		}
	})
}

// TestMatchNeedsMoreThanLikeness: what every Match must have.
func TestMatchNeedsMoreThanLikeness(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := draw(t, "a ")
		b := a
		if rapid.Bool().Draw(t, "other") {
			b = draw(t, "b ")
		}
		r := matching.Compare(a, b)
		if r.Band != matching.Match {
			return
		}
		by := map[string]matching.Agreement{}
		for _, reason := range r.Reasons {
			by[reason.Field] = reason.Agreement
		}
		verified := by[record.FieldNHSNumber] == matching.Same || by[record.FieldUPN] == matching.Same
		described := by[record.FieldNames] == matching.Same && by[record.FieldBirthDate] == matching.Same && a.BirthDate.Exact() && b.BirthDate.Exact()
		if !verified && !described || by[record.FieldBirthDate] == matching.Different || by[record.FieldBirthDate] == matching.Similar {
			t.Fatalf("a Match with %v", r.Reasons)
		}
	})
}

// TestChooseIgnoresOrder: any order of the candidates gives the same band and
// the same record.
func TestChooseIgnoresOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		asked := draw(t, "asked ")
		held := []record.Person{asked, draw(t, "1 "), draw(t, "2 "), draw(t, "3 ")}[rapid.IntRange(0, 1).Draw(t, "from"):]
		x := matching.Choose(asked, held)
		order := rapid.Permutation([]int{0, 1, 2, 3}[:len(held)]).Draw(t, "order")
		mixed := make([]record.Person, len(held))
		for i, from := range order {
			mixed[i] = held[from]
		}
		y := matching.Choose(asked, mixed)
		if x.Band != y.Band || (x.Index < 0) != (y.Index < 0) || x.Index >= 0 && order[y.Index] != x.Index {
			t.Fatalf("%v at %d, then %v at %d of %v", x.Band, x.Index, y.Band, y.Index, order)
		}
		matches := 0
		for i, r := range x.Results {
			if r.Band == matching.Match {
				matches++
			}
			if !slices.Equal(r.Reasons, y.Results[slices.Index(order, i)].Reasons) {
				t.Fatal("the results are not in the order of the candidates")
			}
		}
		if (matches > 1) != (x.Band == matching.Many) || (matches == 1) != (x.Band == matching.Match) {
			t.Fatalf("%d matches give %s", matches, x.Band)
		}
	})
}

func TestChooseNobody(t *testing.T) {
	c := matching.Choose(rowan(), nil)
	if c.Band != matching.None || c.Index != -1 || len(c.Results) != 0 {
		t.Errorf("%+v", c)
	}
	// Two candidates that need a person: no index to go on with.
	near := rowan()
	near.Identifiers, near.BirthDate = nil, born("2016-03-05")
	c = matching.Choose(rowan(), []record.Person{near, {}, near})
	if c.Band != matching.Potential || c.Index != -1 {
		t.Errorf("%s at %d", c.Band, c.Index)
	}
}
