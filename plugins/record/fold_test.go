package record

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestFoldName(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Adeyemi-Clarke", "adeyemi clarke"},
		{"Adeyemi – Clarke", "adeyemi clarke"},
		{"O'Brien", "obrien"},
		{"O’Brien", "obrien"},
		{"  Ivo   Marchetti-Lund ", "ivo marchetti lund"},
		{"Siân", "sian"},
		{"Sia\u0302n", "sian"}, // the accent on its own
		{"Łukasz Żółć", "lukasz zolc"},
		{"Ọlájídé Ṣadé", "olajide sade"},
		{"Nguyễn Thị Đào", "nguyen thi dao"},
		{"Groß", "gross"},
		{"Æthelred Þór", "aethelred thor"},
		{"İpek Işık", "ipek isik"},
		{"St. John", "st john"},
		{"مَريم", "مريم"},
		{"प्रिया", "प्रिया"},
		{"Zoe\u200bMay", "zoemay"},
		{"-", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := FoldName(tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestFoldTableIsComplete compares the table with Unicode's own decomposition
// for every Latin letter of the blocks it claims.
func TestFoldTableIsComplete(t *testing.T) {
	for r := rune(0xC0); r < 0x1F00; r++ {
		if r == 0x250 {
			r = 0x1E00
		}
		base := strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return unicode.ToLower(r)
		}, norm.NFD.String(string(r)))
		if len(base) != 1 || base[0] < 'a' || base[0] > 'z' {
			continue
		}
		if got := FoldName(string(r)); got != base {
			t.Errorf("%q (%U) folds to %q, Unicode says %q", r, r, got, base)
		}
	}
}

func TestFoldNameProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		f := FoldName(s)
		if FoldName(f) != f {
			t.Fatalf("folding twice: %q, then %q", f, FoldName(f))
		}
		if strings.HasPrefix(f, " ") || strings.HasSuffix(f, " ") || strings.Contains(f, "  ") {
			t.Fatalf("spaces left in %q", f)
		}
		name := rapid.StringMatching(`[A-Za-z]{1,8}([ -][A-Za-z]{1,8}){0,2}`).Draw(t, "name")
		if FoldName(strings.ToUpper(name)) != FoldName(strings.ReplaceAll(name, "-", "  ")) {
			t.Fatal("case or hyphens make a difference")
		}
	})
}

func TestNormalPostcode(t *testing.T) {
	tests := []struct{ in, want string }{
		{"AB1 2CD", "AB1 2CD"}, {"ab12cd", "AB1 2CD"}, {" m1  1ae", "M1 1AE"}, {"EC1A1BB", "EC1A 1BB"},
		{"W1A 0AX", "W1A 0AX"}, {"CR2 6XH", "CR2 6XH"}, {"DN55 1PT", "DN55 1PT"}, {"B33\u00a08TH", "B33 8TH"},
		{"", ""}, {"AB1", ""}, {"1AB 2CD", ""}, {"AB1 CCD", ""}, {"AB1 2C3", ""}, {"ABC1 2CD", ""},
		{"AB123 2CD", ""}, {"not known", ""}, {"AB1 2CD and more", ""},
	}
	for _, tt := range tests {
		if got := NormalPostcode(tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
		if tt.want != "" && NormalPostcode(tt.want) != tt.want {
			t.Errorf("%q is not its own normal form", tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		got := NormalPostcode(rapid.String().Draw(t, "any"))
		if got != "" && NormalPostcode(strings.ToLower(strings.ReplaceAll(got, " ", ""))) != got {
			t.Fatalf("%q", got)
		}
	})
}
