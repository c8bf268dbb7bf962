package tables

import (
	"strconv"
	"strings"
)

// statement builds one SELECT. Names go through column and quote, values
// through arg; nothing else puts text from outside into SQL.
type statement struct {
	postgres bool
	sql      strings.Builder
	args     []any
}

// arg adds a value and gives its placeholder.
func (s *statement) arg(value any) string {
	s.args = append(s.args, value)
	if s.postgres {
		return "$" + strconv.Itoa(len(s.args))
	}
	return "?" + strconv.Itoa(len(s.args))
}

// list adds values and gives their placeholders, in brackets.
func (s *statement) list(values []string) string {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = s.arg(v)
	}
	return "(" + strings.Join(marks, ", ") + ")"
}

// quote puts a checked name, with or without schema, into quotes.
func quote(name string) string {
	return `"` + strings.ReplaceAll(name, ".", `"."`) + `"`
}

// column names a column with its table's alias.
func column(alias, name string) string { return alias + "." + quote(name) }

// text renders a column as text.
func (s *statement) text(alias, name string) string {
	if s.postgres {
		return column(alias, name) + "::text"
	}
	return "CAST(" + column(alias, name) + " AS TEXT)"
}

// filled renders a column as text in which null is empty.
func (s *statement) filled(alias, name string) string {
	return "COALESCE(" + s.text(alias, name) + ", '')"
}

// date renders a date column as ISO text that compares byte by byte.
func (s *statement) date(alias, name, format string) string {
	t := s.filled(alias, name)
	if format == "dmy" {
		t = "substr(" + t + ", 7, 4) || '-' || substr(" + t + ", 4, 2) || '-' || substr(" + t + ", 1, 2)"
		t = "CASE WHEN length(" + s.filled(alias, name) + ") >= 10 THEN " + t + " ELSE '' END"
	}
	if s.postgres {
		return `(` + t + `) COLLATE "C"`
	}
	return "(" + t + ")"
}

// equals is a condition that a column holds one of the values, written so that
// an index on it serves. decl is the column's declared type. It gives "" where
// no value can be in such a column.
func (s *statement) equals(alias, name, decl string, values []string) string {
	if class(decl) == numeric {
		values = digitsOnly(values, s.maxDigits(decl))
	}
	if len(values) == 0 {
		return ""
	}
	switch class(decl) {
	case numeric:
		return column(alias, name) + " IN " + s.list(values)
	case textual:
		return column(alias, name) + " IN " + s.list(values)
	}
	return s.text(alias, name) + " IN " + s.list(values)
}

type typeClass int

const (
	other typeClass = iota // an expression of a view, uuid, …
	textual
	numeric
)

func class(decl string) typeClass {
	d := strings.ToUpper(decl)
	for _, w := range []string{"CHAR", "TEXT", "CLOB"} {
		if strings.Contains(d, w) {
			return textual
		}
	}
	for _, w := range []string{"INT", "NUMERIC", "DECIMAL"} {
		if strings.Contains(d, w) && d != "INTERVAL" && d != "POINT" {
			return numeric
		}
	}
	return other
}

// maxDigits is how many digits surely fit the column: PostgreSQL refuses the
// whole statement for one number out of range.
func (s *statement) maxDigits(decl string) int {
	if s.postgres {
		switch strings.ToUpper(decl) {
		case "INT2":
			return 4
		case "INT4":
			return 9
		}
	}
	return 18
}

// digitsOnly keeps what a numeric column can hold.
func digitsOnly(values []string, most int) []string {
	var out []string
	for _, v := range values {
		if v != "" && len(v) <= most && strings.Trim(v, "0123456789") == "" {
			out = append(out, v)
		}
	}
	return out
}
