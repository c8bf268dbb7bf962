package connectortest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"mashhub/plugins/connector"
	"mashhub/plugins/host"
)

func deliverCases() []testCase {
	return []testCase{
		{name: "the same delivery, once", needs: "deliver", asks: true, run: deliversOnce},
		{name: "another delivery, too", needs: "deliver", asks: true, run: deliversEach},
		{name: "the same delivery at the same time", needs: "deliver", asks: true, run: deliversOnceAtOnce},
		{name: "the same delivery after a kill", needs: "deliver", asks: true, process: true, run: deliversOnceKilled},
	}
}

// fresh is a key that no run of the suite has used: a system remembers.
func fresh() string { return "conformance-" + rand.Text() }

// deliver makes one delivery and wants it taken.
func (s *subject) deliver(ctx context.Context, key string) (connector.DeliverResponse, error) {
	q := *s.Spec.Deliver
	q.Call = key
	a, err := s.recorder.Deliver(ctx, q)
	if err == nil && a.Outcome != connector.Found && a.Outcome != connector.AskPerson {
		err = fmt.Errorf("outcome %q, want found or ask_person", a.Outcome)
	}
	return a, err
}

// delivered is how many deliveries the system has; 0 where nobody can look.
func (s *subject) delivered() (int, error) {
	if s.Delivered == nil {
		return 0, nil
	}
	n, err := s.Delivered()
	if err != nil {
		return n, fmt.Errorf("counting deliveries: %w", err)
	}
	return n, nil
}

// effect runs f and wants that the system has so many deliveries more
// afterwards, if it says that it takes any and can be looked at.
func (s *subject) effect(want int, f func() (connector.Outcome, error)) error {
	before, err := s.delivered()
	if err != nil {
		return err
	}
	outcome, err := f()
	if err != nil {
		return err
	}
	if outcome != connector.Found {
		want = 0 // a person has it
	}
	after, err := s.delivered()
	if err != nil {
		return err
	}
	if s.Delivered != nil && after-before != want {
		return fmt.Errorf("the system has %d deliveries more, want %d", after-before, want)
	}
	return nil
}

var errOtherAnswer = errors.New("the same key got another answer: it may have been delivered twice")

func deliversOnce(ctx context.Context, s *subject) error {
	key := fresh()
	return s.effect(1, func() (connector.Outcome, error) {
		first, err := s.deliver(ctx, key)
		if err != nil {
			return "", err
		}
		for range 2 {
			again, err := s.deliver(ctx, key)
			if err != nil {
				return "", err
			}
			if first != again {
				return "", errOtherAnswer
			}
		}
		return first.Outcome, nil
	})
}

// deliversEach: a connector that takes every delivery for a repeat loses them.
func deliversEach(ctx context.Context, s *subject) error {
	return s.effect(2, func() (connector.Outcome, error) {
		if _, err := s.deliver(ctx, fresh()); err != nil {
			return "", err
		}
		a, err := s.deliver(ctx, fresh())
		return a.Outcome, err
	})
}

func deliversOnceAtOnce(ctx context.Context, s *subject) error {
	key := fresh()
	return s.effect(1, func() (connector.Outcome, error) {
		var wg sync.WaitGroup
		answers, faults := make([]connector.DeliverResponse, 8), make([]error, 8)
		for i := range answers {
			wg.Go(func() { answers[i], faults[i] = s.deliver(ctx, key) })
		}
		wg.Wait()
		for i := range answers {
			if faults[i] == nil && answers[i] != answers[0] {
				faults[i] = errOtherAnswer
			}
		}
		return answers[0].Outcome, errors.Join(faults...)
	})
}

// deliversOnceKilled is the node that was killed after the system's answer and
// before its own commit: it delivers again, by another process.
func deliversOnceKilled(ctx context.Context, s *subject) error {
	p, key := s.Connector.(*host.Plugin), fresh()
	return s.effect(1, func() (connector.Outcome, error) {
		first, err := s.deliver(ctx, key)
		if err != nil {
			return "", err
		}
		if pid := p.Pid(); pid != 0 {
			_ = killProcess(pid)
		}
		again, err := s.deliver(ctx, key)
		if err != nil {
			return "", fmt.Errorf("after the kill: %w", err)
		}
		if first != again {
			return "", errOtherAnswer
		}
		return first.Outcome, nil
	})
}
