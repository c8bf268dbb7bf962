package record

import (
	"strings"
	"unicode"
)

// FoldName puts a name, or any words, into the form in which they are
// compared: lower case, marks dropped from Latin letters (é and é alike),
// hyphens and other separators to one space, apostrophes dropped, so that
// "Adeyemi-Clarke" is "adeyemi clarke" and "O’Brien" is "obrien". Letters of
// other scripts are kept, in lower case. It is for comparing and searching
// only: what is shown is always the name as it was recorded.
//
// Folding twice gives the same as folding once.
func FoldName(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		if r < unicode.MaxASCII && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9') {
			// The common case, without a look-up.
		} else if isApostrophe(r) || isOptionalMark(r) {
			continue
		} else if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) {
			space = true
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		writeFolded(&b, r)
	}
	return b.String()
}

// writeFolded writes the base letters of one letter.
func writeFolded(b *strings.Builder, r rune) {
	for _, f := range foldRune(r) {
		b.WriteRune(f)
	}
}

// foldRune returns the base letters of one letter, in lower case.
func foldRune(r rune) string {
	if r < unicode.MaxASCII {
		return string(unicode.ToLower(r))
	}
	r = unicode.ToLower(r)
	if many, ok := foldMany[r]; ok {
		return many
	}
	if one, ok := foldOne[r]; ok {
		return string(one)
	}
	return string(r)
}

// isOptionalMark covers the marks that stand apart from their letter and that
// one system writes and the next does not: combining accents, Arabic vowel
// points, and characters that nobody sees. The vowel signs of Indic scripts are
// marks too, but part of the name, and stay.
func isOptionalMark(r rune) bool {
	return r >= 0x0300 && r <= 0x036F || r >= 0x064B && r <= 0x065F || unicode.Is(unicode.Cf, r)
}

// isApostrophe covers what keyboards and old systems write for one: typewriter
// and typographic apostrophes, the grave and acute accents standing alone, the
// modifier letters, and the okina.
func isApostrophe(r rune) bool {
	switch r {
	case '\'', '`', '´', '‘', '’', '‛', 'ʹ', 'ʻ', 'ʼ', 'ʽ', '′', '＇':
		return true
	}
	return false
}

// NormalPostcode returns a UK postcode in the standard's form ("AB1 2CD"),
// whatever its case and spacing, or "" when the text is not shaped like one. It
// checks the shape, not whether the postcode exists. Source: BS 7666; the
// pattern is the one the Royal Mail publishes for bulk data, without GIR 0AA.
func NormalPostcode(s string) string {
	var compact [8]byte
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			continue
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		case c == 0xC2 && i+1 < len(s) && s[i+1] == 0xA0: // no-break space
			i++
			continue
		}
		if n == 7 {
			return ""
		}
		compact[n] = c
		n++
	}
	if n < 5 || !isOutward(compact[:n-3]) || !isInward(compact[n-3:n]) {
		return ""
	}
	return string(compact[:n-3]) + " " + string(compact[n-3:n])
}

// isInward reports a digit and two letters.
func isInward(b []byte) bool {
	return isDigit(b[0]) && isUpper(b[1]) && isUpper(b[2])
}

// isOutward reports A9, A99, AA9, AA99, A9A or AA9A.
func isOutward(b []byte) bool {
	if !isUpper(b[0]) {
		return false
	}
	b = b[1:]
	if len(b) > 0 && isUpper(b[0]) {
		b = b[1:]
	}
	switch len(b) {
	case 1:
		return isDigit(b[0])
	case 2:
		return isDigit(b[0]) && (isDigit(b[1]) || isUpper(b[1]))
	}
	return false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
