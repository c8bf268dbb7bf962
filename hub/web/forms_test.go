package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
)

// typed is a contact as a worker types it into the form.
func typed() url.Values {
	return url.Values{
		"people": {"2"}, "family_informed.answer": {"yes"}, "originator.kind": {"school"}, "originator.party": {"schools/999001"},
		"narrative": {"Came to school hungry."}, "evidence": {"yes"}, "rag": {"amber"}, "level": {"3"}, "purpose": {"s17"}, "restricted": {"no"},
		"people[0].given": {"Rowan"}, "people[0].family": {"Tessel"}, "people[0].born-day": {"3"}, "people[0].born-month": {"5"}, "people[0].born-year": {"2016"},
		"people[0].nhs": {"999 000 0018"}, "people[0].postcode": {"fe1 4tc"}, "people[0].line1": {"14 Tanner's Court"}, "people[0].gender": {"2"},
		"people[1].role": {"household"}, "people[1].given": {"Leanne"}, "people[1].family": {"Tessel"}, "people[1].relation": {"mother"},
		"people[1].reason": {"Has care of the child"}, "people[1].identifier_omitted_reason": {"Not known to the school"}, "people[1].born-year": {"1993"},
		"people[1].estimated": {"yes"},
		"basis":               {"given"}, "basis.given_by": {"parent"}, "basis.told": {"Leaflet FS-2"}, "basis.given_at-day": {"18"}, "basis.given_at-month": {"11"}, "basis.given_at-year": {"2026"},
	}
}

// TestOpenForm: the whole form opens an enquiry, with dates, identifiers and
// postcodes as the standard has them.
func TestOpenForm(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	a := w.form("/enquiries/new", typed())
	to := a.header.Get("Location")
	if a.status != http.StatusSeeOther || !strings.HasPrefix(to, "/enquiries/") {
		t.Fatalf("%d %s", a.status, problemsOf(a.body))
	}
	page := w.get(to)
	contains(t, "the enquiry", page.body, "Rowan Tessel", "3 May 2016", "9990000018", "FE1 4TC", "Leanne Tessel", "about 1993", "Has care of the child",
		"Yes, the family knows", "Came to school hungry.", "Agreement given by a parent", "Choose whom to ask", "Millbrook Primary School")
	title := regexp.MustCompile(`<title>(.*?)</title>`).FindStringSubmatch(page.body)
	if title == nil || !regexp.MustCompile(`^Enquiry [0-9A-Z]{4}-[0-9A-Z]{4} – MASH Hub$`).MatchString(title[1]) {
		t.Errorf("title: %q", title)
	}
}

// TestOpenFormPeople adds and removes people without losing what was typed.
func TestOpenFormPeople(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	v := typed()
	v.Set("step", "add")
	a := w.form("/enquiries/new", v)
	contains(t, "the form", a.body, `name="people[2].given"`, `value="Leanne"`, `value="Rowan"`)
	v.Set("people", "3")
	v.Set("people[2].given", "Craig")
	v.Set("step", "remove 1")
	a = w.form("/enquiries/new", v)
	contains(t, "the form", a.body, `name="people[1].given" type="text" `, `value="Craig"`, `value="Rowan"`)
	lacks(t, "the form", a.body, "Leanne", `people[2]`)
	v.Set("step", "remove 0") // the child stays
	contains(t, "the form", w.form("/enquiries/new", v).body, `value="Rowan"`)
}

var (
	summaryLink = regexp.MustCompile(`<a href="#([^"]+)">([^<]+)</a>`)
	anyID       = regexp.MustCompile(`\bid="([^"]+)"`)
)

func problemsOf(body string) (out []string) {
	_, rest, _ := strings.Cut(body, "govuk-error-summary__list")
	list, _, _ := strings.Cut(rest, "</ul>")
	for _, m := range summaryLink.FindAllStringSubmatch(list, -1) {
		out = append(out, m[1]+": "+m[2])
	}
	return out
}

