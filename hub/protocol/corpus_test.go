package protocol

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mashhub/hub/mash"
)

// drawView is a page with items of every kind.
func drawView(t *rapid.T) mash.ViewInput {
	in := mash.ViewInput{About: about(), PurposeOf: "enquiry",
		Page: rapid.SampledFrom([]string{"chronology", "enquiry", "task", "board", "audit", "odd"}).Draw(t, "page"),
		Person: mash.ViewPerson{ID: "p", Agency: rapid.SampledFrom(append([]string{""}, someAgencies...)).Draw(t, "agency"),
			Relation: rapid.SampledFrom([]string{"assigned", "team", "named", "none", "", "conflicted"}).Draw(t, "relation"),
			Roles:    distinct(t, []string{mash.RoleWorker, mash.RoleManager, mash.RoleIGLead, mash.RoleScrutineer, mash.RoleReviewer, mash.RoleDSL, "odd"}, "roles")},
		Subject: mash.ViewEnquiry{Restricted: rapid.Bool().Draw(t, "restricted")},
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "items") {
		x := drawItem(t, fmt.Sprintf("i%d", i), rapid.SampledFrom(someCategories).Draw(t, "category"))
		x.Source = rapid.SampledFrom(someAgencies).Draw(t, "source")
		x.Obliged = distinct(t, []string{mash.ObligeProtectLocation, mash.ObligeOriginator, mash.ObligeNotVisible}, "obliged")
		in.Items = append(in.Items, x)
	}
	return in
}

// sound draws the usual case where seed is even: an agency asked for what it holds,
// for a purpose that it agreed to. At random nearly all would be refused.
func sound(seed int, categories []string, party *mash.Party, purpose *mash.Purpose) bool {
	if seed%2 == 1 || len(categories) == 0 {
		return false
	}
	kind, _, _ := strings.Cut(categories[0], ".")
	if kind == "education" {
		kind = "schools"
	}
	*party, *purpose = mash.Party{Agency: kind}, []mash.Purpose{mash.PurposeS47, mash.PurposeS17, mash.PurposeEarlyHelp}[seed/2%3]
	return true
}

// TestCorpus puts 10,000 questions, always the same, to the shipped policy: another
// version of the engine, or of what we do around it, must give every answer that
// the one before gave, word by word. Whoever changes rules, agreements or what
// questions are drawn from writes it anew, and says in the commit what changed.
func TestCorpus(t *testing.T) {
	const path, line = "testdata/corpus.golden", 50
	p := newPoint(t, nil)
	ctx := context.Background()
	ask := rapid.Custom(drawAsk)
	release := rapid.Custom(func(t *rapid.T) mash.ReleaseInput { return drawRelease(t, someCategories) })
	view := rapid.Custom(drawView)
	var out strings.Builder
	answers := map[string]int{}
	for _, c := range []struct {
		name   string
		n      int
		decide func(seed int) mash.Decision
	}{
		{"ask", 4000, func(seed int) mash.Decision {
			in := ask.Example(seed)
			if sound(seed, in.Categories, &in.Party, &in.Purpose) {
				in.Conflict = false
			}
			return p.Ask(ctx, in)
		}},
		{"release", 4000, func(seed int) mash.Decision {
			in := release.Example(seed)
			sound(seed, in.Asked, &in.Party, &in.Purpose)
			return p.Release(ctx, in)
		}},
		{"view", 2000, func(seed int) mash.Decision { return p.View(ctx, view.Example(seed)) }},
	} {
		for from := 0; from < c.n; from += line {
			sum := sha256.New()
			for seed := from; seed < from+line; seed++ {
				d := c.decide(seed)
				answers[c.name+" "+spelled(d.Verdict)]++
				b, err := json.Marshal(struct {
					mash.Verdict
					Fields []string
					Parts  map[string]mash.Verdict
				}{d.Verdict, d.Fields, d.Parts})
				if err != nil {
					t.Fatal(err)
				}
				sum.Write(b)
			}
			fmt.Fprintf(&out, "%s %d %s\n", c.name, from, hex.EncodeToString(sum.Sum(nil)[:12]))
		}
	}
	for _, want := range []string{"ask permit", "ask deny", "ask review", "release permit", "release deny", "release review", "view permit", "view deny"} {
		if answers[want] < 50 {
			t.Errorf("%d times %q: the corpus says little about it (%v)", answers[want], want, answers)
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(golden) == out.String() {
		return
	}
	was := strings.Split(string(golden), "\n")
	for i, l := range strings.Split(out.String(), "\n") {
		if i >= len(was) || was[i] != l {
			t.Errorf("another answer among the %d questions from %q on", line, strings.Join(strings.Fields(l + "  ")[:min(2, len(strings.Fields(l)))], " "))
		}
	}
}

func spelled(v mash.Verdict) string {
	if v.Fault {
		return "fault"
	}
	return string(v.Answer)
}
