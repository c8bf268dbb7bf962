package policytest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"testing/fstest"
	"time"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
	"mashhub/hub/protocol"
)

// Folder of the cases within a policy folder. Each of its files has one root key
// and holds the cases of one question, but for the survivors.
const (
	Folder        = "matrix"
	survivorsFile = "survivors.yaml"
)

// patience is how long one decision may take here, where machines are busy.
const patience = 10 * time.Second

// table is one file of the folder.
type table struct {
	About    string         `yaml:"about"`
	Question mash.Question  `yaml:"question"`
	Hub      string         `yaml:"hub"`
	Base     map[string]any `yaml:"base"`
	Rows     []row          `yaml:"rows"`
}

// row says: given these circumstances, when this is asked, then that. Given and
// when are laid over the file's base; policy is laid over the folder's files, by
// path.
type row struct {
	Name   string                    `yaml:"name"`
	Policy map[string]map[string]any `yaml:"policy"`
	Given  map[string]any            `yaml:"given"`
	When   map[string]any            `yaml:"when"`
	Then   Expectation               `yaml:"then"`
}

// Case is one question with the answer that it must get.
type Case struct {
	File, Name string
	Question   mash.Question
	Hub        string
	Policy     map[string]map[string]any // laid over the folder's files, by path
	Input      map[string]any
	Then       Expectation
}

// Expectation: what is not named is not looked at. A part reads
// "ANSWER CLAUSE... +OBLIGATION...", as much of it as matters.
type Expectation struct {
	Answer  string            `yaml:"answer"` // as a part; "fault" for deny(fault)
	Says    string            `yaml:"says"`
	Reasons *int              `yaml:"reasons"`
	Fields  []string          `yaml:"fields"`
	Parts   map[string]string `yaml:"parts"`
	Tells   map[string]string `yaml:"tells"` // what the reasons of a part say, by its key
}

// Read gives the cases of a policy folder, in order of file. Errors: CodeInvalid
// for a file that cannot be read, an unknown member, two cases of one name, and a
// case that expects no answer.
func Read(files fs.FS) ([]Case, error) {
	names, err := fs.Glob(files, Folder+"/*.yaml")
	if err != nil {
		return nil, err
	}
	var out []Case
	for _, name := range names {
		if path.Base(name) == survivorsFile {
			continue
		}
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		dec := yaml.NewDecoder(bytes.NewReader(raw))
		dec.KnownFields(true)
		var root map[string]table
		if err := dec.Decode(&root); err != nil {
			return nil, mash.Invalid(name, err.Error(), "mend the line that is named")
		}
		if len(root) != 1 {
			return nil, mash.Invalid(name, fmt.Sprintf("has %d root keys", len(root)), "give the file one, as its neighbours have")
		}
		for _, t := range root {
			cases, err := t.cases(name)
			if err != nil {
				return nil, err
			}
			out = append(out, cases...)
		}
	}
	if len(out) == 0 {
		return nil, mash.Invalid(Folder, "has no cases", "copy the folder of the shipped policy, and change its cases to yours")
	}
	return out, nil
}

func (t table) cases(file string) (out []Case, err error) {
	if t.Hub == "" {
		return nil, mash.Invalid(file, "names no hub", "say whose agreements are applied")
	}
	seen := map[string]bool{}
	for _, r := range t.Rows {
		where := file + ": " + r.Name
		switch {
		case r.Name == "" || seen[r.Name]:
			return nil, mash.Invalid(where, "has no name, or that of another", "name each case by a sentence of its own")
		case r.Then.Answer == "":
			return nil, mash.Invalid(where, "expects no answer", "say then: {answer: permit}, deny, review or fault")
		}
		seen[r.Name] = true
		c := Case{File: file, Name: r.Name, Question: t.Question, Hub: t.Hub, Policy: r.Policy, Then: r.Then}
		if c.Input, err = input(t.Base, r.Given, r.When); err != nil {
			return nil, mash.Invalid(where, err.Error(), "mend the case")
		}
		out = append(out, c)
	}
	return out, nil
}

