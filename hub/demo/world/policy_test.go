package world_test

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
	"mashhub/hub/protocol"
	"mashhub/plugins/record"
)

// noon of the scenario's day.
func noon(t *testing.T, s *world.Scenario) time.Time {
	t.Helper()
	today, err := time.Parse(time.DateOnly, s.Today)
	if err != nil {
		t.Fatal(err)
	}
	return today.Add(12 * time.Hour)
}

// points are compiled once for each place and day: compiling is most of the time.
var points = struct {
	sync.Mutex
	by map[string]*protocol.Point
}{by: map[string]*protocol.Point{}}

// point is the shipped policy, decided for where on the scenario's day.
func point(t *testing.T, s *world.Scenario, where mash.Address) *protocol.Point {
	t.Helper()
	points.Lock()
	defer points.Unlock()
	key := string(where) + " " + s.Today
	if p := points.by[key]; p != nil {
		return p
	}
	at := noon(t, s)
	p, err := protocol.New(context.Background(), protocol.Options{
		Where: where, Hub: world.Hub, Epoch: 1, Timeout: 5 * time.Second,
		Env: mash.Env{Now: func() time.Time { return at }, NewID: func() string { return "decision" }},
	})
	if err != nil {
		t.Fatal(err)
	}
	points.by[key] = p
	return p
}

func basisInput(t *testing.T, s *world.Scenario) mash.BasisInput {
	t.Helper()
	in, err := s.OpenInput()
	if err != nil {
		t.Fatal(err)
	}
	var out mash.BasisInput
	if a := in.Basis.Agreement; a != nil {
		out.Agreement, out.GivenBy, out.Told, out.Scope = a.State, a.GivenBy, a.Told != "", a.Scope
	}
	out.Dispensation, out.S47 = in.Basis.Dispensation != nil, in.Basis.S47 != nil
	return out
}

// mayAsk puts one question of a scenario to the policy.
func mayAsk(t *testing.T, s *world.Scenario, p *protocol.Point, a world.Ask) mash.Decision {
	t.Helper()
	e := s.Enquiry
	from, err := time.Parse(time.DateOnly, e.From)
	if err != nil {
		t.Fatal(err)
	}
	in := mash.AskInput{
		About: mash.About{Where: mash.HubAddress(world.Hub), Actor: "worker-1", Enquiry: "e", Request: "r", Now: noon(t, s)},
		Hub:   world.Hub, Party: mash.Party{Agency: a.Agency, Unit: a.Unit}, Purpose: mash.Purpose(e.Purpose), Level: e.Level, RAG: mash.RAG(e.RAG),
		Basis: basisInput(t, s), Anonymous: e.Anonymous, Evidence: e.Evidence, Categories: a.Categories, From: from, To: noon(t, s),
	}
	for _, x := range e.About {
		if !slices.Contains(a.People, x.Key) {
			continue
		}
		who := s.People[x.Key].Record()
		var fields []string
		for _, f := range record.Fields() {
			if !reflect.DeepEqual(who.Only([]string{f}), record.Person{}) {
				fields = append(fields, f)
			}
		}
		in.Persons = append(in.Persons, mash.AskPerson{Key: x.Key, Role: x.Role, HasReason: x.Role == mash.RoleSubject || x.Reason != "", Fields: fields, ProtectedLocation: x.ProtectedLocation})
	}
	return p.Ask(t.Context(), in)
}

// The agreement allows every question that a story asks, for every person and
// category in it: a refusal would make another story.
func TestTheAgreementAllowsTheQuestions(t *testing.T) {
	for _, s := range all(t) {
		p := point(t, s, mash.HubAddress(world.Hub))
		for _, a := range s.Enquiry.Ask {
			d := mayAsk(t, s, p, a)
			if d.Answer != mash.Permit {
				t.Errorf("scenario %d, %s: %+v", s.Number, a.Agency, d.Verdict)
			}
			for _, part := range append(slices.Clone(a.People), a.Categories...) {
				if v := d.Part(part); v.Answer != mash.Permit {
					t.Errorf("scenario %d, %s, %s: %+v", s.Number, a.Agency, part, v)
				}
			}
			for _, x := range s.Enquiry.About {
				if x.ProtectedLocation && slices.Contains(a.People, x.Key) && slices.Contains(d.Fields, record.FieldAddresses) {
					t.Errorf("scenario %d: %s is told an address that must not be told", s.Number, a.Agency)
				}
			}
		}
	}
}

