package tables

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"mashhub/connectors/internal/settings"
)

// Schema is the published JSON Schema of Config.
//
//go:embed schema.json
var Schema json.RawMessage

// Connection says where the database is and how long a question may take.
type Connection struct {
	Driver string `json:"driver"` // sqlite or postgres
	// DSN is a file name (sqlite) or a connection string without a password
	// (postgres). The secret "dsn" replaces it, the secret "password" completes it.
	DSN string `json:"dsn"`
	// StatementTimeout bounds one statement; 0 means 5 s.
	StatementTimeout settings.Duration `json:"statement_timeout"`
	// RowLimit is how many rows one answer may have; 0 means 2000.
	RowLimit int `json:"row_limit"`
	// TimeZone is the one in which PostgreSQL renders instants; empty means Europe/London.
	TimeZone string `json:"time_zone"`
}

// Config is the configuration of a connector over an agency's tables. Person,
// Alias and Sources are one mapping: either none is given, and the connector's
// default layout applies, or person and sources are.
type Config struct {
	Connection
	Person  *PersonTable `json:"person"`
	Alias   *AliasTable  `json:"alias"`
	Sources []Source     `json:"sources"`
}

// PersonTable maps the table of people. Empty columns are not mapped.
type PersonTable struct {
	Table       string             `json:"table"`
	Ref         string             `json:"ref"`
	NHS         string             `json:"nhs"`
	UPN         string             `json:"upn"`
	Identifiers []IdentifierColumn `json:"identifiers"`
	Family      string             `json:"family"`
	Given       string             `json:"given"`
	DOB         string             `json:"dob"`
	DOBFormat   string             `json:"dob_format"` // iso or dmy
	DOBAccuracy string             `json:"dob_accuracy"`
	Gender      string             `json:"gender"`
	// GenderValues maps the agency's values to the standard's codes.
	GenderValues map[string]string `json:"gender_values"`
	Line1        string            `json:"line1"`
	Line2        string            `json:"line2"`
	City         string            `json:"city"`
	Postcode     string            `json:"postcode"`
	UPRN         string            `json:"uprn"`
}

// IdentifierColumn is a column that holds another system's identifier.
type IdentifierColumn struct {
	System string `json:"system"`
	Column string `json:"column"`
}

// AliasTable maps the table of other and earlier names.
type AliasTable struct {
	Table     string `json:"table"`
	PersonRef string `json:"person_ref"`
	Family    string `json:"family"`
	Given     string `json:"given"`
}

// Source maps one table or view to items.
type Source struct {
	Name       string            `json:"name"` // stands in item ids; empty means the table's
	Table      string            `json:"table"`
	PersonRef  string            `json:"person_ref"`
	ID         string            `json:"id"`
	Category   Choice            `json:"category"`
	Kind       Choice            `json:"kind"`
	Date       string            `json:"date"`
	DateFormat string            `json:"date_format"` // iso or dmy
	Until      string            `json:"until"`
	Ongoing    []string          `json:"ongoing"` // categories still in force while until is empty
	Title      Text              `json:"title"`
	Text       Text              `json:"text"`
	Source     Choice            `json:"source"`
	Author     Choice            `json:"author"`
	Handling   Choice            `json:"handling"`
	Flags      map[string]string `json:"flags"` // flag → column
	Protected  *Protected        `json:"protected"`
	Voice      *VoiceColumns     `json:"voice"`
	Codes      []CodeColumn      `json:"codes"`
}

// Choice is a constant, or a column with an optional map of its values.
type Choice struct {
	Value  string            `json:"value"`
	Column string            `json:"column"`
	Values map[string]string `json:"values"`
}

// Text is a column, or a template in which {column} stands for a column.
type Text struct {
	Column   string `json:"column"`
	Template string `json:"template"`
}

// Protected is the column of values that locate somebody who must not be found.
type Protected struct {
	Column    string `json:"column"`
	Separator string `json:"separator"` // empty means |
}

// VoiceColumns say how a child's words were heard.
type VoiceColumns struct {
	Verbatim string `json:"verbatim"`
	HeardBy  string `json:"heard_by"`
	Agreed   string `json:"agreed"`
	With     string `json:"with"`
}

// CodeColumn is a column that holds a coded value, such as a risk grade.
type CodeColumn struct {
	System string            `json:"system"`
	Column string            `json:"column"`
	Labels map[string]string `json:"labels"`
}

const (
	defaultTimeout  = 5 * time.Second
	maxTimeout      = time.Minute
	defaultRowLimit = 2000
	maxRowLimit     = 50000
)

