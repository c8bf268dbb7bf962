package policytest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"mashhub/hub/mash"
	"mashhub/policies"
)

// shipped are the shipped cases.
func shipped(t *testing.T) []Case {
	t.Helper()
	cases, err := Read(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// TestMatrix puts every shipped case to the shipped policy.
func TestMatrix(t *testing.T) {
	cases := shipped(t)
	trial, questions := NewTrial(policies.FS), map[mash.Question]int{}
	for _, c := range cases {
		questions[c.Question]++
		t.Run(strings.TrimSuffix(strings.TrimPrefix(c.File, Folder+"/"), ".yaml")+"/"+c.Name, func(t *testing.T) {
			wrong, err := trial.Try(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range wrong {
				t.Error(w)
			}
		})
	}
	if len(cases) < 200 || len(questions) != 5 {
		t.Errorf("%d cases for %v: there are at least 200 over five questions", len(cases), questions)
	}
}

// TestRego runs the tests that the shipped rules bring along.
func TestRego(t *testing.T) {
	failed, n, err := Rego(t.Context(), policies.FS)
	if err != nil || len(failed) > 0 || n < 15 {
		t.Errorf("%d tests, %v, %v", n, failed, err)
	}
	files, err := copied(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	files["rego/wrong_test.rego"] = &fstest.MapFile{Data: []byte("package mash.wrong_test\n\ntest_wrong if 1 == 2\n")}
	if failed, _, err = Rego(t.Context(), files); err != nil || len(failed) != 1 || !strings.Contains(failed[0], "test_wrong") {
		t.Errorf("a test that fails: %v, %v", failed, err)
	}
	files["rego/wrong_test.rego"] = &fstest.MapFile{Data: []byte("package mash.wrong_test\n\ntest_wrong if {")}
	if _, _, err = Rego(t.Context(), files); mash.CodeOf(err) != mash.CodeInvalid {
		t.Errorf("no Rego: %v", err)
	}
}

// TestCasesThatAreNone are refused, with what is wrong and where.
func TestCasesThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"ask: {question: ask, hub: fernshire, rows: [{name: x}]}":                                                  "expects no answer",
		"ask: {question: ask, hub: fernshire, rows: [{name: x, then: {answer: deny}, says: no}]}":                  "says",
		"ask: {question: ask, hub: fernshire, rows: [{then: {answer: deny}}]}":                                     "has no name",
		"ask: {question: ask, hub: fernshire, rows: [{name: x, then: {answer: a}}, {name: x, then: {answer: a}}]}": "has no name",
		"ask: {question: ask, rows: [{name: x, then: {answer: deny}}]}":                                            "names no hub",
		"ask: {question: ask, hub: fernshire, rows: []}":                                                           "has no cases",
		"{}":                        "has 0 root keys",
		"ask: {}\nview: {}":         "has 2 root keys",
		"ask: [1, 2]":               "cannot unmarshal",
		"ask: {question: [ask]}":    "cannot unmarshal",
		"ask: {hub: f, rows: [{a}]": "did not find",
	} {
		_, err := Read(fstest.MapFS{"matrix/ask.yaml": {Data: []byte(text)}})
		if mash.CodeOf(err) != mash.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	// What can be read and is no question is an error of the case, not an answer.
	trial := NewTrial(policies.FS)
	good := shipped(t)[0]
	for name, change := range map[string]func(*Case){
		"a member that the input has not": func(c *Case) { c.Input = merge(c.Input, map[string]any{"colour": "red"}) },
		"a question that is none":         func(c *Case) { c.Question = "may" },
		"a file that is not there":        func(c *Case) { c.Policy = map[string]map[string]any{"tables/none.yaml": {}} },
		"a policy that nobody could use":  func(c *Case) { c.Policy = map[string]map[string]any{"tables/catalogue.yaml": {"catalogue": nil}} },
	} {
		c := good
		change(&c)
		if wrong, err := trial.Try(t.Context(), c); err == nil {
			t.Errorf("%s: %v", name, wrong)
		}
	}
}

// TestACaseTellsADifference: each thing that an expectation can say is looked at.
func TestACaseTellsADifference(t *testing.T) {
	trial := NewTrial(policies.FS)
	i := slices.IndexFunc(shipped(t), func(c Case) bool { return c.Question == mash.QuestionAsk && len(c.Then.Fields) > 0 })
	one := 7
	for name, change := range map[string]func(*Expectation){
		"answer":     func(e *Expectation) { e.Answer = "deny" },
		"fault":      func(e *Expectation) { e.Answer = "fault" },
		"clause":     func(e *Expectation) { e.Answer = "permit MF-5.2" },
		"obligation": func(e *Expectation) { e.Answer = "permit +protect_location" },
		"sentence":   func(e *Expectation) { e.Says = "the moon" },
		"reasons":    func(e *Expectation) { e.Reasons = &one },
		"fields":     func(e *Expectation) { e.Fields = []string{"names"} },
		"part":       func(e *Expectation) { e.Parts = map[string]string{"subject-1": "deny"} },
		"no part":    func(e *Expectation) { e.Parts = map[string]string{"subject-9": "deny"} },
		"tells":      func(e *Expectation) { e.Tells = map[string]string{"subject-1": "the moon"} },
	} {
		c := shipped(t)[i]
		change(&c.Then)
		if wrong, err := trial.Try(t.Context(), c); err != nil || len(wrong) != 1 {
			t.Errorf("%s: %v, %v", name, wrong, err)
		}
	}
}

// some are the mutants whose ids begin so.
func some(t *testing.T, prefix string) (out []Mutant) {
	t.Helper()
	all, err := Mutants(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if strings.HasPrefix(m.ID, prefix) {
			out = append(out, m)
		}
	}
	return out
}

// TestHunt: the shipped cases notice each mutant of the rules on closing, or the
// folder says why none can; with fewer cases some are missed. (All files take a
// minute: "mashhub policy mutate".)
func TestHunt(t *testing.T) {
	mutants := some(t, "rego/close.rego")
	told := 0
	closing := slices.DeleteFunc(shipped(t), func(c Case) bool { return c.Question != mash.QuestionClose })
	results, err := Hunt(t.Context(), policies.FS, closing, mutants, func(Result) { told++ })
	if err != nil || len(results) != len(mutants) || told != len(mutants) || len(mutants) < 40 {
		t.Fatalf("%d of %d, told of %d: %v", len(results), len(mutants), told, err)
	}
	for i, r := range results {
		if r.ID != mutants[i].ID || r.Fate == "" || (r.Fate == Caught) != (r.By != "") {
			t.Errorf("%+v", r)
		}
		if r.Fate == Survived && r.Reason == "" || r.Stale() {
			t.Errorf("line %d, %s: %s %s", r.Line, r.ID, r.Fate, r.Reason)
		}
	}
	results, err = Hunt(t.Context(), policies.FS, closing[:1], mutants, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := count(results, Survived); n < 20 {
		t.Errorf("with one case only %d mutants are missed", n)
	}

	wrong := shipped(t)[:1]
	wrong[0].Then = Expectation{Answer: "fault"}
	if _, err := Hunt(t.Context(), policies.FS, wrong, mutants, nil); mash.CodeOf(err) != mash.CodeInvalid {
		t.Errorf("a case that the policy does not meet: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Hunt(ctx, policies.FS, closing, mutants, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func count(rs []Result, f Fate) (n int) {
	for _, r := range rs {
		if r.Fate == f {
			n++
		}
	}
	return n
}

// TestMutants: what is made wrong is that one thing, in every way that is known.
func TestMutants(t *testing.T) {
	const text = "package mash.x\n\ndefault a := 1\n\na := 2 if {\n\tinput.x > 3\n\tnot input.y\n\tevery z in input.z {\n\t\tz == 1\n\t}\n} else := 4 if input.w != 5\n\nb := {c | some c in input.c; c < 6}\n"
	files := fstest.MapFS{"rego/x.rego": {Data: []byte(text)}}
	mutants, err := Mutants(files)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{ // id → what stands in the mutant, or ! what does not
		"a: delete default: a := 1":                 "!default",
		"a: delete rule: a := 2 if {":               "a := 2 if {\n\tfalse\n}",
		"a: delete condition: input.x > 3":          "!input.x",
		"a: turn: input.x > 3":                      "input.x <= 3",
		"a: boundary: input.x > 3":                  "input.x >= 3",
		"a: negate: not input.y":                    "!not input.y",
		"a: delete condition: not input.y":          "!input.y",
		"a: delete condition: z == 1":               "!z == 1",
		"a: turn: z == 1":                           "z != 1",
		"a: delete rule: else := 4 if input.w != 5": "else := 4 if {\n\tfalse\n}",
		"a: turn: else := 4 if input.w != 5":        "input.w == 5",
		"b: delete condition: c < 6":                "!c < 6",
		"b: turn: c < 6":                            "c >= 6",
		"b: boundary: c < 6":                        "c <= 6",
	}
	seen := map[string]bool{}
	for _, m := range mutants {
		id := strings.TrimPrefix(m.ID, "rego/x.rego: ")
		if seen[id] {
			t.Errorf("%s: twice", id)
		}
		seen[id] = true
		out, err := m.apply(files)
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		w, known := want[id]
		if !known {
			continue
		}
		delete(want, id)
		not, without := strings.CutPrefix(w, "!")
		if strings.Contains(string(out), not) == without {
			t.Errorf("%s: want %s in\n%s", id, w, out)
		}
	}
	for id := range want {
		t.Errorf("there is no mutant %q", id)
	}
	if _, err := Mutants(fstest.MapFS{"rego/x.rego": {Data: []byte("package")}}); mash.CodeOf(err) != mash.CodeInvalid {
		t.Errorf("no Rego: %v", err)
	}
}
