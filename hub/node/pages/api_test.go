package pages

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
	"mashhub/hub/wire"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// post sends v (text as it is) to an operation.
func (c *client) post(path string, v any) reply {
	c.t.Helper()
	body, ok := v.(string)
	if !ok {
		b, err := json.Marshal(v)
		if err != nil {
			c.t.Fatal(err)
		}
		body = string(b)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), "POST", c.base+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return c.send(r)
}

// problem fails unless the reply is a problem with a status, code and field.
func (c *client) problem(a reply, status int, code mash.Code, field string) {
	c.t.Helper()
	var p kit.APIProblem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.status != status || p.Code != code || p.Field != field ||
		!strings.HasPrefix(a.header.Get("Content-Type"), "application/problem+json") || (code == mash.CodeInvalid || code == mash.CodeConflict) && p.Remedy == "" {
		c.t.Errorf("%d %v %s, want %d %s %s", a.status, err, a.body, status, code, field)
	}
}

// TestAPIAnswers: a program answers as the form does, and its mistakes change
// nothing.
func TestAPIAnswers(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	task := "/tasks/" + f.taskOf(req).ID
	c, other := f.as("dsl-999001"), f.as("dsl-999002")
	good := record.Item{Category: "education.concern", Kind: record.Fact, Date: record.NewDate(2026, 11, 3), Title: "Came to school hungry", Source: "Concerns log"}
	answer := func(a node.PersonAnswer) node.Answer {
		return node.Answer{Persons: map[string]node.PersonAnswer{"subject-1": a}}
	}
	many := node.PersonAnswer{Outcome: "records_found"}
	for range 51 {
		many.Items = append(many.Items, good)
	}
	bad := good
	bad.Category = "police.crime"
	for name, x := range map[string]struct {
		body  any
		field string
	}{
		"nobody":           {`{}`, "persons.subject-1"},
		"no outcome":       {answer(node.PersonAnswer{}), "persons.subject-1.outcome"},
		"blank reason":     {answer(node.PersonAnswer{Outcome: "refused", Reason: "  "}), "persons.subject-1.reason"},
		"long reason":      {answer(node.PersonAnswer{Outcome: "refused", Reason: strings.Repeat("x", 5001)}), "persons.subject-1.reason"},
		"too many items":   {answer(many), "persons.subject-1.items"},
		"not asked for":    {answer(node.PersonAnswer{Outcome: "records_found", Items: []record.Item{bad}}), "persons.subject-1.items[0].category"},
		"an unknown field": {`{"persons":{},"canary":1}`, "canary"},
		"twice":            {`{"persons":{},"persons":{}}`, "persons"},
	} {
		t.Run(name, func(t *testing.T) {
			c := *c
			c.t = t
			c.problem(c.post(task+"/answer", x.body), 422, mash.CodeInvalid, x.field)
		})
	}
	other.problem(other.post(task+"/answer", answer(node.PersonAnswer{Outcome: "nothing_known"})), 404, mash.CodeNotFound, "")
	if len(f.sent(wire.KindReturn, req)) != 0 {
		t.Fatal("a mistake was sent")
	}
	c.want(c.post(task+"/ask-back", map[string]string{"text": "Which school year?"}), 204)
	if q := f.sent(wire.KindClarify, req); len(q) != 1 || !strings.Contains(q[0], "Which school year?") {
		t.Errorf("asked back: %v", q)
	}
	good.Text = strings.Repeat("x", 19_000)
	long := node.PersonAnswer{Outcome: "records_found"}
	for range 20 { // more than most bodies may be
		long.Items = append(long.Items, good)
	}
	c.want(c.post(task+"/answer", answer(long)), 204)
	if r := f.returned(req); r.Return.Outcomes[0].Outcome != mash.RecordsFound || len(r.Items) != 20 {
		t.Errorf("returned: %+v", r.Return)
	}
	c.problem(c.post(task+"/answer", answer(node.PersonAnswer{Outcome: "nothing_known"})), 409, mash.CodeConflict, "")
}

