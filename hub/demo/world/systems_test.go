package world_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"mashhub/connectors/encompass"
	"mashhub/connectors/health"
	"mashhub/connectors/inbox"
	"mashhub/connectors/police"
	"mashhub/connectors/schools"
	"mashhub/connectors/socialcare"
	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
	"mashhub/hub/matching"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

var makers = map[string]func() connector.Connector{
	"health": health.New, "police": police.New, "socialcare": socialcare.New, "encompass": encompass.New,
	"schools": schools.New, "inbox": inbox.New,
}

// connectors gives each agency's connector, configured for the systems.
func connectors(t *testing.T, r *world.Running) map[string]connector.Connector {
	t.Helper()
	out := map[string]connector.Connector{}
	for _, kind := range world.Kinds {
		config, secrets, err := r.Config(kind)
		if err != nil {
			t.Fatal(err)
		}
		c := makers[kind]()
		if _, err := c.Configure(t.Context(), connector.ConfigureRequest{Config: config, Secrets: secrets}); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if kind == "health" {
			t.Cleanup(func() { // a second Configure closes the idle connections of the first
				_, _ = c.Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(`{"base_url":"https://localhost:1","source":"x"}`)})
			})
		}
		out[kind] = c
	}
	out["housing"], out["probation"] = out["inbox"], out["inbox"]
	return out
}