// mayLeave puts what an agency found to the policy, item by item.
func mayLeave(t *testing.T, s *world.Scenario, a world.Ask, items []record.Item, human bool) mash.Decision {
	t.Helper()
	from, err := time.Parse(time.DateOnly, s.Enquiry.From)
	if err != nil {
		t.Fatal(err)
	}
	party := mash.Party{Agency: a.Agency, Unit: a.Unit}
	in := mash.ReleaseInput{
		About: mash.About{Where: mash.PartyAddress(party), Actor: "system", Request: "r", Now: noon(t, s)},
		Hub:   world.Hub, Party: party, Purpose: mash.Purpose(s.Enquiry.Purpose), Basis: basisInput(t, s), Asked: a.Categories,
		From: from, To: noon(t, s),
	}
	held := map[string]bool{}
	for _, i := range items {
		held[i.Person+i.Category] = true
		x := mash.ItemInput{ID: i.ID, Person: i.Person, Category: i.Category, Kind: string(i.Kind), Handling: i.Handling, Flags: i.Flags, Band: "match", Reviewed: human}
		if last := i.Date.Latest(); last.Year() < 9999 {
			x.Date, x.AgeDays = last.Format(time.DateOnly), int(noon(t, s).Sub(last).Hours()/24)
		}
		in.Items = append(in.Items, x)
	}
	for _, key := range a.People {
		for _, c := range a.Categories {
			in.Held = append(in.Held, mash.HeldInput{Person: key, Category: c, Band: "match", Held: held[key+c]})
		}
	}
	return point(t, s, mash.PartyAddress(party)).Release(t.Context(), in)
}

// Closing is refused exactly where the story says, with every reason named.
func TestClosing(t *testing.T) {
	for _, s := range all(t) {
		c := s.Expect.Closing
		in := mash.CloseInput{
			About: mash.About{Where: mash.HubAddress(world.Hub), Actor: "worker-1", Enquiry: "e", Now: noon(t, s)},
			State: mash.EnquiryDecided, Purpose: mash.Purpose(s.Enquiry.Purpose), Decided: true, VoiceRecorded: true, OffenderSentenced: c.OffenderSentenced,
		}
		if f := s.Expect.Feedback; f != nil {
			in.Feedback, in.State = f.State, mash.EnquiryFeedbackSent
		}
		for _, o := range s.Expect.Outcomes {
			if o.Outcome == string(mash.SourceUnavailable) {
				in.Unavailable++
			}
		}
		if c.PlanBegan != "" {
			began, err := time.Parse(time.DateOnly, c.PlanBegan)
			if err != nil {
				t.Fatal(err)
			}
			in.PlanOpenDays = int(noon(t, s).Sub(began).Hours() / 24)
		}
		d := point(t, s, mash.HubAddress(world.Hub)).Close(t.Context(), in)
		if (d.Answer == mash.Deny) != c.Refused || c.Refused && !slices.Equal(d.Clauses, c.Clauses) {
			t.Errorf("scenario %d: closing: %s %v, want refused %t %v", s.Number, d.Answer, d.Clauses, c.Refused, c.Clauses)
		}
	}
}

// Each Encompass notice may go to its own kind of setting.
func TestTheAgreementAllowsTheNotices(t *testing.T) {
	s, err := world.Load(8)
	if err != nil {
		t.Fatal(err)
	}
	p := point(t, s, mash.HubAddress(world.Hub))
	for _, e := range s.Expect.Encompass {
		d := p.Notify(t.Context(), mash.NotifyInput{
			About: mash.About{Where: mash.HubAddress(world.Hub), Actor: "system", Now: noon(t, s)},
			Hub:   world.Hub, Kind: "encompass", From: mash.Party{Agency: "police"}, To: mash.Party{Agency: "schools", Unit: e.Setting},
			Setting: e.Kind, Informed: "yes", Child: true, AgeDays: 1, Purpose: mash.PurposeEncompass,
		})
		if d.Answer != mash.Permit {
			t.Errorf("%s: %+v", e.Kind, d.Verdict)
		}
	}
}

// Every child's voice that an answer needs stands in the story, or the reason
// why it was not sought does: without either nothing may be decided.
func TestVoiceOrReason(t *testing.T) {
	for _, s := range all(t) {
		voice := slices.ContainsFunc(s.Expect.Chronology, func(x world.Expected) bool { return x.Kind == string(record.ChildVoice) })
		if voice == (s.Enquiry.VoiceNotSought != "") {
			t.Errorf("scenario %d: a child's voice %t, a reason why not %t; want exactly one", s.Number, voice, s.Enquiry.VoiceNotSought != "")
		}
	}
}
