package tables

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"

	"mashhub/connectors/internal/settings"
)

// mapping is a checked configuration over an open database.
type mapping struct {
	Config
	*Database

	mu    sync.Mutex
	types map[string]map[string]string // table → column → declared type; nil until learnt
}

// Used is one table with the columns the mapping reads from it, by the field
// of the configuration that names them.
type Used struct {
	Field, Table string
	Columns      map[string]string // field → column
}

// tables lists what the mapping reads.
func (c *Config) tables() []Used {
	p := c.Person
	person := Used{"person", p.Table, map[string]string{"ref": p.Ref, "nhs": p.NHS, "upn": p.UPN, "family": p.Family,
		"given": p.Given, "dob": p.DOB, "dob_accuracy": p.DOBAccuracy, "gender": p.Gender, "line1": p.Line1,
		"line2": p.Line2, "city": p.City, "postcode": p.Postcode, "uprn": p.UPRN}}
	for i, id := range p.Identifiers {
		person.Columns["identifiers["+strconv.Itoa(i)+"].column"] = id.Column
	}
	out := []Used{person}
	if a := c.Alias; a != nil {
		out = append(out, Used{"alias", a.Table, map[string]string{"person_ref": a.PersonRef, "family": a.Family, "given": a.Given}})
	}
	for i := range c.Sources {
		s := &c.Sources[i]
		u := Used{"sources[" + strconv.Itoa(i) + "]", s.Table, map[string]string{"person_ref": s.PersonRef}}
		for field, column := range s.columns() {
			u.Columns[field] = column
		}
		out = append(out, u)
	}
	return out
}

// distinct gives the columns once each, sorted, without the unmapped.
func (u Used) distinct() []string {
	var out []string
	for _, c := range u.Columns {
		if c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return out
}

// learn asks the database once for the declared types of every mapped column.
// Errors: *Failure.
func (m *mapping) learn(ctx context.Context) (map[string]map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.types != nil {
		return m.types, nil
	}
	types := map[string]map[string]string{}
	for _, u := range m.tables() {
		found, err := m.declared(ctx, u.Table, u.distinct())
		if err != nil {
			return nil, err
		}
		if types[u.Table] == nil {
			types[u.Table] = map[string]string{}
		}
		for c, t := range found {
			types[u.Table][c] = t
		}
	}
	m.types = types
	return types, nil
}

// Missing asks which table or column the database does not have, and names the
// field of the configuration: CodeInvalid. It gives nil if all are there, and
// nil too if the database cannot be asked now: then the settings are not to
// blame.
func Missing(ctx context.Context, d *Database, tables []Used) error {
	for _, u := range tables {
		_, err := d.declared(ctx, u.Table, u.distinct())
		if !isMapping(err) {
			continue
		}
		fields := make([]string, 0, len(u.Columns))
		for f := range u.Columns {
			fields = append(fields, f)
		}
		slices.Sort(fields)
		for _, f := range fields {
			if u.Columns[f] == "" {
				continue
			}
			if _, err := d.declared(ctx, u.Table, []string{u.Columns[f]}); isMapping(err) {
				if _, err := d.declaredNone(ctx, u.Table); isMapping(err) {
					break
				}
				return settings.Invalid(u.Field+"."+f, "names a column that the table does not have; correct it, or leave it out if it is optional")
			}
		}
		return settings.Invalid(u.Field+".table", "names a table that the database does not have or does not show to this account; correct it, or grant SELECT")
	}
	return nil
}

// declaredNone tells only whether the table is there.
func (d *Database) declaredNone(ctx context.Context, table string) (int, error) {
	s := d.statement()
	s.sql.WriteString("SELECT 1 FROM " + quote(table) + " AS t WHERE 1 = 0")
	return 0, d.each(ctx, s, func([]string) error { return nil })
}

func isMapping(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.Reason == ReasonMapping
}
