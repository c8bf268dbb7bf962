package tables

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

func TestSearchFindsThePersonHoweverRecorded(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.layout(t)
		e.person(t, "seun", "999 000 0018", "Adeyemi-Clarke", "Oluwaseun", "2014-11-04", "FE1 2AB", "100000000001")
		e.person(t, "swapped", "", "Adeyeme Clark", "Oluwaseun", "2014-04-11", "fe12ab", "000100000000001")
		e.person(t, "married", "", "Bell", "Jo", "1990-01-01", "", "")
		e.exec(t, `INSERT INTO alias (person_ref, family, given) VALUES ('married', 'Thornbury', 'Josephine')`)
		e.person(t, "nodob", "", "THORNBURY", "JOSEPHINE", "", "", "")
		e.person(t, "zoe", "", "Núñez", "ZOË", "2015-02-03", "", "")
		e.person(t, "zoe-plain", "", "NUNEZ", "ZOE", "2015-02-03", "", "")
		e.person(t, "yearonly", "", "Haile", "Abel", "2013", "", "")
		e.person(t, "stranger", "9990000042", "Stranger", "Sam", "2001-05-05", "ZZ9 9ZZ", "5")
		c := configured(t, e, nil)
		home := who("Oluwaseun", "Adeyemi-Clarke", "2014-11-04")
		home.Addresses = []record.Address{{Postcode: "FE1 2AB"}}
		for _, q := range []struct {
			name string
			ask  record.Person
			want string
		}{
			{"by NHS number, spaced in the system", withNHS(record.Person{}, "9990000018"), "seun"},
			{"by names and birthday, day and month swapped", who("Oluwaseun", "Adeyemi-Clarke", "2014-11-04"), "seun swapped"},
			{"by short name", who("Seun", "Clarke", "2014-11-04"), "seun swapped"},
			{"by address", home, "seun swapped"},
			{"by an earlier name", who("Josephine", "Thornbury", "1990-01-01"), "married nodob"},
			{"by an earlier name without birthday", who("Josephine", "Thornbury", ""), "married nodob"},
			{"letters outside ASCII", who("Zoë", "Núñez", "2015-02-03"), "zoe zoe-plain"},
			{"letters outside ASCII without birthday", who("Zoë", "Núñez", ""), "zoe zoe-plain"},
			{"birthday known by year", who("Abel", "Haile", "2013-06-07"), "yearonly"},
			{"birthday asked by year", who("Abel", "Haile", "2013"), "yearonly"},
			{"nobody", who("Nobody", "Here", "1999-09-09"), ""},
			{"a percent sign is no wildcard", who("%", "%", ""), ""},
		} {
			got, err := c.Search(context.Background(), connector.SearchRequest{Person: connector.Person{Key: "subject-1", Record: q.ask}})
			if err != nil {
				t.Fatalf("%s: %v", q.name, err)
			}
			if refs(got.Candidates) != q.want {
				t.Errorf("%s: got %q, want %q", q.name, refs(got.Candidates), q.want)
			}
			if want := connector.None; q.want == "" && got.Outcome != want {
				t.Errorf("%s: outcome %s, want %s", q.name, got.Outcome, want)
			}
			for _, cand := range got.Candidates {
				if err := cand.Record.Validate(); err != nil {
					t.Errorf("%s: candidate %s: %v", q.name, cand.Ref, err)
				}
			}
		}
	})
}

