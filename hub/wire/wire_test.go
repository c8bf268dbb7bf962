package wire

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

var issued = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func header(kind Kind) Header {
	return Header{Kind: kind, ID: "m1", Hub: "fernshire", Issuer: "agency/police", Audience: "hub/fernshire", Ref: "r1", IssuedAt: issued}
}

// TestSizeTellsNothing: what a return says changes its size by whole buckets
// only, so that nothing_known and a record look alike from outside (I8).
func TestSizeTellsNothing(t *testing.T) {
	nothing, err := Encode(header(KindReturn), Return{Return: mash.Return{Outcomes: []mash.PersonOutcome{{Person: "subject-1", Outcome: mash.NothingKnown}}}})
	if err != nil {
		t.Fatal(err)
	}
	record, err := Encode(header(KindReturn), Return{Return: mash.Return{Outcomes: []mash.PersonOutcome{{Person: "subject-1", Outcome: mash.RecordsFound}}},
		Items: []mash.ReturnedItem{{Item: record.Item{ID: "1", Text: strings.Repeat("x", 2000)}}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(nothing) != len(record) {
		t.Errorf("nothing known is %d bytes, a record %d", len(nothing), len(record))
	}
	for n := range 8<<10 + 1 { // every remainder
		if b, err := Encode(header(KindReturn), Clarify{Text: strings.Repeat("x", n)}); err != nil || len(b)%(8<<10) != 0 {
			t.Fatalf("%d bytes of text: %d bytes, %v", n, len(b), err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for kind, bucket := range map[Kind]int{KindRequest: 2048, KindAmend: 2048, KindReturn: 8192, KindNotify: 8192, KindClarify: 2048} {
			b, err := Encode(header(kind), Clarify{Text: rapid.StringN(0, 20_000, 40_000).Draw(t, "text")})
			if err != nil {
				t.Fatal(err)
			}
			if off := len(b) % bucket; off != 0 {
				t.Fatalf("%s: %d bytes are %d over a bucket", kind, len(b), off)
			}
		}
	})
}

func TestRoundTrip(t *testing.T) {
	h := header(KindClarify)
	h.Sequence, h.Revision, h.ExpiresAt = 7, 2, issued.Add(time.Hour)
	b, err := Encode(h, Clarify{Text: "which school?"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	h.Major, h.Minor = Major, Minor
	if m.Header != h {
		t.Errorf("got %+v, want %+v", m.Header, h)
	}
	body, err := DecodeBody[Clarify](m)
	if err != nil || body.Text != "which school?" {
		t.Errorf("%v, %v", body, err)
	}
}

// TestDecode: what this program cannot understand it refuses; what a newer
// minor version adds it ignores.
func TestDecode(t *testing.T) {
	good := map[string]any{"kind": "return", "major": 1, "minor": 9, "id": "m1", "hub": "h", "issuer": "agency/police", "audience": "hub/h",
		"issued_at": issued, "body": map[string]any{"new": true}, "added_in_1_9": "ignored"}
	for _, c := range []struct {
		name   string
		change func(map[string]any)
		code   mash.Code
	}{
		{"a newer minor version", func(map[string]any) {}, ""},
		{"another major version", func(m map[string]any) { m["major"] = 2 }, mash.CodeUnsupported},
		{"no version", func(m map[string]any) { delete(m, "major") }, mash.CodeUnsupported},
		{"an unknown kind", func(m map[string]any) { m["kind"] = "gossip" }, mash.CodeUnsupported},
		{"no id", func(m map[string]any) { delete(m, "id") }, mash.CodeBadMessage},
		{"no hub", func(m map[string]any) { delete(m, "hub") }, mash.CodeBadMessage},
		{"no issuer", func(m map[string]any) { delete(m, "issuer") }, mash.CodeBadMessage},
		{"no audience", func(m map[string]any) { delete(m, "audience") }, mash.CodeBadMessage},
		{"no time", func(m map[string]any) { delete(m, "issued_at") }, mash.CodeBadMessage},
		{"a number for an id", func(m map[string]any) { m["id"] = 999 }, mash.CodeBadMessage},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := map[string]any{}
			for k, v := range good {
				in[k] = v
			}
			c.change(in)
			b, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Decode(b); mash.CodeOf(err) != c.code {
				t.Errorf("%v, want code %q", err, c.code)
			}
		})
	}
	for _, bad := range []string{"", "null", "[]", "{", `{"kind":"return"} {"kind":"return"}`} {
		if _, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestErrorsRepeatNothing: an error about a message never holds what stood in
// it.
func TestErrorsRepeatNothing(t *testing.T) {
	_, err := DecodeBody[Return](Message{Header: header(KindReturn), Body: json.RawMessage(`{"items":[{"text":9990000018}]}`)})
	if err == nil || strings.Contains(err.Error(), "9990000018") {
		t.Errorf("got %v", err)
	}
}

func TestScopeHash(t *testing.T) {
	from, to := issued.AddDate(-1, 0, 0), issued
	a := ScopeHash("s17", []string{"subject-1", "household-1"}, []string{"police.crime", "police.order"}, from, to)
	if b := ScopeHash("s17", []string{"household-1", "subject-1"}, []string{"police.order", "police.crime"}, from, to.Add(time.Microsecond)); a != b {
		t.Error("the order of people and categories, or less than a millisecond, changes the scope")
	}
	for name, other := range map[string]string{
		"purpose":  ScopeHash("s47", []string{"subject-1", "household-1"}, []string{"police.crime", "police.order"}, from, to),
		"person":   ScopeHash("s17", []string{"subject-1"}, []string{"police.crime", "police.order"}, from, to),
		"category": ScopeHash("s17", []string{"subject-1", "household-1"}, []string{"police.crime"}, from, to),
		"period":   ScopeHash("s17", []string{"subject-1", "household-1"}, []string{"police.crime", "police.order"}, from.Add(time.Hour), to),
	} {
		if other == a {
			t.Errorf("another %s has the same hash", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	b, _ := Encode(header(KindReturn), Return{})
	f.Add(b)
	f.Add([]byte(`{"kind":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err == nil && (m.ID == "" || m.Major != Major) {
			t.Error("an unusable message was accepted")
		}
	})
}
