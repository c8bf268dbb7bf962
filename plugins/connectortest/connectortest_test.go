package connectortest

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"mashhub/plugins/connector"
)

func TestMain(m *testing.M) {
	// A mutant that overstays its wait is left behind on purpose.
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(deliveries())
		os.Exit(code)
	}), goleak.IgnoreAnyFunction("mashhub/plugins/connectortest.(*reference).Watch"))
}

func TestReferenceConforms(t *testing.T) {
	Run(t, referenceSpec(""))
}

// verdict runs one case in one phase. The case that looks at what the others
// have heard is run after all of them.
func verdict(t *testing.T, spec Spec, p phase, name string) (ran bool, verdict error) {
	t.Helper()
	s := &subject{Spec: spec, phase: p}
	log, restore := capture()
	defer restore()
	s.log = log
	c, done, err := p.open(t.Context(), connector.ConfigureRequest{Config: spec.Config, Secrets: spec.Secrets}, spec.CallTimeout)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	s.recorder = recording(c)
	if s.about, err = c.Describe(t.Context(), connector.DescribeRequest{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.applies(s) && (c.name == name || name == cases[len(cases)-1].name) {
			ran, verdict = true, attempt(t.Context(), c, s)
		}
	}
	return ran, verdict
}

// Every clause that can be broken is broken once, and the case for it notices.
func TestTheSuiteNotices(t *testing.T) {
	mutants := map[string]string{
		"version":           "describe",
		"schema open":       "settings schema",
		"careless":          "wrong settings are refused",
		"lenient":           "unknown setting is refused",
		"undeclared method": "methods left out",
		"sick":              "health",
		"bare candidate":    "search finds a known person",
		"finds anybody":     "search knows nothing of a stranger",
		"lists everybody":   "an empty question finds nobody",
		"empty is none":     "an empty question finds nobody",
		"limit":             "the limit is kept",
		"unknown unit":      "an unknown unit is not an empty one",
		"fickle search":     "the same search, the same answer",
		"deaf":              "a cancelled search ends",
		"found nothing":     "only the period asked for",
		"no source":         "fetch returns sound items",
		"one id":            "fetch returns sound items",
		"names author":      "fetch returns sound items",
		"all categories":    "only the categories asked for",
		"all periods":       "only the period asked for",
		"end excluded":      "only the period asked for",
		"other person":      "only the person asked about",
		"any ref":           "an unknown reference is nobody's",
		"fickle fetch":      "the same fetch, the same answer",
		"deaf fetch":        "a cancelled fetch ends",
		"delivers twice":    "the same delivery, once",
		"other reference":   "the same delivery, once",
		"delivers nothing":  "another delivery, too",
		"all at once":       "the same delivery at the same time",
		"stuck cursor":      "a watch goes on after its cursor",
		"overstays":         "a watch goes on after its cursor",
		"deaf watch":        "a watch ends when nobody waits",
		"tells":             "no personal data in errors",
		"logs names":        "no personal data in errors",
	}
	caught := map[string]bool{}
	for spoil, name := range mutants {
		spec := referenceSpec(spoil)
		ran, err := verdict(t, spec, inProcess(spec), name)
		if !ran || err == nil {
			t.Errorf("a connector that is %q passes %q", spoil, name)
			continue
		}
		caught[name] = true
		if strings.Contains(err.Error(), "Tessel") || strings.Contains(err.Error(), "999000") {
			t.Errorf("%q: the verdict repeats personal data: %v", spoil, err)
		}
	}
	spec := referenceSpec("latin1")
	if _, err := verdict(t, spec, overGRPC(spec), "fetch returns sound items"); err == nil {
		t.Error("text that is not UTF-8 passes")
	}
	// Cases that no mutant breaks are named here, so that a new one cannot be
	// forgotten.
	unbroken := map[string]bool{
		"no categories, no items": true,                                // broken by "all categories", which an earlier case names
		"calls at the same time":  true,                                // a race, caught by the race detector
		"always asks a person":    true,                                // see TestAlwaysAsks
		"killed during calls":     true, "stopped during a call": true, // see TestTheHostIsTested
		"the same delivery after a kill": true, // needs a process; broken like the one before it
	}
	for _, name := range Cases() {
		if !caught[name] && !unbroken[name] {
			t.Errorf("no mutant breaks %q", name)
		}
	}
}

// inbox has no system behind it.
type inbox struct{ connector.Unimplemented }

func (inbox) Describe(context.Context, connector.DescribeRequest) (connector.DescribeResponse, error) {
	return connector.DescribeResponse{Kind: "inbox", Version: "1.0.0", Methods: []string{"search"},
		ConfigSchema: []byte(`{"type":"object","additionalProperties":false}`)}, nil
}

func (inbox) Configure(_ context.Context, q connector.ConfigureRequest) (connector.ConfigureResponse, error) {
	if string(q.Config) != "{}" {
		return connector.ConfigureResponse{}, connector.Errorf(connector.CodeInvalid, "there is nothing to set")
	}
	return connector.ConfigureResponse{}, nil
}

func (inbox) Search(ctx context.Context, q connector.SearchRequest) (connector.SearchResponse, error) {
	return connector.SearchResponse{Outcome: connector.AskPerson, Unit: q.Unit}, ctx.Err()
}

func TestAlwaysAsks(t *testing.T) {
	spec := Spec{New: func() connector.Connector { return inbox{} }, Config: []byte(`{}`), AlwaysAsks: true}
	Run(t, spec)
	liar := referenceSpec("")
	liar.AlwaysAsks = true
	if _, err := verdict(t, liar, inProcess(liar), "always asks a person"); err == nil {
		t.Error("a connector that answers by itself passes as one that always asks")
	}
}

// A waiver excuses the case that it names, in a connector that needs it.
func TestWaiver(t *testing.T) {
	spec := referenceSpec("limit")
	spec.Waive = map[string]string{"the limit is kept": "the case system returns pairs of records"}
	spec.inProcessOnly = true
	Run(t, spec)
	spec.Waive["health"] = "not needed any more"
	if got := stale(spec, map[string]bool{"the limit is kept": true}); len(got) != 1 || got[0] != "health" {
		t.Errorf("stale waivers %v, want health", got)
	}
}

func TestSpecIsChecked(t *testing.T) {
	for lacks, spoil := range map[string]func(*Spec){
		"New":         func(s *Spec) { s.New = nil },
		"Config":      func(s *Spec) { s.Config = nil },
		"UnknownUnit": func(s *Spec) { s.UnknownUnit = "" },
		"a reason":    func(s *Spec) { s.Waive = map[string]string{"health": " "} },
		"a case":      func(s *Spec) { s.Waive = map[string]string{"heath": "typo"} },
		"only one":    func(s *Spec) { s.Main, s.Cmd = ".", []string{"x"} },
	} {
		spec := referenceSpec("")
		spoil(&spec)
		if err := spec.validate(); err == nil || !strings.Contains(err.Error(), lacks) {
			t.Errorf("%s: %v", lacks, err)
		}
	}
	for method, spoil := range map[string]func(*Spec){
		"search":  func(s *Spec) { s.Unknown.Key = "" },
		"fetch":   func(s *Spec) { s.Categories = nil },
		"deliver": func(s *Spec) { s.Deliver = nil },
		"watch":   func(s *Spec) { s.Events = 0 },
	} {
		spec := referenceSpec("")
		spoil(&spec)
		if spec.fixtures([]string{method}) == nil {
			t.Errorf("%s: nothing is missing", method)
		}
	}
	names := slices.Sorted(maps.Keys(func() map[string]bool {
		m := map[string]bool{}
		for _, n := range Cases() {
			m[n] = true
		}
		return m
	}()))
	if len(names) != len(Cases()) {
		t.Error("two cases of one name")
	}
}

// The standard names every case, so that whoever reads a verdict finds the
// clause.
func TestTheStandardNamesEveryCase(t *testing.T) {
	page, err := os.ReadFile("../STANDARD.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Cases() {
		if !strings.Contains(string(page), "**"+name+"**") {
			t.Errorf("plugins/STANDARD.md has no clause **%s**", name)
		}
	}
}
