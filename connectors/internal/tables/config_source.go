package tables

import (
	"slices"
	"strconv"

	"mashhub/connectors/internal/settings"
	"mashhub/plugins/record"
)

func (s *Source) check(at string, categories []string) error {
	if err := CheckNames(at, Name{"table", &s.Table, true, true}, Name{"person_ref", &s.PersonRef, false, true},
		Name{"id", &s.ID, false, true}, Name{"date", &s.Date, false, true}, Name{"until", &s.Until, false, false}); err != nil {
		return err
	}
	if s.Name == "" {
		s.Name = s.Table
	}
	if !tableName.MatchString(s.Name) {
		return settings.Invalid(at+".name", "may have letters, digits, _ and dots only, and not begin with a digit")
	}
	if err := checkFormat(at+".date_format", &s.DateFormat); err != nil {
		return err
	}
	if err := s.Category.check(at+".category", true); err != nil {
		return err
	}
	for _, c := range s.Category.outcomes() {
		if !slices.Contains(categories, c) {
			return settings.Invalid(at+".category", "gives a category that this connector does not have; see its list of categories")
		}
	}
	for _, c := range s.Ongoing {
		if !slices.Contains(categories, c) {
			return settings.Invalid(at+".ongoing", "has a category that this connector does not have; see its list of categories")
		}
	}
	if err := s.Kind.check(at+".kind", true); err != nil {
		return err
	}
	for _, k := range s.Kind.outcomes() {
		if !slices.Contains(kinds, record.Kind(k)) {
			return settings.Invalid(at+".kind", "gives a kind that is not known; write fact, opinion, child_voice or family_account")
		}
	}
	for _, c := range []struct {
		name string
		it   Choice
	}{{".source", s.Source}, {".author", s.Author}, {".handling", s.Handling}} {
		if err := c.it.check(at+c.name, false); err != nil {
			return err
		}
	}
	if err := s.Title.check(at + ".title"); err != nil {
		return err
	}
	if err := s.Text.check(at + ".text"); err != nil {
		return err
	}
	return s.checkMarks(at)
}

// checkMarks validates what is said about an item besides its content.
func (s *Source) checkMarks(at string) error {
	for flag, column := range s.Flags {
		switch flag {
		case record.FlagThirdParty, record.FlagIntelligence:
		case record.FlagProtectedLocation:
			return settings.Invalid(at+".flags", "has protected_location, which needs the values to remove; map them with protected")
		default:
			return settings.Invalid(at+".flags", "has a flag that is not known; write third_party or intelligence")
		}
		if err := CheckNames(at+".flags", Name{flag, &column, false, true}); err != nil {
			return err
		}
	}
	if p := s.Protected; p != nil {
		if err := CheckNames(at+".protected", Name{"column", &p.Column, false, true}); err != nil {
			return err
		}
		if p.Separator == "" {
			p.Separator = "|"
		}
	}
	if v := s.Voice; v != nil {
		if err := CheckNames(at+".voice", Name{"verbatim", &v.Verbatim, false, false}, Name{"heard_by", &v.HeardBy, false, false},
			Name{"agreed", &v.Agreed, false, false}, Name{"with", &v.With, false, false}); err != nil {
			return err
		}
	}
	for i := range s.Codes {
		code := at + ".codes[" + strconv.Itoa(i) + "]"
		if s.Codes[i].System == "" {
			return settings.Invalid(code+".system", "is missing; write the URI of the code list")
		}
		if err := CheckNames(code, Name{"column", &s.Codes[i].Column, false, true}); err != nil {
			return err
		}
	}
	return nil
}

var kinds = []record.Kind{record.Fact, record.Opinion, record.ChildVoice, record.FamilyAccount}

func (c Choice) check(field string, required bool) error {
	switch {
	case c.Value != "" && c.Column != "":
		return settings.Invalid(field, "has both value and column; keep one")
	case c.Value != "" && len(c.Values) > 0:
		return settings.Invalid(field, "has values without a column; name the column that they belong to")
	case c.Value == "" && c.Column == "" && (required || len(c.Values) > 0):
		return settings.Invalid(field, "is missing; write a value, or a column")
	case c.Column != "" && !columnName.MatchString(c.Column):
		return settings.Invalid(field+".column", "is not a column's name; letters, digits and _ only")
	}
	return nil
}

// outcomes are the results that the configuration alone tells.
func (c Choice) outcomes() []string {
	if c.Value != "" {
		return []string{c.Value}
	}
	out := make([]string, 0, len(c.Values))
	for _, v := range c.Values {
		out = append(out, v)
	}
	return out
}

// of gives the result for one row. With a map, a value outside it gives the
// empty text.
func (c Choice) of(value string) string {
	switch {
	case c.Value != "":
		return c.Value
	case c.Values != nil:
		return c.Values[value]
	}
	return value
}
