package web

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// late withdraws a question and lands its answer afterwards; it gives the
// return's id.
func (h *hub) late(c *client, r mash.Request) (id string) {
	h.t.Helper()
	if a := c.json("POST", "/api/v1/requests/"+r.ID+"/withdraw", map[string]string{"reason": "Taking too long."}, nil); a.status != http.StatusOK {
		h.t.Fatalf("withdrawing: %d %s", a.status, a.body)
	}
	h.land(r, true, found("subject-1"), nil, item("H-1", "subject-1", "health.missed_appointment", record.Fact, "2026-10-02", "Missed the dentist", "Second time.", "Appointments"))
	err := h.store.View(h.t.Context(), func(tx mash.HubTx) error {
		all, err := tx.ReturnsOf(r.ID)
		id = all[0].ID
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// apart plays an enquiry with an answer that holds two pieces that were not
// asked for, a late answer, and one that the hub refused.
func (h *hub) apart(c *client) (e mash.Enquiry, late string) {
	h.t.Helper()
	e, rs := h.opened(c)
	h.clock.pass(5 * time.Hour)
	h.land(rs[0], true, found("subject-1", "household-1"), nil,
		item("P-1", "household-1", "police.domestic_incident", record.Fact, "2026-10-20", "Verbal domestic incident, no crime", "Neighbour reported shouting.", "Incident log"),
		item("P-2", "household-2", "police.crime", record.Fact, "2026-10-20", "Canary about a neighbour", "", "Incident log"),
		item("P-3", "household-1", "police.intelligence", record.Opinion, "2026-10-21", "Canary of intelligence", "", "Incident log"))
	late = h.late(c, rs[1])
	h.refuse(rs[2], mash.CodeOutOfScope)
	h.clock.pass(20 * time.Minute)
	return e, late
}

// refuse tells the desk, as the exchange does, that an answer was refused.
func (h *hub) refuse(r mash.Request, code mash.Code) {
	h.t.Helper()
	if err := h.store.Update(h.t.Context(), func(tx mash.HubTx) error {
		return h.desk.Refused(tx, exchange.Received{At: h.desk.Env.Now(), Message: wire.Message{Header: wire.Header{Kind: wire.KindReturn, ID: h.desk.Env.NewID(),
			Hub: "fernshire", Issuer: mash.PartyAddress(r.Party), Ref: r.ID, Revision: 1}}}, code)
	}); err != nil {
		h.t.Fatal(err)
	}
}

// TestWhatIsSetAsideOnThePages: counted where the answer stands, listed without
// what it says, opened by who may, and taken in once.
func TestWhatIsSetAsideOnThePages(t *testing.T) {
	h := newHub(t)
	w, m := h.as("worker"), h.as("manager")
	e, late := h.apart(w)
	at := "/enquiries/" + e.ID
	page := w.get(at).body
	contains(t, "the enquiry", page, "2 items from Fernshire Police were outside the question and are set aside.", "Read it, and take it in or leave it out", at+"/set-aside",
		"An answer from Millbrook Primary School was refused: it answers something else than was asked. Ask them to send it again: telephone 01632 960111.",
		"If they cannot, withdraw this question and ask again.",
		"3 items are set aside")
	lacks(t, "the enquiry", page, "Canary", "Missed the dentist")
	contains(t, "the board", w.get("/board").body, "An answer from Millbrook Primary School was refused: it answers something else than was asked", "01632 960111")

	list := w.get(at + "/set-aside").body
	contains(t, "the list", list, "Came too late", "Not asked for", "The question had been withdrawn", "About somebody who was not asked about", "Of a kind that was not asked for",
		"A manager looks at it", "/set-aside/"+late, "01632 960103")
	lacks(t, "the list", list, "Canary", "Missed the dentist", "intelligence", "Rowan")
	var asides enquiry.Asides
	m.json("GET", "/api/v1"+at+"/set-aside", "", &asides)
	piece := ""
	for _, row := range asides.Rows {
		if row.Why == mash.AsideCategory {
			piece = row.ID
		}
	}
	contains(t, "the manager's list", m.get(at+"/set-aside").body, "/set-aside/"+piece)

	// Before the worker has written what they think, nothing is opened.
	if a := w.get("/set-aside/" + late); a.status != http.StatusOK || !strings.Contains(a.body, "Write your own view") || strings.Contains(a.body, "dentist") {
		t.Errorf("before the own view: %d", a.status)
	}
	w.json("PUT", "/api/v1"+at+"/own-view", map[string]string{"own_view": "Strain."}, nil)
	contains(t, "the late answer", w.get("/set-aside/"+late).body, "Missed the dentist", "Rowan Tessel", "Yes, take it in", "The question had been withdrawn")
	if a := w.get("/set-aside/" + piece); a.status != http.StatusNotFound {
		t.Errorf("a worker opens what was not asked for: %d", a.status)
	}
	contains(t, "what was not asked for", m.get("/set-aside/"+piece).body, "Canary of intelligence", "We did not ask for this", "Telephone Fernshire Police on 01632 960102")

	// Forms say what is missing, and change nothing.
	if a := w.form("/set-aside/"+late+"/consider", url.Values{"reason": {"r"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Say whether it belongs in the chronology") {
		t.Errorf("without a decision: %d", a.status)
	}
	if a := w.form("/set-aside/"+late+"/consider", url.Values{"decision": {"take_in"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Say what is in it") {
		t.Errorf("without a reason: %d", a.status)
	}
	take := url.Values{"decision": {"take_in"}, "reason": {"The dentist matters"}}
	if a := w.form("/set-aside/"+late+"/consider", take); a.status != http.StatusSeeOther {
		t.Fatalf("taking in: %d %s", a.status, a.body)
	}
	if a := w.form("/set-aside/"+late+"/consider", take); a.status != http.StatusConflict || !strings.Contains(a.body, "taken in already") {
		t.Errorf("a second click: %d", a.status)
	}
	contains(t, "the chronology", w.get(at+"/chronology").body, "Missed the dentist", "Came late from Fernshire Integrated Care Board and its practices. Taken in by Sam Okafor on",
		"because: The dentist matters")
	contains(t, "the enquiry afterwards", w.get(at).body, "Its answer came late and was taken in.")
	contains(t, "the list afterwards", w.get(at+"/set-aside").body, "Taken in", "The dentist matters")

	if a := m.form("/set-aside/"+piece+"/destroy", url.Values{"told": {"yes"}, "reason": {"Sent in error"}}); a.status != http.StatusSeeOther {
		t.Fatalf("destroying: %d %s", a.status, a.body)
	}
	gone := m.get("/set-aside/" + piece).body
	contains(t, "destroyed", gone, "What it said was destroyed", "The agency was told", "Helen Marsh")
	lacks(t, "destroyed", gone, "Canary")
	if a := m.json("POST", "/api/v1/set-aside/"+piece+"/destroy", map[string]string{"reason": "again"}, nil); a.status != http.StatusConflict {
		t.Errorf("destroying twice: %d", a.status)
	}
	lacks(t, "the program's log", h.notes.String(), "Canary", "dentist")
}

// TestLateReviewPage shows what is new, keeps or reopens, and refuses an answer
// about less than there is.
func TestLateReviewPage(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, rs := h.opened(w)
	at := "/enquiries/" + e.ID
	w.json("PUT", "/api/v1"+at+"/own-view", map[string]string{"own_view": "Strain."}, nil)
	for _, step := range []struct{ path, body string }{{"/voice-not-sought", `{"reason":"Not seen yet."}`}, {"/collate", ""},
		{"/decision", `{"outcome":"advice","why":"Small."}`}} {
		if a := w.json("POST", "/api/v1"+at+step.path, step.body, nil); a.status != http.StatusNoContent {
			t.Fatalf("%s: %d %s", step.path, a.status, a.body)
		}
	}
	contains(t, "before", w.get(at+"/late-review").body, "Nothing has come since the decision")
	h.clock.pass(time.Hour)
	h.late(w, rs[1])
	contains(t, "the enquiry", w.get(at).body, "The decision is up for review", at+"/late-review")
	contains(t, "the board", w.get("/board").body, "1 decision is up for review", "start page")
	lacks(t, "the lead's board", h.as("ig_lead").get("/board").body, "up for review")
	page := w.get(at + "/late-review").body
	contains(t, "the review", page, "Missed the dentist", "Take it in or leave it out", "Advice given", "Small.", "Does the decision stand?")
	var x enquiry.Late
	w.json("GET", "/api/v1"+at+"/late-review", "", &x)
	h.land(rs[0], true, found("subject-1", "household-1"), nil, item("P-1", "subject-1", "police.crime", record.Fact, "2026-10-20", "Came meanwhile", "", "Log"))
	if a := w.form(at+"/late-review", url.Values{"reopen": {"no"}, "reason": {"It stands"}, "seen": {x.Returns[0].ID}}); a.status != http.StatusConflict || !strings.Contains(a.body, "Came meanwhile") {
		t.Errorf("something came meanwhile: %d", a.status)
	}
	w.json("GET", "/api/v1"+at+"/late-review", "", &x)
	if len(x.Returns) != 2 {
		t.Fatalf("%+v", x.Returns)
	}
	if a := w.form(at+"/late-review", url.Values{"reopen": {"no"}, "reason": {"It stands"}, "seen": {x.Returns[0].ID + " " + x.Returns[1].ID}}); a.status != http.StatusSeeOther {
		t.Errorf("kept: %d %s", a.status, a.body)
	}
	lacks(t, "afterwards", w.get(at).body, "The decision is up for review")
	lacks(t, "the board afterwards", w.get("/board").body, "up for review")
	if a := h.as("ig_lead").get(at + "/late-review"); a.status != http.StatusNotFound {
		t.Errorf("the information governance lead: %d", a.status)
	}
}

// TestQuarantinePage: a line on the board until somebody has looked, a page
// without content for who may.
func TestQuarantinePage(t *testing.T) {
	h := newHub(t)
	w, ig := h.as("worker"), h.as("ig_lead")
	contains(t, "none", ig.get("/quarantine").body, "There is none.")
	q := mash.Quarantined{ID: h.desk.Env.NewID(), Topic: "mash.fernshire.from.police", Partition: 0, Offset: 41, Code: mash.CodeUnknownKey,
		Sealed: []byte("Canary"), At: h.desk.Env.Now()}
	if err := h.store.Update(t.Context(), func(tx mash.HubTx) error { return tx.Quarantine(q) }); err != nil {
		t.Fatal(err)
	}
	contains(t, "the worker's board", w.get("/board").body, "1 message to the hub could not be opened", "Tell the hub manager")
	contains(t, "the lead's board", ig.get("/board").body, "1 message to the hub could not be opened", `href="/quarantine"`)
	page := ig.get("/quarantine").body
	contains(t, "the page", page, "mash.fernshire.from.police", "position 41", "It is signed or sealed with a key that is not valid here", "Not yet", "unknown_key")
	lacks(t, "the page", page, "Canary")
	if a := w.get("/quarantine"); a.status != http.StatusNotFound {
		t.Errorf("a worker: %d", a.status)
	}
	var api enquiry.Quarantine
	ig.json("GET", "/api/v1/quarantine", "", &api)
	if len(api.Rows) != 1 || api.State.Unseen != 1 {
		t.Errorf("%+v", api)
	}
	until := url.Values{"until": {itoa(int(api.State.Last.UnixMilli()))}}
	if a := ig.form("/quarantine", until); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Say what you found") {
		t.Errorf("without what was found: %d", a.status)
	}
	until.Set("reason", "An old key, put right on the telephone")
	if a := ig.form("/quarantine", until); a.status != http.StatusSeeOther {
		t.Errorf("looked at: %d %s", a.status, a.body)
	}
	if a := ig.json("POST", "/api/v1/quarantine/seen", map[string]any{"reason": "again", "until": api.State.Last}, nil); a.status != http.StatusConflict {
		t.Errorf("again: %d", a.status)
	}
	contains(t, "afterwards", ig.get("/quarantine").body, "Tom Achebe", "An old key, put right on the telephone")
	lacks(t, "the board afterwards", w.get("/board").body, "could not be opened")
}

// TestAsidePagesInABrowser takes pictures of these pages for MASH_SCREENSHOTS,
// and finds nothing that the browser complains of.
func TestAsidePagesInABrowser(t *testing.T) {
	dir := os.Getenv("MASH_SCREENSHOTS")
	bin, err := exec.LookPath("chromium")
	if dir == "" || err != nil {
		t.Skip("MASH_SCREENSHOTS names no folder, or there is no chromium: no pictures")
	}
	h := newHub(t)
	w, m := h.as("worker"), h.as("manager")
	e, late := h.apart(w)
	at := "/enquiries/" + e.ID
	w.json("PUT", "/api/v1"+at+"/own-view", map[string]string{"own_view": "Strain."}, nil)
	var asides enquiry.Asides
	m.json("GET", "/api/v1"+at+"/set-aside", "", &asides)
	piece := ""
	for _, row := range asides.Rows {
		if row.Kind == enquiry.AsideOutside {
			piece = row.ID
		}
	}
	q := mash.Quarantined{ID: "q", Topic: "mash.fernshire.from.police", Offset: 41, Code: mash.CodeUnknownKey, Sealed: []byte("x"), At: h.desk.Env.Now()}
	if err := h.store.Update(t.Context(), func(tx mash.HubTx) error { return tx.Quarantine(q) }); err != nil {
		t.Fatal(err)
	}
	h.browse(bin, dir, "aside-board", "worker", "/board", "1400,900")
	h.browse(bin, dir, "aside-enquiry", "worker", at, "1400,4200")
	h.browse(bin, dir, "aside-list", "worker", at+"/set-aside", "1400,1300")
	h.browse(bin, dir, "aside-late", "worker", "/set-aside/"+late, "1400,1700")
	h.browse(bin, dir, "aside-piece", "manager", "/set-aside/"+piece, "1400,1700")
	h.browse(bin, dir, "aside-quarantine", "ig_lead", "/quarantine", "1400,1100")
	w.form("/set-aside/"+late+"/consider", url.Values{"decision": {"take_in"}, "reason": {"The dentist matters"}})
	h.browse(bin, dir, "aside-chronology", "worker", at+"/chronology", "1400,1900")
	w.json("POST", "/api/v1"+at+"/voice-not-sought", map[string]string{"reason": "Not seen yet."}, nil)
	w.json("POST", "/api/v1"+at+"/collate", "", nil)
	w.json("POST", "/api/v1"+at+"/decision", enquiry.DecideInput{Outcome: "advice", Why: "Each is small."}, nil)
	var rows []mash.Request
	if err := h.store.View(t.Context(), func(tx mash.HubTx) (err error) { rows, err = tx.RequestsOf(e.ID); return err }); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(time.Hour)
	for _, r := range rows {
		if r.Party.Agency == "schools" {
			h.land(r, true, found("subject-1"), nil, item("S-1", "subject-1", "education.concern", record.Fact, "2026-11-05", "Came to school hungry", "Third time.", "Concerns log"))
		}
	}
	h.browse(bin, dir, "aside-late-review", "worker", at+"/late-review", "1400,1900")
	h.browse(bin, dir, "aside-list-mobile", "worker", at+"/set-aside", "500,1700")
}

// TestAnAnswerAboutACorrectedIdentity: nobody is told of a newer answer, because
// there is none; a manager can read it, with a warning, and nobody uses it.
func TestAnAnswerAboutACorrectedIdentity(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, rs := h.opened(w)
	w.json("PUT", "/api/v1/enquiries/"+e.ID+"/own-view", map[string]string{"own_view": "Strain."}, nil)
	if err := h.store.Update(t.Context(), func(tx mash.HubTx) error {
		r, err := tx.Request(rs[1].ID)
		if err != nil {
			return err
		}
		r.State, r.Code = mash.RequestWithdrawn, "identity_corrected"
		return tx.UpdateRequest(r)
	}); err != nil {
		t.Fatal(err)
	}
	h.land(rs[1], true, found("subject-1"), nil, item("H-1", "subject-1", "health.missed_appointment", record.Fact, "2026-10-02", "Missed the dentist", "", "Appointments"))
	list := w.get("/enquiries/" + e.ID + "/set-aside").body
	contains(t, "the list", list, "Perhaps about somebody else", "Who somebody is was corrected since it was asked")
	lacks(t, "the list", list, "Replaced by a newer answer", "A newer answer is here", "dentist")
	var x enquiry.Asides
	w.json("GET", "/api/v1/enquiries/"+e.ID+"/set-aside", "", &x)
	if a := w.get("/set-aside/" + x.Rows[0].ID); a.status != http.StatusNotFound {
		t.Errorf("a worker opens it: %d", a.status)
	}
	page := h.as("manager").get("/set-aside/" + x.Rows[0].ID).body
	contains(t, "the answer", page, "This may be about another person", "Use none of it")
	lacks(t, "the answer", page, "take it in")
}
