package world_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"

	"mashhub/connectors/health"
	"mashhub/hub/demo/world"
	"mashhub/hub/matching"
	"mashhub/plugins/connector"
)

// get makes a call and returns status and body.
func get(t *testing.T, method, target, token string, form url.Values) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	return resp.StatusCode, body
}

func TestFHIRServer(t *testing.T) {
	defer goleak.VerifyNone(t)
	s, err := world.Load(1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := world.StartFHIR(context.Background(), s, world.FHIROptions{Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	nhs := "https://fhir.nhs.uk/Id/nhs-number|" + s.People["subject-1"].NHS
	for _, tt := range []struct {
		method, path, token string
		form                url.Values
		status              int
		kind                string
		total               float64
	}{
		{"GET", "/metadata", "secret", nil, 200, "CapabilityStatement", 0},
		{"GET", "/metadata", "", nil, 401, "OperationOutcome", 0},
		{"GET", "/Patient/pt-rowan", "wrong", nil, 401, "OperationOutcome", 0},
		{"GET", "/Patient/pt-rowan", "secret", nil, 200, "Patient", 0},
		{"GET", "/Patient/nobody", "secret", nil, 404, "OperationOutcome", 0},
		{"GET", "/Encounter/en-rowan-1", "secret", nil, 200, "Encounter", 0},
		{"GET", "/Patient?identifier=" + url.QueryEscape(nhs), "secret", nil, 200, "Bundle", 1},
		{"POST", "/Patient/_search", "secret", url.Values{"identifier": {nhs}}, 200, "Bundle", 1},
		{"POST", "/Patient/_search", "secret", url.Values{"identifier": {"urn:other|1"}}, 200, "Bundle", 0},
		{"POST", "/Patient/_search", "secret", url.Values{"family": {"tess"}, "birthdate": {"2016-05-03"}}, 200, "Bundle", 1},
		{"POST", "/Patient/_search", "secret", url.Values{"family": {"Tessel"}, "birthdate": {"2016-05"}, "given": {"Leanne"}}, 200, "Bundle", 0},
		{"POST", "/Patient/_search", "secret", url.Values{"family": {"Tessel"}, "colour": {"red"}}, 400, "OperationOutcome", 0},
		{"GET", "/Patient", "secret", nil, 422, "OperationOutcome", 0},
		{"POST", "/Appointment/_search", "secret", url.Values{"patient": {"Patient/pt-rowan"}}, 200, "Bundle", 2},
		{"POST", "/Appointment/_search", "secret", url.Values{"patient": {"Patient/pt-rowan"}, "date": {"ge2026-10-10", "le2026-11-30"}}, 200, "Bundle", 1},
		{"POST", "/Appointment/_search", "secret", url.Values{"date": {"ge2020"}}, 422, "OperationOutcome", 0},
		{"GET", "/Observation?patient=pt-rowan", "secret", nil, 404, "OperationOutcome", 0},
		{"DELETE", "/Patient/pt-rowan", "secret", nil, 405, "OperationOutcome", 0},
		{"GET", "/_page/guessed", "secret", nil, 410, "OperationOutcome", 0},
	} {
		status, body := get(t, tt.method, f.URL+tt.path, tt.token, tt.form)
		if status != tt.status || body["resourceType"] != tt.kind {
			t.Errorf("%s %s: %d %v, want %d %s", tt.method, tt.path, status, body["resourceType"], tt.status, tt.kind)
		}
		if total, ok := body["total"].(float64); ok && total != tt.total {
			t.Errorf("%s %s %v: total %v, want %v", tt.method, tt.path, tt.form, total, tt.total)
		}
	}
	if _, err := world.StartFHIR(context.Background(), s, world.FHIROptions{Addr: "0.0.0.0:0"}); err == nil {
		t.Error("the synthetic server listens beyond this machine")
	}
}

// The other residents are there, in pages whose links carry no question.
func TestFHIRPages(t *testing.T) {
	s, err := world.Load(1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := world.StartFHIR(t.Context(), s, world.FHIROptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen, target, method, form := map[string]bool{}, f.URL+"/Patient/_search", "POST", url.Values{"gender": {"female"}, "_count": {"30"}}
	for target != "" {
		status, body := get(t, method, target, "", form)
		if status != 200 {
			t.Fatal(status, body)
		}
		entries, _ := body["entry"].([]any)
		if len(entries) > 30 {
			t.Errorf("%d on a page of 30", len(entries))
		}
		for _, e := range entries {
			seen[fmt.Sprint(e.(map[string]any)["fullUrl"])] = true
		}
		target, method, form = "", "GET", nil
		if links, _ := body["link"].([]any); len(links) > 0 {
			target = fmt.Sprint(links[0].(map[string]any)["url"])
			if strings.Contains(target, "female") {
				t.Error("the question stands in the link")
			}
		}
	}
	if want := world.Residents + len(s.Systems.Health.Patients); len(seen) != want {
		t.Errorf("%d patients over all pages, want %d", len(seen), want)
	}
}

func TestHealthSystemIsDown(t *testing.T) {
	s, err := world.Load(10)
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, s)
	c := connectors(t, r)["health"]
	h, err := c.Health(t.Context(), connector.HealthRequest{})
	if err != nil || h.OK || h.Reason != health.ReasonFailed {
		t.Error(h, err)
	}
}

// A resident is found as anybody is, so a search has somebody to tell apart;
// and no resident is taken for one of the story's people.
func TestResidentsKeepApart(t *testing.T) {
	for _, s := range all(t) {
		by := connectors(t, start(t, s))
		refs := map[string]bool{}
		for _, people := range [][]world.RecordEntry{s.Systems.Police.People, s.Systems.SocialCare.People} {
			for _, e := range people {
				refs[e.Ref] = true
			}
		}
		for _, kind := range []string{"police", "socialcare"} {
			for key, p := range s.People {
				got, err := by[kind].Search(t.Context(), connector.SearchRequest{Person: connector.Person{Key: key, Record: p.Record()}})
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range got.Candidates {
					if !refs[x.Ref] && matching.Compare(p.Record(), x.Record).Band.Rank() > 1 {
						t.Errorf("scenario %d: at %s a resident looks like %s", s.Number, kind, key)
					}
				}
			}
		}
	}
}

func TestDatabasesHoldTheResidents(t *testing.T) {
	s, err := world.Load(1)
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, s)
	for path, want := range map[string]int{r.Police: world.Residents + 1, r.SocialCare: world.Residents + 2} {
		db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		n := 0
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM person").Scan(&n); err != nil || n != want {
			t.Errorf("%d people, want %d: %v", n, want, err)
		}
	}
	// Built again over what is there, as after a crash of the demo.
	if _, err := world.BuildPolice(t.Context(), filepath.Dir(r.Police), s); err != nil {
		t.Error(err)
	}
}

func TestSchoolExportsAreEncodedAsTheSchoolDoes(t *testing.T) {
	s, err := world.Load(2)
	if err != nil {
		t.Fatal(err)
	}
	root, err := world.BuildSchools(t.TempDir(), s)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(root, "999002", "concerns.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if utf8.Valid(raw) || !strings.Contains(string(raw), "home\x92s too quiet") {
		t.Error("St Brannoc's exports in cp1252, with its own apostrophe")
	}
	s7, err := world.Load(7)
	if err != nil {
		t.Fatal(err)
	}
	if root, err = world.BuildSchools(t.TempDir(), s7); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(filepath.Join(root, "999003")); err != nil || len(files) != 0 {
		t.Error("a school without an export has an empty folder:", files, err)
	}
}
