package health_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mashhub/plugins/connector"
)

// Whatever bytes a server sends, the connector does not panic, gives no item
// that breaks the record model, and none about anybody else.
func TestHostileAnswers(t *testing.T) {
	good := searchset(encounter("e1", "2026-09-12", "EMER", "", "Wrist injury"), encounter("e2", "2026-09-13", "EMER", "", "Check"))
	var body string
	s := serve(t, false, func(w writer, r request) {
		if strings.HasSuffix(r.URL.Path, "_search") {
			fhirJSON(w, 200, body)
			return
		}
		fhirJSON(w, 200, patientJSON)
	})
	c := configured(t, map[string]any{"base_url": s.URL, "search": "post", "max_pages": 2}, nil)
	values := []string{`null`, `[]`, `{}`, `""`, `0`, `[[]]`, `{"reference":"Patient/pat-2"}`, `"Patient/pat-2"`, `"\u0000"`, `"2026-99-99"`, strings.Repeat(`[`, 500) + strings.Repeat(`]`, 500)}
	rapid.Check(t, func(rt *rapid.T) {
		body = good
		for range rapid.IntRange(1, 4).Draw(rt, "changes") {
			switch rapid.IntRange(0, 2).Draw(rt, "how") {
			case 0: // a byte
				i := rapid.IntRange(0, len(body)-1).Draw(rt, "at")
				body = body[:i] + string(rune(rapid.IntRange(1, 126).Draw(rt, "byte"))) + body[i+1:]
			case 1: // cut
				body = body[:rapid.IntRange(1, len(body)).Draw(rt, "length")]
			case 2: // another value for a field
				if i := strings.Index(body, rapid.SampledFrom([]string{`"period":`, `"subject":`, `"class":`, `"id":`, `"resource":`, `"reasonCode":`, `"location":`, `"serviceType":`, `"entry":`, `"type":`}).Draw(rt, "field")); i >= 0 {
					colon := i + strings.Index(body[i:], ":") + 1
					var old json.RawMessage
					if json.NewDecoder(strings.NewReader(body[colon:])).Decode(&old) == nil {
						body = body[:colon] + rapid.SampledFrom(values).Draw(rt, "value") + body[colon+len(old):]
					}
				}
			}
		}
		q := connector.FetchRequest{Ref: ref, Person: rowan(), Categories: []string{"health.ae_attendance"}, Period: connector.Period{From: date("2021-01-01"), To: date("2026-11-22")}}
		got, err := c.Fetch(t.Context(), q)
		if err != nil {
			rt.Fatal(err)
		}
		if (got.Outcome == connector.Found) != (len(got.Items) > 0) || (got.Outcome == connector.Unavailable) != (got.Reason != "") {
			rt.Fatalf("%s with %d items, reason %q", got.Outcome, len(got.Items), got.Reason)
		}
		for _, i := range got.Items {
			if err := i.Validate(); err != nil {
				rt.Fatalf("an item that breaks the record model: %v", err)
			}
			if i.Person != "subject-1" || !q.Wants(i) {
				rt.Fatal("an item that nobody asked for")
			}
		}
	})
}