// TestFormErrors: every entry of an error summary leads to a field that is on
// the page, what was typed is still there, and the title says so.
func TestFormErrors(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, rs := h.opened(w)
	at := "/enquiries/" + e.ID
	without := func(change func(url.Values)) url.Values { v := typed(); change(v); return v }
	for name, c := range map[string]struct {
		path   string
		v      url.Values
		want   []string // one of them must be there, the id of each must exist
		status int
	}{
		"nothing":        {"/enquiries/new", url.Values{"people": {"1"}}, []string{"family_informed-answer: Say whether the family knows"}, 422},
		"bad number":     {"/enquiries/new", without(func(v url.Values) { v.Set("people[0].nhs", "9990000019") }), []string{"people-0-nhs: "}, 422},
		"bad date":       {"/enquiries/new", without(func(v url.Values) { v.Set("people[0].born-month", "13") }), []string{"people-0-born-day: "}, 422},
		"future basis":   {"/enquiries/new", without(func(v url.Values) { v.Set("basis.given_at-year", "2027") }), []string{"basis-given_at-day: "}, 422},
		"no reason":      {"/enquiries/new", without(func(v url.Values) { v.Del("people[1].reason") }), []string{"people-1-reason: "}, 422},
		"forged values":  {"/enquiries/new", without(func(v url.Values) { v.Set("rag", "purple"); v.Set("people[0].gender", "zz") }), nil, 422},
		"ask of nobody":  {at + "/ask", url.Values{"from-day": {"1"}, "from-month": {"1"}, "from-year": {"2020"}}, []string{"ask-0-choice: "}, 422},
		"ask for what":   {at + "/ask", url.Values{"ask[0].choice": {"ask"}}, []string{"from-day: ", "ask-0-persons: ", "ask-0-categories: "}, 422},
		"asked twice":    {at + "/ask", url.Values{"from-day": {"1"}, "from-month": {"1"}, "from-year": {"2020"}, "ask[1].choice": {"ask"}, "ask[1].persons": {"subject-1"}, "ask[1].categories": {"police.crime"}}, nil, 422},
		"decide":         {at + "/decide", url.Values{}, []string{"outcome: Choose what is decided", "why: Say why"}, 422},
		"own view":       {at + "/own-view", url.Values{}, []string{"own_view: "}, 422},
		"close":          {at + "/close", url.Values{}, []string{"sentenced: ", "plan: "}, 422},
		"withdraw":       {at + "/withdraw", url.Values{"request": {rs[0].ID}}, []string{"reason: "}, 422},
		"too early":      {at + "/decide", url.Values{"outcome": {"advice"}, "why": {"w"}}, nil, 409},
		"unknown change": {at + "/rag", url.Values{"rag": {"purple"}}, []string{"rag: "}, 422},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.form(c.path, c.v)
			if a.status != c.status || !strings.Contains(a.body, "<title>Error: ") || !strings.Contains(a.body, "govuk-error-summary") {
				t.Fatalf("%d", a.status)
			}
			ids := map[string]bool{}
			for _, m := range anyID.FindAllStringSubmatch(a.body, -1) {
				if ids[m[1]] {
					t.Errorf("two elements with the id %s", m[1])
				}
				ids[m[1]] = true
			}
			got := problemsOf(a.body)
			for _, p := range got {
				if id, _, _ := strings.Cut(p, ": "); !ids[id] {
					t.Errorf("%q leads nowhere", p)
				}
			}
			for _, w := range c.want {
				if !strings.Contains(strings.Join(got, "\n"), w) {
					t.Errorf("lacks %q: %v", w, got)
				}
			}
			if n := c.v.Get("narrative"); n != "" && !strings.Contains(a.body, n) {
				t.Error("what was typed is gone")
			}
		})
	}
}

var chosen = regexp.MustCompile(`<(?:input|option)[^>]* (?:checked|selected)[^>]*>`)

