package web

import (
	"net/http"
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
)

// TestPartiesOutsideTheDirectory: who was considered and is none of the hub's
// agencies has a name on the pages, and a code of nobody's says that it is one.
func TestPartiesOutsideTheDirectory(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	var e mash.Enquiry
	w.json("POST", "/api/v1/enquiries", contact(h.desk.Env.Now()), &e)
	var rs []mash.Request
	w.json("POST", "/api/v1/enquiries/"+e.ID+"/ask", enquiry.AskInput{From: time.Date(2016, 5, 3, 0, 0, 0, 0, time.UTC),
		Ask: []enquiry.PartyAsk{{Party: mash.Party{Agency: "police"}, Categories: []string{"police.crime"}}},
		NotAsked: []mash.NotAsked{{Party: mash.Party{Agency: "voluntary"}, Reason: "Nobody knows of one"},
			{Party: mash.Party{Agency: "lighthouse"}, Reason: "It is closed"}}}, &rs)
	h.sent(rs...)
	w.json("PUT", "/api/v1/enquiries/"+e.ID+"/own-view", map[string]string{"own_view": "Strain."}, nil)
	for _, page := range []string{"/enquiries/" + e.ID, "/enquiries/" + e.ID + "/chronology"} {
		got := w.get(page)
		if got.status != http.StatusOK {
			t.Fatalf("%s: %d", page, got.status)
		}
		body := got.body
		contains(t, page, body, "Voluntary organisation", "lighthouse (not in the directory)")
		lacks(t, page, body, ">voluntary<")
	}
}

// TestWhyItEnded: a page says in words why a question or a notice ended, and
// not with a code.
func TestWhyItEnded(t *testing.T) {
	for _, code := range []string{"agreement_withdrawn", "reviewer", "lifetime", string(mash.CodeBadMessage), string(mash.CodeWrongParty),
		string(mash.CodeUnsupported), string(mash.CodeConflict), string(mash.CodeOutOfScope), string(mash.CodeUnknownKey), string(mash.CodeInternal)} {
		if _, ok := codeWords[code]; !ok {
			t.Errorf("%s has no words", code)
		}
	}
}
