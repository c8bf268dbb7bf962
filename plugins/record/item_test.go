package record

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func incident() Item {
	return Item{
		ID: "pol-77", Person: "subject-1", Category: "police.domestic_incident", Kind: Fact,
		Date: PartialDate{Date: "2026-08-14"}, Until: &PartialDate{Date: "2026-08"},
		Title: "Call to 12 Fallow Road", Text: "Officers attended 12, FALLOW RD (fe12ab). Call back on +44 1632 960001.",
		Codes:  []Code{DomesticAbuseIncident, {System: SystemUPRN, Code: "100012345678", Label: "12 Fallow Road"}},
		Source: "Caller at Flat 2, 12 Fallow Road", Author: "Response officer",
		Flags:     []string{FlagThirdParty, FlagProtectedLocation},
		Handling:  "P",
		Protected: []string{"12 Fallow Road", "FE1 2AB", "01632 960001", "100012345678"},
	}
}

func voice() Item {
	it := incident()
	it.Kind, it.Protected, it.Flags = ChildVoice, nil, nil
	it.Voice = &Voice{Verbatim: true, HeardBy: "Class teacher", Agreed: AgreedYes, With: "social worker"}
	return it
}

func TestItemValidate(t *testing.T) {
	for _, it := range []Item{incident(), voice(), incident().Redact()} {
		if err := it.Validate(); err != nil {
			t.Errorf("a good item is refused: %v", err)
		}
	}
	tests := []struct {
		name  string
		item  Item
		spoil func(*Item)
		path  string
	}{
		{"kind", incident(), func(it *Item) { it.Kind = "rumour" }, "kind"},
		{"no kind", incident(), func(it *Item) { it.Kind = "" }, "kind"},
		{"category", incident(), func(it *Item) { it.Category = "police" }, "category"},
		{"id", incident(), func(it *Item) { it.ID = "" }, "id"},
		{"person", incident(), func(it *Item) { it.Person = " " }, "person"},
		{"title", incident(), func(it *Item) { it.Title = "" }, "title"},
		{"source", incident(), func(it *Item) { it.Source = "" }, "source"},
		{"date", incident(), func(it *Item) { it.Date.Date = "14/08/2026" }, "date"},
		{"no date", incident(), func(it *Item) { it.Date = PartialDate{} }, "date"},
		{"until", incident(), func(it *Item) { it.Until.Date = "2026-13" }, "until"},
		{"until before date", incident(), func(it *Item) { it.Until.Date = "2026-07" }, "until"},
		{"code", incident(), func(it *Item) { it.Codes[0].System = "" }, "codes[0]"},
		{"long text", incident(), func(it *Item) { it.Text = strings.Repeat("a", 100_001) }, "text"},
		{"voice on a fact", voice(), func(it *Item) { it.Kind = Fact }, "voice"},
		{"child's voice without one", voice(), func(it *Item) { it.Voice = nil }, "voice"},
		{"agreement", voice(), func(it *Item) { it.Voice.Agreed = "maybe" }, "voice.agreed"},
		{"heard by nobody", voice(), func(it *Item) { it.Voice.HeardBy = "" }, "voice.heardBy"},
		{"protected without flag", incident(), func(it *Item) { it.Flags = nil }, "flags"},
		{"flag without protected", incident(), func(it *Item) { it.Protected = nil }, "protected"},
		{"redacted with protected", incident(), func(it *Item) { it.Flags = append(it.Flags, FlagRedacted) }, "flags"},
		{"short protected value", incident(), func(it *Item) { it.Protected[0] = " 1-2 " }, "protected[0]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.spoil(&tt.item)
			err := tt.item.Validate()
			var field *FieldError
			if !errors.As(err, &field) || field.Path != tt.path {
				t.Fatalf("error %v, want one at %s", err, tt.path)
			}
			for _, secret := range []string{"Fallow", "960001", "2026", "rumour", "maybe"} {
				if strings.Contains(field.Reason, secret) {
					t.Errorf("the error repeats a value: %v", err)
				}
			}
		})
	}
}

func TestItemRoundTrip(t *testing.T) {
	for _, want := range []Item{incident(), voice(), incident().Redact()} {
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Item
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\ncame back as %+v", want, got)
		}
	}
}

func TestRedactItem(t *testing.T) {
	before := incident()
	got := before.Redact()
	if !reflect.DeepEqual(before, incident()) {
		t.Fatal("Redact changed the original")
	}
	want := incident()
	want.Title = "Call to " + Withheld
	want.Text = "Officers attended " + Withheld + " (" + Withheld + "). Call back on +" + Withheld + "."
	want.Source = "Caller at Flat 2, " + Withheld
	want.Codes[1].Code, want.Codes[1].Label = Withheld, Withheld
	want.Protected = nil
	want.Flags = append(want.Flags, FlagRedacted)
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	if again := got.Redact(); !reflect.DeepEqual(again, got) {
		t.Fatalf("redacting twice gives %+v", again)
	}

	// Nothing protected: nothing changes.
	plain := voice()
	if got := plain.Redact(); !reflect.DeepEqual(got, plain) {
		t.Fatalf("an item without protected values became %+v", got)
	}

	// Flagged, but nothing listed: everything goes.
	blind := incident()
	blind.Protected = nil
	blind = blind.Redact()
	b, _ := json.Marshal(blind)
	for _, secret := range []string{"Fallow", "960001", "100012345678", "Flat"} {
		if strings.Contains(string(b), secret) {
			t.Errorf("%q is left of an item that lists nothing: %s", secret, b)
		}
	}
	if again := blind.Redact(); !reflect.DeepEqual(again, blind) {
		t.Fatal("redacting twice differs")
	}

	// The voice's words are text like any other.
	v := voice()
	v.Protected, v.Flags, v.Voice.HeardBy = []string{"Quay Court"}, []string{FlagProtectedLocation}, "Worker at Quay Court"
	if got := v.Redact(); got.Voice.HeardBy != "Worker at "+Withheld || v.Voice.HeardBy != "Worker at Quay Court" {
		t.Errorf("heard by %q, original %q", got.Voice.HeardBy, v.Voice.HeardBy)
	}
}

