package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mashhub/hub/evidence"
	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// TestWhyPage: from an item of the chronology to why it was shared, and to the file
// that proves it; for whoever sees the item, and for nobody else.
func TestWhyPage(t *testing.T) {
	h := newHub(t)
	w, manager, ig := h.as("worker"), h.as("manager"), h.as("ig_lead")
	e, rs := h.opened(w)
	r := rs[0]
	item := record.Item{ID: "a/b", Person: "subject-1", Category: r.Categories[0], Kind: record.Fact, Date: record.PartialDate{Date: "2026-09-01"}, Title: "Seen at the park", Source: "records"}
	h.land(r, true, []mash.PersonOutcome{{Person: "subject-1", Outcome: mash.RecordsFound}, {Person: "household-1", Outcome: mash.NothingKnown}}[:len(r.Persons)], nil, item)
	if a := w.form("/enquiries/"+e.ID+"/own-view", url.Values{"own_view": {"what I think"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problemsOf(a.body))
	}
	page := w.get("/enquiries/" + e.ID + "/chronology").body
	_, link, ok := strings.Cut(page, `href="/enquiries/`+e.ID+`/items/`)
	if !ok {
		t.Fatal("the chronology does not lead to why")
	}
	link, _, _ = strings.Cut(link, `"`)
	at := "/enquiries/" + e.ID + "/items/" + link
	if !strings.HasSuffix(at, "/a%2Fb/why") {
		t.Errorf("an item's id is not escaped: %s", at)
	}
	page = manager.get(at).body
	contains(t, "the page", page, "Why was this shared?", "May we ask?", "May it leave the agency?", "Who has seen it", "MF-5.1", "MF-3.2", "Children Act 1989", "As the program came with it",
		"signed on 2024-12-02", "Download the evidence", "Page: chronology", "Sam Okafor", "An answer landed", ">"+h.site.partyName(r.Party)+"<")
	lacks(t, "the page", page, "Seen at the park", "Tessel")
	file := manager.get(at + ".json")
	if file.status != http.StatusOK || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") || file.header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", file.status, file.header)
	}
	if _, err := evidence.Verify(strings.NewReader(file.body), h.verify); err != nil && !strings.Contains(err.Error(), "no entry of it is proved") { // nothing is sequenced here
		t.Error(err)
	}
	contains(t, "the API", manager.get("/api/v1"+at).body, `"category": "`+item.Category+`"`)
	for _, path := range []string{at, at + ".json", "/api/v1" + at} {
		if a := ig.get(path); a.status != http.StatusNotFound {
			t.Errorf("an information-governance lead opens %s: %d", path, a.status)
		}
	}
	if a := manager.get(strings.Replace(at, "a%2Fb", "c", 1)); a.status != http.StatusNotFound {
		t.Errorf("an item that is not there: %d", a.status)
	}
}
