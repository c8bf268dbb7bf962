package record

import (
	"errors"
	"strings"
)

// Identifier is a value and the system that issued it.
type Identifier struct {
	Value  string `json:"value"`
	System string `json:"system"` // one of the System… constants, or another URI
}

// The systems that we know. Only the NHS number's is published; the others
// have no published URI and are in our own namespace (see Namespace).
const (
	SystemNHSNumber = "https://fhir.nhs.uk/Id/nhs-number"
	SystemUPN       = Namespace + ":id:upn"  // unique pupil number
	SystemURN       = Namespace + ":id:urn"  // a school's unique reference number
	SystemUPRN      = Namespace + ":id:uprn" // unique property reference number
	SystemPNC       = Namespace + ":id:pnc"  // Police National Computer ID, opaque text
)

// Check reports whether the identifier can be what its system says it is. A
// system we do not know is only asked to have a value. The error never repeats
// the value.
func (id Identifier) Check() error {
	if id.System == "" {
		return errors.New("no system: say which system issued the value, as a URI")
	}
	switch id.System {
	case SystemNHSNumber:
		return CheckNHSNumber(id.Value)
	case SystemUPN:
		return CheckUPN(id.Value)
	case SystemURN:
		return CheckURN(id.Value)
	case SystemUPRN:
		return CheckUPRN(id.Value)
	}
	if strings.TrimSpace(id.Value) == "" {
		return errors.New("no value: write the value, or leave the identifier out and record why")
	}
	return nil
}

// Normal returns the identifier as it is compared: for the systems we know
// without spaces and hyphens and in upper case, a UPRN without leading zeros;
// for others only trimmed.
func (id Identifier) Normal() Identifier {
	switch id.System {
	case SystemNHSNumber, SystemUPN, SystemURN, SystemUPRN, SystemPNC:
		id.Value = compactID(id.Value)
		if id.System == SystemUPRN {
			id.Value = strings.TrimLeft(id.Value, "0")
		}
	default:
		id.Value = strings.TrimSpace(id.Value)
	}
	return id
}

func compactID(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == ' ' || c == '-' || c == '\t' || c >= 0x80 || c >= 'a' && c <= 'z' {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t', '\u00a0', '\u2010', '\u2011', '\u2013':
			return -1
		}
		return r
	}, s)
	return strings.ToUpper(s)
}

// CheckNHSNumber checks the ten digits of an NHS number: the sum of the first
// nine, weighted 10 down to 2, decides the tenth (modulus 11). Every change of
// one digit is caught, and every swap of two different digits. One digit ten
// times is refused too, although the arithmetic allows it: systems write that
// for "unknown". Source: NHS Data Dictionary, NHS NUMBER.
func CheckNHSNumber(s string) error {
	if len(s) != 10 || !allDigits(s) {
		return errors.New("an NHS number has ten digits: write them without spaces, or leave the identifier out and record why")
	}
	sum, same := 0, true
	for i := range 9 {
		sum += int(s[i]-'0') * (10 - i)
		same = same && s[i] == s[i+1]
	}
	check := 11 - sum%11
	if check == 11 {
		check = 0
	}
	if check == 10 || check != int(s[9]-'0') {
		return errors.New("the last digit does not fit the others: compare the NHS number with its source, digit by digit")
	}
	if same {
		return errors.New("one digit ten times stands for an unknown NHS number: leave the identifier out and record why")
	}
	return nil
}

// upnLetters are the check letters in order of the remainder, and the letters
// that may end a temporary UPN, with the same values.
const upnLetters = "ABCDEFGHJKLMNPQRTUVWXYZ"

// CheckUPN checks the thirteen characters of a unique pupil number: the first
// is the check letter of the sum of the others, each times its position 2 to
// 13, modulo 23. The last may be a letter (a temporary UPN, see
// TemporaryUPN). Source: Department for Education, UPN guide; Government Data
// Standards Catalogue, Unique Pupil Number 2.0.
func CheckUPN(s string) error {
	if len(s) != 13 {
		return errors.New("a UPN has thirteen characters: write them without spaces, or leave the identifier out and record why")
	}
	if strings.IndexByte(upnLetters, s[0]) < 0 {
		return errors.New("a UPN begins with a capital letter other than I, O or S: compare it with the school's register")
	}
	if !allDigits(s[1:12]) {
		return errors.New("characters 2 to 12 of a UPN are digits: compare it with the school's register")
	}
	last := strings.IndexByte(upnLetters, s[12])
	if isDigit(s[12]) {
		last = int(s[12] - '0')
	}
	if last < 0 {
		return errors.New("a UPN ends with a digit, or with a capital letter other than I, O or S: compare it with the school's register")
	}
	sum := last * 13
	for i := 1; i < 12; i++ {
		sum += int(s[i]-'0') * (i + 1)
	}
	if upnLetters[sum%23] != s[0] {
		return errors.New("the first letter does not fit the rest: compare the UPN with the school's register, character by character")
	}
	return nil
}

// TemporaryUPN reports whether a UPN is one that a school made up until it
// learns the permanent one. It ends with a letter. Two schools may give one
// child different ones, so it neither proves nor disproves who somebody is.
func TemporaryUPN(s string) bool {
	return len(s) == 13 && isUpper(s[12])
}

// CheckURN checks the six digits of a school's unique reference number. It has
// no check digit. Source: Get Information about Schools.
func CheckURN(s string) error {
	if len(s) != 6 || !allDigits(s) {
		return errors.New("a school's URN has six digits: look it up in Get Information about Schools")
	}
	return nil
}

// CheckUPRN checks that a unique property reference number is one to twelve
// digits, not all of them zero. It has no check digit. Source: Ordnance Survey
// / GeoPlace.
func CheckUPRN(s string) error {
	if len(s) == 0 || len(s) > 12 || !allDigits(s) {
		return errors.New("a UPRN has one to twelve digits: look the address up in the council's gazetteer")
	}
	if strings.Trim(s, "0") == "" {
		return errors.New("a UPRN of zeros stands for an unknown property: leave it out")
	}
	return nil
}

// allDigits reports whether every byte is an ASCII digit. Digits of other
// scripts are refused: no system issues them.
func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}
