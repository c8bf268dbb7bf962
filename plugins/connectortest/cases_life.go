package connectortest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"mashhub/plugins/connector"
	"mashhub/plugins/host"
)

func lifeCases() []testCase {
	return []testCase{
		{name: "killed during calls", needs: "search", asks: true, process: true, run: killedDuringCalls},
		{name: "stopped during a call", needs: "search", asks: true, process: true, run: stoppedDuringACall},
	}
}

// killedDuringCalls kills the process while questions with keys are under way:
// each is answered as before, by the process that follows.
func killedDuringCalls(ctx context.Context, s *subject) error {
	p := s.Connector.(*host.Plugin)
	before, err := s.Search(ctx, s.searchFor(s.Known))
	if err != nil {
		return err
	}
	const rounds, calls = 2, 4
	for range rounds {
		pid := p.Pid()
		answers := make(chan error, calls)
		for range calls {
			q := s.searchFor(s.Known)
			go func() {
				a, err := s.Search(ctx, q)
				if err == nil && !reflect.DeepEqual(a, before) {
					err = errors.New("another answer than before")
				}
				answers <- err
			}()
		}
		if pid != 0 {
			_ = killProcess(pid)
		}
		for range calls {
			if err := <-answers; err != nil {
				return fmt.Errorf("a question under way when the process was killed: %w", err)
			}
		}
		// Whoever asks next is answered, too.
		if a, err := s.Search(ctx, s.searchFor(s.Known)); err != nil || !reflect.DeepEqual(a, before) {
			return errors.Join(errors.New("after the restart: another answer than before"), err)
		}
	}
	return nil
}

// stoppedDuringACall stops the process, as a hang of everything in it would:
// the call ends at its deadline, and a new process takes over.
func stoppedDuringACall(ctx context.Context, s *subject) error {
	c, done, err := s.open(ctx, connector.ConfigureRequest{Config: s.Config, Secrets: s.Secrets}, shortCall)
	if err != nil {
		return err
	}
	defer done()
	p := c.(*host.Plugin)
	if _, err := p.Search(ctx, s.searchFor(s.Known)); err != nil {
		return err
	}
	pid := p.Pid()
	if err := stopProcess(pid); err != nil {
		return fmt.Errorf("stopping the process: %w", err)
	}
	// The signal stops one thread after another: a call may still slip through.
	for attempts := 0; err == nil && attempts < 100; attempts++ {
		err = within(shortCall+promptly, func() error {
			_, err := p.Search(ctx, s.searchFor(s.Known))
			return err
		})
	}
	if fault := wantCode("a call to a stopped process", err, connector.CodeUnavailable); fault != nil {
		return fault
	}
	for deadline := time.Now().Add(30 * time.Second); p.Pid() == 0 || p.Pid() == pid; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New("the stopped process was not replaced")
		}
	}
	if _, err := p.Search(ctx, s.searchFor(s.Known)); err != nil {
		return fmt.Errorf("after the restart: %w", err)
	}
	return nil
}

// shortCall is a deadline with which a hang is soon one.
const shortCall = time.Second
