package record

import "strings"

//go:generate go run ./internal/gencodes -published 2026-07-17 -o codes_gen.go

// Vocabulary is one code list.
type Vocabulary struct {
	Name   string
	System string // the URI that a Code's System carries
	// Open is set where the list shows examples of somebody else's code
	// system: a code outside it is not wrong.
	Open  bool
	Codes []Coded
}

// Coded is one entry of a Vocabulary.
type Coded struct {
	Code       string
	Label      string
	Definition string // may be empty
}

// Lookup finds the entry of a code. An entry such as "EAL.<ISO 639-1 code>"
// stands for a family of codes and is found by any member of it.
func (v Vocabulary) Lookup(code string) (Coded, bool) {
	for _, c := range v.Codes {
		if c.Code == code {
			return c, true
		}
		if stem, kind, ok := strings.Cut(c.Code, "<"); ok && familyMember(code, stem, kind) {
			return c, true
		}
	}
	return Coded{}, false
}

// familyMember reports whether code is the stem followed by what the kind asks
// for: two lower-case letters for a language, digits for an HL7 code.
func familyMember(code, stem, kind string) bool {
	rest, ok := strings.CutPrefix(code, stem)
	if !ok || rest == "" {
		return false
	}
	if strings.HasPrefix(kind, "ISO 639-1") {
		return len(rest) == 2 && rest[0] >= 'a' && rest[0] <= 'z' && rest[1] >= 'a' && rest[1] <= 'z'
	}
	return allDigits(rest)
}

// Allows reports whether a code may be used: it is in the list, or the list is
// open and the code is not empty.
func (v Vocabulary) Allows(code string) bool {
	if v.Open {
		return code != ""
	}
	_, ok := v.Lookup(code)
	return ok
}

// Of returns the coded value with its system and published label. The label is
// empty for a code that is not in the list.
func (v Vocabulary) Of(code string) Code {
	c, _ := v.Lookup(code)
	return Code{System: v.System, Code: code, Label: c.Label}
}
