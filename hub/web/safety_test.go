package web

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// attacks close whatever they stand in and start something that runs.
const attack = `"'><script>alert(1)</script><img src=x onerror=alert(2)></textarea></title>{{.}}javascript:alert(3)`

// TestAttacksStayText writes attacks into every field that a person or an
// agency fills, and looks at every page: no element and no attribute may have
// come of them, and the policy forbids scripts besides.
func TestAttacksStayText(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, rs := h.opened(w, func(in *enquiry.OpenInput) {
		in.Originator = mash.Originator{Kind: "other", Name: attack, Contact: attack}
		in.Narrative, in.VoiceNotSought, in.Informed = attack, attack, mash.Informed{Answer: "no", Reason: attack}
		in.Basis.Agreement.Told = attack
		for i := range in.People {
			in.People[i].Relation, in.People[i].IdentifierOmitted = attack, attack
			in.People[i].Record.Names = []record.Name{{Given: []string{attack}, Family: []string{attack}, Preferred: attack}}
			in.People[i].Record.Addresses = []record.Address{{Line1: attack, City: attack}}
		}
		in.People[1].Reason = attack
	})
	w.json("POST", "/api/v1/enquiries/"+e.ID+"/ask", enquiry.AskInput{From: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAsked: []mash.NotAsked{{Party: mash.Party{Agency: "housing"}, Reason: attack}}}, nil)
	var items []record.Item
	for i, k := range []record.Kind{record.Fact, record.ChildVoice} {
		it := item("i"+itoa(i), "subject-1", "education.concern", k, "2026-10-20", attack, attack, attack)
		it.Author, it.Handling = attack, attack
		if it.Voice != nil {
			it.Voice.HeardBy, it.Voice.With = attack, attack
		}
		items = append(items, it)
	}
	for _, r := range rs {
		if r.Party.Agency == "schools" {
			h.land(r, true, found("subject-1"), []mash.Withholding{{Person: "subject-1", Category: "education.attendance", Clause: attack, Reason: attack}}, items...)
		} else {
			h.clarify(r, attack)
		}
	}
	at := "/enquiries/" + e.ID
	w.json("PUT", "/api/v1"+at+"/own-view", map[string]string{"own_view": attack}, nil)
	pages := map[string]string{}
	for _, r := range h.site.router.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if method != "GET" || r.API || r.Stream || strings.HasPrefix(path, "/static") {
			continue
		}
		for _, q := range []string{"", "?request=" + rs[0].ID, "?request=" + attackQuery} {
			p := strings.NewReplacer("{id}", e.ID, "{$}", "").Replace(path) + q
			a := w.get(p)
			pages[p] = a.body
			if csp := a.header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: policy %q", p, csp)
			}
			if a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s may be kept: %s", p, a.header.Get("Cache-Control"))
			}
		}
	}
	pages["a refused form"] = w.form("/enquiries/new", map[string][]string{"people": {"2"}, "narrative": {attack}, "people[0].given": {attack}, "people[1].reason": {attack},
		"rag": {attack}, "originator.party": {attack}, "once": {attack}, "basis": {attack}, "people[0].born-day": {attack}}).body
	if !strings.Contains(pages[at+"/chronology"], "&lt;script&gt;alert(1)") {
		t.Fatal("the attack is not on the page, so this test proves nothing")
	}
	for name, body := range pages {
		checkMarkup(t, name, body)
	}
}

const attackQuery = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"

// checkMarkup parses a page as a browser would, and wants: no script but our
// file, no event attribute, no foreign address, and a name for every field.
func checkMarkup(t *testing.T, name, body string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	labels, fields := map[string]bool{}, map[string]string{}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			attr := map[string]string{}
			for _, a := range n.Attr {
				attr[a.Key] = a.Val
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Errorf("%s: <%s %s>", name, n.Data, a.Key)
				}
				if (a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") {
					t.Errorf("%s: <%s> leads to %q", name, n.Data, a.Val)
				}
				if a.Key == "tabindex" && a.Val != "-1" && a.Val != "0" {
					t.Errorf("%s: <%s> jumps the keyboard order", name, n.Data)
				}
			}
			switch n.Data {
			case "script":
				if !strings.HasPrefix(attr["src"], "/static/") || n.FirstChild != nil {
					t.Errorf("%s: a script of somebody else's", name)
				}
			case "img", "iframe", "object", "embed", "style", "base":
				t.Errorf("%s: <%s>", name, n.Data)
			case "label":
				labels[attr["for"]] = true
			case "input", "textarea", "select":
				if attr["type"] != "hidden" {
					fields[attr["id"]] = attr["name"]
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	for id, field := range fields {
		if !labels[id] {
			t.Errorf("%s: field %q has no label", name, field)
		}
	}
	if !strings.Contains(body, "govuk-skip-link") || strings.Index(body, "govuk-skip-link") > strings.Index(body, "<header") {
		t.Errorf("%s: the first stop of the keyboard is not the skip link", name)
	}
}

// TestNoPersonInAddressesOrTitles: what a browser keeps in its history says
// nothing about anybody.
func TestNoPersonInAddressesOrTitles(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, _ := h.story(w)
	at := "/enquiries/" + e.ID
	w.json("PUT", "/api/v1"+at+"/own-view", `{"own_view":"v"}`, nil)
	personal := []string{"Rowan", "Leanne", "Tessel", "9990000018", "Tanner", "FE1", "shouting"}
	for _, path := range []string{"/", "/board", at, at + "/chronology", at + "/ask", at + "/decide", "/notices"} {
		body := w.get(path).body
		for _, m := range regexp.MustCompile(`(?s)<title>.*?</title>|(?:href|action|src)="[^"]*"`).FindAllString(body, -1) {
			lacks(t, path, m, personal...)
		}
	}
	board := w.get("/board").body
	lacks(t, "the board", board, personal...)
	lacks(t, "the program's log", h.notes.String(), append(personal, e.ID)...)
	feed := h.as("ig_lead").get("/api/v1/board").body
	lacks(t, "the board's data", feed, personal...)
}

// TestProtectedPlaces: a colleague who is not on the enquiry sees no place of a
// person who must not be found, and an oversight role sees no enquiry at all.
func TestProtectedPlaces(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, rs := h.opened(w, func(in *enquiry.OpenInput) {
		in.People[0].ProtectedLocation = true
	})
	it := item("s1", "subject-1", "education.concern", record.Fact, "2026-11-01", "Moved to Seahaven House", "Collected from Seahaven House by taxi.", "Concerns log")
	it.Flags, it.Protected = []string{record.FlagProtectedLocation}, []string{"Seahaven House"}
	for _, r := range rs {
		if r.Party.Agency == "schools" {
			h.land(r, true, found("subject-1"), nil, it)
		}
	}
	at := "/enquiries/" + e.ID
	w.json("PUT", "/api/v1"+at+"/own-view", `{"own_view":"v"}`, nil)
	contains(t, "the worker's page", w.get(at).body, "Tanner", "Protected location")
	other := h.as("worker_2")
	for _, path := range []string{at, at + "/chronology", at + "/ask", at + "/decide"} {
		body := other.get(path).body
		contains(t, path, body, "Rowan")
		lacks(t, path, body, "Tanner", "FE1 4TC", "Seahaven")
	}
	contains(t, "the chronology", other.get(at+"/chronology").body, "Locates someone who must not be found")
}
