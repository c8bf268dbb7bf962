package protocol

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"mashhub/hub/mash"
)

// questions are those that a policy must answer, each by one rule.
var questions = map[mash.Question]string{
	mash.QuestionAsk:     "data.mash.ask.decision",
	mash.QuestionRelease: "data.mash.release.decision",
	mash.QuestionView:    "data.mash.view.decision",
	mash.QuestionNotify:  "data.mash.notify.decision",
	mash.QuestionClose:   "data.mash.close.decision",
}

// policy is one compiled version, ready to be asked. What it answers never changes.
type policy struct {
	version string
	epoch   int64
	queries map[mash.Question]rego.PreparedEvalQuery
	words   map[string]*ast.Term // that inputs have in common with the policy
	data    plainData
	frames  frames
}

// compile reads, checks and prepares a policy. All that can be found wrong
// with it is found here, before anybody depends on it.
func compile(ctx context.Context, files fs.FS, epoch int64) (*policy, error) {
	src, err := read(files)
	if err != nil {
		return nil, err
	}
	if err := check(src.data); err != nil {
		return nil, err
	}
	modules := make(map[string]*ast.Module, len(src.modules))
	for name, text := range src.modules {
		module, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{
			Capabilities: capabilities(), RegoVersion: ast.RegoV1, ProcessAnnotation: true,
		})
		if err != nil {
			return nil, fmt.Errorf("parsing policy: %w", err)
		}
		modules[name] = module
	}
	compiler := ast.NewCompiler().WithCapabilities(capabilities()).WithDefaultRegoVersion(ast.RegoV1).WithStrict(true)
	if compiler.Compile(modules); compiler.Failed() {
		return nil, fmt.Errorf("compiling policy: %w", compiler.Errors)
	}
	root, err := ast.InterfaceToValue(src.data)
	if err != nil {
		return nil, fmt.Errorf("reading policy data: %w", err)
	}
	store := inmem.NewFromObjectWithOpts(src.data,
		inmem.OptReturnASTValuesOnRead(true), inmem.OptRoundTripOnWrite(false))
	p := &policy{version: src.version, epoch: epoch, queries: map[mash.Question]rego.PreparedEvalQuery{},
		words: wordsOf(src.data), data: plainData{root}, frames: frames{rules: shareable(compiler, modules)}}
	for question, entry := range questions {
		if len(compiler.GetRules(ast.MustParseRef(entry))) == 0 {
			return nil, fmt.Errorf("compiling policy: no rule answers %q", question)
		}
		p.queries[question], err = rego.New(
			rego.Query(entry),
			rego.Compiler(compiler),
			rego.Capabilities(capabilities()),
			rego.Store(store),
			rego.StrictBuiltinErrors(true),
			rego.SetRegoVersion(ast.RegoV1),
		).PrepareForEval(ctx)
		if err != nil {
			return nil, fmt.Errorf("preparing question %q: %w", question, err)
		}
	}
	return p, nil
}

// Check compiles a policy without putting it in force, and gives its version.
// The error says everything that is wrong with it.
func Check(ctx context.Context, files fs.FS) (version string, err error) {
	p, err := compile(ctx, files, 0)
	if err != nil {
		return "", err
	}
	return p.version, nil
}
