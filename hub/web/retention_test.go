package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/retention"
)

// TestRecordsPages: who keeps records finds an enquiry by its reference, holds
// it, lifts the hold and reviews it by the pages alone, and sees nothing of what
// was said.
func TestRecordsPages(t *testing.T) {
	h := newHub(t)
	w, manager, ig, scrutineer := h.as("worker"), h.as("manager"), h.as("ig_lead"), h.as("scrutineer")
	e, _ := h.opened(w)
	page := "/enquiries/" + e.ID + "/keeping"
	all := ig.get("/retention")
	for _, c := range retention.Catalogue() {
		contains(t, "the schedule", all.body, c.Name, c.Why)
	}
	contains(t, "the schedule", all.body, "Nobody has checked this against the law yet", "7 years", "7 days", retention.Version)

	if a := manager.form("/retention/find", url.Values{"reference": {"NONE-HERE"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Write the reference") {
		t.Errorf("an unknown reference: %d", a.status)
	}
	if a := manager.json("POST", "/api/v1/retention/find", map[string]string{"reference": e.Reference}, nil); a.status != http.StatusOK || !strings.Contains(a.body, e.ID) {
		t.Fatalf("finding in the API: %d %s", a.status, a.body)
	}
	if a := manager.form("/retention/find", url.Values{"reference": {strings.ToLower(e.Reference)}}); a.status != http.StatusSeeOther || a.header.Get("Location") != page {
		t.Fatalf("a known reference: %d %s", a.status, a.header.Get("Location"))
	}
	a := manager.get(page)
	contains(t, "an open enquiry", a.body, e.Reference, "Place a legal hold", "Look at it again, if it is still open")
	lacks(t, "an open enquiry", a.body, "Rowan", "Lift the legal hold", "Record the review", "checked")
	lacks(t, "a scrutineer's page", scrutineer.get(page).body, "Place a legal hold")
	if a := manager.form("/enquiries/"+e.ID+"/hold", url.Values{"why": {"court"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Say who asked for it") {
		t.Errorf("a hold without a note: %d", a.status)
	}
	if a := manager.form("/enquiries/"+e.ID+"/hold", url.Values{"why": {"court"}, "note": {"The claim about Rowan"}}); a.status != http.StatusSeeOther {
		t.Fatalf("placing a hold: %d %s", a.status, a.body)
	}
	a = ig.get("/retention")
	contains(t, "what is held", a.body, "On legal hold", e.Reference, "court proceedings, or a claim")
	lacks(t, "what is held", a.body, "Rowan")
	lacks(t, "a held enquiry", ig.get(page).body, "Rowan", "Place a legal hold")

	// Closed eight years ago, and still on hold.
	if err := h.store.Update(t.Context(), func(tx mash.HubTx) error {
		e, err := tx.Enquiry(e.ID)
		if err != nil {
			return err
		}
		rs, err := tx.RequestsOf(e.ID)
		for _, r := range rs {
			if r.State = mash.RequestLanded; err == nil {
				err = tx.UpdateRequest(r)
			}
		}
		if err != nil {
			return err
		}
		e.State, e.Retention.Review = mash.EnquiryClosed, retention.Closed(h.desk.Env.Now())
		return tx.UpdateEnquiry(e)
	}); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(8 * 366 * 24 * time.Hour)
	w, manager, ig = h.as("worker"), h.as("manager"), h.as("ig_lead")
	lacks(t, "a held enquiry that would be due", ig.get(page).body, "Record the review")
	if a := ig.form("/enquiries/"+e.ID+"/dispose", url.Values{"decision": {"destroy"}}); a.status != http.StatusConflict || !strings.Contains(a.body, "legal hold") {
		t.Errorf("destroying what is held: %d", a.status)
	}
	if a := ig.form("/enquiries/"+e.ID+"/lift-hold", url.Values{"note": {"settled"}}); a.status != http.StatusSeeOther {
		t.Fatalf("lifting: %d", a.status)
	}
	contains(t, "what is due", ig.get("/retention").body, "Due for review", e.Reference)
	lacks(t, "a manager's page", manager.get(page).body, "Record the review")
	contains(t, "a due enquiry", ig.get(page).body, "Record the review", "gone for good")
	for form, says := range map[string]string{"": "Say whether it is destroyed or kept", "decision=keep": "Say in how many years", "decision=keep&years=2&why=schedule": "Say why it must be kept"} {
		v, _ := url.ParseQuery(form)
		if a := ig.form("/enquiries/"+e.ID+"/dispose", v); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, says) {
			t.Errorf("%q: %d, want %q", form, a.status, says)
		}
	}
	if a := ig.form("/enquiries/"+e.ID+"/dispose", url.Values{"decision": {"destroy"}}); a.status != http.StatusSeeOther {
		t.Fatalf("destroying: %d %s", a.status, a.body)
	}
	contains(t, "what was destroyed", ig.get("/retention").body, "Destroyed on", e.Reference)
	contains(t, "a destroyed enquiry", ig.get(page).body, "What is left is its reference")
	lacks(t, "the worker's page", w.get("/enquiries/"+e.ID).body, "Rowan")

	var p enquiry.RetentionPicture
	ig.json("GET", "/api/v1/retention", "", &p)
	if len(p.Destroyed) != 1 || p.Destroyed[0].ID != e.ID || len(p.Due)+len(p.Held)+len(p.Going) != 0 || len(p.Catalogue) == 0 {
		t.Errorf("the API: %+v", p)
	}
	var one enquiry.RetentionRow
	ig.json("GET", "/api/v1/enquiries/"+e.ID+"/retention", "", &one)
	if one.Retention.Disposal == nil || one.Retention.Disposal.Done == nil {
		t.Errorf("the API: %+v", one)
	}
	lacks(t, "the program's log", h.notes.String(), "Rowan", "The claim")
}

// TestNoticesAreNotKeptByDefault: what was not decided is not decided.
func TestNoticesAreNotKeptByDefault(t *testing.T) {
	h := newHub(t)
	ig := h.as("ig_lead")
	v := url.Values{"ids": {"n-1"}, "why": {"schedule"}, "years": {"2"}}
	if a := ig.form("/retention/notices", v); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Say whether they are destroyed or kept") {
		t.Errorf("without a decision: %d", a.status)
	}
}

// TestRecordsShowAll: however many records there are, each stands on some page,
// and what may not be known of is not counted (I1). Notices are reviewed on the
// page on which they stand.
func TestRecordsShowAll(t *testing.T) {
	h := newHub(t)
	now := h.desk.Env.Now()
	due := mash.Retention{Class: retention.Notice, Review: now.Add(-time.Hour)}
	err := h.store.Update(t.Context(), func(tx mash.HubTx) error {
		for i := range 350 { // of which every second is on hold, and 50 are not for everybody
			e := mash.Enquiry{ID: fmt.Sprintf("e-%04d", i), Reference: fmt.Sprintf("AAAA-%04d", i), State: mash.EnquiryClosed, Restricted: i < 50, OpenedAt: now, Version: 1,
				Retention: mash.Retention{Class: retention.Enquiry, Review: now.Add(-time.Hour), Hold: i%2 == 0}}
			if err := tx.PutEnquiry(e); err != nil {
				return err
			}
		}
		for i := range 250 {
			n := mash.Notification{ID: fmt.Sprintf("n-%04d", i), Hub: "fernshire", Kind: "encompass", From: mash.Party{Agency: "police"}, To: mash.Party{Agency: "schools", Unit: "999001"},
				Dedupe: fmt.Sprint(i), State: mash.NoticeAcknowledged, RaisedAt: now, Retention: due, Content: []byte(`{}`), Version: 1}
			if err := tx.PutNotice(n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ig := h.as("ig_lead")
	seen := map[string]bool{}
	for page := 1; ; page++ {
		var p enquiry.RetentionPicture
		ig.json("GET", fmt.Sprintf("/api/v1/retention?page=%d", page), "", &p)
		if p.Total != 550 || p.Pages != 6 || p.Page != page || p.Counts != (enquiry.RetentionCounts{Due: 400, Held: 150}) {
			t.Fatalf("page %d: %+v %+v", page, p.Paging, p.Counts)
		}
		rows := append(p.Due, p.Held...)
		if want := min(100, 550-p.Skip()); len(rows) != want {
			t.Errorf("page %d has %d rows", page, len(rows))
		}
		for _, r := range rows {
			seen[r.ID] = true
		}
		if page == p.Pages {
			break
		}
	}
	if len(seen) != 550 || seen["e-0000"] || seen["e-0001"] {
		t.Errorf("%d of 550 records can be reached", len(seen))
	}
	first, last := ig.get("/retention").body, ig.get("/retention?page=6").body
	contains(t, "the first page", first, "shows 1 to 100 of 550", "Due for review: 400", `href="/retention?page=5"`, "On legal hold: 150")
	lacks(t, "the first page", first, "Nothing is on legal hold", "AAAA-0348")
	contains(t, "the last page", last, "shows 501 to 550 of 550", "AAAA-0348", "Nothing has been destroyed")
	lacks(t, "the last page", last, "Nothing is due for review")

	const at = "/retention/notices?page=4"
	contains(t, "the form", ig.get("/retention?page=4").body, `action="`+at+`"`, `value="n-0249"`)
	a := ig.form(at, url.Values{"ids": {"n-0249"}})
	if a.status != http.StatusUnprocessableEntity {
		t.Errorf("without a decision: %d", a.status)
	}
	contains(t, "the form again", a.body, `value="n-0249" checked`)
	if a := ig.form(at, url.Values{"ids": {"n-0249"}, "decision": {"destroy"}}); a.status != http.StatusSeeOther || a.header.Get("Location") != "/retention?page=4" {
		t.Errorf("destroying: %d, on to %s", a.status, a.header.Get("Location"))
	}
}
