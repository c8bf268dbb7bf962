package template

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"mashhub/plugins/connectortest"
)

func checkout(t *testing.T) string {
	t.Helper()
	dir, err := FindCheckout(".")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// offline makes sure that nothing is fetched: what is missing fails.
func offline(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOFLAGS", "-mod=readonly")
	t.Setenv("GOWORK", "off")
	t.Setenv("GOTOOLCHAIN", "local")
}

// TestTutorial does what plugins/README.md tells its reader to do, block by
// block: commands are run, files are written, declarations replace those of
// the same name.
func TestTutorial(t *testing.T) {
	offline(t)
	text, err := os.ReadFile(filepath.Join(checkout(t), "plugins", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	began := time.Now()
	did := map[string]int{}
	for _, block := range regexp.MustCompile("(?ms)^```([a-z]+)(?: (\\S+))?\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		language, file, body := block[1], block[2], block[3]
		did[language]++
		switch language {
		case "sh":
			for _, line := range strings.Split(strings.TrimSpace(body), "\n") {
				command(t, home, line)
			}
		case "csv":
			if err := os.WriteFile(filepath.Join(home, "housing", file), []byte(body), 0o644); err != nil {
				t.Fatal(err)
			}
		case "go":
			replaceDeclaration(t, filepath.Join(home, "housing", file), body)
		default:
			t.Fatalf("the tutorial has a block of %q, which this test cannot do", language)
		}
	}
	if did["sh"] < 3 || did["go"] < 4 || did["csv"] < 1 {
		t.Errorf("the tutorial was not read: %v", did)
	}
	if took := time.Since(began); took > 10*time.Minute {
		t.Errorf("the machine's part alone took %v", took)
	}
}

// command runs one of the two commands of the tutorial as the program does.
func command(t *testing.T, home, line string) {
	t.Helper()
	words := strings.Fields(line)
	if len(words) != 4 || words[0] != "mashhub" || words[1] != "connector" {
		t.Fatalf("the tutorial has a command that this test does not know: %s", line)
	}
	dir := filepath.Join(home, filepath.Base(words[3]))
	var err error
	var out bytes.Buffer
	switch words[2] {
	case "new":
		err = Write(dir, Options{Checkout: checkout(t)})
	case "test":
		if err = connectortest.RunCommand(t.Context(), &out, dir); err == nil && !strings.Contains(out.String(), "the connector conforms\n") {
			t.Errorf("%s does not end as the tutorial says:\n%s", line, &out)
		}
	default:
		t.Fatalf("unknown command: %s", line)
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, &out)
	}
}

// replaceDeclaration puts the one declaration of text into the file, in the
// place of the one of the same name.
func replaceDeclaration(t *testing.T, path, text string) {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	snippet, err := parser.ParseFile(set, "snippet", "package main\n"+text, 0)
	if err != nil || len(snippet.Decls) != 1 {
		t.Fatalf("a block for %s is not one declaration: %v", filepath.Base(path), err)
	}
	name := declared(snippet.Decls[0])
	file, err := parser.ParseFile(set, path, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if declared(d) == name {
			from, to := set.Position(d.Pos()).Offset, set.Position(d.End()).Offset
			changed := string(source[:from]) + strings.TrimSpace(text) + string(source[to:])
			if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("%s has no %s to replace", filepath.Base(path), name)
}

func declared(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Name.Name
	case *ast.GenDecl:
		if v, ok := d.Specs[0].(*ast.ValueSpec); ok {
			return v.Names[0].Name
		}
	}
	return ""
}

// A connector that breaks a clause is told which, and one without the suite
// does not pass for want of failures.
func TestCommandNoticesFaults(t *testing.T) {
	offline(t)
	dir := filepath.Join(t.TempDir(), "voluntary-sector")
	if err := Write(dir, Options{Checkout: checkout(t), Module: "example.org/voluntary"}); err != nil {
		t.Fatal(err)
	}
	system := filepath.Join(dir, "connector.go")
	source, err := os.ReadFile(system)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(source, []byte(`Kind:         "voluntary-sector"`)) {
		t.Error("the kind is not made from the directory's name")
	}
	broken := bytes.Replace(source, []byte("if q.Wants(item)"), []byte("if true"), 1)
	if bytes.Equal(broken, source) {
		t.Fatal("the template does not filter as expected")
	}
	if err := os.WriteFile(system, broken, 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := connectortest.RunCommand(t.Context(), &out, dir); err == nil || !strings.Contains(out.String(), "only the categories asked for") {
		t.Errorf("a connector that returns everything: %v\n%s", err, &out)
	}
	if err := os.WriteFile(system, source, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "connector_test.go")); err != nil {
		t.Fatal(err)
	}
	err = connectortest.RunCommand(t.Context(), &out, dir)
	if err == nil || !strings.Contains(err.Error(), "was not run") {
		t.Errorf("a connector without its conformance test: %v", err)
	}
	if err := connectortest.RunCommand(t.Context(), &out, t.TempDir()); err == nil || !strings.Contains(err.Error(), "connector new") {
		t.Errorf("a directory without a module: %v", err)
	}
}

func TestWriteRefuses(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dir  string
		o    Options
		says string
	}{
		"a full directory":    {full, Options{Checkout: checkout(t), Kind: "x"}, "not empty"},
		"no checkout":         {filepath.Join(full, "a"), Options{Kind: "x"}, "checkout"},
		"another module":      {filepath.Join(full, "b"), Options{Checkout: t.TempDir(), Kind: "x"}, "go.mod"},
		"a kind with spaces":  {filepath.Join(full, "c"), Options{Checkout: checkout(t), Kind: "my house"}, "kind"},
		"a name without any":  {filepath.Join(full, "123"), Options{Checkout: checkout(t)}, "kind"},
		"the hub's own path":  {filepath.Join(full, "d"), Options{Checkout: checkout(t), Module: "mashhub/x"}, "choose another"},
		"a path that is none": {filepath.Join(full, "e"), Options{Checkout: checkout(t), Module: "a b"}, "path"},
	} {
		if err := Write(c.dir, c.o); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if c.dir != full {
			if _, err := os.Stat(c.dir); err == nil {
				t.Errorf("%s: something was left behind", name)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(full, "x")); err != nil {
		t.Error("what was there is gone")
	}
}

// The files are as gofmt leaves them, and vet is content.
func TestWrittenFilesAreTidy(t *testing.T) {
	offline(t)
	dir := filepath.Join(t.TempDir(), "a house")
	if err := Write(dir, Options{Checkout: checkout(t)}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"gofmt", "-l", "."}, {"go", "vet", "."}} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", fmt.Sprint(args), err, out)
		}
	}
}
