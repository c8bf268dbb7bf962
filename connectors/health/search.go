package health

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

const defaultLimit = 20

// errEnough stops a search once more than the limit is known.
var errEnough = errors.New("enough candidates")

// maxQuestions bounds how many searches one question may make, whatever number
// of names a person has.
const maxQuestions = 12

func (c *client) Search(ctx context.Context, req connector.SearchRequest) (connector.SearchResponse, error) {
	if gone := ended(ctx); gone != nil {
		return connector.SearchResponse{}, gone
	}
	s, err := c.ready()
	if err != nil {
		return connector.SearchResponse{}, err
	}
	if req.Limit < 0 {
		return connector.SearchResponse{}, &connector.Error{Code: connector.CodeInvalid, Field: "limit", Message: "must not be negative"}
	}
	if !s.answersFor(req.Unit) {
		return connector.SearchResponse{Outcome: connector.Unavailable, Reason: ReasonUnit}, nil
	}
	l := &lookup{state: s, limit: req.Limit, seen: map[string]bool{}}
	if l.limit == 0 {
		l.limit = defaultLimit
	}
	err = l.run(ctx, req.Person.Record)
	if gone := ended(ctx); gone != nil && err != nil {
		return connector.SearchResponse{}, gone
	}
	switch {
	case isReason(err, ReasonTooMany) && len(l.found) > 0:
		l.more = true
	case isReason(err, ReasonTooMany):
		return connector.SearchResponse{Outcome: connector.Unavailable, Reason: ReasonTooMany, More: true}, nil
	case errors.Is(err, errNothingToAsk):
		return connector.SearchResponse{}, &connector.Error{Code: connector.CodeInvalid, Field: "person", Message: "needs an NHS number, or a family name with a given name or a date of birth"}
	case err != nil:
		return connector.SearchResponse{Outcome: connector.Unavailable, Reason: reasonOf(err)}, nil
	}
	if len(l.found) == 0 {
		return connector.SearchResponse{Outcome: connector.None}, nil
	}
	return connector.SearchResponse{Outcome: connector.Found, Candidates: l.found, More: l.more}, nil
}

var errNothingToAsk = errors.New("nothing to search by")

// lookup collects candidates over the questions of one search.
type lookup struct {
	*state
	limit int
	found []connector.Candidate
	seen  map[string]bool
	more  bool
}

// run asks by NHS number first, then by name and date of birth, then more
// widely, and stops at the first step that finds anybody.
func (l *lookup) run(ctx context.Context, p record.Person) error {
	asked := false
	for _, id := range p.Identifiers {
		if id.System != record.SystemNHSNumber {
			continue
		}
		asked = true
		if err := l.byNumber(ctx, strings.ReplaceAll(id.Value, " ", "")); err != nil {
			return err
		}
	}
	for _, step := range l.questions(p) {
		if len(l.found) > 0 {
			break
		}
		for _, q := range step {
			asked = true
			if err := l.ask(ctx, q, ""); err != nil {
				return err
			}
		}
	}
	if !asked {
		return errNothingToAsk
	}
	return nil
}

func (l *lookup) byNumber(ctx context.Context, number string) error {
	if l.Profile == profilePDS {
		p, err := l.readPatient(ctx, number)
		if isReason(err, ReasonGone) {
			return nil
		}
		if err != nil {
			return err
		}
		return l.add(p)
	}
	return l.ask(ctx, url.Values{"identifier": {record.SystemNHSNumber + "|" + number}}, number)
}

