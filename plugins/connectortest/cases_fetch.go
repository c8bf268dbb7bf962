package connectortest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"mashhub/plugins/connector"
	"mashhub/plugins/host"
	"mashhub/plugins/record"
)

func fetchCases() []testCase {
	return []testCase{
		{name: "fetch returns sound items", needs: "fetch", run: soundItems},
		{name: "only the categories asked for", needs: "fetch", run: onlyCategories},
		{name: "only the period asked for", needs: "fetch", run: onlyPeriod},
		{name: "only the person asked about", needs: "fetch", run: onlyPerson},
		{name: "no categories, no items", needs: "fetch", run: noCategories},
		{name: "an unknown reference is nobody's", needs: "fetch", run: unknownRef},
		{name: "the same fetch, the same answer", needs: "fetch", run: sameFetch},
		{name: "a cancelled fetch ends", needs: "fetch", run: cancelledFetch},
	}
}

// items fetches and checks what holds for every answer of Fetch.
func (s *subject) items(ctx context.Context, q connector.FetchRequest) ([]record.Item, error) {
	a, err := s.Fetch(ctx, q)
	if err != nil {
		return nil, err
	}
	if a.Outcome != connector.Found && a.Outcome != connector.None {
		return nil, fmt.Errorf("outcome %q, want found or none", a.Outcome)
	}
	if (a.Outcome == connector.Found) != (len(a.Items) > 0) {
		return nil, fmt.Errorf("outcome %q with %d items", a.Outcome, len(a.Items))
	}
	for _, i := range a.Items {
		switch {
		case i.Person != q.Person.Key:
			return nil, errors.New("an item about another person: repeat FetchRequest.Person.Key in Item.Person")
		case !slices.Contains(q.Categories, i.Category):
			return nil, fmt.Errorf("an item of category %s, which was not asked for", i.Category)
		case !q.Period.Covers(i):
			return nil, fmt.Errorf("an item of %s outside the period asked for", i.Category)
		}
	}
	// The host reports what it dropped; the connector must not have sent it.
	return a.Items, s.excess()
}

func soundItems(ctx context.Context, s *subject) error {
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	items, err := s.items(ctx, s.fetchOf(known))
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return errors.New("nothing is held about Known in the Spec's categories and period")
	}
	var faults []error
	ids := map[string]bool{}
	for _, i := range items {
		if err := i.Validate(); err != nil {
			faults = append(faults, fmt.Errorf("an item of %s: %w", i.Category, err))
		}
		if ids[i.ID] {
			faults = append(faults, fmt.Errorf("two items of one ID, one of them of %s", i.Category))
		}
		ids[i.ID] = true
		if host.Discloses(i.Author, s.Known.Record) {
			faults = append(faults, fmt.Errorf("an item of %s whose author is a person: give the role", i.Category))
		}
	}
	return errors.Join(faults...)
}

func onlyCategories(ctx context.Context, s *subject) error {
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	var faults []error
	for _, category := range s.Categories {
		q := s.fetchOf(known)
		q.Categories = []string{category}
		items, err := s.items(ctx, q)
		if err == nil && len(items) == 0 {
			err = errors.New("nothing, although the Spec says that something is held")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("asked for %s alone: %w", category, err))
		}
	}
	q := s.fetchOf(known)
	q.Categories = []string{"conformance.unheard_of"}
	if items, err := s.items(ctx, q); err != nil && connector.CodeOf(err) != connector.CodeInvalid {
		faults = append(faults, fmt.Errorf("asked for an unknown category: %w", err))
	} else if len(items) > 0 {
		faults = append(faults, errors.New("asked for an unknown category, it returned items"))
	}
	return errors.Join(faults...)
}

func onlyPeriod(ctx context.Context, s *subject) error {
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	items, err := s.items(ctx, s.fetchOf(known))
	if err != nil {
		return err
	}
	var faults []error
	// Each item's own days must give the item back, and nothing outside them.
	for _, i := range items[:min(len(items), 5)] {
		q := s.fetchOf(known)
		q.Period = connector.Period{From: i.Date.Earliest(), To: i.Date.Latest()}
		got, err := s.items(ctx, q)
		if err == nil && !slices.ContainsFunc(got, func(g record.Item) bool { return g.ID == i.ID }) {
			err = errors.New("it is missing from a period of just its own date: both ends are included")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("an item of %s: %w", i.Category, err))
		}
	}
	q := s.fetchOf(known)
	q.Period = connector.Period{From: date(1851), To: date(1852)}
	if _, err := s.items(ctx, q); err != nil {
		faults = append(faults, fmt.Errorf("asked for the year 1851: %w", err))
	}
	return errors.Join(faults...)
}

func date(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }

func onlyPerson(ctx context.Context, s *subject) error {
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	q := s.fetchOf(known)
	q.Person.Key = "subject-other-key"
	items, err := s.items(ctx, q)
	if err == nil && len(items) == 0 {
		err = errors.New("nothing was returned under another person key")
	}
	return err
}

func noCategories(ctx context.Context, s *subject) error {
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	q := s.fetchOf(known)
	q.Categories = nil
	a, err := s.Fetch(ctx, q)
	if err != nil {
		return wantCode("asked for no category", err, connector.CodeInvalid)
	}
	if len(a.Items) > 0 {
		return fmt.Errorf("asked for no category, it returned %d items", len(a.Items))
	}
	return s.excess()
}

func unknownRef(ctx context.Context, s *subject) error {
	a, err := s.Fetch(ctx, s.fetchOf(connector.Candidate{Ref: "no-such-reference-of-conformance"}))
	if err != nil {
		return wantCode("an unknown reference", err, connector.CodeInvalid)
	}
	if len(a.Items) > 0 || a.Outcome == connector.Found {
		return fmt.Errorf("an unknown reference: outcome %q with %d items", a.Outcome, len(a.Items))
	}
	return nil
}

func sameFetch(ctx context.Context, s *subject) error {
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	q := s.fetchOf(known)
	first, err := s.Fetch(ctx, q)
	if err != nil {
		return err
	}
	for _, key := range []string{q.Call, s.key()} {
		q.Call = key
		again, err := s.Fetch(ctx, q)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(first, again) {
			return errors.New("the same question got another answer: ids and order must be stable")
		}
	}
	return nil
}

func cancelledFetch(ctx context.Context, s *subject) error {
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	return cancelled(ctx, func(ctx context.Context) error {
		_, err := s.Fetch(ctx, s.fetchOf(known))
		return err
	})
}

// excess reports what the host had to drop since the last look.
func (s *subject) excess() error {
	p, ok := s.Connector.(*host.Plugin)
	if !ok {
		return nil
	}
	total := p.Stats().Excess
	defer func() { s.dropped = total }()
	if total > s.dropped {
		return fmt.Errorf("the host dropped %d items that nobody asked for", total-s.dropped)
	}
	return nil
}
