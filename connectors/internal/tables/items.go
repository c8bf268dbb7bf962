package tables

import (
	"slices"
	"strings"

	"mashhub/connectors/internal/items"
	"mashhub/plugins/record"
)

// selectItems writes the SELECT of one source and gives the function that
// reads one row. The order makes the same answer of the same rows.
func (src *Source) selectItems(s *statement, where string, limit int) func([]string) record.Item {
	var list []string
	at := map[string]int{}
	for _, name := range (Used{Columns: src.columns()}).distinct() {
		at[name] = len(list)
		list = append(list, s.filled("s", name))
	}
	// The two dates again, in ISO form.
	dateAt := len(list)
	list = append(list, s.date("s", src.Date, src.DateFormat))
	untilAt := -1
	if src.Until != "" {
		untilAt = len(list)
		list = append(list, s.date("s", src.Until, src.DateFormat))
	}
	s.sql.WriteString("SELECT " + strings.Join(list, ", ") + " FROM " + quote(src.Table) + " AS s WHERE " + where +
		" ORDER BY " + s.date("s", src.Date, src.DateFormat) + ", " + column("s", src.ID) + " LIMIT " + s.arg(limit))
	return func(row []string) record.Item {
		cell := func(name string) string {
			if i, ok := at[name]; ok {
				return row[i]
			}
			return ""
		}
		until := ""
		if untilAt >= 0 {
			until = row[untilAt]
		}
		return src.item(cell, row[dateAt], until)
	}
}

// item reads one row.
func (src *Source) item(cell func(string) string, date, until string) record.Item {
	choose := func(c Choice) string { return c.of(cell(c.Column)) }
	it := record.Item{
		ID:       src.Name + "/" + cell(src.ID),
		Category: choose(src.Category),
		Kind:     record.Kind(choose(src.Kind)),
		Title:    src.Title.of(cell),
		Text:     src.Text.of(cell),
		Source:   src.Source.orItself(cell),
		Author:   src.Author.orItself(cell),
		Handling: src.Handling.orItself(cell),
		Date:     items.Unknown,
	}
	if !slices.Contains(kinds, it.Kind) {
		// Calling an unknown kind a fact would claim more than the row does.
		it.Kind = record.Opinion
	}
	if d, ok := items.Date(date); ok {
		it.Date = d
	}
	if d, ok := items.Date(until); ok {
		it.Until = &d
	}
	if it.Until == nil && slices.Contains(src.Ongoing, it.Category) {
		lasts := items.Unknown // the contract's word for "still lasts"
		it.Until = &lasts
	}
	for flag, name := range src.Flags {
		if truthy(cell(name)) {
			it.Flags = append(it.Flags, flag)
		}
	}
	slices.Sort(it.Flags)
	if p := src.Protected; p != nil {
		for _, v := range strings.Split(cell(p.Column), p.Separator) {
			if v = strings.TrimSpace(v); v != "" {
				it.Protected = append(it.Protected, v)
			}
		}
	}
	if v := src.Voice; v != nil && it.Kind == record.ChildVoice {
		it.Voice = &record.Voice{Verbatim: truthy(cell(v.Verbatim)), HeardBy: cell(v.HeardBy),
			Agreed: strings.ToLower(strings.TrimSpace(cell(v.Agreed))), With: cell(v.With)}
	}
	for _, c := range src.Codes {
		if value := strings.TrimSpace(cell(c.Column)); value != "" {
			it.Codes = append(it.Codes, record.Code{System: c.System, Code: value, Label: c.Labels[value]})
		}
	}
	return it
}

// of gives the text of one row. Spaces around an empty column's gap are closed.
func (t Text) of(cell func(string) string) string {
	if t.Template == "" {
		return cell(t.Column)
	}
	out := placeholder.ReplaceAllStringFunc(t.Template, func(m string) string { return cell(m[1 : len(m)-1]) })
	return strings.TrimSpace(out)
}

// orItself is of, but keeps a value that the map does not know: losing a
// handling code would loosen it.
func (c Choice) orItself(cell func(string) string) string {
	if v := c.of(cell(c.Column)); v != "" {
		return v
	}
	return cell(c.Column)
}

// truthy reads a yes-or-no column as databases write one.
func truthy(v string) bool {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "", "0", "f", "false", "n", "no", "off":
		return false
	}
	return true
}

// isoDate gives the date of a text that begins with one, else "".
func isoDate(s string) string {
	d, _ := items.Date(s)
	return d.Date
}
