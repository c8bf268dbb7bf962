package items

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mashhub/plugins/record"
)

const (
	maxShort = 500     // characters of a title, source or author
	maxText  = 100_000 // characters of one item's text
	maxValue = 100     // protected values, codes and flags of one item
)

// Unknown stands for a date that was not recorded. The standard asks for a
// placeholder date with every part marked unknown.
var Unknown = record.PartialDate{Date: "1900-01-01", Accuracy: "UUU"}

// Date reads a date as systems write it (2014-11-04, 2014-11, 2014,
// 04/11/2014, with or without a time after it).
func Date(s string) (record.PartialDate, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 10 && (s[10] == 'T' || s[10] == ' ') {
		s = s[:10]
	}
	d, err := record.ParsePartialDate(s)
	if err != nil {
		return record.PartialDate{}, false
	}
	return d, true
}

// Within says whether something from one date until another (nil: a single
// date; one of which nothing is known: still) lies in the period at least in part, as far as the dates are known.
// Both ends of the period are days and included; a zero end is open. Something
// of unknown date lies only in a period that is open at both ends.
func Within(date record.PartialDate, until *record.PartialDate, from, to time.Time) bool {
	if !date.Known() {
		return from.IsZero() && to.IsZero()
	}
	if !to.IsZero() && date.Earliest().Format(time.DateOnly) > to.Format(time.DateOnly) {
		return false
	}
	end := date.Latest()
	if until != nil && until.Latest().After(end) {
		end = until.Latest()
	}
	return from.IsZero() || end.Format(time.DateOnly) >= from.Format(time.DateOnly)
}

// Settle puts the form of an item right; see the package's comment. fallback
// is the title of an item that has none. A text too long for one item makes
// several, with /2, /3 after the id.
func Settle(it record.Item, fallback string) []record.Item {
	it.Title, it.Text = strings.TrimSpace(it.Title), strings.TrimSpace(it.Text)
	if it.Title == "" {
		it.Title = fallback
	}
	if utf8.RuneCountInString(it.Title) > maxShort {
		it.Text = strings.TrimSpace(it.Title + "\n\n" + it.Text)
	}
	it.Title, it.Source, it.Author = cut(it.Title), cut(strings.TrimSpace(it.Source)), cut(strings.TrimSpace(it.Author))
	it.Handling = cut(strings.TrimSpace(it.Handling))
	if it.Until != nil && it.Until.Latest().Before(it.Date.Earliest()) {
		it.Until = nil
	}
	if it.Kind != record.ChildVoice {
		it.Voice = nil
	} else {
		it.Voice = settleVoice(it.Voice, it.Author)
	}
	it.Flags = unique(it.Flags)
	it = protect(it)
	return split(it)
}

func settleVoice(given *record.Voice, author string) *record.Voice {
	var v record.Voice
	if given != nil {
		v = *given
	}
	v.HeardBy, v.With = cut(strings.TrimSpace(v.HeardBy)), cut(strings.TrimSpace(v.With))
	if v.HeardBy == "" {
		v.HeardBy = author
	}
	if v.HeardBy == "" {
		v.HeardBy = "not recorded"
	}
	switch v.Agreed {
	case record.AgreedYes, record.AgreedNo:
	default:
		v.Agreed = record.AgreedNotAsked
	}
	return &v
}

// protect sets flag and values together. A value too short to be searched for
// safely, or more values than an item may carry, cannot be removed from the
// text later: then the content is removed now.
func protect(it record.Item) record.Item {
	var usable []string
	short := false
	for _, v := range it.Protected {
		n := 0
		for _, r := range v {
			if unicode.IsLetter(r) || unicode.IsNumber(r) {
				n++
			}
		}
		switch {
		case n == 0:
		case n < 3:
			short = true
		default:
			usable = append(usable, strings.TrimSpace(v))
		}
	}
	it.Protected = unique(usable)
	flagged := it.Has(record.FlagProtectedLocation)
	switch {
	case short, len(it.Protected) > maxValue, flagged && len(it.Protected) == 0:
		it.Protected = nil
		if !flagged {
			it.Flags = append(it.Flags, record.FlagProtectedLocation)
		}
		return it.Redact()
	case len(it.Protected) > 0 && !flagged:
		it.Flags = append(it.Flags, record.FlagProtectedLocation)
	}
	return it
}

func split(it record.Item) []record.Item {
	if utf8.RuneCountInString(it.Text) <= maxText {
		return []record.Item{it}
	}
	runes := []rune(it.Text)
	var out []record.Item
	for part := range slices.Chunk(runes, maxText) {
		one := it
		one.Text = string(part)
		if n := len(out) + 1; n > 1 {
			one.ID += "/" + strconv.Itoa(n)
		}
		out = append(out, one)
	}
	return out
}

func cut(s string) string {
	if utf8.RuneCountInString(s) <= maxShort {
		return s
	}
	return string([]rune(s)[:maxShort-1]) + "…"
}

func unique(in []string) []string {
	var out []string
	for _, v := range in {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}
