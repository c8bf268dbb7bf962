package policytest

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"

	"mashhub/hub/mash"
)

// Operator is a way to make a policy wrong.
type Operator string

// Operators.
const (
	DeleteRule      Operator = "delete rule"      // a rule, or one link of a chain, never holds
	DeleteDefault   Operator = "delete default"   // what holds where nothing else does
	DeleteCondition Operator = "delete condition" // one line of a rule's body
	Negate          Operator = "negate"           // "not" is taken away
	Turn            Operator = "turn"             // a comparison says the opposite
	Boundary        Operator = "boundary"         // a comparison includes, or leaves out, its bound
)

// Mutant is a policy with one thing wrong.
type Mutant struct {
	ID       string   `json:"id"` // file, rule, operator and text; it survives a change elsewhere in the file
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Operator Operator `json:"operator"`
	Text     string   `json:"text"` // what it is done to, on one line

	site int // which of the file's
}

// edit is one thing that can be made wrong with a parsed file.
type edit struct {
	Mutant
	do func()
}

// Mutants lists all mutants of a policy folder's rules, in the order of the
// files. Errors: CodeInvalid for a file that is no Rego.
func Mutants(files fs.FS) ([]Mutant, error) {
	names, err := fs.Glob(files, "rego/*.rego")
	if err != nil {
		return nil, err
	}
	var out []Mutant
	for _, name := range names {
		if strings.HasSuffix(name, "_test.rego") {
			continue
		}
		_, edits, err := parse(files, name)
		if err != nil {
			return nil, err
		}
		seen := map[string]int{}
		for i, e := range edits {
			e.site = i
			if seen[e.ID]++; seen[e.ID] > 1 {
				e.ID += fmt.Sprintf(" (%d)", seen[e.ID])
			}
			out = append(out, e.Mutant)
		}
	}
	return out, nil
}

// apply gives the text of the mutant's file.
func (m Mutant) apply(files fs.FS) ([]byte, error) {
	module, edits, err := parse(files, m.File)
	if err != nil {
		return nil, err
	}
	edits[m.site].do()
	return format.Ast(module)
}

// parse reads a file and finds what can be made wrong with it, always in the
// same order.
func parse(files fs.FS, name string) (*ast.Module, []edit, error) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, nil, err
	}
	module, err := ast.ParseModuleWithOpts(name, string(raw), ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		return nil, nil, mash.Invalid(name, err.Error(), "mend the line that is named")
	}
	w := &walk{file: name, module: module}
	for _, r := range slices.Clone(module.Rules) {
		w.rule(r)
	}
	return module, w.edits, nil
}

type walk struct {
	file   string
	module *ast.Module
	name   string // of the rule
	edits  []edit
}

func (w *walk) add(op Operator, at *ast.Location, text string, do func()) {
	if source := string(at.Text); source != "" {
		text, _, _ = strings.Cut(source, "\n") // as it is written
	}
	text = strings.Join(strings.Fields(text), " ")
	w.edits = append(w.edits, edit{Mutant{ID: fmt.Sprintf("%s: %s: %s: %s", w.file, w.name, op, text), File: w.file, Line: at.Row, Operator: op, Text: text}, do})
}

func (w *walk) rule(r *ast.Rule) {
	w.name = r.Head.Ref().String()
	if r.Default {
		w.add(DeleteDefault, &ast.Location{Row: r.Location.Row}, r.Head.String(), func() {
			w.module.Rules = slices.DeleteFunc(w.module.Rules, func(x *ast.Rule) bool { return x == r })
		})
		return
	}
	w.add(DeleteRule, r.Location, r.Head.String()+" if "+r.Body.String(), func() { r.Body = ast.NewBody(ast.NewExpr(ast.BooleanTerm(false))) })
	w.body(&r.Body)
	if r.Head.Value != nil {
		w.within(r.Head.Value)
	}
	if r.Head.Key != nil {
		w.within(r.Head.Key)
	}
	if r.Else != nil {
		w.rule(r.Else)
	}
}

func (w *walk) body(b *ast.Body) {
	for i, e := range *b {
		if term, ok := e.Terms.(*ast.Term); ok && term.Equal(ast.BooleanTerm(true)) {
			continue // a rule without conditions
		}
		if _, declares := e.Terms.(*ast.SomeDecl); !declares && !e.IsAssignment() {
			w.add(DeleteCondition, e.Location, e.String(), func() {
				if *b = slices.Delete(slices.Clone(*b), i, i+1); len(*b) == 0 {
					*b = ast.NewBody(ast.NewExpr(ast.BooleanTerm(true)))
				}
			})
		}
		if e.Negated {
			w.add(Negate, e.Location, e.String(), func() { e.Negated = false })
		}
		if e.IsCall() {
			w.comparison(e.Terms.([]*ast.Term), e.Location, e.String())
		}
		if every, ok := e.Terms.(*ast.Every); ok {
			w.within(every.Domain)
			w.body(&every.Body)
			continue
		}
		w.within(e)
	}
}

// opposite and bound say what a comparison is turned into.
var (
	opposite = map[string]string{"equal": "neq", "neq": "equal", "lt": "gte", "lte": "gt", "gt": "lte", "gte": "lt"}
	bound    = map[string]string{"lt": "lte", "lte": "lt", "gt": "gte", "gte": "gt"}
)

// comparison looks at a call: its operator and its operands.
func (w *walk) comparison(call []*ast.Term, at *ast.Location, text string) {
	name := call[0].Value.String()
	for _, other := range []struct {
		op    Operator
		names map[string]string
	}{{Turn, opposite}, {Boundary, bound}} {
		if to := other.names[name]; to != "" {
			w.add(other.op, at, text, func() { call[0] = ast.NewTerm(ast.Ref{ast.VarTerm(to)}).SetLocation(call[0].Location) })
		}
	}
}

// within looks for comparisons and bodies inside of an expression or a term.
func (w *walk) within(x any) {
	top := x
	ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Term:
			if call, ok := x.Value.(ast.Call); ok {
				at := x.Location
				if at == nil {
					at = &ast.Location{}
				}
				w.comparison(call, at, x.String())
			}
		case *ast.SetComprehension:
			w.body(&x.Body)
			w.within(x.Term)
			return true
		case *ast.ArrayComprehension:
			w.body(&x.Body)
			w.within(x.Term)
			return true
		case *ast.ObjectComprehension:
			w.body(&x.Body)
			w.within(x.Key)
			w.within(x.Value)
			return true
		case *ast.Every:
			if any(x) != top {
				w.body(&x.Body)
				return true
			}
		}
		return false
	}).Walk(x)
}
