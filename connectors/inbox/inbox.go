package inbox

import (
	"context"
	"encoding/json"
	"sync/atomic"

	"mashhub/connectors/internal/settings"
	"mashhub/plugins/connector"
)

const schema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "An agency whose questions are answered by a person",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "unit": {"type": "string", "maxLength": 100, "description": "Who answers a question that names no unit."}
  }
}`

type config struct {
	Unit string `json:"unit"`
}

type inbox struct{ unit atomic.Value }

// New makes the inbox connector. It may be asked at the same time.
func New() connector.Connector { return &inbox{} }

func (c *inbox) Describe(context.Context, connector.DescribeRequest) (connector.DescribeResponse, error) {
	return connector.DescribeResponse{Kind: "inbox", Version: "1.0.0", Methods: []string{"search", "fetch", "deliver"},
		ConfigSchema: json.RawMessage(schema)}, nil
}

func (c *inbox) Configure(_ context.Context, req connector.ConfigureRequest) (connector.ConfigureResponse, error) {
	var cfg config
	if err := settings.Decode(req.Config, &cfg); err != nil {
		return connector.ConfigureResponse{}, err
	}
	if len(cfg.Unit) > 100 {
		return connector.ConfigureResponse{}, settings.Invalid("unit", "is longer than 100 characters; write a short name or code")
	}
	c.unit.Store(cfg.Unit)
	return connector.ConfigureResponse{}, nil
}

// who gives the unit of a question, else the configured one.
func (c *inbox) who(unit string) string {
	if unit != "" {
		return unit
	}
	configured, _ := c.unit.Load().(string)
	return configured
}

func (c *inbox) Search(ctx context.Context, req connector.SearchRequest) (connector.SearchResponse, error) {
	if err := ctx.Err(); err != nil {
		return connector.SearchResponse{}, connector.Errorf(connector.CodeUnavailable, "the question ended before the answer: %w", err)
	}
	return connector.SearchResponse{Outcome: connector.AskPerson, Unit: c.who(req.Unit)}, nil
}

// Fetch answers as Search does: there is no record, a person answers.
func (c *inbox) Fetch(ctx context.Context, req connector.FetchRequest) (connector.FetchResponse, error) {
	if err := ctx.Err(); err != nil {
		return connector.FetchResponse{}, connector.Errorf(connector.CodeUnavailable, "the question ended before the answer: %w", err)
	}
	return connector.FetchResponse{Outcome: connector.AskPerson, Unit: c.who(req.Unit)}, nil
}

func (c *inbox) Deliver(ctx context.Context, _ connector.DeliverRequest) (connector.DeliverResponse, error) {
	if err := ctx.Err(); err != nil {
		return connector.DeliverResponse{}, connector.Errorf(connector.CodeUnavailable, "the delivery ended before the answer: %w", err)
	}
	return connector.DeliverResponse{Outcome: connector.AskPerson}, nil
}

func (c *inbox) Watch(context.Context, connector.WatchRequest) (connector.WatchResponse, error) {
	return connector.WatchResponse{}, connector.Errorf(connector.CodeUnsupported, "an inbox does not watch")
}

func (c *inbox) Health(context.Context, connector.HealthRequest) (connector.HealthResponse, error) {
	return connector.HealthResponse{OK: true}, nil
}
