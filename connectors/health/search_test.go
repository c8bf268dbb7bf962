package health_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

func TestThePersonStaysOutOfTheURL(t *testing.T) {
	extension := strings.Replace(metadata, `{"type":"Patient",`, `{"type":"Patient","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-mode","valueCode":"GET"}],`, 1)
	tests := []struct {
		name, mode string
		metadata   http.HandlerFunc
		refusePost bool
		want       string
	}{
		{"offered", "auto", func(w writer, r request) { fhirJSON(w, 200, metadata) }, false, "POST"},
		{"get only by extension", "auto", func(w writer, r request) { fhirJSON(w, 200, extension) }, false, "GET"},
		{"no statement", "auto", func(w writer, r request) { w.WriteHeader(404) }, false, "GET"},
		{"refused after all", "auto", func(w writer, r request) { fhirJSON(w, 200, metadata) }, true, "GET"},
		{"set to post", "post", func(w writer, r request) { w.WriteHeader(500) }, false, "POST"},
		{"set to get", "get", func(w writer, r request) { w.WriteHeader(500) }, false, "GET"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, false, func(w writer, r request) {
				switch {
				case r.URL.Path == "/metadata":
					tt.metadata(w, r)
				case r.Method == http.MethodPost && tt.refusePost:
					w.WriteHeader(http.StatusMethodNotAllowed)
				default:
					fhirJSON(w, 200, searchset(patientJSON))
				}
			})
			c := configured(t, map[string]any{"base_url": s.URL, "search": tt.mode}, nil)
			for range 2 {
				got, err := c.Search(t.Context(), connector.SearchRequest{Person: rowan()})
				if err != nil || got.Outcome != connector.Found {
					t.Fatal(got, err)
				}
			}
			calls := s.seen()
			last := calls[len(calls)-1]
			if last.method != tt.want {
				t.Errorf("searched with %s, want %s", last.method, tt.want)
			}
			posts := 0
			for _, call := range calls {
				if call.method == http.MethodPost {
					posts++
					if call.query != "" {
						t.Error("a query in the URL of a POST")
					}
				}
			}
			if tt.refusePost && posts != 1 {
				t.Errorf("POST tried %d times although the server refused it", posts)
			}
		})
	}
	t.Run("statement failing", func(t *testing.T) {
		s := serve(t, false, func(w writer, r request) { w.WriteHeader(500) })
		got, err := configured(t, map[string]any{"base_url": s.URL}, nil).Search(t.Context(), connector.SearchRequest{Person: rowan()})
		if err != nil || got.Reason != "source_failed" || len(s.seen()) != 1 {
			t.Error("the person was sent to a server that cannot say what it is:", got, err)
		}
	})
	t.Run("not R4", func(t *testing.T) {
		s := serve(t, false, func(w writer, r request) { fhirJSON(w, 200, strings.Replace(metadata, "4.0.1", "3.0.2", 1)) })
		got, err := configured(t, map[string]any{"base_url": s.URL}, nil).Search(t.Context(), connector.SearchRequest{Person: rowan()})
		if err != nil || got.Reason != "source_wrong_fhir_version" {
			t.Error(got, err)
		}
	})
}

