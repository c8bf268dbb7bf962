package connector

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc"

	"mashhub/plugins/connector/internal/wire"
)

// ServiceV1 serves impl as version 1 of the contract.
func ServiceV1(impl Connector) Service {
	return func(s grpc.ServiceRegistrar) { wire.RegisterConnectorServer(s, &server{impl: impl}) }
}

// server turns wire calls into calls of a Connector. It holds the promise of
// the contract that nothing but Describe comes before Configure, and that
// Configure comes once, so that an author needs no lock around the settings.
type server struct {
	wire.UnimplementedConnectorServer
	impl       Connector
	claimed    atomic.Bool // a Configure is under way or done
	configured atomic.Bool
}

// call runs one method: conversion, the order of calls, panics, errors.
func call[Q, A, WA any](ctx context.Context, s *server, anytime bool, request Q,
	method func(context.Context, Q) (A, error), toWire func(A) WA,
) (answer WA, err error) {
	defer func() {
		if recover() != nil {
			// The panic's value may hold a row of the agency's system.
			err = errorToWire(ctx, &Error{Code: CodeInternal, Message: "the connector panicked"})
		}
	}()
	if !anytime && !s.configured.Load() {
		return answer, errorToWire(ctx, &Error{Code: CodeInvalid, Message: "called before configure"})
	}
	a, err := method(ctx, request)
	if err != nil {
		return answer, errorToWire(ctx, err)
	}
	return toWire(a), nil
}

func (s *server) Describe(ctx context.Context, _ *wire.DescribeRequest) (*wire.DescribeResponse, error) {
	return call(ctx, s, true, DescribeRequest{}, s.impl.Describe, describeToWire)
}

func (s *server) Configure(ctx context.Context, r *wire.ConfigureRequest) (*wire.ConfigureResponse, error) {
	if !s.claimed.CompareAndSwap(false, true) {
		return nil, errorToWire(ctx, &Error{Code: CodeInvalid, Message: "configured already: start a new process for other settings"})
	}
	answer, err := call(ctx, s, true, configureFromWire(r), s.impl.Configure,
		func(ConfigureResponse) *wire.ConfigureResponse { return &wire.ConfigureResponse{} })
	s.configured.Store(err == nil)
	s.claimed.Store(err == nil) // refused settings may be corrected
	return answer, err
}

func (s *server) Search(ctx context.Context, r *wire.SearchRequest) (*wire.SearchResponse, error) {
	return call(ctx, s, false, searchFromWire(r), s.impl.Search, searchAnswerToWire)
}

func (s *server) Fetch(ctx context.Context, r *wire.FetchRequest) (*wire.FetchResponse, error) {
	return call(ctx, s, false, fetchFromWire(r), s.impl.Fetch, fetchAnswerToWire)
}

func (s *server) Deliver(ctx context.Context, r *wire.DeliverRequest) (*wire.DeliverResponse, error) {
	return call(ctx, s, false, deliverFromWire(r), s.impl.Deliver, func(a DeliverResponse) *wire.DeliverResponse {
		return &wire.DeliverResponse{Outcome: string(a.Outcome), Reference: a.Reference}
	})
}

func (s *server) Watch(ctx context.Context, r *wire.WatchRequest) (*wire.WatchResponse, error) {
	return call(ctx, s, false, watchFromWire(r), s.impl.Watch, watchAnswerToWire)
}

func (s *server) Health(ctx context.Context, _ *wire.HealthRequest) (*wire.HealthResponse, error) {
	return call(ctx, s, false, HealthRequest{}, s.impl.Health, func(a HealthResponse) *wire.HealthResponse {
		return &wire.HealthResponse{Ok: a.OK, Reason: a.Reason}
	})
}
