package health

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// mapper turns resources into items of one answer.
type mapper struct {
	*state
	req     connector.FetchRequest
	patient *patient
	items   []record.Item
	seen    map[string]bool
}

// take adds the item of one resource, if it is of a category and a time that
// were asked for.
func (m *mapper) take(r *resource) error {
	if r.enteredInError() {
		return nil
	}
	rule := m.classify(r)
	if rule == nil || !slices.Contains(m.req.Categories, rule.Category) {
		return nil
	}
	from, until, lasting := r.when()
	if !dated(from, until) {
		return unavailable(ReasonMalformed) // held, and not to be passed over in silence
	}
	if !overlaps(m.req.Period, from, until, lasting) {
		return nil
	}
	item := record.Item{
		ID:     r.ResourceType + "/" + r.ID,
		Title:  rule.Title,
		Text:   r.words(),
		Codes:  r.codes(),
		Author: rule.Author,
		Source: m.Source,
	}
	if item.Title == "" {
		item.Title = r.name()
	}
	setDates(&item, from, until, lasting)
	places := r.places()
	if len(places) > 0 {
		item.Source += ": " + strings.Join(places, ", ")
	}
	if r.ResourceType == "RelatedPerson" {
		item.Flags = append(item.Flags, record.FlagThirdParty)
	}
	m.add(rule, item, r.Meta.restricted(), places)
	return nil
}

// registrations adds an item for each GP practice on the Patient.
func (m *mapper) registrations() error {
	pseudo := &resource{ResourceType: "Patient", ID: m.patient.ID, Meta: m.patient.Meta}
	rule := m.classify(pseudo)
	if rule == nil || !slices.Contains(m.req.Categories, rule.Category) {
		return nil
	}
	for _, gp := range m.patient.GeneralPractitioner {
		code, from, until := "", "", ""
		if gp.Identifier != nil {
			code, from, until = gp.Identifier.Value, datePart(gp.Identifier.Period.Start), datePart(gp.Identifier.Period.End)
		}
		name := gp.Display
		if name == "" {
			name = code
		}
		if !dated(from, until) {
			return unavailable(ReasonMalformed)
		}
		if name == "" || !overlaps(m.req.Period, from, until, true) {
			continue
		}
		item := record.Item{
			ID:     "gp-" + m.opaque(m.patient.ID, code, name, from),
			Title:  rule.Title,
			Text:   "Registered with " + name,
			Author: rule.Author,
			Source: m.Source,
		}
		if code != "" {
			item.Codes = []record.Code{{System: systemODS, Code: code, Label: gp.Display}}
		}
		setDates(&item, from, until, true)
		m.add(rule, item, false, []string{name, code})
	}
	return nil
}

func (m *mapper) add(rule *Rule, item record.Item, restricted bool, places []string) {
	item.Person = m.req.Person.Key
	item.Category = rule.Category
	item.Kind = rule.Kind
	tidy(&item)
	if item.Date.Date == "" {
		item.Date = m.undated()
	}
	if restricted || m.patient.Meta.restricted() {
		item.Protected = within(&item, append(places, m.patient.locating()...))
	}
	if len(item.Protected) > 0 {
		item.Flags = append(item.Flags, record.FlagProtectedLocation)
		// Renderers take protected values out of the words, not out of codes.
		item.Codes = slices.DeleteFunc(item.Codes, func(c record.Code) bool {
			return slices.Contains(item.Protected, c.Code) || slices.Contains(item.Protected, c.Label)
		})
	}
	if m.seen == nil {
		m.seen = map[string]bool{}
	}
	if m.seen[item.ID] {
		return // a server may repeat a resource across pages
	}
	m.seen[item.ID] = true
	m.items = append(m.items, item)
}

// setDates writes when the thing began and ended. What lasts and has no end
// named is still in force: an end of which nothing is known says so.
func setDates(item *record.Item, from, until string, lasting bool) {
	if d := partialDate(from); d != nil {
		item.Date = *d
	}
	item.Until = partialDate(until)
	if item.Until != nil && item.Until.Latest().Before(item.Date.Earliest()) {
		item.Until = nil // one of the two is wrong: keep the one that says when it began
	}
	if item.Until == nil && until == "" && lasting && item.Date.Date != "" {
		item.Until = &record.PartialDate{Date: item.Date.Date, Accuracy: accuracyNone}
	}
}

// undated is the date of a piece that the system keeps without one, such as a
// present registration: all unknown, so that the day beside it claims nothing.
func (m *mapper) undated() record.PartialDate {
	if born := partialDate(m.patient.BirthDate); born != nil {
		return record.PartialDate{Date: born.Date, Accuracy: accuracyNone}
	}
	return record.PartialDate{Date: "1900-01-01", Accuracy: accuracyNone}
}

// maxTitle is how many characters of the record's own wording make a title.
const maxTitle = 200

