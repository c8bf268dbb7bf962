package protocol

import (
	"context"
	"fmt"
	"testing"

	"mashhub/hub/mash"
)

// BenchmarkAsk is one question about two people and the police's categories.
func BenchmarkAsk(b *testing.B) {
	p := newPoint(b, nil)
	in := askPolice()
	b.ReportAllocs()
	for b.Loop() {
		if d := p.Ask(context.Background(), in); d.Answer != mash.Permit {
			b.Fatal(d.Verdict)
		}
	}
}

// BenchmarkRelease is one answer with twenty items in six categories.
func BenchmarkRelease(b *testing.B) {
	p := newPoint(b, nil)
	in := releaseOf(20)
	b.ReportAllocs()
	for b.Loop() {
		if d := p.Release(context.Background(), in); d.Answer != mash.Permit {
			b.Fatal(d.Verdict)
		}
	}
}

// BenchmarkReleaseOne is what a housing office usually answers: one person, one
// category, one item.
func BenchmarkReleaseOne(b *testing.B) {
	p := newPoint(b, nil)
	in := releaseOne()
	b.ReportAllocs()
	for b.Loop() {
		if d := p.Release(context.Background(), in); d.Answer != mash.Permit {
			b.Fatal(d.Verdict)
		}
	}
}

// BenchmarkReleaseLarge is a health service's answer about four people in ten
// categories, two of them hidden ones, with sixty items.
func BenchmarkReleaseLarge(b *testing.B) {
	p := newPoint(b, nil)
	in := releaseLarge(60)
	b.ReportAllocs()
	for b.Loop() {
		if d := p.Release(context.Background(), in); d.Answer != mash.Permit {
			b.Fatal(d.Verdict)
		}
	}
}

// BenchmarkReleaseCold is the answer of BenchmarkRelease by a policy that
// shares nothing with a decision before: the first of the day.
func BenchmarkReleaseCold(b *testing.B) {
	p := newPoint(b, nil)
	in := releaseOf(20)
	b.ReportAllocs()
	for b.Loop() {
		p.current.Load().frames.all = nil
		if d := p.Release(context.Background(), in); d.Answer != mash.Permit {
			b.Fatal(d.Verdict)
		}
	}
}

// BenchmarkView is a chronology with forty items.
func BenchmarkView(b *testing.B) {
	p := newPoint(b, nil)
	in := viewOf(40)
	b.ReportAllocs()
	for b.Loop() {
		if d := p.View(context.Background(), in); d.Answer != mash.Permit {
			b.Fatal(d.Verdict)
		}
	}
}

// TestCost bounds what a decision allocates: the time of a test machine tells
// little, the number of allocations tells whether a rule is asked for each item
// that was meant to be asked once.
func TestCost(t *testing.T) {
	if raced {
		t.Skip("under the race detector the engine's pools of memory forget at random: counted without it")
	}
	p := newPoint(t, nil)
	for name, c := range map[string]struct {
		most float64
		do   func() mash.Decision
	}{
		"ask":           {700, func() mash.Decision { return p.Ask(context.Background(), askPolice()) }},
		"release one":   {800, func() mash.Decision { return p.Release(context.Background(), releaseOne()) }},
		"release":       {3200, func() mash.Decision { return p.Release(context.Background(), releaseOf(20)) }},
		"release large": {8500, func() mash.Decision { return p.Release(context.Background(), releaseLarge(60)) }},
		"view":          {1400, func() mash.Decision { return p.View(context.Background(), viewOf(40)) }},
	} {
		if d := c.do(); d.Answer != mash.Permit {
			t.Errorf("%s: %+v", name, d.Verdict)
		}
		if got := testing.AllocsPerRun(20, func() { c.do() }); got > c.most {
			t.Errorf("%s: %.0f allocations, at most %.0f", name, got, c.most)
		}
	}
}