var (
	columnName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)
	tableName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62}){0,2}$`)
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
)

// Check validates the connection and fills in what was left out.
func (c *Connection) Check() error {
	switch c.Driver {
	case "sqlite", "postgres":
	case "":
		return settings.Invalid("driver", "is missing; write sqlite or postgres")
	default:
		return settings.Invalid("driver", "is not known; write sqlite or postgres")
	}
	switch t := time.Duration(c.StatementTimeout); {
	case t == 0:
		c.StatementTimeout = settings.Duration(defaultTimeout)
	case t < time.Millisecond || t > maxTimeout:
		return settings.Invalid("statement_timeout", "is outside 1ms to %s; leave it out for %s", maxTimeout, defaultTimeout)
	}
	switch {
	case c.RowLimit == 0:
		c.RowLimit = defaultRowLimit
	case c.RowLimit < 1 || c.RowLimit > maxRowLimit:
		return settings.Invalid("row_limit", "is outside 1 to %d; leave it out for %d", maxRowLimit, defaultRowLimit)
	}
	if c.TimeZone == "" {
		c.TimeZone = "Europe/London"
	}
	if !regexp.MustCompile(`^[A-Za-z0-9_+/-]{1,64}$`).MatchString(c.TimeZone) {
		return settings.Invalid("time_zone", "is not a time zone's name; write one like Europe/London")
	}
	return nil
}

// Check validates the whole configuration. categories are the ones the
// connector may return. Errors: CodeInvalid with field and remedy.
func (c *Config) Check(categories []string) error {
	if err := c.Connection.Check(); err != nil {
		return err
	}
	if c.Person == nil {
		return settings.Invalid("person", "is missing; map the table of people, or leave out alias and sources too for the default layout")
	}
	if len(c.Sources) == 0 {
		return settings.Invalid("sources", "is missing; map at least one table, or leave out person and alias too for the default layout")
	}
	if err := c.Person.check(); err != nil {
		return err
	}
	if a := c.Alias; a != nil {
		if err := CheckNames("alias", Name{"table", &a.Table, true, true}, Name{"person_ref", &a.PersonRef, false, true},
			Name{"family", &a.Family, false, true}, Name{"given", &a.Given, false, false}); err != nil {
			return err
		}
	}
	names := map[string]bool{}
	for i := range c.Sources {
		s := &c.Sources[i]
		at := "sources[" + strconv.Itoa(i) + "]"
		if err := s.check(at, categories); err != nil {
			return err
		}
		if names[s.Name] {
			return settings.Invalid(at+".name", "is used twice; give each source of the same table a name of its own")
		}
		names[s.Name] = true
	}
	return nil
}

func (p *PersonTable) check() error {
	names := []Name{
		{"table", &p.Table, true, true}, {"ref", &p.Ref, false, true}, {"nhs", &p.NHS, false, false},
		{"upn", &p.UPN, false, false}, {"family", &p.Family, false, true}, {"given", &p.Given, false, true},
		{"dob", &p.DOB, false, true}, {"dob_accuracy", &p.DOBAccuracy, false, false}, {"gender", &p.Gender, false, false},
		{"line1", &p.Line1, false, false}, {"line2", &p.Line2, false, false}, {"city", &p.City, false, false},
		{"postcode", &p.Postcode, false, false}, {"uprn", &p.UPRN, false, false},
	}
	if err := CheckNames("person", names...); err != nil {
		return err
	}
	for i := range p.Identifiers {
		at := "person.identifiers[" + strconv.Itoa(i) + "]"
		if p.Identifiers[i].System == "" {
			return settings.Invalid(at+".system", "is missing; write the URI of the system that issues the identifier")
		}
		if err := CheckNames(at, Name{"column", &p.Identifiers[i].Column, false, true}); err != nil {
			return err
		}
	}
	for _, code := range p.GenderValues {
		if !slices.Contains([]string{"1", "2", "9", "X"}, code) {
			return settings.Invalid("person.gender_values", "has a value that is no gender code; map to 1 (male), 2 (female), 9 (indeterminate) or X (not known)")
		}
	}
	return checkFormat("person.dob_format", &p.DOBFormat)
}

func checkFormat(field string, format *string) error {
	switch *format {
	case "":
		*format = "iso"
	case "iso", "dmy":
	default:
		return settings.Invalid(field, "is not known; write iso (2014-11-04) or dmy (04/11/2014)")
	}
	return nil
}

// Name is a field of a configuration that holds the name of a table or column.
type Name struct {
	Field    string
	Value    *string
	Table    bool
	Required bool
}

// CheckNames holds names to the characters that may be quoted into SQL.
func CheckNames(at string, names ...Name) error {
	for _, n := range names {
		pattern, what := columnName, "column"
		if n.Table {
			pattern, what = tableName, "table"
		}
		switch {
		case *n.Value == "" && n.Required:
			return settings.Invalid(at+"."+n.Field, "is missing; name the %s", what)
		case *n.Value != "" && !pattern.MatchString(*n.Value):
			return settings.Invalid(at+"."+n.Field, "is not a %s's name; letters, digits and _ only, at most 63, not beginning with a digit (make a view if the name has others)", what)
		}
	}
	return nil
}

func columnsOf(template string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
		out = append(out, m[1])
	}
	return out
}

func (t Text) check(field string) error {
	if t.Column != "" && t.Template != "" {
		return settings.Invalid(field, "has both column and template; keep one")
	}
	if t.Column != "" && !columnName.MatchString(t.Column) {
		return settings.Invalid(field+".column", "is not a column's name; letters, digits and _ only")
	}
	for _, c := range columnsOf(t.Template) {
		if !columnName.MatchString(c) {
			return settings.Invalid(field+".template", "has braces around something that is not a column's name; write {column}")
		}
	}
	if strings.ContainsAny(placeholder.ReplaceAllString(t.Template, ""), "{}") {
		return settings.Invalid(field+".template", "has a brace without its partner; write {column}")
	}
	return nil
}
