package demo

import (
	"bytes"
	"encoding/base64"
	"html"
	"net/url"
	"slices"
	"unicode/utf8"
)

const (
	// shortest value that is looked for at all: fewer bytes stand anywhere by
	// chance.
	shortest = 5
	// longEnough values are looked for everywhere, in any case of letters and
	// with whatever stands beside them: in 10 MB of random bytes one turns up by
	// chance once in 10^10 times. Shorter ones (names, postcodes) are looked for
	// as whole words, and only where a person could read: not in sealed,
	// encrypted or encoded bytes.
	longEnough = 10
	// encoded is how many characters of the base64url alphabet and dots on end
	// are taken for an encoding, not for words. A UUID has 36.
	encoded = 48
	// worthDecoding is how many characters of base64 may hold a name with
	// something around it.
	worthDecoding = 12
)

// needle is one form of a value; lower case, of ASCII letters only.
type needle struct {
	form  []byte
	value int // which value it is of
}

// finder looks for many values at once: one pass over the bytes, whatever the
// number of values.
type finder struct {
	starts [1 << 16]bool // of prefixes
	by     map[[4]byte][]needle
}

// newFinder prepares to look for values, as they are and as a page, an address
// or a word without spaces would hold them.
func newFinder(values []string) *finder {
	f := &finder{by: map[[4]byte][]needle{}}
	for i, v := range values {
		forms := []string{v, url.QueryEscape(v), url.PathEscape(v), html.EscapeString(v)}
		for _, between := range []string{"", "-", "_", "."} {
			forms = append(forms, string(bytes.ReplaceAll([]byte(v), []byte(" "), []byte(between))))
		}
		slices.Sort(forms)
		for _, form := range slices.Compact(forms) {
			if len(form) < shortest {
				continue
			}
			n := needle{lower([]byte(form)), i}
			key := [4]byte(n.form)
			f.starts[spot(key)] = true
			f.by[key] = append(f.by[key], n)
		}
	}
	return f
}

func spot(b [4]byte) uint16 {
	return uint16((uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24) * 2654435761 >> 16)
}

// lower turns ASCII letters alone, so that positions stay and random bytes do
// not become text.
func lower(b []byte) []byte {
	out := slices.Clone(b)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}

// in gives the number of a value that stands in b, or -1. Sealed bytes hold no
// words, if they are what they claim: only long values are looked for. In
// others, what is encoded is looked at as it is and decoded.
func (f *finder) in(b []byte, sealed bool) int {
	if sealed {
		return f.scan(b, nil, false)
	}
	if v := f.scan(b, runs(b, encoded, isEncoding), true); v >= 0 {
		return v
	}
	for _, r := range runs(b, worthDecoding, isBase64) {
		if v := f.decoded(b[r[0]:r[1]]); v >= 0 {
			return v
		}
	}
	return -1
}

// decoded looks at a run of base64 from each of the four places where it may
// begin: what stands before it may look like a part of it.
func (f *finder) decoded(run []byte) int {
	run = bytes.ReplaceAll(bytes.ReplaceAll(run, []byte("+"), []byte("-")), []byte("/"), []byte("_"))
	for from := range min(4, len(run)) {
		part := run[from:]
		if len(part)%4 == 1 {
			part = part[:len(part)-1]
		}
		out, err := base64.RawURLEncoding.DecodeString(string(part))
		if err != nil {
			continue // nothing encoded stands here
		}
		if v := f.scan(out, nil, utf8.Valid(out)); v >= 0 {
			return v
		}
	}
	return -1
}

// scan looks for long values, and where there are words, for short ones
// outside what is encoded.
func (f *finder) scan(b []byte, encodings [][2]int, words bool) int {
	b = lower(b)
	for i := 0; i+shortest <= len(b); i++ {
		key := [4]byte(b[i:])
		if !f.starts[spot(key)] {
			continue
		}
		for _, n := range f.by[key] {
			if !bytes.HasPrefix(b[i:], n.form) {
				continue
			}
			if len(n.form) >= longEnough || words && stands(b, i, i+len(n.form), encodings) {
				return n.value
			}
		}
	}
	return -1
}

// stands: what is from one place to another is a word by itself, and no part
// of something encoded.
func stands(b []byte, from, to int, encodings [][2]int) bool {
	inside := func(r [2]int) bool { return r[0] <= from && to <= r[1] }
	return (from == 0 || !isWord(b[from-1])) && (to == len(b) || !isWord(b[to])) && !slices.ContainsFunc(encodings, inside)
}

func isWord(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 0x80 }

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isEncoding(c byte) bool { return isAlnum(c) || c == '-' || c == '_' || c == '.' }

func isBase64(c byte) bool {
	return isAlnum(c) || c == '-' || c == '_' || c == '+' || c == '/'
}

// runs gives where so many bytes of a kind, or more, stand on end.
func runs(b []byte, least int, is func(byte) bool) (out [][2]int) {
	from := 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && is(b[i]) {
			continue
		}
		if i-from >= least {
			out = append(out, [2]int{from, i})
		}
		from = i + 1
	}
	return out
}
