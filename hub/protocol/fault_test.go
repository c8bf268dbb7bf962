package protocol

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"mashhub/hub/mash"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// faults collects what a point reports.
type faults struct {
	mu     sync.Mutex
	causes []error
}

func (f *faults) tell(_ mash.Decision, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.causes = append(f.causes, err)
}

func (f *faults) last() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.causes) == 0 {
		return nil
	}
	return f.causes[len(f.causes)-1]
}

// withAsk is a policy whose ask rule is body; the other questions are shipped.
func withAsk(t testing.TB, body string) fstest.MapFS {
	files := shipped(t)
	files["rego/ask.rego"] = &fstest.MapFile{Data: []byte("package mash.ask\n\n" + body + "\n")}
	return files
}

const permitAll = `{"answer": "permit", "clauses": ["X-1"], "reasons": ["Because."], "obligations": []}`

// TestFaults asks policies that go wrong. Every one is deny(fault), whole and
// in each part, told to OnFault with its cause, and never says what the input
// was.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		rule string
		want error
		says string
	}{
		"undefined":              {`decision := ` + permitAll + ` if input.actor == "nobody"`, ErrUndefined, ""},
		"not an object":          {`decision := true`, ErrShape, "not an object"},
		"permit as boolean":      {`decision := {"answer": true, "clauses": ["X"], "reasons": ["x"], "obligations": []}`, ErrShape, ""},
		"an answer nobody knows": {`decision := {"answer": "allow", "clauses": ["X"], "reasons": ["x"], "obligations": []}`, ErrShape, ""},
		"no clause":              {`decision := {"answer": "permit", "clauses": [], "reasons": ["x"], "obligations": []}`, ErrShape, "without clause"},
		"no reason":              {`decision := {"answer": "deny", "clauses": ["X"], "reasons": [], "obligations": []}`, ErrShape, "without clause or reason"},
		"calls itself a fault":   {`decision := {"answer": "deny", "fault": true, "clauses": ["X"], "reasons": ["x"], "obligations": []}`, ErrShape, "unknown member"},
		"a number among clauses": {`decision := {"answer": "permit", "clauses": [1], "reasons": ["x"], "obligations": []}`, ErrShape, ""},
		"an empty reason":        {`decision := {"answer": "permit", "clauses": ["X"], "reasons": [""], "obligations": []}`, ErrShape, ""},
		"obligations as text":    {`decision := {"answer": "permit", "clauses": ["X"], "reasons": ["x"], "obligations": "none"}`, ErrShape, ""},
		"an obligation nobody implements": {`decision := {"answer": "permit", "clauses": ["X"], "reasons": ["x"], "obligations": [{"code": "burn_after_reading"}]}`,
			errObligation, ""},
		"an answer to something not asked": {"v := " + permitAll + "\n\ndecision := object.union(v, {\"parts\": {\"stranger\": v}})", ErrShape, "not asked"},
		"parts as a list":                  {"v := " + permitAll + "\n\ndecision := object.union(v, {\"parts\": [v]})", ErrShape, "parts are not"},
		"a part of the wrong shape":        {"v := " + permitAll + "\n\ndecision := object.union(v, {\"parts\": {\"subject-1\": {\"answer\": \"permit\"}}})", ErrShape, ""},
		"fields beside a deny":             {`decision := {"answer": "deny", "clauses": ["X"], "reasons": ["x"], "obligations": [], "fields": ["names"]}`, ErrShape, "fields beside"},
		"two answers":                      {"decision := " + permitAll + "\n\ndecision := {\"answer\": \"deny\", \"clauses\": [\"X\"], \"reasons\": [\"x\"], \"obligations\": []}", nil, "eval_conflict_error"},
		"a function that fails":            {"v := " + permitAll + "\n\ndecision := object.union(v, {\"parts\": {}}) if not refused\n\nrefused if to_number(input.actor) > 3", nil, "eval_builtin_error at rego/ask.rego"},
		"a key that means two things":      {"decision := object.union(" + permitAll + ", {\"parts\": {k: n | some n in [1, 2]; k := \"subject-1\"}})", nil, "eval_conflict_error"},
	} {
		t.Run(name, func(t *testing.T) {
			var told faults
			p := newPoint(t, func(o *Options) { o.FS, o.OnFault = withAsk(t, c.rule), told.tell })
			d := p.Ask(context.Background(), askPolice())
			if d.Answer != mash.Deny || !d.Fault || len(d.Fields) != 0 || len(d.Clauses) != 0 || len(d.Reasons) != 1 {
				t.Errorf("answer %+v", d.Verdict)
			}
			if len(d.Parts) != 4 {
				t.Errorf("%d parts, want each of the four", len(d.Parts))
			}
			for key, v := range d.Parts {
				if v.Answer != mash.Deny || !v.Fault {
					t.Errorf("part %s: %+v", key, v)
				}
			}
			err := told.last()
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("told %v, want %v saying %q", err, c.want, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "worker-1") {
				t.Errorf("the cause quotes the input: %v", err)
			}
			if d.ID == "" || d.PolicyVersion == "" || d.InputSchema != "ask/1" || len(d.Input) == 0 {
				t.Errorf("a fault is recorded like any decision: %+v", d)
			}
		})
	}
}

