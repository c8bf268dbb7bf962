package world_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/plugins/record"
)

func all(t *testing.T) []*world.Scenario {
	t.Helper()
	s, err := world.All()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryScenarioHolds(t *testing.T) {
	scenarios := all(t)
	if len(scenarios) != world.Count {
		t.Fatalf("%d scenarios", len(scenarios))
	}
	for _, s := range scenarios {
		if err := s.Validate(); err != nil {
			t.Errorf("scenario %d (%s):\n%v", s.Number, s.Title, err)
		}
	}
}

// A story stays recent on any day, and still holds.
func TestOnAnotherDay(t *testing.T) {
	for n := 1; n <= world.Count; n++ {
		for _, day := range []string{"2026-09-05", "2027-12-25", "2029-02-28"} {
			now, _ := time.Parse(time.DateOnly, day)
			s, err := world.LoadAt(n, now)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(); err != nil {
				t.Errorf("scenario %d on %s: %v", n, day, err)
			}
		}
	}
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	s, err := world.Parse([]byte("today: 2020-01-01\nenquiry: {from: today-1d}\n"), monday)
	if err != nil || s.Enquiry.From != "2026-11-20" {
		t.Errorf("the day before a Monday is %v, %v; want the Friday", s, err)
	}
}

func TestParseIsStrict(t *testing.T) {
	for name, text := range map[string]string{
		"unknown key":      "today: 2026-01-01\ntitel: x\n",
		"unknown deep key": "today: 2026-01-01\nenquiry: {ask: [{agncy: police}]}\n",
		"no day":           "title: x\n",
		"two documents":    "today: 2026-01-01\n---\ntitle: y\n",
		"not YAML":         "\t- :",
	} {
		if _, err := world.Parse([]byte(text), time.Time{}); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	for _, n := range []int{0, 11, -1} {
		if _, err := world.Load(n); err == nil {
			t.Errorf("scenario %d was found", n)
		}
	}
}

// What Validate says about one broken thing at a time.
func TestValidateFindsWhatIsWrong(t *testing.T) {
	for name, breakIt := range map[string]func(*world.Scenario){
		"NHS number of a real range": func(s *world.Scenario) { p := s.People["subject-1"]; p.NHS = "9434765919"; s.People["subject-1"] = p },
		"NHS number that is none":    func(s *world.Scenario) { p := s.People["subject-1"]; p.NHS = "9991234560"; s.People["subject-1"] = p },
		"UPN of a real council": func(s *world.Scenario) {
			p := s.People["subject-1"]
			p.UPN = "A950000178301"
			s.People["subject-1"] = p
		},
		"a real telephone": func(s *world.Scenario) {
			p := s.People["subject-1"]
			p.Phone = "020 7946 0000"
			s.People["subject-1"] = p
		},
		"no reason":                func(s *world.Scenario) { s.Enquiry.About[1].Reason = "" },
		"no basis":                 func(s *world.Scenario) { s.Enquiry.Basis = world.Basis{} },
		"s47 without the decision": func(s *world.Scenario) { s.Enquiry.Purpose = "s47" },
		"an agency nobody knows":   func(s *world.Scenario) { s.Enquiry.Ask[0].Agency = "fire" },
		"a category it lacks":      func(s *world.Scenario) { s.Enquiry.Ask[0].Categories = []string{"health.camhs"} },
		"somebody else":            func(s *world.Scenario) { s.Enquiry.Ask[0].People = []string{"household-9"} },
		"an outcome too few":       func(s *world.Scenario) { s.Expect.Outcomes = s.Expect.Outcomes[1:] },
		"an item without a date":   func(s *world.Scenario) { s.Forms[0].Answers[0].Items[0].Date = "" },
		"a voice that is a fact":   func(s *world.Scenario) { s.Systems.Schools["999001"].Pupils[0].Concerns[2].Kind = "fact" },
		"no decision":              func(s *world.Scenario) { s.Expect.Decision = nil },
		"an id twice":              func(s *world.Scenario) { s.Systems.Police.People[0].Events[1].ID = "P-77120-1" },
	} {
		s, err := world.Load(1)
		if err != nil {
			t.Fatal(err)
		}
		breakIt(s)
		if s.Validate() == nil {
			t.Errorf("%s: nothing was said", name)
		}
	}
}

// DOMAIN.md §9, number 1, word for word where it is exact.
func TestRowan(t *testing.T) {
	s, err := world.Load(1)
	if err != nil {
		t.Fatal(err)
	}
	p := s.People["subject-1"].Record()
	if p.Names[0].Family[0] != "Tessel" || p.Names[0].Given[0] != "Rowan" || p.BirthDate.Date != "2016-05-03" {
		t.Errorf("%+v", p)
	}
	a := s.Systems.Schools["999001"].Pupils[0].Attendance
	percent := func(i int) int { return (200*a[i].Attended + a[i].Possible) / (2 * a[i].Possible) }
	if percent(0) != 96 || percent(1) != 81 {
		t.Errorf("attendance %d to %d %%", percent(0), percent(1))
	}
	if n := len(s.Systems.Health.Patients[0].Missed); n != 2 {
		t.Errorf("%d missed appointments", n)
	}
	old := s.Systems.Police.People[0].Events[1]
	if w := s.Expect.Withheld; len(w) != 1 || w[0].Category != old.Category || old.Date > "2020-11-20" {
		t.Errorf("the item beyond the age limit: %+v, %s", w, old.Date)
	}
}

func TestConsecutiveTwins(t *testing.T) {
	s, err := world.Load(5)
	if err != nil {
		t.Fatal(err)
	}
	a, b := s.People["subject-1"], s.People["subject-2"]
	if a.NHS[:8] != b.NHS[:8] || b.NHS[8]-a.NHS[8] != 1 || a.Born != b.Born || a.Address != b.Address {
		t.Error("the twins' NHS numbers do not follow each other, or they share too little")
	}
}

func TestFridayNight(t *testing.T) {
	s, err := world.Load(8)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, s.Systems.Police.Incidents[0].Happened)
	london, zoneErr := time.LoadLocation("Europe/London")
	if err != nil || zoneErr != nil || at.In(london).Weekday() != time.Friday || at.Month() != time.August {
		t.Error("the incident is not on a Friday night in August:", at, err, zoneErr)
	}
	if len(s.Expect.Encompass) != 3 {
		t.Error("three children, three notices")
	}
}

func TestCanaries(t *testing.T) {
	for _, s := range all(t) {
		list := world.Canaries(s)
		for _, c := range list {
			if len(c) < 3 {
				t.Errorf("scenario %d: a canary of %d bytes would be found anywhere", s.Number, len(c))
			}
		}
		if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
			t.Errorf("scenario %d: not sorted, or repeated", s.Number)
		}
		for key, p := range s.People {
			full := p.Given[0] + " " + p.Family
			for _, want := range []string{full, p.NHS, p.UPN, p.Address.Postcode, p.Address.Line1} {
				if want != "" && !slices.Contains(list, want) {
					t.Errorf("scenario %d: something of %s is missing", s.Number, key)
				}
			}
		}
	}
	hidden, err := world.Load(9)
	if err != nil {
		t.Fatal(err)
	}
	if list := world.Canaries(hidden); !slices.Contains(list, "Cooper's Yard") || slices.Contains(list, "Saltmere") || slices.Contains(list, "01632 960114") {
		t.Error("a street that hides somebody is a canary; a town and a school's own telephone are not")
	}
	s, err := world.Load(1)
	if err != nil {
		t.Fatal(err)
	}
	list := world.Canaries(s)
	for _, want := range []string{"03/05/2016", "3 May 2016", "999 010 0004", "FE14TC", "01632960201", "+441632960201", "Came to school hungry", "Pushed against a door by a man she no longer sees"} {
		if !slices.Contains(list, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestDirectory(t *testing.T) {
	d, err := world.Directory()
	if err != nil || len(d) != 6 {
		t.Fatal(len(d), err)
	}
	for _, a := range d {
		for _, c := range a.Holds {
			if agency, _, _ := strings.Cut(c, "."); agency != a.ID && !(agency == "education" && a.ID == "schools") {
				t.Errorf("%s holds %s", a.ID, c)
			}
		}
		for _, u := range a.Units {
			if err := record.CheckURN(u.ID); err != nil {
				t.Error(err)
			}
		}
	}
}
