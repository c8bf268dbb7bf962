package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// TestConflictsSayWhatToDo: whatever the state does not allow, the API names a
// remedy and the form says it.
func TestConflictsSayWhatToDo(t *testing.T) {
	h := newHub(t)
	w, manager, ig := h.as("worker"), h.as("manager"), h.as("ig_lead")
	e, rs := h.opened(w)
	at, request := "/enquiries/"+e.ID, "/requests/"+rs[0].ID
	for name, c := range map[string]struct {
		who          *client
		path         string
		body, remedy string
	}{
		"decide too early":        {w, at + "/decision", `{"outcome":"advice","why":"w"}`, "say first that the picture is ready for a decision"},
		"tell too early":          {w, at + "/feedback", `{"waiver":"w"}`, "record the decision first"},
		"reopen what is open":     {w, at + "/reopen", `{"reason":"r"}`, "go on with it: it is not decided yet"},
		"close too early":         {w, at + "/close", `{}`, "do what the reasons name, then close it"},
		"review nothing":          {w, at + "/late-review", `{"reason":"r"}`, "there is nothing to review"},
		"answer no question":      {w, request + "/clarification", `{"text":"t"}`, "look at it again: it has been answered, or the request has ended"},
		"review what is not held": {manager, request + "/review", `{"allow":true,"reason":"r"}`, "look at it again: it has been reviewed, or withdrawn"},
		"ask again":               {w, at + "/ask", `{"ask":[{"party":{"agency":"police"}}],"from":"2020-01-01T00:00:00Z"}`, "change that question, or withdraw it first"},
		"lift no hold":            {manager, at + "/hold/lift", `{"note":"n"}`, "there is nothing to lift"},
		"keep what is open":       {ig, at + "/retention/keep", `{"years":1,"why":"schedule","note":"n"}`, "close it first"},
		"destroy what is open":    {ig, at + "/retention/destroy", ``, "close it first"},
	} {
		t.Run(name, func(t *testing.T) {
			a := c.who.do("POST", kit.APIPrefix+c.path, "application/json", []byte(c.body))
			var p kit.APIProblem
			if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.status != http.StatusConflict || p.Code != mash.CodeConflict || p.Remedy != c.remedy {
				t.Errorf("%d %v %s, want the remedy %q", a.status, err, a.body, c.remedy)
			}
		})
	}
	a := w.form(at+"/decide", url.Values{"outcome": {"advice"}, "why": {"w"}})
	contains(t, "the form", a.body, "Cannot decide: the enquiry is researching. Say first that the picture is ready for a decision.")
	h.desk.Policy = silent{h.desk.Policy}
	for _, path := range []string{at, "/board", "/notices", "/agencies"} {
		a := w.get(kit.APIPrefix + path)
		if a.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, a.status)
		}
		lacks(t, path, a.body, "owner is told")
	}
	contains(t, "a fault", w.get(kit.APIPrefix+at).body, `"remedy":"tell the hub manager"`)
}
