package health_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

func encounter(id, start, class, service, reason string) string {
	return fmt.Sprintf(`{"resourceType":"Encounter","id":%q,"status":"finished","class":{"code":%q},"serviceType":{"text":%q},
	 "subject":{"reference":"Patient/pat-1"},"period":{"start":"%sT10:00:00Z"},"reasonCode":[{"text":%q}],"location":[{"location":{"display":"Alderbrook General"}}]}`, id, class, service, start, reason)
}

func appointment(id, start, status string, actors ...string) string {
	parts := []string{`{"actor":{"reference":"Location/l1","display":"Millbrook Surgery"}}`}
	for _, a := range actors {
		parts = append(parts, fmt.Sprintf(`{"actor":{"reference":%q}}`, a))
	}
	return fmt.Sprintf(`{"resourceType":"Appointment","id":%q,"status":%q,"start":"%sT09:00:00Z","comment":"Not brought","participant":[%s]}`, id, status, start, strings.Join(parts, ","))
}

func condition(id, recorded, name, security string) string {
	return fmt.Sprintf(`{"resourceType":"Condition","id":%q,"meta":{"security":[%s]},"code":{"text":%q},"subject":{"reference":"Patient/pat-1"},"recordedDate":%q}`, id, security, name, recorded)
}

var held = map[string][]string{
	"Encounter": {
		encounter("e1", "2026-09-12", "EMER", "", "Wrist injury"),
		encounter("e2", "2026-08-01", "AMB", "Health visiting service", "Weight check"),
		encounter("e3", "2026-07-01", "EMER", "Sexual Health clinic", "Advice"),
		encounter("e4", "2019-01-01", "EMER", "", "Before the period"),
		encounter("e5", "2026-06-01", "AMB", "Podiatry", "No category of ours"),
	},
	"Appointment": {
		appointment("a1", "2026-10-02", "noshow", "Patient/pat-1"),
		appointment("a2", "2026-10-09", "fulfilled", "Patient/pat-1"),
		appointment("a3", "2026-10-16", "noshow", "Patient/pat-9", "Patient/pat-1"),
	},
	"Condition": {
		condition("c1", "2025-01-01", "Asthma", ""),
		condition("c2", "2025-02-01", "Something unlisted", `{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}`),
		condition("c3", "2025-03-01", "Something else", `{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}`),
		condition("c4", "2025-04-01", "Alcohol dependence syndrome", ""),
	},
}

