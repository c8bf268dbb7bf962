package record

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// Each text below is in the shape of the Safeguarding Standard's example of
// that entity, with every property it defines.
func TestSafeguardingIsThePublishedJSON(t *testing.T) {
	const (
		ids   = `[{"@type":"Identifier","value":"X-1","system":"https://fernshire.example/Id/x"}]`
		addr  = `[{"@type":"Address","line1":"1 Quay Court","city":"Northam Ford","postcode":"FE1 2AB"}]`
		reach = `{"@type":"Contact","email":["desk@fernshire.example"],"telephone":["01632 960003"]}`
		who   = `[{"@type":"SubjectPerson","person":{"@type":"Identifier","value":"9990000018","system":"https://fhir.nhs.uk/Id/nhs-number"},"involvement":"SBJ"}]`
		prof  = `[{"@type":"RelatedProfessional","professional":{"@type":"Identifier","value":"P-1","system":"https://fernshire.example/Id/p"},"involvement":"PPRF"}]`
		when  = `[{"@type":"TimeInformation","startDateTime":"2026-05-01T09:30:00Z","endDateTime":"2026-05-01T11:00:00Z",
			"frequency":{"repeat":{"dayOfWeek":["tue"],"frequency":1,"period":1,"periodUnit":"wk"}}}]`
	)
	tests := []struct {
		into any
		json string
	}{
		{new(Organisation), `{"@type":"Organisation","identifier":` + ids + `,"name":"Fernshire Council","alias":["Fernshire"],"type":["local-authority"],
			"active":true,"address":` + addr + `,"contact":[` + reach + `],"relatedProfessional":` + ids + `,"relatedService":` + ids + `}`},
		{new(Service), `{"@type":"Service","identifier":` + ids + `,"name":"Early Help","alias":["EH"],"type":["social-care"],
			"active":false,"address":` + addr + `,"contact":[` + reach + `],"relatedProfessional":` + ids + `,"relatedOrganisation":` + ids + `}`},
		{new(Professional), `{"@type":"Professional","identifier":` + ids + `,"name":{"@type":"Name","familyName":["Doe"],"givenName":["Jo"]},
			"role":["Social Worker"],"status":true,"contact":` + reach + `,"relatedService":` + ids + `,"relatedOrganisation":` + ids + `}`},
		{new(ServiceEpisode), `{"@type":"ServiceEpisode","identifier":` + ids + `,"type":["cin-plan"],"subjectPerson":` + who + `,
			"relatedProfessional":` + prof + `,"relatedService":` + ids + `,"timeInformation":` + when + `,"location":["Family Centre"],
			"finding":[{"@type":"Finding","observation":[{"@type":"Observation","type":"NEET","startDate":"2026-03-15T13:02:00","endDate":"2026-06-30T10:20:00"}],
			"measurement":[{"@type":"Measurement","value":12,"unit":"count","type":"Authorised Absences"},{"@type":"Measurement","value":0.67,"unit":"pct","type":"Attendance"}],
			"text":["The home was calm."]}]}`},
		{new(LifeEvent), `{"@type":"LifeEvent","identifier":` + ids + `,"type":["missing-person","urn:mashhub:event:domestic-abuse-incident"],"subjectPerson":` + who + `,
			"relatedProfessional":` + prof + `,"relatedService":` + ids + `,"timeInformation":` + when + `,"location":["Town centre"]}`},
	}
	for _, tt := range tests {
		name := reflect.TypeOf(tt.into).Elem().Name()
		t.Run(name, func(t *testing.T) {
			if err := json.Unmarshal([]byte(tt.json), tt.into); err != nil {
				t.Fatal(err)
			}
			plain, err := json.Marshal(tt.into)
			if err != nil {
				t.Fatal(err)
			}
			sameJSON(t, string(plain), withoutKeywords(t, tt.json))
			linked, err := LinkedData(tt.into)
			if err != nil {
				t.Fatal(err)
			}
			sameJSON(t, string(linked), `{"@context":"https://socialcaredata.github.io/ontology/safeguarding/context.jsonld",`+tt.json[1:])
		})
	}
}

func TestDateTime(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Skipf("no time zone data on this machine: %v", err)
	}
	tests := []struct {
		in   DateTime
		want string // UTC; empty means refused
	}{
		{"2026-05-01T09:30:00Z", "2026-05-01T09:30:00Z"},
		{"2026-05-01T09:30:00+01:00", "2026-05-01T08:30:00Z"},
		{"2026-05-01T09:30:00", "2026-05-01T08:30:00Z"}, // summer time
		{"2026-01-15", "2026-01-15T00:00:00Z"},
		{"yesterday", ""},
	}
	for _, tt := range tests {
		got, err := tt.in.Time(london)
		if (err == nil) != (tt.want != "") || err == nil && got.UTC().Format(time.RFC3339) != tt.want {
			t.Errorf("%s: %v, %v", tt.in, got, err)
		}
	}
}
