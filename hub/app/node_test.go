package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/wire"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// police plays a police with one system.
func police(t *testing.T, sys *system) (*play, person, place) {
	t.Helper()
	p := perform(t, plot{agencies: []string{"police"}, systems: map[string]*system{"police": sys}})
	return p, p.as("worker"), p.at("police")
}

// lands waits for the final return and gives it.
func (p *play) lands(r mash.Request) mash.Return {
	p.t.Helper()
	p.reaches(r, mash.RequestLanded)
	all := p.returns(r.ID)
	return all[len(all)-1]
}

// outcome is what a return says of the subject.
func outcome(r mash.Return) mash.PersonOutcome {
	for _, o := range r.Outcomes {
		if o.Person == "subject-1" {
			return o
		}
	}
	return mash.PersonOutcome{}
}

// TestASourceThatCannotBeSearched: the hub hears so at once, never "nothing
// known", and the answer comes when it can.
func TestASourceThatCannotBeSearched(t *testing.T) {
	for name, fail := range map[string]func(context.Context) (connector.SearchResponse, error){
		"error": func(context.Context) (connector.SearchResponse, error) {
			return connector.SearchResponse{}, errors.New("no route to Rowan Tessel")
		},
		"unavailable": func(context.Context) (connector.SearchResponse, error) {
			return connector.SearchResponse{Outcome: connector.Unavailable, Reason: "maintenance"}, nil
		},
		"nonsense": func(context.Context) (connector.SearchResponse, error) {
			return connector.SearchResponse{Outcome: "perhaps"}, nil
		},
		"hang": func(ctx context.Context) (connector.SearchResponse, error) {
			<-ctx.Done()
			return connector.SearchResponse{}, ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			sys := holds(fact("i1", "police.crime", "2026-01-05", "Theft"))
			good := sys.search
			var mended atomic.Bool
			sys.search = func(ctx context.Context, r connector.SearchRequest) (connector.SearchResponse, error) {
				if mended.Load() {
					return good(ctx, r)
				}
				return fail(ctx)
			}
			p := perform(t, plot{agencies: []string{"police"}, systems: map[string]*system{"police": sys}, still: true})
			p.nodes["police"].Node.CallTime = 50 * time.Millisecond
			p.run()
			w := p.as("worker")
			r := w.asks(w.opens(nil), "police")
			p.eventually("the mark", func() bool { return slices.Contains(p.request(r.ID).Marks, mash.MarkSourceUnavailable) })
			p.eventually("many tries", func() bool { p.clock.pass(time.Minute); return sys.count("search") > 12 })
			if all := p.returns(r.ID); len(all) != 1 || all[0].Final || outcome(all[0]).Outcome != mash.SourceUnavailable {
				t.Errorf("it told the hub %+v", all)
			}
			mended.Store(true)
			p.eventually("the answer", func() bool { p.clock.pass(time.Minute); return p.request(r.ID).State == mash.RequestLanded })
			if ret := p.lands(r); outcome(ret).Outcome != mash.RecordsFound || len(ret.Items) != 1 || len(p.request(r.ID).Marks) > 0 {
				t.Errorf("mended, it says %+v", ret.Outcomes)
			}
			if strings.Contains(p.notes.String(), "Rowan") {
				t.Error("the connector's error is in the log as it was written")
			}
		})
	}
}

// TestADayOfTries: however often a system was tried, the answer is one that the
// hub takes.
func TestADayOfTries(t *testing.T) {
	sys := holds(fact("i1", "police.crime", "2026-01-05", "Theft"))
	good := sys.search
	var tries atomic.Int32
	sys.search = func(ctx context.Context, r connector.SearchRequest) (connector.SearchResponse, error) {
		if n := tries.Add(1); n <= 70 { // its reason changes, so that each try tells something
			return connector.SearchResponse{Outcome: connector.Unavailable, Reason: []string{"source_maintenance", "source_timeout: since nine"}[n%2]}, nil
		}
		return good(ctx, r)
	}
	p, w, _ := police(t, sys)
	r := w.asks(w.opens(nil), "police")
	p.eventually("the answer", func() bool { p.clock.pass(20 * time.Second); return p.request(r.ID).State == mash.RequestLanded })
	if ret := p.lands(r); len(ret.Items) != 1 || ret.Revision < 60 || len(ret.Events) > 200 {
		t.Errorf("revision %d with %d events: %+v", ret.Revision, len(ret.Events), ret.Outcomes)
	}
}