func start(t *testing.T, s *world.Scenario) *world.Running {
	t.Helper()
	r, err := world.Start(t.Context(), t.TempDir(), s, world.FHIROptions{TLS: s.Number%2 == 0, Token: "synthetic"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// sent is what the hub sends of a person: the fields that the ask decision
// allows.
func sent(t *testing.T, s *world.Scenario, a world.Ask, key string) record.Person {
	t.Helper()
	return s.People[key].Record().Only(mayAsk(t, s, point(t, s, mash.HubAddress(world.Hub)), a).Fields)
}

// answer is what a node would find out with the strict matcher, before policy.
type answer struct {
	outcome  string
	items    []record.Item
	reviewed bool // a person had to say that it is the child
	human    bool // a person wrote the answer
}

func ask(t *testing.T, s *world.Scenario, c connector.Connector, a world.Ask, key string) answer {
	t.Helper()
	who := connector.Person{Key: key, Record: sent(t, s, a, key)}
	found, err := c.Search(t.Context(), connector.SearchRequest{Call: "c-" + key, Unit: a.Unit, Person: who})
	if err != nil {
		t.Fatalf("%s: searching for %s: %v", a.Agency, key, err)
	}
	switch found.Outcome {
	case connector.AskPerson:
		return form(s, a, key)
	case connector.Unavailable:
		t.Logf("%s: searching for %s: unavailable: %s", a.Agency, key, found.Reason)
		return answer{outcome: "source_unavailable"}
	case connector.None:
		return answer{outcome: "nothing_known"}
	}
	var held []record.Person
	for _, x := range found.Candidates {
		held = append(held, x.Record)
	}
	choice := matching.Choose(who.Record, held)
	ref, reviewed := "", false
	switch choice.Band {
	case matching.Match:
		ref = found.Candidates[choice.Index].Ref
	case matching.Potential, matching.Many:
		for _, r := range s.Reviews {
			if r.Agency == a.Agency && r.Unit == a.Unit && r.Person == key && r.Same {
				// A person picks the record that the scenario names.
				for _, x := range found.Candidates {
					if r.Fits(x.Record) {
						ref = x.Ref
					}
				}
			}
		}
		if reviewed = true; ref == "" {
			return answer{outcome: "waits for a person"}
		}
	default:
		return answer{outcome: "nothing_known"}
	}
	from, err := time.Parse(time.DateOnly, s.Enquiry.From)
	if err != nil {
		t.Fatal(err)
	}
	to, err := time.Parse(time.DateOnly, s.Today)
	if err != nil {
		t.Fatal(err)
	}
	period := connector.Period{From: from, To: to.Add(24*time.Hour - time.Millisecond)}
	q := connector.FetchRequest{Call: "f-" + key, Unit: a.Unit, Ref: ref, Person: who, Categories: a.Categories, Period: period}
	got, err := c.Fetch(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: fetching %s: %v", a.Agency, key, err)
	}
	switch got.Outcome {
	case connector.Unavailable:
		t.Logf("%s: fetching %s: unavailable: %s", a.Agency, key, got.Reason)
		return answer{outcome: "source_unavailable"}
	case connector.AskPerson:
		return form(s, a, key)
	case connector.None:
		return answer{outcome: "nothing_known"}
	}
	for _, i := range got.Items {
		if err := i.Validate(); err != nil {
			t.Errorf("%s: %s does not pass the record model: %v", a.Agency, i.ID, err)
		}
		if !q.Wants(i) {
			t.Errorf("%s: %s was not asked for and would be dropped", a.Agency, i.ID)
		}
	}
	return answer{"records_found", got.Items, reviewed, false}
}

func form(s *world.Scenario, a world.Ask, key string) answer {
	for _, f := range s.Forms {
		if f.Agency != a.Agency || f.Unit != a.Unit {
			continue
		}
		for _, x := range f.Answers {
			if x.Person != key {
				continue
			}
			out := answer{outcome: x.Outcome, human: true}
			for _, i := range x.Items {
				out.items = append(out.items, i.Record(key))
			}
			return out
		}
	}
	return answer{outcome: "nobody posts the form"}
}

// Every question of every scenario, through the real connectors to the real
// synthetic systems and the shipped policy: the outcome, every item that the
// chronology expects, what is withheld and by which clause, and nothing of what
// must not leave any agency.
func TestSystemsAnswerAsTheStoriesSay(t *testing.T) {
	for _, s := range all(t) {
		t.Run(s.Slug, func(t *testing.T) {
			by := connectors(t, start(t, s))
			items := map[string][]record.Item{}
			withheld := map[world.Withheld]int{}
			for _, a := range s.Enquiry.Ask {
				for _, key := range a.People {
					got := ask(t, s, by[a.Agency], a, key)
					for _, want := range s.Expect.Outcomes {
						if want.Agency == a.Agency && want.Unit == a.Unit && want.Person == key && (want.Outcome != got.outcome || want.Review != got.reviewed) {
							t.Errorf("%s/%s about %s: %s, want %s; asked a person: %t, want %t", a.Agency, a.Unit, key, got.outcome, want.Outcome, got.reviewed, want.Review)
						}
					}
					d := mayLeave(t, s, a, got.items, got.human)
					for _, i := range got.items {
						switch v := d.Part("item:" + i.ID); v.Answer {
						case mash.Permit:
							items[a.Agency+"/"+a.Unit+"/"+key] = append(items[a.Agency+"/"+a.Unit+"/"+key], i)
						case mash.Deny:
							withheld[world.Withheld{Agency: a.Agency, Unit: a.Unit, Person: key, Category: i.Category, Clause: v.Clauses[0]}]++
						default:
							t.Errorf("%s: an item of %s waits for a reviewer whom the story does not have: %v", a.Agency, i.Category, v.Reasons)
						}
					}
				}
			}
			for _, want := range s.Expect.Withheld {
				n := want.Count
				want.Count = 0
				if withheld[want] != n {
					t.Errorf("withheld %d of %+v, want %d", withheld[want], want, n)
				}
				delete(withheld, want)
			}
			for w, n := range withheld {
				t.Errorf("withheld %d of %+v, which the story does not say", n, w)
			}
			for _, want := range append(slices.Clone(s.Expect.Chronology), s.Expect.Decision.Cites...) {
				if !slices.ContainsFunc(items[want.Agency+"/"+want.Unit+"/"+want.Person], fits(want)) {
					t.Errorf("missing from the chronology: %+v", want)
				}
			}
			for _, n := range s.Expect.Never {
				for party, list := range items {
					for _, i := range list {
						if n.For == "everyone" && strings.Contains(i.Title+"\n"+i.Text+"\n"+i.Source, n.Text) {
							t.Errorf("%q came from %s: %s", n.Text, party, n.Why)
						}
					}
				}
			}
		})
	}
}

func fits(want world.Expected) func(record.Item) bool {
	return func(i record.Item) bool {
		return i.Category == want.Category && string(i.Kind) == want.Kind && (want.Date == "" || i.Date.Date == want.Date) &&
			(want.Says == "" || strings.Contains(i.Title+"\n"+i.Text, want.Says))
	}
}

// A family in hiding: the health record's candidate carries no address, and
// every item that locates them says so and redacts.
func TestConfidentialAddress(t *testing.T) {
	s, err := world.Load(9)
	if err != nil {
		t.Fatal(err)
	}
	by := connectors(t, start(t, s))
	found, err := by["health"].Search(t.Context(), connector.SearchRequest{Person: connector.Person{Key: "subject-1", Record: sent(t, s, s.Enquiry.Ask[2], "subject-1")}})
	if err != nil || len(found.Candidates) != 1 || found.Candidates[0].Record.Addresses != nil {
		t.Fatalf("%+v %v", found, err)
	}
	for _, a := range s.Enquiry.Ask {
		for _, key := range a.People {
			for _, i := range ask(t, s, by[a.Agency], a, key).items {
				r := i.Redact()
				all := strings.Join([]string{r.Title, r.Text, r.Source, r.Author}, "\n")
				for _, c := range r.Codes {
					all += "\n" + c.Code + "\n" + c.Label
				}
				for _, n := range s.Expect.Never {
					// Intelligence never reaches a page of his at all: that is policy.
					if n.For == "father" && i.Category != "police.intelligence" && strings.Contains(all, n.Text) {
						t.Errorf("%s: a redacted item of %s still says %q", a.Agency, i.Category, n.Text)
					}
				}
			}
		}
	}
}

// Each notice that the story expects comes once, to its own setting.
func TestEncompassWatchesTheIncident(t *testing.T) {
	s, err := world.Load(8)
	if err != nil {
		t.Fatal(err)
	}
	c := connectors(t, start(t, s))["encompass"]
	got, err := c.Watch(t.Context(), connector.WatchRequest{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Events) != len(s.Expect.Encompass) {
		t.Fatalf("%d notices, want %d", len(got.Events), len(s.Expect.Encompass))
	}
	for _, want := range s.Expect.Encompass {
		n := 0
		for _, e := range got.Events {
			p := s.People[want.Child]
			if e.Setting == want.Setting && e.Present == want.Present && slices.Contains(e.Person.Names[0].Given, p.Given[0]) && !e.Happened.IsZero() {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s is told %d times about %s", want.Setting, n, want.Child)
		}
	}
}

// The same scenario on the same day makes the same files.
func TestTheWorldIsTheSameEachTime(t *testing.T) {
	s, err := world.Load(1)
	if err != nil {
		t.Fatal(err)
	}
	var roots [2]string
	for i := range roots {
		if roots[i], err = world.BuildSchools(t.TempDir(), s); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{"/999001/pupils.csv", "/999001/concerns.csv", "/999001/attendance.csv"} {
		a, errA := os.ReadFile(roots[0] + f)
		b, errB := os.ReadFile(roots[1] + f)
		if errA != nil || errB != nil || string(a) != string(b) || len(a) < 1000 && strings.Contains(f, "pupils") {
			t.Errorf("%s differs or is small: %v %v, %d bytes", f, errA, errB, len(a))
		}
	}
}
