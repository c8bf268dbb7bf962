package agreement

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Fixed words of documents. A code that has none is shown as it is.

const (
	missing = "not written in the file"
	noText  = "The files have no text for this clause."
	// hiddenWords are for what would be said to be held, were that not the thing.
	hiddenWords = "Asked for; neither confirmed nor denied"
	// alwaysControlled goes with its originator's control whatever its code.
	alwaysControlled = "police.intelligence"
)

// ModeWords say how far information may go.
var ModeWords = map[string]string{"content": "May be shared", "existence": "Only that something is held", "none": "Neither asked nor shared"}

var (
	kindWords   = map[string]string{"mash": "A hub’s questions and agencies’ answers", "encompass": "Notices about domestic abuse incidents (Operation Encompass)"}
	statusWords = map[string]string{"active": "Active", "suspended": "Suspended: nothing is shared under it", "revoked": "Revoked: nothing is shared under it"}
	partyWords  = map[string]string{"active": "Active", "suspended": "Suspended: nothing is asked or shared"}
	fieldWords  = map[string]string{"identifiers.nhs": "NHS number", "identifiers.upn": "unique pupil number", "names": "names", "birth_date": "date of birth", "gender": "gender", "addresses": "addresses"}

	retentionWords = map[string]string{"items": "What agencies shared", "notices": "Notices", "decisions": "Decisions, with their reasons", "review": "Review"}
	closingWords   = map[string]string{"plan_days": "Age of a child-in-need plan before closing, after a sentence or step-down", "step_down_days": "Time from a step-down to closing"}

	// The rules by which a person decides, and those by which something stays
	// where it is. The rules themselves are in Rego; a test holds these against
	// them.
	reviewRules   = []string{"anonymous", "unconfirmed_existence", "age_unknown", "handling_unknown", "third_party", "intelligence_flag", "feedback_review"}
	withheldRules = []string{"not_covered", "out_of_scope", "outside_period", "existence_only", "unconfirmed", "no_match", "ncnd", "age_limit", "withheld"}

	knownObligations = []string{"originator_control", "protect_location"}
)

func orMissing(s string) string {
	if s == "" {
		return missing
	}
	return s
}

// thousands parts a number as people here write it.
func thousands(n string) string {
	if n == "" || strings.Trim(n, "0123456789") != "" {
		return orMissing(n)
	}
	for i := len(n) - 3; i > 0; i -= 3 {
		n = n[:i] + "," + n[i:]
	}
	return n
}

// unknown says that nothing is decided by a word.
func unknown(word string) string {
	if word == "" {
		return capitalFirst(missing)
	}
	return "“" + word + "”, which the rules do not know"
}

// dayWords is a day as people here write it.
func dayWords(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return orMissing(day)
	}
	return t.Format("2 January 2006")
}

var periodForm = regexp.MustCompile(`^P([0-9]{1,4})([YMWD])$`)

// period words how long something is kept.
func period(p string) string {
	f := periodForm.FindStringSubmatch(p)
	if f == nil {
		return orMissing(p)
	}
	n, _ := strconv.Atoi(f[1]) // at most four digits
	unit := map[string]string{"Y": "year", "M": "month", "W": "week", "D": "day"}[f[2]]
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit
}

func capitalFirst(s string) string { return first(s, unicode.ToUpper) }

// lowerFirst leaves what is written in capitals, such as GP.
func lowerFirst(s string) string {
	if _, n := utf8.DecodeRuneInString(s); n < len(s) && strings.ToUpper(s[n:n+1]) == s[n:n+1] && s[n] != ' ' {
		return s
	}
	return first(s, unicode.ToLower)
}

func first(s string, to func(rune) rune) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || r == utf8.RuneError {
		return s
	}
	return string(to(r)) + s[n:]
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