// TestAConnectorThatAnswersBeyondTheQuestion: none of it leaves.
func TestAConnectorThatAnswersBeyondTheQuestion(t *testing.T) {
	for name, bend := range map[string]func(*record.Item){
		"about another child": func(i *record.Item) { i.Person = "subject-2" },
		"another category":    func(i *record.Item) { i.Category = "police.intelligence" },
		"another time":        func(i *record.Item) { i.Date.Date = "2027-01-01" },
		"not an item":         func(i *record.Item) { i.Kind = "rumour" },
	} {
		bad := fact("i2", "police.crime", "2026-01-06", "CANARY")
		bend(&bad)
		p, w, at := police(t, holds(fact("i1", "police.crime", "2026-01-05", "Theft"), bad))
		r := w.asks(w.opens(nil), "police")
		p.eventually("word of it", func() bool { return len(p.returns(r.ID)) == 1 })
		if ret := p.returns(r.ID)[0]; ret.Final || len(ret.Items) > 0 || outcome(ret).Outcome != mash.SourceUnavailable || outcome(ret).Reason != "connector_misbehaved" {
			t.Errorf("%s: %+v", name, ret)
		}
		if len(at.sent(r.ID)) != 1 {
			t.Errorf("%s: %d returns were sent", name, len(at.sent(r.ID)))
		}
	}
}

// TestAPersonChecksTheMatch: candidates that may be the child wait for a
// person, who chooses one, or none; until then nothing leaves.
func TestAPersonChecksTheMatch(t *testing.T) {
	near := rowan()
	near.Identifiers, near.Addresses, near.Gender = nil, nil, ""
	for name, c := range map[string]struct {
		candidates []record.Person
		choice     string
		want       mash.ReturnOutcome
	}{
		"one that may be, and is":     {[]record.Person{near}, "a", mash.RecordsFound},
		"one that may be, and is not": {[]record.Person{near}, "", mash.NothingKnown},
		"two of them, the second":     {[]record.Person{rowan(), rowan()}, "b", mash.RecordsFound},
		"two of them, and neither":    {[]record.Person{rowan(), rowan()}, "", mash.NothingKnown},
	} {
		sys := holds(fact("i1", "police.crime", "2026-01-05", "Theft"))
		sys.search = func(_ context.Context, r connector.SearchRequest) (connector.SearchResponse, error) {
			out := connector.SearchResponse{Outcome: connector.Found}
			for i, x := range c.candidates {
				out.Candidates = append(out.Candidates, connector.Candidate{Ref: string(rune('a' + i)), Record: x})
			}
			return out, nil
		}
		good := sys.fetch
		var down atomic.Bool
		sys.fetch = func(ctx context.Context, r connector.FetchRequest) (connector.FetchResponse, error) {
			if down.Load() {
				return connector.FetchResponse{}, errors.New("away")
			}
			return good(ctx, r)
		}
		p, w, at := police(t, sys)
		r := w.asks(w.opens(nil), "police")
		v := at.task(node.TaskCheck)
		if len(v.Candidates["subject-1"]) != len(c.candidates) || len(at.sent(r.ID)) > 0 || sys.count("fetch") > 0 {
			t.Errorf("%s: %d candidates, %d sent, %d fetched", name, len(v.Candidates["subject-1"]), len(at.sent(r.ID)), sys.count("fetch"))
		}
		check := func(choice map[string]string) error {
			return at.n.Node.CheckMatch(t.Context(), at.staff(), v.Task.ID, choice)
		}
		p.wants(check(nil), mash.CodeInvalid)
		p.wants(check(map[string]string{"subject-1": "z"}), mash.CodeInvalid)
		if c.choice != "" {
			down.Store(true)
			p.wants(check(map[string]string{"subject-1": c.choice}), mash.CodeUnavailable)
			down.Store(false)
		}
		p.must(check(map[string]string{"subject-1": c.choice}))
		if ret := p.lands(r); outcome(ret).Outcome != c.want || len(at.sent(r.ID)) != 1 {
			t.Errorf("%s: %+v", name, ret.Outcomes)
		}
		p.wants(check(map[string]string{"subject-1": c.choice}), mash.CodeConflict)
	}
}

