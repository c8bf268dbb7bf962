package kit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// site is a router under test with what a program would give it.
type site struct {
	*Router
	log *bytes.Buffer
	n   int
}

func newSite(t *testing.T, change ...func(*Config)) *site {
	t.Helper()
	sessions, err := NewSessions(SessionConfig{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{log: &bytes.Buffer{}}
	c := Config{
		Layout:   Layout{Organisation: "Fernshire", ServiceName: "MASH Hub", Nav: func(User) []NavItem { return []NavItem{{Text: "Board", Href: "/"}} }},
		Sessions: sessions,
		Rules:    []string{"board", "enquiry.view", "fault"},
		Authorise: func(_ *http.Request, rule string, u User) error {
			switch {
			case rule == "fault":
				return errors.New("policy is stale")
			case rule == "enquiry.view" && !u.HasRole("worker"):
				return ErrDenied
			}
			return nil
		},
		NewID: func() string { s.n++; return fmt.Sprintf("req-%d", s.n) },
		Log:   slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&c)
	}
	rt, err := NewRouter(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.DemoSignIn([]DemoRole{
		{Key: "worker", Label: "Social worker", User: User{ID: "u-1", Name: "Sam Okafor", Roles: []string{"worker"}}},
		{Key: "scrutineer", Label: "Scrutineer", User: User{ID: "u-2", Name: "Ada Lund", Roles: []string{"scrutineer"}}},
	}); err != nil {
		t.Fatal(err)
	}
	s.Router = rt
	return s
}

func page(l *Layout, title string) HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error { return l.Write(w, r, Page{Title: title}) }
}

// standard adds the routes that most tests use.
func (s *site) standard() *site {
	l := &s.c.Layout
	s.Handle(
		Route{Pattern: "GET /{$}", Rule: "board", Handler: page(l, "Board")},
		Route{Pattern: "GET /enquiries/{ref}", Rule: "enquiry.view", Handler: func(w http.ResponseWriter, r *http.Request) error {
			if r.PathValue("ref") == "none" {
				return ErrNotFound
			}
			return l.Write(w, r, Page{Title: "Enquiry"})
		}},
		Route{Pattern: "POST /enquiries", Rule: "board", MaxBody: 100, Handler: func(w http.ResponseWriter, r *http.Request) error {
			if err := r.ParseForm(); err != nil {
				return err
			}
			s.c.Sessions.SetFlash(r.Context(), Flash{Text: "It was opened.", Success: true})
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return nil
		}},
		Route{Pattern: "GET /panic", Rule: "board", Handler: func(http.ResponseWriter, *http.Request) error { panic("Rowan Tessel") }},
		Route{Pattern: "GET /error", Rule: "board", Handler: func(http.ResponseWriter, *http.Request) error { return errors.New("disk full") }},
		Route{Pattern: "GET /fault", Rule: "fault", Handler: page(l, "never")},
		Route{Pattern: "GET /api/fault", Rule: "fault", API: true, Handler: page(l, "never")},
	)
	return s
}

func (s *site) start(t *testing.T) (*httptest.Server, *http.Client) {
	t.Helper()
	h, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	jar, _ := cookiejar.New(nil)
	return srv, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func signIn(t *testing.T, c *http.Client, base, role string) {
	t.Helper()
	resp, err := c.PostForm(base+"/sign-in", url.Values{"role": {role}, "next": {"/"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign-in: %d", resp.StatusCode)
	}
}

func get(t *testing.T, c *http.Client, address string) (*http.Response, string) {
	t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestRouterRefusesARouteWithoutAValidRule(t *testing.T) {
	ok := func(http.ResponseWriter, *http.Request) error { return nil }
	for name, tc := range map[string]struct {
		route Route
		want  string
	}{
		"no rule":           {Route{Pattern: "GET /x", Handler: ok}, "no rule"},
		"unknown rule":      {Route{Pattern: "GET /x", Rule: "bord", Handler: ok}, "unknown rule"},
		"public elsewhere":  {Route{Pattern: "GET /x", Rule: RulePublic, Handler: ok}, "may be public"},
		"public look-alike": {Route{Pattern: "GET /sign-in-as", Rule: RulePublic, Handler: ok}, "may be public"},
		"no method":         {Route{Pattern: "/x", Rule: "board", Handler: ok}, "method"},
		"no handler":        {Route{Pattern: "GET /x", Rule: "board"}, "no handler"},
		"clash":             {Route{Pattern: "POST /sign-out", Rule: "board", Handler: ok}, "registering routes"},
		"public stream":     {Route{Pattern: "GET /sign-in/x", Rule: RulePublic, Stream: true, Handler: ok}, "stream"},
		"the catch-all's":   {Route{Pattern: "GET /x", Rule: ruleNone, Handler: ok}, "unknown rule"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.Handle(tc.route)
			if _, err := s.Build(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	s := newSite(t)
	s.Mux(map[string]Route{"GET /api/a": {Rule: "board"}}).HandleFunc("GET /api/b", func(http.ResponseWriter, *http.Request) {})
	if _, err := s.Build(); err == nil {
		t.Error("an API route without a rule was built")
	}
}

func TestRouterNeedsItsSecuritySettings(t *testing.T) {
	full := newSite(t).c
	for name, without := range map[string]func(*Config){
		"sessions":  func(c *Config) { c.Sessions = nil },
		"authorise": func(c *Config) { c.Authorise = nil },
		"rules":     func(c *Config) { c.Rules = nil },
		"ids":       func(c *Config) { c.NewID = nil },
		"log":       func(c *Config) { c.Log = nil },
		"layout":    func(c *Config) { c.Layout = Layout{} },
	} {
		c := full
		without(&c)
		if _, err := NewRouter(c); err == nil {
			t.Errorf("started without %s", name)
		}
	}
}

// TestEveryRouteNeedsSignIn asks every route of the table, and some that are
// not in it, without a session: only the public ones answer.
func TestEveryRouteNeedsSignIn(t *testing.T) {
	s := newSite(t).standard()
	srv, c := s.start(t)
	for _, r := range append(s.Routes(), Route{Pattern: "GET /no/such/page", Rule: "x"}) {
		method, path, _ := strings.Cut(r.Pattern, " ")
		path = strings.NewReplacer("{$}", "", "{ref}", "A-1", "{file}", "nothing.css").Replace(path)
		req, _ := http.NewRequest(method, srv.URL+path, nil)
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		toSignIn := resp.StatusCode == http.StatusSeeOther && strings.HasPrefix(resp.Header.Get("Location"), "/sign-in?next=") ||
			resp.StatusCode == http.StatusSeeOther && resp.Header.Get("Location") == "/sign-in" || resp.StatusCode == http.StatusUnauthorized
		if public := r.Rule == RulePublic; public == toSignIn && path != "/sign-out" {
			t.Errorf("%s (%s): %d %s", r.Pattern, r.Rule, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
}

func TestDeniedLooksLikeNotFound(t *testing.T) {
	s := newSite(t).standard()
	srv, c := s.start(t)
	signIn(t, c, srv.URL, "scrutineer")
	denied, body1 := get(t, c, srv.URL+"/enquiries/A-1")
	absent, body2 := get(t, c, srv.URL+"/no/such/page")
	if denied.StatusCode != 404 || absent.StatusCode != 404 {
		t.Fatalf("%d and %d", denied.StatusCode, absent.StatusCode)
	}
	if body1 != body2 {
		t.Errorf("the pages differ:\n%s\n%s", body1, body2)
	}
	for _, h := range []*http.Response{denied, absent} {
		h.Header.Del("X-Request-Id")
		h.Header.Del("Date")
		h.Header.Del("Set-Cookie")
	}
	if fmt.Sprint(denied.Header) != fmt.Sprint(absent.Header) {
		t.Errorf("the headers differ:\n%v\n%v", denied.Header, absent.Header)
	}
	srv2, worker := s.start(t)
	signIn(t, worker, srv2.URL, "worker")
	if resp, _ := get(t, worker, srv2.URL+"/enquiries/A-1"); resp.StatusCode != 200 {
		t.Errorf("the worker got %d", resp.StatusCode)
	}
	if _, body := get(t, worker, srv2.URL+"/enquiries/none"); strings.ReplaceAll(body, "Sam Okafor", "Ada Lund") != body1 {
		t.Error("not found differs from denied")
	}
}

func TestAFaultIsNotARefusal(t *testing.T) {
	s := newSite(t).standard()
	srv, c := s.start(t)
	signIn(t, c, srv.URL, "worker")
	resp, body := get(t, c, srv.URL+"/fault")
	if resp.StatusCode != 503 || !strings.Contains(body, "not a refusal") || strings.Contains(body, "stale") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if !strings.Contains(s.log.String(), "policy is stale") {
		t.Error("the fault is not in the log")
	}
	resp, body = get(t, c, srv.URL+"/api/fault")
	if resp.StatusCode != 503 || resp.Header.Get("Content-Type") != "application/problem+json" || strings.Contains(body, "stale") {
		t.Errorf("API: %d %s", resp.StatusCode, body)
	}
}

func TestPanicsAndErrorsShowNothing(t *testing.T) {
	s := newSite(t).standard()
	srv, c := s.start(t)
	signIn(t, c, srv.URL, "worker")
	for _, path := range []string{"/panic", "/error"} {
		resp, body := get(t, c, srv.URL+path)
		if resp.StatusCode != 500 || !strings.Contains(body, resp.Header.Get("X-Request-Id")) {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
		if strings.Contains(body, "Rowan") || strings.Contains(body, "disk full") || strings.Contains(body, "goroutine") {
			t.Errorf("%s tells its cause", path)
		}
		if resp.Header.Get("Content-Security-Policy") == "" || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s lacks headers", path)
		}
	}
	log := s.log.String()
	if !strings.Contains(log, "disk full") || !strings.Contains(log, "value=string") || strings.Contains(log, "Rowan") {
		t.Errorf("log: %s", log)
	}
	if strings.Contains(log, "Sam Okafor") || strings.Contains(log, "/enquiries/A-1") {
		t.Error("the log names a person or an enquiry")
	}
}

func TestSecurityHeadersOnEveryResponse(t *testing.T) {
	s := newSite(t, func(c *Config) { c.TLS = true }).standard()
	srv, c := s.start(t)
	css, _ := Asset("app.css")
	for _, path := range []string{"/", "/sign-in", "/no", css, "/static/nothing.css"} {
		resp, _ := get(t, c, srv.URL+path)
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
			"Strict-Transport-Security": "max-age=63072000; includeSubDomains",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s = %q", path, name, got)
			}
		}
		want := "no-store"
		if path == css {
			want = "public, max-age=31536000, immutable"
		}
		if got := resp.Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control = %q", path, got)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Error("the policy allows something unsafe")
	}
}

func TestForeignFormsAndNamesAreRefused(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Hosts = []string{"hub.test"} }).standard()
	h, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		host, site string
		want       int
	}{
		"own page":      {"hub.test", "same-origin", 303},
		"foreign page":  {"hub.test", "cross-site", 403},
		"sibling":       {"hub.test", "same-site", 403},
		"foreign name":  {"evil.test", "same-origin", 421},
		"name in upper": {"HUB.test", "same-origin", 303},
	} {
		r := httptest.NewRequest("POST", "/enquiries", nil)
		r.Host = tc.host
		r.Header.Set("Sec-Fetch-Site", tc.site)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

func TestBodiesAreLimited(t *testing.T) {
	s := newSite(t).standard()
	srv, c := s.start(t)
	signIn(t, c, srv.URL, "worker")
	big := url.Values{"x": {strings.Repeat("a", 200)}}.Encode()
	for name, body := range map[string]io.Reader{"declared": strings.NewReader(big), "chunked": io.MultiReader(strings.NewReader(big))} {
		resp, err := c.Post(srv.URL+"/enquiries", "application/x-www-form-urlencoded", body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
}

func TestHandlersHaveADeadline(t *testing.T) {
	s := newSite(t)
	s.Handle(Route{Pattern: "GET /slow", Rule: "board", Timeout: 10 * time.Millisecond, Handler: func(_ http.ResponseWriter, r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	}})
	srv, c := s.start(t)
	signIn(t, c, srv.URL, "worker")
	if resp, _ := get(t, c, srv.URL+"/slow"); resp.StatusCode != http.StatusInternalServerError {
		t.Errorf("%d", resp.StatusCode)
	}
}

func TestSafeNext(t *testing.T) {
	for in, want := range map[string]string{
		"": "/", "/board": "/board", "/e/A-1?tab=2": "/e/A-1?tab=2", "//evil.test": "/", "https://evil.test": "/", `/\evil.test`: "/", "/\t/evil.test": "/", "evil": "/", "/%2f/evil": "/%2f/evil",
	} {
		if got := SafeNext(in); got != want {
			t.Errorf("SafeNext(%q) = %q", in, got)
		}
	}
}
