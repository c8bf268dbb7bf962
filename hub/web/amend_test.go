package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// TestChangingAQuestion: the form shows what is asked now, and the page says
// afterwards what changed.
func TestChangingAQuestion(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, rs := h.opened(w)
	at, r := "/enquiries/"+e.ID, rs[0]
	contains(t, "the enquiry", w.get(at).body, "Change the question", at+"/amend?request="+r.ID, "Correct who this is", "agrees to fewer agencies")
	page := w.get(at + "/amend?request=" + r.ID).body
	contains(t, "the form", page, `value="household-1" checked`, `value="police.crime" checked`, "Fernshire Police")
	lacks(t, "the form", page, `value="police.order" checked`)
	if a := w.get(at + "/amend?request=" + e.ID); a.status != http.StatusNotFound {
		t.Errorf("of no request: %d", a.status)
	}
	change := url.Values{"request": {r.ID}, "persons": {"subject-1"}, "categories": {"police.crime"}, "reason": {"She has moved out"}}
	without := func(name string) url.Values {
		v := url.Values{}
		for k, x := range change {
			if k != name {
				v[k] = x
			}
		}
		return v
	}
	for name, text := range map[string]string{"persons": "Choose about whom you ask", "categories": "Choose what you ask for", "reason": "Say why the question changes"} {
		if a := w.form(at+"/amend", without(name)); a.status != http.StatusUnprocessableEntity {
			t.Errorf("without %s: %d", name, a.status)
		} else {
			contains(t, "without "+name, a.body, text)
		}
	}
	if a := w.form(at+"/amend", change); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problemsOf(a.body))
	}
	w.form(at+"/rag", url.Values{"rag": {"red"}})
	contains(t, "the enquiry", w.get(at).body, "about whom, for what or from when was asked changed", "the urgency became red")
	// What the agreement does not allow is said in its words.
	change.Set("reason", "more")
	change["categories"] = []string{"police.crime", "police.intelligence"}
	if a := w.form(at+"/amend", change); a.status != http.StatusConflict {
		t.Errorf("more than is allowed: %d", a.status)
	} else {
		contains(t, "the refusal", a.body, "The agreement does not allow more")
	}
	var row mash.Request
	w.json("POST", "/api/v1/requests/"+rs[1].ID+"/amend", `{"categories":["health.gp_registration"],"reason":"enough"}`, &row)
	if row.Revision != 3 || len(row.Categories) != 1 { // the rating was the second
		t.Errorf("by the API: %+v", row)
	}
}

// TestCorrectingSomebody: the form shows the record, and keeps what it does not
// show.
func TestCorrectingSomebody(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, rs := h.opened(w)
	at := "/enquiries/" + e.ID
	page := w.get(at + "/correct?person=subject-1").body
	contains(t, "the form", page, `value="Rowan"`, `value="2016"`, `value="9990000018"`, `value="FE1 4TC"`, "search again")
	if a := w.get(at + "/correct?person=subject-9"); a.status != http.StatusNotFound {
		t.Errorf("of nobody: %d", a.status)
	}
	v := url.Values{"person": {"subject-1"}, "given": {"Rowan"}, "family": {"Tessel"}, "born-day": {"5"}, "born-month": {"3"}, "born-year": {"2016"},
		"nhs": {"9990000018"}, "line1": {"14 Tanner's Court"}, "city": {"Alderbrook"}, "postcode": {"FE1 4TC"}, "reason": {"The school's register"}}
	bad := url.Values{}
	for k, x := range v {
		bad[k] = x
	}
	bad.Set("nhs", "9991234560")
	if a := w.form(at+"/correct", bad); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong number: %d", a.status)
	}
	if a := w.form(at+"/correct", v); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problemsOf(a.body))
	}
	contains(t, "the enquiry", w.get(at).body, "5 March 2016", "who somebody is was corrected")
	var now mash.Enquiry
	var r mash.Request
	if err := h.store.View(t.Context(), func(tx mash.HubTx) (err error) {
		if now, err = tx.Enquiry(e.ID); err == nil {
			r, err = tx.Request(rs[0].ID)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if p := now.Content.People[0].Record; p.Gender != "2" || len(p.Identifiers) != 1 || r.Revision != 2 || !r.Earlier[0].Corrected {
		t.Errorf("%+v, revision %d", p, r.Revision)
	}
	if a := w.form(at+"/correct", v); a.status != http.StatusUnprocessableEntity {
		t.Errorf("nothing to correct: %d", a.status)
	}
	if a := w.form(at+"/agreement-part", nil); a.status != http.StatusUnprocessableEntity {
		t.Errorf("to no agency: %d", a.status)
	}
	if a := w.form(at+"/agreement-part", url.Values{"agencies": {"police"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d", a.status)
	}
	contains(t, "the enquiry", w.get(at).body, "Withdrawn")
}

// TestAgenciesSayByWhichVersionTheyDecide.
func TestAgenciesSayByWhichVersionTheyDecide(t *testing.T) {
	h := newHub(t)
	epoch := int64(1)
	h.desk.InForce = func() (string, int64) { return "ours", epoch }
	beat := func() {
		t.Helper()
		body, err := json.Marshal(wire.Status{Heartbeat: mash.Heartbeat{PolicyVersion: "abc123", PolicyEpoch: 1}})
		if err != nil {
			t.Fatal(err)
		}
		h.clock.pass(time.Millisecond) // no two are issued at once
		now := h.desk.Env.Now()
		if err := h.store.Update(t.Context(), func(tx mash.HubTx) error {
			return h.desk.Handlers()[wire.KindStatus](t.Context(), tx, exchange.Received{At: now, Message: wire.Message{Body: body,
				Header: wire.Header{Kind: wire.KindStatus, Issuer: "agency/police", IssuedAt: now}}})
		}); err != nil {
			t.Fatal(err)
		}
	}
	beat()
	w := h.as("worker")
	contains(t, "the agencies", w.get("/agencies").body, "Decides by", "Version abc123", "It has not said")
	lacks(t, "the agencies", w.get("/agencies").body, "behind ours")
	epoch = 3
	beat()
	contains(t, "behind", w.get("/agencies").body, "2 behind ours, since ")
	h.clock.pass(time.Minute)
	beat()
	var all []struct {
		Agency string
		Policy struct{ Old bool }
	}
	w.json("GET", "/api/v1/health", "", &all)
	for _, a := range all {
		if a.Policy.Old != (a.Agency == "police") {
			t.Errorf("%s: old %v", a.Agency, a.Policy.Old)
		}
	}
}

// TestAVersionOnAPage is short, because a whole digest pushes everything else
// off the page; two versions still look different.
func TestAVersionOnAPage(t *testing.T) {
	for v, want := range map[string]string{"sha256:2e3c7aaa03adac679465503aa2e13cdc": "sha256:2e3c7aaa03ad", "abc123": "abc123", "sha256:short": "sha256:short"} {
		if got := shortVersion(v); got != want {
			t.Errorf("%s: %s", v, got)
		}
	}
}
