package pages

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

var crimes = []string{"police.domestic_incident", "police.crime"}

// likely is a record that may be Rowan: another number, a similar name.
func likely(ref, given string) connector.Candidate {
	born := record.NewDate(2016, 5, 3)
	return connector.Candidate{Ref: ref, Record: record.Person{Names: []record.Name{{Given: []string{given}, Family: []string{"Tessel"}}}, BirthDate: &born,
		Addresses: []record.Address{{Line1: "3 Quay Court", City: "Alderbrook", Postcode: "FE1 9ZZ"}}}}
}

func incident(id string, flags ...string) record.Item {
	return record.Item{ID: id, Category: "police.domestic_incident", Kind: record.Fact, Date: record.NewDate(2026, 10, 20), Title: "Verbal argument", Text: "Neighbours called.",
		Source: "Incident log", Handling: "P", Flags: flags}
}

func TestMatch(t *testing.T) {
	for name, x := range map[string]struct {
		choose  string
		outcome mash.ReturnOutcome
	}{
		"a record": {"PX 1/2?", mash.RecordsFound},
		"none":     {"none", mash.NothingKnown},
	} {
		t.Run(name, func(t *testing.T) {
			f := newAgency(t, police, &system{candidates: []connector.Candidate{likely("PX 1/2?", "Rowan"), likely("PX-2", "Ronan")}, items: []record.Item{incident("i-1")}})
			req := f.ask(mash.Party{Agency: "police"}, told, crimes, rowan())
			path := "/tasks/" + f.taskOf(req).ID
			c := f.as("reviewer")
			page := c.want(c.get(path), 200, "Record 1", "Record 2", "14 Tanner&#39;s Court", "3 Quay Court", "None of these", "999 000 0018", "Date of birth: ", "reference PX 1/2?")
			if v := fields(t, page.body); v.Get("subject-1") != "" {
				t.Errorf("preselected: %q", v.Get("subject-1"))
			}
			for _, bad := range []url.Values{{}, {"subject-1": {"PX-3"}}, {"subject-1": {""}}, {"household-1": {"PX-2"}}} {
				c.want(c.form(path+"/match", bad), 422, "Choose the record that is Rowan Tessel", `href="#subject-1"`)
			}
			if len(f.sent(wire.KindReturn, req)) != 0 {
				t.Fatal("a mistake was sent")
			}
			c.want(c.form(path+"/match", url.Values{"subject-1": {x.choose}}), http.StatusSeeOther)
			if o := f.returned(req).Return.Outcomes[0].Outcome; o != x.outcome {
				t.Errorf("outcome %s, want %s", o, x.outcome)
			}
			c.want(c.form(path+"/match", url.Values{"subject-1": {"PX-2"}}), 409)
			if n := len(f.sent(wire.KindReturn, req)); n != 1 {
				t.Errorf("%d returns", n)
			}
		})
	}
}

func TestMatchWithoutAList(t *testing.T) {
	f := newAgency(t, police, &system{more: true})
	req := f.ask(mash.Party{Agency: "police"}, told, crimes, rowan())
	c := f.as("reviewer")
	c.want(c.get("/tasks/"+f.taskOf(req).ID), 200, "more people than it could list")
}

// certain is a record that is Rowan's.
func certain() connector.Candidate {
	return connector.Candidate{Ref: "P-1", Record: rowan().Record}
}

func TestReview(t *testing.T) {
	f := newAgency(t, police, &system{candidates: []connector.Candidate{certain()},
		items: []record.Item{incident("i 1&allow.i-2=yes", "third_party"), incident("i-2", "intelligence"), incident("i-3")}})
	req := f.ask(mash.Party{Agency: "police"}, told, crimes, rowan())
	path := "/tasks/" + f.taskOf(req).ID
	c := f.as("reviewer")
	page := c.want(c.get(path), 200, "May item 1 be shared?", "somebody who was not asked about", "It is intelligence.", "Verbal argument", "Neighbours called.")
	if strings.Contains(page.body, "May item 3") {
		t.Error("an item that needs no look is put to a person")
	}
	// What a system calls its records is in no name of a field.
	names := regexp.MustCompile(`name="(allow\.[0-9a-f]{32})" type="radio" value="yes"`).FindAllStringSubmatch(page.body, -1)
	if len(names) != 2 {
		t.Fatalf("%d items to review", len(names))
	}
	first, second := names[0][1], names[1][1]
	if v := fields(t, page.body); v.Get(first) != "" || v.Get(second) != "" {
		t.Error("something is preselected")
	}
	for name, x := range map[string]struct {
		form url.Values
		say  string
	}{
		"nothing":       {url.Values{}, "Item 1: choose whether it may be shared"},
		"one of two":    {url.Values{first: {"yes"}}, "Item 2: choose whether it may be shared"},
		"something odd": {url.Values{first: {"yes"}, second: {"maybe"}}, "Item 2: choose whether it may be shared"},
		"no reason":     {url.Values{first: {"yes"}, second: {"no"}, "reason": {"  "}}, "Say why you keep something back"},
		"long reason":   {url.Values{first: {"yes"}, second: {"no"}, "reason": {strings.Repeat("x", 5001)}}, "Shorten the reason"},
	} {
		t.Run(name, func(t *testing.T) {
			c := *c
			c.t = t
			c.want(c.form(path+"/review", x.form), 422, x.say)
		})
	}
	before := len(f.sent(wire.KindReturn, req))
	c.want(c.form(path+"/review", url.Values{first: {"yes"}, second: {"no"}, "reason": {"The source would be known"}}), http.StatusSeeOther)
	sent := f.sent(wire.KindReturn, req)
	last := sent[len(sent)-1]
	if len(sent) != before+1 || !strings.Contains(last, strings.TrimPrefix(first, "allow.")) || strings.Contains(last, strings.TrimPrefix(second, "allow.")) {
		t.Errorf("%d returns, the last %s", len(sent)-before, last)
	}
	c.want(c.form(path+"/review", url.Values{first: {"yes"}, second: {"yes"}}), 409)
	if n := len(f.sent(wire.KindReturn, req)); n != before+1 {
		t.Errorf("the second click sent %d more", n-before-1)
	}
}

