package wire

import (
	"fmt"
	"strings"
	"testing"

	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// benchReturn is an answer of about 4 KiB in eight items.
func benchReturn() Return {
	r := Return{Return: mash.Return{ID: "r1", RequestID: "q1", Revision: 1,
		Outcomes: []mash.PersonOutcome{{Person: "subject-1", Outcome: mash.RecordsFound}}}}
	for i := range 8 {
		r.Items = append(r.Items, mash.ReturnedItem{Item: record.Item{ID: fmt.Sprint(i), Category: "police.crime", Text: strings.Repeat("x", 380)}})
	}
	return r
}

func BenchmarkEncode(b *testing.B) {
	r := benchReturn()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(header(KindReturn), r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	text, err := Encode(header(KindReturn), benchReturn())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		m, err := Decode(text)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := DecodeBody[Return](m); err != nil {
			b.Fatal(err)
		}
	}
}