// input lays what a case gives over the base, as JSON has it.
func input(base, given, when map[string]any) (map[string]any, error) {
	var all [3]map[string]any
	for i, m := range []map[string]any{base, given, when} {
		p, err := plain(m)
		if err != nil {
			return nil, err
		}
		all[i] = p
	}
	return merge(merge(all[0], all[1]), all[2]), nil
}

// Trial is a policy that cases are put to. Not safe for concurrent use.
type Trial struct {
	files  fs.FS
	points map[string]*protocol.Point // by hub
	n      atomic.Int64
}

// NewTrial is for a policy folder, which is compiled with the first case.
func NewTrial(files fs.FS) *Trial { return &Trial{files: files, points: map[string]*protocol.Point{}} }

// point compiles the folder for a hub, changed by a case.
func (t *Trial) point(ctx context.Context, c Case) (*protocol.Point, error) {
	if p := t.points[c.Hub]; p != nil && c.Policy == nil {
		return p, nil
	}
	files := t.files
	if c.Policy != nil {
		patched, err := Patch(files, c.Policy)
		if err != nil {
			return nil, err
		}
		files = patched
	}
	p, err := protocol.New(ctx, protocol.Options{FS: files, Where: mash.HubAddress(c.Hub), Epoch: 1, Timeout: patience, Env: mash.Env{
		Now:   func() time.Time { return time.Time{} }, // a question says when it is put
		NewID: func() string { return fmt.Sprintf("decision-%d", t.n.Add(1)) },
	}})
	if err == nil && c.Policy == nil {
		t.points[c.Hub] = p
	}
	return p, err
}

// Try puts a case, and says in what the answer is not as expected: nothing where
// it is. Errors: a policy that cannot be compiled, a case that is no question, and
// what ends ctx.
func (t *Trial) Try(ctx context.Context, c Case) (wrong []string, err error) {
	p, err := t.point(ctx, c)
	if err != nil {
		return nil, err
	}
	d, err := put(ctx, p, c)
	if err != nil {
		return nil, mash.Invalid(c.File+": "+c.Name, err.Error(), "mend the case")
	}
	if err := ctx.Err(); err != nil { // what is interrupted is a fault of nobody's policy
		return nil, err
	}
	wrong = c.Then.differs(d)
	if again, same := p.Replay(ctx, d); !same {
		wrong = append(wrong, fmt.Sprintf("put again it is %q", spell(again.Verdict)))
	}
	return wrong, nil
}

// put asks a question whose input is given as data. A member that the input does
// not have is an error.
func put(ctx context.Context, p *protocol.Point, c Case) (d mash.Decision, err error) {
	raw, err := json.Marshal(c.Input)
	if err != nil {
		return d, err
	}
	switch c.Question {
	case mash.QuestionAsk:
		return ask(ctx, raw, p.Ask)
	case mash.QuestionRelease:
		return ask(ctx, raw, p.Release)
	case mash.QuestionView:
		return ask(ctx, raw, p.View)
	case mash.QuestionNotify:
		return ask(ctx, raw, p.Notify)
	case mash.QuestionClose:
		return ask(ctx, raw, p.Close)
	}
	return d, fmt.Errorf("question %q is not one of ask, release, view, notify and close", c.Question)
}

func ask[In any](ctx context.Context, raw []byte, decide func(context.Context, In) mash.Decision) (mash.Decision, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var in In
	if err := dec.Decode(&in); err != nil {
		return mash.Decision{}, err
	}
	return decide(ctx, in), nil
}