// TestNothingIsPreselected: a fresh form has no choice made.
func TestNothingIsPreselected(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, _ := h.story(w)
	at := "/enquiries/" + e.ID
	for _, path := range []string{"/enquiries/new", at + "/ask", at + "/decide", at + "/feedback", at + "/close", at + "/rag", at + "/late-review"} {
		if m := chosen.FindString(w.get(path).body); m != "" {
			t.Errorf("%s: %s", path, m)
		}
	}
}

// TestSentTwice: a second click, one after the other or at the same time,
// changes nothing and says so.
func TestSentTwice(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	v := typed()
	v.Set("once", "token-1")
	var wg sync.WaitGroup
	locations := make([]string, 4)
	for i := range locations {
		wg.Go(func() { locations[i] = w.form("/enquiries/new", v).header.Get("Location") })
	}
	wg.Wait()
	for _, l := range locations {
		if l == "" || l != locations[0] {
			t.Fatalf("several enquiries: %v", locations)
		}
	}
	var open []mash.Enquiry
	if err := h.store.View(t.Context(), func(tx mash.HubTx) (err error) {
		open, err = tx.ListEnquiries(mash.EnquiryFilter{})
		return err
	}); err != nil || len(open) != 1 {
		t.Fatalf("%d enquiries, %v", len(open), err)
	}
	w.get(locations[0]) // takes the message of the first sending
	w.form("/enquiries/new", v)
	contains(t, "the second click", w.get(locations[0]).body, "The second time changed nothing.")
	// Another person's form of the same token is another form.
	if l := h.as("worker_2").form("/enquiries/new", v).header.Get("Location"); l == locations[0] {
		t.Error("another person was led to this enquiry")
	}
	// Without the token the state of the enquiry itself refuses.
	e, _ := h.opened(w)
	at := "/enquiries/" + e.ID
	w.json("PUT", "/api/v1"+at+"/own-view", `{"own_view":"v"}`, nil)
	w.form(at+"/collate", url.Values{})
	a := w.form(at+"/collate", url.Values{})
	if a.status != http.StatusConflict || !strings.Contains(a.body, "the enquiry is collated") {
		t.Errorf("collating twice: %d", a.status)
	}
	// A form that failed may be corrected and sent again with its token.
	v = typed()
	v.Set("once", "token-2")
	v.Del("rag")
	if a := w.form("/enquiries/new", v); a.status != http.StatusUnprocessableEntity {
		t.Fatalf("%d", a.status)
	}
	v.Set("rag", "red")
	if a := w.form("/enquiries/new", v); a.status != http.StatusSeeOther {
		t.Errorf("corrected: %d", a.status)
	}
}

// TestHugeForms: a body above the limit is refused before it is read.
func TestHugeForms(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	v := typed()
	v.Set("narrative", strings.Repeat("a", 400_000))
	if a := w.form("/enquiries/new", v); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d", a.status)
	}
	v.Set("narrative", strings.Repeat("a", 110_000))
	if a := w.form("/enquiries/new", v); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Shorten it") {
		t.Errorf("%d", a.status)
	}
}

