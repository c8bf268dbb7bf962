package agreement

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
	"mashhub/policies"
)

var update = flag.Bool("update", false, "write the documents in testdata anew")

const shippedFile = "agreements/mash-fernshire.yaml"

var shippedOrigin = Origin{Version: "sha256:0000", Standing: "This version is in force."}

func explained(t *testing.T, files fs.FS, id string) Document {
	t.Helper()
	d, err := Explain(files, id, shippedOrigin)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestShippedDocuments holds the words of the shipped agreements' documents. The
// digests of the files are left out: they change with every comment.
func TestShippedDocuments(t *testing.T) {
	for _, id := range []string{"mash-fernshire", "encompass-fernshire"} {
		d := explained(t, policies.FS, id)
		if len(d.Files) != 6 || len(d.Also) != 0 {
			t.Errorf("%s: %d files, and without words: %v", id, len(d.Files), d.Also)
		}
		d.Files = nil
		got, path := d.Markdown(), filepath.Join("testdata", id+".md")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || got != string(want) {
			t.Errorf("%s is not what %s holds (go test ./hub/agreement -run TestShippedDocuments -args -update): %v", id, path, err)
		}
		again, err := json.Marshal(explained(t, policies.FS, id))
		if first, _ := json.Marshal(explained(t, policies.FS, id)); err != nil || string(first) != string(again) {
			t.Errorf("%s: twice the same is not the same: %v", id, err)
		}
	}
}

// changed gives the shipped files with one file's tree changed.
func changed(t *testing.T, path string, change func(root *yaml.Node)) fs.FS {
	t.Helper()
	files, err := Files(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(files[path]), &n); err != nil {
		t.Fatal(err)
	}
	change(n.Content[0].Content[1])
	b, err := yaml.Marshal(&n)
	if err != nil {
		t.Fatal(err)
	}
	files[path] = string(b)
	return FS(files)
}

// TestNothingIsDroppedSilently: whatever in the agreement is changed, added or
// taken out, the document is another. What is signed is all that is enforced.
func TestNothingIsDroppedSilently(t *testing.T) {
	for _, path := range []string{shippedFile, "agreements/encompass-fernshire.yaml"} {
		id := strings.TrimSuffix(filepath.Base(path), ".yaml")
		text := func(f fs.FS) string {
			d := explained(t, f, id)
			d.Files = nil
			return d.Markdown()
		}
		shipped, tried := text(policies.FS), 0
		try := func(what string, steps []int, change func(n *yaml.Node)) {
			t.Helper()
			tried++
			got := text(changed(t, path, func(root *yaml.Node) {
				n := root
				for _, i := range steps {
					n = n.Content[i]
				}
				change(n)
			}))
			if got == shipped {
				t.Errorf("%s: %s, and the document says the same", id, what)
			}
		}
		var walk func(n *yaml.Node, at string, steps []int)
		walk = func(n *yaml.Node, at string, steps []int) {
			if n.Kind == yaml.ScalarNode {
				try(at+" is another", steps, func(n *yaml.Node) {
					switch n.ShortTag() {
					case "!!bool":
						n.Value = map[string]string{"true": "false", "false": "true"}[n.Value]
					case "!!int":
						n.Value += "1"
					default:
						n.Value += "x"
					}
				})
			}
			if n.Kind == yaml.MappingNode {
				try(at+" has a key more", steps, func(n *yaml.Node) {
					n.Style = 0
					n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "zz_unheard_of"}, &yaml.Node{Kind: yaml.ScalarNode, Value: "yes it is"})
				})
			}
			for i, c := range n.Content {
				if n.Kind == yaml.MappingNode && i%2 == 0 {
					continue
				}
				name := fmt.Sprint(i)
				if n.Kind == yaml.MappingNode {
					name = n.Content[i-1].Value
				}
				walk(c, at+" "+name, append(steps[:len(steps):len(steps)], i))
			}
		}
		var root *yaml.Node
		changed(t, path, func(n *yaml.Node) { root = n })
		walk(root, "", nil)
		if tried < 60 {
			t.Errorf("%s: %d changes were tried", id, tried)
		}
	}
}

// TestAlsoInTheFile: a key that nobody has words for stands there with its place,
// in the agreement and in what the tables say of its categories and laws.
func TestAlsoInTheFile(t *testing.T) {
	add := func(keys ...string) func(*yaml.Node) {
		return func(root *yaml.Node) {
			n := at(root, keys...)
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "unheard_of"}, &yaml.Node{Kind: yaml.ScalarNode, Value: "all of it"})
		}
	}
	for place, f := range map[string]fs.FS{
		"unheard_of":                                       changed(t, shippedFile, add()),
		"pairs, fernshire/police, unheard_of":              changed(t, shippedFile, add("pairs", "fernshire/police")),
		"pairs, fernshire/police, handling, P, unheard_of": changed(t, shippedFile, add("pairs", "fernshire/police", "handling", "P")),
		"clauses, MF-3.1, unheard_of":                      changed(t, shippedFile, add("clauses", "MF-3.1")),
		"catalogue: police.crime, unheard_of":              changed(t, "tables/catalogue.yaml", add("police.crime")),
		"law: CA1989-s47, unheard_of":                      changed(t, "tables/law.yaml", add("CA1989-s47")),
	} {
		d := explained(t, f, "mash-fernshire")
		if len(d.Also) != 1 || d.Also[0] != (Fact{place, "all of it"}) || !strings.Contains(d.Markdown(), place+" | all of it") {
			t.Errorf("%s: %v", place, d.Also)
		}
	}
	d := explained(t, changed(t, "tables/catalogue.yaml", add("enquiry.content")), "mash-fernshire")
	if len(d.Also) != 0 {
		t.Errorf("a category that the agreement does not name: %v", d.Also)
	}
	// What only looks like what it should be is not said to be that.
	d = explained(t, changed(t, shippedFile, func(root *yaml.Node) { at(root, "purposes", "s17", "dispensation").SetString("true") }), "mash-fernshire")
	if len(d.Also) != 1 || d.Purposes[1].Needs[1] != "Nobody may go on without it." {
		t.Errorf("a word instead of a truth value: %v, %v", d.Also, d.Purposes[1].Needs)
	}
}