func TestSearchNativeColumnTypes(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.exec(t, `CREATE TABLE nominal ("ID" BIGINT PRIMARY KEY, nhs_no BIGINT, sname VARCHAR(40), fname CHAR(20), born DATE, uprn NUMERIC(12), pnc TEXT)`)
		e.exec(t, `CREATE TABLE crime (crime_no BIGINT, nominal BIGINT, offence TEXT, on_day TIMESTAMP, dv BOOLEAN)`)
		e.exec(t, `INSERT INTO nominal VALUES (7, 9990000018, 'Bell', 'Ada', '2014-11-04', 100000000001, '14/123456X')`)
		e.exec(t, `INSERT INTO crime VALUES (1, 7, 'Harassment', '2025-03-04 23:30:00', TRUE), (2, 7, 'Theft', '2025-05-01 00:00:00', FALSE)`)
		c := configured(t, e, map[string]any{
			"person": map[string]any{"table": "nominal", "ref": "ID", "nhs": "nhs_no", "family": "sname", "given": "fname", "dob": "born", "uprn": "uprn",
				"identifiers": []any{map[string]any{"system": record.SystemPNC, "column": "pnc"}}},
			"sources": []any{map[string]any{"table": "crime", "person_ref": "nominal", "id": "crime_no", "category": map[string]any{"value": "police.crime"},
				"kind": map[string]any{"value": "fact"}, "date": "on_day", "title": map[string]any{"template": "{offence}: crime {crime_no}"},
				"flags": map[string]any{"third_party": "dv"}}},
		})
		byPNC := record.Person{Identifiers: []record.Identifier{{System: record.SystemPNC, Value: "14/123456X"}}}
		home := who("", "Bell", "")
		home.Addresses = []record.Address{{UPRN: "000100000000001"}}
		for name, ask := range map[string]record.Person{"NHS": withNHS(record.Person{}, "999 000 0018"), "PNC": byPNC, "birthday": who("Ada", "Bell", "2014-11-04"),
			"swapped": who("Ada", "Bell", "2014-04-11"), "address": home, "letters in a number": withNHS(who("Ada", "Bell", "2014-11-04"), "no'; DROP")} {
			got, err := c.Search(context.Background(), connector.SearchRequest{Person: connector.Person{Record: ask}})
			if err != nil || refs(got.Candidates) != "7" {
				t.Errorf("%s: %v %v", name, got, err)
			}
		}
		got, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: "7", Person: connector.Person{Key: "subject-1"}, Categories: testCategories,
			Period: connector.Period{From: day("2025-03-04"), To: day("2025-03-04")}})
		if err != nil || len(got.Items) != 1 {
			t.Fatalf("fetching: %+v %v", got, err)
		}
		it := got.Items[0]
		if it.Title != "Harassment: crime 1" || it.Date.Date != "2025-03-04" || !it.Has(record.FlagThirdParty) || it.ID != "crime/1" {
			t.Errorf("item %+v", it)
		}
		for _, ref := range []string{"7 OR 1=1", "8", "99999999999999999999", "'"} {
			if _, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: ref, Categories: testCategories}); connector.CodeOf(err) != connector.CodeInvalid {
				t.Errorf("ref %q: %v, want CodeInvalid", ref, err)
			}
		}
	})
}

func TestSearchSmallNumberColumn(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.layout(t)
		e.exec(t, `CREATE TABLE small (ref INTEGER, family TEXT, given TEXT, dob TEXT, uprn INTEGER, postcode TEXT)`)
		e.exec(t, `INSERT INTO small VALUES (1, 'Bell', 'Ada', '', 5, 'FE1 2AB')`)
		c := configured(t, e, map[string]any{
			"person": map[string]any{"table": "small", "ref": "ref", "family": "family", "given": "given", "dob": "dob", "uprn": "uprn", "postcode": "postcode"},
			"sources": []any{map[string]any{"table": "event", "person_ref": "person_ref", "id": "id", "date": "date",
				"category": map[string]any{"value": "police.crime"}, "kind": map[string]any{"value": "fact"}}}})
		ask := who("Adalind", "Bell", "2014-11-04")
		// Twelve digits do not fit the column; the postcode beside it must still be looked for.
		ask.Addresses = []record.Address{{UPRN: "100000000001", Postcode: "FE1 2AB"}}
		got, err := c.Search(context.Background(), connector.SearchRequest{Person: connector.Person{Record: ask}})
		if err != nil || refs(got.Candidates) != "1" {
			t.Errorf("%+v %v", got, err)
		}
	})
}

func TestSearchIsBoundedAndSaysSo(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.layout(t)
		for i := range 30 {
			e.person(t, fmt.Sprintf("p%02d", i), "", "Hussain", fmt.Sprintf("Maryam%d", i), "2013-02-09", "", "")
		}
		e.person(t, "exact", "", "Hussain", "Maryam", "2013-02-09", "", "")
		c := configured(t, e, nil)
		ask := connector.SearchRequest{Person: connector.Person{Record: who("Maryam", "Hussain", "2013-02-09")}}
		got, err := c.Search(context.Background(), ask)
		if err != nil || len(got.Candidates) != 20 || !got.More || got.Candidates[0].Ref != "exact" {
			t.Errorf("default limit: %d candidates, more %v, first %q, %v", len(got.Candidates), got.More, refs(got.Candidates), err)
		}
		ask.Limit = 100
		if got, _ = c.Search(context.Background(), ask); len(got.Candidates) != 31 || got.More {
			t.Errorf("limit 100: %d candidates, more %v", len(got.Candidates), got.More)
		}
	})
}

func TestSearchWithoutAnythingToSearchBy(t *testing.T) {
	e := sqliteEngine(t)
	e.layout(t)
	c := configured(t, e, nil)
	_, err := c.Search(context.Background(), connector.SearchRequest{})
	if connector.CodeOf(err) != connector.CodeInvalid || !strings.Contains(err.Error(), "person") {
		t.Errorf("got %v", err)
	}
	// A UPN, where no UPN column is mapped: nobody searched, so it is not None.
	upn := record.Person{Identifiers: []record.Identifier{{System: record.SystemUPN, Value: "A000000178301"}}}
	got, err := c.Search(context.Background(), connector.SearchRequest{Person: connector.Person{Record: upn}})
	if err != nil || got.Outcome != connector.Unavailable || got.Reason != ReasonNothing {
		t.Errorf("got %+v %v, want unavailable", got, err)
	}
}
