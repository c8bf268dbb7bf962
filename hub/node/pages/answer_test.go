package pages

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"mashhub/hub/mash"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

var told = mash.Informed{Answer: "yes"}

// oneItem is an answer about Rowan with one item, as a browser sends it.
func oneItem() url.Values {
	return url.Values{
		"subject-1.outcome":           {"records_found"},
		"subject-1.reason":            {"", ""},
		"subject-1.item.0.category":   {"education.concern"},
		"subject-1.item.0.kind":       {"fact"},
		"subject-1.item.0.date-day":   {"3"},
		"subject-1.item.0.date-month": {"11"},
		"subject-1.item.0.date-year":  {"2026"},
		"subject-1.item.0.title":      {"Came to school hungry"},
		"subject-1.item.0.text":       {"Three times in two weeks."},
		"subject-1.item.0.source":     {"Concerns log"},
	}
}

func with(v url.Values, pairs ...string) url.Values {
	v = maps.Clone(v)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
		} else {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

var concerns = []string{"education.concern", "education.attendance"}

// TestAnswerAsTheDemoSendsIt posts every field once, dates as text.
func TestAnswerAsTheDemoSendsIt(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan(), leanne())
	c := f.as("reviewer")
	path := "/tasks/" + f.taskOf(req).ID
	a := c.form(path+"/answer", url.Values{
		"subject-1.outcome":               {"records_found"},
		"subject-1.item.0.category":       {"education.concern"},
		"subject-1.item.0.kind":           {"child_voice"},
		"subject-1.item.0.date":           {"2026-11-15"},
		"subject-1.item.0.title":          {"Talked about home"},
		"subject-1.item.0.text":           {"I like Nan's because it's quiet.\r\nShe lives at 9 Mill Lane."},
		"subject-1.item.0.source":         {"Concerns log"},
		"subject-1.item.0.author":         {"Teaching assistant"},
		"subject-1.item.0.handling":       {"P"},
		"subject-1.item.0.protected":      {"9 Mill Lane\nMill Lane"},
		"subject-1.item.0.third_party":    {"yes"},
		"subject-1.item.0.voice_verbatim": {"yes"},
		"subject-1.item.0.voice_heard_by": {"Teaching assistant"},
		"subject-1.item.0.voice_agreed":   {"yes"},
		"subject-1.item.0.voice_with":     {"her teacher"},
		"subject-1.item.7.category":       {"education.attendance"},
		"subject-1.item.7.kind":           {"fact"},
		"subject-1.item.7.date":           {"2026"},
		"subject-1.item.7.until":          {"2026-11"},
		"subject-1.item.7.title":          {"Attendance 81%"},
		"household-1.outcome":             {"refused"},
		"household-1.reason":              {"We hold nothing in our role as a school that the question covers."},
	})
	c.want(a, http.StatusSeeOther)
	if a.header.Get("Location") != "/tasks" {
		t.Errorf("leads to %q", a.header.Get("Location"))
	}
	c.want(c.get("/tasks"), 200, "Your answer has been taken", "Nothing is waiting for you")

	r := f.returned(req)
	if !r.Return.Final || len(r.Items) != 2 {
		t.Fatalf("final %v, %d items", r.Return.Final, len(r.Items))
	}
	i := slices.IndexFunc(r.Items, func(i mash.ReturnedItem) bool { return i.Item.Kind == record.ChildVoice })
	got := r.Items[i].Item
	got.ID = ""
	want := record.Item{Person: "subject-1", Category: "education.concern", Kind: record.ChildVoice, Date: record.NewDate(2026, 11, 15), Title: "Talked about home",
		Text: "I like Nan's because it's quiet.\nShe lives at 9 Mill Lane.", Source: "Concerns log", Author: "Teaching assistant", Handling: "P",
		Flags: []string{"third_party", "protected_location"}, Protected: []string{"9 Mill Lane", "Mill Lane"},
		Voice: &record.Voice{Verbatim: true, HeardBy: "Teaching assistant", Agreed: "yes", With: "her teacher"}}
	if !equalJSON(t, got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	second := r.Items[1-i].Item
	if second.Date.Words() != "2026" || second.Until.Words() != "November 2026" || second.Source != "Millbrook Primary School" {
		t.Errorf("the second item is %+v", second)
	}
	for _, o := range r.Return.Outcomes {
		if o.Person == "household-1" && (o.Outcome != mash.Refused || !strings.HasPrefix(o.Reason, "We hold nothing")) {
			t.Errorf("household-1: %+v", o)
		}
	}
}

func TestAnswerOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		form url.Values
		want mash.ReturnOutcome
		say  string
	}{
		"found in fields":  {oneItem(), mash.RecordsFound, ""},
		"nothing":          {url.Values{"subject-1.outcome": {"nothing_known"}, "subject-1.reason": {"left over", ""}}, mash.NothingKnown, ""},
		"could not look":   {url.Values{"subject-1.outcome": {"source_unavailable"}, "subject-1.reason": {"", "The archive is flooded"}}, mash.SourceUnavailable, "The archive is flooded"},
		"refused":          {url.Values{"subject-1.outcome": {"refused"}, "subject-1.reason": {"Legal advice", ""}}, mash.Refused, "Legal advice"},
		"empty group left": {with(oneItem(), "subject-1.item.1.kind", "opinion", "subject-1.item.1.voice_agreed", "no"), mash.RecordsFound, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newAgency(t, schools, nil)
			req := f.ask(millbrook, told, concerns, rowan())
			who := f.as("dsl-999001")
			who.want(who.form("/tasks/"+f.taskOf(req).ID+"/answer", c.form), http.StatusSeeOther)
			o := f.returned(req).Return.Outcomes[0]
			if o.Outcome != c.want || o.Reason != c.say {
				t.Errorf("outcome %q because %q, want %q because %q", o.Outcome, o.Reason, c.want, c.say)
			}
		})
	}
}

