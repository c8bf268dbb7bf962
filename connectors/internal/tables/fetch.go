package tables

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"mashhub/connectors/internal/items"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// exists tells whether a person with this reference is still there.
func (m *mapping) exists(ctx context.Context, types map[string]map[string]string, ref string) (bool, error) {
	s := m.statement()
	where := s.equals("p", m.Person.Ref, types[m.Person.Table][m.Person.Ref], []string{ref})
	if where == "" {
		return false, nil
	}
	s.sql.WriteString("SELECT 1 FROM " + quote(m.Person.Table) + " AS p WHERE " + where + " LIMIT 1")
	found := false
	err := m.each(ctx, s, func([]string) error { found = true; return nil })
	if errors.Is(err, errNoSuchValue) {
		return false, nil
	}
	return found, err
}

// fetch reads the items of one record from every source that can hold one of
// the categories. Errors: *Failure, errTooMany, the context's.
func (m *mapping) fetch(ctx context.Context, req connector.FetchRequest, finish func(*record.Item)) ([]record.Item, bool, error) {
	types, err := m.learn(ctx)
	if err != nil {
		return nil, false, err
	}
	known, err := m.exists(ctx, types, req.Ref)
	if err != nil || !known {
		return nil, known, err
	}
	var out []record.Item
	left := m.RowLimit
	for i := range m.Sources {
		src := &m.Sources[i]
		s := m.statement()
		where := src.where(s, types[src.Table], req)
		if where == "" {
			continue
		}
		read := src.selectItems(s, where, left+1)
		err := m.each(ctx, s, func(row []string) error {
			if left--; left < 0 {
				return errTooMany
			}
			it := read(row)
			it.Person = req.Person.Key
			if finish != nil {
				finish(&it)
			}
			out = append(out, items.Settle(it, it.Category)...)
			return nil
		})
		if err != nil && !errors.Is(err, errNoSuchValue) {
			return nil, true, err
		}
	}
	return out, true, nil
}

// where is the condition of one source on s: this person, these categories,
// this period. It gives "" where nothing asked for can be in it.
func (src *Source) where(s *statement, types map[string]string, req connector.FetchRequest) string {
	var parts []string
	if c := src.Category; c.Value != "" {
		if !slices.Contains(req.Categories, c.Value) {
			return ""
		}
	} else {
		values := c.valuesFor(req.Categories)
		if len(values) == 0 {
			return ""
		}
		parts = append(parts, s.text("s", c.Column)+" IN "+s.list(values))
	}
	person := s.equals("s", src.PersonRef, types[src.PersonRef], []string{req.Ref})
	if person == "" {
		return ""
	}
	parts = append(parts, person)
	if p := src.period(s, req.Period); p != "" {
		parts = append(parts, p)
	}
	return strings.Join(parts, " AND ")
}

// valuesFor gives the column's values that stand for one of the categories.
func (c Choice) valuesFor(categories []string) []string {
	if c.Values == nil {
		return categories
	}
	var out []string
	for value, category := range c.Values {
		if slices.Contains(categories, category) {
			out = append(out, value)
		}
	}
	slices.Sort(out)
	return out
}

// period is the condition that any of the item lies in the period. '~' stands
// behind every digit, so "2014-11~" is the end of what "2014-11" may mean.
func (src *Source) period(s *statement, p connector.Period) string {
	if p.From.IsZero() && p.To.IsZero() {
		return ""
	}
	date := s.date("s", src.Date, src.DateFormat)
	parts := []string{date + " <> ''"}
	if !p.To.IsZero() {
		parts = append(parts, date+" < "+s.arg(p.To.AddDate(0, 0, 1).Format(time.DateOnly)))
	}
	if !p.From.IsZero() {
		from := p.From.Format(time.DateOnly)
		any := []string{date + " || '~' >= " + s.arg(from)}
		if src.Until != "" {
			until := s.date("s", src.Until, src.DateFormat)
			any = append(any, "("+until+" <> '' AND "+until+" || '~' >= "+s.arg(from)+")")
			if ongoing := src.ongoing(s); ongoing != "" {
				any = append(any, "("+until+" = '' AND "+ongoing+")")
			}
		}
		parts = append(parts, "("+strings.Join(any, " OR ")+")")
	}
	return strings.Join(parts, " AND ")
}

// ongoing is the condition that the category is one that lasts.
func (src *Source) ongoing(s *statement) string {
	if v := src.Category.Value; v != "" {
		if slices.Contains(src.Ongoing, v) {
			return "1 = 1"
		}
		return ""
	}
	values := src.Category.valuesFor(src.Ongoing)
	if len(values) == 0 {
		return ""
	}
	return s.text("s", src.Category.Column) + " IN " + s.list(values)
}

// columns lists every mapped column by its field, without the person's.
func (src *Source) columns() map[string]string {
	out := map[string]string{"id": src.ID, "date": src.Date, "until": src.Until,
		"category.column": src.Category.Column, "kind.column": src.Kind.Column, "source.column": src.Source.Column,
		"author.column": src.Author.Column, "handling.column": src.Handling.Column,
		"title.column": src.Title.Column, "text.column": src.Text.Column}
	for _, c := range columnsOf(src.Title.Template) {
		out["title.template {"+c+"}"] = c
	}
	for _, c := range columnsOf(src.Text.Template) {
		out["text.template {"+c+"}"] = c
	}
	for flag, c := range src.Flags {
		out["flags."+flag] = c
	}
	if src.Protected != nil {
		out["protected.column"] = src.Protected.Column
	}
	if v := src.Voice; v != nil {
		out["voice.verbatim"], out["voice.heard_by"], out["voice.agreed"], out["voice.with"] = v.Verbatim, v.HeardBy, v.Agreed, v.With
	}
	for _, c := range src.Codes {
		out["codes "+c.System] = c.Column
	}
	return out
}