func fetch(t *testing.T, c connector.Connector, categories ...string) connector.FetchResponse {
	t.Helper()
	q := connector.FetchRequest{Ref: ref, Person: rowan(), Categories: categories, Period: connector.Period{From: date("2021-01-01"), To: date("2026-11-22")}}
	got, err := c.Fetch(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range got.Items {
		if err := i.Validate(); err != nil {
			t.Errorf("%s does not pass the record model: %v", i.ID, err)
		}
		if !q.Wants(i) {
			t.Errorf("%s was not asked for: the host would drop it", i.ID)
		}
	}
	return got
}

func TestFetchGivesTheCategoriesAskedForAndNothingElse(t *testing.T) {
	tests := []struct {
		categories string
		want       string
		called     string // resource types that were asked
	}{
		{"health.ae_attendance", "Encounter/e1", "Encounter"},
		{"health.health_visitor", "Encounter/e2", "Encounter"},
		{"health.missed_appointment", "Appointment/a1 Appointment/a3", "Appointment"},
		{"health.condition", "Condition/c1", "Condition"},
		{"health.gp_registration", "gp-", "RelatedPerson"},
		{"police.crime", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.categories, func(t *testing.T) {
			s := serve(t, false, gp(held))
			c := configured(t, map[string]any{"base_url": s.URL + "/R4"}, nil)
			got := fetch(t, c, tt.categories)
			var ids, kinds []string
			for _, i := range got.Items {
				id := i.ID
				if strings.HasPrefix(id, "gp-") {
					id = "gp-"
				}
				ids = append(ids, id)
				if i.Category != tt.categories {
					t.Errorf("%s came with category %s", i.ID, i.Category)
				}
			}
			for _, call := range s.seen() {
				if kind, ok := strings.CutSuffix(strings.TrimPrefix(call.path, "/R4/"), "/_search"); ok {
					kinds = append(kinds, kind)
				}
			}
			if strings.Join(ids, " ") != tt.want {
				t.Errorf("items %v, want %s", ids, tt.want)
			}
			for _, k := range kinds {
				if !strings.Contains(tt.called, k) {
					t.Errorf("asked for %s, which the category does not need", k)
				}
			}
			if tt.called == "" && len(s.seen()) != 0 {
				t.Error("the system was asked about a person for a category it does not hold")
			}
		})
	}
}

func TestASensitiveServiceIsNeverAnOrdinaryAttendance(t *testing.T) {
	s := serve(t, false, gp(held))
	c := configured(t, map[string]any{"base_url": s.URL + "/R4"}, nil)
	for _, i := range fetch(t, c, "health.ae_attendance", "health.condition").Items {
		if i.ID == "Encounter/e3" || i.ID == "Condition/c2" || i.ID == "Condition/c3" || i.ID == "Condition/c4" {
			t.Errorf("%s went out as %s", i.ID, i.Category)
		}
	}
	got := fetch(t, c, "health.sexual_health")
	if len(got.Items) != 1 || got.Items[0].ID != "Encounter/e3" {
		t.Errorf("sexual health, asked for by name: %+v", got)
	}
}

// A type that the server says it lacks is no fault; if it lacks every type that
// is needed, nobody has looked, and that is not "nothing known".
func TestTypesTheServerDoesNotOffer(t *testing.T) {
	s := serve(t, false, gp(held))
	c := configured(t, map[string]any{"base_url": s.URL + "/R4"}, nil)
	if got := fetch(t, c, "health.condition"); got.Outcome != connector.Found { // no Flag here
		t.Errorf("%+v", got)
	}
	if got := fetch(t, c, "health.immunisation"); got.Outcome != connector.Unavailable || got.Reason != "source_does_not_offer_this" {
		t.Errorf("%+v", got)
	}
}

func TestItemsSayWhatTheRecordSays(t *testing.T) {
	s := serve(t, false, gp(held))
	c := configured(t, map[string]any{"base_url": s.URL + "/R4"}, nil)
	got := fetch(t, c, "health.ae_attendance")
	i := got.Items[0]
	if i.Title != "Emergency department attendance" || i.Text != "Wrist injury" || i.Date.Date != "2026-09-12" || i.Date.Accuracy != "AAA" ||
		i.Source != "GP record: Alderbrook General" || i.Author != "Emergency department" || i.Person != "subject-1" || i.Kind != record.Fact || len(i.Flags) != 0 {
		t.Errorf("%+v", i)
	}
	again := fetch(t, c, "health.ae_attendance")
	if again.Items[0].ID != i.ID {
		t.Error("the same record has another id the second time")
	}
	q := s.seen()[len(s.seen())-1]
	if q.method != "POST" || !strings.Contains(q.form, "date=ge2021-01-01") || !strings.Contains(q.form, "date=le2026-11-22") {
		t.Errorf("the period is not in the question: %+v", q)
	}
}

func TestRestrictedPatientsItemsAreFlagged(t *testing.T) {
	restricted := strings.Replace(patientJSON, `"id":"pat-1",`, `"id":"pat-1","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"V"}]},`, 1)
	s := serve(t, false, gp(held))
	inner := s.Config.Handler
	s.Config.Handler = handlerFunc(func(w writer, r request) {
		if r.URL.Path == "/R4/Patient/pat-1" {
			fhirJSON(w, 200, restricted)
			return
		}
		inner.ServeHTTP(w, r)
	})
	c := configured(t, map[string]any{"base_url": s.URL + "/R4"}, nil)
	got := fetch(t, c, "health.missed_appointment", "health.ae_attendance")
	if len(got.Items) != 3 {
		t.Fatalf("%+v", got)
	}
	for _, i := range got.Items {
		if !slices.Contains(i.Flags, record.FlagProtectedLocation) || len(i.Protected) == 0 {
			t.Errorf("%s: flags %v, protected %v", i.ID, i.Flags, i.Protected)
		}
	}
	// The practice stands in the codes too: there it goes.
	s2 := serve(t, false, func(w writer, r request) {
		if strings.HasSuffix(r.URL.Path, "_search") {
			fhirJSON(w, 200, searchset())
			return
		}
		fhirJSON(w, 200, restricted)
	})
	c = configured(t, map[string]any{"base_url": s2.URL, "search": "post"}, nil)
	reg := fetch(t, c, "health.gp_registration")
	if len(reg.Items) != 1 || len(reg.Items[0].Codes) > 0 || !slices.Contains(reg.Items[0].Protected, "Millbrook Surgery") {
		t.Errorf("registration of a restricted patient: %+v", reg.Items)
	}
}
