package health

import (
	"context"
	"slices"
	"sync/atomic"

	"mashhub/plugins/connector"
)

// Version of this connector.
const Version = "1.0.0"

// client is the connector. Its settings are swapped whole, so calls may run at
// the same time and each works with one consistent set.
type client struct {
	settings atomic.Pointer[state]
}

// state is one configuration and what was learnt about its server.
type state struct {
	*settings
	capabilities capabilities
}

// New returns the connector, not yet configured.
func New() connector.Connector { return &client{} }

func (c *client) Describe(context.Context, connector.DescribeRequest) (connector.DescribeResponse, error) {
	rules := DefaultRules()
	if s := c.settings.Load(); s != nil {
		rules = s.Rules
	}
	return connector.DescribeResponse{
		Kind:         "health",
		Version:      Version,
		Methods:      []string{"search", "fetch"},
		Categories:   categories(rules),
		ConfigSchema: append([]byte(nil), schema...),
	}, nil
}

func (c *client) Configure(_ context.Context, req connector.ConfigureRequest) (connector.ConfigureResponse, error) {
	s, err := parseConfig(req.Config, req.Secrets)
	if err != nil {
		return connector.ConfigureResponse{}, err
	}
	if old := c.settings.Swap(&state{settings: s}); old != nil {
		old.http.CloseIdleConnections()
	}
	return connector.ConfigureResponse{}, nil
}

func (c *client) ready() (*state, error) {
	s := c.settings.Load()
	if s == nil {
		return nil, &connector.Error{Code: connector.CodeInvalid, Field: "config", Message: "configure comes before any question"}
	}
	return s, nil
}

// answersFor says whether this system is the one of the unit asked. Each
// practice is a controller of its own: nobody answers in another's name.
func (s *state) answersFor(unit string) bool { return unit == "" || slices.Contains(s.Units, unit) }

func (c *client) Deliver(context.Context, connector.DeliverRequest) (connector.DeliverResponse, error) {
	return connector.DeliverResponse{}, connector.Errorf(connector.CodeUnsupported, "the health connector delivers nothing")
}

func (c *client) Watch(context.Context, connector.WatchRequest) (connector.WatchResponse, error) {
	return connector.WatchResponse{}, connector.Errorf(connector.CodeUnsupported, "the health connector watches nothing")
}

// Health asks the server for its CapabilityStatement, which names nobody.
func (c *client) Health(ctx context.Context, _ connector.HealthRequest) (connector.HealthResponse, error) {
	s, err := c.ready()
	if err != nil {
		return connector.HealthResponse{}, err
	}
	if err := s.probe(ctx); err != nil {
		return connector.HealthResponse{Reason: reasonOf(err)}, nil
	}
	return connector.HealthResponse{OK: true}, nil
}
