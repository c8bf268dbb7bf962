package protocol

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mashhub/hub/mash"
)

// width orders answers by how much they let through.
func width(v mash.Verdict) int {
	return map[mash.Answer]int{mash.Deny: 0, mash.Review: 1, mash.Permit: 2}[v.Answer]
}

// notWider fails where now lets something through that before did not.
func notWider(t *rapid.T, before, now mash.Decision, why string) {
	if width(now.Verdict) > width(before.Verdict) && before.Question != mash.QuestionRelease {
		t.Fatalf("%s: whole went from %+v to %+v", why, before.Verdict, now.Verdict)
	}
	for key, v := range now.Parts {
		if width(v) > width(before.Part(key)) {
			t.Fatalf("%s: part %s went from %+v to %+v", why, key, before.Part(key), v)
		}
	}
	for _, field := range now.Fields {
		if !slices.Contains(before.Fields, field) {
			t.Fatalf("%s: field %s goes now", why, field)
		}
	}
}

// TestRatingNeverWidens: no change of the rating changes an answer at all.
func TestRatingNeverWidens(t *testing.T) {
	p := newPoint(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		in := drawAsk(t)
		before := p.Ask(context.Background(), in)
		in.RAG = rapid.SampledFrom([]mash.RAG{mash.Red, mash.Amber, mash.Green, "", "purple"}).Draw(t, "other rag")
		if now := p.Ask(context.Background(), in); !same(before, now) {
			t.Fatalf("rated %q: %+v, before %+v", in.RAG, now, before)
		}
	})
}

// TestLessAgreementNeverWidens: with an agreement, a signature, a category, a
// purpose or a law taken away, nothing goes that did not go before.
func TestLessAgreementNeverWidens(t *testing.T) {
	whole := newPoint(t, nil)
	const file = "agreements/mash-fernshire.yaml"
	less := map[string]*Point{}
	for name, change := range map[string]map[string]map[string]any{
		"no agreement for s17":      {"tables/register.yaml": {"register": map[string]any{"fernshire": map[string]any{"s17": nil, "early_help": nil}}}},
		"no agreement at all":       {"tables/register.yaml": {"register": map[string]any{"fernshire": nil}}},
		"police did not sign":       {file: {"mash-fernshire": map[string]any{"pairs": map[string]any{"fernshire/police": nil}}}},
		"no police schedule":        {file: {"mash-fernshire": map[string]any{"pairs": map[string]any{"fernshire/police": map[string]any{"categories": nil}}}}},
		"one category fewer":        {file: {"mash-fernshire": map[string]any{"pairs": map[string]any{"fernshire/health": map[string]any{"categories": map[string]any{"health.camhs": nil}}}}}},
		"no status":                 {file: {"mash-fernshire": map[string]any{"pairs": map[string]any{"fernshire/police": map[string]any{"status": nil}}}}},
		"a unit's overlay is empty": {file: {"mash-fernshire": map[string]any{"pairs": map[string]any{"fernshire/schools": map[string]any{"units": map[string]any{"900001": map[string]any{}}}}}}},
		"no laws":                   {"tables/law.yaml": {"law": map[string]any{"CA1989-s47": map[string]any{"enabled": false}, "CA1989-s17": map[string]any{"enabled": false}}}},
		"no dispensation":           {file: {"mash-fernshire": map[string]any{"purposes": map[string]any{"s17": map[string]any{"dispensation": nil}}}}},
		"a rule without a clause":   {file: {"mash-fernshire": map[string]any{"rules": map[string]any{"age_limit": nil, "anonymous": nil, "ncnd": nil, "withheld": nil, "third_party": nil, "family_refused": nil}}}},
	} {
		less[name] = newPoint(t, func(o *Options) { o.FS = patched(t, change) })
	}
	rapid.Check(t, func(t *rapid.T) {
		ask, release := drawAsk(t), drawRelease(t, someCategories)
		asked, released := whole.Ask(context.Background(), ask), whole.Release(context.Background(), release)
		name := rapid.SampledFrom(slices.Sorted(maps.Keys(less))).Draw(t, "less")
		notWider(t, asked, less[name].Ask(context.Background(), ask), name)
		notWider(t, released, less[name].Release(context.Background(), release), name)
	})
}