// TestAPersonsChoiceStands: also when the machine's own round, begun before it,
// ends after it.
func TestAPersonsChoiceStands(t *testing.T) {
	near := rowan()
	near.Identifiers, near.Addresses, near.Gender = nil, nil, ""
	sys := holds(fact("i1", "police.crime", "2026-01-05", "Theft"))
	began, goOn := make(chan struct{}, 9), make(chan struct{})
	var round atomic.Int32
	sys.search = func(ctx context.Context, r connector.SearchRequest) (connector.SearchResponse, error) {
		if r.Person.Key == "subject-1" {
			return connector.SearchResponse{Outcome: connector.Found, Candidates: []connector.Candidate{{Ref: "a", Record: near}}}, nil
		}
		if round.Add(1) == 1 {
			return connector.SearchResponse{Outcome: connector.Unavailable}, nil
		}
		began <- struct{}{}
		<-goOn
		return connector.SearchResponse{Outcome: connector.None}, nil
	}
	p, w, at := police(t, sys)
	id := w.opens(func(in *enquiry.OpenInput) {
		in.People = append(in.People, mash.EnquiryPerson{Key: "household-1", Role: mash.RoleHousehold, Reason: "lives there", Record: leanne()})
	})
	r := w.asks(id, "police")
	v := at.task(node.TaskCheck)
	p.clock.pass(time.Minute)
	<-began // the second round has read that the match is not checked
	p.must(at.n.Node.CheckMatch(t.Context(), at.staff(), v.Task.ID, map[string]string{"subject-1": ""}))
	close(goOn)
	if ret := p.lands(r); outcome(ret).Outcome != mash.NothingKnown {
		t.Errorf("%+v", ret.Outcomes)
	}
}