func TestAnswerMistakes(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan(), leanne())
	task := f.taskOf(req)
	c := f.as("dsl-999001")
	good := with(oneItem(), "household-1.outcome", "nothing_known")
	voice := with(good, "subject-1.item.0.kind", "child_voice", "subject-1.item.0.voice_verbatim", "no",
		"subject-1.item.0.voice_heard_by", "Class teacher", "subject-1.item.0.voice_agreed", "no")
	item := func(f string) string { return "subject-1.item.0." + f }
	for name, x := range map[string]struct {
		form       url.Values
		say, field string
	}{
		"nothing at all":         {url.Values{}, "Choose your answer about Rowan Tessel", "subject-1.outcome"},
		"a person left out":      {oneItem(), "Choose your answer about Leanne Tessel", "household-1.outcome"},
		"an unknown outcome":     {with(good, "subject-1.outcome", "returned"), "Choose your answer about Rowan Tessel", "subject-1.outcome"},
		"found, and no item":     {url.Values{"subject-1.outcome": {"records_found"}, "household-1.outcome": {"nothing_known"}}, "Write at least one item about Rowan Tessel", "subject-1.outcome"},
		"refused, no reason":     {with(good, "household-1.outcome", "refused"), "Say why you do not answer about Leanne Tessel", "household-1.reason"},
		"a reason too long":      {with(good, "household-1.outcome", "refused", "household-1.reason", strings.Repeat("x", 5001)), "Shorten the reason", "household-1.reason"},
		"items, nothing known":   {with(good, "subject-1.outcome", "nothing_known"), "chosen an answer that shares none", "subject-1.outcome"},
		"no category":            {with(good, item("category"), ""), "item 1: choose what this is about", item("category")},
		"a category not asked":   {with(good, item("category"), "health.camhs"), "item 1: choose what this is about", item("category")},
		"no kind":                {with(good, item("kind"), ""), "say whether it is fact", item("kind")},
		"an unknown kind":        {with(good, item("kind"), "rumour"), "item 1: not a kind", item("kind")},
		"no title":               {with(good, item("title"), ""), "item 1: write a short title", item("title")},
		"a title too long":       {with(good, item("title"), strings.Repeat("x", 501)), "Shorten the title", item("title")},
		"a text too long":        {with(good, item("text"), strings.Repeat("x", 20_001)), "Shorten the text", item("text")},
		"no date":                {with(good, item("date-day"), "", item("date-month"), "", item("date-year"), ""), "write when it happened", item("date-day")},
		"no year":                {with(good, item("date-year"), ""), "write the year as well", item("date-day")},
		"no month":               {with(good, item("date-month"), ""), "write the month as well", item("date-day")},
		"no day of calendar":     {with(good, item("date-day"), "31"), "this is not a date", item("date-day")},
		"a date as bad text":     {with(good, item("date"), "last week"), "this is not a date", item("date-day")},
		"ends before it begins":  {with(good, item("until-year"), "2025"), "the end lies before the beginning", item("until-day")},
		"voice, not verbatim?":   {with(voice, item("voice_verbatim"), ""), "own words", item("voice_verbatim")},
		"voice, heard by?":       {with(voice, item("voice_heard_by"), ""), "say who heard it", item("voice_heard_by")},
		"voice, agreed?":         {with(voice, item("voice_agreed"), ""), "say whether the child agreed", item("voice_agreed")},
		"voice, agreed badly":    {with(voice, item("voice_agreed"), "maybe"), "not an answer", item("voice_agreed")},
		"protected too short":    {with(good, item("protected"), "9"), "write each place or number in full", item("protected")},
		"text that is not UTF-8": {with(good, item("source"), "a\xffb"), "Item 1:", item("source")},
	} {
		t.Run(name, func(t *testing.T) {
			c := *c
			c.t = t
			a := c.want(c.form("/tasks/"+task.ID+"/answer", x.form), 422, "<title>Error: ", "There is a problem", `href="#`+x.field+`"`, `id="`+x.field+`"`)
			if !strings.Contains(strings.ToLower(a.body), strings.ToLower(x.say)) {
				t.Errorf("the page does not say %q", x.say)
			}
			if x.form.Get(item("text")) != "" && !strings.Contains(a.body, x.form.Get(item("text"))) {
				t.Error("what was typed is lost")
			}
			if len(f.sent(wire.KindReturn, req)) != 0 || f.taskOf(req).State != "open" {
				t.Error("something was changed")
			}
		})
	}
	many := with(good)
	for n := range 60 {
		for name, v := range oneItem() {
			if rest, ok := strings.CutPrefix(name, "subject-1.item.0."); ok {
				many["subject-1.item."+string(rune('0'+n/10))+string(rune('0'+n%10))+"."+rest] = v
				many["subject-1.item.1"+string(rune('0'+n/10))+string(rune('0'+n%10))+"."+rest] = v
			}
		}
	}
	c.want(c.form("/tasks/"+task.ID+"/answer", many), 422, "at most 50 items")
}

