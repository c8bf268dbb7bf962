package likeness

import (
	"testing"

	"mashhub/plugins/record"
)

func person(given, family, dob, uprn string) record.Person {
	p := record.Person{Names: []record.Name{{Given: []string{given}, Family: []string{family}}}}
	if dob != "" {
		p.BirthDate = &record.PartialDate{Date: dob}
	}
	if uprn != "" {
		p.Addresses = []record.Address{{UPRN: uprn}}
	}
	return p
}

func TestOfShowsWhatThePersonMightBe(t *testing.T) {
	asked := person("Oluwaseun", "Adeyemi-Clarke", "2014-11-04", "100000000001")
	for _, c := range []struct {
		name string
		held record.Person
		keep bool
	}{
		{"the same", person("Oluwaseun", "Adeyemi-Clarke", "2014-11-04", ""), true},
		{"short names", person("Seun", "Clarke", "2014-11-04", ""), true},
		{"initial", person("O.", "Adeyemi", "2014-11-04", ""), true},
		{"swapped digits, same house, other spelling", person("Oluwasewn", "Adeyeme", "2014-04-11", "000100000000001"), true},
		{"year only", person("Oluwaseun", "Adeyemi Clarke", "2014", ""), true},
		{"no birthday, whole name", person("OLUWASEUN", "ADEYEMI CLARKE", "", ""), true},
		{"no birthday, part of the name", person("Oluwaseun", "Bell", "", ""), false},
		{"same birthday, stranger", person("Maisie", "Thornbury", "2014-11-04", ""), false},
		{"same name, other birthday, elsewhere", person("Oluwaseun", "Adeyemi-Clarke", "2009-01-30", ""), false},
		{"sibling in the house", person("Temi", "Adeyemi-Clarke", "2011-01-30", "100000000001"), true},
		{"stranger in the house", person("Maisie", "Thornbury", "1960-01-30", "100000000001"), false},
	} {
		if _, keep := Of(asked, c.held); keep != c.keep {
			t.Errorf("%s: keep = %v, want %v", c.name, keep, c.keep)
		}
	}
	exactly, _ := Of(asked, person("Oluwaseun", "Adeyemi-Clarke", "2014-11-04", ""))
	nearly, _ := Of(asked, person("Seun", "Clarke", "2014-11-04", ""))
	if exactly <= nearly {
		t.Errorf("exact %d does not stand before near %d", exactly, nearly)
	}
}

func TestIdentifierIgnoresSpacing(t *testing.T) {
	a := record.Person{Identifiers: []record.Identifier{{System: record.SystemNHSNumber, Value: "9990000018"}}}
	b := record.Person{Identifiers: []record.Identifier{{System: record.SystemNHSNumber, Value: "999 000 0018"}}}
	other := record.Person{Identifiers: []record.Identifier{{System: "t", Value: "9990000018"}}}
	if _, keep := Of(a, b); !keep {
		t.Error("spacing hides an identifier")
	}
	if _, keep := Of(a, other); keep {
		t.Error("another system's number counts as the same")
	}
}

func TestSwapped(t *testing.T) {
	for in, want := range map[string]string{"2014-11-04": "2014-04-11", "2014-11-11": "", "2014-11-13": "", "2014": ""} {
		if got := Swapped(in); got != want {
			t.Errorf("Swapped(%q) = %q, want %q", in, got, want)
		}
	}
}
