package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/plugins/connector"
	"mashhub/plugins/host"
)

// TestAConnectorThatHasNotStarted: a node whose connector does not start works
// all the same. The question waits as one that could not be searched, never as
// nothing known or as one for a person; log and pages say why, by a code; and
// when the connector starts, what it can do is known.
func TestAConnectorThatHasNotStarted(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mended, program := filepath.Join(dir, "mended"), filepath.Join(dir, "connector.sh")
	script := fmt.Sprintf("#!/bin/sh\nif [ -e '%s' ]; then exec '%s' serve-connector inbox; fi\necho 'no such user: Tessel' >&2\nexit 7\n", mended, self)
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	digest, err := host.Digest(program)
	if err != nil {
		t.Fatal(err)
	}
	p := perform(t, plot{agencies: []string{"housing"}, node: func(o *NodeOptions) {
		o.Connectors = []ConnectorSpec{{Name: "ledger", Cmd: []string{program}, SHA256: digest,
			Limits: host.Limits{Crashes: 1 << 20, BackoffMax: 50 * time.Millisecond, CallTimeout: time.Second}}}
	}})
	if log := p.notes.String(); !strings.Contains(log, "has not said what it does") || !strings.Contains(log, "code=unavailable") || strings.Contains(log, "Tessel") {
		t.Errorf("the log says:\n%s", log)
	}
	housing := p.at("housing")
	systems := func() node.System {
		all, err := housing.n.Node.Systems(t.Context(), housing.staff())
		p.must(err)
		if len(all) != 1 {
			t.Fatalf("%d systems", len(all))
		}
		return all[0]
	}
	if s := systems(); s.Failure != string(connector.CodeUnavailable) || len(s.Methods) != 0 || !s.Answers {
		t.Errorf("the page would show %+v", s)
	}
	w := p.as("worker")
	r := w.asks(w.opens(nil), "housing")
	p.eventually("the hub hears that it could not be searched", func() bool {
		all := p.returns(r.ID)
		return len(all) > 0 && !all[0].Final && outcome(all[0]).Outcome == mash.SourceUnavailable
	})
	if err := os.WriteFile(mended, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	housing.answers(node.PersonAnswer{Outcome: string(mash.NothingKnown)})
	if o := outcome(p.lands(r)); o.Outcome != mash.NothingKnown {
		t.Errorf("it landed as %s", o.Outcome)
	}
	if s := systems(); s.Failure != "" || len(s.Methods) == 0 {
		t.Errorf("the page would show %+v", s)
	}
}