// TestOddPart: one part that cannot be used is a fault of its own, and loud;
// the others stand.
func TestOddPart(t *testing.T) {
	for name, rule := range map[string]string{
		"missing":            `{"subject-1": v, "household-1": v, "police.crime": v}`,
		"unknown obligation": `{"subject-1": v, "household-1": v, "police.crime": v, "police.domestic_incident": object.union(v, {"obligations": [{"code": "burn"}]})}`,
	} {
		t.Run(name, func(t *testing.T) {
			var told faults
			p := newPoint(t, func(o *Options) {
				o.FS, o.OnFault = withAsk(t, "v := "+permitAll+"\n\ndecision := object.union(v, {\"parts\": "+rule+"})"), told.tell
			})
			d := p.Ask(context.Background(), askPolice())
			if d.Answer != mash.Permit || d.Part("subject-1").Answer != mash.Permit {
				t.Errorf("answer %+v, part %+v", d.Verdict, d.Part("subject-1"))
			}
			if v := d.Part("police.domestic_incident"); v.Answer != mash.Deny || !v.Fault {
				t.Errorf("odd part %+v", v)
			}
			if told.last() == nil {
				t.Error("nobody was told")
			}
		})
	}
}

// TestSharedKey: two items with one id. Whatever is said of one must not be
// taken for the other.
func TestSharedKey(t *testing.T) {
	p := newPoint(t, nil)
	in := releasePolice()
	in.Items[1].ID = in.Items[0].ID
	in.Items = append(in.Items, mash.ItemInput{ID: "i3", Person: "subject-1", Category: "police.crime", Date: "2026-09-01", AgeDays: 82, Handling: "P", Band: "match"})
	d := p.Release(context.Background(), in)
	if v := d.Part("item:i1"); v.Answer != mash.Deny || !v.Fault {
		t.Errorf("shared id: %+v", v)
	}
	// Nor does one that goes let a hidden category be told of while the other stays.
	in = releaseOf(2)
	in.Items[0].Category, in.Items[1].Category = "police.intelligence", "police.intelligence"
	in.Items[1].ID, in.Items[1].Band = in.Items[0].ID, "none"
	d = p.Release(context.Background(), in)
	if v := d.Part("item:item-0"); v.Answer != mash.Deny || !v.Fault {
		t.Errorf("shared id of a hidden category: %+v", v)
	}
	if v := d.Part("existence:subject-1:police.intelligence"); v.Answer != mash.Deny {
		t.Errorf("hidden category with a shared id: %+v", v)
	}
	// The same thing named twice is the same thing.
	in = releasePolice()
	in.Held = append(in.Held, in.Held[0])
	if v := p.Release(context.Background(), in).Part("existence:subject-1:police.domestic_incident"); v.Answer != mash.Permit {
		t.Errorf("named twice: %+v", v)
	}
}

