package record

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Withheld stands where a protected value was.
const Withheld = "[withheld: protected location]"

// wholeWordBelow is the length, in letters and digits, from which a protected
// value is removed even inside a longer word. A shorter one ("Ash") is removed
// only as a word of its own, or it would eat harmless text.
const wholeWordBelow = 5

// Redact returns a copy without the protected values, for a reader who may not
// see them. Each is replaced by Withheld wherever the item has text: title,
// text, source, author, the voice's words and the codes with their labels.
//
// The search ignores case, accents, spacing and punctuation, so that "fe12ab"
// is found for "FE1 2AB" and "12, fallow road" for "12 Fallow Road"; it knows
// the usual short forms of street words (Road, Rd) and a telephone number's
// +44. A value that is a whole address is searched for as a whole, by each of
// its parts between commas, and by its postcode.
//
// It cannot know what it was not told: a landmark or a paraphrase stays unless
// Protected lists it. An item that is flagged but lists nothing loses its
// title, text, source and labels entirely (fail closed). Redacting twice gives
// the same as redacting once.
func (it Item) Redact() Item {
	out := it
	out.Protected = nil
	out.Flags = slices.Clone(it.Flags)
	out.Codes = slices.Clone(it.Codes)
	if it.Until != nil {
		until := *it.Until
		out.Until = &until
	}
	if it.Voice != nil {
		voice := *it.Voice
		out.Voice = &voice
	}
	listed := len(it.Protected) > 0
	if !listed && (!it.Has(FlagProtectedLocation) || it.Has(FlagRedacted)) {
		return out
	}
	r := newRedactor(it.Protected)
	texts := []*string{&out.Title, &out.Text, &out.Source, &out.Author}
	for i := range out.Codes {
		texts = append(texts, &out.Codes[i].Code, &out.Codes[i].Label)
	}
	if out.Voice != nil {
		texts = append(texts, &out.Voice.HeardBy, &out.Voice.With)
	}
	for _, s := range texts {
		switch {
		case *s == "":
		case listed:
			*s = r.redact(*s)
		default:
			*s = Withheld
		}
	}
	for _, flag := range []string{FlagProtectedLocation, FlagRedacted} {
		if !out.Has(flag) {
			out.Flags = append(out.Flags, flag)
		}
	}
	return out
}

// redactor searches for protected values in both spellings of street words.
type redactor struct {
	plain, short [][]rune // folded values: as they are, street words shortened
}

func newRedactor(protected []string) redactor {
	var r redactor
	for _, value := range protected {
		for _, part := range variants(value) {
			r.plain = appendValue(r.plain, newFolded(part, false).runes)
			r.short = appendValue(r.short, newFolded(part, true).runes)
		}
	}
	return r
}

// variants returns the value, its parts between commas and lines that are long
// enough to be worth removing alone, its postcodes, and the other form of a
// telephone number.
func variants(value string) []string {
	out := []string{value}
	parts := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ';' || r == '\n' })
	if len(parts) > 1 {
		for _, part := range parts {
			if len(newFolded(part, false).runes) >= minProtected && strings.IndexFunc(part, unicode.IsLetter) >= 0 {
				out = append(out, part)
			}
		}
	}
	words := strings.FieldsFunc(value, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		if i+1 < len(words) && NormalPostcode(w+words[i+1]) != "" && len(words[i+1]) == 3 {
			out = append(out, w+words[i+1])
		}
		if NormalPostcode(w) != "" {
			out = append(out, w)
		}
	}
	digits := string(newFolded(value, false).runes)
	if len(digits) >= 10 && allDigits(digits) {
		if rest, ok := strings.CutPrefix(digits, "44"); ok {
			out = append(out, "0"+strings.TrimPrefix(rest, "0"), "44"+strings.TrimPrefix(rest, "0"))
		} else if rest, ok := strings.CutPrefix(digits, "0"); ok {
			out = append(out, "44"+rest)
		}
	}
	return out
}

