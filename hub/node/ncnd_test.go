package node

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mashhub/hub/mash"
	"mashhub/hub/protocol"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// secretCategory is neither confirmed nor denied, by the shipped catalogue.
const secretCategory = "police.intelligence"

// told is all that a conclusion lets the hub see beside the time: whether
// anything goes out, as what, and every word of it but ids of decisions.
func told(t *rapid.T, rel released, quiet bool) string {
	if rel.quiet = rel.quiet && quiet; !rel.final() && !(rel.waiting && worthTelling(rel)) {
		return "nothing goes out"
	}
	for i := range rel.items {
		rel.items[i].Decision = ""
	}
	b, err := json.Marshal([]any{rel.final(), rel.outcomes, rel.items, rel.withheld})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestWhatIsUnderReviewIsNotToldOf: an agency whose reviewer looks at something
// of which it is neither confirmed nor denied that it exists, and one that
// holds no such thing, let the hub see the same. What remains is the time: the
// last part is sent when the reviewer has looked.
func TestWhatIsUnderReviewIsNotToldOf(t *testing.T) {
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	env := mash.SystemEnv()
	env.Now = func() time.Time { return now }
	police := mash.Party{Agency: "police"}
	point, err := protocol.New(t.Context(), protocol.Options{Hub: "fernshire", Where: mash.PartyAddress(police), Env: env, Epoch: 1, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{Config: Config{Agency: mash.Agency{ID: "police"}, Env: env}}
	conclude := func(w *work) released {
		return assemble(w, point.Release(t.Context(), n.releaseInput("fernshire", "r", police, mash.System("police"), w, now)))
	}
	met := 0
	rapid.Check(t, func(t *rapid.T) {
		w := &work{Purpose: mash.PurposeS47, Findings: map[string]*finding{}, Reviewed: map[string]bool{}, Why: map[string]string{},
			Question: wire.Request{From: now.AddDate(-10, 0, 0), To: now,
				Basis:      mash.BasisInput{S47: true},
				Categories: rapid.SampledFrom([][]string{{secretCategory}, {"police.crime", secretCategory}}).Draw(t, "asked")}}
		for p := range rapid.IntRange(1, 2).Draw(t, "people") {
			key := "subject-" + strconv.Itoa(p+1)
			w.Question.Persons = append(w.Question.Persons, wire.Person{Key: key})
			f := &finding{Band: "match", State: rapid.SampledFrom([]string{findFound, findFound, findFound, findCheck, findAsk, findUnavailable}).Draw(t, "state")}
			if f.State == findFound {
				for i := range rapid.IntRange(0, 3).Draw(t, "items") {
					f.Items = append(f.Items, record.Item{ID: key + "-" + strconv.Itoa(i), Person: key, Kind: record.Fact,
						Category: rapid.SampledFrom(w.Question.Categories).Draw(t, "category"),
						Date:     record.PartialDate{Date: rapid.SampledFrom([]string{"2026-09-01", "2018-09-01"}).Draw(t, "date")},
						Handling: rapid.SampledFrom([]string{"", "", "P", "C"}).Draw(t, "handling"),
						Flags:    rapid.SampledFrom([][]string{nil, {record.FlagThirdParty}}).Draw(t, "flags"), Title: "T", Source: "S"})
				}
			}
			w.Findings[key] = f
		}
		held := conclude(w)

		// The other agency holds none of what is hidden.
		empty := *w
		empty.Findings = maps.Clone(w.Findings)
		for key, f := range w.Findings {
			shown := slices.ContainsFunc(held.items, func(i mash.ReturnedItem) bool {
				return i.Item.Person == key && i.Item.Category == secretCategory
			})
			g := *f
			if !shown {
				g.Items = slices.DeleteFunc(slices.Clone(f.Items), func(i record.Item) bool { return i.Category == secretCategory })
			}
			if f.State == findCheck && len(w.Question.Categories) == 1 { // nobody like them is in its systems
				g = finding{State: findNone}
			}
			empty.Findings[key] = &g
		}
		other := conclude(&empty)
		if other.quiet {
			t.Fatalf("somebody looks at what is not held: %+v", other.review)
		}
		if got, want := told(t, held, false), told(t, other, false); got != want {
			t.Errorf("while it is looked at the hub would see\n%s\nand where nothing is held\n%s", got, want)
		}
		if held.quiet && held.final() {
			t.Error("it is final, and somebody still looks")
		}
		if !held.quiet {
			return
		}
		met++
		// Whoever looked keeps it back.
		for item := range held.review {
			w.Reviewed[item], w.Why[item] = false, "it stays here"
		}
		for _, f := range w.Findings {
			if f.State == findCheck && len(w.Question.Categories) == 1 {
				*f = finding{State: findNone}
			}
		}
		for item := range other.review {
			empty.Reviewed, empty.Why = w.Reviewed, w.Why
			empty.Reviewed[item] = false
		}
		after, other := conclude(w), conclude(&empty)
		if got, want := told(t, after, true), told(t, other, true); after.quiet || got != want {
			t.Errorf("when it was kept back the hub sees\n%s\nand where nothing is held\n%s", got, want)
		}
	})
	least := 5
	if testing.Short() { // a fifth of the cases
		least = 1
	}
	if met < least {
		t.Errorf("%d cases had something under review: this test cannot fail", met)
	}
}