// tidy brings an item into the form that the record model asks for: a coded
// value needs its system, a title is short.
func tidy(item *record.Item) {
	item.Codes = slices.DeleteFunc(item.Codes, func(c record.Code) bool { return c.System == "" || c.Code == "" })
	if long := []rune(item.Title); len(long) > maxTitle {
		item.Text = strings.TrimSpace(item.Title + ". " + item.Text)
		item.Title = string(long[:maxTitle-1]) + "…"
	}
	if long := []rune(item.Source); len(long) > 2*maxTitle {
		item.Source = string(long[:2*maxTitle-1]) + "…"
	}
}

// minProtected is how many characters a value needs to be worth protecting; the
// record model refuses shorter ones.
const minProtected = 3

// within returns those values that stand in the item, longest first, so that
// whoever removes them does not leave half of one behind.
func within(item *record.Item, values []string) []string {
	words := strings.ToLower(strings.Join([]string{item.Title, item.Text, item.Source}, "\n"))
	for _, c := range item.Codes {
		words += "\n" + strings.ToLower(c.Code+"\n"+c.Label)
	}
	var out []string
	for _, v := range values {
		v = strings.TrimSpace(v)
		if len(alphanumeric(v)) >= minProtected && strings.Contains(words, strings.ToLower(v)) && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}

func alphanumeric(s string) []rune {
	return []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s))
}

// opaque makes a stable reference for a piece that has no id of its own. It is
// keyed by the system's address, because on PDS the patient's id is the NHS
// number and a plain hash of ten digits can be turned back.
func (s *state) opaque(parts ...string) string {
	mac := hmac.New(sha256.New, []byte("mashhub health item\x00"+s.base.String()))
	for _, p := range parts {
		mac.Write([]byte(p))
		mac.Write([]byte{0})
	}
	return hex.EncodeToString(mac.Sum(nil))[:24]
}

// when gives the dates of a resource and whether it lasts when no end is named.
func (r *resource) when() (from, until string, lasting bool) {
	switch r.ResourceType {
	case "Appointment":
		return datePart(r.Start), "", false
	case "Immunization":
		return datePart(r.OccurrenceDateTime), "", false
	case "Condition":
		from = datePart(r.OnsetDateTime)
		if from == "" {
			from = datePart(r.RecordedDate)
		}
		return from, datePart(r.AbatementDateTime), true
	case "Encounter":
		from, until = datePart(r.Period.Start), datePart(r.Period.End)
		if until == from {
			until = ""
		}
		return from, until, false
	}
	return datePart(r.Period.Start), datePart(r.Period.End), true
}

func datePart(s string) string {
	d, _, _ := strings.Cut(s, "T")
	return d
}

// name is what the resource calls itself, for rules without a title.
func (r *resource) name() string {
	for _, c := range []*codeableConcept{r.Code, r.VaccineCode} {
		if c != nil && c.label() != "" {
			return c.label()
		}
	}
	for _, c := range r.concepts() {
		if l := c.label(); l != "" {
			return l
		}
	}
	return r.ResourceType
}

// words is the text of the item: what was written, as it was written.
func (r *resource) words() string {
	var out []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, c := range r.ServiceType {
		add(c.label())
	}
	if r.ResourceType == "RelatedPerson" {
		for _, c := range r.Relationship {
			add(c.label())
		}
		for _, n := range r.Name {
			add(strings.TrimSpace(strings.Join(append(slices.Clone(n.Given), n.Family), " ")))
		}
	}
	if r.ResourceType == "Flag" && r.Code != nil {
		add(r.Code.label())
	}
	for _, c := range r.ReasonCode {
		add(c.label())
	}
	add(r.Comment)
	for _, n := range r.Note {
		add(n.Text)
	}
	return strings.Join(out, ". ")
}

// codes are the coded values of what the resource is and why.
func (r *resource) codes() []record.Code {
	var out []record.Code
	for _, c := range r.concepts() {
		for _, x := range c.Coding {
			code := record.Code{System: x.System, Code: x.Code, Label: x.Display}
			if x.Code != "" && !slices.Contains(out, code) {
				out = append(out, code)
			}
		}
	}
	return out
}

// places name where it happened.
func (r *resource) places() []string {
	var out []string
	add := func(s string) {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, l := range r.Location {
		if l.Location != nil {
			add(l.Location.Display)
		}
		add(l.Display)
	}
	for _, p := range r.Participant {
		if p.Actor != nil && (strings.HasPrefix(p.Actor.Reference, "Location/") || strings.HasPrefix(p.Actor.Reference, "HealthcareService/")) {
			add(p.Actor.Display)
		}
	}
	if r.ServiceProvider != nil {
		add(r.ServiceProvider.Display)
	}
	if r.ManagingOrganization != nil {
		add(r.ManagingOrganization.Display)
	}
	return out
}
