package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// crowd adds n questions to one enquiry, all to the police.
func (h *hub) crowd(e mash.Enquiry, like mash.Request, n int) {
	h.t.Helper()
	err := h.store.Update(h.t.Context(), func(tx mash.HubTx) error {
		for i := range n {
			r := like
			r.ID, r.Party, r.EnquiryID, r.Reference, r.Version = fmt.Sprintf("crowd-%s-%04d", e.Reference, i), mash.Party{Agency: "police"}, e.ID, e.Reference, 1
			r.TargetAt = r.TargetAt.Add(time.Duration(i) * time.Minute)
			if err := tx.PutRequest(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// TestBoardShowsAll: however many questions are outstanding, the board counts
// all, and each stands on one of its pages (I1).
func TestBoardShowsAll(t *testing.T) {
	h := newHub(t)
	w, other := h.as("worker"), h.as("worker_2")
	e, rs := h.opened(w)
	secret, _ := h.opened(other, func(in *enquiry.OpenInput) { in.Restricted = true })
	h.crowd(e, rs[0], 600)
	h.crowd(secret, rs[0], 40)
	h.clock.pass(7 * time.Hour)

	seen := map[string]bool{}
	for page := 1; ; page++ {
		var b enquiry.Board
		w.json("GET", fmt.Sprintf("/api/v1/board?page=%d", page), "", &b)
		if b.Total != 603 || b.Pages != 7 || b.Page != page || b.Late == 0 || b.Late == 603 {
			t.Fatalf("page %d: %+v", page, b.Paging)
		}
		if !slices.IsSortedFunc(b.Rows, func(x, y enquiry.BoardRow) int { return x.TargetAt.Compare(y.TargetAt) }) {
			t.Errorf("page %d is not by target", page)
		}
		for _, r := range b.Rows {
			seen[r.Request] = true
		}
		if page == b.Pages {
			break
		}
	}
	if len(seen) != 603 {
		t.Errorf("%d of 603 questions can be reached", len(seen))
	}
	var theirs enquiry.Board
	if other.json("GET", "/api/v1/board", "", &theirs); theirs.Total != 603+43 {
		t.Errorf("who is named counts %d", theirs.Total)
	}
	first, last := w.get("/board").body, w.get("/board?page=7").body
	contains(t, "the first page", first, "603 questions are waiting for an answer", "shows 1 to 100 of 603", `href="/board?page=2"`, `href="/board?page=7"`, `aria-current="page"`)
	contains(t, "the last page", last, "shows 601 to 603 of 603", `href="/board?page=6"`)
	lacks(t, "the last page", last, secret.Reference)
	// Rows go while people turn pages, and addresses are typed.
	contains(t, "a page beyond", w.get("/board?page=70").body, "shows 601 to 603 of 603")
	contains(t, "no page", w.get("/board?page=x").body, "shows 1 to 100 of 603")
	if a := w.get("/api/v1/board?page=x"); a.status != 422 || !strings.Contains(a.body, `"code":"invalid"`) {
		t.Errorf("the API: %d %s", a.status, a.body)
	}

	// All that an agency has open is marked when it cannot search.
	down, err := json.Marshal(wire.Status{Heartbeat: mash.Heartbeat{Sources: []mash.Source{{Connector: "police", State: "tripped", Answers: true}}}})
	if err != nil {
		t.Fatal(err)
	}
	err = h.store.Update(t.Context(), func(tx mash.HubTx) error {
		return h.desk.Handlers()[wire.KindStatus](t.Context(), tx, exchange.Received{At: h.clock.Now(), Message: wire.Message{Body: down,
			Header: wire.Header{Kind: wire.KindStatus, Issuer: mash.PartyAddress(mash.Party{Agency: "police"}), IssuedAt: h.clock.Now()}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	contains(t, "the last page", w.get("/board?page=7").body, "Could not search")
	err = h.store.View(t.Context(), func(tx mash.HubTx) error {
		open, err := tx.OpenRequests(mash.RequestFilter{})
		for _, r := range open {
			if marked := slices.Contains(r.Marks, mash.MarkSourceUnavailable); marked != (r.Party.Agency == "police") {
				t.Errorf("%s, %s: marked %v", r.ID, r.Party, marked)
				break
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWorklistShowsAll: the oldest enquiry under way can be found, too.
func TestWorklistShowsAll(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	oldest, _ := h.opened(w)
	h.clock.pass(time.Hour)
	err := h.store.Update(t.Context(), func(tx mash.HubTx) error {
		for i := range 520 {
			e := oldest
			e.ID, e.Reference, e.OpenedAt, e.Version, e.Content = fmt.Sprintf("e-%04d", i), fmt.Sprintf("AAAA-%04d", i), h.clock.Now(), 1, mash.EnquiryContent{}
			if err := tx.PutEnquiry(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	first, last := w.get("/").body, w.get("/?page=6").body
	contains(t, "the first page", first, "shows 1 to 100 of 521", `href="/?page=6"`)
	contains(t, "the last page", last, "shows 501 to 521 of 521", oldest.Reference)

	var list enquiry.Worklist
	w.json("GET", "/api/v1/enquiries?page=6", "", &list)
	if list.Total != 521 || list.Pages != 6 || len(list.Rows) != 21 || list.Rows[20].ID != oldest.ID || list.Rows[20].OpenedBy != oldest.OpenedBy {
		t.Errorf("the API: %+v", list.Paging)
	}
}
