package protocol

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"mashhub/hub/mash"
)

// withRules is the shipped policy with more rules in package mash.ask.
func withRules(t testing.TB, body string) fstest.MapFS {
	files := shipped(t)
	files["rego/more.rego"] = &fstest.MapFile{Data: []byte("package mash.ask\n\n" + body + "\n")}
	return files
}

// TestShareable: a rule is shared if all that it can reach of the input is the
// frame, and not otherwise, however it gets there.
func TestShareable(t *testing.T) {
	for body, want := range map[string]bool{
		`x := data.mash.agreement.terms.title`:                                  true,
		`x := data.mash.agreement.today`:                                        true,
		`x := data.mash.agreement.stands`:                                       true,
		`x := [input.hub, input.party.agency, input.party.unit, input.purpose]`: true,
		`x(category) := data.mash.part.mode(category)`:                          true,
		`x := {c: v | some c, _ in data.tables.catalogue; v := y(c)}` + "\n\n" +
			`y(c) := concat(c, [input.purpose])`: true,
		`x := input.actor`:                                      false,
		`x := input`:                                            false,
		`x := i.actor if i := input`:                            false,
		`x := input.party`:                                      false,
		`x := input.from`:                                       false,
		`x := input[k] if some k in ["actor"]`:                  false,
		`x := input.now`:                                        false,
		`x := substring(input.now, 0, 13)`:                      false,
		`x := data.mash.basis.met`:                              false,
		`x := data.mash.basis[k] if some k in ["met"]`:          false,
		`x := data.mash.basis`:                                  false,
		`x := 1 if data.mash.basis.met`:                         false,
		`x := 1 if not data.mash.basis.met`:                     false,
		`x := count([1 | data.mash.basis.met])`:                 false,
		`x := 1 if { false } else := input.actor`:               false,
		`x := y` + "\n\n" + `y := z` + "\n\n" + `z := input.to`: false,
		`x(_) := input.actor`:                                   false,
		`x := y(1)` + "\n\n" + `y(_) := input.actor`:            false,
		`x := v if v := y with input as {}` + "\n\n" + `y := 1`: false,
		`x contains input.hub`:                                  false,
		`x[k] := 1 if k := input.hub`:                           false,
		`default x := 1` + "\n\n" + `x := 2 if input.human`:     false,
		`x := 1 if every k in ["a"] { k == input.actor }`:       false,
	} {
		t.Run(body, func(t *testing.T) {
			pol, err := compile(context.Background(), withRules(t, body), 1)
			if err != nil {
				t.Fatal(err)
			}
			if got := pol.frames.rules[ruleName{"ask", "x"}]; got != want {
				t.Errorf("shared: %v", got)
			}
		})
	}
}

// TestSharedRules names the shipped rules whose sharing makes a decision quick,
// and some that must not be shared.
func TestSharedRules(t *testing.T) {
	rules := newPoint(t, nil).current.Load().frames.rules
	for name, want := range map[ruleName]bool{
		{"agreement", "stands"}: true, {"agreement", "denial"}: true, {"basis", "clauses"}: true, {"part", "verdict"}: true, {"part", "mode"}: true,
		{"sentence", "about"}: true, {"release", "tellable"}: true, {"release", "releasable"}: true, {"release", "permitted"}: true,
		{"ask", "permitted"}: true, {"ask", "category_verdict"}: true, {"view", "plain_verdict"}: true,
		{"ask", "decision"}: false, {"release", "decision"}: false, {"view", "decision"}: false, {"notify", "decision"}: false, {"close", "decision"}: false,
		{"basis", "met"}: false, {"basis", "denial"}: false, {"release", "period"}: false, {"release", "choose"}: false, {"release", "withheld"}: false,
		{"ask", "fields"}: false, {"view", "open_to"}: false,
	} {
		if rules[name] != want {
			t.Errorf("%v is shared: %v", name, rules[name])
		}
	}
}

// cold is a policy that has not decided anything yet.
func cold(pol *policy) *policy {
	return &policy{version: pol.version, epoch: pol.epoch, queries: pol.queries, words: pol.words, data: pol.data, frames: frames{rules: pol.frames.rules}}
}

