package pages

import (
	"bufio"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mashhub/hub/audit"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

// TestEveryRouteIsDecided asks each route of the table: without sign-in it
// leads there; signed in, the policy decides before anything is shown; a role
// that the policy does not know, and somebody of another agency, get the page
// for what does not exist.
func TestEveryRouteIsDecided(t *testing.T) {
	// What operations are sent; forms are opened before they are read.
	bodies := map[string]string{"/answer": `{}`, "/match": `{}`, "/review": `{}`, "/ask-back": `{}`, "/seen": `{}`, "/agree": `{}`}
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	task := f.taskOf(req).ID
	roles := append(DemoRoles(schools),
		kit.DemoRole{Key: "nobody", Label: "x", User: kit.User{ID: "n", Roles: []string{"mash_worker"}, Agency: "schools"}},
		kit.DemoRole{Key: "stranger", Label: "x", User: kit.User{ID: "s", Roles: []string{mash.RoleReviewer}, Agency: "police"}})
	f.serve(Options{DemoRoles: roles})
	out, in, nobody, stranger := f.as(""), f.as("reviewer"), f.as("nobody"), f.as("stranger")
	n := 0
	for _, r := range f.site.router.Routes() {
		if r.Rule == kit.RulePublic {
			continue
		}
		n++
		method, path, _ := strings.Cut(r.Pattern, " ")
		path = strings.ReplaceAll(strings.ReplaceAll(path, "{$}", ""), "{id}", task)
		t.Run(r.Pattern, func(t *testing.T) {
			want := http.StatusSeeOther
			switch {
			case r.API:
				want = http.StatusUnauthorized
			case r.Stream:
				want = http.StatusNoContent
			}
			if a := out.do(method, path, nil); a.status != want {
				t.Errorf("without sign-in: %d, want %d", a.status, want)
			}
			send := func(ctx context.Context, c *client) (*http.Response, error) {
				q, _ := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(bodies[path[strings.LastIndex(path, "/"):]]))
				if r.API {
					q.Header.Set("Content-Type", "application/json")
				}
				return c.http.Do(q)
			}
			for who, c := range map[string]*client{"a role without the page": nobody, "another agency": stranger} {
				a, err := send(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				a.Body.Close()
				if a.StatusCode != 404 {
					t.Errorf("%s: %d", who, a.StatusCode)
				}
			}
			f.policy.mu.Lock()
			f.policy.views = nil
			f.policy.mu.Unlock()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			resp, err := send(ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode == 404 && !strings.Contains(path, "/match") && !strings.Contains(path, "/review") && !strings.Contains(path, "/acknowledge") && !strings.Contains(path, "/agree") {
				t.Errorf("the reviewer gets %d", resp.StatusCode)
			}
			f.policy.mu.Lock()
			defer f.policy.mu.Unlock()
			if len(f.policy.views) == 0 && resp.StatusCode != 404 {
				t.Error("nobody asked the policy")
			}
			for _, v := range f.policy.views {
				if v.Page != r.Rule {
					t.Errorf("the policy was asked about %q, the route's rule is %q", v.Page, r.Rule)
				}
			}
		})
	}
	if n < 22 {
		t.Errorf("only %d routes", n)
	}
}

// TestAnotherUnit: who answers for one school learns nothing of another's
// tasks, not even that they exist.
func TestAnotherUnit(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	task := f.taskOf(req).ID
	host := mash.Actor{ID: "host", Roles: []string{mash.RoleReviewer}, Agency: "schools"} // works for no school
	if tasks, _, err := f.node.Inbox(t.Context(), host); err != nil || len(tasks) != 0 {
		t.Errorf("who hosts the node sees %d tasks, %v", len(tasks), err)
	}
	if _, err := f.node.OpenTask(t.Context(), host, task); mash.CodeOf(err) != mash.CodeNotFound {
		t.Errorf("who hosts the node opens a school's task: %v", err)
	}
	own, other := f.as("dsl-999001"), f.as("dsl-999002")
	own.want(own.get("/tasks/"+task), 200, "Rowan")
	other.want(other.get("/tasks"), 200, "Nothing is waiting")
	other.want(other.get("/api/v1/tasks"), 200, `{"total":0,"page":1,"pages":1,"tasks":[]}`)
	gone := "/tasks/0193e9a0-0000-7000-8000-000000000000"
	id := regexp.MustCompile(`urn:request:[0-9a-f-]+`)
	for _, p := range []string{"", "/answer", "/match", "/review", "/acknowledge", "/ask-back"} {
		ask := func(path string) reply {
			if p == "" {
				return other.get(path)
			}
			return other.form(path+p, oneItem())
		}
		a, b := ask("/tasks/"+task), ask(gone)
		if a.status != 404 || b.status != 404 || a.body != b.body {
			t.Errorf("%s: %d and %d, the same page: %v", p, a.status, b.status, a.body == b.body)
		}
	}
	a, b := other.get("/api/v1/tasks/"+task), other.get("/api/v1"+gone)
	if a.status != 404 || id.ReplaceAllString(a.body, "") != id.ReplaceAllString(b.body, "") {
		t.Errorf("the API tells them apart: %s %s", a.body, b.body)
	}
	if f.taskOf(req).State != "open" {
		t.Error("something was changed")
	}
}

func TestAPI(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	task := f.taskOf(req).ID
	c := f.as("reviewer")
	c.want(c.get("/api/v1/tasks"), 200, `{"total":1,"page":1,"pages":1,"tasks":[{"id":"`+task+`","kind":"answer","state":"open","hub":"fernshire","request":"`+req+`","party":{"agency":"schools","unit":"999001"},"reference":"K7QM-2ZXA","target_at":"2026-11-20T21:40:00Z","created":"2026-11-20T15:40:00Z","opened_by":""}]}`)
	c.want(c.get("/api/v1/tasks/"+task), 200, `"Tessel"`, `"categories":["education.concern","education.attendance"]`)
	c.want(c.get("/api/v1/tasks"), 200, `"opened_by":"schools-reviewer"`)
	c.want(c.get("/tasks"), 200, "Opened", "K7QM-2ZXA", "6 hours", "Held for you by Fernshire Council, as processor for each school")
}

func TestBundle(t *testing.T) {
	f := newAgency(t, schools, nil)
	f.ask(millbrook, told, concerns, rowan())
	dsl := f.as("dsl-999001")
	dsl.want(dsl.get("/api/v1/audit/bundle"), 404)
	c := f.as("reviewer")
	a := c.want(c.get("/api/v1/audit/bundle"), 200)
	if _, err := audit.VerifyBundle(strings.NewReader(a.body), f.verify); err != nil {
		t.Error(err)
	}
	if strings.Contains(a.body, "Tessel") {
		t.Error("the log names a person")
	}
	f.policy.mu.Lock()
	f.policy.fault = true
	f.policy.mu.Unlock()
	c.want(c.get("/api/v1/audit/bundle"), 503)
}

// TestNothingPersonalOutside looks for names where they must not be: titles,
// addresses, redirects, flashes, the inbox, the program's log.
func TestNothingPersonalOutside(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, mash.Informed{Answer: "unsafe_to_tell", Reason: "Zebedee"}, concerns, rowan(), leanne())
	notice := f.tell(millbrook, "encompass", encompass("no"))
	c := f.as("dsl-999001")
	path := "/tasks/" + f.taskOf(req).ID
	private := regexp.MustCompile(`(?i)rowan|leanne|tessel|9990000018|999 000 0018|tanner|zebedee|FP/26/118|hungry`)
	check := func(what, s string) {
		t.Helper()
		if m := private.FindString(s); m != "" {
			t.Errorf("%s shows %q", what, m)
		}
	}
	title := regexp.MustCompile(`(?s)<title>.*?</title>|<h1.*?</h1>`)
	links := regexp.MustCompile(`(?:href|action|formaction|data-live-url|src)="[^"]*"`)
	for _, a := range []reply{c.get(path), c.form(path+"/answer", with(oneItem(), "household-1.outcome", "")), c.form(path+"/answer", with(oneItem(), "more", "subject-1")), c.get("/tasks/" + notice)} {
		if !strings.Contains(a.body, "Rowan") {
			t.Fatal("not the page that was meant")
		}
		for _, m := range append(title.FindAllString(a.body, -1), links.FindAllString(a.body, -1)...) {
			check("an address or title", m)
		}
	}
	for _, p := range []string{"/", "/tasks", "/api/v1/tasks"} {
		check(p, c.want(c.get(p), 200).body)
	}
	a := c.want(c.form(path+"/answer", with(oneItem(), "household-1.outcome", "nothing_known")), 303)
	check("the redirect", a.header.Get("Location"))
	check("the page after", c.get("/tasks").body)
	f.node.Log.Info("the log is written here")
	if s := f.notes.String(); !strings.Contains(s, "the log is written here") {
		t.Fatal("not the log that was meant")
	} else {
		check("the log", s)
	}
}

// TestScripts fills everything that others write with a script, and looks
// whether any page runs it.
func TestScripts(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`
	born := record.NewDate(2016, 5, 3)
	person := rowan()
	person.Record.Names[0].Given = []string{evil}
	person.Record.Addresses[0].Line1 = evil
	person.Record.BirthDate = &born
	check := func(t *testing.T, a reply) {
		t.Helper()
		if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "<img src=x") {
			t.Error("a script stands on the page")
		}
		if !strings.Contains(a.body, "&lt;script&gt;alert") {
			t.Error("not the page that was meant")
		}
		if csp := a.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") && !strings.Contains(csp, "default-src 'self'") {
			t.Errorf("content security policy %q", csp)
		}
	}
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, mash.Informed{Answer: "no", Reason: evil}, concerns, person)
	notice := encompass(evil)
	notice.Person, notice.Voice, notice.Text, notice.Place, notice.Reference = person.Record, evil, evil, evil, evil
	encID, fbID := f.tell(millbrook, "encompass", notice), f.tell(millbrook, "feedback", map[string]string{"text": evil, "reference": evil})
	c := f.as("reviewer")
	path := "/tasks/" + f.taskOf(req).ID
	typed := oneItem()
	for name := range typed {
		typed[name] = []string{evil}
	}
	check(t, c.get(path))
	check(t, c.form(path+"/answer", typed))
	check(t, c.form(path+"/answer", with(typed, "more", evil)))
	check(t, c.form(path+"/ask-back", url.Values{"text": {strings.Repeat(evil, 200)}}))
	check(t, c.get("/tasks/"+encID))
	check(t, c.get("/tasks/"+fbID))

	p := newAgency(t, police, &system{candidates: nil, items: nil})
	sys := p.node.Sources[0].Connector.(*system)
	one := likely(evil, "Rowan")
	one.Record.Addresses[0].Line1 = evil
	sys.candidates = append(sys.candidates, one, likely("2", "Rowan"))
	req = p.ask(mash.Party{Agency: "police"}, told, crimes, rowan())
	if task := p.taskOf(req); task.Kind == node.TaskCheck {
		c = p.as("reviewer")
		check(t, c.get("/tasks/"+task.ID))
	} else {
		t.Errorf("the task is %s", task.Kind)
	}
}

// TestLive follows the inbox as a page does.
func TestLive(t *testing.T) {
	f := newAgency(t, schools, nil)
	c := f.as("dsl-999001")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", c.base+"/live/inbox", nil)
	resp, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "retry:") {
			Announce(f.events)
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if !strings.Contains(data, `"reference":"INBOX","state":"changed"`) {
				t.Errorf("the event says %s", data)
			}
			return
		}
	}
	t.Error("no event came")
}

func TestDemoRoles(t *testing.T) {
	roles := DemoRoles(schools)
	if len(roles) != 3 || roles[0].Key != "reviewer" || roles[0].User.Agency != "schools" || len(roles[0].User.Units) != 2 || roles[1].Key != "dsl-999001" || roles[1].User.Units[0] != "999001" {
		t.Errorf("%+v", roles)
	}
	cookie := func(a mash.Agency) string {
		f := newAgency(t, a, nil)
		got := f.as("").form("/sign-in", url.Values{"role": {"reviewer"}})
		name, _, _ := strings.Cut(got.header.Get("Set-Cookie"), "=")
		return name
	}
	if a, b := cookie(schools), cookie(police); a == "" || a == b {
		t.Errorf("cookies %q and %q", a, b)
	}
}

func TestNewRefuses(t *testing.T) {
	f := newAgency(t, schools, nil)
	good := f.site.Options
	for name, change := range map[string]func(*Options){
		"no node":         func(o *Options) { o.Node = nil },
		"another agency":  func(o *Options) { o.Agency = police },
		"no events":       func(o *Options) { o.Events = nil },
		"no log":          func(o *Options) { o.Log = nil },
		"no way to enter": func(o *Options) { o.DemoRoles = nil },
	} {
		o := good
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

// TestPagesReadNoStore: what the package's comment says the pages read
// themselves is all that they read.
func TestPagesReadNoStore(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var reads []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(x ast.Node) bool {
				if s, ok := x.(*ast.SelectorExpr); ok && s.Sel.Name == "Store" {
					reads = append(reads, name+" "+fn.Name.Name)
				}
				return true
			})
		}
	}
	if !slices.Equal(reads, []string{"api.go Export"}) {
		t.Errorf("the store is read in %v", reads)
	}
}
