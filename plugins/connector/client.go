package connector

import (
	"context"

	"google.golang.org/grpc"

	"mashhub/plugins/connector/internal/wire"
)

// ClientV1 speaks version 1 of the contract over conn. Its errors are *Error;
// FromPlugin tells whether the plugin wrote them. It is safe for concurrent
// use and has no deadlines of its own: package host adds them, with the checks
// that make an answer fit to use.
func ClientV1(conn grpc.ClientConnInterface) Connector {
	return client{wire.NewConnectorClient(conn)}
}

type client struct{ wire wire.ConnectorClient }

func answer[W, A any](w W, err error, fromWire func(W) A) (A, error) {
	if err != nil {
		var none A
		return none, errorFromWire(err)
	}
	return fromWire(w), nil
}

func (c client) Describe(ctx context.Context, _ DescribeRequest) (DescribeResponse, error) {
	w, err := c.wire.Describe(ctx, &wire.DescribeRequest{})
	return answer(w, err, describeFromWire)
}

func (c client) Configure(ctx context.Context, r ConfigureRequest) (ConfigureResponse, error) {
	w, err := c.wire.Configure(ctx, configureToWire(r))
	return answer(w, err, func(*wire.ConfigureResponse) ConfigureResponse { return ConfigureResponse{} })
}

func (c client) Search(ctx context.Context, r SearchRequest) (SearchResponse, error) {
	w, err := c.wire.Search(ctx, searchToWire(r))
	return answer(w, err, searchAnswerFromWire)
}

func (c client) Fetch(ctx context.Context, r FetchRequest) (FetchResponse, error) {
	w, err := c.wire.Fetch(ctx, fetchToWire(r))
	return answer(w, err, fetchAnswerFromWire)
}

func (c client) Deliver(ctx context.Context, r DeliverRequest) (DeliverResponse, error) {
	w, err := c.wire.Deliver(ctx, deliverToWire(r))
	return answer(w, err, func(w *wire.DeliverResponse) DeliverResponse {
		return DeliverResponse{Outcome: Outcome(w.GetOutcome()), Reference: w.GetReference()}
	})
}

func (c client) Watch(ctx context.Context, r WatchRequest) (WatchResponse, error) {
	w, err := c.wire.Watch(ctx, watchToWire(r))
	return answer(w, err, watchAnswerFromWire)
}

func (c client) Health(ctx context.Context, _ HealthRequest) (HealthResponse, error) {
	w, err := c.wire.Health(ctx, &wire.HealthRequest{})
	return answer(w, err, func(w *wire.HealthResponse) HealthResponse {
		return HealthResponse{OK: w.GetOk(), Reason: w.GetReason()}
	})
}
