package tables

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mashhub/connectors/internal/likeness"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// pool is how many rows one of the searches below may bring before the answer
// says that there are more.
const pool = 500

// search collects records that may be the person: by identifier, by birthday
// with a name that is alike, by whole name where a birthday is not recorded, by
// address; each also under other names where an alias table is mapped.
func (m *mapping) search(ctx context.Context, asked record.Person, limit int) ([]connector.Candidate, bool, error) {
	types, err := m.learn(ctx)
	if err != nil {
		return nil, false, err
	}
	q := &query{mapping: m, types: types[m.Person.Table], asked: asked}
	if m.Alias != nil {
		q.aliasTypes = types[m.Alias.Table]
	}
	found := map[string]*connector.Candidate{}
	more, asks := false, 0
	for _, condition := range []func(*statement) string{q.byIdentifier, q.byBirthdayAndName, q.byBirthday, q.byName, q.byAlias, q.byAddress} {
		s := m.statement()
		where := condition(s)
		if where == "" {
			continue
		}
		asks++
		n := 0
		build := m.selectPerson(s, where, pool+1)
		err := m.each(ctx, s, func(row []string) error {
			if n++; n > pool {
				more = true
				return nil
			}
			c := build(row)
			if c.Ref != "" && found[c.Ref] == nil {
				found[c.Ref] = &c
			}
			return nil
		})
		if errors.Is(err, errNoSuchValue) {
			err = &Failure{ReasonDatabase}
		}
		if err != nil {
			return nil, false, err
		}
	}
	if asks == 0 {
		// What is known of the person is nothing this system could look for.
		return nil, false, &Failure{ReasonNothing}
	}
	if err := m.addAliases(ctx, found, types); err != nil {
		return nil, false, err
	}
	return rank(asked, found, limit, more)
}

// rank drops strangers, puts the closest first and cuts at limit.
func rank(asked record.Person, found map[string]*connector.Candidate, limit int, more bool) ([]connector.Candidate, bool, error) {
	type placed struct {
		connector.Candidate
		closeness int
	}
	var list []placed
	for _, c := range found {
		if closeness, keep := likeness.Of(asked, c.Record); keep {
			list = append(list, placed{*c, closeness})
		}
	}
	slices.SortFunc(list, func(a, b placed) int {
		if a.closeness != b.closeness {
			return b.closeness - a.closeness
		}
		return strings.Compare(a.Ref, b.Ref)
	})
	if len(list) > limit {
		list, more = list[:limit], true
	}
	out := make([]connector.Candidate, len(list))
	for i := range list {
		out[i] = list[i].Candidate
	}
	return out, more, nil
}

// query writes the conditions of one search, all on the person table as p.
type query struct {
	*mapping
	types, aliasTypes map[string]string
	asked             record.Person
}

func (q *query) byIdentifier(s *statement) string {
	var any []string
	add := func(name, system string) {
		if name == "" {
			return
		}
		var values []string
		for _, id := range q.asked.Identifiers {
			if id.System == system && strings.TrimSpace(id.Value) != "" {
				values = append(values, spellings(id)...)
			}
		}
		if len(values) > 0 {
			any = append(any, s.equals("p", name, q.types[name], values))
		}
	}
	p := q.Person
	add(p.NHS, record.SystemNHSNumber)
	add(p.UPN, record.SystemUPN)
	for _, id := range p.Identifiers {
		add(id.Column, id.System)
	}
	return either(any...)
}

// spellings gives an identifier as systems write it.
func spellings(id record.Identifier) []string {
	n := id.Normal().Value
	out := []string{n, strings.TrimSpace(id.Value), strings.ToLower(n)}
	if id.System == record.SystemNHSNumber && len(n) == 10 {
		out = append(out, n[:3]+" "+n[3:6]+" "+n[6:], n[:3]+"-"+n[3:6]+"-"+n[6:])
	}
	return unique(out)
}

func (q *query) byBirthdayAndName(s *statement) string {
	born, named := q.born(s), q.named(s, "p", q.Person.Family, q.Person.Given, false)
	if born == "" || named == "" {
		return ""
	}
	return "(" + born + ") AND (" + named + ")"
}

func (q *query) byBirthday(s *statement) string { return q.born(s) }

// byName finds the whole name where no birthday can be compared.
func (q *query) byName(s *statement) string {
	return q.unborn(s, q.named(s, "p", q.Person.Family, q.Person.Given, true))
}

func (q *query) byAlias(s *statement) string {
	a := q.Alias
	if a == nil || a.Given == "" {
		return ""
	}
	named := q.named(s, "a", a.Family, a.Given, true)
	if named == "" {
		return ""
	}
	return q.unborn(s, s.text("p", q.Person.Ref)+" IN (SELECT "+s.text("a", a.PersonRef)+" FROM "+quote(a.Table)+" AS a WHERE "+named+")")
}

// unborn adds that the held record has no birthday, if the asked has one.
func (q *query) unborn(s *statement, condition string) string {
	if condition == "" || birth(q.asked) == "" {
		return condition
	}
	return "(" + condition + ") AND " + s.filled("p", q.Person.DOB) + " = ''"
}

