package connectortest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mashhub/plugins/connector"
)

// subject is the connector under test, in one phase.
type subject struct {
	Spec
	recorder // configured with the Spec's settings
	phase
	about   connector.DescribeResponse
	log     *logCapture // of this process, in the phase in which it is the connector's
	calls   int
	dropped int // by the host, as of the last look
}

// testCase is one clause of the standard. needs is the method without which it
// does not apply; process cases need the connector to be one.
type testCase struct {
	name    string
	needs   string
	asks    bool // applies to a connector that always asks a person, too
	process bool
	run     func(context.Context, *subject) error
}

// cases is the standard, in the order of plugins/STANDARD.md. The names are
// what Waive refers to.
var cases = slices.Concat(
	settingsCases(), searchCases(), fetchCases(), deliverCases(), watchCases(), lifeCases(),
	// Last, because it looks at what all the others have heard.
	[]testCase{{name: "no personal data in errors", asks: true, run: noPersonalDataInErrors}},
)

// applies reports whether c is to be run, given what the connector does.
func (c testCase) applies(s *subject) bool {
	if s.AlwaysAsks && !c.asks || c.process && !s.process {
		return false
	}
	return c.needs == "" || slices.Contains(s.about.Methods, c.needs)
}

func findCase(name string) bool {
	return slices.ContainsFunc(cases, func(c testCase) bool { return c.name == name })
}

// Cases lists the names of all cases, in order.
func Cases() []string {
	names := make([]string, len(cases))
	for i, c := range cases {
		names[i] = c.name
	}
	return names
}

// key makes an idempotency key that this subject has not used.
func (s *subject) key() string {
	s.calls++
	return fmt.Sprintf("conformance-%d", s.calls)
}

func (s *subject) searchFor(p connector.Person) connector.SearchRequest {
	return connector.SearchRequest{Call: s.key(), Unit: s.Unit, Person: p}
}

// known searches for Known and returns the first candidate.
func (s *subject) known(ctx context.Context) (connector.Candidate, error) {
	a, err := s.Search(ctx, s.searchFor(s.Known))
	if err != nil {
		return connector.Candidate{}, fmt.Errorf("searching for Known: %w", err)
	}
	if a.Outcome != connector.Found || len(a.Candidates) == 0 {
		return connector.Candidate{}, fmt.Errorf("searching for Known: outcome %q with %d candidates, want found", a.Outcome, len(a.Candidates))
	}
	return a.Candidates[0], nil
}

// fetchOf is a fetch of the candidate in all of the Spec's categories and its
// period.
func (s *subject) fetchOf(c connector.Candidate) connector.FetchRequest {
	return connector.FetchRequest{
		Call: s.key(), Unit: s.Unit, Ref: c.Ref, Person: s.Known,
		Categories: slices.Clone(s.Categories), Period: s.Period,
	}
}

// wantCode reports an error unless err has one of the codes.
func wantCode(what string, err error, codes ...connector.ErrorCode) error {
	if slices.Contains(codes, connector.CodeOf(err)) {
		return nil
	}
	if err == nil {
		return fmt.Errorf("%s: no error, want code %q", what, codes)
	}
	return fmt.Errorf("%s: error %w has code %q, want %q", what, err, connector.CodeOf(err), codes)
}

// promptly bounds how long a connector may take to notice that nobody waits.
const promptly = 2 * time.Second

// within runs f and reports an error if it takes longer than d. It does not
// wait for f then.
func within(d time.Duration, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("it did not return within %v", d)
	}
}

var errNoSystem = errors.New("the connector says that it always asks a person, and did not")