// TestNotMoreThanIsEnforced: the document lets nothing happen that the rules do
// not, where the agreement only looks as if it did.
func TestNotMoreThanIsEnforced(t *testing.T) {
	d := explained(t, changed(t, shippedFile, func(root *yaml.Node) {
		at(root, "pairs", "fernshire/health", "categories", "health.camhs", "s17").SetString("existence")
		n := at(root, "purposes", "s47")
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "dispensation"}, &yaml.Node{Kind: yaml.ScalarNode, Value: "true"})
	}), "mash-fernshire")
	if words := d.Parties[2].Rows[6].Words["s17"]; words != hiddenWords {
		t.Errorf("that something is held is the thing, and the document says %q", words)
	}
	if len(d.Purposes[0].Needs) != 1 || len(d.Also) != 1 {
		t.Errorf("a section 47 decision is dispensed with: %v, %v", d.Purposes[0].Needs, d.Also)
	}
	for _, line := range strings.Split(d.Markdown(), "\n") {
		if strings.HasPrefix(line, "An answer may go back") && strings.Contains(line, "refuge") {
			t.Errorf("what is never shared may go back: %s", line)
		}
	}
}

// TestUnits: what a unit narrows is in the document.
func TestUnits(t *testing.T) {
	d := explained(t, changed(t, shippedFile, func(root *yaml.Node) {
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(`{"999001": {status: active, categories: {education.concern: existence}}, "999002": {status: suspended}}`), &n); err != nil {
			t.Fatal(err)
		}
		*at(root, "pairs", "fernshire/schools", "units") = *n.Content[0]
	}), "mash-fernshire")
	text := d.Markdown()
	for _, want := range []string{"999001 | Active. School concerns: no more than “Only that something is held”, for every purpose", "999002 | Suspended: nothing is asked or shared"} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
	if len(d.Also) != 0 {
		t.Error(d.Also)
	}
}

// TestOddAgreements: whatever stands there, there is a document or an error.
func TestOddAgreements(t *testing.T) {
	files, err := Files(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	huge := strings.Builder{}
	for i := range 3000 {
		fmt.Fprintf(&huge, "    hub/agency%d: {name: %s, status: active, fields: [names], categories: {police.crime: {s47: content}}}\n", i, strings.Repeat("long", 1+i%40))
	}
	for name, text := range map[string]string{
		"nothing": "odd: {}\n", "a word": "odd: word\n", "a list": "odd: [a, {b: c}]\n", "null": "odd:\n",
		"everything of another shape": "odd: {title: [x], purposes: [s47], pairs: word, clauses: {A: word, B: [x]}, rules: {expired: {a: b}, content: 7}, retention: 9, settings: {hub: x}, obligations: [x], closing: {plan_days: many}, feedback: yes}\n",
		"pairs of another shape":      "odd: {purposes: {s47: }, pairs: {a: , b: word, c/d: {fields: word, units: {u: word, v: }, age_limit: 7, handling: [P], categories: {police.crime: word, x.y: {s47: everything}}}}}\n",
		"many":                        "odd:\n  hub: hub\n  purposes: {s47: {basis: s47}}\n  pairs:\n" + huge.String(),
	} {
		files["agreements/odd.yaml"] = text
		d := explained(t, FS(files), "odd")
		if out := d.Markdown(); !strings.Contains(out, "# Signatures") || d.Title != "odd" {
			t.Errorf("%s: %s", name, out)
		}
		if strings.HasPrefix(name, "everything") && len(d.Also) < 10 {
			t.Errorf("%s: only %v is without words", name, d.Also)
		}
	}
	files["agreements/odd.yaml"] = "odd: {title: &a x, kind: *a}\n"
	if _, err := Explain(FS(files), "odd", Origin{}); mash.CodeOf(err) != mash.CodeInvalid {
		t.Errorf("an alias: %v", err)
	}
	if _, err := Explain(policies.FS, "nothing", Origin{}); mash.CodeOf(err) != mash.CodeNotFound {
		t.Errorf("no such agreement: %v", err)
	}
}

// TestRulesOfTheDocument: what it says of rules is what the rules do.
func TestRulesOfTheDocument(t *testing.T) {
	files, err := Files(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	rego := ""
	for path, text := range files {
		if strings.HasPrefix(path, "rego/") {
			rego += text
		}
	}
	for _, rule := range reviewRules {
		if !strings.Contains(rego, `"review", "`+rule+`"`) && !strings.Contains(rego, `doubt(item) := "`+rule+`"`) && !strings.Contains(rego, `else := "`+rule+`"`) {
			t.Errorf("no rule has a person decide by %s", rule)
		}
	}
	for _, rule := range withheldRules {
		if !strings.Contains(rego, `"`+rule+`"`) {
			t.Errorf("no rule withholds by %s", rule)
		}
	}
	if !strings.Contains(rego, `owed(item, "originator_control") if item.category == "`+alwaysControlled+`"`) {
		t.Errorf("no rule binds %s whatever its code", alwaysControlled)
	}
	for _, o := range knownObligations {
		if !strings.Contains(rego, `{"code": "`+o+`"}`) {
			t.Errorf("no rule obliges to %s", o)
		}
	}
}
