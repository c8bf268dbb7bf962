package web

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"mashhub/hub/agreement"
	"mashhub/hub/edition"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/protocol"
	"mashhub/policies"
)

// engine puts editions in force at the test's decision point. Where hold is not
// nil, drafts decide nothing until it is closed.
type engine struct {
	*protocol.Point
	hold chan struct{}
}

type held struct {
	*protocol.Point
	hold chan struct{}
}

func (h held) Rehearse(ctx context.Context, was mash.Decision) (mash.Decision, bool) {
	select {
	case <-h.hold:
	case <-ctx.Done():
	}
	return h.Point.Rehearse(ctx, was)
}

func (e engine) Check(ctx context.Context, files edition.Files) (string, error) {
	v, err := protocol.Check(ctx, agreement.FS(files))
	if err != nil {
		return "", mash.Invalid("files", err.Error(), "mend it")
	}
	return v, nil
}

func (e engine) Swap(ctx context.Context, files edition.Files, epoch int64) error {
	return e.Point.Swap(ctx, agreement.FS(files), epoch)
}

func (e engine) Draft(ctx context.Context, files edition.Files) (edition.Draft, error) {
	p, err := e.Beside(ctx, agreement.FS(files))
	if err != nil || e.hold == nil {
		return p, err
	}
	return held{p, e.hold}, nil
}

// nowhere takes what is posted: nobody is told.
type nowhere struct{ env mash.Env }

func (n nowhere) Post(context.Context, mash.HubTx, exchange.Draft) (mash.OutMessage, error) {
	return mash.OutMessage{ID: n.env.NewID()}, nil
}

func editionsOf(t *testing.T, h *hub, point *protocol.Point, env mash.Env, log *slog.Logger) *edition.Desk {
	t.Helper()
	files, err := agreement.Files(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	key, _, err := note.GenerateKey(rand.Reader, "fernshire")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	d := &edition.Desk{Keeper: edition.NewKeeper(edition.Keeper[mash.HubTx]{Hub: "fernshire", Store: h.store, Engine: engine{Point: point}, Audit: h.log, Env: env, Log: log}),
		May: h.desk.Page, Agencies: agencies, Signer: signer, Suspended: func(f edition.Files, id, pair string) (edition.Files, error) {
			return agreement.SetStatus(agreement.FS(f), id, pair, "suspended")
		}}
	d.Connect(nowhere{env})
	if err := d.Keep(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestARehearsalOnThePage says how far it is and loads itself again, without a
// form that somebody could be writing in; stopped, it says what it saw.
func TestARehearsalOnThePage(t *testing.T) {
	h := newHub(t)
	w, ig, deputy := h.as("worker"), h.as("ig_lead"), h.as("ig_deputy")
	h.opened(w)
	quick := h.editions.Engine.(engine)
	h.editions.Engine = engine{quick.Point, make(chan struct{})}
	a := ig.form("/agreements/change", url.Values{"agreement": {"mash-fernshire"}, "pair": {"fernshire/police"}, "category": {"police.crime"}, "purpose": {"s17"}, "mode": {"none"}, "why": {"x"}})
	if a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problemsOf(a.body))
	}
	at := a.header.Get("Location")
	page := deputy.get(at)
	contains(t, "the page", page.body, "are being put to the changed agreements", "Stop the rehearsal")
	lacks(t, "the page", page.body, "From when?", "Do not agree")
	if page.header.Get("Refresh") != "3" {
		t.Error("it does not load itself again")
	}
	if a := deputy.form(at+"/approve", url.Values{}); a.status != http.StatusUnprocessableEntity || a.header.Get("Refresh") != "" {
		t.Errorf("a form with a mistake would vanish: %d", a.status)
	}
	if a := deputy.form(at+"/rehearsal/stop", url.Values{}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problemsOf(a.body))
	}
	page = deputy.get(at)
	contains(t, "the page", page.body, "stopped before any decision", "Rehearse again", "From when?")
	if page.header.Get("Refresh") != "" {
		t.Error("it loads itself again, and nothing runs")
	}
	if a := deputy.form(at+"/rehearsal/stop", url.Values{}); a.status != http.StatusConflict {
		t.Errorf("the second click: %d", a.status)
	}
	h.editions.Engine = quick
	contains(t, "again", deputy.get(at+"?again").body, "would have been another", "last on", "From when?")
	if a := h.as("scrutineer").form(at+"/rehearsal/stop", url.Values{}); a.status != http.StatusNotFound {
		t.Errorf("a scrutineer: %d", a.status)
	}
}

