package connectortest

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"mashhub/plugins/connector"
)

var serving = flag.Bool(servingFlag[1:], false, "serve the connector under test (used by the conformance suite on itself)")

// caseTimeout bounds one case, whatever the connector does.
const caseTimeout = 2 * time.Minute

// Run runs the conformance suite. Call it first thing in a test of its own.
func Run(t *testing.T, spec Spec) {
	t.Helper()
	if *serving {
		// The second life of this test binary, as the plugin.
		connector.Serve(spec.New())
		os.Exit(0)
	}
	if spec.CallTimeout == 0 {
		spec.CallTimeout = 10 * time.Second
	}
	if err := spec.validate(); err != nil {
		t.Fatal(err)
	}
	ways, err := phases(t, spec)
	if err != nil {
		t.Fatal(err)
	}
	needed := map[string]bool{} // waivers that excused something
	for _, p := range ways {
		t.Run(p.name, func(t *testing.T) { runPhase(t, spec, p, needed) })
	}
	for _, name := range stale(spec, needed) {
		if t.Failed() {
			break // the case may not have been reached
		}
		t.Errorf("the case %q passes: remove its waiver", name)
		report(Result{Phase: "all", Case: name, Verdict: Failed, Detail: "stale waiver"})
	}
}

// stale lists the waivers that excused nothing, in any phase.
func stale(spec Spec, needed map[string]bool) []string {
	var names []string
	for name := range spec.Waive {
		if !needed[name] {
			names = append(names, name)
		}
	}
	return names
}

func runPhase(t *testing.T, spec Spec, p phase, needed map[string]bool) {
	s := &subject{Spec: spec, phase: p}
	if !p.process {
		log, restore := capture()
		defer restore()
		s.log = log
	}
	ctx, cancel := context.WithTimeout(t.Context(), caseTimeout)
	defer cancel()
	c, done, err := p.open(ctx, connector.ConfigureRequest{Config: spec.Config, Secrets: spec.Secrets}, spec.CallTimeout)
	if err != nil {
		report(Result{Phase: p.name, Case: "configure", Verdict: Failed, Detail: err.Error()})
		t.Fatalf("configuring: %v", err)
	}
	defer done()
	s.recorder = recording(c)
	if s.about, err = c.Describe(ctx, connector.DescribeRequest{}); err != nil {
		report(Result{Phase: p.name, Case: "describe", Verdict: Failed, Detail: err.Error()})
		t.Fatalf("describing: %v", err)
	}
	for _, c := range cases {
		if !c.applies(s) {
			report(Result{Phase: p.name, Case: c.name, Verdict: NotApplicable})
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), caseTimeout)
			defer cancel()
			err := attempt(ctx, c, s)
			result := Result{Phase: p.name, Case: c.name, Verdict: Passed}
			reason, waived := spec.Waive[c.name]
			switch {
			case err != nil && waived:
				needed[c.name] = true
				result.Verdict, result.Detail = Waived, reason
				t.Logf("waived (%s): %v", reason, err)
			case err != nil:
				result.Verdict, result.Detail = Failed, err.Error()
				t.Error(err)
			}
			report(result)
		})
	}
}

// attempt turns a panic of the connector, in process, into a failed case.
func attempt(ctx context.Context, c testCase, s *subject) (err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("it panicked (the value is not shown: it may hold a row)")
		}
	}()
	return c.run(ctx, s)
}

// Verdict is how a case ended.
type Verdict string

// Verdicts.
const (
	Passed        Verdict = "passed"
	Failed        Verdict = "FAILED"
	Waived        Verdict = "waived"
	NotApplicable Verdict = "not applicable"
)

// Result is one case in one phase.
type Result struct {
	Phase   string  `json:"phase"`
	Case    string  `json:"case"`
	Verdict Verdict `json:"verdict"`
	Detail  string  `json:"detail,omitempty"` // why it failed, or was waived
}

// reportVariable names the file to which Run appends its results, as JSON
// lines. RunCommand sets it, to be sure that the suite was run at all.
const reportVariable = "MASHHUB_CONFORMANCE_REPORT"

func report(r Result) {
	path := os.Getenv(reportVariable)
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer file.Close()
	_ = json.NewEncoder(file).Encode(r)
}