// TestSharedDecidesAlike: what a policy decides does not depend on what it
// decided before, whoever asked for whatever on whichever day, nor on anything
// being shared at all.
func TestSharedDecidesAlike(t *testing.T) {
	p := newPoint(t, nil)
	warm := p.current.Load()
	alone := cold(warm)
	alone.frames.rules = nil
	days := []time.Time{day, day.Add(time.Hour), day.AddDate(0, 0, 1), day.AddDate(4, 0, 0), day.AddDate(-3, 0, 0), {}}
	most := 0
	rapid.Check(t, func(t *rapid.T) {
		most = max(most, len(warm.frames.all))
		ask, release := drawAsk(t), drawRelease(t, someCategories)
		ask.Now = rapid.SampledFrom(days).Draw(t, "day")
		release.Now = rapid.SampledFrom(days).Draw(t, "other day")
		ask.Hub = rapid.SampledFrom([]string{"fernshire", "fernshire", "elsewhere", ""}).Draw(t, "hub")
		view := mash.ViewInput{About: about(), Page: "chronology", Items: release.Items, Person: mash.ViewPerson{ID: "p", Roles: []string{mash.RoleWorker},
			Relation: rapid.SampledFrom([]string{"team", "assigned", "conflicted"}).Draw(t, "relation")}}
		notify := mash.NotifyInput{About: about(), Hub: "fernshire", Kind: "encompass", From: drawParty(t), To: drawParty(t), Child: true, Purpose: mash.PurposeEncompass,
			Setting: rapid.SampledFrom([]string{"school", "nursery", "hub", "club"}).Draw(t, "setting")}
		for _, x := range []struct {
			question mash.Question
			in       any
			parts    keys
		}{
			{mash.QuestionAsk, ask, askKeys(ask)}, {mash.QuestionRelease, release, releaseKeys(release)},
			{mash.QuestionView, view, viewKeys(view)}, {mash.QuestionNotify, notify, nil},
		} {
			raw, err := json.Marshal(x.in)
			if err != nil {
				t.Fatal(err)
			}
			first, firstErr := p.evaluate(context.Background(), warm, x.question, raw, x.parts)
			for name, pol := range map[string]*policy{"again": warm, "cold": cold(warm), "alone": alone} {
				now, err := p.evaluate(context.Background(), pol, x.question, raw, x.parts)
				if fmt.Sprint(err) != fmt.Sprint(firstErr) || !alike(first.verdict, now.verdict) || !slices.Equal(first.fields, now.fields) ||
					!maps.EqualFunc(first.parts, now.parts, alike) {
					t.Fatalf("%s: %+v %v, before %+v %v", name, now, err, first, firstErr)
				}
			}
		}
	})
	for _, frame := range alone.frames.all {
		if kept := frame.kept(); len(kept) > 0 {
			t.Errorf("without sharing, kept: %v", kept)
		}
	}
	if most < 50 {
		t.Errorf("only %d frames were shared", most)
	}
}

// kept are the references of a frame's values.
func (f *frame) kept() []string {
	var out []string
	for _, ref := range f.values.Keys() {
		out = append(out, ref.String())
	}
	return out
}

// TestSharedHoldsNothingOfACase: no value is kept under, or holds, anything
// that tells of a case.
func TestSharedHoldsNothingOfACase(t *testing.T) {
	p := newPoint(t, nil)
	in := releasePolice()
	in.Actor, in.Enquiry = "canary-actor", "canary-enquiry"
	in.Items[0].ID, in.Items[0].Person, in.Items[0].Flags = "canary-item", "canary-person", []string{"third_party", "intelligence"}
	in.Held[0].Person = "canary-person"
	if d := p.Release(context.Background(), in); d.Fault || d.Part("item:canary-item").Answer != mash.Review {
		t.Fatalf("answer %+v", d)
	}
	kept := 0
	for key, frame := range p.current.Load().frames.all {
		if strings.Contains(key, "canary") {
			t.Errorf("frame %q", key)
		}
		for _, ref := range frame.values.Keys() {
			kept++
			value, _ := frame.values.Get(ref)
			if s := ref.String() + " " + fmt.Sprint(value); strings.Contains(s, "canary") {
				t.Errorf("kept: %s", s)
			}
		}
	}
	if kept < 20 {
		t.Errorf("%d values are kept", kept)
	}
}

