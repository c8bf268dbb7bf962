package kit

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSignInSignOut(t *testing.T) {
	s := newSite(t).standard()
	srv, c := s.start(t)
	signIn(t, c, srv.URL, "worker")
	if resp, body := get(t, c, srv.URL+"/"); resp.StatusCode != 200 || !strings.Contains(body, "Sam Okafor") {
		t.Fatalf("after sign-in: %d", resp.StatusCode)
	}
	here, _ := url.Parse(srv.URL)
	before := c.Jar.Cookies(here)
	resp, err := c.Post(srv.URL+"/sign-out", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	// The old cookie, kept by somebody, is worth nothing.
	c.Jar.SetCookies(here, before)
	if resp, _ := get(t, c, srv.URL+"/"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("after sign-out: %d", resp.StatusCode)
	}
}

func TestSignInRenewsTheToken(t *testing.T) {
	s := newSite(t).standard()
	srv, c := s.start(t)
	signIn(t, c, srv.URL, "worker")
	here, _ := url.Parse(srv.URL)
	first := c.Jar.Cookies(here)[0].Value
	signIn(t, c, srv.URL, "scrutineer")
	if second := c.Jar.Cookies(here)[0].Value; second == first {
		t.Error("the token stayed the same")
	}
	r, _ := http.NewRequest("GET", srv.URL+"/", nil)
	r.AddCookie(&http.Cookie{Name: "mash-test", Value: first})
	resp, err := (&http.Client{CheckRedirect: c.CheckRedirect}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the old token still works: %d", resp.StatusCode)
	}
}

func TestCookies(t *testing.T) {
	for _, tc := range []struct {
		tls  bool
		name string
	}{{true, "__Host-mash-hub"}, {false, "mash-hub"}} {
		sessions, err := NewSessions(SessionConfig{Name: "hub", TLS: tc.tls})
		if err != nil {
			t.Fatal(err)
		}
		s := newSite(t, func(c *Config) { c.Sessions = sessions }).standard()
		h, _ := s.Build()
		r := httptest.NewRequest("POST", "/sign-in", strings.NewReader("role=worker"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		got := w.Result().Cookies()
		if len(got) != 1 {
			t.Fatalf("%d cookies", len(got))
		}
		k := got[0]
		if k.Name != tc.name || k.Secure != tc.tls || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" || k.MaxAge != 0 {
			t.Errorf("cookie %v", k)
		}
	}
	if _, err := NewSessions(SessionConfig{}); err == nil {
		t.Error("a nameless cookie was accepted")
	}
}

func TestSessionsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t).standard()
		h, err := s.Build()
		if err != nil {
			t.Fatal(err)
		}
		ask := func(path string, cookie *http.Cookie) *httptest.ResponseRecorder {
			r := httptest.NewRequest("GET", path, nil)
			r.AddCookie(cookie)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w
		}
		enter := func() *http.Cookie {
			r := httptest.NewRequest("POST", "/sign-in", strings.NewReader("role=worker"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Result().Cookies()[0]
		}
		c := enter()
		time.Sleep(19 * time.Minute)
		if w := ask("/", c); w.Code != 200 {
			t.Fatalf("after 19 minutes: %d", w.Code)
		}
		time.Sleep(19 * time.Minute)
		if w := ask("/", c); w.Code != 200 {
			t.Errorf("use did not keep the session: %d", w.Code)
		}
		time.Sleep(21 * time.Minute)
		if w := ask("/", c); w.Code != http.StatusSeeOther {
			t.Errorf("idle for 21 minutes: %d", w.Code)
		}
		c = enter()
		for range 10 * 6 {
			time.Sleep(10 * time.Minute)
			ask("/", c)
		}
		if w := ask("/", c); w.Code != http.StatusSeeOther {
			t.Errorf("after 10 hours of use: %d", w.Code)
		}
	})
}

// TestAnEndedSessionStaysEnded covers a request that was under way during
// sign-out and writes its session back afterwards.
func TestAnEndedSessionStaysEnded(t *testing.T) {
	m := newMemory(time.Hour)
	later := time.Now().Add(time.Hour)
	if err := m.Commit("a", []byte("x"), later); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := m.Find("a"); !ok {
		t.Fatal("not kept")
	}
	_ = m.Delete("a")
	_ = m.Commit("a", []byte("x"), later)
	if _, ok, _ := m.Find("a"); ok {
		t.Error("it came back")
	}
}

func TestMemorySweeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(time.Hour)
		_ = m.Commit("a", nil, time.Now().Add(time.Minute))
		_ = m.Delete("b")
		time.Sleep(2 * time.Hour)
		_ = m.Commit("c", nil, time.Now().Add(time.Minute))
		if len(m.held) != 1 || len(m.ended) != 0 {
			t.Errorf("%d held, %d ended", len(m.held), len(m.ended))
		}
	})
}

func TestFlashIsShownOnce(t *testing.T) {
	s := newSite(t).standard()
	srv, c := s.start(t)
	signIn(t, c, srv.URL, "worker")
	resp, err := c.PostForm(srv.URL+"/enquiries", url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	// A live region's own request must not take it.
	r, _ := http.NewRequest("GET", srv.URL+"/", nil)
	r.Header.Set("Sec-Fetch-Dest", "empty")
	if resp, err := c.Do(r); err != nil {
		t.Fatal(err)
	} else {
		resp.Body.Close()
	}
	if _, body := get(t, c, srv.URL+"/"); !strings.Contains(body, "It was opened.") {
		t.Error("not shown")
	}
	if _, body := get(t, c, srv.URL+"/"); strings.Contains(body, "It was opened.") {
		t.Error("shown twice")
	}
}

func TestDemoSignIn(t *testing.T) {
	s := newSite(t).standard()
	srv, c := s.start(t)
	_, body := get(t, c, srv.URL+"/sign-in?next=%2Fenquiries%2FA-1")
	checkMarkup(t, "sign-in", body)
	if !strings.Contains(body, "This is a demonstration") || strings.Contains(body, " checked") {
		t.Error("not marked as a demonstration, or somebody is preselected")
	}
	resp, err := c.PostForm(srv.URL+"/sign-in", url.Values{"role": {"root"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("unknown role: %d", resp.StatusCode)
	}
	resp, err = c.PostForm(srv.URL+"/sign-in", url.Values{"role": {"worker"}, "next": {"/enquiries/A-1"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Header.Get("Location") != "/enquiries/A-1" {
		t.Errorf("went to %q", resp.Header.Get("Location"))
	}
}
