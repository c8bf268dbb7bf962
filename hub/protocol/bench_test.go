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

// BenchmarkView is a chronology with forty items.
func BenchmarkView(b *testing.B) {
	p := newPoint(b, nil)
	in := mash.ViewInput{
		About: about(), Page: "chronology", Person: mash.ViewPerson{ID: "w", Roles: []string{mash.RoleWorker}, Relation: "assigned"},
		Items: releaseOf(40).Items,
	}
	b.ReportAllocs()
	for b.Loop() {
		if d := p.View(context.Background(), in); d.Answer != mash.Permit {
			b.Fatal(d.Verdict)
		}
	}
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
