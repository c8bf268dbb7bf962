package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxItemText  = 100_000 // characters of an item's text
	minProtected = 3       // letters and digits of a protected value
)

// Validate reports every field of an item that cannot be right, each as a
// *FieldError, joined. What must hold: the kind is one of the four; a child's
// voice has a Voice and nothing else has; protected values and their flag come
// together (FlagRedacted says that the values were removed); the dates exist
// and do not end before they begin.
func (it Item) Validate() error {
	var v validator
	v.required("id", it.ID)
	v.required("person", it.Person)
	v.required("title", it.Title)
	v.required("source", it.Source)
	v.text("author", it.Author)
	v.text("handling", it.Handling)
	if agency, what, ok := strings.Cut(it.Category, "."); !ok || agency == "" || what == "" {
		v.add("category", `not a category: write a code of the catalogue, such as "education.attendance"`)
	}
	switch it.Kind {
	case Fact, Opinion, ChildVoice, FamilyAccount:
	default:
		v.add("kind", "not a kind: write fact, opinion, child_voice or family_account")
	}
	v.voice(it)
	v.check("date", it.Date.Validate())
	if it.Until != nil {
		v.check("until", it.Until.Validate())
		if it.Until.Latest().Before(it.Date.Earliest()) {
			v.add("until", "the end lies before the beginning: compare both dates with their source")
		}
	}
	if !utf8.ValidString(it.Text) || utf8.RuneCountInString(it.Text) > maxItemText {
		v.add("text", fmt.Sprintf("not UTF-8, or longer than %d characters: shorten it or make several items", maxItemText))
	}
	v.limit("codes", len(it.Codes))
	for i, c := range it.Codes {
		if c.System == "" || c.Code == "" {
			v.add(fmt.Sprintf("codes[%d]", i), "a coded value needs its system and its code: write both")
		}
	}
	v.limit("flags", len(it.Flags))
	v.protected(it)
	return errors.Join(v.errs...)
}

func (v *validator) required(path, s string) {
	if strings.TrimSpace(s) == "" {
		v.add(path, "missing: write it")
	}
	v.text(path, s)
}

func (v *validator) voice(it Item) {
	switch {
	case it.Kind == ChildVoice && it.Voice == nil:
		v.add("voice", "missing: for a child's voice say who heard it and whether the child agreed")
	case it.Kind != ChildVoice && it.Voice != nil:
		v.add("voice", "only a child's voice has this: leave it out, or make the kind child_voice")
	case it.Voice != nil:
		v.required("voice.heardBy", it.Voice.HeardBy)
		v.text("voice.with", it.Voice.With)
		switch it.Voice.Agreed {
		case AgreedYes, AgreedNo, AgreedNotAsked:
		default:
			v.add("voice.agreed", "not an answer: write yes, no or not_asked")
		}
	}
}

func (v *validator) protected(it Item) {
	flagged := it.Has(FlagProtectedLocation)
	switch {
	case len(it.Protected) > 0 && !flagged:
		v.add("flags", "protected values without their flag: add protected_location")
	case len(it.Protected) > 0 && it.Has(FlagRedacted):
		v.add("flags", "marked redacted while protected values are present: remove the mark or the values")
	case len(it.Protected) == 0 && flagged && !it.Has(FlagRedacted):
		v.add("protected", "the item is flagged protected_location: list every value in it that would help to find the person")
	}
	v.limit("protected", len(it.Protected))
	for i, s := range it.Protected {
		if len(newFolded(s, false).runes) < minProtected {
			v.add(fmt.Sprintf("protected[%d]", i), "fewer than three letters or digits: write the whole value, as the text has it")
		}
	}
}

// Has reports whether the item carries a flag.
func (it Item) Has(flag string) bool { return slices.Contains(it.Flags, flag) }