// differs says in what a decision is not as expected.
func (e Expectation) differs(d mash.Decision) (wrong []string) {
	if !fits(d.Verdict, e.Answer) {
		wrong = append(wrong, fmt.Sprintf("the answer is %q, not %q (%s)", spell(d.Verdict), e.Answer, strings.Join(d.Reasons, " ")))
	}
	if !strings.Contains(strings.Join(d.Reasons, " "), e.Says) {
		wrong = append(wrong, fmt.Sprintf("the reasons %q do not say %q", d.Reasons, e.Says))
	}
	if e.Reasons != nil && len(d.Reasons) != *e.Reasons {
		wrong = append(wrong, fmt.Sprintf("there are %d reasons, not %d: %q", len(d.Reasons), *e.Reasons, d.Reasons))
	}
	if e.Fields != nil && !slices.Equal(d.Fields, e.Fields) {
		wrong = append(wrong, fmt.Sprintf("the fields are %v, not %v", d.Fields, e.Fields))
	}
	for _, key := range slices.Sorted(maps.Keys(e.Parts)) {
		want := e.Parts[key]
		v, there := d.Parts[key]
		if !there {
			wrong = append(wrong, fmt.Sprintf("there is no part %q", key))
		} else if !fits(v, want) {
			wrong = append(wrong, fmt.Sprintf("part %s is %q, not %q (%s)", key, spell(v), want, strings.Join(v.Reasons, " ")))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.Tells)) {
		if got := strings.Join(d.Parts[key].Reasons, " "); !strings.Contains(got, e.Tells[key]) {
			wrong = append(wrong, fmt.Sprintf("the reasons of part %s, %q, do not say %q", key, got, e.Tells[key]))
		}
	}
	return wrong
}

// spell writes a verdict as expectations do.
func spell(v mash.Verdict) string {
	words := []string{string(v.Answer)}
	if v.Fault {
		words[0] = "fault"
	}
	words = append(words, v.Clauses...)
	for _, o := range v.Obligations {
		words = append(words, "+"+o.Code)
	}
	return strings.Join(words, " ")
}

// fits reports whether a verdict is as expected: the answer, every clause named
// in that order, and exactly the obligations where any is named. "+none" names
// none.
func fits(v mash.Verdict, want string) bool {
	words := strings.Fields(want)
	got := strings.Fields(spell(v))
	if words[0] != got[0] {
		return false
	}
	var clauses, obligations []string
	for _, w := range words[1:] {
		if strings.HasPrefix(w, "+") {
			obligations = append(obligations, w)
		} else {
			clauses = append(clauses, w)
		}
	}
	if len(v.Clauses) < len(clauses) || !slices.Equal(v.Clauses[:len(clauses)], clauses) {
		return false
	}
	if slices.Equal(obligations, []string{"+none"}) {
		return len(v.Obligations) == 0
	}
	return obligations == nil || slices.Equal(obligations, got[1+len(v.Clauses):])
}

// plain makes of YAML's maps what JSON's would be.
func plain(m map[string]any) (out map[string]any, err error) {
	raw, err := json.Marshal(m)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	return out, err
}

// merge lays over onto base: objects by member, everything else as a whole. A
// member that is null is taken away.
func merge(base, over map[string]any) map[string]any {
	out := maps.Clone(base)
	if out == nil {
		out = map[string]any{}
	}
	for key, value := range over {
		inner, isObject := value.(map[string]any)
		before, wasObject := out[key].(map[string]any)
		switch {
		case value == nil:
			delete(out, key)
		case isObject && wasObject:
			out[key] = merge(before, inner)
		default:
			out[key] = value
		}
	}
	return out
}

// Patch is a policy folder with data laid over its YAML files, by path: objects
// by member, null takes a member away. Errors: CodeInvalid for a path that is no
// such file.
func Patch(files fs.FS, changes map[string]map[string]any) (fs.FS, error) {
	out, err := copied(files)
	if err != nil {
		return nil, err
	}
	for name, change := range changes {
		file, there := out[name]
		if !there {
			return nil, mash.Invalid(name, "is no file of the policy", "name one by its path, as tables/views.yaml")
		}
		var tree map[string]any
		if err := yaml.Unmarshal(file.Data, &tree); err != nil {
			return nil, err
		}
		before, err := plain(tree)
		if err != nil {
			return nil, err
		}
		over, err := plain(change)
		if err != nil {
			return nil, err
		}
		raw, err := json.Marshal(merge(before, over))
		if err != nil {
			return nil, err
		}
		out[name] = &fstest.MapFile{Data: raw} // JSON is YAML
	}
	return out, nil
}

// copied holds a policy folder in memory.
func copied(files fs.FS) (fstest.MapFS, error) {
	out := fstest.MapFS{}
	for _, pattern := range []string{"rego/*.rego", "tables/*.yaml", "agreements/*.yaml"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			b, err := fs.ReadFile(files, name)
			if err != nil {
				return nil, err
			}
			out[name] = &fstest.MapFile{Data: b}
		}
	}
	return out, nil
}
