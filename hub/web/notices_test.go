package web

import (
	"testing"

	"mashhub/hub/mash"
)

// TestWhomToRingAboutANotice: one that did not arrive says whose telephone to
// take up: the setting's or, where no setting is known by that number, that of
// who sent it.
func TestWhomToRingAboutANotice(t *testing.T) {
	h := newHub(t)
	now := h.desk.Env.Now()
	notice := func(id string, to mash.Party, state mash.NotificationState, code string) {
		t.Helper()
		if err := h.store.Update(t.Context(), func(tx mash.HubTx) error {
			return tx.PutNotice(mash.Notification{ID: id, Hub: "fernshire", Kind: "encompass", From: mash.Party{Agency: "police"}, To: to, Dedupe: id,
				State: state, Code: code, Informed: mash.Informed{Answer: "yes"}, RaisedAt: now, Content: []byte(`{}`)})
		}); err != nil {
			t.Fatal(err)
		}
	}
	notice("n1", mash.Party{}, mash.NoticeUndeliverable, "unknown_setting")
	notice("n2", mash.Party{Agency: "schools", Unit: "999001"}, mash.NoticeUndeliverable, "unknown_key")
	notice("n3", mash.Party{Agency: "schools", Unit: "999001"}, mash.NoticeSent, "")
	notice("n4", mash.Party{}, mash.NoticeRefused, "bad_message")
	notice("n5", mash.Party{}, mash.NoticeRefused, "conflict")
	w := h.as("worker")
	page := w.get("/notices").body
	contains(t, "the page", page, "Could not be delivered", "No setting is known by that number", "Telephone: Fernshire Police, 01632 960102",
		"They are not connected", "Telephone: Millbrook Primary School, 01632 960111",
		"This hub could not take it in: nobody was told", "It was incomplete or could not be read", "It came too late")
	var rows []NoticeRow
	w.json("GET", "/api/v1/notices", nil, &rows)
	for _, r := range rows {
		if (r.Ring == "") != (r.ID == "n3") {
			t.Errorf("%s: ring %q", r.ID, r.Ring)
		}
	}
}
