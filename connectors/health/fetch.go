package health

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// searchParams names, per resource type, the search parameters of FHIR R4 for
// the patient and for the date. A date of "" is not searchable on every
// server and is checked here alone.
var searchParams = map[string]*struct{ patient, date string }{
	"Encounter":     {"patient", "date"},
	"Appointment":   {"patient", "date"},
	"Condition":     {"patient", ""},
	"Immunization":  {"patient", "date"},
	"Flag":          {"patient", ""},
	"EpisodeOfCare": {"patient", ""},
	"RelatedPerson": {"patient", ""},
}

// order of the types, so that the same record gives the same answer each time.
var resourceOrder = []string{"Encounter", "Appointment", "Condition", "Immunization", "Flag", "EpisodeOfCare", "RelatedPerson"}

// maxItems bounds one answer; a node's message cap would refuse more anyway.
const maxItems = 5000

func (c *client) Fetch(ctx context.Context, req connector.FetchRequest) (connector.FetchResponse, error) {
	if gone := ended(ctx); gone != nil {
		return connector.FetchResponse{}, gone
	}
	s, err := c.ready()
	if err != nil {
		return connector.FetchResponse{}, err
	}
	if req.Ref == "" {
		return connector.FetchResponse{}, &connector.Error{Code: connector.CodeInvalid, Field: "ref", Message: "name the candidate"}
	}
	if !req.Period.From.IsZero() && !req.Period.To.IsZero() && req.Period.To.Before(req.Period.From) {
		return connector.FetchResponse{}, &connector.Error{Code: connector.CodeInvalid, Field: "period", Message: "ends before it begins"}
	}
	if !s.answersFor(req.Unit) {
		return connector.FetchResponse{Outcome: connector.Unavailable, Reason: ReasonUnit}, nil
	}
	items, err := s.fetch(ctx, req)
	if gone := ended(ctx); gone != nil && err != nil {
		return connector.FetchResponse{}, gone
	}
	if err != nil {
		return connector.FetchResponse{Outcome: connector.Unavailable, Reason: reasonOf(err)}, nil
	}
	if len(items) == 0 {
		return connector.FetchResponse{Outcome: connector.None}, nil
	}
	return connector.FetchResponse{Outcome: connector.Found, Items: items}, nil
}

func (s *state) fetch(ctx context.Context, req connector.FetchRequest) ([]record.Item, error) {
	wanted := s.resourcesFor(req.Categories)
	if len(wanted) == 0 {
		return nil, nil // nothing asked for that this system holds: ask it nothing
	}
	p, err := s.readPatient(ctx, req.Ref)
	if err != nil {
		return nil, err
	}
	m := &mapper{state: s, req: req, patient: p}
	searched := 0
	if wanted["Patient"] {
		if err := m.registrations(); err != nil {
			return nil, err
		}
		searched++
	}
	for _, kind := range resourceOrder {
		if !wanted[kind] {
			continue
		}
		if holds, err := s.holds(ctx, kind); err != nil {
			return nil, err
		} else if !holds {
			continue
		}
		searched++
		if err := s.eachOf(ctx, kind, p, req.Period, m.take); err != nil {
			return nil, err
		}
	}
	if searched == 0 {
		return nil, unavailable(ReasonNotOffered) // not looked, so not "nothing"
	}
	if len(m.items) > maxItems {
		return nil, unavailable(ReasonTooLarge)
	}
	slices.SortStableFunc(m.items, func(a, b record.Item) int { return strings.Compare(a.Date.Date, b.Date.Date) })
	return m.items, nil
}

// resourcesFor is the set of resource types that the categories need.
func (s *state) resourcesFor(wanted []string) map[string]bool {
	out := map[string]bool{}
	for _, r := range s.Rules {
		if slices.Contains(wanted, r.Category) {
			out[r.Resource] = true
		}
	}
	return out
}

// eachOf gives take every resource of one type that is about p.
func (s *state) eachOf(ctx context.Context, kind string, p *patient, within connector.Period, take func(*resource) error) error {
	decode := func(raw json.RawMessage) error {
		var r resource
		if json.Unmarshal(raw, &r) != nil || !fhirID(r.ID) {
			return unavailable(ReasonMalformed)
		}
		if !s.about(&r, p) {
			return unavailable(ReasonWrongPatient)
		}
		return take(&r)
	}
	if s.Profile == profilePDS {
		return s.compartment(ctx, kind, p.ID, decode)
	}
	names := searchParams[kind]
	q := url.Values{names.patient: {"Patient/" + p.ID}}
	if names.date != "" {
		if !within.From.IsZero() {
			q.Add(names.date, "ge"+within.From.Format(time.DateOnly))
		}
		if !within.To.IsZero() {
			q.Add(names.date, "le"+within.To.Format(time.DateOnly))
		}
	}
	return s.search(ctx, kind, q, decode)
}

// compartment reads Patient/<id>/<kind>, the only form PDS offers.
func (s *state) compartment(ctx context.Context, kind, ref string, take func(json.RawMessage) error) error {
	a, err := s.call(ctx, http.MethodGet, s.at("Patient", ref, kind), nil)
	if err != nil {
		return err
	}
	if a.saysNotFound() {
		return nil
	}
	if err := a.refused(); err != nil {
		return err
	}
	b, err := readBundle(a)
	if err != nil {
		return err
	}
	if next, err := s.next(b); err != nil || next != nil {
		return unavailable(ReasonPaging)
	}
	for _, e := range b.Entry {
		if err := s.takeEntry(e, kind, take); err != nil {
			return err
		}
	}
	return nil
}

// about says whether the resource is about p. A resource about nobody is not:
// it could be about anyone.
func (s *state) about(r *resource, p *patient) bool {
	if r.ResourceType == "Appointment" {
		// A family's appointment may name several patients; p must be one.
		for _, x := range r.Participant {
			if s.refersTo(x.Actor, p) {
				return true
			}
		}
		return false
	}
	if r.Subject != nil && r.Patient != nil {
		return s.refersTo(r.Subject, p) && s.refersTo(r.Patient, p)
	}
	if r.Subject != nil {
		return s.refersTo(r.Subject, p)
	}
	return s.refersTo(r.Patient, p)
}

func (s *state) refersTo(ref *reference, p *patient) bool {
	if ref == nil {
		return false
	}
	if ref.Reference != "" {
		target := ref.Reference
		if rest, ok := strings.CutPrefix(target, s.base.String()+"/"); ok {
			target = rest
		}
		target, _, _ = strings.Cut(target, "/_history/")
		return target == "Patient/"+p.ID
	}
	return ref.Identifier != nil && ref.Identifier.System == record.SystemNHSNumber && p.hasNHSNumber(ref.Identifier.Value)
}
