package protocol

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
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
// the evaluation does: the engine looks between steps whether it was called
// off, but not inside a function, so what does not stop is left behind and
// counted.
func (p *Point) evaluate(ctx context.Context, pol *policy, q mash.Question, raw []byte, parts keys) (answer, error) {
	query, known := pol.queries[q]
	if !known {
		return answer{}, fmt.Errorf("%w: unknown question", ErrInput)
	}
	if err := ctx.Err(); err != nil {
		return answer{}, fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	if p.abandoned.Load() >= maxAbandoned {
		return answer{}, ErrBusy
	}
	deadline := time.NewTimer(p.opts.Timeout)
	defer deadline.Stop()
	off := topdown.NewCancel()
	done := make(chan outcome, 1)
	go func() {
		deepen(levels)
		done <- run(pol, query, raw, off)
	}()
	var cause error
	select {
	case out := <-done:
		if out.err != nil {
			return answer{}, out.err
		}
		return p.parse(out.results, parts)
	case <-deadline.C:
		cause = context.DeadlineExceeded
	case <-ctx.Done():
		cause = ctx.Err()
	}
	off.Cancel()
	p.abandoned.Add(1)
	go func() {
		<-done
		p.abandoned.Add(-1)
	}()
	return answer{}, fmt.Errorf("%w: %w", ErrTimeout, cause)
}

// Stack that an ordinary decision needs: levels of level bytes.
const (
	level  = 32 << 10
	levels = 4
)

// deepen makes the stack of a new goroutine deep enough at one go. The engine
// calls itself to a great depth, and to let the stack grow step by step, each
// time copying what is on it, took up to half of the time of a decision. What
// it gives is of no use.
//
//go:noinline
func deepen(n int) byte {
	var room [level]byte
	if n > 1 {
		room[n] = deepen(n - 1)
	}
	return room[n]
}

// run evaluates one prepared query until off is set. A panic of the engine is
// an error.
func run(pol *policy, query rego.PreparedEvalQuery, raw []byte, off topdown.Cancel) (out outcome) {
	defer func() {
		if recover() != nil {
			// What a panic says may quote the input.
			out = outcome{err: ErrPanic}
		}
	}()
	input, err := valueOf(raw, pol.words)
	if err != nil {
		return outcome{err: fmt.Errorf("%w: not JSON", ErrInput)}
	}
	m := pol.frames.memory(input)
	results, err := query.Eval(context.Background(), rego.EvalParsedInput(input), rego.EvalExternalCancel(off),
		rego.EvalVirtualCache(m), rego.EvalBaseCache(pol.data), rego.EvalGenerateJSON(asIs), rego.EvalMetrics(unmeasured))
	if err != nil {
		return outcome{err: evaluationError(err)}
	}
	m.keep()
	return outcome{results: results}
}

// asIs leaves a result as the engine's own value: answers are read from it
// without turning it into Go's first.
func asIs(term *ast.Term, _ *rego.EvalContext) (any, error) { return term, nil }

// unmeasured keeps the engine from measuring every decision.
var unmeasured = metrics.NoOp()

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
