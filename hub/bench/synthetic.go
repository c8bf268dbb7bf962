package bench

import (
	"context"
	"encoding/json"
	"strings"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// synthetic is a connector whose agency knows everybody and answers at once:
// what is measured is the way, not a record system.
type synthetic struct{ text string }

func newSynthetic() connector.Connector { return &synthetic{} }

// syntheticConfig says how long an answer is.
type syntheticConfig struct {
	Bytes int `json:"bytes"`
}

func (s *synthetic) Describe(context.Context, connector.DescribeRequest) (connector.DescribeResponse, error) {
	return connector.DescribeResponse{Kind: "synthetic", Version: "1.0.0", Methods: []string{"search", "fetch"}, Categories: []string{benchCategory},
		ConfigSchema: json.RawMessage(`{"type":"object","properties":{"bytes":{"type":"integer"}}}`)}, nil
}

func (s *synthetic) Configure(_ context.Context, r connector.ConfigureRequest) (connector.ConfigureResponse, error) {
	var c syntheticConfig
	if err := json.Unmarshal(r.Config, &c); err != nil {
		return connector.ConfigureResponse{}, &connector.Error{Code: connector.CodeInvalid, Message: "the settings are not JSON"}
	}
	s.text = strings.Repeat("x", c.Bytes)
	return connector.ConfigureResponse{}, nil
}

func (s *synthetic) Search(_ context.Context, r connector.SearchRequest) (connector.SearchResponse, error) {
	return connector.SearchResponse{Outcome: connector.Found, Candidates: []connector.Candidate{{Ref: "1", Record: r.Person.Record}}}, nil
}

func (s *synthetic) Fetch(_ context.Context, r connector.FetchRequest) (connector.FetchResponse, error) {
	return connector.FetchResponse{Outcome: connector.Found, Items: []record.Item{{ID: "1", Person: r.Person.Key, Category: r.Categories[0],
		Kind: record.Fact, Date: record.PartialDate{Date: "2024-05-06"}, Title: "Record", Text: s.text, Source: "Synthetic system"}}}, nil
}

func (s *synthetic) Deliver(context.Context, connector.DeliverRequest) (connector.DeliverResponse, error) {
	return connector.DeliverResponse{}, &connector.Error{Code: connector.CodeUnsupported, Message: "nothing is delivered here"}
}

func (s *synthetic) Watch(context.Context, connector.WatchRequest) (connector.WatchResponse, error) {
	return connector.WatchResponse{}, &connector.Error{Code: connector.CodeUnsupported, Message: "nothing is watched here"}
}

func (s *synthetic) Health(context.Context, connector.HealthRequest) (connector.HealthResponse, error) {
	return connector.HealthResponse{OK: true}, nil
}

// benchCategory is what the round trip asks for.
const benchCategory = "housing.tenancy"
