package matching_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mashhub/hub/matching"
	"mashhub/plugins/record"
)

func BenchmarkCompare(b *testing.B) {
	near := rowan()
	near.Identifiers, near.BirthDate, near.Names = nil, born("2016-03-05"), named("Rowna", "Tesel-Winter")
	for name, held := range map[string]record.Person{"same": rowan(), "near": near, "empty": {}} {
		b.Run(name, func(b *testing.B) {
			asked := rowan()
			b.ReportAllocs()
			for b.Loop() {
				matching.Compare(asked, held)
			}
		})
	}
}

// TestHostileRecordIsCheap: a record made to be slow (as much as a message may
// carry) is compared in far less time than a request waits.
func TestHostileRecordIsCheap(t *testing.T) {
	var a, b record.Person
	for i := range 20_000 {
		a.Identifiers = append(a.Identifiers, nhs(fmt.Sprintf("999%07d", i)), record.Identifier{Value: fmt.Sprint("A-", i), System: "x"})
		b.Identifiers = append(b.Identifiers, nhs(fmt.Sprintf("998%07d", i)), record.Identifier{Value: fmt.Sprint("B-", i), System: "x"})
		a.Names = append(a.Names, named(strings.Repeat("ab", 30), strings.Repeat("c ", 30))...)
		b.Names = append(b.Names, named(strings.Repeat("ba", 30), strings.Repeat("d ", 30))...)
		a.Addresses = append(a.Addresses, record.Address{Postcode: "FE1 2AB", UPRN: fmt.Sprint(i + 1)})
		b.Addresses = append(b.Addresses, record.Address{Postcode: "FE1 2AC", UPRN: fmt.Sprint(i + 100_000)})
	}
	a.Names = append(a.Names, named(strings.Repeat("x", 1_000_000), "y")...)
	a.Names[0].Given = []string{strings.Repeat("x ", 500_000)}
	begin := time.Now()
	r := matching.Compare(a, b)
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	want(t, r, matching.None, true)
}
