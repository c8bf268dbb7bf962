package health_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mashhub/connectors/health"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	nhsSystem = "https://fhir.nhs.uk/Id/nhs-number"
	nhs       = "9990000018"
	ref       = "pat-1"
)

// call is one exchange that the server saw.
type call struct{ method, path, query, form, token string }

// server is an httptest server that remembers its calls.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	calls []call
}

func (s *server) seen() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]call(nil), s.calls...)
}

func serve(t *testing.T, tls bool, h http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		s.mu.Lock()
		s.calls = append(s.calls, call{r.Method, r.URL.Path, r.URL.RawQuery, r.PostForm.Encode(), r.Header.Get("Authorization")})
		s.mu.Unlock()
		h(w, r)
	})
	if tls {
		s.Server = httptest.NewTLSServer(handler)
	} else {
		s.Server = httptest.NewServer(handler)
	}
	t.Cleanup(s.Close)
	return s
}

func fhirJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/fhir+json; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

const metadata = `{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{"mode":"server","resource":[
 {"type":"Patient","interaction":[{"code":"read"},{"code":"search-type"}]},
 {"type":"Encounter","interaction":[{"code":"search-type"}]},
 {"type":"Appointment","interaction":[{"code":"search-type"}]},
 {"type":"Condition","interaction":[{"code":"search-type"}]},
 {"type":"RelatedPerson","interaction":[{"code":"search-type"}]}]}]}`

const patientJSON = `{"resourceType":"Patient","id":"pat-1","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}],
 "name":[{"use":"usual","family":"Tessel","given":["Rowan"]}],"gender":"female","birthDate":"2016-05-03",
 "address":[{"use":"home","line":["12 Fallow Road"],"city":"Alderbrook","postalCode":"FN1 1AA"}],
 "generalPractitioner":[{"display":"Millbrook Surgery","identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"Y90001","period":{"start":"2016-05-20"}}}]}`

func searchset(resources ...string) string {
	entries := ""
	for i, r := range resources {
		if i > 0 {
			entries += ","
		}
		entries += `{"resource":` + r + `,"search":{"mode":"match"}}`
	}
	return `{"resourceType":"Bundle","type":"searchset","entry":[` + entries + `]}`
}

// record system with one patient; resources by type are given.
func gp(resources map[string][]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch kind := filepath.Base(filepath.Dir(r.URL.Path)); {
		case r.URL.Path == "/R4/metadata":
			fhirJSON(w, 200, metadata)
		case r.URL.Path == "/R4/Patient/"+ref:
			fhirJSON(w, 200, patientJSON)
		case r.URL.Path == "/R4/Patient/_search":
			fhirJSON(w, 200, searchset(patientJSON))
		case filepath.Base(r.URL.Path) == "_search":
			fhirJSON(w, 200, searchset(resources[kind]...))
		default:
			fhirJSON(w, 404, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-supported"}]}`)
		}
	}
}

func configured(t *testing.T, config map[string]any, secrets map[string]string) connector.Connector {
	t.Helper()
	if config["source"] == nil {
		config["source"] = "GP record"
	}
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	c := health.New()
	if _, err := c.Configure(t.Context(), connector.ConfigureRequest{Config: raw, Secrets: secrets}); err != nil {
		t.Fatal("configuring:", err)
	}
	t.Cleanup(func() { // a second Configure closes the idle connections of the first
		_, _ = c.Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(`{"base_url":"https://localhost:1","source":"x"}`)})
	})
	return c
}

func rowan() connector.Person {
	return connector.Person{Key: "subject-1", Record: record.Person{
		Identifiers: []record.Identifier{{System: nhsSystem, Value: nhs}},
		Names:       []record.Name{{Family: []string{"Tessel"}, Given: []string{"Rowan"}}},
		BirthDate:   &record.PartialDate{Date: "2016-05-03"},
		Addresses:   []record.Address{{Line1: "12 Fallow Road", Postcode: "FN1 1AA"}},
	}}
}

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// pds gives the folder of the Personal Demographics Service's sandbox answers.
func pds(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("MASH_TEST_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	dir = filepath.Join(dir, "fhir-pds")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the Personal Demographics Service sandbox files are absent; set MASH_TEST_DATA to the folder that holds fhir-pds")
	}
	return dir
}