// TestAddAnotherItem sends a half-filled form, as the button does without
// JavaScript, and reads the page that comes back as a browser would.
func TestAddAnotherItem(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan(), leanne())
	c := f.as("dsl-999001")
	path := "/tasks/" + f.taskOf(req).ID
	fresh := fields(t, c.get(path).body)
	for name, v := range fresh {
		if v[0] != "" {
			t.Errorf("%s is preselected: %q", name, v)
		}
	}
	v := with(oneItem(), "more", "subject-1", "household-1.outcome", "refused", "household-1.reason", "Not ours \"to\" <say>",
		"subject-1.item.0.kind", "child_voice", "subject-1.item.0.voice_heard_by", "Class teacher", "subject-1.item.0.third_party", "yes",
		"subject-1.item.0.protected", "9 Mill Lane\r\nMill Lane", "subject-1.item.0.until-year", "2027", "subject-1.item.0.text", "\nfirst\r\n  second")
	a := c.want(c.form(path+"/answer", v), 200, "Item 2")
	if strings.Contains(a.body, "There is a problem") || len(f.sent(wire.KindReturn, req)) != 0 {
		t.Error("asking for another item is not sending")
	}
	got := fields(t, a.body)
	if _, ok := got["subject-1.item.1.title"]; !ok {
		t.Error("there is no second group")
	}
	if _, ok := got["household-1.item.1.title"]; ok {
		t.Error("the other person has a second group")
	}
	for name, want := range v {
		w := strings.TrimSpace(strings.ReplaceAll(want[0], "\r\n", "\n"))
		if name != "more" && w != "" && firstOf(got[name]) != w {
			t.Errorf("%s came back as %q, want %q", name, got[name], w)
		}
	}
	// And what came back can be sent.
	done := with(got, "subject-1.item.0.voice_verbatim", "no", "subject-1.item.0.voice_agreed", "not_asked")
	c.want(c.form(path+"/answer", done), http.StatusSeeOther)
}

