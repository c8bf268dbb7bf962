package web

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// payloads are bodies that get as far as the decision; a route without one
// takes none.
var payloads = map[string]string{
	"POST /api/v1/enquiries/{id}/ask":              `{"not_asked":[{"party":{"agency":"health"},"reason":"r"}],"from":"2020-01-01T00:00:00Z"}`,
	"PUT /api/v1/enquiries/{id}/own-view":          `{"own_view":"v"}`,
	"POST /api/v1/enquiries/{id}/voice-not-sought": `{"reason":"r"}`,
	"POST /api/v1/enquiries/{id}/rag":              `{"rag":"red"}`,
	"POST /api/v1/enquiries/{id}/decision":         `{"outcome":"advice","why":"w"}`,
	"POST /api/v1/enquiries/{id}/late-review":      `{"reason":"r"}`,
	"POST /api/v1/enquiries/{id}/reopen":           `{"reason":"r"}`,
	"POST /api/v1/enquiries/{id}/feedback":         `{"waiver":"r"}`,
	"POST /api/v1/enquiries/{id}/feedback/review":  `{"allow":true}`,
	"POST /enquiries/{id}/feedback-review":         "allow=yes",
	"POST /api/v1/enquiries/{id}/close":            `{}`,
	"POST /api/v1/requests/{id}/withdraw":          `{"reason":"r"}`,
	"POST /api/v1/requests/{id}/review":            `{"reason":"r"}`,
	"POST /api/v1/requests/{id}/clarification":     `{"text":"t"}`,
	"POST /api/v1/enquiries/{id}/agreement/narrow": `{"agencies":["police"]}`,
	"POST /api/v1/enquiries/{id}/correct":          `{"person":"subject-1","record":{},"reason":"r"}`,
	"POST /api/v1/requests/{id}/amend":             `{"reason":"r"}`,
	"POST /enquiries/{id}/agreement-part":          "agencies=police",
	"POST /enquiries/{id}/correct":                 "given=Rowan&family=T&reason=r&person=subject-1",
	"POST /enquiries/{id}/amend":                   "persons=subject-1&categories=police.crime&reason=r&request=",
	"POST /api/v1/enquiries":                       `{}`,
	"POST /enquiries/new":                          "people=1",
	"POST /enquiries/{id}/ask":                     "from-day=1&from-month=1&from-year=2020&ask[2].choice=not&ask[2].reason=r",
	"POST /enquiries/{id}/own-view":                "own_view=v",
	"POST /enquiries/{id}/voice":                   "reason=r",
	"POST /enquiries/{id}/rag":                     "rag=red",
	"POST /enquiries/{id}/decide":                  "outcome=advice&why=w",
	"POST /enquiries/{id}/feedback":                "told=no&waiver=w",
	"POST /enquiries/{id}/close":                   "sentenced=no&plan=no",
	"POST /enquiries/{id}/reopen":                  "reason=r",
	"POST /enquiries/{id}/late-review":             "reopen=no&reason=r",
	"POST /set-aside/{id}/consider":                "decision=leave_out&reason=r",
	"POST /set-aside/{id}/destroy":                 "told=no&reason=r",
	"POST /api/v1/set-aside/{id}/take-in":          `{"reason":"r"}`,
	"POST /api/v1/set-aside/{id}/leave-out":        `{"reason":"r"}`,
	"POST /api/v1/set-aside/{id}/destroy":          `{"reason":"r"}`,
	"POST /retention/find":                         "reference=AAAA-AAAA",
	"POST /api/v1/retention/find":                  `{"reference":"AAAA-AAAA"}`,
	"POST /retention/notices":                      "decision=destroy",
	"POST /api/v1/retention/notices":               `{"destroy":true}`,
	"POST /enquiries/{id}/hold":                    "why=court&note=n",
	"POST /enquiries/{id}/lift-hold":               "note=n",
	"POST /enquiries/{id}/dispose":                 "decision=destroy",
	"POST /api/v1/enquiries/{id}/hold":             `{"why":"court","note":"n"}`,
	"POST /api/v1/enquiries/{id}/hold/lift":        `{"note":"n"}`,
	"POST /api/v1/enquiries/{id}/retention/keep":   `{"years":1,"why":"schedule","note":"n"}`,
	"POST /api/v1/agreements/changes":              `{"cell":{"agreement":"mash-fernshire","pair":"fernshire/police","category":"police.crime","purpose":"s17"},"mode":"none","why":""}`,
	"POST /api/v1/agreements/changes/{id}/approve": `{}`,
	"POST /api/v1/agreements/changes/{id}/reject":  `{"why":"w"}`,
	"POST /api/v1/agreements/again":                `{"version":"x","why":""}`,
	"POST /api/v1/agreements/suspend":              `{"agreement":"x","why":""}`,
	"POST /agreements/change":                      "agreement=mash-fernshire&pair=fernshire/police&category=police.crime&purpose=s17&mode=none",
	"POST /agreements/{id}/approve":                "when=now",
	"POST /agreements/{id}/reject":                 "why=w",
	"POST /agreements/{id}/again":                  "version=this&why=w",
	"POST /quarantine":                             "reason=r&until=0",
	"POST /api/v1/quarantine/seen":                 `{"reason":"r"}`,
	"POST /enquiries/{id}/withdraw":                "reason=r&request=",
	"POST /enquiries/{id}/telephoned":              "request=",
	"POST /enquiries/{id}/review":                  "allow=no&reason=r&request=",
	"POST /enquiries/{id}/clarification":           "text=t&request=",
}

