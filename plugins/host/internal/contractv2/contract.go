// Package contractv2 is a second version of the connector contract, for tests
// only: it proves that an old plugin works under a new host and a new plugin
// under an old host, before there is a second version to need it.
//
// It also shows what a second version consists of: a wire form of its own, and
// an adapter on each side to the same Connector interface.
package contractv2

import (
	"context"

	"google.golang.org/grpc"

	"mashhub/plugins/connector"
)

//go:generate sh -c "cd ../../../connector/internal/wire/generate && go run . -I ../../../../host/internal/contractv2 -module mashhub/plugins/host/internal/contractv2 -out ../../../../host/internal/contractv2 contract.proto"

// Service serves impl as version 2.
func Service(impl connector.Connector) connector.Service {
	return func(s grpc.ServiceRegistrar) { RegisterConnectorServer(s, server{impl: impl}) }
}

type server struct {
	UnimplementedConnectorServer
	impl connector.Connector
}

func (s server) Describe(ctx context.Context, _ *DescribeRequest) (*DescribeResponse, error) {
	d, err := s.impl.Describe(ctx, connector.DescribeRequest{})
	return &DescribeResponse{Kind: d.Kind}, err
}

func (s server) Configure(ctx context.Context, r *ConfigureRequest) (*ConfigureResponse, error) {
	_, err := s.impl.Configure(ctx, connector.ConfigureRequest{Config: r.GetConfig()})
	return &ConfigureResponse{}, err
}

func (s server) Find(ctx context.Context, r *FindRequest) (*FindResponse, error) {
	a, err := s.impl.Search(ctx, connector.SearchRequest{Call: r.GetCall(), Unit: r.GetUnit()})
	if err != nil {
		return nil, err
	}
	out := &FindResponse{Outcome: Outcome_OUTCOME_NONE}
	for _, c := range a.Candidates {
		out.Outcome = Outcome_OUTCOME_FOUND
		out.Refs = append(out.Refs, c.Ref)
	}
	return out, nil
}

// Dial speaks version 2 over conn.
func Dial(conn grpc.ClientConnInterface) connector.Connector {
	return client{wire: NewConnectorClient(conn)}
}

type client struct {
	connector.Unimplemented
	wire ConnectorClient
}

func (c client) Describe(ctx context.Context, _ connector.DescribeRequest) (connector.DescribeResponse, error) {
	d, err := c.wire.Describe(ctx, &DescribeRequest{})
	return connector.DescribeResponse{Kind: d.GetKind()}, err
}

func (c client) Configure(ctx context.Context, q connector.ConfigureRequest) (connector.ConfigureResponse, error) {
	_, err := c.wire.Configure(ctx, &ConfigureRequest{Config: q.Config})
	return connector.ConfigureResponse{}, err
}

func (c client) Search(ctx context.Context, q connector.SearchRequest) (connector.SearchResponse, error) {
	a, err := c.wire.Find(ctx, &FindRequest{Call: q.Call, Unit: q.Unit})
	if err != nil {
		return connector.SearchResponse{}, err
	}
	out := connector.SearchResponse{Outcome: connector.None}
	for _, ref := range a.GetRefs() {
		out.Outcome = connector.Found
		out.Candidates = append(out.Candidates, connector.Candidate{Ref: "v2:" + ref})
	}
	return out, nil
}