// TestCostGrowsWithItems: the cost of a decision grows no faster than the
// number of items, on the short way and on the long, with hidden categories and
// without.
func TestCostGrowsWithItems(t *testing.T) {
	if raced {
		t.Skip("under the race detector the engine's pools of memory forget at random: counted without it")
	}
	p := newPoint(t, nil)
	for name, do := range map[string]func(n int) mash.Decision{
		"plain":   func(n int) mash.Decision { return p.Release(context.Background(), releaseOf(n)) },
		"hidden":  func(n int) mash.Decision { return p.Release(context.Background(), releaseLarge(n)) },
		"view":    func(n int) mash.Decision { return p.View(context.Background(), viewOf(n)) },
		"marked":  func(n int) mash.Decision { return p.View(context.Background(), marked(viewOf(n))) },
		"flagged": func(n int) mash.Decision { return p.Release(context.Background(), flagged(releaseLarge(n))) },
	} {
		cost := func(n int) float64 {
			if d := do(n); d.Fault {
				t.Fatalf("%s: %+v", name, d.Verdict)
			}
			return testing.AllocsPerRun(2, func() { do(n) })
		}
		less, more := cost(50)-cost(30), cost(200)-cost(120)
		if more > 4*less*1.1 {
			t.Errorf("%s: twenty more items cost %.0f allocations, eighty more %.0f", name, less, more)
		}
	}
}

// flagged lets every second item tell of a third person, who is in need of
// protection.
func flagged(in mash.ReleaseInput) mash.ReleaseInput {
	for i := range in.Items {
		if i%2 == 0 {
			in.Items[i].Flags = []string{"third_party", "protected_location"}
		}
	}
	return in
}

// marked lets every second item stay with its originator.
func marked(in mash.ViewInput) mash.ViewInput {
	for i := range in.Items {
		if i%2 == 0 {
			in.Items[i].Obliged = []string{mash.ObligeOriginator}
		}
	}
	return in
}

// viewOf is a chronology with n items.
func viewOf(n int) mash.ViewInput {
	return mash.ViewInput{
		About: about(), Page: "chronology", Person: mash.ViewPerson{ID: "w", Roles: []string{mash.RoleWorker}, Relation: "assigned"},
		Items: releaseOf(n).Items,
	}
}

// releaseOne is an answer by housing with one item.
func releaseOne() mash.ReleaseInput {
	in := releasePolice()
	in.Party, in.Asked = mash.Party{Agency: "housing"}, []string{"housing.tenancy"}
	in.Held = []mash.HeldInput{{Person: "subject-1", Category: "housing.tenancy", Band: "match", Held: true}}
	in.Items = []mash.ItemInput{{ID: "i1", Person: "subject-1", Category: "housing.tenancy", Kind: "fact", Date: "2026-09-01", AgeDays: 82, Band: "match"}}
	return in
}

// releaseLarge is an answer by health under section 47 with n items.
func releaseLarge(n int) mash.ReleaseInput {
	in := releaseOf(0)
	in.Party = mash.Party{Agency: "health"}
	in.Asked = []string{"health.gp_registration", "health.missed_appointment", "health.ae_attendance", "health.health_visitor", "health.school_nurse",
		"health.midwifery", "health.camhs", "health.immunisation", "health.condition", "health.substance_misuse"}
	in.Held = nil
	people := []string{"subject-1", "subject-2", "household-1", "household-2"}
	for _, person := range people {
		for _, category := range in.Asked {
			in.Held = append(in.Held, mash.HeldInput{Person: person, Category: category, Band: "match", Held: true})
		}
	}
	for i := range n {
		in.Items = append(in.Items, mash.ItemInput{ID: fmt.Sprintf("item-%d", i), Person: people[i%len(people)], Category: in.Asked[i%len(in.Asked)],
			Kind: "fact", Date: "2025-10-01", AgeDays: 417, Band: "match"})
	}
	return in
}

// releaseOf is an answer by the police under section 47 with n items.
func releaseOf(n int) mash.ReleaseInput {
	in := releasePolice()
	in.Purpose, in.Basis = mash.PurposeS47, mash.BasisInput{S47: true}
	in.Asked = []string{"police.domestic_incident", "police.crime", "police.missing_episode", "police.warning", "police.order", "police.intelligence"}
	in.Held, in.Items = nil, nil
	for _, person := range []string{"subject-1", "household-1"} {
		for _, category := range in.Asked {
			in.Held = append(in.Held, mash.HeldInput{Person: person, Category: category, Band: "match", Held: true})
		}
	}
	for i := range n {
		in.Items = append(in.Items, mash.ItemInput{
			ID: fmt.Sprintf("item-%d", i), Person: "subject-1", Category: in.Asked[i%len(in.Asked)], Kind: "fact",
			Date: "2025-10-01", AgeDays: 417, Handling: map[bool]string{true: "C", false: "P"}[i%5 == 0], Band: "match",
		})
	}
	return in
}