// TestAgreementPages does what README tells an information-governance lead to
// do: narrow one cell, look at the rehearsal, have a second person agree, see it
// in force, and go back.
func TestAgreementPages(t *testing.T) {
	h := newHub(t)
	w, ig, deputy, scrutineer := h.as("worker"), h.as("ig_lead"), h.as("ig_deputy"), h.as("scrutineer")
	h.opened(w)
	list := ig.get("/agreements").body
	contains(t, "the list", list, "In force", "number 1", "Nothing has been changed since")
	cell := "agreement=mash-fernshire&pair=fernshire%2Fpolice&category=police.crime&purpose=s17"
	m := ig.get("/agreements/matrix?agreement=mash-fernshire&pair=fernshire%2Fpolice").body
	contains(t, "the matrix", m, "Police crime records", "May be shared", "/agreements/change?")
	lacks(t, "a scrutineer's matrix", scrutineer.get("/agreements/matrix?agreement=mash-fernshire&pair=fernshire%2Fpolice").body, "/agreements/change?")
	for _, path := range []string{"/agreements/change?" + cell, "/agreements/suspend"} {
		if a := scrutineer.get(path); a.status != http.StatusNotFound {
			t.Errorf("a scrutineer opens %s: %d", path, a.status)
		}
	}
	for _, path := range []string{"/agreements/matrix?pair=x", "/agreements/change?agreement=x", "/agreements/nothing"} {
		if a := ig.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	page := ig.get("/agreements/change?" + cell).body
	contains(t, "the form", page, "Only that something is held", "Neither asked nor shared", "Nothing changes yet")
	q, _ := url.ParseQuery(cell)
	form := func(mode, why string) url.Values {
		v := url.Values{"mode": {mode}, "why": {why}}
		for k := range q {
			v[k] = q[k]
		}
		return v
	}
	for _, bad := range []url.Values{form("", "x"), form("none", ""), form("everything", "x"), form("content", "x")} {
		if a := ig.form("/agreements/change", bad); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", bad, a.status)
		}
	}
	if a := scrutineer.form("/agreements/change", form("none", "x")); a.status != http.StatusNotFound {
		t.Errorf("a scrutineer proposes: %d", a.status)
	}
	a := ig.form("/agreements/change", form("none", "The federation asked for it"))
	if a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problemsOf(a.body))
	}
	at := a.header.Get("Location")
	proposed := ig.get(at).body
	contains(t, "the proposal", proposed, "Waits for a second person", "Rehearsal", "would have been another", "May we ask?", "You proposed this")
	lacks(t, "the proposer's page", proposed, "Agree to it</button>")
	if a := ig.form(at+"/approve", url.Values{"when": {"now"}}); a.status != http.StatusConflict {
		t.Errorf("agreed to one's own: %d", a.status)
	}
	contains(t, "the second person's page", deputy.get(at).body, "From when?")
	if a := deputy.form(at+"/approve", url.Values{}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("without a time: %d", a.status)
	}
	if a := deputy.form(at+"/approve", url.Values{"when": {"now"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problemsOf(a.body))
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { _ = h.editions.Run(ctx) }()
	defer cancel()
	h.eventually("it is in force", func() bool { return h.editions.Engine.Epoch() == 2 })
	contains(t, "afterwards", ig.get("/agreements").body, "number 2", "The federation asked for it", "Since")
	contains(t, "the matrix afterwards", ig.get("/agreements/matrix?agreement=mash-fernshire&pair=fernshire%2Fpolice").body, "Neither asked nor shared")
	back := ig.form(at+"/again", url.Values{"version": {"was"}, "why": {"It went too far"}})
	if back.status != http.StatusSeeOther {
		t.Fatalf("%d %v", back.status, problemsOf(back.body))
	}
	contains(t, "the way back", deputy.get(back.header.Get("Location")).body, "Shares more: ")
	if a := deputy.form(back.header.Get("Location")+"/reject", url.Values{"why": {"Not yet"}}); a.status != http.StatusSeeOther {
		t.Errorf("%d", a.status)
	}
	contains(t, "rejected", ig.get(back.header.Get("Location")).body, "Not agreed to by", "Not yet")

	contains(t, "stopping", ig.get("/agreements/suspend").body, "Everything under", "This takes effect at once")
	if a := ig.form("/agreements/suspend", url.Values{"why": {"x"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("stops nothing: %d", a.status)
	}
	if a := ig.form("/agreements/suspend", url.Values{"what": {"mash-fernshire fernshire/police"}, "why": {"Their keys may be stolen"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problemsOf(a.body))
	}
	h.eventually("it is stopped", func() bool { return h.editions.Engine.Epoch() == 3 })
	contains(t, "stopped", ig.get("/agreements").body, "in an emergency")
	if strings.Contains(h.notes.String(), "federation") {
		t.Error("the log repeats what somebody wrote")
	}
}

// proposed gives a change that waits for a second person.
func (h *hub) proposed() string {
	h.t.Helper()
	next, err := agreement.SetMode(policies.FS, agreement.Cell{Agreement: "mash-fernshire", Pair: "fernshire/police", Category: "police.crime", Purpose: "s17"}, "none")
	if err != nil {
		h.t.Fatal(err)
	}
	e, err := h.editions.Propose(h.t.Context(), mash.Actor{ID: "somebody", Roles: []string{mash.RoleIGLead}}, next, "why")
	if err != nil {
		h.t.Fatal(err)
	}
	return e.ID
}
