package protocol

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
)

// matrixFile is one file of testdata/matrix: rows of one question.
type matrixFile struct {
	About    string         `yaml:"about"`
	Question string         `yaml:"question"`
	Base     map[string]any `yaml:"base"`
	Rows     []matrixRow    `yaml:"rows"`
}

// matrixRow says: given these circumstances, when this is asked, then that.
// Given and when are laid over the file's base; policy is laid over the
// shipped files, by path.
type matrixRow struct {
	Name   string                    `yaml:"name"`
	Policy map[string]map[string]any `yaml:"policy"`
	Given  map[string]any            `yaml:"given"`
	When   map[string]any            `yaml:"when"`
	Then   expectation               `yaml:"then"`
}

// expectation: what is not named is not looked at. A part reads
// "ANSWER CLAUSE... +OBLIGATION...", as much of it as matters.
type expectation struct {
	Answer  string            `yaml:"answer"` // as a part; "fault" for deny(fault)
	Says    string            `yaml:"says"`
	Reasons *int              `yaml:"reasons"`
	Fields  []string          `yaml:"fields"`
	Parts   map[string]string `yaml:"parts"`
}

// TestMatrix runs every row through the shipped rules, and each decision
// through Replay.
func TestMatrix(t *testing.T) {
	files, err := filepath.Glob("testdata/matrix/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no matrix: %v", err)
	}
	rows, questions := 0, map[string]int{}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		dec := yaml.NewDecoder(bytes.NewReader(raw))
		dec.KnownFields(true)
		var file matrixFile
		if err := dec.Decode(&file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		point := newPoint(t, nil)
		seen := map[string]bool{}
		for _, row := range file.Rows {
			rows++
			questions[file.Question]++
			if seen[row.Name] {
				t.Errorf("%s: two rows %q", name, row.Name)
			}
			seen[row.Name] = true
			t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml")+"/"+row.Name, func(t *testing.T) {
				p := point
				if row.Policy != nil {
					p = newPoint(t, func(o *Options) { o.FS = patched(t, row.Policy) })
				}
				input := merge(merge(plain(t, file.Base), plain(t, row.Given)), plain(t, row.When))
				d := put(t, p, file.Question, input)
				row.Then.check(t, d)
				if again, same := p.Replay(context.Background(), d); !same {
					t.Errorf("replay answers %+v, was %+v", again.Verdict, d.Verdict)
				}
			})
		}
	}
	if rows < 80 || len(questions) != 5 {
		t.Errorf("%d rows for %v: the matrix has at least 80 over five questions", rows, questions)
	}
}

func (e expectation) check(t *testing.T, d mash.Decision) {
	t.Helper()
	if e.Answer == "" {
		t.Error("the row expects no answer")
	}
	if got := spell(d.Verdict); !fits(d.Verdict, e.Answer) {
		t.Errorf("answer %q, want %q (%v)", got, e.Answer, d.Reasons)
	}
	if !strings.Contains(strings.Join(d.Reasons, " "), e.Says) {
		t.Errorf("reasons %q do not say %q", d.Reasons, e.Says)
	}
	if e.Reasons != nil && len(d.Reasons) != *e.Reasons {
		t.Errorf("%d reasons, want %d: %q", len(d.Reasons), *e.Reasons, d.Reasons)
	}
	if e.Fields != nil && !slices.Equal(d.Fields, e.Fields) {
		t.Errorf("fields %v, want %v", d.Fields, e.Fields)
	}
	for key, want := range e.Parts {
		v, there := d.Parts[key]
		if !there {
			t.Errorf("no part %q", key)
		} else if !fits(v, want) {
			t.Errorf("part %s is %q, want %q (%v)", key, spell(v), want, v.Reasons)
		}
	}
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

// put asks a point a question whose input is given as data. A member that the
// input does not have is a mistake in the row.
func put(t testing.TB, p *Point, question string, input map[string]any) mash.Decision {
	t.Helper()
	raw, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	switch mash.Question(question) {
	case mash.QuestionAsk:
		return p.Ask(ctx, decode[mash.AskInput](t, raw))
	case mash.QuestionRelease:
		return p.Release(ctx, decode[mash.ReleaseInput](t, raw))
	case mash.QuestionView:
		return p.View(ctx, decode[mash.ViewInput](t, raw))
	case mash.QuestionNotify:
		return p.Notify(ctx, decode[mash.NotifyInput](t, raw))
	case mash.QuestionClose:
		return p.Close(ctx, decode[mash.CloseInput](t, raw))
	}
	t.Fatalf("unknown question %q", question)
	return mash.Decision{}
}

func decode[T any](t testing.TB, raw []byte) T {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var in T
	if err := dec.Decode(&in); err != nil {
		t.Fatal(err)
	}
	return in
}

// plain makes of YAML's maps what JSON's would be.
func plain(t testing.TB, m map[string]any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
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

// patched is the shipped policy with data laid over its files, by path.
func patched(t testing.TB, changes map[string]map[string]any) fstest.MapFS {
	t.Helper()
	files := shipped(t)
	for name, change := range changes {
		file, there := files[name]
		if !there {
			t.Fatalf("no policy file %s", name)
		}
		var tree map[string]any
		if err := yaml.Unmarshal(file.Data, &tree); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(merge(plain(t, tree), plain(t, change)))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: raw} // JSON is YAML
	}
	return files
}