// TestAnswersByAPerson: each in its own right, checked field by field, taken
// once, and from nobody else.
func TestAnswersByAPerson(t *testing.T) {
	p := newPlay(t, "schools", "police")
	w, at := p.as("worker"), p.at("schools/999001")
	item := fact("", "education.attendance", "2026-01-05", "Attendance fell")
	item.Source = ""
	found := node.PersonAnswer{Outcome: "records_found", Items: []record.Item{item}}
	r := w.asks(w.opens(nil), "schools/999001")
	v := at.task(node.TaskAnswer)
	submit := func(who mash.Actor, id string, a node.PersonAnswer) error {
		return at.n.Node.SubmitAnswer(t.Context(), who, id, node.Answer{Persons: map[string]node.PersonAnswer{"subject-1": a}})
	}
	bend := func(f func(*record.Item)) node.PersonAnswer {
		i := item
		f(&i)
		return node.PersonAnswer{Outcome: "records_found", Items: []record.Item{i}}
	}
	for name, a := range map[string]node.PersonAnswer{
		"no outcome":                 {},
		"an outcome of its own":      {Outcome: "nothing_disclosable"},
		"found, without items":       {Outcome: "records_found"},
		"nothing, with items":        {Outcome: "nothing_known", Items: found.Items},
		"refused, without why":       {Outcome: "refused"},
		"a category not asked":       bend(func(i *record.Item) { i.Category = "police.crime" }),
		"no title":                   bend(func(i *record.Item) { i.Title = "" }),
		"before the period":          bend(func(i *record.Item) { i.Date.Date, i.Until = "2009-01-01", &record.PartialDate{Date: "2010-01-01"} }),
		"a book":                     bend(func(i *record.Item) { i.Text = strings.Repeat("x", 20_001) }),
		"withheld without why":       {Outcome: "records_found", Items: found.Items, Withheld: []mash.Withholding{{Category: "education.send"}}},
		"withheld what nobody asked": {Outcome: "records_found", Items: found.Items, Withheld: []mash.Withholding{{Category: "police.crime", Reason: "r"}}},
	} {
		var e *mash.Error
		if err := submit(at.staff(), v.Task.ID, a); !errors.As(err, &e) || e.Code != mash.CodeInvalid || e.Field == "" || e.Remedy == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.wants(at.n.Node.SubmitAnswer(t.Context(), at.staff(), v.Task.ID, node.Answer{Persons: map[string]node.PersonAnswer{"household-1": found}}), mash.CodeInvalid)
	for name, who := range map[string]mash.Actor{
		"another unit":   p.at("schools/999002").staff(),
		"another agency": p.at("police").staff(),
		"the hub":        w.Actor,
	} {
		err := submit(who, v.Task.ID, found)
		_, seen := at.n.Node.OpenTask(t.Context(), who, v.Task.ID)
		_, missing := at.n.Node.OpenTask(t.Context(), who, "no-such-task")
		if mash.CodeOf(err) != mash.CodeNotFound || seen == nil || seen.Error() != missing.Error() {
			t.Errorf("%s: %v, %v", name, err, seen)
		}
	}
	p.wants(at.n.Node.CheckMatch(t.Context(), at.staff(), v.Task.ID, nil), mash.CodeNotFound)
	p.wants(at.n.Node.SubmitReview(t.Context(), at.staff(), v.Task.ID, nil, ""), mash.CodeNotFound)
	if len(at.sent(r.ID)) > 0 {
		t.Fatal("something left")
	}
	var wg sync.WaitGroup
	var taken atomic.Int32
	for range 6 { // one click, six times
		wg.Go(func() {
			if err := submit(at.staff(), v.Task.ID, found); err == nil {
				taken.Add(1)
			} else if mash.CodeOf(err) != mash.CodeConflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	ret := p.lands(r)
	if taken.Load() != 1 || len(at.sent(r.ID)) != 1 || len(ret.Items) != 1 || ret.Items[0].Source != "Millbrook Primary School" {
		t.Errorf("taken %d times, sent %d, %+v", taken.Load(), len(at.sent(r.ID)), ret.Items)
	}
	var done mash.Task
	at.look(func(tx mash.NodeTx) (err error) { done, err = tx.Task(v.Task.ID); return err })
	if done.State != "done" || done.DoneBy != at.staff().ID {
		t.Errorf("the task is %s, by %q", done.State, done.DoneBy)
	}

	for want, a := range map[mash.ReturnOutcome]node.PersonAnswer{
		mash.NothingKnown:      {Outcome: "nothing_known"},
		mash.Refused:           {Outcome: "refused", Reason: "ask the head"},
		mash.SourceUnavailable: {Outcome: "source_unavailable"},
	} {
		r := w.asks(w.opens(nil), "schools/999001")
		at.answers(a)
		if ret := p.lands(r); outcome(ret).Outcome != want || outcome(ret).Reason != a.Reason || !ret.Final {
			t.Errorf("%s: %+v", want, ret.Outcomes)
		}
	}
	// Sharing a part, and saying so.
	r = w.asks(w.opens(nil), "schools/999001")
	a := found
	a.Withheld = []mash.Withholding{{Category: "education.concern", Reason: "the head decides"}}
	at.answers(a)
	if ret := p.lands(r); len(ret.Items) != 1 || len(ret.Withheld) != 1 || ret.Withheld[0].Category != "education.concern" || outcome(ret).Outcome != mash.RecordsFound {
		t.Errorf("%+v %+v", ret.Outcomes, ret.Withheld)
	}
}

// TestTheAgencysReviewer: what the agreement puts to a person leaves with their
// yes alone, and what they keep back has a reason.
func TestTheAgencysReviewer(t *testing.T) {
	third := fact("i2", "police.crime", "2026-02-05", "About the neighbour")
	third.Flags = []string{record.FlagThirdParty}
	for _, yes := range []bool{true, false} {
		p, w, at := police(t, holds(fact("i1", "police.crime", "2026-01-05", "Theft"), third))
		r := w.asks(w.opens(nil), "police")
		v := at.task(node.TaskReview)
		if len(v.Items) != 1 || v.Items[0].Title != third.Title || len(v.Reasons[v.Items[0].ID]) == 0 {
			t.Fatalf("the reviewer sees %+v, why %v", v.Items, v.Reasons)
		}
		id := v.Items[0].ID
		p.eventually("the part that is plain", func() bool { return len(p.returns(r.ID)) == 1 })
		if part := p.returns(r.ID)[0]; part.Final || len(part.Items) != 1 || outcome(part).Outcome != mash.Pending {
			t.Errorf("the part: %+v", part.Outcomes)
		}
		review := func(allow map[string]bool, why string) error {
			return at.n.Node.SubmitReview(t.Context(), at.staff(), v.Task.ID, allow, why)
		}
		p.wants(review(nil, "x"), mash.CodeInvalid)
		p.wants(review(map[string]bool{id: false}, ""), mash.CodeInvalid)
		p.must(review(map[string]bool{id: yes, "i9": true}, "it is about somebody else"))
		ret := p.lands(r)
		if yes && (len(ret.Items) != 2 || len(ret.Withheld) != 0) || !yes && (len(ret.Items) != 1 || len(ret.Withheld) != 1 || ret.Withheld[0].Count != 1) {
			t.Errorf("allowed %v: %d items, withheld %+v", yes, len(ret.Items), ret.Withheld)
		}
		p.wants(review(map[string]bool{id: true}, ""), mash.CodeConflict)
	}
}

// TestNeitherConfirmedNorDenied: an agency that holds only what may not even be
// confirmed, and one that holds nothing, say the same to the byte but for ids
// and times.
func TestNeitherConfirmedNorDenied(t *testing.T) {
	secret := fact("i1", "health.sexual_health", "2026-01-05", "CANARY")
	tell := func(sys *system) (wire.Return, int, int, *play) {
		p := perform(t, plot{agencies: []string{"health"}, systems: map[string]*system{"health": sys}, still: true})
		// As if the hub's agreement asked for it: the agency's own refuses.
		p.must(p.hub.Policy.Swap(t.Context(), reworded(t, "health.sexual_health: {s47: none", "health.sexual_health: {s47: existence"), p.hub.Policy.Epoch()+1))
		p.run()
		w := p.as("worker")
		r := w.asks(w.opens(p.s47), "health", "health.sexual_health")
		if r.State != mash.RequestQueued {
			t.Fatalf("not asked: %s %s", r.State, r.Code)
		}
		ret := p.lands(r)
		sent := p.at("health").sent(r.ID)
		o, err := p.hub.Exchange.Seal.Open(t.Context(), sent[len(sent)-1].Sealed)
		p.must(err)
		m, err := wire.Decode(o.Payload)
		p.must(err)
		body, err := wire.DecodeBody[wire.Return](m)
		p.must(err)
		if body.Return.RequestID != r.ID || ret.Revision != len(sent) {
			t.Error("not the return")
		}
		body.Return.RequestID = ""
		for i := range body.Return.Events {
			e := &body.Return.Events[i]
			e.At, e.Mono = time.Time{}, 0
			if e.Kind == mash.EventAgencyDecided {
				e.Detail = "decision"
			}
		}
		return body, len(o.Payload), len(sent[len(sent)-1].Sealed), p
	}
	full, size1, sealed1, p := tell(holds(secret))
	empty, size2, sealed2, _ := tell(&system{})
	a, _ := json.Marshal(full)
	b, _ := json.Marshal(empty)
	if !bytes.Equal(a, b) || size1 != size2 || sealed1 != sealed2 {
		t.Errorf("they differ, %d and %d bytes, sealed %d and %d:\n%s\n%s", size1, size2, sealed1, sealed2, a, b)
	}
	if o := full.Return.Outcomes[0].Outcome; o != mash.NothingDisclosable {
		t.Errorf("it says %s", o)
	}
	if strings.Contains(p.notes.String(), "CANARY") {
		t.Error("the log tells")
	}
}

// bentRelease makes a node's policy fail.
type bentRelease struct {
	mash.Policy
	fault, notify atomic.Bool
}

func (b *bentRelease) Release(ctx context.Context, in mash.ReleaseInput) mash.Decision {
	d := b.Policy.Release(ctx, in)
	if b.fault.Load() {
		d.Verdict, d.Parts = mash.Verdict{Answer: mash.Deny, Fault: true}, nil
	}
	return d
}

func (b *bentRelease) Notify(ctx context.Context, in mash.NotifyInput) mash.Decision {
	d := b.Policy.Notify(ctx, in)
	if b.notify.Load() {
		d.Verdict = mash.Verdict{Answer: mash.Deny, Fault: true}
	}
	return d
}

// TestAPolicyThatFailsIsNotNothingKnown.
func TestAPolicyThatFailsIsNotNothingKnown(t *testing.T) {
	bent := &bentRelease{}
	bent.fault.Store(true)
	p := perform(t, plot{agencies: []string{"police"}, systems: map[string]*system{"police": {}}, node: func(o *NodeOptions) {
		o.Wrap.Policy = func(inner mash.Policy) mash.Policy { bent.Policy = inner; return bent }
	}})
	w, at := p.as("worker"), p.at("police")
	r := w.asks(w.opens(nil), "police")
	p.eventually("word of it", func() bool { return len(p.returns(r.ID)) == 1 })
	if ret := p.returns(r.ID)[0]; ret.Final || outcome(ret).Outcome != mash.Pending || outcome(ret).Reason == "" {
		t.Errorf("it says %+v", ret.Outcomes)
	}
	if !strings.Contains(p.notes.String(), "decision fault") {
		t.Error("it is not loud")
	}
	bent.fault.Store(false)
	p.eventually("the answer", func() bool { p.clock.pass(time.Minute); return p.request(r.ID).State == mash.RequestLanded })
	if ret := p.lands(r); outcome(ret).Outcome != mash.NothingKnown {
		t.Errorf("decided, it says %+v", ret.Outcomes)
	}
	p.eventually("search terms forgotten", func() bool { return len(at.held(r.ID).Body) == 0 && at.held(r.ID).State == mash.RequestLanded })
}

// TestKilledAtAnyStep: a node that stops and begins again on its store makes
// exactly one final return, and a repeat is the same bytes.
func TestKilledAtAnyStep(t *testing.T) {
	p := perform(t, plot{agencies: []string{"police"}, still: true, systems: map[string]*system{"police": holds(fact("i1", "police.crime", "2026-01-05", "Theft"))},
		node: func(o *NodeOptions) { o.Wrap.Resend = 50 * time.Millisecond }})
	w, at := p.as("worker"), p.at("police")
	toHub, toPolice := mash.FromTopic(world.Hub, "police"), mash.ToTopic(world.Hub, "police")
	var asked []mash.Request
	// Each question meets the node in another state: asked while it is away,
	// stopped as soon as it has the question, while the hub hears nothing, and
	// after its return was sent.
	for i, until := range []func(mash.Request) bool{
		func(mash.Request) bool { return true },
		func(r mash.Request) bool { return at.held(r.ID).State != "" },
		func(r mash.Request) bool { return len(at.sent(r.ID)) > 0 },
		func(r mash.Request) bool {
			return slices.ContainsFunc(p.bus.everything(), func(m mash.BusRecord) bool { return m.Topic == toHub && m.Key == r.ID })
		},
	} {
		p.bus.set(func() { p.bus.held = map[string]bool{toHub: i > 1, toPolice: i == 0} })
		p.run()
		r := w.asks(w.opens(nil), "police")
		p.eventually("the step", func() bool { return until(r) })
		p.halt()
		asked = append(asked, r)
	}
	p.bus.set(func() { p.bus.held = nil })
	p.run()
	for _, r := range asked {
		ret := p.lands(r)
		sent := at.sent(r.ID)
		if len(sent) != 1 || !sent[0].Final || len(ret.Items) != 1 || len(p.returns(r.ID)) != 1 {
			t.Errorf("%d returns sent, %d landed", len(sent), len(p.returns(r.ID)))
			continue
		}
		var seen [][]byte
		for _, m := range p.bus.everything() {
			if m.Topic == toHub && m.Key == r.ID {
				seen = append(seen, m.Value)
			}
		}
		for _, b := range seen {
			if !bytes.Equal(b, sent[0].Sealed) {
				t.Error("a repeat is other bytes")
			}
		}
		p.eventually("search terms forgotten", func() bool { return len(at.held(r.ID).Body) == 0 })
	}
}

// TestWithdrawnAtTheNode: before the answer, after it, and ahead of the question.
func TestWithdrawnAtTheNode(t *testing.T) {
	p := newPlay(t, "police")
	w, at := p.as("worker"), p.at("police")
	r := w.asks(w.opens(nil), "police")
	v := at.task(node.TaskAnswer)
	_, err := p.hub.Desk.Withdraw(t.Context(), w.Actor, r.ID, "not needed")
	p.must(err)
	p.eventually("withdrawn", func() bool { return at.held(r.ID).State == mash.RequestWithdrawn })
	if rows, _, err := at.n.Node.Inbox(t.Context(), at.staff()); err != nil || len(rows) != 0 || len(at.held(r.ID).Body) > 0 {
		t.Errorf("%d tasks, %d bytes of the question", len(rows), len(at.held(r.ID).Body))
	}
	err = at.n.Node.SubmitAnswer(t.Context(), at.staff(), v.Task.ID, node.Answer{Persons: map[string]node.PersonAnswer{"subject-1": {Outcome: "nothing_known"}}})
	p.wants(err, mash.CodeConflict)
	if len(at.sent(r.ID)) > 0 {
		t.Error("it answered all the same")
	}
	// Ahead of the question.
	topic := mash.ToTopic(world.Hub, "police")
	p.bus.set(func() { p.bus.held = map[string]bool{topic: true} })
	r = w.asks(w.opens(nil), "police")
	p.reaches(r, mash.RequestSent)
	_, err = p.hub.Desk.Withdraw(t.Context(), w.Actor, r.ID, "not needed")
	p.must(err)
	p.eventually("both wait", func() bool { return len(p.bus.everything()) > 0 && p.bus.count(topic, r.ID) == 2 })
	p.bus.set(func() {
		log := p.bus.topics[topic]
		n := len(log)
		log[n-1].Value, log[n-2].Value = log[n-2].Value, log[n-1].Value
		p.bus.held = nil
	})
	p.eventually("withdrawn", func() bool { return at.held(r.ID).State == mash.RequestWithdrawn })
	q := p.request(r.ID).MessageID
	p.eventually("the question is refused", func() bool {
		var m mash.OutMessage
		p.look(func(tx mash.HubTx) (err error) { m, err = tx.OutMessage(q); return err })
		return m.State == mash.OutRefused
	})
	if len(at.held(r.ID).Body) > 0 || p.request(r.ID).State != mash.RequestWithdrawn {
		t.Error("the question is worked on")
	}
}

// TestWithdrawnBeforeTheReturnLeft: what the broker does not have yet stays at
// the agency, and what it has lands as late.
func TestWithdrawnBeforeTheReturnLeft(t *testing.T) {
	p, w, at := police(t, holds(fact("i1", "police.crime", "2026-01-05", "Theft")))
	topic := mash.FromTopic(world.Hub, "police")
	state := func(r mash.Request) (m mash.OutMessage) {
		at.look(func(tx mash.NodeTx) (err error) { m, err = tx.OutMessage(at.sent(r.ID)[0].MessageID); return err })
		return m
	}
	p.bus.set(func() { p.bus.stuck = map[string]bool{topic: true} })
	r := w.asks(w.opens(nil), "police")
	p.eventually("answered", func() bool { return len(at.sent(r.ID)) == 1 })
	p.eventually("the broker refused it", func() bool { return strings.Contains(p.notes.String(), "takes nothing") })
	_, err := p.hub.Desk.Withdraw(t.Context(), w.Actor, r.ID, "not needed")
	p.must(err)
	p.eventually("withdrawn", func() bool { return at.held(r.ID).State == mash.RequestWithdrawn })
	if m := state(r); m.State != mash.OutRefused || m.Code != "withdrawn" || len(at.held(r.ID).Body) > 0 || len(at.sent(r.ID)[0].Sealed) == 0 {
		t.Errorf("the return is %s (%s), %d bytes of the question and %d of the return are kept", m.State, m.Code, len(at.held(r.ID).Body), len(at.sent(r.ID)[0].Sealed))
	}
	p.bus.set(func() { p.bus.stuck = nil })
	// What is asked next is answered by the same way, after all that waited.
	r2 := w.asks(w.opens(nil), "police")
	p.lands(r2)
	if n := p.bus.count(topic, r.ID); n != 0 || len(p.returns(r.ID)) != 0 {
		t.Errorf("%d messages about what was withdrawn left the agency, %d returns landed", n, len(p.returns(r.ID)))
	}

	p.bus.set(func() { p.bus.held = map[string]bool{topic: true} }) // the broker has it, the hub not yet
	r = w.asks(w.opens(nil), "police")
	p.eventually("it left", func() bool { return p.bus.count(topic, r.ID) > 0 })
	p.eventually("that is recorded", func() bool { return !state(r).Sent.IsZero() })
	_, err = p.hub.Desk.Withdraw(t.Context(), w.Actor, r.ID, "not needed")
	p.must(err)
	p.eventually("the withdrawal is here", func() bool { return p.bus.count(mash.ToTopic(world.Hub, "police"), r.ID) == 2 })
	p.bus.set(func() { p.bus.held = nil })
	p.eventually("it landed all the same", func() bool { return len(p.returns(r.ID)) == 1 && state(r).State == mash.OutDone })
	if s := at.held(r.ID).State; s == mash.RequestWithdrawn || p.request(r.ID).State != mash.RequestWithdrawn {
		t.Errorf("the agency's is %s, the hub's %s", s, p.request(r.ID).State)
	}
}

// count is how many messages about something were on a topic.
func (s *script) count(topic, key string) (n int) {
	for _, m := range s.everything() {
		if m.Topic == topic && m.Key == key {
			n++
		}
	}
	return n
}

// TestAnHourWithoutBroker loses nothing, and is charged to nobody but where the
// ledger says so.
func TestAnHourWithoutBroker(t *testing.T) {
	p, w, at := police(t, holds(fact("i1", "police.crime", "2026-01-05", "Theft")))
	p.bus.set(func() { p.bus.held = map[string]bool{mash.FromTopic(world.Hub, "police"): true} })
	r := w.asks(w.opens(nil), "police")
	p.eventually("answered", func() bool { return len(at.sent(r.ID)) == 1 })
	p.bus.set(func() { p.bus.down, p.bus.held = true, nil })
	r2 := w.asks(w.opens(nil), "police")
	p.clock.pass(time.Hour)
	time.Sleep(50 * time.Millisecond)
	if p.request(r2.ID).State != mash.RequestQueued {
		t.Errorf("without a broker it is %s", p.request(r2.ID).State)
	}
	p.bus.set(func() { p.bus.down = false })
	for _, r := range []mash.Request{r, r2} {
		if ret := p.lands(r); len(ret.Items) != 1 || len(p.returns(r.ID)) != 1 {
			t.Errorf("%+v", ret)
		}
	}
}
