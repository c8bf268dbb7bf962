package agreement

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mashhub/hub/mash"
)

// maker makes the document of one agreement.
type maker struct {
	*reading
	tables
	id, title string
	texts     map[string]string // of clauses
	categories,
	laws map[string]bool // that the document names
}

func explain(d document, t tables) Document {
	m := &maker{reading: newReading(d.root), tables: t, id: d.id, texts: map[string]string{}, categories: map[string]bool{}, laws: map[string]bool{}}
	m.title = cmp.Or(m.text("title"), d.id)
	for _, c := range m.keys("clauses") {
		m.texts[c] = m.text("clauses", c, "text")
	}
	out := Document{Agreement: d.id, Title: m.title, Kind: m.known(kindWords, "kind"), Hub: orMissing(m.text("hub")), Status: m.known(statusWords, "status"),
		SignedOn: m.day("signed_on"), InForceFrom: m.day("in_force_from"), LastDay: m.day("expires"), ReviewOn: m.day("review_on")}
	for _, hub := range m.register.keys() {
		var governed []string
		for _, purpose := range m.register.keys(hub) {
			if value(at(m.register.root, hub, purpose)) == d.id {
				governed = append(governed, m.purpose(purpose))
			}
		}
		if len(governed) > 0 {
			out.Governs = append(out.Governs, "At the hub "+hub+": "+strings.Join(governed, ", ")+".")
		}
	}
	for _, p := range m.keys("purposes") {
		out.purposes = append(out.purposes, purposeColumn{p, m.purpose(p)})
		out.Purposes = append(out.Purposes, m.purposeTerms(p))
	}
	for _, pair := range m.keys("pairs") {
		out.Parties = append(out.Parties, m.partyTerms(pair, out.purposes))
	}
	for _, s := range m.keys("settings") {
		out.Settings = append(out.Settings, m.settingTerms(s))
	}
	for _, key := range []string{"in_force_from", "signed_on"} {
		if t, err := time.Parse(time.DateOnly, value(at(m.root, key))); err == nil {
			out.dated = t
		}
	}
	out.Conditions, out.Retention = m.conditions(), m.facts(retentionWords, period, "retention")
	out.Reviews, out.Withheld = m.clausesOf(reviewRules), m.clausesOf(withheldRules)
	out.ageClause = value(at(m.root, "rules", "age_limit"))
	for _, o := range m.keys("obligations") {
		if slices.Contains(knownObligations, o) {
			out.Obligations = append(out.Obligations, m.ref(m.text("obligations", o)))
		}
	}
	out.Clauses = m.clauseTerms(out)
	for _, id := range m.law.keys() {
		if m.laws[id] {
			out.Law = append(out.Law, m.lawTerms(id))
		}
	}
	for _, id := range sorted(m.laws) {
		if at(m.law.root, id) == nil {
			out.Law = append(out.Law, LawTerms{ID: id, Title: id + ", which is not in the table of laws", Source: missing, Counts: "It is not cited and permits nothing", CheckedOn: missing})
		}
	}
	out.Signatories = m.signatories(out)
	out.Also = append([]Fact{}, m.rest(nil, "")...)
	out.Also = append(out.Also, m.catalogue.rest(func(k string) bool { return m.categories[k] }, "catalogue: ")...)
	out.Also = append(out.Also, m.law.rest(func(k string) bool { return m.laws[k] }, "law: ")...)
	return out
}

// known words a code; one without a word is shown as it is, and left.
func (m *maker) known(words map[string]string, keys ...string) string {
	code, ok := m.oneOf(sorted(words), keys...)
	if ok {
		return words[code]
	}
	return unknown(code)
}

func (m *maker) day(keys ...string) string { return dayWords(m.text(keys...)) }

// purpose names a purpose.
func (m *maker) purpose(code string) string {
	return capitalFirst(mash.PurposeName(mash.Purpose(code)))
}

func (m *maker) ref(clause string) ClauseRef {
	return ClauseRef{clause, cmp.Or(m.texts[clause], noText)}
}

// cited gives the ids of a list of laws, which the document then explains.
func (m *maker) cited(keys ...string) []string {
	ids := m.list(keys...)
	for _, id := range ids {
		m.laws[id] = true
	}
	return ids
}

func (m *maker) purposeTerms(p string) PurposeTerms {
	out := PurposeTerms{Purpose: p, Name: m.purpose(p), Clause: m.ref(m.text("purposes", p, "clause")), Law: m.cited("purposes", p, "law")}
	basis, ok := m.oneOf([]string{"s47", "family"}, "purposes", p, "basis")
	switch {
	case basis == "":
		out.Needs = []string{"The agreement names nothing that is recorded first."}
	case !ok:
		out.Needs = []string{unknown(basis)}
	case basis == "s47":
		out.Needs = []string{"The complete section 47 decision is recorded first."}
	default: // only the family's agreement can be dispensed with, whatever stands there
		out.Needs = []string{"The family’s agreement is recorded first."}
		if yes, _ := m.flag("purposes", p, "dispensation"); yes {
			out.Needs = append(out.Needs, "Or a manager decides to go on without it, and records why.")
		} else {
			out.Needs = append(out.Needs, "Nobody may go on without it.")
		}
	}
	return out
}

