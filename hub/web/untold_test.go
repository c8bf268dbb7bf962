package web

import (
	"net/http"
	"net/url"
	"testing"

	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// TestAnAgencyToTelephone: what an agency could not be told stands on the
// enquiry and on the board, also after the question has ended, until somebody
// has called.
func TestAnAgencyToTelephone(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, rs := h.opened(w)
	at := "/enquiries/" + e.ID
	contains(t, "nothing to tell", w.form(at+"/telephoned", url.Values{"request": {rs[0].ID}}).body, "nothing that this agency must be telephoned about")
	for _, r := range rs {
		w.form(at+"/withdraw", url.Values{"request": {r.ID}, "reason": {"Not needed"}})
	}
	lacks(t, "the board", w.get("/board").body, "Agencies to telephone")
	if err := h.store.Update(t.Context(), func(tx mash.HubTx) error {
		return h.desk.Settled(tx, mash.OutMessage{Kind: string(wire.KindWithdraw), Ref: rs[0].ID, State: mash.OutRefused, Code: "unsupported"}, h.desk.Env.Now())
	}); err != nil {
		t.Fatal(err)
	}
	const told = "The agency could not be told that this is not asked any more: telephone them"
	contains(t, "the board", w.get("/board").body, "Nothing is outstanding", "Agencies to telephone", e.Reference, "Fernshire Police", "01632 960102", told)
	contains(t, "the enquiry", w.get(at).body, told, at+"/telephoned?request="+rs[0].ID, "01632 960102")
	contains(t, "the form", w.get(at+"/telephoned?request="+rs[0].ID).body, told, "I have telephoned them")
	if a := w.form(at+"/telephoned", url.Values{"request": {rs[0].ID}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d", a.status)
	}
	lacks(t, "the board", w.get("/board").body, told, "Agencies to telephone")
	if a := w.send("POST", "/api/v1/requests/"+rs[0].ID+"/telephoned", ""); a.status != http.StatusConflict {
		t.Errorf("again: %d", a.status)
	}
}