func (q *query) byAddress(s *statement) string {
	var uprns, postcodes []string
	for _, a := range q.asked.Addresses {
		if u := likeness.UPRN(a.UPRN); u != "" {
			uprns = append(uprns, u)
			if len(u) < 12 {
				uprns = append(uprns, strings.Repeat("0", 12-len(u))+u)
			}
		}
		if p := record.NormalPostcode(a.Postcode); p != "" {
			tight := strings.ReplaceAll(p, " ", "")
			postcodes = append(postcodes, p, tight, strings.ToLower(p), strings.ToLower(tight))
		}
	}
	uprns, postcodes = unique(uprns), unique(postcodes)
	var any []string
	if q.Person.UPRN != "" {
		any = append(any, s.equals("p", q.Person.UPRN, q.types[q.Person.UPRN], uprns))
	}
	if q.Person.Postcode != "" {
		any = append(any, s.equals("p", q.Person.Postcode, q.types[q.Person.Postcode], postcodes))
	}
	return either(any...)
}

// born is the condition that the birthday agrees: the same day, the day with
// its digits swapped, or as far as the less precise of the two goes.
func (q *query) born(s *statement) string {
	day := birth(q.asked)
	if day == "" {
		return ""
	}
	name := q.Person.DOB
	if len(day) < 10 || q.Person.DOBFormat != "iso" {
		return q.bornAsText(s, day)
	}
	var any []string
	for _, d := range []string{day, likeness.Swapped(day)} {
		t, err := time.Parse(time.DateOnly, d)
		if err != nil {
			continue // the swapped one is no date
		}
		next := t.AddDate(0, 0, 1).Format(time.DateOnly)
		any = append(any, "("+column("p", name)+" >= "+s.arg(d)+" AND "+column("p", name)+" < "+s.arg(next)+")")
	}
	if class(q.types[name]) == textual || !s.postgres {
		any = append(any, column("p", name)+" IN "+s.list([]string{day[:7], day[:4]}))
	}
	return either(any...)
}

func (q *query) bornAsText(s *statement, day string) string {
	held := s.date("p", q.Person.DOB, q.Person.DOBFormat)
	any := []string{"substr(" + held + ", 1, " + map[int]string{4: "4", 7: "7", 10: "10"}[len(day)] + ") = " + s.arg(day)}
	if swapped := likeness.Swapped(day); swapped != "" {
		any = append(any, "substr("+held+", 1, 10) = "+s.arg(swapped))
	}
	for n := 4; n < len(day); n += 3 {
		any = append(any, held+" = "+s.arg(day[:n]))
	}
	return either(any...)
}

// named is the condition that family and given name agree (or, unless both is
// set, either of them), letter case and accents apart.
func (q *query) named(s *statement, alias, family, given string, both bool) string {
	var families, givens []string
	for _, n := range q.asked.Names {
		families = append(families, nameSpellings(strings.Join(n.Family, " "))...)
		givens = append(givens, nameSpellings(strings.Join(n.Given, " "))...)
		givens = append(givens, nameSpellings(n.Preferred)...)
		if len(n.Given) > 1 {
			givens = append(givens, nameSpellings(n.Given[0])...)
		}
	}
	families, givens = unique(families), unique(givens)
	if both && (len(families) == 0 || len(givens) == 0) {
		return ""
	}
	var parts []string
	if len(families) > 0 {
		parts = append(parts, "lower("+s.text(alias, family)+") IN "+s.list(families))
	}
	if len(givens) > 0 && given != "" {
		parts = append(parts, "lower("+s.text(alias, given)+") IN "+s.list(givens))
	}
	if both {
		return strings.Join(parts, " AND ")
	}
	return either(parts...)
}

// nameSpellings gives a name in lower case as databases lower it: SQLite lowers
// ASCII letters alone, so "ZOË" becomes "zoË"; old systems have no accents.
func nameSpellings(name string) []string {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" {
		return nil
	}
	return []string{strings.ToLower(name), asciiLower(strings.ToUpper(name)), asciiLower(name), record.FoldName(name)}
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= unicode.MaxASCII {
			return unicode.ToLower(r)
		}
		return r
	}, s)
}

// birth gives the asked birthday, if it is a date in ISO form.
func birth(p record.Person) string {
	if p.BirthDate == nil {
		return ""
	}
	return isoDate(p.BirthDate.Date)
}

// either joins conditions with OR, without the empty ones.
func either(conditions ...string) string {
	var some []string
	for _, c := range conditions {
		if c != "" {
			some = append(some, c)
		}
	}
	return strings.Join(some, " OR ")
}

// unique keeps the first of each, without empty ones and those that are no
// text, at most 50: a question with more spellings than that is not a person's.
func unique(in []string) []string {
	var out []string
	for _, v := range in {
		if v != "" && !strings.ContainsRune(v, 0) && utf8.ValidString(v) && !slices.Contains(out, v) && len(out) < 50 {
			out = append(out, v)
		}
	}
	return out
}
