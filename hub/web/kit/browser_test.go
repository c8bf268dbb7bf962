package kit

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// chromium gives the browser that MASH_BROWSER names (a path or a command), or
// skips the test: a browser takes longer than everything else here together.
func chromium(t *testing.T) string {
	t.Helper()
	name := os.Getenv("MASH_BROWSER")
	if name == "" {
		t.Skip("MASH_BROWSER is not set: the pages were not opened in a browser; set it to chromium")
	}
	p, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("MASH_BROWSER: %v", err)
	}
	return p
}

// browse opens an address headless and gives what the browser printed.
func browse(t *testing.T, bin string, args ...string) (stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	args = append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr", "--user-data-dir=" + t.TempDir(),
	}, args...)
	cmd := exec.CommandContext(ctx, bin, args...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("browser: %v\n%s", err, errs.String())
	}
	return out.String(), errs.String()
}

// TestGalleryInABrowser opens the page of all components in a real browser:
// the script runs, the components start, and the content security policy finds
// nothing to block. MASH_SCREENSHOTS names a folder for pictures of it.
func TestGalleryInABrowser(t *testing.T) {
	bin := chromium(t)
	events := NewEvents(EventsConfig{})
	defer events.Close()
	s := newSite(t, func(c *Config) {
		c.Layout.Organisation = "Fernshire"
		c.Layout.Demo = "Nobody here is real. Enter nothing about a real child or family."
		c.Layout.HeldFor = "Fernshire Council"
		c.Layout.FooterLinks = []Link{{Text: "Accessibility", Href: "/accessibility"}, {Text: "How the clock is read", Href: "/clock"}}
		c.Layout.Nav = func(User) []NavItem {
			return []NavItem{{Text: "Board", Href: "/gallery"}, {Text: "Open an enquiry", Href: "/new"}, {Text: "Figures", Href: "/figures"}}
		}
	})
	s.Handle(Route{Pattern: "GET /gallery", Rule: "board", Handler: func(w http.ResponseWriter, r *http.Request) error {
		return s.c.Layout.Write(w, r, galleryPage())
	}})
	s.Handle(Route{Pattern: "GET /events/board", Rule: "board", Stream: true, Handler: func(w http.ResponseWriter, r *http.Request) error {
		return events.Serve(w, r, "board", nil)
	}})
	address := signedIn(t, s)

	dom, log := browse(t, bin, "--timeout=3000", "--dump-dom", address+"/gallery")
	for _, want := range []string{
		"govuk-frontend-supported", "data-govuk-radios-init", "data-govuk-tabs-init", "data-govuk-error-summary-init",
		"Updating as things change.", `class="govuk-radios__conditional govuk-radios__conditional--hidden"`,
	} {
		if !strings.Contains(dom, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, line := range strings.Split(log, "\n") {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("the browser complains: %s", line)
		}
	}
	if dir := os.Getenv("MASH_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "gallery.html"), []byte(dom), 0o600); err != nil {
			t.Error(err)
		}
		for name, args := range map[string][]string{
			"gallery":        {"--window-size=1280,1500", address + "/gallery"},
			"gallery-mobile": {"--window-size=500,1400", address + "/gallery"},
			"sign-in":        {"--window-size=1280,900", address + "/sign-in"},
			"not-found":      {"--window-size=1280,700", address + "/nothing"},
		} {
			browse(t, bin, append([]string{"--timeout=3000", "--screenshot=" + filepath.Join(dir, name+".png")}, args...)...)
		}
	}
}

// signedIn starts the site for a browser, which cannot sign in from the command
// line: each request without a cookie is given the worker's.
func signedIn(t *testing.T, s *site) string {
	t.Helper()
	srv, client := s.start(t)
	signIn(t, client, srv.URL, "worker")
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	cookie := client.Jar.Cookies(u)[0]
	inner := srv.Config.Handler
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie(cookie.Name); err != nil {
			r.AddCookie(cookie)
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL
}

// TestLiveRegionInABrowser publishes an event while a page is open: the region
// is fetched anew; in notice mode the reader is only offered to.
func TestLiveRegionInABrowser(t *testing.T) {
	bin := chromium(t)
	// The browser's virtual time stands still while a request is open, so the
	// stream has to end for the page's timers to run.
	events := NewEvents(EventsConfig{Longest: 700 * time.Millisecond})
	s := newSite(t)
	var visits atomic.Int64
	s.Handle(
		Route{Pattern: "GET /live", Rule: "board", Handler: func(w http.ResponseWriter, r *http.Request) error {
			return s.c.Layout.Write(w, r, Page{Title: "Live", Body: Stack{
				Live{ID: "a", URL: "/events/board", Body: Stack{Paragraph{Text: fmt.Sprintf("visit %d", visits.Add(1))}}},
				Live{ID: "b", URL: "/events/board", Notice: true, Body: Stack{Paragraph{Text: "items"}}},
			}})
		}},
		Route{Pattern: "GET /events/board", Rule: "board", Stream: true, Handler: func(w http.ResponseWriter, r *http.Request) error {
			return events.Serve(w, r, "board", nil)
		}},
	)
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			events.mu.Lock()
			ready := events.count == 2
			events.mu.Unlock()
			if ready {
				_ = events.Publish("board", change("A-1"))
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	dom, _ := browse(t, bin, "--virtual-time-budget=5000", "--dump-dom", signedIn(t, s)+"/live")
	cancel()
	<-done
	events.Close()
	if !strings.Contains(dom, ">visit ") || strings.Contains(dom, ">visit 1<") {
		t.Errorf("the region was not fetched anew:\n%s", dom)
	}
	if !strings.Contains(dom, "Something has changed since you opened this page.") {
		t.Error("the reader was not told")
	}
}
