package police

import (
	"strings"

	"mashhub/connectors/internal/tables"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// Code systems of our own, for what no published list has.
const (
	GradingSystem = record.Namespace + ":police:3x5x2"
	DASHSystem    = record.Namespace + ":police:dash"
)

const intelligence = "police.intelligence"

var categories = []string{"police.domestic_incident", "police.crime", "police.missing_episode", "police.warning",
	"police.bail", "police.order", intelligence}

// New makes the police connector. It is configured once and then answers
// search and fetch, also at the same time.
func New() connector.Connector {
	return tables.New(tables.Spec{Kind: "police", Version: "1.0.0", Categories: categories, Finish: finish,
		Default: func() (*tables.PersonTable, *tables.AliasTable, []tables.Source) {
			return tables.EventLayout([]string{"police.missing_episode", "police.warning", "police.bail", "police.order"})
		}})
}

// finish adds what police records mean.
func finish(it *record.Item) {
	if strings.TrimSpace(it.Source) == "" {
		it.Source = "Police record system"
	}
	grading, handling := readGrading(it.Handling)
	if it.Category == intelligence || it.Has(record.FlagIntelligence) {
		if !it.Has(record.FlagIntelligence) {
			it.Flags = append(it.Flags, record.FlagIntelligence)
		}
		if handling == "" {
			handling = "C"
		}
	}
	switch {
	case handling != "":
		it.Handling = handling
	case strings.TrimSpace(it.Handling) != "":
		// A force's own word that we cannot read must not loosen anything.
		it.Handling = "C"
	}
	if grading != "" {
		it.Codes = append(it.Codes, record.Code{System: GradingSystem, Code: grading})
	}
	for i := range it.Codes {
		if c := &it.Codes[i]; c.System == DASHSystem && c.Label == "" {
			c.Label = dashLabels[strings.ToLower(c.Code)]
		}
	}
}

var dashLabels = map[string]string{
	"standard": "DASH: standard risk", "s": "DASH: standard risk",
	"medium": "DASH: medium risk", "m": "DASH: medium risk",
	"high": "DASH: high risk", "h": "DASH: high risk",
}

// readGrading reads a 3x5x2 grading, or a handling letter alone. handling is P,
// C or empty where the text is neither; grading is empty for a letter alone.
func readGrading(s string) (grading, handling string) {
	s = strings.ToUpper(strings.NewReplacer(" ", "", "/", "", "-", "", ".", "").Replace(s))
	switch {
	case s == "P" || s == "C":
		return "", s
	case len(s) == 3 && strings.IndexByte("123", s[0]) >= 0 && strings.IndexByte("ABCDE", s[1]) >= 0 && (s[2] == 'P' || s[2] == 'C'):
		return s, s[2:]
	}
	return "", ""
}