// TestTimeout: an expensive rule ends at the deadline; meanwhile others are
// answered, and the point works again afterwards.
func TestTimeout(t *testing.T) {
	var told faults
	slow := `n := [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]

decision := object.union(` + permitAll + `, {"fields": [], "parts": {}}) if {
	input.actor == "worker-1"
	count([1 | some a in n; some b in n; some c in n; some d in n; some e in n; some f in n; a + b + c + d + e + f < 0]) == 0
}
`
	p := newPoint(t, func(o *Options) { o.FS, o.OnFault, o.Timeout = withAsk(t, slow), told.tell, 60*time.Millisecond })
	start := time.Now()
	d := p.Ask(context.Background(), askPolice())
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if !d.Fault || !errors.Is(told.last(), ErrTimeout) {
		t.Errorf("answer %+v, told %v", d.Verdict, told.last())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if d := p.Ask(ctx, askPolice()); !d.Fault || !errors.Is(told.last(), ErrTimeout) {
		t.Errorf("a caller that went away: %+v, told %v", d.Verdict, told.last())
	}
	for p.abandoned.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
	p.abandoned.Store(maxAbandoned)
	if d := p.Release(context.Background(), releasePolice()); !d.Fault || !errors.Is(told.last(), ErrBusy) {
		t.Errorf("when too many are left behind: %+v, told %v", d.Verdict, told.last())
	}
	p.abandoned.Store(0)
}

// TestRefusedPolicies: a policy with something wrong in it is never put in
// force.
func TestRefusedPolicies(t *testing.T) {
	change := func(name, content string) func(fstest.MapFS) {
		return func(files fstest.MapFS) { files[name] = &fstest.MapFile{Data: []byte(content)} }
	}
	ask := func(body string) func(fstest.MapFS) {
		return change("rego/ask.rego", "package mash.ask\n\n"+body+"\n")
	}
	remove := func(names ...string) func(fstest.MapFS) {
		return func(files fstest.MapFS) {
			for _, name := range names {
				delete(files, name)
			}
		}
	}
	swap := func(name, old, new string) func(fstest.MapFS) {
		return func(files fstest.MapFS) {
			text := string(files[name].Data)
			if !strings.Contains(text, old) {
				panic("nothing to change in " + name)
			}
			files[name] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, new, 1))}
		}
	}
	p := newPoint(t, nil)
	before := p.Version()
	for name, c := range map[string]struct {
		change func(fstest.MapFS)
		says   string
	}{
		"syntax":                      {ask("decision := {"), "parsing policy"},
		"unsafe variable":             {ask("decision := x"), "unsafe"},
		"no answer to a question":     {remove("rego/close.rego"), `no rule answers "close"`},
		"answer renamed":              {ask("verdict := 1"), `no rule answers "ask"`},
		"http.send":                   {ask(`decision := http.send({"method": "get", "url": "http://127.0.0.1"})`), "undefined function http.send"},
		"the clock":                   {ask(`decision := time.now_ns()`), "undefined function time.now_ns"},
		"randomness":                  {ask(`decision := rand.intn("x", 5)`), "undefined function rand.intn"},
		"an id of its own":            {ask(`decision := uuid.rfc4122("x")`), "undefined function uuid.rfc4122"},
		"the environment":             {ask(`decision := opa.runtime()`), "undefined function opa.runtime"},
		"the network":                 {ask(`decision := net.lookup_ip_addr("x")`), "undefined function net.lookup_ip_addr"},
		"a range":                     {ask(`decision := numbers.range(1, input.n)`), "undefined function numbers.range"},
		"a shift":                     {ask(`decision := bits.lsh(1, input.n)`), "undefined function bits.lsh"},
		"a pattern":                   {ask(`decision := regex.match("(a+)+$", input.actor)`), "undefined function regex.match"},
		"a walk":                      {ask("decision := [x | walk(input, [x, _])]"), "undefined function walk"},
		"agreement that is missing":   {remove("agreements/mash-fernshire.yaml"), `agreement "mash-fernshire" is missing`},
		"all agreements missing":      {remove("agreements/mash-fernshire.yaml", "agreements/encompass-fernshire.yaml"), "agreements"},
		"agreement of another hub":    {swap("agreements/encompass-fernshire.yaml", "  hub: fernshire", "  hub: elsewhere"), "is another hub's"},
		"no tables":                   {change("tables/register.yaml", "[]"), "tables/register.yaml"},
		"two root keys":               {change("tables/more.yaml", "a: 1\nb: 2\n"), "2 root keys"},
		"a root key twice":            {change("tables/more.yaml", "law: {}\n"), `"law" is taken`},
		"a key twice":                 {swap("tables/law.yaml", "  CA1989-s47:\n", "  CA1989-s17:\n"), "already defined"},
		"a clause that is missing":    {swap("agreements/mash-fernshire.yaml", "    MF-7.2: {text", "    MF-7.2x: {text"), `clause "MF-7.2" is missing`},
		"a law without source":        {swap("tables/law.yaml", "    source: https://www.legislation.gov.uk/ukpga/1989/41/section/17\n", ""), "source is missing"},
		"a law that is missing":       {swap("tables/law.yaml", "  CA1989-s47:", "  CA1989-s47x:"), `law "CA1989-s47" is missing`},
		"a rule without sentence":     {swap("tables/reasons.yaml", "  age_limit:", "  age_limitx:"), "rule age_limit has no sentence"},
		"agreement without its dates": {swap("agreements/mash-fernshire.yaml", `  expires: "2029-12-31" # last day`, ""), "expires is missing"},
		"no catalogue":                {remove("tables/catalogue.yaml"), "catalogue of categories is missing"},
		"a category without label":    {swap("tables/catalogue.yaml", `{label: "police bail conditions", `, "{"), "category police.bail: label is missing"},
		"handling codes as a list":    {swap("agreements/mash-fernshire.yaml", "      handling:\n        P: {}\n        C: {originator_control: true}\n", "      handling: [P, C]\n"), "handling is not a table"},
		"agreement under another id":  {swap("agreements/mash-fernshire.yaml", "mash-fernshire:", "mash-elsewhere:"), "is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			files := shipped(t)
			c.change(files)
			err := p.Swap(context.Background(), files, 2)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v, want one saying %q", err, c.says)
			}
			if p.Version() != before || p.Epoch() != 1 {
				t.Error("a refused policy is in force")
			}
			if d := p.Ask(context.Background(), askPolice()); d.Answer != mash.Permit {
				t.Errorf("the policy before does not decide any more: %+v", d.Verdict)
			}
		})
	}
}
