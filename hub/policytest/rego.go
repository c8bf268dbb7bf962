package policytest

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
)

// Rego runs the tests that a folder's rules bring along (*_test.rego), as
// "opa test" does, and says which failed, out of how many. Errors: CodeInvalid for
// files that cannot be read.
func Rego(ctx context.Context, files fs.FS) (failed []string, n int, err error) {
	names, err := fs.Glob(files, "rego/*.rego")
	if err != nil {
		return nil, 0, err
	}
	modules := map[string]*ast.Module{}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, 0, err
		}
		if modules[name], err = ast.ParseModuleWithOpts(name, string(raw), ast.ParserOptions{RegoVersion: ast.RegoV1}); err != nil {
			return nil, 0, mash.Invalid(name, err.Error(), "mend the line that is named")
		}
	}
	data := map[string]any{}
	for _, folder := range []string{"tables", "agreements"} {
		if data[folder], err = documents(files, folder); err != nil {
			return nil, 0, err
		}
	}
	store := inmem.NewFromObject(data)
	txn, err := store.NewTransaction(ctx, storage.TransactionParams{})
	if err != nil {
		return nil, 0, err
	}
	defer store.Abort(ctx, txn)
	results, err := tester.NewRunner().SetStore(store).SetDefaultRegoVersion(ast.RegoV1).RaiseBuiltinErrors(true).
		SetModules(modules).RunTests(ctx, txn)
	if err != nil {
		return nil, 0, mash.Invalid("rego", err.Error(), "mend the line that is named")
	}
	for r := range results {
		n++
		if !r.Pass() {
			failed = append(failed, fmt.Sprintf("%s.%s: failed %v", strings.TrimPrefix(r.Package, "data."), r.Name, errorOf(r.Error)))
		}
	}
	return failed, n, nil
}

func errorOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// documents reads the YAML files of a folder; each brings its root key.
func documents(files fs.FS, folder string) (map[string]any, error) {
	names, err := fs.Glob(files, folder+"/*.yaml")
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var tree map[string]any
		if err := yaml.Unmarshal(raw, &tree); err != nil {
			return nil, mash.Invalid(path.Base(name), err.Error(), "mend the line that is named")
		}
		if tree, err = plain(tree); err != nil {
			return nil, mash.Invalid(path.Base(name), err.Error(), "write only what JSON can hold")
		}
		for key, value := range tree {
			out[key] = value
		}
	}
	return out, nil
}
