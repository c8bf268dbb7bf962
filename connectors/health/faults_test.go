package health_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"mashhub/plugins/connector"
)

type (
	writer      = http.ResponseWriter
	request     = *http.Request
	handlerFunc = http.HandlerFunc
)

// canary stands in every wrong answer; it must come out nowhere.
const canary = "CANARY-Rowan-Tessel"

func outcome(code string) string {
	return fmt.Sprintf(`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":%q,"diagnostics":%q,"details":{"text":%q}}]}`, code, canary, canary)
}

// Each fault of the source ends as unavailable with its reason, for searching
// and for fetching alike; never as none, never with a word of the answer.
func TestFaultsOfTheSource(t *testing.T) {
	other := strings.ReplaceAll(patientJSON, "9990000018", "9990000026")
	otherID := strings.ReplaceAll(patientJSON, "pat-1", "pat-2")
	plain := func(status int, kind, body string) http.HandlerFunc {
		return func(w writer, r request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	fhir := func(status int, body string) http.HandlerFunc { return plain(status, "application/fhir+json", body) }
	tests := []struct {
		name          string
		answer        http.HandlerFunc
		search, fetch string // reasons
	}{
		{"500", fhir(500, outcome("exception")), "source_failed", "source_failed"},
		{"503 html", plain(503, "text/html", "<p>"+canary), "source_failed", "source_failed"},
		{"504", fhir(504, ""), "source_timeout", "source_timeout"},
		{"429", fhir(429, outcome("throttled")), "source_rate_limited", "source_rate_limited"},
		{"401", fhir(401, outcome("login")), "source_denied", "source_denied"},
		{"403", fhir(403, outcome("forbidden")), "source_denied", "source_denied"},
		{"400", fhir(400, outcome("invalid")), "source_rejected_the_search", "source_rejected_the_search"},
		{"404 of the whole address", plain(404, "text/html", canary), "source_does_not_offer_this", "source_does_not_offer_this"},
		{"404 of a record", fhir(404, outcome("not-found")), "source_does_not_offer_this", "source_record_gone"},
		{"410", fhir(410, outcome("deleted")), "source_record_gone", "source_record_gone"},
		{"too many", fhir(200, outcome("multiple-matches")), "source_too_many_matches", "source_too_many_matches"},
		{"outcome with 200", fhir(200, outcome("exception")), "source_rejected_the_search", "source_rejected_the_search"},
		{"redirect", func(w writer, r request) {
			http.Redirect(w, r, "http://localhost:1/"+canary, http.StatusFound)
		}, "source_redirected", "source_redirected"},
		{"wrong content type", plain(200, "text/html", patientJSON), "source_wrong_content_type", "source_wrong_content_type"},
		{"no JSON", fhir(200, `{"resourceType":"Bundle","type":`), "source_malformed", "source_malformed"},
		{"bundle of another type", fhir(200, `{"resourceType":"Bundle","type":"message"}`), "source_malformed", "source_malformed"},
		{"entry without a resource", fhir(200, `{"resourceType":"Bundle","type":"searchset","entry":[{}]}`), "source_malformed", "source_malformed"},
		{"another resource type", fhir(200, searchset(`{"resourceType":"Group","id":"g"}`)), "source_malformed", "source_malformed"},
		{"failing outcome in the bundle", fhir(200, searchset(outcome("exception"))), "source_rejected_the_search", "source_malformed"},
		{"too large", fhir(200, `{"resourceType":"Bundle","pad":"`+strings.Repeat("x", 4096)+`"}`), "source_too_large", "source_too_large"},
		{"patient of another number", fhir(200, searchset(other)), "source_wrong_patient", "source_malformed"},
		{"patient of another id", fhir(200, otherID), "source_malformed", "source_wrong_patient"},
		{"patient with a path for an id", fhir(200, searchset(strings.ReplaceAll(patientJSON, "pat-1", "../x"))), "source_malformed", "source_malformed"},
		{"cut off", func(w writer, r request) {
			w.Header().Set("Content-Type", "application/fhir+json")
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"resourceType":"Bundle"`)
		}, "source_unreachable", "source_unreachable"},
		{"slow", func(w writer, r request) {
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
		}, "source_timeout", "source_timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, false, tt.answer)
			c := configured(t, map[string]any{"base_url": s.URL, "search": "post", "max_bytes": 2048, "timeout_ms": 150}, nil)
			found, err := c.Search(t.Context(), connector.SearchRequest{Person: rowan()})
			if err != nil || found.Outcome != connector.Unavailable || found.Reason != tt.search || found.Candidates != nil {
				t.Errorf("search: %s %q %v, want %s", found.Outcome, found.Reason, err, tt.search)
			}
			got, err := c.Fetch(t.Context(), connector.FetchRequest{Ref: ref, Person: rowan(), Categories: []string{"health.ae_attendance"}})
			if err != nil || got.Outcome != connector.Unavailable || got.Reason != tt.fetch || got.Items != nil {
				t.Errorf("fetch: %s %q %v, want %s", got.Outcome, got.Reason, err, tt.fetch)
			}
			h, err := c.Health(t.Context(), connector.HealthRequest{})
			if err != nil || strings.Contains(h.Reason, s.URL) || strings.Contains(h.Reason, canary) {
				t.Errorf("health: %+v %v", h, err)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	s := serve(t, false, func(writer, request) {})
	url := s.URL
	s.Close()
	c := configured(t, map[string]any{"base_url": url}, nil)
	got, err := c.Search(t.Context(), connector.SearchRequest{Person: rowan()})
	if err != nil || got.Outcome != connector.Unavailable || got.Reason != "source_unreachable" {
		t.Error(got, err)
	}
	if h, err := c.Health(t.Context(), connector.HealthRequest{}); err != nil || h.OK || h.Reason != "source_unreachable" {
		t.Error(h, err)
	}
}

// A resource about somebody else spoils the answer, wherever it stands.
func TestAResourceAboutSomebodyElse(t *testing.T) {
	mine := encounter("e1", "2026-09-12", "EMER", "", "Wrist injury")
	tests := map[string]string{
		"another patient":  strings.Replace(mine, "Patient/pat-1", "Patient/pat-9", 1),
		"nobody":           strings.Replace(mine, `"subject":{"reference":"Patient/pat-1"},`, "", 1),
		"another server's": strings.Replace(mine, "Patient/pat-1", "https://other.example/R4/Patient/pat-1", 1),
		"another number":   strings.Replace(mine, `{"reference":"Patient/pat-1"}`, `{"identifier":{"system":"`+nhsSystem+`","value":"9990000026"}}`, 1),
		"a group":          strings.Replace(mine, "Patient/pat-1", "Group/pat-1", 1),
	}
	for name, wrong := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, false, gp(map[string][]string{"Encounter": {mine, wrong}}))
			got := fetch(t, configured(t, map[string]any{"base_url": s.URL + "/R4"}, nil), "health.ae_attendance")
			if got.Outcome != connector.Unavailable || got.Reason != "source_wrong_patient" || got.Items != nil {
				t.Errorf("%+v", got)
			}
		})
	}
	t.Run("an appointment of others", func(t *testing.T) {
		s := serve(t, false, gp(map[string][]string{"Appointment": {appointment("a1", "2026-10-02", "noshow", "Patient/pat-9")}}))
		got := fetch(t, configured(t, map[string]any{"base_url": s.URL + "/R4"}, nil), "health.missed_appointment")
		if got.Reason != "source_wrong_patient" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("the same patient by number", func(t *testing.T) {
		same := strings.Replace(mine, `{"reference":"Patient/pat-1"}`, `{"identifier":{"system":"`+nhsSystem+`","value":"9990000018"}}`, 1)
		s := serve(t, false, gp(map[string][]string{"Encounter": {same}}))
		if got := fetch(t, configured(t, map[string]any{"base_url": s.URL + "/R4"}, nil), "health.ae_attendance"); len(got.Items) != 1 {
			t.Errorf("%+v", got)
		}
	})
}

// What is held under a date that is none is not passed over as "nothing"; what
// has no date at all is given, and says so.
func TestDatesThatAreNone(t *testing.T) {
	bad := encounter("e1", "2026-13-40", "EMER", "", "x")
	s := serve(t, false, gp(map[string][]string{"Encounter": {bad}}))
	got := fetch(t, configured(t, map[string]any{"base_url": s.URL + "/R4"}, nil), "health.ae_attendance")
	if got.Reason != "source_malformed" {
		t.Errorf("%+v", got)
	}
	backwards := strings.Replace(encounter("e1", "2026-09-12", "EMER", "", "x"), `"period":{`, `"period":{"end":"2026-09-01",`, 1)
	s = serve(t, false, gp(map[string][]string{"Encounter": {backwards}}))
	got = fetch(t, configured(t, map[string]any{"base_url": s.URL + "/R4"}, nil), "health.ae_attendance")
	if len(got.Items) != 1 || got.Items[0].Until != nil || got.Items[0].Date.Date != "2026-09-12" {
		t.Errorf("%+v", got)
	}
	none := `{"resourceType":"Encounter","id":"e1","class":{"code":"EMER"},"subject":{"reference":"Patient/pat-1"}}`
	s = serve(t, false, gp(map[string][]string{"Encounter": {none}}))
	got = fetch(t, configured(t, map[string]any{"base_url": s.URL + "/R4"}, nil), "health.ae_attendance")
	if len(got.Items) != 1 || got.Items[0].Date.Known() {
		t.Errorf("%+v", got)
	}
}

func TestPaging(t *testing.T) {
	var stranger *server
	page := func(next, resource string) string {
		return fmt.Sprintf(`{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"x"},{"relation":"next","url":%q}],"entry":[{"resource":%s}]}`, next, resource)
	}
	e := func(n int) string { return encounter(fmt.Sprint("e", n), "2026-09-12", "EMER", "", "x") }
	tests := []struct {
		name  string
		next  func(base string, n int) string
		items int
		why   string
	}{
		{"absolute", func(base string, n int) string { return fmt.Sprintf("%s/page?n=%d", base, n) }, 3, ""},
		{"relative", func(_ string, n int) string { return fmt.Sprintf("page?n=%d", n) }, 3, ""},
		{"other origin", func(string, int) string { return stranger.URL + "/R4/page?n=2" }, 0, "source_link_to_other_origin"},
		{"same host, other port", func(base string, _ int) string { return "http://127.0.0.1:1/R4/page" }, 0, "source_link_to_other_origin"},
		{"other scheme", func(base string, _ int) string { return strings.Replace(base, "http:", "file:", 1) }, 0, "source_link_to_other_origin"},
		{"with a user", func(base string, _ int) string { return strings.Replace(base, "http://", "http://a:b@", 1) }, 0, "source_link_to_other_origin"},
		{"circle", func(base string, _ int) string { return base + "/page?n=2" }, 0, "source_paging"},
		{"no address", func(string, int) string { return "" }, 0, "source_malformed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stranger = serve(t, false, func(writer, request) {})
			var s *server
			s = serve(t, false, func(w writer, r request) {
				base := s.URL + "/R4"
				switch {
				case r.URL.Path == "/R4/Encounter/_search":
					fhirJSON(w, 200, page(tt.next(base, 2), e(1)))
				case r.URL.Path == "/R4/page" && r.FormValue("n") == "2" && tt.why != "":
					fhirJSON(w, 200, page(tt.next(base, 2), e(2)))
				case r.URL.Path == "/R4/page" && r.FormValue("n") == "2":
					fhirJSON(w, 200, page(tt.next(base, 3), e(2)))
				case r.URL.Path == "/R4/page":
					fhirJSON(w, 200, searchset(e(3), e(3)))
				default:
					gp(nil)(w, r)
				}
			})
			got := fetch(t, configured(t, map[string]any{"base_url": s.URL + "/R4"}, map[string]string{"bearer_token": "token"}), "health.ae_attendance")
			if len(got.Items) != tt.items || got.Reason != tt.why {
				t.Errorf("%d items, reason %q; want %d, %q", len(got.Items), got.Reason, tt.items, tt.why)
			}
			if len(stranger.seen()) != 0 {
				t.Error("another server was called")
			}
		})
	}
	t.Run("endless", func(t *testing.T) {
		n := 0
		var s *server
		s = serve(t, false, func(w writer, r request) {
			if strings.HasPrefix(r.URL.Path, "/R4/Encounter") {
				n++
				fhirJSON(w, 200, page(fmt.Sprintf("%s/R4/Encounter/p%d", s.URL, n), e(n)))
				return
			}
			gp(nil)(w, r)
		})
		got := fetch(t, configured(t, map[string]any{"base_url": s.URL + "/R4", "max_pages": 4}, nil), "health.ae_attendance")
		if got.Reason != "source_paging" || n != 4 {
			t.Errorf("%q after %d pages", got.Reason, n)
		}
	})
}

func TestTLSAndToken(t *testing.T) {
	s := serve(t, true, gp(held))
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	trusted := configured(t, map[string]any{"base_url": s.URL + "/R4", "ca_pem": ca}, map[string]string{"bearer_token": "s3cret"})
	got, err := trusted.Search(t.Context(), connector.SearchRequest{Person: rowan()})
	if err != nil || got.Outcome != connector.Found {
		t.Error(got, err)
	}
	for _, call := range s.seen() {
		if call.token != "Bearer s3cret" {
			t.Errorf("%s %s without the token", call.method, call.path)
		}
	}
	before := len(s.seen())
	stranger := configured(t, map[string]any{"base_url": s.URL + "/R4"}, map[string]string{"bearer_token": "s3cret"})
	got, err = stranger.Search(t.Context(), connector.SearchRequest{Person: rowan()})
	if err != nil || got.Reason != "source_certificate" {
		t.Error("a certificate of an unknown authority was taken:", got.Reason, err)
	}
	if len(s.seen()) != before {
		t.Error("the token went to a server nobody vouches for")
	}
}

func TestACallerWhoGivesUp(t *testing.T) {
	s := serve(t, false, func(w writer, r request) { <-r.Context().Done() })
	c := configured(t, map[string]any{"base_url": s.URL, "search": "post"}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := c.Search(ctx, connector.SearchRequest{Person: rowan()})
	if connector.CodeOf(err) != connector.CodeUnavailable || time.Since(start) > 2*time.Second {
		t.Error(err, time.Since(start))
	}
	_, err = c.Fetch(ctx, connector.FetchRequest{Ref: ref, Categories: []string{"health.ae_attendance"}})
	if connector.CodeOf(err) != connector.CodeUnavailable || strings.Contains(err.Error(), s.URL) {
		t.Error(err)
	}
}
