package connectortest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"mashhub/plugins/connector"
	"mashhub/plugins/host"
)

func watchCases() []testCase {
	return []testCase{
		{name: "a watch goes on after its cursor", needs: "watch", asks: true, run: watchesOn},
		{name: "a watch ends when nobody waits", needs: "watch", asks: true, run: cancelledWatch},
		{name: "calls at the same time", needs: "search", run: concurrent},
	}
}

func watchesOn(ctx context.Context, s *subject) error {
	var seen int
	cursor := ""
	ids := map[string]bool{}
	for seen < s.Events {
		a, err := s.Watch(ctx, connector.WatchRequest{Cursor: cursor, Wait: time.Second, Limit: 1})
		if err != nil {
			return err
		}
		if len(a.Events) != 1 || a.Cursor == cursor {
			return fmt.Errorf("%d events of %d seen, then an answer of %d events with a limit of 1", seen, s.Events, len(a.Events))
		}
		again, err := s.Watch(ctx, connector.WatchRequest{Cursor: cursor, Wait: time.Second, Limit: 1})
		if err != nil || !reflect.DeepEqual(a, again) {
			return errors.Join(errors.New("the same cursor gave other events"), err)
		}
		if id := a.Events[0].ID; id == "" || ids[id] {
			return errors.New("an event without an ID of its own")
		}
		ids[a.Events[0].ID] = true
		seen, cursor = seen+1, a.Cursor
	}
	// Nothing more: it waits as long as it was told, and not much longer.
	return within(500*time.Millisecond+promptly, func() error {
		a, err := s.Watch(ctx, connector.WatchRequest{Cursor: cursor, Wait: 500 * time.Millisecond})
		if err == nil && len(a.Events) > 0 {
			err = fmt.Errorf("%d events more than the Spec says", len(a.Events))
		}
		return err
	})
}

func cancelledWatch(ctx context.Context, s *subject) error {
	return cancelled(ctx, func(ctx context.Context) error {
		_, err := s.Watch(ctx, connector.WatchRequest{Wait: time.Minute})
		return err
	})
}

func concurrent(ctx context.Context, s *subject) error {
	want, err := s.known(ctx)
	if err != nil {
		return err
	}
	questions := make([]connector.SearchRequest, 16)
	for i := range questions {
		questions[i] = s.searchFor([]connector.Person{s.Known, s.Unknown}[i%2])
	}
	faults := make([]error, len(questions))
	var wg sync.WaitGroup
	for i, q := range questions {
		wg.Go(func() {
			a, err := s.Search(ctx, q)
			switch {
			case err != nil:
				faults[i] = err
			case i%2 == 1 && a.Outcome != connector.None:
				faults[i] = fmt.Errorf("a stranger: outcome %q", a.Outcome)
			case i%2 == 0 && (len(a.Candidates) == 0 || !reflect.DeepEqual(a.Candidates[0], want)):
				faults[i] = errors.New("the known person: another answer than alone")
			}
		})
	}
	wg.Wait()
	return errors.Join(faults...)
}

func noPersonalDataInErrors(_ context.Context, s *subject) error {
	for _, text := range s.all() {
		for _, p := range []connector.Person{s.Known, s.Unknown} {
			if host.Discloses(text, p.Record) {
				return errors.New("an error text or a reason repeats something of the person asked about (the text is not shown here either)")
			}
		}
		for name, secret := range s.Secrets {
			if host.Repeats(text, secret) {
				return fmt.Errorf("an error text or a reason repeats the secret %q", name)
			}
		}
	}
	return s.logged()
}
