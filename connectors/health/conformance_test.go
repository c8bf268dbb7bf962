package health_test

import (
	"encoding/json"
	"testing"

	"mashhub/connectors/health"
	"mashhub/plugins/connector"
	"mashhub/plugins/connectortest"
	"mashhub/plugins/record"
)

// TestConformance holds the connector to the standard of plugins/connectortest:
// in process, over gRPC, and as a process of its own that is killed mid-call.
// The tested process asks the same server, which lives in this one.
func TestConformance(t *testing.T) {
	only := func(w writer, r request) {
		if r.URL.Path == "/R4/Patient/_search" && r.PostForm.Get("identifier") != nhsSystem+"|"+nhs {
			fhirJSON(w, 200, searchset())
			return
		}
		if r.URL.Path == "/R4/Patient/no-such-reference-of-conformance" {
			fhirJSON(w, 404, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found"}]}`)
			return
		}
		gp(held)(w, r)
	}
	s := serve(t, false, only)
	config, err := json.Marshal(map[string]any{"base_url": s.URL + "/R4", "source": "GP record"})
	if err != nil {
		t.Fatal(err)
	}
	connectortest.Run(t, connectortest.Spec{
		New:     health.New,
		Config:  config,
		Secrets: map[string]string{health.SecretBearerToken: "conformance-token"},
		Known:   rowan(),
		Unknown: connector.Person{Key: "subject-1", Record: record.Person{
			Names: []record.Name{{Family: []string{"Quillfeather"}, Given: []string{"Ever"}}}, BirthDate: &record.PartialDate{Date: "2011-11-11"},
		}},
		Categories: []string{"health.ae_attendance", "health.missed_appointment", "health.gp_registration", "health.condition"},
		Period:     connector.Period{From: date("2021-01-01"), To: date("2026-11-22")},
	})
}
