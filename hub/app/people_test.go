package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// withMother opens an enquiry about Rowan and his mother and asks one party
// about both.
func (a person) withMother(whom string, categories ...string) mash.Request {
	a.p.t.Helper()
	id := a.opens(func(in *enquiry.OpenInput) {
		in.People = append(in.People, mash.EnquiryPerson{Key: "household-1", Role: mash.RoleHousehold, Reason: "lives there", Record: leanne()})
	})
	q := a.question(whom, categories...)
	q.Ask[0].Persons = []string{"subject-1", "household-1"}
	rs, err := a.p.hub.Desk.Ask(a.p.t.Context(), a.Actor, id, q)
	a.p.must(err)
	return rs[0]
}

// asksAPersonAbout makes a system leave everybody but the subject to a person.
func asksAPersonAbout(sys *system) *system {
	knows := sys.search
	sys.search = func(ctx context.Context, r connector.SearchRequest) (connector.SearchResponse, error) {
		if r.Person.Key != "subject-1" {
			return connector.SearchResponse{Outcome: connector.AskPerson}, nil
		}
		return knows(ctx, r)
	}
	return sys
}

// TestAnAnswerAboutOneIsNoReviewOfAnother: what a reviewer must look at stays
// until they have, whoever answers about somebody else meanwhile.
func TestAnAnswerAboutOneIsNoReviewOfAnother(t *testing.T) {
	third := fact("i2", "police.crime", "2026-02-05", "About the neighbour")
	third.Flags = []string{record.FlagThirdParty}
	p, w, at := police(t, asksAPersonAbout(holds(fact("i1", "police.crime", "2026-01-05", "Theft"), third)))
	r := w.withMother("police")
	review := at.task(node.TaskReview)
	answer := at.task(node.TaskAnswer)
	if len(answer.Persons) != 1 || answer.Persons[0].Key != "household-1" {
		t.Fatalf("asked about %v", answer.Persons)
	}
	p.must(at.n.Node.SubmitAnswer(t.Context(), at.staff(), answer.Task.ID, node.Answer{Persons: map[string]node.PersonAnswer{"household-1": {Outcome: string(mash.NothingKnown)}}}))
	p.eventually("word of the answer", func() bool {
		all := p.returns(r.ID)
		return len(all) > 0 && len(all[len(all)-1].Outcomes) == 2 && all[len(all)-1].Outcomes[1].Outcome == mash.NothingKnown
	})
	for _, ret := range p.returns(r.ID) {
		for _, i := range ret.Items {
			if ret.Final || i.Title == third.Title {
				t.Fatalf("revision %d, final %v, holds %q, which nobody has reviewed", ret.Revision, ret.Final, i.Title)
			}
		}
	}
	p.must(at.n.Node.SubmitReview(t.Context(), at.staff(), review.Task.ID, map[string]bool{review.Items[0].ID: false}, "about somebody else"))
	if ret := p.lands(r); len(ret.Items) != 1 || len(ret.Withheld) != 1 {
		t.Errorf("%d items, withheld %+v", len(ret.Items), ret.Withheld)
	}
}

// TestWhatAPersonWroteIsSharedBesideWhatTheyKeepBack: keeping back more of a
// category refuses nothing that they wrote of it.
func TestWhatAPersonWroteIsSharedBesideWhatTheyKeepBack(t *testing.T) {
	p := newPlay(t, "housing")
	w, at := p.as("worker"), p.at("housing")
	r := w.withMother("housing")
	v := at.task(node.TaskAnswer)
	kept := func(category string) []mash.Withholding {
		return []mash.Withholding{{Category: category, Reason: "the tenancy officer decides"}}
	}
	p.must(at.n.Node.SubmitAnswer(t.Context(), at.staff(), v.Task.ID, node.Answer{Persons: map[string]node.PersonAnswer{
		"subject-1":   {Outcome: string(mash.RecordsFound), Items: []record.Item{fact("", "housing.tenancy", "2026-01-05", "Joined the tenancy")}, Withheld: kept("housing.tenancy")},
		"household-1": {Outcome: string(mash.NothingKnown), Withheld: kept("housing.arrears")}}}))
	ret := p.lands(r)
	if len(ret.Items) != 1 || len(ret.Withheld) != 2 {
		t.Errorf("%d items, withheld %+v", len(ret.Items), ret.Withheld)
	}
}