// TestNeitherConfirmNorDeny: of a hidden category, what is said of existence
// does not depend on whether anything is held, and where nothing goes it is
// word for word what is said where there is nothing.
func TestNeitherConfirmNorDeny(t *testing.T) {
	p := newPoint(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		in := drawRelease(t, append([]string{"police.crime"}, hiddenOnes...))
		held := p.Release(context.Background(), in)
		flipped := in
		flipped.Held = slices.Clone(in.Held)
		for i := range flipped.Held {
			flipped.Held[i].Held = !flipped.Held[i].Held
		}
		without := in
		without.Held = slices.Clone(in.Held)
		without.Items = nil
		for i := range without.Held {
			without.Held[i].Held = false
			without.Held[i].Band = "none"
		}
		turned, nothing := p.Release(context.Background(), flipped), p.Release(context.Background(), without)
		for _, h := range in.Held {
			if !slices.Contains(hiddenOnes, h.Category) {
				continue
			}
			key := "existence:" + h.Person + ":" + h.Category
			if !alike(held.Part(key), turned.Part(key)) {
				t.Fatalf("%s: %+v, and with held turned round %+v", key, held.Part(key), turned.Part(key))
			}
			stays := held.Part(key).Answer == mash.Deny
			if stays && !alike(held.Part(key), nothing.Part(key)) {
				t.Fatalf("%s: %+v, and with nothing held %+v", key, held.Part(key), nothing.Part(key))
			}
			for _, item := range in.Items {
				if item.Person == h.Person && item.Category == h.Category && !stays && held.Part("item:"+item.ID).Answer == mash.Deny {
					t.Fatalf("%s is told while an item of it stays", key)
				}
			}
		}
	})
}

// TestShortWay: the short way through a release or a page gives what the long
// way gives. A flag that means nothing forces the long way.
func TestShortWay(t *testing.T) {
	p := newPoint(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		in := drawRelease(t, someCategories)
		short := p.Release(context.Background(), in)
		in.Items = slices.Clone(in.Items)
		for i := range in.Items {
			in.Items[i].Flags = append(slices.Clone(in.Items[i].Flags), "means_nothing")
		}
		if long := p.Release(context.Background(), in); !same(short, long) {
			t.Fatalf("short %+v, long %+v", short, long)
		}
		view := mash.ViewInput{
			About: about(), Items: releaseOf(3).Items, Page: rapid.SampledFrom([]string{"chronology", "task", "board", "odd"}).Draw(t, "page"),
			Person: mash.ViewPerson{ID: "p", Agency: "police", Relation: rapid.SampledFrom([]string{"assigned", "team", "none", "conflicted"}).Draw(t, "relation"),
				Roles: distinct(t, []string{mash.RoleWorker, mash.RoleManager, mash.RoleIGLead, mash.RoleReviewer, "odd"}, "roles")},
		}
		shown := p.View(context.Background(), view)
		view.Items = slices.Clone(view.Items)
		for i := range view.Items {
			view.Items[i].Flags = []string{"means_nothing"}
		}
		if long := p.View(context.Background(), view); !same(shown, long) {
			t.Fatalf("short %+v, long %+v", shown, long)
		}
	})
}

