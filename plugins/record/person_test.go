package record

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// rowan is a synthetic child with every field of the standard filled.
func rowan() Person {
	alive := false
	return Person{
		Identifiers: []Identifier{
			{"9990000018", SystemNHSNumber}, {"A00000000000A", SystemUPN}, {"C-17", "https://fernshire.example/Id/case"},
		},
		Names: []Name{
			{Family: []string{"Tessel"}, Given: []string{"Rowan", "Ash"}, Preferred: "Ro", Use: "official"},
			{Family: []string{"Fennimore", "Tessel"}, Given: []string{"Rowan"}, Use: "old"},
		},
		BirthDate: &PartialDate{"2016-05-03", "AAA"},
		Deceased:  &alive,
		Addresses: []Address{{"12 Fallow Road", "Flat 2", "Northam Ford", "FE1 2AB", "100012345678", "12345678", "home"}},
		Telecoms: ContactPoints{
			{SystemEmail, "rowan@fernshire.example", "Home"}, {SystemPhone, "01632 960001", "Home"}, {SystemPhone, "01632 960002", "Other"},
		},
		Gender: "1", Sex: "1", Ethnicity: "17",
		Related:         []PersonRelationship{{Identifier{"C-18", "https://fernshire.example/Id/case"}, []string{"MTH", "NMTH"}}},
		PrimaryContacts: []Identifier{{"G0000001", "https://fernshire.example/Id/gp"}},
		MatchedRefs:     []Identifier{{"E-9", "https://fernshire.example/Id/pupil"}},
	}
}

// published is a Person in the shape of the Person Standard's examples.
const published = `{
  "@context": "https://socialcaredata.github.io/ontology/person/context.jsonld",
  "@type": "Person",
  "identifier": [
    {"@type": "Identifier", "value": "9990000018", "system": "https://fhir.nhs.uk/Id/nhs-number"},
    {"@type": "Identifier", "value": "A00000000000A", "system": "urn:mashhub:id:upn"},
    {"@type": "Identifier", "value": "C-17", "system": "https://fernshire.example/Id/case"}],
  "name": [
    {"@type": "Name", "familyName": ["Tessel"], "givenName": ["Rowan", "Ash"], "preferredName": "Ro", "use": "official"},
    {"@type": "Name", "familyName": ["Fennimore", "Tessel"], "givenName": ["Rowan"], "use": "old"}],
  "dateOfBirth": {"@type": "PartialDate", "date": "2016-05-03", "accuracyIndicator": "AAA"},
  "isDeceased": false,
  "address": [{"@type": "Address", "line1": "12 Fallow Road", "line2": "Flat 2", "city": "Northam Ford",
    "postcode": "FE1 2AB", "UPRN": "100012345678", "USRN": "12345678", "use": "home"}],
  "contact": [
    {"@type": "Contact", "name": "Home", "email": ["rowan@fernshire.example"], "telephone": ["01632 960001"]},
    {"@type": "Contact", "name": "Other", "telephone": ["01632 960002"]}],
  "genderCode": "1", "sexCode": "1", "ethnicityCode": "17",
  "relatedPerson": [{"@type": "PersonRelationship",
    "identifier": {"@type": "Identifier", "value": "C-18", "system": "https://fernshire.example/Id/case"},
    "relationship": ["MTH", "NMTH"]}],
  "primaryContactProfessional": [{"@type": "Identifier", "value": "G0000001", "system": "https://fernshire.example/Id/gp"}],
  "matchedPersonRef": [{"@type": "Identifier", "value": "E-9", "system": "https://fernshire.example/Id/pupil"}]
}`

func TestPersonIsThePublishedJSON(t *testing.T) {
	var got Person
	if err := json.Unmarshal([]byte(published), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, rowan()) {
		t.Fatalf("read as %+v", got)
	}
	linked, err := LinkedData(got)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, string(linked), published)

	// Plain JSON: the same without the keywords, and nothing besides.
	plain, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, string(plain), withoutKeywords(t, published))
}

func TestLinkedDataPublishesPartialDates(t *testing.T) {
	b, err := LinkedData(&Person{BirthDate: &PartialDate{Date: "2016-05"}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), `"accuracyIndicator":"UAA"`) || !strings.Contains(string(b), `"date":"2016-05-01"`) {
		t.Fatalf("a month without a day was written as %s", b)
	}
}

