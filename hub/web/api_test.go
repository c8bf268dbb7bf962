package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"mashhub/hub/audit"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

// TestAPIMainJob plays an enquiry from contact to closing through the API.
func TestAPIMainJob(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, rs := h.opened(w)
	if e.State != mash.EnquiryScreened || e.Reference == "" || len(rs) != 3 {
		t.Fatalf("opened: %+v %+v", e, rs)
	}
	base := "/api/v1/enquiries/" + e.ID
	var board enquiry.Board
	w.json("GET", "/api/v1/board", "", &board)
	if board.Total != 3 || len(board.Rows) != 3 || board.Rows[0].Telephone == "" {
		t.Fatalf("board: %+v", board)
	}
	h.clock.pass(4 * time.Hour)
	for _, r := range rs {
		switch r.Party.Agency {
		case "police":
			h.land(r, true, found("subject-1", "household-1"), []mash.Withholding{{Person: "household-1", Category: "police.crime", Clause: "MF-7.2", Reason: "Older than six years.", Count: 1}},
				item("p1", "household-1", "police.domestic_incident", record.Fact, "2026-10-20", "Verbal domestic incident", "No crime.", "Incident log"))
		case "health":
			h.land(r, true, []mash.PersonOutcome{{Person: "subject-1", Outcome: mash.NothingKnown}}, nil)
		case "schools":
			h.land(r, true, found("subject-1"), nil,
				item("s1", "subject-1", "education.concern", record.ChildVoice, "2026-11-15", "What Rowan said", "It's quiet at Nan's.", "Concerns log"))
		}
	}
	var p enquiry.Picture
	w.json("GET", base+"/chronology", "", &p)
	if !p.OwnViewNeeded || len(p.Chronology) != 0 {
		t.Fatal("the joined picture opened before the worker's own view")
	}
	ok := func(method, path string, body any) {
		t.Helper()
		if a := w.json(method, base+path, body, nil); a.status >= 300 {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
	}
	ok("PUT", "/own-view", map[string]string{"own_view": "Strain, perhaps money."})
	p = enquiry.Picture{}
	w.json("GET", base+"/chronology", "", &p)
	if len(p.Chronology) != 2 || p.Chronology[0].Item.Kind != record.ChildVoice || len(p.Withheld) != 1 {
		t.Fatalf("chronology: %+v", p)
	}
	ok("POST", "/rag", map[string]string{"rag": "red"})
	ok("POST", "/collate", "")
	ok("POST", "/decision", enquiry.DecideInput{Outcome: "early_help", Why: "Each is small; together they need help.", Cited: []string{p.Chronology[0].ID}})
	a := w.json("POST", base+"/close", `{}`, nil)
	var refused kit.APIProblem
	if err := json.Unmarshal([]byte(a.body), &refused); err != nil || a.status != http.StatusConflict || len(refused.Reasons) == 0 || len(refused.Clauses) == 0 {
		t.Fatalf("closing without feedback: %d %s", a.status, a.body)
	}
	ok("POST", "/feedback", enquiry.FeedbackInput{Waiver: "The school was at the meeting and knows."})
	ok("POST", "/close", `{}`)
	if a := w.json("POST", base+"/close", `{}`, nil); a.status != http.StatusConflict {
		t.Fatalf("closing twice: %d", a.status)
	}
	ok("POST", "/reopen", map[string]string{"reason": "New information."})

	// The log holds it all, and checks with nothing but the public key.
	s := h.as("scrutineer")
	if err := h.store.Update(t.Context(), func(tx mash.HubTx) error { _, err := h.log.Sequence(t.Context(), tx, 1000); return err }); err != nil {
		t.Fatal(err)
	}
	bundle := s.get("/api/v1/audit/bundle")
	rep, err := audit.VerifyBundle(bytes.NewReader([]byte(bundle.body)), h.verify)
	if err != nil || !rep.Verified || rep.Size < 10 {
		t.Fatalf("bundle: %+v %v", rep, err)
	}
	lacks(t, "the bundle", bundle.body, "Rowan", "Tessel", "quiet", "9990000018")
	lacks(t, "the log", h.notes.String(), "Rowan", "Tessel", "quiet", "9990000018", e.ID)
}

// TestAPIRefusesWhatItCannotRead: each answer names the field, none repeats a
// value.
func TestAPIRefusesWhatItCannotRead(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, _ := h.opened(w)
	const canary = "Rowan-Tessel-canary"
	for name, c := range map[string]struct {
		path, body, field string
		status            int
	}{
		"unknown field":  {"/api/v1/enquiries", `{"narative":"` + canary + `"}`, "narative", 422},
		"key as a value": {"/api/v1/enquiries", `{"Rowan-Tessel-canary ":1}`, "(a field)", 422},
		"wrong type":     {"/api/v1/enquiries", `{"level":"` + canary + `"}`, "level", 422},
		"nested type":    {"/api/v1/enquiries", `{"originator":{"name":[1]}}`, "originator.name", 422},
		"bad time":       {"/api/v1/enquiries", `{"basis":{"agreement":{"at":"` + canary + `"}}}`, "", 422},
		"twice":          {"/api/v1/enquiries", `{"rag":"red","rag":"green"}`, "rag", 422},
		"twice by case":  {"/api/v1/enquiries", `{"rag":"red","RAG":"green"}`, "RAG", 422},
		"cut off":        {"/api/v1/enquiries", `{"narrative":"` + canary, "", 422},
		"two values":     {"/api/v1/enquiries", `{}{}`, "", 422},
		"not UTF-8":      {"/api/v1/enquiries", "{\"narrative\":\"\xff" + canary + "\"}", "", 422},
		"deep":           {"/api/v1/enquiries", strings.Repeat("[", 5000), "", 422},
		"empty":          {"/api/v1/enquiries", "", "", 400},
		"domain":         {"/api/v1/enquiries", `{"rag":"` + canary + `"}`, "rag", 422},
		"ask of nobody":  {"/api/v1/enquiries/" + e.ID + "/ask", `{}`, "ask", 422},
		"huge":           {"/api/v1/enquiries", `{"narrative":"` + strings.Repeat(canary, 40_000) + `"}`, "", 413},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.do("POST", c.path, "application/json", []byte(c.body))
			var p kit.APIProblem
			if err := json.Unmarshal([]byte(a.body), &p); c.status != 413 && err != nil {
				t.Fatalf("%v: %s", err, a.body)
			}
			if a.status != c.status || p.Field != c.field || !strings.HasPrefix(a.header.Get("Content-Type"), "application/problem+json") {
				t.Errorf("got %d %s", a.status, a.body)
			}
			lacks(t, "the answer", a.body, canary, "canary")
		})
	}
	if a := w.do("POST", "/api/v1/enquiries", "text/plain", []byte("{}")); a.status != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d", a.status)
	}
	lacks(t, "the log", h.notes.String(), "canary")
}

// TestSpecification: the description says what bodies look like, and every
// operation of the router is in it.
func TestSpecification(t *testing.T) {
	h := newHub(t)
	a := h.as("scrutineer").get("/api/openapi.json")
	var spec struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(a.body), &spec); err != nil || !strings.HasPrefix(spec.OpenAPI, "3.1") {
		t.Fatalf("%v %s", err, spec.OpenAPI)
	}
	for _, r := range h.site.router.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if !strings.HasPrefix(path, kit.APIPrefix) {
			continue
		}
		if spec.Paths[path][strings.ToLower(method)] == nil {
			t.Errorf("%s is not described", r.Pattern)
		}
	}
	b, err := json.Marshal(spec.Paths["/api/v1/enquiries"]["post"])
	if err != nil {
		t.Fatal(err)
	}
	contains(t, "opening", string(b), "EnquiryOpenInput", "application/json", "problem+json")
	lacks(t, "opening", string(b), "octet-stream", "binary")
}
