package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mashhub/hub/edition"
	"mashhub/hub/mash"
)

// TestWhatIf: an invented case is decided by what is in force, and by a change that
// is only proposed, with every reason and clause; and nothing else happens by it.
func TestWhatIf(t *testing.T) {
	h := newHub(t)
	ig, scrutineer := h.as("ig_lead"), h.as("scrutineer")
	const at = "/agreements/what-if?agreement=mash-fernshire&pair=fernshire%2Fpolice"
	ask := func(over ...string) string {
		q := url.Values{"category": {"police.crime"}, "purpose": {"s17"}, "basis": {"given"}, "contact": {"named"}, "match": {"match"}, "years": {"1"}, "handling": {"P"}}
		for i := 0; i+1 < len(over); i += 2 {
			q[over[i]] = strings.Fields(over[i+1])
		}
		return at + "&" + q.Encode()
	}
	contains(t, "the matrix", ig.get("/agreements/matrix?agreement=mash-fernshire&pair=fernshire%2Fpolice").body, "/agreements/what-if?")
	form := ig.get(at)
	contains(t, "the form", form.body, "What lets the hub ask?", "Police crime records", "Write nothing about a real child")
	lacks(t, "the form", form.body, "What would be decided", `checked="checked"`)
	for name, c := range map[string]struct {
		path string
		say  []string
	}{
		"all of it goes":        {ask(), []string{"What would be decided", "lets the hub ask the police", "MF-5.1", "MF-6.1", "Children Act 1989"}},
		"too old":               {ask("years", "7"), []string{"older than six years", "MF-7.2"}},
		"its date is not known": {ask("years", ""), []string{"A person decides", "MF-7.3"}},
		"silence":               {ask("basis", "silent"), []string{"silence is not agreement", "The question would not go"}},
		"a manager's reasons":   {ask("basis", "dispensation"), []string{"lets the hub ask"}},
		"anonymous":             {ask("contact", "anonymous"), []string{"A person decides", "MF-4.2"}},
		"perhaps":               {ask("match", "potential"), []string{"MF-6.5", "MF-6.4"}},
		"neither confirmed":     {ask("category", "police.intelligence", "years", "7", "purpose", "s47", "basis", "s47"), []string{"MF-7.1", "MF-7.2"}},
		"of a third person":     {ask("flags", "third_party"), []string{"MF-7.6"}},
		"handling":              {ask("handling", "C"), []string{"With it goes: stays in the hub"}},
	} {
		page := scrutineer.get(c.path)
		if page.status != http.StatusOK {
			t.Errorf("%s: %d %v", name, page.status, problemsOf(page.body))
		}
		contains(t, name, page.body, c.say...)
	}
	for _, bad := range []string{ask("purpose", ""), ask("purpose", "research"), ask("category", "health.camhs"), ask("basis", "magic"), ask("match", "x"), ask("contact", "x"), ask("years", "many"), ask("years", "101"),
		ask("years", "-1"), ask("flags", "x"), ask("handling", strings.Repeat("x", 21))} {
		if a := ig.get(bad); a.status != http.StatusUnprocessableEntity || len(problemsOf(a.body)) == 0 {
			t.Errorf("%s: %d %v", bad, a.status, problemsOf(a.body))
		}
	}
	for _, path := range []string{"/agreements/what-if?pair=x", "/agreements/what-if?edition=x", at + "&edition=x"} {
		if a := ig.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}

	// By a change that nobody has agreed to.
	a := ig.form("/agreements/change", url.Values{"agreement": {"mash-fernshire"}, "pair": {"fernshire/police"}, "category": {"police.crime"}, "purpose": {"s17"}, "mode": {"existence"}, "why": {"x"}})
	if a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problemsOf(a.body))
	}
	id := strings.TrimPrefix(a.header.Get("Location"), "/agreements/")
	contains(t, "the proposal", ig.get("/agreements/"+id).body, "/agreements/what-if?", "edition="+id)
	contains(t, "by the change", ig.get(ask()+"&edition="+id).body, "By the agreements as a change would make them", "MF-6.3")
	lacks(t, "by what is in force", ig.get(ask()).body, "MF-6.3")

	one := 1
	in := whatIfIn{Invented: edition.Invented{Pair: "fernshire/police", Category: "police.crime", Purpose: mash.PurposeS17, Basis: "given", Contact: "named", Match: "match", Years: &one, Handling: "P"}}
	var out edition.Foreseen
	if a := ig.json("POST", "/api/v1/agreements/what-if", in, &out); a.status != http.StatusOK || out.Ask.Answer != mash.Permit || out.Content.Answer != mash.Permit || len(out.Read) < 3 {
		t.Errorf("%d %+v", a.status, out)
	}
	in.Edition = id
	if a := ig.json("POST", "/api/v1/agreements/what-if", in, &out); a.status != http.StatusOK || out.Content.Answer != mash.Deny || out.Existence.Answer != mash.Permit {
		t.Errorf("by the change: %d %+v", a.status, out)
	}
	in.Pair = "fernshire/nobody"
	if a := ig.json("POST", "/api/v1/agreements/what-if", in, nil); a.status != http.StatusUnprocessableEntity {
		t.Errorf("an agency that signed nothing: %d", a.status)
	}
	if n := h.editions.Engine.Epoch(); n != 1 {
		t.Error("something is in force by it")
	}
}