// TestSharedLimits: neither many frames nor many values in one make the memory
// grow without end.
func TestSharedLimits(t *testing.T) {
	p := newPoint(t, nil)
	all := &p.current.Load().frames
	for i := range maxFrames + 40 {
		in := askPolice()
		in.Party.Unit = fmt.Sprintf("unit-%d", i)
		if d := p.Ask(context.Background(), in); d.Answer != mash.Permit {
			t.Fatal(d.Verdict)
		}
	}
	if n := len(all.all); n == 0 || n > maxFrames {
		t.Errorf("%d frames", n)
	}
	for i := range 5 {
		in := askPolice()
		for j := range maxValues / 4 {
			in.Categories = append(in.Categories, fmt.Sprintf("made.up-%d-%d", i, j))
		}
		if d := p.Ask(context.Background(), in); d.Answer != mash.Permit || len(d.Parts) != 2+len(in.Categories) {
			t.Fatal(d.Verdict)
		}
	}
	for _, frame := range all.all {
		if frame.n > maxValues {
			t.Errorf("%d values in a frame", frame.n)
		}
	}
}

// TestSharedKeepsNoFaults: an evaluation that fails leaves nothing behind.
func TestSharedKeepsNoFaults(t *testing.T) {
	p := newPoint(t, func(o *Options) {
		o.FS = withAsk(t, "v := "+permitAll+"\n\nshared := data.tables.names.agencies[input.party.agency]\n\n"+
			"decision := object.union(v, {\"parts\": {}}) if {\n\tshared != \"\"\n\tto_number(input.actor) > 3\n}")
	})
	if !p.current.Load().frames.rules[ruleName{"ask", "shared"}] {
		t.Fatal("the rule is not shared")
	}
	if d := p.Ask(context.Background(), askPolice()); !d.Fault {
		t.Errorf("answer %+v", d.Verdict)
	}
	for _, frame := range p.current.Load().frames.all {
		if kept := frame.kept(); len(kept) != 0 {
			t.Errorf("kept %v", kept)
		}
	}
	in := askPolice()
	in.Actor = "4"
	in.Persons, in.Categories = nil, nil
	if d := p.Ask(context.Background(), in); d.Fault {
		t.Errorf("answer %+v", d.Verdict)
	}
	for _, frame := range p.current.Load().frames.all {
		if kept := frame.kept(); len(kept) == 0 {
			t.Error("nothing kept of an evaluation that succeeded")
		}
	}
}

// TestSharedTogether: many at once, with frames that come and go.
func TestSharedTogether(t *testing.T) {
	p := newPoint(t, nil)
	p.current.Load().frames.all = nil
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 20 {
				ask, release := askPolice(), releasePolice()
				if i%3 == 0 {
					ask.Purpose, ask.Basis = mash.PurposeS47, mash.BasisInput{S47: true}
				}
				release.Now = day.AddDate(0, 0, i%4)
				if i%5 == worker {
					release.Now = day.AddDate(10, 0, 0) // past the agreement's end
				}
				a, r := p.Ask(context.Background(), ask), p.Release(context.Background(), release)
				want := mash.Permit
				if i%5 == worker {
					want = mash.Deny
				}
				if a.Answer != mash.Permit || r.Answer != want || r.Fault {
					t.Errorf("asked %+v, released %+v, want %s", a.Verdict, r.Verdict, want)
				}
			}
		})
	}
	wg.Wait()
}

// TestPlainData: base data is found as the store would find it.
func TestPlainData(t *testing.T) {
	pol := newPoint(t, nil).current.Load()
	if pol.data.Get(member("data", "tables", "bands", "match")) == nil || pol.data.Get(member("data", "tables", "nothing")) != nil {
		t.Error("data is not found, or found where there is none")
	}
}