// TestReviewerNeverTurnsRefusal: what a person at the agency allows turns
// review into permit and never a refusal.
func TestReviewerNeverTurnsRefusal(t *testing.T) {
	p := newPoint(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		in := drawRelease(t, someCategories)
		in.Allowed = nil
		for i := range in.Items {
			in.Items[i].Reviewed = false
		}
		before := p.Release(context.Background(), in)
		all := in
		all.Items = slices.Clone(in.Items)
		for i := range all.Items {
			all.Items[i].Reviewed = true
			all.Allowed = append(all.Allowed, "item:"+all.Items[i].ID)
		}
		for _, h := range in.Held {
			all.Allowed = append(all.Allowed, "existence:"+h.Person+":"+h.Category)
		}
		now := p.Release(context.Background(), all)
		for key, v := range before.Parts {
			if v.Answer == mash.Deny && now.Part(key).Answer != mash.Deny {
				t.Fatalf("%s was %+v and is %+v", key, v, now.Part(key))
			}
		}
	})
}

// TestProtectedAddressNeverGoes: with a protected person in a request no
// address goes, whoever it belongs to.
func TestProtectedAddressNeverGoes(t *testing.T) {
	p := newPoint(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		in := drawAsk(t)
		d := p.Ask(context.Background(), in)
		protected := slices.ContainsFunc(in.Persons, func(x mash.AskPerson) bool { return x.ProtectedLocation })
		if protected && slices.Contains(d.Fields, "addresses") {
			t.Fatalf("fields %v", d.Fields)
		}
		if slices.Contains(d.Fields, "contacts") || slices.Contains(d.Fields, "identifiers.upn") && in.Party.Agency != "schools" && in.Party.Agency != "socialcare" {
			t.Fatalf("fields %v to %s", d.Fields, in.Party.Agency)
		}
	})
}

// TestMissingMemberNeverWidens takes one member out of the input that the Go
// types always write. A rule that tests it must fail closed.
func TestMissingMemberNeverWidens(t *testing.T) {
	p := newPoint(t, nil)
	put := func(q mash.Question, in any, parts keys, optional ...string) {
		raw, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		before, err := p.evaluate(context.Background(), p.current.Load(), q, raw, parts)
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := json.Unmarshal(raw, &tree); err != nil {
			t.Fatal(err)
		}
		for _, path := range members(tree, nil) {
			name := strings.Join(path, ".")
			if slices.ContainsFunc(optional, func(o string) bool { return strings.HasSuffix(name, o) }) {
				continue
			}
			now, err := p.evaluate(context.Background(), p.current.Load(), q, without(t, raw, path), parts)
			if err != nil {
				continue // a fault
			}
			if width(now.verdict) > width(before.verdict) && q != mash.QuestionRelease { // whose whole sums up its parts
				t.Errorf("%s without %s: %+v, with it %+v", q, name, now.verdict, before.verdict)
			}
			for key, v := range now.parts {
				if width(v) > width(before.parts[key]) {
					t.Errorf("%s without %s: part %s %+v, with it %+v", q, name, key, v, before.parts[key])
				}
			}
		}
	}
	for _, change := range []func(*mash.AskInput){
		func(*mash.AskInput) {},
		func(in *mash.AskInput) { in.Anonymous, in.Evidence = true, false },
		func(in *mash.AskInput) { in.Conflict = true },
		func(in *mash.AskInput) { in.Basis.Agreement = "refused" },
		func(in *mash.AskInput) { in.Basis.GivenBy, in.Basis.Told = "neighbour", true },
		func(in *mash.AskInput) { in.Persons = in.Persons[1:]; in.Persons[0].HasReason = false },
	} {
		in := askPolice()
		change(&in)
		put(mash.QuestionAsk, in, askKeys(in))
	}
	release := releasePolice()
	release.Held[0].Band = "potential"
	release.Items[0].Band = "potential"
	release.Items = append(release.Items, mash.ItemInput{ID: "i3", Person: "subject-1", Category: "police.crime", Kind: "fact", Date: "", Handling: "P", Band: "match"},
		mash.ItemInput{ID: "i4", Person: "subject-1", Category: "police.intelligence", Kind: "opinion", Date: "2026-09-01", AgeDays: 82, Handling: "C", Band: "match"})
	put(mash.QuestionRelease, release, releaseKeys(release))
	for _, restricted := range []bool{true, false} {
		view := mash.ViewInput{About: about(), Page: "chronology", Items: release.Items, Subject: mash.ViewEnquiry{Restricted: restricted},
			Person: mash.ViewPerson{ID: "p", Roles: []string{mash.RoleWorker}, Relation: "team"}}
		put(mash.QuestionView, view, viewKeys(view))
	}
	put(mash.QuestionNotify, mash.NotifyInput{About: about(), Hub: "fernshire", Kind: "feedback", Setting: "originator", Purpose: mash.PurposeFeedback, Anonymous: true, Reviewed: true}, nil)
	put(mash.QuestionNotify, mash.NotifyInput{About: about(), Hub: "fernshire", Kind: "encompass", From: mash.Party{Agency: "police"}, To: mash.Party{Agency: "schools"},
		Setting: "school", Purpose: mash.PurposeEncompass}, nil)
	put(mash.QuestionClose, mash.CloseInput{About: about(), State: mash.EnquiryDecided, OpenRequests: 1, Unavailable: 1, LateUnreviewed: 1}, nil)
	put(mash.QuestionClose, mash.CloseInput{About: about(), State: mash.EnquiryDecided, Decided: true, VoiceRecorded: true, Feedback: "sent", PlanOpenDays: 49, OffenderSentenced: true}, nil)
}

