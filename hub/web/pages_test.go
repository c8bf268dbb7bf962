package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// story plays an enquiry to the point where one agency has answered, one knows
// nothing and one has asked a question back.
func (h *hub) story(c *client) (mash.Enquiry, []mash.Request) {
	h.t.Helper()
	e, rs := h.opened(c)
	h.clock.pass(4*time.Hour + 12*time.Minute)
	h.land(rs[0], true, []mash.PersonOutcome{{Person: "subject-1", Outcome: mash.NothingKnown}, {Person: "household-1", Outcome: mash.RecordsFound}},
		[]mash.Withholding{{Person: "household-1", Category: "police.crime", Clause: "MF-7.2", Reason: "This record of police crime records is older than six years (clause MF-7.2), so the police keep its content. Ask them if it matters.", Count: 1}},
		item("P-77120-1", "household-1", "police.domestic_incident", record.Fact, "2026-10-20", "Verbal domestic incident, no crime",
			"Neighbour reported shouting at about 21.30. Both adults said that it was an argument about money. A child was upstairs and was seen by officers; she was quiet.", "Incident log"))
	h.land(rs[2], true, found("subject-1"), nil,
		item("MB-2240", "subject-1", "education.concern", record.ChildVoice, "2026-11-15", "What Rowan said", "“I like it at Nan’s because it’s quiet. I don’t want to go home when the shouting’s on.”", "Concerns log"),
		item("MB-2231", "subject-1", "education.concern", record.Fact, "2026-11-05", "Came to school hungry", "Third time in two weeks without breakfast.", "Concerns log"),
		item("MB-2236", "subject-1", "education.concern", record.FamilyAccount, "2026-10-15", "How the wrist was hurt", "Her mother told the class teacher that Rowan had come off a scooter.", "Concerns log"),
		item("MB-2243", "subject-1", "education.concern", record.Opinion, "2026-11-16", "View of the class teacher", "Her mother comes when she is asked and wants things to be better.", "Concerns log"))
	h.clarify(rs[1], "Do you need the dental records too?")
	h.clock.pass(21 * time.Minute)
	return e, rs
}

// TestPagesInABrowser opens the pages in a real browser, in which the content
// security policy must find nothing to block. MASH_SCREENSHOTS names a folder
// for pictures.
func TestPagesInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("short: no browser")
	}
	bin := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			bin = p
		}
	}
	if bin == "" {
		t.Skip("no chromium on this machine: the pages were not opened in a browser")
	}
	h := newHub(t)
	w := h.as("worker")
	e, rs := h.story(w)
	at := "/enquiries/" + e.ID
	dir := os.Getenv("MASH_SCREENSHOTS")
	if dir == "" { // the three that differ most: a second each is enough of a unit test
		w.json("PUT", "/api/v1"+at+"/own-view", map[string]string{"own_view": "Strain."}, nil)
		for _, path := range []string{"/board", at, at + "/chronology"} {
			h.browse(bin, dir, path, "worker", path, "1280,900")
		}
		return
	}
	shots := []struct{ name, who, path, size string }{
		{"home", "worker", "/", "1280,900"}, {"board", "worker", "/board", "1400,900"}, {"new", "worker", "/enquiries/new", "1280,4600"},
		{"enquiry", "worker", at, "1400,4200"}, {"ask", "worker", at + "/ask", "1280,3200"}, {"own-view", "worker", at + "/chronology", "1280,900"},
		{"clarification", "worker", at + "/clarification?request=" + rs[1].ID, "1280,900"}, {"close", "worker", at + "/close", "1280,1000"},
		{"feedback", "worker", at + "/feedback", "1280,1000"}, {"withdraw", "worker", at + "/withdraw?request=" + rs[1].ID, "1280,900"},
		{"rag", "worker", at + "/rag", "1280,800"}, {"audit", "scrutineer", "/audit", "1280,1100"}, {"home-scrutineer", "scrutineer", "/", "1280,700"},
		{"notices", "worker", "/notices", "1280,700"}, {"agencies", "worker", "/agencies", "1280,900"}, {"not-found", "scrutineer", at, "1280,600"},
		{"agreement-document", "scrutineer", documentOf, "1280,3600"},
	}
	for _, s := range shots {
		h.browse(bin, dir, s.name, s.who, s.path, s.size)
	}
	w.json("PUT", "/api/v1"+at+"/own-view", map[string]string{"own_view": "Strain, perhaps money. What worries me is the shouting."}, nil)
	h.browse(bin, dir, "chronology", "worker", at+"/chronology", "1400,2600")
	w.json("POST", "/api/v1"+at+"/collate", "", nil)
	h.browse(bin, dir, "decide", "worker", at+"/decide", "1280,1700")
	h.browse(bin, dir, "chronology-mobile", "worker", at+"/chronology", "500,2600")
	h.browse(bin, dir, "enquiry-mobile", "worker", at, "500,4200")
	h.post(bin, dir, "close-refused", "worker", at+"/close", url.Values{"sentenced": {"yes"}, "plan": {"no"}})
	h.post(bin, dir, "new-problems", "worker", "/enquiries/new", url.Values{"people": {"2"}, "basis": {"s47"}})
}

// front serves the site to a browser that cannot sign in from the command line:
// each request without a cookie is given a person's.
func (h *hub) front(who string) string {
	c := h.as(who)
	u, err := url.Parse(h.server.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	cookie := c.http.Jar.Cookies(u)[0]
	inner := h.server.Config.Handler
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie(cookie.Name); err != nil {
			r.AddCookie(cookie)
		}
		inner.ServeHTTP(w, r)
	}))
	h.t.Cleanup(front.Close)
	return front.URL
}

func (h *hub) browse(bin, dir, name, who, path, size string) {
	h.t.Helper()
	h.chrome(bin, dir, name, size, h.front(who)+path)
}

// post shows what a form is answered with.
func (h *hub) post(bin, dir, name, who, path string, v url.Values) {
	h.t.Helper()
	a := h.as(who).form(path, v)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/static") {
			h.server.Config.Handler.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(a.body))
	}))
	defer srv.Close()
	h.chrome(bin, dir, name, "1280,3000", srv.URL+"/")
}

func (h *hub) chrome(bin, dir, name, size, address string) {
	h.t.Helper()
	args := []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr", "--user-data-dir=" + h.t.TempDir(), "--timeout=2000", "--window-size=" + size}
	args = append(args, "--dump-dom")
	if dir != "" {
		args[len(args)-1] = "--screenshot=" + filepath.Join(dir, name+".png")
	}
	cmd := exec.CommandContext(h.t.Context(), bin, append(args, address)...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		h.t.Fatalf("browser: %v\n%s", err, errs.String())
	}
	for line := range strings.SplitSeq(errs.String(), "\n") {
		if strings.Contains(line, "CONSOLE") && !strings.Contains(line, "404") {
			h.t.Errorf("%s: the browser complains: %s", name, line)
		}
	}
}
