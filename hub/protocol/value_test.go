package protocol

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"pgregory.net/rapid"

	"mashhub/hub/mash"
)

// sameValue fails where the quick way of reading an input and the engine's own
// give different values, or one an error and the other none.
func sameValue(t interface{ Fatalf(string, ...any) }, raw []byte, words map[string]*ast.Term) {
	want, wantErr := ast.ValueFromReader(bytes.NewReader(raw))
	got, err := valueOf(raw, words)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: error %v, the engine's reader says %v", raw, err, wantErr)
	}
	if err == nil && (ast.Compare(got, want) != 0 || got.Hash() != want.Hash()) {
		t.Fatalf("%q is read as %v, by the engine as %v", raw, got, want)
	}
}

// TestValueOf: every question is read as the engine reads it, and the quick way
// is the one taken.
func TestValueOf(t *testing.T) {
	words := newPoint(t, nil).current.Load().words
	rapid.Check(t, func(t *rapid.T) {
		release := drawRelease(t, someCategories)
		release.Actor = rapid.String().Draw(t, "actor")
		view := mash.ViewInput{About: about(), Items: release.Items, Person: mash.ViewPerson{ID: rapid.String().Draw(t, "id"), Units: rapid.SliceOf(rapid.String()).Draw(t, "units")}}
		for _, in := range []any{drawAsk(t), release, view, mash.NotifyInput{}, mash.CloseInput{PlanOpenDays: rapid.Int().Draw(t, "days")}} {
			raw, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			sameValue(t, raw, words)
			if r := (&reader{raw: raw, words: words}); r.term(0) == nil && bytes.IndexByte(raw, '\\') < 0 && len(raw) < 1<<16 {
				if _, close := in.(mash.CloseInput); !close { // a number may have more digits than the quick way takes
					t.Fatalf("the quick way does not read %q", raw)
				}
			}
		}
	})
}

// FuzzValueOf: whatever the bytes, both ways agree.
func FuzzValueOf(f *testing.F) {
	words := map[string]*ast.Term{}
	for _, s := range []string{"hub", "items", ""} {
		words[s] = ast.StringTerm(s)
	}
	for _, s := range []string{
		`{}`, `[]`, `{"hub":"x","items":[1,-1,0,true,false,null]}`, `{"a":1,"a":2}`, `{"a":{"a":{}}}`, ` {}`, `{} `, `{}{}`, `[1,]`, `{"a"}`, `{"a":1,}`, `{,}`,
		`-0`, `01`, `-`, `1.0`, `1e2`, `123456789012345678901234567890`, `"\u0041\n"`, `"\ud800"`, "\"\xff\"", "\"\x01\"", `"\"`, `"é"`, `tru`, `nul`, `[`, `"`, ``,
		`[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]`, `{"a":"\u2028","b":"<"}`, `"\/"`, `{"":{"":""}}`, `[1,2 ]`, `{"a": 1}`, `[true,false]x`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { sameValue(t, raw, words) })
}