func TestSecondClick(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	path := "/tasks/" + f.taskOf(req).ID
	c := f.as("dsl-999001")
	c.want(c.form(path+"/answer", oneItem()), http.StatusSeeOther)
	c.want(c.form(path+"/answer", with(oneItem(), "subject-1.item.0.title", "Something else")), 409, "This is done already")
	c.want(c.form(path+"/ask-back", url.Values{"text": {"What do you mean?"}}), 409)
	c.want(c.get(path), 409, "This is done already")
	if n := len(f.sent(wire.KindReturn, req)); n != 1 {
		t.Errorf("%d returns", n)
	}
	if n := len(f.sent(wire.KindClarify, req)); n != 0 {
		t.Errorf("%d questions back after the answer", n)
	}
}

func TestWithdrawn(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	task := f.taskOf(req)
	f.take(wire.KindWithdraw, millbrook, req, wire.Withdraw{Reason: "closed"}, "")
	c := f.as("dsl-999001")
	c.want(c.get("/tasks/"+task.ID), 409, "no longer asked")
	c.want(c.form("/tasks/"+task.ID+"/answer", oneItem()), 409)
	c.want(c.get("/api/v1/tasks/"+task.ID), 409)
}

func TestAskBack(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	path := "/tasks/" + f.taskOf(req).ID
	c := f.as("dsl-999001")
	c.want(c.form(path+"/ask-back", url.Values{"text": {" "}}), 422, "Write the question", `href="#text"`)
	long := strings.Repeat("why ", 1300)
	c.want(c.form(path+"/ask-back", url.Values{"text": {long}}), 422, "Shorten your question", strings.TrimSpace(long))
	if n := len(f.sent(wire.KindClarify, req)); n != 0 {
		t.Fatalf("%d questions were sent", n)
	}
	c.want(c.form(path+"/ask-back", url.Values{"text": {"Which of the two schools?"}}), http.StatusSeeOther)
	if q := f.sent(wire.KindClarify, req); len(q) != 1 || !strings.Contains(q[0], "Which of the two schools?") {
		t.Errorf("sent %q", q)
	}
	f.take(wire.KindClarify, millbrook, req, wire.Clarify{Answer: true, Text: "The one by the quay."}, "")
	c.want(c.get(path), 200, "The hub has answered your question", "The one by the quay.")
}

func TestHugeBodies(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	path := "/tasks/" + f.taskOf(req).ID
	c := f.as("dsl-999001")
	for p, size := range map[string]int{"/answer": answerBody, "/ask-back": smallBody} {
		big := "subject-1.outcome=nothing_known&text=" + strings.Repeat("x", size)
		c.want(c.do("POST", path+p, strings.NewReader(big)), 413)
		// Without a length it is cut off while being read.
		c.want(c.do("POST", path+p, struct{ *strings.Reader }{strings.NewReader(big)}), 413)
	}
	c.want(c.do("POST", path+"/answer", strings.NewReader("%zz=1")), 400, "could not read this form")
	if f.taskOf(req).State != "open" {
		t.Error("something was changed")
	}
}

// TestKeepingSomethingBack: the form takes what is kept back beside what is
// shared, each with its reason, and nothing of it is preselected.
func TestKeepingSomethingBack(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	c := f.as("dsl-999001")
	path := "/tasks/" + f.taskOf(req).ID
	page := c.want(c.get(path), 200, "Do you keep anything else back? (optional)")
	if v := fields(t, page.body); v.Get("subject-1.kept") != "" {
		t.Error("something is preselected")
	}
	c.want(c.form(path+"/answer", with(oneItem(), "subject-1.kept", "education.attendance")), 422, "Say why you keep something back")
	c.want(c.form(path+"/answer", with(oneItem(), "subject-1.kept_why", "Being looked into")), 422, "Choose what you keep back")
	again := c.want(c.form(path+"/answer", with(oneItem(), "subject-1.kept", "education.attendance", "subject-1.item.0.title", "")), 422, "title")
	if v := fields(t, again.body); v.Get("subject-1.kept") != "education.attendance" {
		t.Error("what was chosen is lost")
	}
	c.want(c.form(path+"/answer", with(oneItem(), "subject-1.kept", "police.crime", "subject-1.kept_why", "r")), 422)
	c.want(c.form(path+"/answer", with(oneItem(), "subject-1.kept", "education.concern", "subject-1.kept_why", "Another is being looked into")), http.StatusSeeOther)
	ret := f.returned(req)
	if len(ret.Items) != 1 || len(ret.Return.Withheld) != 1 || ret.Return.Withheld[0].Reason != "Another is being looked into" {
		t.Errorf("%d items, withheld %+v", len(ret.Items), ret.Return.Withheld)
	}
}
