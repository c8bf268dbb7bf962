package connectortest

import (
	"context"
	"sync"

	"mashhub/plugins/connector"
)

// recorder keeps every text of a connector that ends up in a log or on a page
// beside its answers: errors and reasons.
type recorder struct {
	connector.Connector
	mu    *sync.Mutex
	texts *[]string
}

func recording(c connector.Connector) recorder {
	return recorder{Connector: c, mu: &sync.Mutex{}, texts: &[]string{}}
}

func (r recorder) note(err error, more ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		*r.texts = append(*r.texts, err.Error())
	}
	*r.texts = append(*r.texts, more...)
}

func (r recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), *r.texts...)
}

func (r recorder) Search(ctx context.Context, q connector.SearchRequest) (connector.SearchResponse, error) {
	a, err := r.Connector.Search(ctx, q)
	r.note(err, a.Reason, a.Unit)
	return a, err
}

func (r recorder) Fetch(ctx context.Context, q connector.FetchRequest) (connector.FetchResponse, error) {
	a, err := r.Connector.Fetch(ctx, q)
	r.note(err, a.Reason, a.Unit)
	return a, err
}

func (r recorder) Deliver(ctx context.Context, q connector.DeliverRequest) (connector.DeliverResponse, error) {
	a, err := r.Connector.Deliver(ctx, q)
	r.note(err)
	return a, err
}

func (r recorder) Watch(ctx context.Context, q connector.WatchRequest) (connector.WatchResponse, error) {
	a, err := r.Connector.Watch(ctx, q)
	r.note(err)
	return a, err
}

func (r recorder) Health(ctx context.Context, q connector.HealthRequest) (connector.HealthResponse, error) {
	a, err := r.Connector.Health(ctx, q)
	r.note(err, a.Reason)
	return a, err
}