var (
	allRoles  = []string{"worker", "worker_2", "manager", "ig_lead", "ig_deputy", "scrutineer"}
	staffOnly = []string{"worker", "worker_2", "manager"}
	// openTo says which roles a page about no enquiry is for.
	openTo = map[string][]string{ruleHome: allRoles, ruleBoard: {"worker", "worker_2", "manager", "ig_lead", "ig_deputy"}, ruleLive: {"worker", "worker_2", "manager", "ig_lead", "ig_deputy"},
		ruleHealth: allRoles, ruleNew: staffOnly, ruleNotices: staffOnly, ruleAudit: {"manager", "ig_lead", "ig_deputy", "scrutineer"},
		ruleQuarantine: {"manager", "ig_lead", "ig_deputy"}, ruleRetention: {"manager", "ig_lead", "ig_deputy", "scrutineer"}, ruleHold: {"manager", "ig_lead", "ig_deputy"}, ruleDispose: {"ig_lead", "ig_deputy"},
		rulePolicy: allRoles, rulePropose: {"ig_lead", "ig_deputy"}, ruleApprove: {"manager", "ig_lead", "ig_deputy"}, ruleSuspend: {"manager", "ig_lead", "ig_deputy"}}
)

// target is an enquiry with one request and one late answer, and who may see
// it.
type target struct {
	name, enquiry, request, aside string
	edition                       string
	open                          []string
}

// allowed says who may use a route on a target.
func (x target) allowed(r kit.Route) []string {
	if slices.Contains([]string{ruleRetention, ruleHold, ruleDispose, rulePolicy, rulePropose, ruleApprove, ruleSuspend}, r.Rule) {
		if x.name == "own" { // who keeps records is named in no restricted enquiry here
			return openTo[r.Rule]
		}
		return nil
	}
	if strings.Contains(r.Pattern, "{return}") { // nothing has landed here: that is missing for everybody (see TestWhyPage)
		return nil
	}
	if r.Rule == ruleReview || r.Rule == ruleOutOfScope {
		return slices.DeleteFunc(slices.Clone(x.open), func(k string) bool { return k != "manager" })
	}
	return x.open
}

var requestID = regexp.MustCompile(`urn:request:[0-9a-f-]+`)

// TestEveryRoute walks all routes, roles and targets: an enquiry of the
// worker's, one restricted to the second worker, and one that is not there.
// What is denied must look exactly like what is missing.
func TestEveryRoute(t *testing.T) {
	h := newHub(t)
	clients := map[string]*client{}
	for _, k := range allRoles {
		clients[k] = h.as(k)
	}
	own, ownRs := h.opened(clients["worker"])
	restricted, restrictedRs := h.opened(clients["worker_2"], func(in *enquiry.OpenInput) { in.Restricted = true })
	missing := h.desk.Env.NewID()
	targets := []target{
		{"own", own.ID, ownRs[0].ID, h.late(clients["worker"], ownRs[1]), h.proposed(), staffOnly},
		{"restricted", restricted.ID, restrictedRs[0].ID, h.late(clients["worker_2"], restrictedRs[1]), missing, []string{"worker_2"}},
		{"missing", missing, missing, missing, missing, nil},
	}
	for _, r := range h.site.router.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if r.Rule == kit.RulePublic {
			continue
		}
		// Nobody who has not signed in gets any further.
		outside := h.as("").send(method, strings.ReplaceAll(path, "{id}", own.ID), payloads[r.Pattern])
		if ok := outside.status == http.StatusSeeOther || outside.status == http.StatusUnauthorized || r.Stream && outside.status == http.StatusNoContent; !ok {
			t.Errorf("%s without sign-in: %d", r.Pattern, outside.status)
		}
		if !strings.Contains(path, "{id}") {
			for _, k := range allRoles {
				a := clients[k].send(method, strings.ReplaceAll(path, "{$}", ""), payloads[r.Pattern])
				if want, got := slices.Contains(openTo[r.Rule], k), a.status != http.StatusNotFound; want != got || a.status >= 500 {
					t.Errorf("%s as %s: %d, allowed %v", r.Pattern, k, a.status, want)
				}
			}
			continue
		}
		for _, k := range allRoles {
			gone := clients[k].to(method, path, targets[2], payloads[r.Pattern])
			for _, x := range targets {
				a := clients[k].to(method, path, x, payloads[r.Pattern])
				if slices.Contains(x.allowed(r), k) {
					if a.status == http.StatusNotFound || a.status >= 500 {
						t.Errorf("%s of %s as %s: %d, should be allowed", r.Pattern, x.name, k, a.status)
					}
					continue
				}
				if a.status != http.StatusNotFound || requestID.ReplaceAllString(a.body, "") != requestID.ReplaceAllString(gone.body, "") {
					t.Errorf("%s of %s as %s: %d, should look like what is missing:\n%s", r.Pattern, x.name, k, a.status, a.body)
				}
				for name := range a.header {
					if gone.header[name] == nil {
						t.Errorf("%s of %s as %s: header %s tells the two apart", r.Pattern, x.name, k, name)
					}
				}
			}
		}
	}
	// The board leaves out what is restricted to others.
	lacks(t, "the board", clients["worker"].get("/board").body, restricted.Reference)
	lacks(t, "the board", clients["ig_lead"].get("/board").body, restricted.Reference, "/enquiries/")
}