// ask runs one search. Where number is set, every match must be known under it.
func (l *lookup) ask(ctx context.Context, q url.Values, number string) error {
	err := l.search(ctx, "Patient", q, func(raw json.RawMessage) error {
		p, err := decodePatient(raw)
		if err != nil {
			return err
		}
		if number != "" && !p.hasNHSNumber(number) {
			return unavailable(ReasonWrongPatient)
		}
		return l.add(p)
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func (l *lookup) add(p *patient) error {
	if l.seen[p.ID] {
		return nil
	}
	if len(l.found) >= l.limit {
		l.more = true
		return errEnough
	}
	l.seen[p.ID] = true
	l.found = append(l.found, connector.Candidate{Ref: p.ID, Record: p.person()})
	return nil
}

// questions are the searches by demographics: the exact one, then, where the
// settings allow it, wider ones.
func (l *lookup) questions(p record.Person) [][]url.Values {
	born := birthdates(p.BirthDate)
	var exact, wide []url.Values
	ask := func(to *[]url.Values, birth []string, fields ...string) {
		q := url.Values{}
		for i := 0; i < len(fields); i += 2 {
			q.Set(fields[i], escape(fields[i+1]))
		}
		if birth != nil {
			q["birthdate"] = birth
		}
		*to = append(*to, q)
	}
	other := swapped(p.BirthDate)
	for _, n := range p.Names {
		if len(n.Family) == 0 {
			continue
		}
		family := strings.Join(n.Family, " ")
		given := n.Given[:min(len(n.Given), 1)]
		if n.Preferred != "" && !slices.Contains(given, n.Preferred) {
			given = append(slices.Clone(given), n.Preferred)
		}
		for _, g := range given {
			ask(&exact, born, "family", family, "given", g)
		}
		if born == nil {
			continue // a family name alone would be a fishing trip
		}
		if len(given) == 0 {
			ask(&exact, born, "family", family)
		} else {
			ask(&wide, born, "family", family)
		}
		for _, half := range halves(n.Family) {
			ask(&wide, born, "family", half)
		}
		if other != nil {
			ask(&wide, other, "family", family)
		}
	}
	for _, a := range p.Addresses {
		if a.Postcode == "" || born == nil {
			continue
		}
		ask(&wide, born, "address-postalcode", a.Postcode)
		if other != nil {
			ask(&wide, other, "address-postalcode", a.Postcode)
		}
	}
	if !l.approximate || l.Profile == profilePDS {
		wide = nil
	}
	return [][]url.Values{exact[:min(len(exact), maxQuestions)], wide[:min(len(wide), maxQuestions)]}
}

// birthdates gives the search values for a date of birth: the day, or the range
// that an estimated or partial date can mean. nil where nothing is known.
func birthdates(d *record.PartialDate) []string {
	switch {
	case d == nil || !d.Known():
		return nil
	case d.Exact():
		return []string{d.Date}
	}
	return []string{"ge" + d.Earliest().Format(time.DateOnly), "le" + d.Latest().Format(time.DateOnly)}
}

// halves are the parts of a double family name.
func halves(family []string) []string {
	var out []string
	for _, part := range family {
		for _, half := range strings.FieldsFunc(part, func(r rune) bool { return r == '-' || r == ' ' }) {
			if half != part || len(family) > 1 {
				out = append(out, half)
			}
		}
	}
	return out
}

// swapped exchanges day and month, where both readings are dates.
func swapped(d *record.PartialDate) []string {
	if d == nil || !d.Exact() || d.Date[5:7] == d.Date[8:10] {
		return nil
	}
	other := d.Date[:5] + d.Date[8:10] + "-" + d.Date[5:7]
	if _, _, ok := bounds(other); !ok {
		return nil
	}
	return []string{other}
}

// escape keeps a value from being read as several (FHIR R4 search, 3.1.1.4.6).
var escaper = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `|`, `\|`, `$`, `\$`)

func escape(s string) string { return escaper.Replace(s) }

// readPatient reads one Patient and makes sure that it is the one asked for.
func (s *state) readPatient(ctx context.Context, ref string) (*patient, error) {
	if !fhirID(ref) {
		return nil, unavailable(ReasonGone)
	}
	a, err := s.call(ctx, http.MethodGet, s.at("Patient", ref), nil)
	if err != nil {
		return nil, err
	}
	if a.saysNotFound() {
		return nil, unavailable(ReasonGone)
	}
	if err := a.refused(); err != nil {
		return nil, err
	}
	p, err := decodePatient(a.body)
	if err != nil {
		return nil, err
	}
	if p.ID != ref {
		return nil, unavailable(ReasonWrongPatient)
	}
	return p, nil
}

func decodePatient(raw json.RawMessage) (*patient, error) {
	var p patient
	if json.Unmarshal(raw, &p) != nil || p.ResourceType != "Patient" || !fhirID(p.ID) {
		return nil, unavailable(ReasonMalformed)
	}
	return &p, nil
}

// fhirID checks the form of a logical id (FHIR R4 datatypes, id): a reference
// must not be able to change the path that is called.
func fhirID(id string) bool {
	if id == "" || len(id) > 64 || id == "." || id == ".." {
		return false
	}
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '.' {
			return false
		}
	}
	return true
}