func (m *maker) partyTerms(pair string, purposes []purposeColumn) PartyTerms {
	k := func(more ...string) []string { return append([]string{"pairs", pair}, more...) }
	out := PartyTerms{Pair: pair, Name: cmp.Or(m.text(k("name")...), pair), Status: m.known(partyWords, k("status")...), SignedOn: m.day(k("signed_on")...)}
	for _, f := range m.list(k("fields")...) {
		out.Fields = append(out.Fields, cmp.Or(fieldWords[f], f))
	}
	if at(m.root, k("age_limit")...) != nil {
		m.keys(k("age_limit")...)
		words, days := m.text(k("age_limit", "words")...), m.number(k("age_limit", "days")...)
		out.AgeLimit = cmp.Or(words, missing) + " (" + thousands(days) + " days)"
	}
	for _, code := range m.keys(k("handling")...) {
		text := "No condition."
		for _, condition := range m.keys(k("handling", code)...) {
			if condition != "originator_control" {
				continue // stays among what the document has no words for
			}
			if on, _ := m.flag(k("handling", code, condition)...); on {
				text = m.byRule("obligations", condition)
			}
		}
		out.Handling = append(out.Handling, Fact{code, text})
	}
	for _, unit := range m.keys(k("units")...) {
		text := m.known(partyWords, k("units", unit, "status")...)
		for _, c := range m.keys(k("units", unit, "categories")...) {
			text += ". " + capitalFirst(m.label(c)) + ": no more than “" + m.mode(k("units", unit, "categories", c)...) + "”, for every purpose"
		}
		out.Units = append(out.Units, Fact{unit, text})
	}
	_, agency, _ := strings.Cut(pair, "/")
	for _, c := range m.keys(k("categories")...) {
		row := DocumentRow{MatrixRow: MatrixRow{Category: c, Label: m.label(c), Modes: map[string]string{}}, Words: map[string]string{}}
		row.NCND, _ = m.catalogue.flag(c, "ncnd")
		row.Lasting, _ = m.catalogue.flag(c, "lasting")
		row.Coded, _ = m.catalogue.flag(c, "handling_required")
		if value(at(m.catalogue.root, c, "agency")) == agency {
			m.catalogue.text(c, "agency")
		}
		m.keys(k("categories", c)...)
		for _, p := range purposes {
			row.Modes[p.code] = cmp.Or(value(at(m.root, k("categories", c, p.code)...)), "none")
			row.Words[p.code] = m.mode(k("categories", c, p.code)...)
			if row.NCND && row.Modes[p.code] == "existence" {
				row.Words[p.code] = hiddenWords
			}
		}
		if o := value(at(m.root, "obligations", "originator_control")); o != "" && c == alwaysControlled {
			row.Bound = o
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// mode words how far something may go.
func (m *maker) mode(keys ...string) string {
	if at(m.root, keys...) == nil {
		return ModeWords["none"]
	}
	return m.known(ModeWords, keys...)
}

// label names a category, which the document then answers for.
func (m *maker) label(code string) string {
	m.categories[code] = true
	return cmp.Or(m.catalogue.text(code, "label"), code)
}

func (m *maker) settingTerms(s string) SettingTerms {
	out := SettingTerms{Setting: s, Name: cmp.Or(value(at(m.names.root, "settings", s)), s), Clause: m.ref(m.text("settings", s, "clause")), Law: m.cited("settings", s, "law")}
	for _, a := range m.keys("settings", s, "agencies") {
		if yes, ok := m.flag("settings", s, "agencies", a); ok && yes {
			out.Signed = append(out.Signed, m.signedFor(a)...)
		}
	}
	if s == "hub" {
		if yes, ok := m.flag("settings", s, "hub"); ok && yes {
			out.Signed = append(out.Signed, m.signedFor(s)...)
		}
	}
	return out
}

// signedFor names what was signed with an agency as recipient.
func (m *maker) signedFor(agency string) (out []string) {
	for _, pair := range keysOf(at(m.root, "pairs")) {
		if strings.HasSuffix(pair, "/"+agency) {
			out = append(out, cmp.Or(value(at(m.root, "pairs", pair, "name")), pair))
		}
	}
	if len(out) == 0 {
		out = append(out, "nothing is signed with "+agency)
	}
	return out
}

func (m *maker) agency(code string) string {
	return cmp.Or(value(at(m.names.root, "agencies", code)), value(at(m.names.root, "settings", code)), code)
}

// facts words a table of the agreement.
func (m *maker) facts(words map[string]string, text func(string) string, table string) (out []Fact) {
	for _, key := range m.keys(table) {
		if words[key] != "" {
			out = append(out, Fact{words[key], text(m.text(table, key))})
		}
	}
	return out
}

// conditions are on telling the originator and on closing.
func (m *maker) conditions() (out []Fact) {
	m.keys("feedback")
	if yes, ok := m.flag("feedback", "second_reader"); ok {
		out = append(out, Fact{"Text to who raised the concern", map[bool]string{true: "A second person reads it before it goes.", false: "It goes without a second reader."}[yes]})
	}
	for _, key := range m.keys("closing") {
		if words := closingWords[key]; words != "" {
			out = append(out, Fact{words, thousands(m.number("closing", key)) + " days"})
		}
	}
	return out
}

// byRule is the text of the clause that stands for a rule or an obligation.
func (m *maker) byRule(table, rule string) string {
	r := m.ref(value(at(m.root, table, rule)))
	return cmp.Or(r.Clause, missing) + ": " + r.Text
}

// clausesOf gives the clauses of rules, each once.
func (m *maker) clausesOf(rules []string) (out []ClauseRef) {
	for _, rule := range rules {
		if c := value(at(m.root, "rules", rule)); c != "" && !slices.ContainsFunc(out, func(r ClauseRef) bool { return r.Clause == c }) {
			out = append(out, m.ref(c))
		}
	}
	return out
}

// clauseTerms are all clauses in their order, those that are only referred to
// at the end.
func (m *maker) clauseTerms(d Document) (out []ClauseTerms) {
	add := func(clause string) *ClauseTerms {
		for i := range out {
			if out[i].Clause == clause {
				return &out[i]
			}
		}
		out = append(out, ClauseTerms{ClauseRef: m.ref(clause)})
		return &out[len(out)-1]
	}
	for _, c := range m.keys("clauses") {
		m.keys("clauses", c)
		add(c).Law = m.cited("clauses", c, "law")
	}
	for _, p := range d.Purposes {
		add(cmp.Or(p.Clause.Clause, missing))
	}
	for _, s := range d.Settings {
		add(cmp.Or(s.Clause.Clause, missing))
	}
	for _, o := range d.Obligations {
		add(cmp.Or(o.Clause, missing))
	}
	for _, rule := range m.keys("rules") {
		clause := value(at(m.root, "rules", rule))
		sentence := value(at(m.reasons.root, rule))
		if clause == "" || sentence == "" {
			continue // stays among what the document has no words for
		}
		c := add(m.text("rules", rule))
		c.Rules = append(c.Rules, rule)
		c.Sentences = append(c.Sentences, m.fill(sentence, rule, clause))
	}
	return out
}

// fill puts into the places of a sentence what stands there, in brackets.
func (m *maker) fill(sentence, rule, clause string) string {
	setting := "[recipient]"
	if s, ok := strings.CutPrefix(rule, "encompass_"); ok {
		setting = cmp.Or(value(at(m.names.root, "settings", s)), setting)
	}
	return strings.NewReplacer("{party}", "[agency]", "{Party}", "[Agency]", "{purpose}", "[purpose]", "{category}", "[kind of information]",
		"{setting}", setting, "{limit}", "[limit]", "{agreement}", m.title, "{Agreement}", capitalFirst(m.title), "{clause}", clause).Replace(sentence)
}

func (m *maker) lawTerms(id string) LawTerms {
	out := LawTerms{ID: id, Title: cmp.Or(m.law.text(id, "title"), id), Source: orMissing(m.law.text(id, "source"))}
	from, checked := m.law.text(id, "in_force_from"), m.law.text(id, "checked_on")
	on, _ := m.law.flag(id, "enabled")
	switch {
	case !on:
		out.Counts = "Switched off: it is not cited and permits nothing"
		if from == "not commenced" {
			out.Counts = "Not commenced, and switched off: it is not cited and permits nothing"
		}
	case from == "not commenced":
		out.Counts = "Not commenced: it is not cited and permits nothing"
	default:
		out.Counts = "From " + dayWords(from)
	}
	out.CheckedOn = dayWords(checked)
	if checked == "not yet" {
		out.CheckedOn = "Not yet"
	}
	return out
}

// signatories are those who have a line to sign on: the hub and its partners,
// or whoever sends and receives.
func (m *maker) signatories(d Document) (out []string) {
	hub := value(at(m.root, "hub"))
	seen := map[string]bool{}
	add := func(code, name string) {
		if !seen[code] {
			seen[code] = true
			out = append(out, capitalFirst(name))
		}
	}
	for _, p := range d.Parties {
		from, to, two := strings.Cut(p.Pair, "/")
		switch {
		case !two:
			add(p.Pair, p.Name)
		case from == hub:
			add("hub", "the hub ("+hub+")")
			add(p.Pair, p.Name)
		default:
			add(from, m.agency(from))
			add(to, m.agency(to))
		}
	}
	return out
}