// members lists the paths of every member of every object.
func members(tree any, at []string) [][]string {
	var out [][]string
	switch node := tree.(type) {
	case map[string]any:
		for key, value := range node {
			path := append(slices.Clone(at), key)
			out = append(append(out, path), members(value, path)...)
		}
	case []any:
		for i, value := range node {
			out = append(out, members(value, append(slices.Clone(at), string(rune('0'+i))))...)
		}
	}
	return out
}

// without is raw without the member at path.
func without(t *testing.T, raw []byte, path []string) []byte {
	t.Helper()
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	node := tree
	for _, step := range path[:len(path)-1] {
		switch n := node.(type) {
		case map[string]any:
			node = n[step]
		case []any:
			node = n[step[0]-'0']
		}
	}
	delete(node.(map[string]any), path[len(path)-1])
	out, err := json.Marshal(tree)
	if err != nil || bytes.Equal(out, raw) {
		t.Fatalf("taking out %v: %v", path, err)
	}
	return out
}

// FuzzRelease: whatever the input, there is an answer, it is one of three, and
// it can be recorded and read again.
func FuzzRelease(f *testing.F) {
	p := newPoint(f, nil)
	for _, in := range []mash.ReleaseInput{releasePolice(), releaseOf(3), {}} {
		raw, err := json.Marshal(in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"from":"9999-12-31T23:59:59Z","now":"1000-01-01T00:00:00Z","hub":"fernshire","purpose":"s17","items":[{"id":"\u0000","age_days":-1}]}`))
	f.Add([]byte(`{"hub":"fernshire","purpose":"s47","party":{"agency":"police"},"basis":{"s47":true},"now":"2026-11-22T00:00:00Z","from":"2025-01-01T00:00:00Z","held":[{"person":":","category":":"}],"allowed":["",""],"withhold":[{}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var in mash.ReleaseInput
		if json.Unmarshal(raw, &in) != nil {
			return
		}
		d := p.Release(context.Background(), in)
		if !slices.Contains([]mash.Answer{mash.Permit, mash.Deny, mash.Review}, d.Answer) || d.Fault && d.Answer != mash.Deny {
			t.Fatalf("answer %+v", d.Verdict)
		}
		if len(d.Parts) != len(releaseKeys(in)) {
			t.Fatalf("%d parts for %d keys", len(d.Parts), len(releaseKeys(in)))
		}
		stored, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var again mash.Decision
		if err := json.Unmarshal(stored, &again); err != nil || !reflect.DeepEqual(again.Verdict, d.Verdict) {
			t.Fatalf("stored %+v, read %+v: %v", d.Verdict, again.Verdict, err)
		}
	})
}