func TestRedactText(t *testing.T) {
	tests := []struct{ protected, text, want string }{
		{"FE1 2AB", "Lives at FE12AB now", "Lives at # now"},
		{"FE1 2AB", "fe1  2ab, fe1\u00a02ab and Fe1-2aB", "# and #"},
		{"fe12ab", "FE1 2AB", "#"},
		{"12 Fallow Road", "at 12\n FALLOW   road.", "at #."},
		{"12 Fallow Road", "at 12 Fallow Rd", "at #"},
		{"12 Fallow Rd.", "at 12 Fallow Road and back", "at # and back"},
		{"St Mary's Refuge", "the Saint Marys refuge", "the #"},
		{"St Mary’s Refuge", "St. Mary's Refuge", "#"},
		{"Café Siân", "cafe sia\u0302n!", "#!"},
		{"Ash", "washing in Ash, ash-tree, ashes", "washing in #-tree, ashes"},
		{"Quay Court", "QuayCourt and QUAY-COURT", "# and #"},
		{"01632 960001", "01632960001 / 01632 960 001 / +44 1632 960001 / 0044-1632-960001", "# / # / +# / 00#"},
		{"+44 1632 960001", "ring 01632 960001", "ring #"},
		{"+44 (0)1632 960001", "ring 01632 960001 or +44 1632 960001", "ring # or +#"},
		{"Rose Cottage, 12 Fallow Road, Northam Ford, FE1 2AB", "Rose Cottage near Northam Ford", "# near #"},
		{"12 Fallow Road FE1 2AB", "seen at fe12ab", "seen at #"},
		{"12 Fallow Road, FE1 2AB", "12 Fallow Road, FE1 2AB.", "#."},
		{"12 Fallow Road", "13 Fallow Road", "13 Fallow Road"},
		{"a\u200bbc", "ABC", "#"},
		{"12 Fallow Road", "", ""},
		{"---", "a - b", "a - b"},
	}
	for _, tt := range tests {
		got := newRedactor([]string{tt.protected}).redact(tt.text)
		if want := strings.ReplaceAll(tt.want, "#", Withheld); got != want {
			t.Errorf("%q in %q: got %q, want %q", tt.protected, tt.text, got, want)
		}
	}
}

// TestRedactLeavesNothing: a protected value written anyhow into any text is
// gone, and text around it stays.
func TestRedactLeavesNothing(t *testing.T) {
	squash := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.StringMatching(`[1-9][0-9]? [A-Z][a-z]{4,8} (Road|Lane|Quay)|FE[1-9] [1-9][A-Z]{2}|01632 960[0-9]{3}`), 1, 4).Draw(t, "protected")
		var text strings.Builder
		text.WriteString("begin;")
		for range rapid.IntRange(1, 6).Draw(t, "times") {
			v := rapid.SampledFrom(values).Draw(t, "value")
			switch rapid.IntRange(0, 4).Draw(t, "how") {
			case 1:
				v = strings.ToUpper(v)
			case 2:
				v = strings.ReplaceAll(v, " ", "")
			case 3:
				v = strings.ReplaceAll(v, " ", " \n\t")
			case 4:
				v = strings.Join(strings.Split(strings.ToLower(v), ""), "\u200b")
			}
			text.WriteString(rapid.SampledFrom([]string{" ", ", ", "; at ", " (", ""}).Draw(t, "gap") + v)
		}
		text.WriteString(" ;end")
		it := incident()
		it.Title, it.Text, it.Source, it.Protected = text.String(), text.String(), text.String(), values
		it.Codes = []Code{{System: "x", Code: "y", Label: text.String()}}
		got := it.Redact()
		for _, s := range []string{got.Title, got.Text, got.Source, got.Codes[0].Label} {
			if !strings.HasPrefix(s, "begin;") || !strings.HasSuffix(s, ";end") {
				t.Fatalf("harmless text is gone: %q", s)
			}
			rest := squash(strings.ReplaceAll(s, Withheld, "|"))
			for _, v := range values {
				if strings.Contains(rest, squash(v)) {
					t.Fatalf("%q is left in %q", v, s)
				}
			}
		}
		if len(got.Protected) > 0 || !slices.Contains(got.Flags, FlagRedacted) || got.Validate() != nil {
			t.Fatalf("the copy is not a valid redacted item: %v", got.Validate())
		}
	})
}

func FuzzRedact(f *testing.F) {
	f.Add("12 Fallow Road", "at 12 fallow rd")
	f.Add("\xff", "\xff\xfe")
	f.Add("e\u0301", "\u0301e\u0301")
	f.Fuzz(func(t *testing.T, protected, text string) {
		r := newRedactor([]string{protected})
		got := r.redact(text)
		if got == text {
			return
		}
		if !strings.Contains(got, Withheld) {
			t.Fatalf("%q changed to %q without saying so", text, got)
		}
	})
}