// to sends a request about a target.
func (c *client) to(method, path string, x target, body string) answer {
	id := x.enquiry
	if strings.Contains(path, "/requests/") {
		id = x.request
	}
	if strings.Contains(path, "/set-aside/{id}") {
		id = x.aside
	}
	if strings.HasPrefix(path, "/agreements/{id}") || strings.HasPrefix(path, "/api/v1/agreements/") {
		id = x.edition
	}
	if strings.HasSuffix(body, "request=") {
		body += x.request
	}
	path = strings.ReplaceAll(path, "{id}", id)
	if method == "GET" && !strings.HasPrefix(path, "/api/") && slices.ContainsFunc([]string{"/withdraw", "/review", "/clarification", "/amend", "/telephoned"}, func(s string) bool { return strings.HasSuffix(path, s) }) {
		path += "?request=" + x.request
	}
	if method == "GET" && strings.HasSuffix(path, "/correct") {
		path += "?person=subject-1"
	}
	return c.send(method, path, body)
}

// send sends a form or JSON, and looks only at the beginning of a stream.
func (c *client) send(method, path, body string) answer {
	if strings.Contains(path, "/events") {
		ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, method, c.base+path, nil)
		if err != nil {
			c.t.Fatal(err)
		}
		resp, err := c.http.Do(r)
		if err != nil {
			c.t.Fatal(err)
		}
		resp.Body.Close()
		return answer{status: resp.StatusCode, header: resp.Header}
	}
	contentType := "application/x-www-form-urlencoded"
	if strings.HasPrefix(path, "/api/") {
		contentType = "application/json"
	}
	return c.do(method, path, contentType, []byte(body))
}

// TestNothingIsShownUnrecorded: when the log cannot be written, no page shows
// anything (I3).
func TestNothingIsShownUnrecorded(t *testing.T) {
	h := newHub(t)
	w, s := h.as("worker"), h.as("scrutineer")
	e, rs := h.opened(w)
	aside := h.late(w, rs[1])
	h.desk.Audit = broken{}
	for _, path := range []string{"/enquiries/" + e.ID + "/set-aside", "/enquiries/" + e.ID + "/late-review", "/set-aside/" + aside, "/api/v1/set-aside/" + aside, "/", "/board", "/notices", "/enquiries/new", "/enquiries/" + e.ID, "/enquiries/" + e.ID + "/chronology", "/enquiries/" + e.ID + "/ask",
		"/enquiries/" + e.ID + "/close", "/api/v1/board", "/api/v1/enquiries/" + e.ID, "/api/v1/notices", "/api/v1/agencies"} {
		a := w.get(path)
		if a.status < 500 {
			t.Errorf("%s: %d", path, a.status)
		}
		lacks(t, path, a.body, "Rowan", e.Reference, "Fernshire Police")
	}
	for _, path := range []string{"/audit", "/audit/bundle", "/api/v1/audit/bundle"} {
		if a := s.get(path); a.status < 500 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

type broken struct{}

func (broken) Append(mash.AuditTx, mash.Entry) error {
	return mash.Errorf(mash.CodeUnavailable, "the disk is full")
}

// TestFaultIsNotRefusal: a policy that cannot decide is a fault of ours, told
// apart from a refusal, and shows nothing.
func TestFaultIsNotRefusal(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, _ := h.opened(w)
	h.desk.Policy = silent{h.desk.Policy}
	for _, path := range []string{"/", "/board", "/enquiries/" + e.ID} {
		a := w.get(path)
		if a.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, a.status)
		}
		contains(t, path, a.body, "It is not a refusal")
		lacks(t, path, a.body, "Rowan")
	}
	if a := w.get("/api/v1/enquiries/" + e.ID); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, `"deny_fault"`) {
		t.Errorf("the API: %d %s", a.status, a.body)
	}
}

// silent gives no answer to views.
type silent struct{ mash.Policy }

func (s silent) View(ctx context.Context, in mash.ViewInput) mash.Decision {
	d := s.Policy.View(ctx, in)
	d.Verdict, d.Parts = mash.Verdict{Answer: mash.Deny, Fault: true}, nil
	return d
}
