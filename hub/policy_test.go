package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mashhub/policies"
)

// policyCopy is a copy of the shipped folder, with one text replaced in one file.
func policyCopy(t *testing.T, file, from, to string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, policies.FS); err != nil {
		t.Fatal(err)
	}
	if file == "" {
		return dir
	}
	path := filepath.Join(dir, file)
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), from) {
		t.Fatalf("%s has no %q: %v", file, from, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

const (
	mashFile = "agreements/mash-fernshire.yaml"
	cellWas  = "police.crime: {s47: content, s17: content, early_help: existence}"
	cellMore = "police.crime: {s47: content, s17: content, early_help: content}"
)

// TestPolicyCommands: a folder is checked, tried and compared, and what is wrong
// with it is named.
func TestPolicyCommands(t *testing.T) {
	same, wider := policyCopy(t, "", "", ""), policyCopy(t, mashFile, cellWas, cellMore)
	old := policyCopy(t, mashFile, "age_limit: {days: 2192", "age_limit: {days: 3000")
	status, out, problem := typed(t, "policy", "check", "--json")
	var shipped struct {
		Version string
		Pairs   []struct{ Agreement, Pair, Name string }
	}
	if err := json.Unmarshal([]byte(out), &shipped); status != 0 || err != nil || len(shipped.Pairs) < 10 || shipped.Pairs[0].Pair == "" {
		t.Fatalf("status %d, %v, %q, %q", status, err, out, problem)
	}
	if _, out, _ = typed(t, "policy", "check", same); !strings.Contains(out, shipped.Version) {
		t.Errorf("a copy is another version: %q", out)
	}
	for _, c := range []struct {
		name, say string
		args      []string
		status    int
	}{
		{"the shipped folder", "0 failed", []string{"policy", "test"}, 0},
		{"a case that the change does not meet", "exactly six years", []string{"policy", "test", policyCopy(t, mashFile, "age_limit: {days: 2192", "age_limit: {days: 2191")}, exitFailed},
		{"as JSON", `"failed":[{"case":"matrix/release.yaml`, []string{"policy", "test", "--json", old}, exitFailed},
		{"no difference", "Nothing is decided otherwise.", []string{"policy", "diff", "-", same}, 0},
		{"what shares more", "Shares more: For early help, Fernshire Police may share police crime records", []string{"policy", "diff", "-", wider}, 0},
		{"what shares less", "For early help", []string{"policy", "diff", wider, same}, 0},
		{"no difference, as JSON", `{"changes":[]}`, []string{"policy", "diff", "-", same, "--json"}, 0},
		{"one rule of one file", "0 missed", []string{"policy", "mutate", "--only", "rego/close.rego: told"}, 0},
		{"as JSON", `"survivors":[]`, []string{"policy", "mutate", "--only", "rego/close.rego: told", "--json"}, 0},
		{"the document", "| Police warnings | May be shared | May be shared | Only that something is held |", []string{"policy", "show", "--agreement", "mash-fernshire"}, 0},
		{"of the change", "| Police crime records | May be shared | May be shared | May be shared |", []string{"policy", "show", wider, "--agreement", "mash-fernshire"}, 0},
		{"as JSON", `"version":"sha256:`, []string{"policy", "show", "--agreement", "mash-fernshire", "--json"}, 0},
		{"as PDF", "", []string{"policy", "show", "--agreement", "mash-fernshire", "--pdf", filepath.Join(same, "out.pdf")}, 0},
		{"the schema", `"$schema": "https://json-schema.org/draft/2020-12/schema"`, []string{"policy", "schema"}, 0},
	} {
		status, out, problem := typed(t, c.args...)
		if status != c.status || !strings.Contains(out, c.say) {
			t.Errorf("%s: status %d, %q, %q", c.name, status, out, problem)
		}
	}
	if b := pdfOf(t, filepath.Join(same, "out.pdf")); !strings.HasPrefix(string(b), "%PDF-") {
		t.Errorf("it is no PDF: %.20q", b)
	}
	if _, out, _ = typed(t, "policy", "diff", wider, same); strings.Contains(out, "Shares more") {
		t.Errorf("narrower is called wider: %q", out)
	}
	for _, c := range []struct {
		name, say string
		args      []string
	}{
		{"no folder", "is no policy folder", []string{"policy", "check", t.TempDir()}},
		{"nothing there", "is no policy folder", []string{"policy", "diff", "-", "/nowhere"}},
		{"what YAML hides", "alias", []string{"policy", "check", policyCopy(t, mashFile, "      units: {}", "      units: &x {}")}},
		{"a misspelt limit", `line 128: pairs → fernshire/police has a member "age_limits", which no agreement has`, []string{"policy", "check", policyCopy(t, mashFile, "age_limit: {", "age_limits: {")}},
		{"a mode that is none", "line 138: pairs → fernshire/police → categories → police.warning → s47 is maybe; it may be content, existence, none", []string{"policy", "check", policyCopy(t, mashFile, "police.warning: {s47: content", "police.warning: {s47: maybe")}},
		{"a day without quotes", "line 11: expires is no text: write it in quotes", []string{"policy", "check", policyCopy(t, mashFile, `expires: "2029-12-31"`, "expires: 2029-12-31")}},
		{"an agreement without its end", `has no "expires"`, []string{"policy", "check", policyCopy(t, mashFile, "  expires:", "  expired:")}},
		{"a clause that is not there", "clause \"MF-99\" is missing", []string{"policy", "check", policyCopy(t, mashFile, "ask_permitted: MF-5.1", "ask_permitted: MF-99")}},
		{"no Rego", "close.rego", []string{"policy", "check", policyCopy(t, "rego/close.rego", "decision := {", "decision := {{")}},
		{"a case that is none", "expects no answer", []string{"policy", "test", policyCopy(t, "matrix/close.yaml", "then: {answer:", "then: {says:")}},
		{"an agreement that is not there", "no such agreement", []string{"policy", "show", "--agreement", "nothing"}},
		{"a place that cannot be written", "writing the PDF", []string{"policy", "show", "--agreement", "mash-fernshire", "--pdf", filepath.Join(same, "no", "out.pdf")}},
		{"no mutant", "names no mutant", []string{"policy", "mutate", "--only", "rego/none.rego"}},
	} {
		if status, out, problem := typed(t, c.args...); status != exitFailed || !strings.Contains(problem, c.say) {
			t.Errorf("%s: status %d, %q, %q", c.name, status, out, problem)
		}
	}
}

func pdfOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWhatNoCaseNotices is a failure that names it, until it is tried or explained;
// and so is an explanation of what is noticed.
func TestWhatNoCaseNotices(t *testing.T) {
	stale := policyCopy(t, "matrix/survivors.yaml", "    mutants:\n", "    mutants:\n      - 'rego/close.rego: told: delete rule: told if input.feedback in {\"sent\", \"waived\", \"not_possible\"}'\n")
	status, out, problem := typed(t, "policy", "mutate", stale, "--only", "rego/close.rego: told")
	if status != exitFailed || !strings.Contains(out, "IS NOTICED") {
		t.Errorf("stale: status %d, %q, %q", status, out, problem)
	}
	gone := policyCopy(t, "matrix/survivors.yaml", "    mutants:\n", "    mutants:\n      - 'rego/gone.rego: x'\n")
	if status, out, problem = typed(t, "policy", "mutate", gone, "--only", "rego/close.rego: told", "--json"); status != exitFailed || !strings.Contains(out, `"stale":["rego/gone.rego: x"]`) {
		t.Errorf("gone: status %d, %q, %q", status, out, problem)
	}
	silent := policyCopy(t, "matrix/survivors.yaml", "survivors:", "survivors: []\nother:")
	status, out, problem = typed(t, "policy", "mutate", silent, "--only", "rego/close.rego: decision")
	if status != exitFailed || !strings.Contains(problem, "survivors.yaml") {
		t.Errorf("a list of another form: status %d, %q, %q", status, out, problem)
	}
	if err := os.Remove(filepath.Join(silent, "matrix/survivors.yaml")); err != nil {
		t.Fatal(err)
	}
	status, out, problem = typed(t, "policy", "mutate", silent, "--only", "rego/close.rego: decision: delete condition: told")
	if status != exitFailed || !strings.Contains(out, "NO CASE NOTICES") || !strings.Contains(out, "1 missed") {
		t.Errorf("nobody said why: status %d, %q, %q", status, out, problem)
	}
}