// What is asked, in which order, and where it stops.
func TestSearchSteps(t *testing.T) {
	tests := []struct {
		name        string
		person      record.Person
		approximate bool
		hit         string // a question holding this finds the patient
		outcome     connector.Outcome
		asked       []string // in order, each part of a question
		never       string
	}{
		{"number first, and enough", rowan().Record, true, "identifier", connector.Found, []string{"identifier"}, "family"},
		{"then name and date of birth", rowan().Record, true, "given", connector.Found, []string{"identifier", "birthdate=2016-05-03&family=Tessel&given=Rowan"}, "postal"},
		{"then more widely", rowan().Record, true, "postal", connector.Found, []string{"identifier", "given=Rowan", "birthdate=2016-05-03&family=Tessel", "birthdate=2016-03-05&family=Tessel", "address-postalcode=FN1+1AA&birthdate=2016-05-03", "address-postalcode=FN1+1AA&birthdate=2016-03-05"}, ""},
		{"unless told not to", rowan().Record, false, "postal", connector.None, []string{"identifier", "given"}, "postal"},
		{"each half of a double name", record.Person{Names: []record.Name{{Family: []string{"Adeyemi-Clarke"}, Given: []string{"Seun"}}}, BirthDate: &record.PartialDate{Date: "2012-12-12"}}, true, "family=Clarke", connector.Found, []string{"given=Seun", "family=Adeyemi-Clarke", "family=Adeyemi", "family=Clarke"}, ""},
		{"by the name one goes by", record.Person{Names: []record.Name{{Family: []string{"Clarke"}, Given: []string{"Oluwaseun"}, Preferred: "Seun"}}, BirthDate: &record.PartialDate{Date: "2012-12-12"}}, false, "given=Seun", connector.Found, []string{"given=Oluwaseun", "given=Seun"}, ""},
		{"an estimated date is a range", record.Person{Names: []record.Name{{Family: []string{"Tesfamariam"}, Given: []string{"Yonas"}}}, BirthDate: &record.PartialDate{Date: "2013-01-01", Accuracy: "UUE"}}, false, "none", connector.None, []string{"birthdate=ge2011-01-01&birthdate=le2015-12-31"}, ""},
		{"an unknown date is left out", record.Person{Names: []record.Name{{Family: []string{"Tesfamariam"}, Given: []string{"Yonas"}}}, BirthDate: &record.PartialDate{Date: "2013-01-01", Accuracy: "UUU"}}, true, "none", connector.None, []string{"family=Tesfamariam&given=Yonas"}, "birthdate"},
		{"a value is one value", record.Person{Names: []record.Name{{Family: []string{"A,B|C"}, Given: []string{"D"}}}, BirthDate: &record.PartialDate{Date: "2012-12-12"}}, false, "none", connector.None, []string{url.QueryEscape(`A\,B\|C`)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, false, func(w writer, r request) {
				if strings.Contains(r.PostForm.Encode(), tt.hit) {
					fhirJSON(w, 200, searchset(patientJSON))
					return
				}
				fhirJSON(w, 200, searchset())
			})
			c := configured(t, map[string]any{"base_url": s.URL, "search": "post", "approximate": tt.approximate}, nil)
			got, err := c.Search(t.Context(), connector.SearchRequest{Person: connector.Person{Key: "k", Record: tt.person}})
			if err != nil || got.Outcome != tt.outcome {
				t.Fatal(got, err)
			}
			calls := s.seen()
			if len(calls) < len(tt.asked) {
				t.Fatalf("%d questions, want at least %d", len(calls), len(tt.asked))
			}
			for i, want := range tt.asked {
				if form := calls[i].form; !strings.Contains(form, want) {
					t.Errorf("question %d was %s, want %s", i, form, want)
				}
			}
			for _, call := range calls {
				if tt.never != "" && strings.Contains(call.form, tt.never) {
					t.Errorf("asked %s", call.form)
				}
			}
		})
	}
}

func TestNoFishing(t *testing.T) {
	s := serve(t, false, gp(nil))
	c := configured(t, map[string]any{"base_url": s.URL}, nil)
	for name, p := range map[string]record.Person{
		"nothing":              {},
		"a name without birth": {Names: []record.Name{{Family: []string{"Tessel"}}}},
		"a birth without name": {BirthDate: &record.PartialDate{Date: "2016-05-03"}},
	} {
		_, err := c.Search(t.Context(), connector.SearchRequest{Person: connector.Person{Record: p}})
		if connector.CodeOf(err) != connector.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(s.seen()) != 0 {
		t.Error("the system was asked")
	}
}

func TestMoreThanTheLimit(t *testing.T) {
	var all []string
	for i := range 30 {
		all = append(all, strings.ReplaceAll(patientJSON, "pat-1", fmt.Sprintf("pat-%d", i)))
	}
	s := serve(t, false, func(w writer, r request) { fhirJSON(w, 200, searchset(all...)) })
	c := configured(t, map[string]any{"base_url": s.URL, "search": "post"}, nil)
	for limit, want := range map[int]int{0: 20, 7: 7, 30: 30, 50: 30} {
		got, err := c.Search(t.Context(), connector.SearchRequest{Person: rowan(), Limit: limit})
		if err != nil || len(got.Candidates) != want || got.More != (want < 30) {
			t.Errorf("limit %d: %d candidates, more %t, %v", limit, len(got.Candidates), got.More, err)
		}
	}
}

func TestNobodyAnswersInAnotherUnitsName(t *testing.T) {
	for _, tt := range []struct {
		units []string
		asked string
		found bool
	}{{nil, "", true}, {nil, "Y99011", false}, {[]string{"Y99011"}, "Y99011", true}, {[]string{"Y99011"}, "", true}, {[]string{"Y99011"}, "Y99012", false}} {
		s := serve(t, false, gp(held))
		c := configured(t, map[string]any{"base_url": s.URL + "/R4", "units": tt.units}, nil)
		found, err := c.Search(t.Context(), connector.SearchRequest{Unit: tt.asked, Person: rowan()})
		if err != nil || (found.Outcome == connector.Found) != tt.found || !tt.found && found.Reason != "source_is_not_of_this_unit" {
			t.Errorf("units %v, asked %q: %+v %v", tt.units, tt.asked, found, err)
		}
		got, err := c.Fetch(t.Context(), connector.FetchRequest{Unit: tt.asked, Ref: ref, Categories: []string{"health.ae_attendance"}, Person: rowan()})
		if err != nil || (got.Outcome == connector.Found) != tt.found {
			t.Errorf("units %v, asked %q: %+v %v", tt.units, tt.asked, got, err)
		}
		if !tt.found && len(s.seen()) != 0 {
			t.Error("the system was asked about a person for another unit")
		}
	}
}
