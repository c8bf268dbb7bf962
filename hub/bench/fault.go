package bench

import (
	"context"
	"sync/atomic"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
	"mashhub/hub/protocol"
)

// faulty is a policy some of whose decisions do not come in time: each every'th
// ask and release is put to a real decision point with a deadline that nothing
// can meet. What comes of it is a real deny(fault).
type faulty struct {
	mash.Policy
	hopeless mash.Policy
	every    int64
	n        atomic.Int64
}

// newFaulty wraps a policy; every is 0 for never.
func newFaulty(ctx context.Context, where mash.Address, env mash.Env, every int64, inner mash.Policy) (mash.Policy, error) {
	if every <= 0 {
		return inner, nil
	}
	p, err := protocol.New(ctx, protocol.Options{Hub: world.Hub, Where: where, Env: env, Epoch: 1, Timeout: time.Nanosecond})
	if err != nil {
		return nil, err
	}
	return &faulty{Policy: inner, hopeless: p, every: every}, nil
}

func (f *faulty) turn() bool { return f.n.Add(1)%f.every == 0 }

func (f *faulty) Ask(ctx context.Context, in mash.AskInput) mash.Decision {
	if f.turn() {
		return f.hopeless.Ask(ctx, in)
	}
	return f.Policy.Ask(ctx, in)
}

func (f *faulty) Release(ctx context.Context, in mash.ReleaseInput) mash.Decision {
	if f.turn() {
		return f.hopeless.Release(ctx, in)
	}
	return f.Policy.Release(ctx, in)
}