// TestAPIChecksAndReviews: a match, a release, a notice and messages that could
// not be opened.
func TestAPIChecksAndReviews(t *testing.T) {
	f := newAgency(t, police, &system{candidates: []connector.Candidate{likely("PX 1/2?", "Rowan"), likely("PX-2", "Ronan")},
		items: []record.Item{incident("i-1", "third_party"), incident("i-2")}})
	req := f.ask(mash.Party{Agency: "police"}, told, crimes, rowan())
	c := f.as("reviewer")
	var v openTask
	show := func() string {
		path := "/tasks/" + f.taskOf(req).ID
		v = openTask{}
		if err := json.Unmarshal([]byte(c.want(c.get("/api/v1"+path), 200).body), &v); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := show()
	if v.Task.Kind != node.TaskCheck || v.Task.Reference != "K7QM-2ZXA" || len(v.Candidates["subject-1"]) != 2 {
		t.Fatalf("the check: %+v", v)
	}
	c.problem(c.post(path+"/match", `{"choice":{}}`), 422, mash.CodeInvalid, "choice.subject-1")
	c.problem(c.post(path+"/match", `{"choice":{"subject-1":"PX-3"}}`), 422, mash.CodeInvalid, "choice.subject-1")
	c.problem(c.post(path+"/review", `{}`), 404, mash.CodeNotFound, "") // it is another kind of task
	c.want(c.post(path+"/match", `{"choice":{"subject-1":"PX 1/2?"}}`), 204)

	path = show()
	if v.Task.Kind != node.TaskReview || len(v.Items) != 1 || len(v.Reasons[v.Items[0].ID]) == 0 {
		t.Fatalf("the review: %+v", v)
	}
	item := v.Items[0].ID
	c.problem(c.post(path+"/review", `{"reason":"r"}`), 422, mash.CodeInvalid, "allow")
	c.problem(c.post(path+"/review", map[string]any{"allow": map[string]bool{item: false}, "reason": " "}), 422, mash.CodeInvalid, "reason")
	c.want(c.post(path+"/review", map[string]any{"allow": map[string]bool{item: false}, "reason": "The source would be known"}), 204)
	c.problem(c.post(path+"/review", map[string]any{"allow": map[string]bool{item: true}}), 409, mash.CodeConflict, "")

	c.want(c.get("/api/v1/systems"), 200, `"connector":"records"`, `"methods":["search","fetch","deliver"]`)
	if err := f.store.Update(t.Context(), func(tx mash.NodeTx) error { return tx.Quarantine(forged(f.now)) }); err != nil {
		t.Fatal(err)
	}
	c.want(c.get("/api/v1/quarantine"), 200, `"topic":"mash.fernshire.to.police"`)
	c.problem(c.post("/quarantine/seen", map[string]any{"until": f.now}), 422, mash.CodeInvalid, "reason")
	c.want(c.post("/quarantine/seen", map[string]any{"until": f.now, "reason": "An old key."}), 204)
	c.problem(c.post("/quarantine/seen", map[string]any{"until": f.now, "reason": "An old key."}), 409, mash.CodeConflict, "")
}

func TestAPIAcknowledges(t *testing.T) {
	f := newAgency(t, schools, nil)
	read := "/tasks/" + f.tell(millbrook, "encompass", encompass("unsafe_to_tell"))
	req := f.ask(millbrook, told, concerns, rowan())
	f.taskOf(req)
	refused := "/tasks/" + f.refuses(req, millbrook, mash.CodeOutOfScope)
	c, other := f.as("dsl-999001"), f.as("dsl-999002")
	c.want(c.get("/api/v1"+read), 200, `"family_informed":"unsafe_to_tell"`, `"happened":"2026-11-20T01:10:00Z"`)
	for _, task := range []string{read, refused} {
		other.problem(other.post(task+"/acknowledge", ""), 404, mash.CodeNotFound, "")
		c.want(c.post(task+"/acknowledge", ""), 204)
		c.problem(c.post(task+"/acknowledge", ""), 409, mash.CodeConflict, "")
	}
}

// TestSpecification: every operation is described, and what it takes.
func TestSpecification(t *testing.T) {
	f := newAgency(t, schools, nil)
	a := f.as("reviewer").get("/api/openapi.json")
	var spec struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(a.body), &spec); err != nil || a.status != 200 || !strings.HasPrefix(spec.OpenAPI, "3.1") {
		t.Fatalf("%d %v %s", a.status, err, spec.OpenAPI)
	}
	n := 0
	for _, r := range f.site.router.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if strings.HasPrefix(path, kit.APIPrefix) {
			n++
			if spec.Paths[path][strings.ToLower(method)] == nil {
				t.Errorf("%s is not described", r.Pattern)
			}
		}
	}
	if n != 14 {
		t.Errorf("%d operations", n)
	}
	b, err := json.Marshal(spec.Paths["/api/v1/tasks/{id}/answer"]["post"])
	if err != nil || !strings.Contains(string(b), "NodeAnswer") || !strings.Contains(string(b), "problem+json") {
		t.Errorf("answering: %s %v", b, err)
	}
}
