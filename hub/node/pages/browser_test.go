package pages

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// TestPagesInABrowser opens every page in a real browser and looks that
// nothing is blocked or thrown there. MASH_BROWSER names the browser;
// MASH_SCREENSHOTS a folder for pictures.
func TestPagesInABrowser(t *testing.T) {
	name := os.Getenv("MASH_BROWSER")
	if name == "" {
		t.Skip("MASH_BROWSER is not set: the pages were not opened in a browser; set it to chromium")
	}
	bin, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("MASH_BROWSER: %v", err)
	}
	f := newAgency(t, schools, nil)
	unsafe := mash.Informed{Answer: "unsafe_to_tell", Reason: "Her father reads her telephone."}
	asked := "/tasks/" + f.taskOf(f.ask(millbrook, unsafe, []string{"education.attendance", "education.concern", "education.collection"}, rowan(), leanne())).ID
	f.ask(brannoc, told, concerns, rowan())
	notice := "/tasks/" + f.tell(millbrook, "encompass", encompass("unsafe_to_tell"))
	feedback := "/tasks/" + f.tell(millbrook, "feedback", enquiry.Feedback{Reference: "K7QM-2ZXA", Text: "Thank you for telling us. A social worker will visit the family this week.", Informed: "yes"})
	half := with(oneItem(), "subject-1.item.0.title", "", "subject-1.item.0.kind", "child_voice", "household-1.outcome", "refused")
	views := map[string]http.Handler{
		"inbox":    f.signedIn("reviewer", "GET", "/tasks", nil),
		"inbox-1":  f.signedIn("dsl-999002", "GET", "/tasks", nil),
		"answer":   f.signedIn("dsl-999001", "GET", asked, nil),
		"mistakes": f.signedIn("dsl-999001", "POST", asked+"/answer", half),
		"more":     f.signedIn("dsl-999001", "POST", asked+"/answer", with(oneItem(), "more", "subject-1")),
		"notice":   f.signedIn("dsl-999001", "GET", notice, nil),
		"feedback": f.signedIn("dsl-999001", "GET", feedback, nil),
	}
	m := newAgency(t, police, &system{candidates: []connector.Candidate{likely("PX-1", "Rowan"), likely("PX-2", "Ronan")}})
	match := "/tasks/" + m.taskOf(m.ask(mash.Party{Agency: "police"}, told, crimes, rowan())).ID
	views["match"] = m.signedIn("reviewer", "GET", match, nil)
	r := newAgency(t, police, &system{candidates: []connector.Candidate{certain()}, items: []record.Item{incident("i-1", "third_party"), incident("i-2", "intelligence")}})
	review := "/tasks/" + r.taskOf(r.ask(mash.Party{Agency: "police"}, mash.Informed{Answer: "no"}, crimes, rowan())).ID
	views["review"] = r.signedIn("reviewer", "GET", review, nil)

	x := newAgency(t, police, nil)
	refused := x.refuses(x.ask(mash.Party{Agency: "police"}, told, crimes, rowan()), mash.Party{Agency: "police"}, mash.CodeOutOfScope)
	if err := x.store.Update(t.Context(), func(tx mash.NodeTx) error { return tx.Quarantine(forged(x.now)) }); err != nil {
		t.Fatal(err)
	}
	views["refused"] = x.signedIn("reviewer", "GET", "/tasks/"+refused, nil)
	views["quarantine"] = x.signedIn("reviewer", "GET", "/quarantine", nil)
	views["inbox-unopened"] = x.signedIn("reviewer", "GET", "/tasks", nil)

	for name, h := range views {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(h)
			defer srv.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			args := []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
				"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr", "--user-data-dir=" + t.TempDir()}
			if dir := os.Getenv("MASH_SCREENSHOTS"); dir != "" {
				size := "1280,1600"
				if s := os.Getenv("MASH_WINDOW"); s != "" {
					size = s
				}
				args = append(args, "--window-size="+size, "--screenshot="+filepath.Join(dir, "node-"+name+".png"))
			} else {
				args = append(args, "--dump-dom")
			}
			var out, errs strings.Builder
			cmd := exec.CommandContext(ctx, bin, append(args, srv.URL+"/page")...)
			cmd.Stdout, cmd.Stderr = &out, &errs
			if err := cmd.Run(); err != nil {
				t.Fatalf("browser: %v\n%s", err, errs.String())
			}
			for line := range strings.Lines(errs.String()) {
				if strings.Contains(line, "CONSOLE") {
					t.Error(line)
				}
			}
		})
	}
}

// signedIn shows one page to whoever asks for /page: it signs in itself and
// sends the form. Everything else (styles, script, events) is passed on.
func (f *agency) signedIn(role, method, path string, form url.Values) http.Handler {
	f.t.Helper()
	c := f.as(role)
	u, err := url.Parse(c.base)
	if err != nil {
		f.t.Fatal(err)
	}
	cookies := c.http.Jar.Cookies(u)
	handler := f.server.Config.Handler
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			if r, err = http.NewRequestWithContext(r.Context(), method, c.base+path, strings.NewReader(form.Encode())); err != nil {
				http.Error(w, err.Error(), 500)
				return
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for _, x := range cookies {
			r.AddCookie(x)
		}
		handler.ServeHTTP(w, r)
	})
}
