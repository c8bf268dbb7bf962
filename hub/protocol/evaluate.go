package protocol

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"mashhub/hub/mash"
)

// outcome of one evaluation.
type outcome struct {
	results rego.ResultSet
	err     error
}

// evaluate asks pol and reads its answer. It returns by the deadline whatever
// the evaluation does: the engine looks at the context between steps, but not
// inside a function, so what does not stop is left behind and counted.
func (p *Point) evaluate(ctx context.Context, pol *policy, q mash.Question, raw []byte, parts keys) (answer, error) {
	query, known := pol.queries[q]
	if !known {
		return answer{}, fmt.Errorf("%w: unknown question", ErrInput)
	}
	if p.abandoned.Load() >= maxAbandoned {
		return answer{}, ErrBusy
	}
	ctx, cancel := context.WithTimeout(ctx, p.opts.Timeout)
	defer cancel()
	done := make(chan outcome, 1)
	go func() { done <- run(ctx, query, raw) }()
	select {
	case out := <-done:
		if out.err != nil {
			if ctx.Err() != nil {
				return answer{}, fmt.Errorf("%w: %w", ErrTimeout, ctx.Err())
			}
			return answer{}, out.err
		}
		return p.parse(out.results, parts)
	case <-ctx.Done():
		p.abandoned.Add(1)
		go func() {
			<-done
			p.abandoned.Add(-1)
		}()
		return answer{}, fmt.Errorf("%w: %w", ErrTimeout, ctx.Err())
	}
}

// run evaluates one prepared query. A panic of the engine is an error.
func run(ctx context.Context, query rego.PreparedEvalQuery, raw []byte) (out outcome) {
	defer func() {
		if recover() != nil {
			// What a panic says may quote the input.
			out = outcome{err: ErrPanic}
		}
	}()
	input, err := ast.ValueFromReader(bytes.NewReader(raw))
	if err != nil {
		return outcome{err: fmt.Errorf("%w: not JSON", ErrInput)}
	}
	results, err := query.Eval(ctx, rego.EvalParsedInput(input))
	if err != nil {
		return outcome{err: evaluationError(err)}
	}
	return outcome{results: results}
}

// evaluationError keeps of an engine's error its kind and place. Its message
// may quote values of the input.
func evaluationError(err error) error {
	var engine *topdown.Error
	if errors.As(err, &engine) {
		place := ""
		if engine.Location != nil {
			place = fmt.Sprintf(" at %s:%d", engine.Location.File, engine.Location.Row)
		}
		return fmt.Errorf("evaluating policy: %s%s", engine.Code, place)
	}
	return errors.New("evaluating policy: the engine failed")
}