func appendValue(values [][]rune, v []rune) [][]rune {
	if len(v) == 0 {
		return values
	}
	return append(values, v)
}

// span is a stretch of bytes to take out.
type span struct{ from, to int }

func (r redactor) redact(s string) string {
	spans := find(newFolded(s, false), r.plain, nil)
	spans = find(newFolded(s, true), r.short, spans)
	if len(spans) == 0 {
		return s
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	done := 0
	for i := 0; i < len(spans); {
		from, to := spans[i].from, spans[i].to
		for i++; i < len(spans) && onlyBetween(s, to, spans[i].from); i++ {
			to = max(to, spans[i].to)
		}
		b.WriteString(s[done:from])
		b.WriteString(Withheld)
		done = to
	}
	b.WriteString(s[done:])
	return b.String()
}

// onlyBetween reports whether nothing but spacing and commas lies between two
// places: then two withheld stretches are shown as one.
func onlyBetween(s string, from, to int) bool {
	return to <= from || strings.Trim(s[from:to], " ,\t") == ""
}

// find appends the spans of every value in the text.
func find(text folded, values [][]rune, spans []span) []span {
	for _, v := range values {
		for at := 0; at+len(v) <= len(text.runes); at++ {
			if !slices.Equal(text.runes[at:at+len(v)], v) {
				continue
			}
			first, last := at, at+len(v)-1
			if len(v) < wholeWordBelow && !(text.begins[first] && text.ends[last]) {
				continue
			}
			spans = append(spans, span{text.from[first], text.to[last]})
		}
	}
	return spans
}

// folded is a text reduced to its base letters and digits, each with the bytes
// of the original it stands for and whether a word begins or ends there.
type folded struct {
	runes        []rune
	from, to     []int
	begins, ends []bool
}

// streetWords are the usual short forms; Royal Mail writes both.
var streetWords = map[string]string{
	"road": "rd", "street": "st", "saint": "st", "avenue": "ave", "av": "ave", "close": "cl",
	"lane": "ln", "drive": "dr", "court": "ct", "crescent": "cres", "gardens": "gdns",
	"place": "pl", "square": "sq", "terrace": "ter", "terr": "ter", "house": "hse",
	"apartment": "flat", "apt": "flat", "north": "n", "south": "s", "east": "e", "west": "w",
}

// newFolded folds a text; with short, street words take their short form.
func newFolded(s string, short bool) folded {
	var f folded
	word, wordAt := make([]rune, 0, 16), 0
	flush := func(end int) {
		if len(word) == 0 {
			return
		}
		f.ends[len(f.ends)-1] = true
		if abbr, ok := streetWords[string(word)]; short && ok {
			start := len(f.runes) - len(word)
			f.runes, f.from, f.to = f.runes[:start], f.from[:start], f.to[:start]
			f.begins, f.ends = f.begins[:start], f.ends[:start]
			for i, r := range abbr {
				f.push(r, wordAt, end, i == 0, i == len(abbr)-1)
			}
		}
		word = word[:0]
	}
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mc, r):
			if len(word) == 0 {
				wordAt = at
			}
			for _, base := range foldRune(r) {
				f.push(base, at, at+size, len(word) == 0, false)
				word = append(word, base)
			}
		case isApostrophe(r) || isOptionalMark(r) || unicode.IsMark(r):
			// Inside a word: neither part of it nor the end of it. An accent
			// that stands apart goes with the letter that carries it.
			if n := len(f.to); n > 0 && f.to[n-1] == at && !isApostrophe(r) {
				f.to[n-1] = at + size
			}
		default:
			flush(at)
		}
		at += size
	}
	flush(len(s))
	return f
}

func (f *folded) push(r rune, from, to int, begins, ends bool) {
	f.runes = append(f.runes, r)
	f.from, f.to = append(f.from, from), append(f.to, to)
	f.begins, f.ends = append(f.begins, begins), append(f.ends, ends)
}
