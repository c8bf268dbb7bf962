package record

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCheckIdentifiers(t *testing.T) {
	tests := []struct {
		name, system, value string
		want                string // part of the error; empty means valid
	}{
		{"NHS number", SystemNHSNumber, "9990000018", ""},
		{"NHS number of the standard's example", SystemNHSNumber, "9434765919", ""},
		{"NHS number with check digit 0", SystemNHSNumber, "9990000530", ""},
		{"NHS number wrong", SystemNHSNumber, "9991234560", "last digit"},
		{"NHS number with spaces", SystemNHSNumber, "999 000 0018", "ten digits"},
		{"NHS number short", SystemNHSNumber, "999000001", "ten digits"},
		{"NHS number in other digits", SystemNHSNumber, "٩٩٩٠٠", "ten digits"},
		{"NHS number of nines, arithmetically right", SystemNHSNumber, "9999999999", "unknown"},
		{"NHS number of zeros, arithmetically right", SystemNHSNumber, "0000000000", "unknown"},
		{"NHS number empty", SystemNHSNumber, "", "ten digits"},
		{"UPN", SystemUPN, "A950000178301", ""},
		{"UPN", SystemUPN, "H243278544154", ""},
		{"UPN wrong letter", SystemUPN, "R247962919251", "first letter"},
		{"UPN with a letter that is not used", SystemUPN, "I243278544154", "begins with"},
		{"UPN in lower case", SystemUPN, "h243278544154", "begins with"},
		{"UPN with a letter inside", SystemUPN, "H2432785X4154", "characters 2 to 12"},
		{"UPN with a bad end", SystemUPN, "H24327854415S", "ends with"},
		{"UPN short", SystemUPN, "H24327854415", "thirteen"},
		{"URN", SystemURN, "100123", ""},
		{"URN short", SystemURN, "10012", "six digits"},
		{"URN with a letter", SystemURN, "10012A", "six digits"},
		{"UPRN", SystemUPRN, "100012345678", ""},
		{"UPRN of one digit", SystemUPRN, "1", ""},
		{"UPRN long", SystemUPRN, "1000123456789", "one to twelve"},
		{"UPRN empty", SystemUPRN, "", "one to twelve"},
		{"UPRN of zeros", SystemUPRN, "000000000000", "unknown property"},
		{"PNC ID is opaque", SystemPNC, "93/123456X", ""},
		{"PNC ID empty", SystemPNC, " ", "no value"},
		{"a local system", "https://fernshire.example/case", "C-1", ""},
		{"no system", "", "9990000018", "no system"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Identifier{Value: tt.value, System: tt.system}.Check()
			switch {
			case tt.want == "" && err != nil:
				t.Fatalf("refused: %v", err)
			case tt.want != "" && err == nil:
				t.Fatal("accepted")
			case tt.want != "" && !strings.Contains(err.Error(), tt.want):
				t.Fatalf("error %q does not say %q", err, tt.want)
			case err != nil && len(strings.TrimSpace(tt.value)) > 3 && strings.Contains(err.Error(), tt.value):
				t.Fatalf("the error repeats the value: %v", err)
			}
		})
	}
}

// validNHS draws a valid NHS number, from nine digits and the arithmetic done
// the long way round, as a second opinion.
func validNHS(t *rapid.T) string {
	for {
		d := rapid.SliceOfN(rapid.IntRange(0, 9), 9, 9).Draw(t, "digits")
		for check := range 10 {
			sum := check
			for i, x := range d {
				sum += (10 - i) * x
			}
			if sum%11 == 0 { // the whole number, check digit with weight 1
				b := make([]byte, 10)
				for i, x := range append(d, check) {
					b[i] = byte('0' + x)
				}
				if strings.Count(string(b), string(b[:1])) < 10 {
					return string(b)
				}
			}
		}
	}
}

func TestNHSNumberProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := validNHS(t)
		if err := CheckNHSNumber(n); err != nil {
			t.Fatalf("valid number refused: %v", err)
		}
		for i := range 10 {
			for c := byte('0'); c <= '9'; c++ {
				b := []byte(n)
				b[i] = c
				if s := string(b); s != n && CheckNHSNumber(s) == nil {
					t.Fatalf("one digit changed at %d and still accepted", i)
				}
			}
			if i > 0 && n[i] != n[i-1] {
				b := []byte(n)
				b[i], b[i-1] = b[i-1], b[i]
				if CheckNHSNumber(string(b)) == nil {
					t.Fatalf("two neighbours swapped at %d and still accepted", i)
				}
			}
		}
	})
}

func TestNHSNumberOneInEleven(t *testing.T) {
	// Of each ten numbers that differ in the last digit at most one is valid,
	// and about every eleventh prefix has none.
	none := 0
	for prefix := range 1100 {
		valid := 0
		for check := range 10 {
			n := []byte("9990000000")
			for i, p := 8, prefix; p > 0; i, p = i-1, p/10 {
				n[i] = byte('0' + p%10)
			}
			n[9] = byte('0' + check)
			if CheckNHSNumber(string(n)) == nil {
				valid++
			}
		}
		if valid > 1 {
			t.Fatalf("%d check digits fit one prefix", valid)
		}
		if valid == 0 {
			none++
		}
	}
	if none < 95 || none > 105 {
		t.Fatalf("%d of 1100 prefixes have no check digit, want about 100", none)
	}
}

func TestUPNProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringMatching(`000[0-9]{8}[0-9ABCDEFGHJKLMNPQRTUVWXYZ]`).Draw(t, "body")
		var upn string
		for _, l := range upnLetters {
			if s := string(l) + body; CheckUPN(s) == nil {
				if upn != "" {
					t.Fatal("two check letters fit")
				}
				upn = s
			}
		}
		if upn == "" {
			t.Fatal("no check letter fits")
		}
		if TemporaryUPN(upn) != isUpper(upn[12]) {
			t.Fatal("temporary UPN not recognised")
		}
		for i := 1; i < 13; i++ {
			for c := byte('0'); c <= '9'; c++ {
				b := []byte(upn)
				b[i] = c
				if s := string(b); s != upn && isDigit(upn[i]) && CheckUPN(s) == nil {
					t.Fatalf("one digit changed at %d and still accepted", i)
				}
			}
		}
	})
}

func TestTemporaryUPNFromTheCatalogue(t *testing.T) {
	// "A" counts 0 and "B" 1 (Government Data Standards Catalogue, Unique
	// Pupil Number 2.0): with eleven zeros the check letters are A and P (13).
	for _, upn := range []string{"A00000000000A", "P00000000000B"} {
		if err := CheckUPN(upn); err != nil || !TemporaryUPN(upn) {
			t.Errorf("%s: %v", upn, err)
		}
	}
}

func TestIdentifierNormal(t *testing.T) {
	tests := []struct{ system, in, want string }{
		{SystemNHSNumber, "999 000 0018", "9990000018"},
		{SystemNHSNumber, "999-000-0018", "9990000018"},
		{SystemNHSNumber, "999\u00a0000\u00a00018", "9990000018"},
		{SystemUPN, "h243278544154", "H243278544154"},
		{SystemUPRN, "000012345678", "12345678"},
		{"https://fernshire.example/case", " c-1 ", "c-1"},
	}
	for _, tt := range tests {
		got := Identifier{tt.in, tt.system}.Normal()
		if got.Value != tt.want || got.System != tt.system {
			t.Errorf("%q: got %q", tt.in, got.Value)
		}
		if again := got.Normal(); again != got {
			t.Errorf("%q: normal twice gives %q", tt.in, again.Value)
		}
	}
}
