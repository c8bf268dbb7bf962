package schools

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strings"

	"mashhub/connectors/internal/items"
	"mashhub/connectors/internal/likeness"
	"mashhub/connectors/internal/settings"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

const (
	defaultLimit = 20
	maxLimit     = 200
	pool         = 500 // candidates kept while reading
)

type placed struct {
	connector.Candidate
	closeness int
}

// Search reads the pupils of one school, or of all. It answers AskPerson for a
// school without an export, and Unavailable where one cannot be read as a
// whole, also where only a later fetch would have met the fault.
func (s *schools) Search(ctx context.Context, req connector.SearchRequest) (connector.SearchResponse, error) {
	cfg, err := s.settings()
	if err != nil {
		return connector.SearchResponse{}, err
	}
	if !searchable(req.Person.Record) {
		return connector.SearchResponse{}, settings.Invalid("person", "has nothing to search by; give an identifier, a name, a date of birth or an address")
	}
	found, asked, more, err := cfg.search(ctx, req)
	if err != nil {
		reason, err := answer(err)
		return unavailable(reason, err)
	}
	limit := min(max(req.Limit, 0), maxLimit)
	if limit == 0 {
		limit = defaultLimit
	}
	rank(found)
	if len(found) > limit {
		found, more = found[:limit], true
	}
	switch {
	case len(found) > 0:
		out := connector.SearchResponse{Outcome: connector.Found, More: more}
		for _, p := range found {
			out.Candidates = append(out.Candidates, p.Candidate)
		}
		return out, nil
	case req.Unit != "" && len(asked) > 0:
		return connector.SearchResponse{Outcome: connector.AskPerson, Unit: req.Unit}, nil
	case len(asked) > 0:
		return unavailable("schools_without_export: not every school has an export: ask each school by its URN", nil)
	}
	return connector.SearchResponse{Outcome: connector.None}, nil
}

func unavailable(reason string, err error) (connector.SearchResponse, error) {
	if err != nil {
		return connector.SearchResponse{}, err
	}
	return connector.SearchResponse{Outcome: connector.Unavailable, Reason: reason}, nil
}

// search gives the candidates, and the schools that only a person can answer
// for.
func (c *config) search(ctx context.Context, req connector.SearchRequest) (found []placed, asked []string, more bool, err error) {
	root, err := c.openRoot()
	if err != nil {
		return nil, nil, false, err
	}
	defer root.Close()
	urns, err := units(root, req.Unit)
	if err != nil {
		return nil, nil, false, err
	}
	for _, urn := range urns {
		complete, err := c.complete(root, urn)
		if err != nil {
			return nil, nil, false, err
		}
		if !complete {
			asked = append(asked, urn)
			continue
		}
		err = c.pupils(ctx, root, urn, func(r row) error {
			p := pupil(r)
			closeness, keep := likeness.Of(req.Person.Record, p)
			if !keep {
				return nil
			}
			if len(found) == 2*pool {
				rank(found)
				found, more = found[:pool], true
			}
			found = append(found, placed{connector.Candidate{Ref: reference(urn, r), Record: p}, closeness})
			return nil
		})
		if err != nil {
			return nil, nil, false, err
		}
	}
	return found, asked, more, nil
}

func rank(found []placed) {
	slices.SortStableFunc(found, func(a, b placed) int {
		if a.closeness != b.closeness {
			return b.closeness - a.closeness
		}
		return strings.Compare(a.Ref, b.Ref)
	})
}

// complete tells whether a school has every required file, and reads the header
// row of each file it has: a fault is told before anybody relies on the export.
func (c *config) complete(root *os.Root, urn string) (bool, error) {
	complete := true
	for _, file := range []string{PupilsFile, AttendanceFile, SuspensionsFile, SENDFile, ConcernsFile, CollectionFile, DSLFile} {
		t, err := c.open(root, urn, file)
		switch {
		case errors.Is(err, errNotExported):
			if file == PupilsFile {
				return false, nil
			}
			if slices.Contains(c.Required, file) {
				complete = false
			}
		case err != nil:
			return false, err
		default:
			t.close()
		}
	}
	return complete, nil
}

// pupils streams a school's pupils.
func (c *config) pupils(ctx context.Context, root *os.Root, urn string, handle func(row) error) error {
	t, err := c.open(root, urn, PupilsFile)
	if err != nil {
		return err
	}
	defer t.close()
	return t.each(ctx.Err, handle)
}

// reference is a digest of what names a pupil in a school: the UPN, or without
// one the name and birthday.
func reference(urn string, r row) string {
	key := strings.ToUpper(r.get("UPN"))
	if key == "" {
		key = r.get("Surname") + "\x00" + r.get("Forename") + "\x00" + r.get("DOB")
	}
	sum := sha256.Sum256([]byte(urn + "\x00" + key))
	return urn + "/" + hex.EncodeToString(sum[:12])
}

// pupil reads one row of pupils.csv.
func pupil(r row) record.Person {
	var p record.Person
	for _, id := range []record.Identifier{{System: record.SystemUPN, Value: r.get("UPN")}, {System: record.SystemNHSNumber, Value: r.get("NHS")}} {
		if id = id.Normal(); id.Check() == nil {
			p.Identifiers = append(p.Identifiers, id)
		}
	}
	given := strings.Fields(r.get("Forename"))
	for _, family := range []struct{ name, use string }{{r.get("Surname"), "usual"}, {r.get("FormerSurname"), "old"}} {
		if family.name != "" {
			p.Names = append(p.Names, record.Name{Family: []string{family.name}, Given: given, Use: family.use})
		}
	}
	if d, ok := items.Date(r.get("DOB")); ok {
		p.BirthDate = &d
	}
	switch strings.ToLower(r.get("Gender")) {
	case "m", "male", "1":
		p.Gender = "1"
	case "f", "female", "2":
		p.Gender = "2"
	}
	a := record.Address{Line1: r.get("Address"), Postcode: r.get("Postcode"), UPRN: likeness.UPRN(r.get("UPRN"))}
	if n := record.NormalPostcode(a.Postcode); n != "" {
		a.Postcode = n
	}
	if record.CheckUPRN(a.UPRN) != nil {
		a.UPRN = ""
	}
	if a != (record.Address{}) {
		p.Addresses = []record.Address{a}
	}
	return p
}

func searchable(p record.Person) bool {
	return len(p.Identifiers) > 0 || len(p.Names) > 0 || p.BirthDate != nil || len(p.Addresses) > 0
}
