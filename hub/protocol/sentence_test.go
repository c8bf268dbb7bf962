package protocol

import (
	"flag"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mashhub/policies"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fill puts words in the places of a sentence, as package mash.sentence does.
func fill(sentence string, words map[string]string) string {
	for place, word := range words {
		sentence = strings.ReplaceAll(sentence, "{"+place+"}", word)
		sentence = strings.ReplaceAll(sentence, "{"+strings.ToUpper(place[:1])+place[1:]+"}", strings.ToUpper(word[:1])+word[1:])
	}
	return sentence
}

// longest is the entry of a list with the most words.
func longest(list map[string]any, read func(any) string) string {
	out := ""
	for _, key := range slices.Sorted(maps.Keys(list)) {
		if word := read(list[key]); len(strings.Fields(word)) > len(strings.Fields(out)) {
			out = word
		}
	}
	return out
}

// TestSentences: every sentence, filled with the longest words there are, is
// at most thirty words of plain English, and reads as it did when somebody last
// looked at all of them (testdata/sentences.golden).
func TestSentences(t *testing.T) {
	src, err := read(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	tables := object(src.data[folderTables])
	names := object(tables["names"])
	label := func(v any) string { return text(object(v)["label"]) }
	worst := map[string]string{
		"party":     longest(object(names["agencies"]), text),
		"purpose":   longest(object(names["purposes"]), text),
		"setting":   longest(object(names["settings"]), text),
		"category":  longest(object(tables["catalogue"]), label),
		"agreement": longest(object(src.data[folderAgreements]), func(v any) string { return text(object(v)["title"]) }),
		"limit":     "the agreed limit",
		"clause":    "MF-10.10",
	}
	typical := map[string]string{
		"party": "the police service", "purpose": "a section 17 assessment", "setting": "the school", "category": "police domestic incidents",
		"agreement": "the Fernshire MASH agreement", "limit": "six years", "clause": "MF-0.0",
	}
	identifier := regexp.MustCompile(`[0-9]{4,}|@`)
	var golden strings.Builder
	reasons := object(tables["reasons"])
	for _, rule := range slices.Sorted(maps.Keys(reasons)) {
		sentence := fill(text(reasons[rule]), worst)
		if n := len(strings.Fields(sentence)); n > 30 {
			t.Errorf("%s: %d words: %s", rule, n, sentence)
		}
		if strings.ContainsAny(sentence, "{}") || identifier.MatchString(sentence) || !strings.HasSuffix(sentence, ".") ||
			sentence[:1] != strings.ToUpper(sentence[:1]) {
			t.Errorf("%s is not a sentence: %s", rule, sentence)
		}
		golden.WriteString(rule + ": " + fill(text(reasons[rule]), typical) + "\n")
	}
	const file = "testdata/sentences.golden"
	if *update {
		if err := os.WriteFile(file, []byte(golden.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != golden.String() {
		t.Errorf("sentences changed; look at all of them, then run with -update:\n%s", golden.String())
	}
}

// TestCatalogue: the schedules of the agreement use the catalogue's codes, each
// by the agency that holds them, no hidden category has mode existence, and
// every category has a schedule.
func TestCatalogue(t *testing.T) {
	src, err := read(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	tables := object(src.data[folderTables])
	catalogue := object(tables["catalogue"])
	scheduled := map[string]bool{"enquiry.content": true} // the hub's own
	for pair, terms := range object(object(object(src.data[folderAgreements])["mash-fernshire"])["pairs"]) {
		for category, modes := range object(object(terms)["categories"]) {
			scheduled[category] = true
			if agency := text(object(catalogue[category])["agency"]); "fernshire/"+agency != pair {
				t.Errorf("%s is scheduled for %s and held by %q", category, pair, agency)
			}
			for purpose, mode := range object(modes) {
				if object(catalogue[category])["ncnd"] == true && mode == "existence" {
					t.Errorf("%s: existence is content, yet mode existence for %s", category, purpose)
				}
			}
		}
	}
	for category := range catalogue {
		if !scheduled[category] {
			t.Errorf("%s is in no schedule", category)
		}
	}
	if len(scheduled) != 41 {
		t.Errorf("%d categories", len(scheduled))
	}
}
