package connectortest

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

func searchCases() []testCase {
	return []testCase{
		{name: "search finds a known person", needs: "search", run: findsKnown},
		{name: "search knows nothing of a stranger", needs: "search", run: knowsNoStranger},
		{name: "an empty question finds nobody", needs: "search", run: emptyQuestion},
		{name: "the limit is kept", needs: "search", run: keepsLimit},
		{name: "an unknown unit is not an empty one", needs: "search", run: unknownUnit},
		{name: "the same search, the same answer", needs: "search", run: sameSearch},
		{name: "a cancelled search ends", needs: "search", asks: true, run: cancelledSearch},
		{name: "always asks a person", needs: "search", asks: true, run: alwaysAsks},
	}
}

func findsKnown(ctx context.Context, s *subject) error {
	first, err := s.known(ctx)
	if err != nil {
		return err
	}
	if first.Ref == "" {
		return errors.New("a candidate without Ref")
	}
	if reflect.DeepEqual(first.Record, record.Person{}) {
		return errors.New("a candidate without anything to compare: the node could not tell whether it is the person")
	}
	return nil
}

func knowsNoStranger(ctx context.Context, s *subject) error {
	a, err := s.Search(ctx, s.searchFor(s.Unknown))
	if err != nil {
		return err
	}
	if a.Outcome != connector.None || len(a.Candidates) > 0 {
		return fmt.Errorf("outcome %q with %d candidates, want none", a.Outcome, len(a.Candidates))
	}
	return nil
}

// A question without a single feature must not list the agency's people.
func emptyQuestion(ctx context.Context, s *subject) error {
	a, err := s.Search(ctx, s.searchFor(connector.Person{Key: "subject-1"}))
	if err != nil {
		return wantCode("a question about nobody", err, connector.CodeInvalid)
	}
	if len(a.Candidates) > 0 {
		return fmt.Errorf("a question about nobody found %d people", len(a.Candidates))
	}
	if a.Outcome == connector.None {
		return errors.New("a question about nobody was answered with none, as if somebody had been looked for: answer CodeInvalid")
	}
	return nil
}

func keepsLimit(ctx context.Context, s *subject) error {
	q := s.searchFor(s.Known)
	q.Limit = 1
	a, err := s.Search(ctx, q)
	if err != nil {
		return err
	}
	if len(a.Candidates) > 1 {
		return fmt.Errorf("%d candidates with a limit of 1", len(a.Candidates))
	}
	return nil
}

func unknownUnit(ctx context.Context, s *subject) error {
	if s.UnknownUnit == "" {
		return nil // the connector answers for a whole agency
	}
	q := s.searchFor(s.Known)
	q.Unit = s.UnknownUnit
	a, err := s.Search(ctx, q)
	if err != nil {
		return wantCode("an unknown unit", err, connector.CodeInvalid, connector.CodeUnavailable)
	}
	if a.Outcome != connector.AskPerson && a.Outcome != connector.Unavailable {
		return fmt.Errorf("outcome %q: a unit that could not be searched was reported as searched", a.Outcome)
	}
	return nil
}

func sameSearch(ctx context.Context, s *subject) error {
	q := s.searchFor(s.Known)
	first, err := s.Search(ctx, q)
	if err != nil {
		return err
	}
	again, err := s.Search(ctx, q)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(first, again) {
		return errors.New("the same call got another answer")
	}
	q.Call = s.key()
	if other, err := s.Search(ctx, q); err != nil || !reflect.DeepEqual(first, other) {
		return errors.Join(errors.New("the same question under another key got another answer"), err)
	}
	return nil
}

// cancelled makes a call under a context that has ended already. An answer all
// the same would be harmless here and a hang elsewhere: it shows that the
// context does not reach the agency's system.
func cancelled(ctx context.Context, call func(context.Context) error) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	return within(promptly, func() error {
		if call(ended) == nil {
			return errors.New("a cancelled call was answered: give the context to whatever is asked")
		}
		return nil
	})
}

func cancelledSearch(ctx context.Context, s *subject) error {
	return cancelled(ctx, func(ctx context.Context) error {
		_, err := s.Search(ctx, s.searchFor(s.Known))
		return err
	})
}

func alwaysAsks(ctx context.Context, s *subject) error {
	if !s.AlwaysAsks {
		return nil
	}
	for _, p := range []connector.Person{s.Known, s.Unknown, {Key: "subject-1"}} {
		a, err := s.Search(ctx, s.searchFor(p))
		if err != nil {
			return err
		}
		if a.Outcome != connector.AskPerson || len(a.Candidates) > 0 {
			return fmt.Errorf("%w: search answered %q", errNoSystem, a.Outcome)
		}
		if a.Unit != "" && a.Unit != s.Unit && s.Unit != "" {
			return fmt.Errorf("asked %q and sends the question to %q", s.Unit, a.Unit)
		}
	}
	return nil
}
