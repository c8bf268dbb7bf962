package protocol

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/loader"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"

	"mashhub/policies"
)

// TestRego does what "opa test policies" does: the folder loads as it is, and
// its tests hold.
func TestRego(t *testing.T) {
	ctx := context.Background()
	loaded, err := loader.NewFileLoader().WithRegoVersion(ast.RegoV1).WithProcessAnnotation(true).
		Filtered([]string{"../../policies"}, func(abspath string, info fs.FileInfo, _ int) bool {
			return !info.IsDir() && path.Ext(abspath) != ".rego" && path.Ext(abspath) != ".yaml"
		})
	if err != nil {
		t.Fatal(err)
	}
	store := inmem.NewFromObject(loaded.Documents)
	txn, err := store.NewTransaction(ctx, storage.TransactionParams{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Abort(ctx, txn)
	results, err := tester.NewRunner().SetStore(store).SetDefaultRegoVersion(ast.RegoV1).RaiseBuiltinErrors(true).
		SetModules(loaded.ParsedModules()).RunTests(ctx, txn)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for result := range results {
		n++
		if !result.Pass() {
			t.Errorf("%s.%s: %v %v", result.Package, result.Name, result.Fail, result.Error)
		}
	}
	if n < 15 {
		t.Errorf("%d tests ran", n)
	}
}

// TestEveryRuleIsDescribed: each rule has METADATA with a title and a
// description, and each answer to a question is marked as an entry point.
func TestEveryRuleIsDescribed(t *testing.T) {
	entries := 0
	err := fs.WalkDir(policies.FS, folderRules, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, "_test.rego") {
			return err
		}
		content, err := fs.ReadFile(policies.FS, name)
		if err != nil {
			return err
		}
		module, err := ast.ParseModuleWithOpts(name, string(content), ast.ParserOptions{ProcessAnnotation: true, RegoVersion: ast.RegoV1})
		if err != nil {
			return err
		}
		described := map[string]bool{}
		for _, a := range module.Annotations {
			if a.Title == "" || a.Description == "" {
				t.Errorf("%s:%d: METADATA without title or description", name, a.Location.Row)
			}
			if a.Entrypoint {
				entries++
			}
			if rule, is := a.GetTargetPath(), a.Scope == "document"; is {
				described[fmt.Sprint(rule)] = true
			}
		}
		for _, rule := range module.Rules {
			if !described[fmt.Sprint(rule.Ref().GroundPrefix())] {
				t.Errorf("%s:%d: rule %s has no METADATA", name, rule.Location.Row, rule.Head.Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if entries != len(questions) {
		t.Errorf("%d entry points, want %d", entries, len(questions))
	}
}

// TestFormatted: the rules are written as the engine's formatter writes them.
func TestFormatted(t *testing.T) {
	names, err := fs.Glob(policies.FS, folderRules+"/*.rego")
	if err != nil || len(names) == 0 {
		t.Fatalf("no rules: %v", err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(policies.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := format.SourceWithOpts(name, content, format.Opts{RegoVersion: ast.RegoV1})
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != string(content) {
			t.Errorf("%s is not formatted", name)
		}
	}
}
