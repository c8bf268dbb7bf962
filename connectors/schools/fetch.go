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
	"mashhub/connectors/internal/settings"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// maxItems bounds one answer.
const maxItems = 5000

var errTooMany = errors.New("too many rows")

// errAsk is a question that only a person at the school can answer.
var errAsk = errors.New("ask a person")

// Fetch reads what the school's files hold about one pupil.
func (s *schools) Fetch(ctx context.Context, req connector.FetchRequest) (connector.FetchResponse, error) {
	cfg, err := s.settings()
	if err != nil {
		return connector.FetchResponse{}, err
	}
	urn, _, ok := strings.Cut(req.Ref, "/")
	switch {
	case !ok || record.CheckURN(urn) != nil:
		return connector.FetchResponse{}, settings.Invalid("ref", "is not a reference of this connector; give the ref of the candidate that matched")
	case req.Unit != "" && req.Unit != urn:
		return connector.FetchResponse{}, settings.Invalid("unit", "is not the school of this reference; ask each school about its own pupils")
	case len(req.Categories) == 0:
		return connector.FetchResponse{}, settings.Invalid("categories", "is empty; name the categories asked for")
	}
	found, err := cfg.fetch(ctx, req, urn)
	switch {
	case errors.Is(err, errAsk):
		return connector.FetchResponse{Outcome: connector.AskPerson, Unit: urn}, nil
	case errors.Is(err, errTooMany):
		return connector.FetchResponse{}, connector.Errorf(connector.CodeTooLarge, "more than %d rows about one pupil: narrow the period or the categories", maxItems)
	case err != nil:
		reason, err := answer(err)
		if err != nil {
			return connector.FetchResponse{}, err
		}
		return connector.FetchResponse{Outcome: connector.Unavailable, Reason: reason}, nil
	case len(found) == 0:
		return connector.FetchResponse{Outcome: connector.None}, nil
	}
	return connector.FetchResponse{Outcome: connector.Found, Items: found}, nil
}

// reading is one fetch under way.
type reading struct {
	*config
	ctx       context.Context
	root      *os.Root
	req       connector.FetchRequest
	urn, upn  string
	protected []string
	out       []record.Item
}

func (c *config) fetch(ctx context.Context, req connector.FetchRequest, urn string) ([]record.Item, error) {
	root, err := c.openRoot()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	g := &reading{config: c, ctx: ctx, root: root, req: req, urn: urn}
	if complete, err := c.complete(root, urn); err != nil || !complete {
		if err == nil {
			err = errAsk
		}
		return nil, err
	}
	there := false
	if err := c.pupils(ctx, root, urn, func(r row) error {
		if !there && reference(urn, r) == req.Ref {
			there, g.upn = true, strings.ToUpper(r.get("UPN"))
			for _, v := range strings.Split(r.get("Protected"), "|") {
				if v = strings.TrimSpace(v); v != "" {
					g.protected = append(g.protected, v)
				}
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	switch {
	case !there:
		return nil, settings.Invalid("ref", "is not a pupil of this school's export, or not any more; search again")
	case g.upn == "":
		return nil, errAsk // without a UPN no other file tells whose a row is
	}
	for _, part := range []struct {
		file       string
		categories []string
		read       func(*table) error
	}{
		{AttendanceFile, []string{"education.attendance"}, g.attendance},
		{SuspensionsFile, []string{"education.suspension", "education.exclusion"}, g.rows(suspension)},
		{SENDFile, []string{"education.send"}, g.rows(send)},
		{ConcernsFile, []string{"education.concern"}, g.rows(concern)},
		{CollectionFile, []string{"education.collection"}, g.rows(collection)},
		{DSLFile, []string{"education.dsl_contact"}, g.lead},
	} {
		if !slices.ContainsFunc(part.categories, g.wanted) {
			continue
		}
		t, err := c.open(root, urn, part.file)
		if errors.Is(err, errNotExported) {
			continue // complete said that it is not required
		}
		if err != nil {
			return nil, err
		}
		err = part.read(t)
		t.close()
		if err != nil {
			return nil, err
		}
	}
	return g.out, nil
}

func (g *reading) wanted(category string) bool { return slices.Contains(g.req.Categories, category) }

// mine hands over the pupil's rows. The bytes are compared before anything is
// decoded: most rows are about others.
func (g *reading) mine(t *table, handle func(row) error) error {
	return t.each(g.ctx.Err, func(r row) error {
		if !strings.EqualFold(strings.TrimSpace(r.raw("UPN")), g.upn) {
			return nil
		}
		return handle(r)
	})
}

// rows reads a file of which each row is an item.
func (g *reading) rows(make func(row) (item record.Item, ongoing bool)) func(*table) error {
	return func(t *table) error {
		return g.mine(t, func(r row) error {
			it, ongoing := make(r)
			return g.add(t, it, ongoing)
		})
	}
}

// add keeps an item that was asked for. An ongoing one without an end is still
// in force.
func (g *reading) add(t *table, it record.Item, ongoing bool) error {
	if it.Until == nil && ongoing {
		lasts := items.Unknown // the contract's word for "still lasts"
		it.Until = &lasts
	}
	if !g.wanted(it.Category) || !items.Within(it.Date, it.Until, g.req.Period.From, g.req.Period.To) {
		return nil
	}
	it.Person = g.req.Person.Key
	it.ID = strings.TrimSuffix(t.file, ".csv") + "/" + g.urn + "/" + it.ID
	it.Source = "School " + g.urn + ": " + it.Source + ", export of " + t.day
	if len(g.protected) > 0 {
		it.Protected = append(append(it.Protected, g.protected...), g.urn)
	}
	for _, one := range items.Settle(it, "Record of the school") {
		if len(g.out) >= maxItems {
			return errTooMany
		}
		g.out = append(g.out, one)
	}
	return nil
}

// key makes a stable id of what a row says where it has none of its own.
func key(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:12])
}

// when reads a date column; what cannot be read is unknown.
func when(s string) record.PartialDate {
	if d, ok := items.Date(s); ok {
		return d
	}
	return items.Unknown
}

// until reads an optional end.
func until(s string) *record.PartialDate {
	if d, ok := items.Date(s); ok {
		return &d
	}
	return nil
}
