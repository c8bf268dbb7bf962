package pages

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// TestNothingTypedIsLost: whatever a person typed, the page that comes back
// holds it, and sending that page again says the same.
func TestNothingTypedIsLost(t *testing.T) {
	f := newAgency(t, schools, nil)
	v := node.TaskView{Task: mash.Task{ID: "t-1", Party: millbrook, Kind: node.TaskAnswer, State: "open"}, Persons: []wire.Person{rowan(), leanne()},
		Question: &wire.Request{Categories: concerns}}
	choices := map[string][]string{"category": append(concerns, ""), "kind": {"fact", "opinion", "child_voice", "family_account"}, "voice_verbatim": {"yes", "no"},
		"voice_agreed": {"yes", "no", "not_asked"}, "third_party": {"yes", ""}}
	line := rapid.StringMatching(`[a-zA-Z0-9<>"'&é ./-]{0,30}`)
	lines := rapid.StringMatching(`[a-zA-Z<>"'&é \n/]{0,60}`)
	rapid.Check(t, func(t *rapid.T) {
		form := url.Values{}
		for _, p := range v.Persons {
			form.Set(p.Key+".outcome", rapid.SampledFrom([]string{"", "records_found", "nothing_known", "refused", "source_unavailable"}).Draw(t, "outcome"))
			if o := form.Get(p.Key + ".outcome"); o != "records_found" && o != "nothing_known" {
				form.Set(p.Key+".reason", lines.Draw(t, "reason"))
			}
			for n := range rapid.IntRange(0, 3).Draw(t, "items") {
				for _, field := range itemFields {
					value := ""
					switch {
					case field == "date" || field == "until" || field == "handling": // no field of a school's page
						continue
					case choices[field] != nil:
						value = rapid.SampledFrom(choices[field]).Draw(t, field)
					case field == "text" || field == "protected":
						value = lines.Draw(t, field)
					default:
						value = line.Draw(t, field)
					}
					form.Set(p.Key+".item."+strconv.Itoa(n*3)+"."+field, value)
				}
			}
		}
		typed := readDraft(v, form)
		show := func(d *draft) *draft {
			d.pad()
			var page strings.Builder
			for i, p := range d.Persons {
				h, err := f.site.personForm(v, p, i, 2, "/tasks/t-1/answer").Render()
				if err != nil {
					t.Fatal(err)
				}
				page.WriteString(string(h))
			}
			return readDraft(v, fields(f.t, page.String()))
		}
		again := show(readDraft(v, form))
		// With every mistake marked, it is still there.
		wrong := readDraft(v, form)
		wrong.answer(v.Question, "us")
		marked := show(wrong)
		for i, p := range typed.Persons {
			for _, other := range []*draftPerson{again.Persons[i], marked.Persons[i]} {
				if other.Outcome != p.Outcome || other.Reason != p.Reason || len(other.Items) != len(p.Items) {
					t.Fatalf("typed %+v, came back %+v", p, other)
				}
				for n := range p.Items {
					if !maps.Equal(p.Items[n].Fields, other.Items[n].Fields) {
						t.Fatalf("typed %q, came back %q", p.Items[n].Fields, other.Items[n].Fields)
					}
				}
			}
		}
	})
}

// TestCheckedIsTaken: what the draft finds no fault with, the record finds
// none with either, so that the node never refuses what the page let through.
func TestCheckedIsTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := emptyItem()
		word := rapid.StringMatching(`[a-z0-9 ]{0,8}`)
		for _, field := range itemFields {
			if rapid.IntRange(0, 5).Draw(t, "skip") == 0 {
				continue
			}
			switch field {
			case "category":
				i.Fields[field] = "education.concern"
			case "kind":
				i.Fields[field] = rapid.SampledFrom([]string{"fact", "child_voice", "other"}).Draw(t, field)
			case "voice_agreed":
				i.Fields[field] = rapid.SampledFrom([]string{"yes", "maybe"}).Draw(t, field)
			case "date-day", "date-month", "until-day", "until-month":
				i.Fields[field] = rapid.SampledFrom([]string{"1", "02", "31", "x", ""}).Draw(t, field)
			case "date-year", "until-year":
				i.Fields[field] = rapid.SampledFrom([]string{"2024", "2025", "20", "9999"}).Draw(t, field)
			case "date", "until":
			default:
				i.Fields[field] = trim(word.Draw(t, field))
			}
		}
		x := i.item(concerns, "subject-1", "us")
		bad := false
		for _, text := range i.Errors {
			bad = bad || text != ""
		}
		if err := x.Validate(); err != nil && !bad {
			t.Fatalf("%v: let through %q", err, i.Fields)
		}
	})
}

// TestTwoClicksAtOnce: one is taken, the other told.
func TestTwoClicksAtOnce(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	path := "/tasks/" + f.taskOf(req).ID + "/answer"
	const clicks = 8
	got := make([]int, clicks)
	var wg sync.WaitGroup
	people := []*client{f.as("dsl-999001"), f.as("reviewer")}
	for i := range clicks {
		wg.Go(func() { got[i] = people[i%2].form(path, oneItem()).status })
	}
	wg.Wait()
	count := map[int]int{}
	for _, s := range got {
		count[s]++
	}
	if count[http.StatusSeeOther] != 1 || count[http.StatusConflict] != clicks-1 {
		t.Errorf("statuses %v, want one 303 and the rest 409", count)
	}
	if n := len(f.sent(wire.KindReturn, req)); n != 1 {
		t.Errorf("%d returns", n)
	}
}

func TestPersonFacts(t *testing.T) {
	born := record.PartialDate{Date: "2016-05-03", Accuracy: "EEA"}
	p := record.Person{Names: []record.Name{{Given: []string{"Oluwaseun"}, Family: []string{"Adeyemi-Clarke"}, Preferred: "Seun"}}, BirthDate: &born, Gender: "1",
		Identifiers: []record.Identifier{{System: record.SystemUPN, Value: "A950000178301"}, {System: "urn:x", Value: "77"}, {System: record.SystemNHSNumber, Value: "9990000018"}},
		Telecoms:    record.ContactPoints{{System: record.SystemPhone, Value: "01632 960123"}}}
	var got []string
	for _, f := range personFacts(p) {
		got = append(got, f.Name+": "+strings.Join(f.Lines, "; "))
	}
	want := "Name: Oluwaseun Adeyemi-Clarke (known as Seun)\nDate of birth: about 3 May 2016\nGender: Male\nTelephone and e-mail: 01632 960123\nNHS number: 999 000 0018\nUnique pupil number: A950000178301\nOther numbers: 77"
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
	if called(record.Person{}) != "a person without a name" {
		t.Error("a person without a name has none")
	}
}