// encompass is a notice as police send it.
func encompass(informed string) connector.Notification {
	return connector.Notification{ID: "e-1", Kind: "encompass", Person: rowan().Record, Setting: "999001", Happened: time.Date(2026, 11, 20, 1, 10, 0, 0, time.UTC),
		Place: "At home", Reference: "FP/26/118", Present: "yes", Voice: "I put the pillow over my ears.", Text: "Shouting between adults.\nNobody was hurt.", FamilyInformed: informed}
}

func TestNotice(t *testing.T) {
	f := newAgency(t, schools, nil)
	task := f.tell(millbrook, "encompass", encompass("unsafe_to_tell"))
	c := f.as("dsl-999001")
	c.want(c.get("/tasks"), 200, "Read a notice", "for Millbrook Primary School, since Fri 20 Nov 2026, 15:40")
	page := c.want(c.get("/tasks/"+task), 200, "Do not tell the family", "Rowan Tessel", "3 May 2016", "I put the pillow over my ears.", "FP/26/118",
		"The child was there", "Fri 20 Nov 2026, 01:10", "I have read this")
	if strings.Index(page.body, "Do not tell the family") > strings.Index(page.body, "Rowan Tessel") {
		t.Error("the family is not first")
	}
	c.want(c.form("/tasks/"+task+"/acknowledge", nil), http.StatusSeeOther)
	if after := c.want(c.get("/tasks/"+task), 409, "This is done already"); strings.Contains(after.body, "Rowan") || strings.Contains(after.body, "pillow") {
		t.Error("it still says what it said")
	}
	c.want(c.form("/tasks/"+task+"/acknowledge", nil), 409, "This is done already")
	c.want(c.form("/tasks/"+task+"/ask-back", url.Values{"text": {"who?"}}), 409)
	n := 0
	err := f.store.View(t.Context(), func(tx mash.NodeTx) error {
		ms, err := tx.DueMessages("fernshire", f.now.Add(time.Hour), 100)
		for _, m := range ms {
			if m.Kind == string(wire.KindAcknowledge) {
				n++
			}
		}
		return err
	})
	if err != nil || n != 1 {
		t.Errorf("%d acknowledgements, %v", n, err)
	}
}

func TestFeedback(t *testing.T) {
	f := newAgency(t, schools, nil)
	task := f.tell(millbrook, "feedback", enquiry.Feedback{Reference: "K7QM-2ZXA", Text: "Thank you.\nA social worker will visit.", Informed: "no"})
	c := f.as("dsl-999001")
	c.want(c.get("/tasks/"+task), 200, "What became of your concern", "A social worker will visit.", "K7QM-2ZXA", "The family has not been told")
	c.want(c.form("/tasks/"+task+"/acknowledge", nil), http.StatusSeeOther)
}

// TestFormOfAnotherKind posts each form to a task that is not of its kind.
func TestFormOfAnotherKind(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	answer, notice := f.taskOf(req).ID, f.tell(millbrook, "encompass", encompass("no"))
	c := f.as("reviewer")
	for _, p := range []string{answer + "/match", answer + "/review", answer + "/acknowledge", notice + "/answer", notice + "/match", notice + "/review", notice + "/ask-back"} {
		c.want(c.form("/tasks/"+p, url.Values{"text": {"x"}, "subject-1": {"none"}}), 404)
	}
	if f.taskOf(req).State != "open" {
		t.Error("something was changed")
	}
}

func TestFamilyInformedStandsFirst(t *testing.T) {
	for answer, words := range map[string]string{"yes": "The family knows about this", "no": "The family has not been told", "unsafe_to_tell": "Do not tell the family", "": "It is not known whether"} {
		t.Run(answer, func(t *testing.T) {
			f := newAgency(t, schools, nil)
			req := f.ask(millbrook, mash.Informed{Answer: answer, Reason: "he reads her post"}, concerns, rowan())
			c := f.as("dsl-999001")
			page := c.want(c.get("/tasks/"+f.taskOf(req).ID), 200, words, "he reads her post", "School attendance", "20 November 2021 to 20 November 2026", "6 hours left", "The family agreed", "complete answer")
			if strings.Index(page.body, words) > strings.Index(page.body, "Rowan") {
				t.Error("the family is not first")
			}
		})
	}
}