func TestContactOfAnUnknownKindIsNotDropped(t *testing.T) {
	p := Person{Telecoms: ContactPoints{{System: "pager", Value: "01632 960001"}}}
	for name, encode := range map[string]func(any) ([]byte, error){"plain": json.Marshal, "linked": LinkedData} {
		if _, err := encode(p); err == nil || strings.Contains(err.Error(), "960001") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestContactErrorsHoldNoNumber(t *testing.T) {
	var p Person
	err := json.Unmarshal([]byte(`{"contact":[{"telephone":[1632960001]}]}`), &p)
	if err == nil || strings.Contains(err.Error(), "1632960001") {
		t.Errorf("error %v", err)
	}
}

// TestPersonRoundTrip: writing and reading any person gives that person.
func TestPersonRoundTrip(t *testing.T) {
	text := rapid.StringMatching(`[A-Za-zéłọ'\- 0-9]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Identifier {
			return Identifier{text.Draw(t, "value"), rapid.SampledFrom([]string{SystemNHSNumber, SystemUPN, SystemPNC}).Draw(t, "system")}
		}), 1, 3)
		p := Person{
			Identifiers: ids.Draw(t, "identifiers"),
			Names: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Name {
				return Name{[]string{text.Draw(t, "family")}, []string{text.Draw(t, "given")}, text.Draw(t, "preferred"), "usual"}
			}), 1, 3).Draw(t, "names"),
			Telecoms: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) ContactPoint {
				return ContactPoint{rapid.SampledFrom([]string{SystemPhone, SystemEmail}).Draw(t, "system"),
					text.Draw(t, "value"), rapid.SampledFrom([]string{"", "Home", "Work"}).Draw(t, "group")}
			}), 1, 6).Draw(t, "contacts"),
			Gender: rapid.SampledFrom([]string{"", "1", "X"}).Draw(t, "gender"),
		}
		if rapid.Bool().Draw(t, "born") {
			d := drawDate(t)
			p.BirthDate = &d
		}
		for name, encode := range map[string]func(any) ([]byte, error){"plain": json.Marshal, "linked": LinkedData} {
			b, err := encode(p)
			if err != nil {
				t.Fatal(err)
			}
			var got Person
			if err := json.Unmarshal(b, &got); err != nil {
				t.Fatal(err)
			}
			want := p
			if name == "linked" && p.BirthDate != nil {
				d := p.BirthDate.Published()
				want.BirthDate = &d
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: %+v\ncame back as %+v", name, want, got)
			}
		}
	})
}

func TestPersonValidate(t *testing.T) {
	if err := rowan().Validate(); err != nil {
		t.Fatalf("the synthetic child is refused: %v", err)
	}
	if err := (Person{}).Validate(); err != nil {
		t.Fatalf("nothing known is refused: %v", err)
	}
	tests := []struct {
		name  string
		spoil func(*Person)
		path  string
	}{
		{"NHS number", func(p *Person) { p.Identifiers[0].Value = "9990000019" }, "identifier[0].value"},
		{"system", func(p *Person) { p.Identifiers[2].System = "" }, "identifier[2].system"},
		{"empty name", func(p *Person) { p.Names[1] = Name{Use: "old"} }, "name[1]"},
		{"name without letters", func(p *Person) { p.Names[0].Given[1] = "--" }, "name[0].givenName[1]"},
		{"name use", func(p *Person) { p.Names[0].Use = "secret" }, "name[0].use"},
		{"long name", func(p *Person) { p.Names[0].Family[0] = strings.Repeat("a", 501) }, "name[0].familyName[0]"},
		{"not UTF-8", func(p *Person) { p.Names[0].Family[0] = "Sm\xe9th" }, "name[0].familyName[0]"},
		{"birth", func(p *Person) { p.BirthDate.Date = "2016-02-30" }, "dateOfBirth"},
		{"death before birth", func(p *Person) { p.Deceased, p.DeathDate = nil, &PartialDate{"2015", ""} }, "deceasedDate"},
		{"alive with a date of death", func(p *Person) { p.DeathDate = &PartialDate{"2020", ""} }, "isDeceased"},
		{"gender", func(p *Person) { p.Gender = "male" }, "genderCode"},
		{"sex", func(p *Person) { p.Sex = "3" }, "sexCode"},
		{"ethnicity", func(p *Person) { p.Ethnicity = "20" }, "ethnicityCode"},
		{"postcode", func(p *Person) { p.Addresses[0].Postcode = "FE1" }, "address[0].postcode"},
		{"UPRN", func(p *Person) { p.Addresses[0].UPRN = "1e5" }, "address[0].UPRN"},
		{"USRN", func(p *Person) { p.Addresses[0].USRN = "123456789" }, "address[0].USRN"},
		{"address use", func(p *Person) { p.Addresses[0].Use = "refuge" }, "address[0].use"},
		{"contact", func(p *Person) { p.Telecoms[1].System = "fax" }, "contact[1]"},
		{"relationship", func(p *Person) { p.Related[0].Relationship[1] = "MUM" }, "relatedPerson[0].relationship[1]"},
		{"no relationship", func(p *Person) { p.Related[0].Relationship = nil }, "relatedPerson[0].relationship"},
		{"too many", func(p *Person) { p.Addresses = make([]Address, 101) }, "address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := rowan()
			tt.spoil(&p)
			err := p.Validate()
			var field *FieldError
			if !errors.As(err, &field) || field.Path != tt.path {
				t.Fatalf("error %v, want one at %s", err, tt.path)
			}
			if !strings.ContainsAny(field.Reason, ":") {
				t.Errorf("no remedy in %q", field.Reason)
			}
			for _, secret := range []string{"999000001", "Tessel", "2016", "FE1", "secret", "male", "refuge", "MUM"} {
				if strings.Contains(field.Reason, secret) {
					t.Errorf("the error repeats a value: %v", err)
				}
			}
		})
	}
}

func TestOnly(t *testing.T) {
	p := rowan()
	tests := []struct {
		field string
		want  Person
	}{
		{FieldNHSNumber, Person{Identifiers: p.Identifiers[:1]}},
		{FieldUPN, Person{Identifiers: p.Identifiers[1:2]}},
		{FieldOtherIdentifiers, Person{Identifiers: p.Identifiers[2:]}},
		{FieldNames, Person{Names: p.Names}},
		{FieldBirthDate, Person{BirthDate: p.BirthDate}},
		{FieldGender, Person{Gender: "1"}},
		{FieldAddresses, Person{Addresses: p.Addresses}},
		{FieldContacts, Person{Telecoms: p.Telecoms}},
		{"ethnicity", Person{}}, {"sex", Person{}}, {"*", Person{}}, {"", Person{}},
	}
	for _, tt := range tests {
		if got := p.Only([]string{tt.field}); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q lets through %+v", tt.field, got)
		}
	}
	if got := p.Only(nil); !reflect.DeepEqual(got, Person{}) {
		t.Errorf("nothing lets through %+v", got)
	}
	if got := p.Present(); !reflect.DeepEqual(got, Fields()) {
		t.Errorf("present: %v", got)
	}

	// With every code and more: no sex, no ethnicity, nobody else.
	all := p.Only(append(Fields(), "sex", "ethnicity", "sexCode", "relatedPerson"))
	want := p
	want.Sex, want.Ethnicity, want.Related, want.PrimaryContacts, want.MatchedRefs, want.Deceased = "", "", nil, nil, nil, nil
	if !reflect.DeepEqual(all, want) {
		t.Errorf("all fields let through %+v", all)
	}

	// The copy shares nothing.
	all.Names[0].Given[0], all.Names[0].Use, all.BirthDate.Date = "x", "x", "x"
	all.Addresses[0].UPRN, all.Telecoms[0].Value, all.Identifiers[0].Value = "x", "x", "x"
	if !reflect.DeepEqual(p, rowan()) {
		t.Error("changing the copy changed the original")
	}
}

// TestOnlyKnowsEveryField fails when Person gains a field that nobody has
// decided about.
func TestOnlyKnowsEveryField(t *testing.T) {
	if n := reflect.TypeFor[Person]().NumField(); n != 13 {
		t.Fatalf("Person has %d fields: decide in Only and in this test whether the new one may pass", n)
	}
}

func sameJSON(t *testing.T, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

// withoutKeywords removes the keywords of JSON-LD.
func withoutKeywords(t *testing.T, s string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatal(err)
	}
	var strip func(any)
	strip = func(v any) {
		switch x := v.(type) {
		case map[string]any:
			for k, e := range x {
				if strings.HasPrefix(k, "@") {
					delete(x, k)
				}
				strip(e)
			}
		case []any:
			for _, e := range x {
				strip(e)
			}
		}
	}
	strip(v)
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
