package bench

import (
	"context"
	"sync/atomic"
	"time"

	"mashhub/hub/mash"
	"mashhub/plugins/connector"
)

// stages adds up the time that calls into each part took, waits included. It
// says something only where nothing else runs: on the idle path.
type stages struct {
	policy, seal, open, store, publish, plugin stage
}

type stage struct{ ns, calls atomic.Int64 }

func newStages() *stages { return &stages{} }

func (s *stage) since(start time.Time) {
	s.ns.Add(int64(time.Since(start)))
	s.calls.Add(1)
}

// per is the time per unit in milliseconds, and the calls per unit.
func (s *stage) per(units int) (ms, calls float64) {
	if units == 0 {
		return 0, 0
	}
	return float64(s.ns.Load()) / 1e6 / float64(units), float64(s.calls.Load()) / float64(units)
}

func (s *stages) reset() {
	for _, x := range []*stage{&s.policy, &s.seal, &s.open, &s.store, &s.publish, &s.plugin} {
		x.ns.Store(0)
		x.calls.Store(0)
	}
}

type timedStore[T any] struct {
	mash.Store[T]
	s *stages
}

func (t timedStore[T]) Update(ctx context.Context, f func(T) error) error {
	defer t.s.store.since(time.Now())
	return t.Store.Update(ctx, f)
}

func (t timedStore[T]) View(ctx context.Context, f func(T) error) error {
	defer t.s.store.since(time.Now())
	return t.Store.View(ctx, f)
}

type timedPolicy struct {
	mash.Policy
	s *stages
}

func (t timedPolicy) Ask(ctx context.Context, in mash.AskInput) mash.Decision {
	defer t.s.policy.since(time.Now())
	return t.Policy.Ask(ctx, in)
}

func (t timedPolicy) Release(ctx context.Context, in mash.ReleaseInput) mash.Decision {
	defer t.s.policy.since(time.Now())
	return t.Policy.Release(ctx, in)
}

func (t timedPolicy) View(ctx context.Context, in mash.ViewInput) mash.Decision {
	defer t.s.policy.since(time.Now())
	return t.Policy.View(ctx, in)
}

type timedBus struct {
	mash.Bus
	s *stages
}

func (t timedBus) Publish(ctx context.Context, m []mash.BusMessage) error {
	defer t.s.publish.since(time.Now())
	return t.Bus.Publish(ctx, m)
}

type timedSeal struct {
	inner mash.Seal
	s     *stages
}

func (t timedSeal) Seal(ctx context.Context, from, to mash.Address, payload []byte) ([]byte, error) {
	defer t.s.seal.since(time.Now())
	return t.inner.Seal(ctx, from, to, payload)
}

func (t timedSeal) Open(ctx context.Context, token []byte) (mash.Opened, error) {
	defer t.s.open.since(time.Now())
	return t.inner.Open(ctx, token)
}

type timedConnector struct {
	connector.Connector
	s *stages
}

func (t timedConnector) Search(ctx context.Context, r connector.SearchRequest) (connector.SearchResponse, error) {
	defer t.s.plugin.since(time.Now())
	return t.Connector.Search(ctx, r)
}

func (t timedConnector) Fetch(ctx context.Context, r connector.FetchRequest) (connector.FetchResponse, error) {
	defer t.s.plugin.since(time.Now())
	return t.Connector.Fetch(ctx, r)
}
