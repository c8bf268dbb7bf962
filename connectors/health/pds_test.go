package health_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// sandbox serves the published answers of the Personal Demographics Service.
func sandbox(t *testing.T) *server {
	dir := pds(t)
	file := func(w http.ResponseWriter, status int, name string) {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		}
		fhirJSON(w, status, string(raw))
	}
	return serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch {
		case r.Method != http.MethodGet:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case r.URL.Path == "/FHIR/R4/Patient":
			switch q.Get("family") {
			case "YOUDS":
				file(w, 200, "youds_searchset.json")
			case "Smith":
				switch q.Get("given") {
				case "John Paul":
					file(w, 200, "john_paul_smith_searchset.json")
				case "Sam":
					file(w, 200, "fuzzy_multimatch_searchset.json")
				default:
					file(w, 200, "TOO_MANY_MATCHES.json")
				}
			default:
				fhirJSON(w, 200, `{"resourceType":"Bundle","type":"searchset","total":0}`)
			}
		case strings.HasSuffix(r.URL.Path, "/RelatedPerson"):
			file(w, 200, "related_person_9000000009.json")
		case strings.HasPrefix(r.URL.Path, "/FHIR/R4/Patient/"):
			name := "patient_" + filepath.Base(r.URL.Path) + ".json"
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				file(w, 404, "RESOURCE_NOT_FOUND.json")
				return
			}
			file(w, 200, name)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
}

func pdsConnector(t *testing.T) connector.Connector {
	return configured(t, map[string]any{"base_url": sandbox(t).URL + "/FHIR/R4/", "profile": "pds", "source": "PDS"}, nil)
}

func byNumber(number string) connector.Person {
	return connector.Person{Key: "subject-1", Record: record.Person{Identifiers: []record.Identifier{{System: nhsSystem, Value: number}}}}
}

func byName(family, given, born string) connector.Person {
	return connector.Person{Key: "subject-1", Record: record.Person{
		Names:     []record.Name{{Family: []string{family}, Given: []string{given}}},
		BirthDate: &record.PartialDate{Date: born},
	}}
}

func TestPDSSearch(t *testing.T) {
	c := pdsConnector(t)
	tests := []struct {
		name    string
		person  connector.Person
		limit   int
		outcome connector.Outcome
		reason  string
		count   int
		more    bool
	}{
		{"by number", byNumber("9000000009"), 0, connector.Found, "", 1, false},
		{"number unknown", byNumber("9000000017"), 0, connector.None, "", 0, false},
		{"restricted", byNumber("9000000025"), 0, connector.Found, "", 1, false},
		{"without a name or date", byNumber("9000000033"), 0, connector.Found, "", 1, false},
		{"one by name", byName("Smith", "John Paul", "2010-10-22"), 0, connector.Found, "", 1, false},
		{"four by name", byName("YOUDS", "Luke", "1970-01-24"), 0, connector.Found, "", 4, false},
		{"twenty by name", byName("Smith", "Sam", "2000-05-05"), 0, connector.Found, "", 20, false},
		{"more than the limit", byName("Smith", "Sam", "2000-05-05"), 5, connector.Found, "", 5, true},
		{"too many", byName("Smith", "Alex", "2000-05-05"), 0, connector.Unavailable, "source_too_many_matches", 0, true},
		{"nobody", byName("Nemo", "Ann", "2000-05-05"), 0, connector.None, "", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.Search(t.Context(), connector.SearchRequest{Person: tt.person, Limit: tt.limit})
			if err != nil {
				t.Fatal(err)
			}
			if got.Outcome != tt.outcome || got.Reason != tt.reason || len(got.Candidates) != tt.count || got.More != tt.more {
				t.Errorf("got %s %q, %d candidates, more %t; want %s %q, %d, %t", got.Outcome, got.Reason, len(got.Candidates), got.More, tt.outcome, tt.reason, tt.count, tt.more)
			}
		})
	}
}

func TestPDSPerson(t *testing.T) {
	c := pdsConnector(t)
	got, err := c.Search(t.Context(), connector.SearchRequest{Person: byName("Smith", "John Paul", "2010-10-22")})
	if err != nil || len(got.Candidates) != 1 {
		t.Fatal(got, err)
	}
	p := got.Candidates[0].Record
	if p.Identifiers[0].Value != "9000000015" || p.Names[0].Family[0] != "Smith" || !slices.Equal(p.Names[0].Given, []string{"John Paul", "James"}) {
		t.Errorf("identity: %+v", p)
	}
	if p.BirthDate.Date != "2010-10-22" || p.DeathDate == nil || p.DeathDate.Date != "2010-10-22" || p.Gender != "1" {
		t.Errorf("dates and gender: %+v %+v %q", p.BirthDate, p.DeathDate, p.Gender)
	}
	a := p.Addresses[0]
	if a.Line1 != "1 Trevelyan Square" || a.Postcode != "LS1 6AE" || a.UPRN != "123456789012" || a.Use != "home" {
		t.Errorf("address: %+v", a)
	}
	if len(p.Telecoms) != 2 { // the text phone is neither phone nor e-mail
		t.Errorf("telecoms: %+v", p.Telecoms)
	}
}

