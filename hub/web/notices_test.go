package web

import (
	"fmt"
	"testing"
	"time"

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
	var list noticeList
	w.json("GET", "/api/v1/notices", nil, &list)
	if len(list.Rows) != 5 {
		t.Errorf("the API lists %d", len(list.Rows))
	}
	for _, r := range list.Rows {
		if (r.Ring == "") != (r.ID == "n3") {
			t.Errorf("%s: ring %q", r.ID, r.Ring)
		}
	}
}

// TestNoticesShowAll: however many notices are newer, one that did not arrive
// stands on the first page, and each stands on some page (I1).
func TestNoticesShowAll(t *testing.T) {
	h := newHub(t)
	now := h.desk.Env.Now()
	err := h.store.Update(t.Context(), func(tx mash.HubTx) error {
		for i := range 620 {
			n := mash.Notification{ID: fmt.Sprintf("n-%04d", i), Hub: "fernshire", Kind: "encompass", From: mash.Party{Agency: "police"}, To: mash.Party{Agency: "schools", Unit: "999001"},
				Dedupe: fmt.Sprint(i), State: mash.NoticeAcknowledged, Informed: mash.Informed{Answer: "yes"}, RaisedAt: now.Add(time.Duration(i) * time.Minute)}
			if i == 0 {
				n.State, n.Code = mash.NoticeUndeliverable, "unknown_key"
			}
			if err := tx.PutNotice(n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w := h.as("worker")
	seen := map[string]bool{}
	for page := 1; ; page++ {
		var list noticeList
		w.json("GET", fmt.Sprintf("/api/v1/notices?page=%d", page), nil, &list)
		if list.Total != 620 || list.Pages != 7 || list.Page != page || list.Unacknowledged != 1 {
			t.Fatalf("page %d: %+v, %d open", page, list.Paging, list.Unacknowledged)
		}
		for _, r := range list.Rows {
			seen[r.ID] = true
		}
		if page == 1 && (list.Rows[0].ID != "n-0000" || list.Rows[1].ID != "n-0619") {
			t.Errorf("it begins with %s and %s", list.Rows[0].ID, list.Rows[1].ID)
		}
		if page == list.Pages {
			break
		}
	}
	if len(seen) != 620 {
		t.Errorf("%d of 620 notices can be reached", len(seen))
	}
	contains(t, "the first page", w.get("/notices").body, "1 notice has not been acknowledged", "shows 1 to 100 of 620", "They are not connected", `href="/notices?page=7"`)
	contains(t, "the last page", w.get("/notices?page=7").body, "shows 601 to 620 of 620", `href="/notices?page=6"`)
}