// TestBrothersAndOneRecord: two people in one system whose items have one id,
// as those of one school's staff list have, are answered about, each with theirs.
func TestBrothersAndOneRecord(t *testing.T) {
	sys := &system{}
	sys.search = func(_ context.Context, r connector.SearchRequest) (connector.SearchResponse, error) {
		rec := rowan()
		if r.Person.Key == "household-1" {
			rec = leanne()
		}
		return connector.SearchResponse{Outcome: connector.Found, Candidates: []connector.Candidate{{Ref: r.Person.Key, Record: rec}}}, nil
	}
	sys.fetch = func(_ context.Context, r connector.FetchRequest) (connector.FetchResponse, error) {
		i := fact("Jane Canary, head", "police.crime", "2026-01-05", "Same incident")
		i.Person = r.Person.Key
		return connector.FetchResponse{Outcome: connector.Found, Items: []record.Item{i}}, nil
	}
	p, w, at := police(t, sys)
	ret := p.lands(w.withMother("police"))
	if len(ret.Items) != 2 || ret.Items[0].ID == ret.Items[1].ID || !ret.Final {
		t.Errorf("%+v", ret)
	}
	at.look(func(tx mash.NodeTx) error {
		d, err := tx.Decision(ret.Items[0].Decision)
		if strings.Contains(string(d.Input), "Canary") {
			t.Error("the recorded input has what the system made its id of")
		}
		return err
	})
}

// TestASystemsOwnWordsStay: of why a system cannot be searched a code goes, and
// nothing else.
func TestASystemsOwnWordsStay(t *testing.T) {
	for said, want := range map[string]string{
		"Iris Vane (2014-01-02) is at 9 Elm Row": "unavailable", "iris": "unavailable", "": "unavailable",
		"export_missing: Iris Vane": "export_missing", "source_failed": "source_failed",
	} {
		sys := &system{search: func(context.Context, connector.SearchRequest) (connector.SearchResponse, error) {
			return connector.SearchResponse{Outcome: connector.Unavailable, Reason: said}, nil
		}}
		p, w, _ := police(t, sys)
		r := w.asks(w.opens(nil), "police")
		p.eventually("word of it", func() bool { return len(p.returns(r.ID)) == 1 })
		if got := outcome(p.returns(r.ID)[0]).Reason; got != want {
			t.Errorf("%q became %q", said, got)
		}
	}
}

// TestEachTryAndRevisionHasAKeyOfItsOwn: a connector gives the same key the
// same answer, so a key is that of one revision and one try.
func TestEachTryAndRevisionHasAKeyOfItsOwn(t *testing.T) {
	sys := &system{search: func(context.Context, connector.SearchRequest) (connector.SearchResponse, error) {
		return connector.SearchResponse{Outcome: connector.Unavailable, Reason: "source_failed"}, nil
	}}
	p, w, _ := police(t, sys)
	w.asks(w.opens(nil), "police")
	p.eventually("some tries", func() bool { p.clock.pass(time.Minute); return sys.count("search") >= 3 })
	sys.mu.Lock()
	defer sys.mu.Unlock()
	seen := map[string]bool{}
	for _, c := range sys.calls {
		if seen[c] || !strings.HasPrefix(c, "search "+p.hub.ID+"/") {
			t.Errorf("key %q", c)
		}
		seen[c] = true
	}
}

// TestWhoReviews: whom the table of views does not let review opens and does
// neither a check nor a review, and is not told that there is one.
func TestWhoReviews(t *testing.T) {
	third := fact("i2", "police.crime", "2026-02-05", "About the neighbour")
	third.Flags = []string{record.FlagThirdParty}
	p, w, at := police(t, holds(third))
	views := shippedWith(t, "tables/views.yaml", "      review: {relations: {none: true, assigned: true, team: true, named: true}, items: own}\n      notification: {relations: {none: true, assigned: true, team: true, named: true}, items: own}\n      figures", "      notification: {relations: {none: true, assigned: true, team: true, named: true}, items: own}\n      figures")
	p.must(at.n.Policies["fernshire"].Swap(t.Context(), views, 2))
	r := w.asks(w.opens(nil), "police")
	var id string
	p.eventually("the task", func() bool {
		at.look(func(tx mash.NodeTx) error {
			all, err := tx.TasksOf("fernshire", r.ID)
			for _, x := range all {
				id = x.ID
			}
			return err
		})
		return id != ""
	})
	_, err := at.n.Node.OpenTask(t.Context(), at.staff(), id)
	p.wants(err, mash.CodeNotFound)
	p.wants(at.n.Node.SubmitReview(t.Context(), at.staff(), id, map[string]bool{}, "x"), mash.CodeNotFound)
	if len(p.returns(r.ID)) > 0 && len(p.returns(r.ID)[0].Items) > 0 {
		t.Error("it left")
	}
}