func TestPDSRestrictedKeepsTheAddressBack(t *testing.T) {
	dir := pds(t)
	raw, err := os.ReadFile(filepath.Join(dir, "patient_9000000009.json"))
	if err != nil {
		t.Fatal(err)
	}
	// The sandbox's restricted patient has no address to keep back, so label one
	// that has.
	labelled := strings.Replace(string(raw), `"code": "U"`, `"code": "R"`, 1)
	s := serve(t, false, func(w http.ResponseWriter, r *http.Request) { fhirJSON(w, 200, labelled) })
	c := configured(t, map[string]any{"base_url": s.URL, "profile": "pds"}, nil)
	got, err := c.Search(t.Context(), connector.SearchRequest{Person: byNumber("9000000009")})
	if err != nil || got.Outcome != connector.Found {
		t.Fatal(got, err)
	}
	if p := got.Candidates[0].Record; p.Addresses != nil || p.Telecoms != nil || p.Names == nil {
		t.Errorf("a restricted patient's candidate: %+v", p)
	}
	items, err := c.Fetch(t.Context(), connector.FetchRequest{Ref: "9000000009", Person: byNumber("9000000009"), Categories: []string{"health.gp_registration"}, Period: connector.Period{From: date("2020-01-01"), To: date("2020-12-31")}})
	if err != nil {
		t.Fatal(err)
	}
	if items.Outcome != connector.Unavailable { // RelatedPerson answers with a Patient here
		t.Errorf("a Patient in place of a bundle was taken: %+v", items)
	}
}

func TestPDSFetch(t *testing.T) {
	c := pdsConnector(t)
	got, err := c.Fetch(t.Context(), connector.FetchRequest{
		Ref: "9000000009", Person: byNumber("9000000009"), Categories: []string{"health.gp_registration", "health.condition"},
		Period: connector.Period{From: date("2020-06-01"), To: date("2021-06-01")},
	})
	if err != nil || got.Outcome != connector.Found {
		t.Fatal(got, err)
	}
	var registrations, related int
	for _, i := range got.Items {
		switch {
		case strings.HasPrefix(i.ID, "gp-"):
			registrations++
			if i.Text != "Registered with Y12345" || i.Date.Date != "2020-01-01" || i.Until.Date != "2021-12-31" {
				t.Errorf("registration: %+v", i)
			}
			if strings.Contains(i.ID, "9000000009") {
				t.Error("the reference of a registration carries the NHS number")
			}
		case strings.HasPrefix(i.ID, "RelatedPerson/"):
			related++
			if !slices.Contains(i.Flags, record.FlagThirdParty) {
				t.Error("a related person is somebody not asked about")
			}
		}
		if err := i.Validate(); err != nil {
			t.Errorf("%s does not pass the record model: %v", i.ID, err)
		}
		if i.Person != "subject-1" || i.Category != "health.gp_registration" || i.Kind != record.Fact || i.Source != "PDS" {
			t.Errorf("item: %+v", i)
		}
	}
	if registrations != 1 || related != 2 {
		t.Errorf("%d registrations, %d related persons; want 1 and 2", registrations, related)
	}
	// Out of the period nothing is held, and that is an honest none.
	got, err = c.Fetch(t.Context(), connector.FetchRequest{Ref: "9000000009", Categories: []string{"health.gp_registration"}, Period: connector.Period{From: date("2024-01-01")}})
	if err != nil || got.Outcome != connector.None {
		t.Error(got, err)
	}
}

func TestPDSSupersededNumber(t *testing.T) {
	dir := pds(t)
	raw, err := os.ReadFile(filepath.Join(dir, "patient_9693632109.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, false, func(w http.ResponseWriter, r *http.Request) { fhirJSON(w, 200, string(raw)) })
	c := configured(t, map[string]any{"base_url": s.URL, "profile": "pds"}, nil)
	got, err := c.Search(t.Context(), connector.SearchRequest{Person: byNumber("9000000009")})
	if err != nil || got.Outcome != connector.Unavailable || got.Reason != "source_wrong_patient" {
		t.Error("another patient than the one asked for must not be taken:", got.Outcome, got.Reason, err)
	}
	if u := s.seen()[0]; !strings.HasSuffix(u.path, "/Patient/9000000009") {
		t.Error("asked", url.PathEscape(u.path))
	}
}