// TestWholeWorkByForms plays an enquiry from asking to closing by forms alone.
func TestWholeWorkByForms(t *testing.T) {
	h := newHub(t)
	w, second := h.as("worker"), h.as("worker_2")
	at := w.form("/enquiries/new", typed()).header.Get("Location")
	post := func(c *client, path string, v url.Values) {
		t.Helper()
		a := c.form(at+path, v)
		if a.status != http.StatusSeeOther {
			t.Fatalf("%s: %d %v %s", path, a.status, problemsOf(a.body), a.body)
		}
	}
	post(w, "/ask", url.Values{"from-day": {"1"}, "from-month": {"1"}, "from-year": {"2020"}, "ask[1].choice": {"ask"}, "ask[1].persons": {"subject-1"},
		"ask[1].categories": {"police.crime", "police.domestic_incident"}, "ask[5].choice": {"ask"}, "ask[5].persons": {"subject-1"}, "ask[5].categories": {"housing.tenancy"},
		"ask[2].choice": {"not"}, "ask[2].reason": {"Seen last week"}})
	page := w.get(at).body
	// Somebody at housing is called like the mother, so nothing goes there.
	contains(t, "the enquiry", page, "Seen last week", "Fernshire Police", "Not asked: refused", "may be one of the people")
	var p enquiry.Picture
	w.json("GET", "/api/v1"+at, "", &p)
	r := p.Requests[0]
	if r.Party.Agency != "police" {
		r = p.Requests[1]
	}
	h.sent(r.Request)
	h.clock.pass(7 * time.Hour)
	h.clarify(r.Request, "Which years?")
	contains(t, "the board", w.get("/board").body, "Late by 1 h", "asked a question back", "01632 960102")
	contains(t, "the form", w.get(at+"/clarification?request="+r.ID).body, "Which years?")
	post(w, "/clarification", url.Values{"request": {r.ID}, "text": {"The last two."}})
	post(w, "/withdraw", url.Values{"request": {r.ID}, "reason": {"Answered by telephone"}})
	post(w, "/voice", url.Values{"reason": {"She is in hospital."}})
	post(w, "/own-view", url.Values{"own_view": {"Strain."}})
	contains(t, "the chronology", w.get(at+"/chronology").body, "She is in hospital.", "Withdrawn", "Seen last week")
	post(w, "/rag", url.Values{"rag": {"red"}})
	post(w, "/collate", nil)
	post(w, "/decide", url.Values{"outcome": {"advice"}, "why": {"Small pieces."}})
	post(w, "/feedback", url.Values{"told": {"yes"}, "text": {"Thank you. Please go on with breakfast club."}, "how": {"telephone"}})
	contains(t, "the enquiry", w.get(at).body, "waits for a second reader")
	text := second.get(at + "/feedback-review").body
	contains(t, "the second reader's page", text, "breakfast club")
	written := regexp.MustCompile(`name="written" value="([^"]+)"`).FindStringSubmatch(text)
	if written == nil {
		t.Fatal("the page does not say which text it shows")
	}
	for _, other := range []string{"", "2026-11-20T00:00:00Z", "x"} { // another text than is held
		if a := second.form(at+"/feedback-review", url.Values{"allow": {"yes"}, "written": {other}}); a.status != http.StatusConflict {
			t.Errorf("a reading of another text, %q: %d", other, a.status)
		}
	}
	post(second, "/feedback-review", url.Values{"allow": {"yes"}, "written": {written[1]}})
	contains(t, "the start page", w.get("/").body, `href="`+at+`"`)
	post(w, "/close", url.Values{"sentenced": {"no"}, "plan": {"no"}})
	lacks(t, "the start page", w.get("/").body, `href="`+at+`"`)
	contains(t, "the enquiry", w.get(at).body, "Closed", "Advice given")
	lacks(t, "the start page of who works on nothing", h.as("ig_lead").get("/").body, at)
	post(w, "/reopen", url.Values{"reason": {"A new call."}})
	contains(t, "the enquiry", w.get(at).body, "A new call.")
}

// TestCloseNamesEveryReason: the page of a refusal lists them all.
func TestCloseNamesEveryReason(t *testing.T) {
	h := newHub(t)
	w := h.as("worker")
	e, _ := h.opened(w)
	a := w.form("/enquiries/"+e.ID+"/close", url.Values{"sentenced": {"yes"}, "plan": {"yes"}, "plan_started-day": {"2"}, "plan_started-month": {"10"}, "plan_started-year": {"2026"}})
	contains(t, "the refusal", a.body, "The enquiry stays open", "No outcome is recorded", "has not been told", "A request is still open", "voice", "child-in-need plan", "MF-10.2")
}
