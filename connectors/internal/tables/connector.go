package tables

import (
	"context"
	"errors"
	"slices"
	"sync"

	"mashhub/connectors/internal/settings"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// Spec is what one kind of agency adds to the table mapping.
type Spec struct {
	Kind       string
	Version    string
	Categories []string
	// Default is the mapping that an empty one means.
	Default func() (*PersonTable, *AliasTable, []Source)
	// Finish adds to an item what this kind of agency knows; it may be nil.
	Finish func(*record.Item)
}

// Connector answers from an agency's tables. It implements
// connector.Connector; Close lets the database go.
type Connector struct {
	spec Spec
	mu   sync.RWMutex
	now  *mapping // nil until configured
}

// New makes a connector that must be configured before it is asked.
func New(spec Spec) *Connector { return &Connector{spec: spec} }

const (
	defaultLimit = 20
	maxLimit     = 200
)

// Describe implements connector.Connector.
func (c *Connector) Describe(context.Context, connector.DescribeRequest) (connector.DescribeResponse, error) {
	return connector.DescribeResponse{Kind: c.spec.Kind, Version: c.spec.Version, Methods: []string{"search", "fetch"},
		Categories: slices.Clone(c.spec.Categories), ConfigSchema: slices.Clone(Schema)}, nil
}

// Configure implements connector.Connector. A mapping that the database
// contradicts is refused with the field's name; a database that cannot be
// reached now is not: Health and every answer say so until it can.
func (c *Connector) Configure(ctx context.Context, req connector.ConfigureRequest) (connector.ConfigureResponse, error) {
	var cfg Config
	if err := settings.Decode(req.Config, &cfg); err != nil {
		return connector.ConfigureResponse{}, err
	}
	if cfg.Person == nil && cfg.Alias == nil && cfg.Sources == nil {
		cfg.Person, cfg.Alias, cfg.Sources = c.spec.Default()
	}
	if err := cfg.Check(c.spec.Categories); err != nil {
		return connector.ConfigureResponse{}, err
	}
	db, err := Open(cfg.Connection, req.Secrets)
	if err != nil {
		return connector.ConfigureResponse{}, err
	}
	if err := Missing(ctx, db, cfg.tables()); err != nil {
		db.Close()
		return connector.ConfigureResponse{}, err
	}
	c.mu.Lock()
	old := c.now
	c.now = &mapping{Config: cfg, Database: db}
	c.mu.Unlock()
	if old != nil {
		old.Close()
	}
	return connector.ConfigureResponse{}, nil
}

// Close lets the database go; the connector can be configured again.
func (c *Connector) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == nil {
		return nil
	}
	err := c.now.Close()
	c.now = nil
	return err
}

func (c *Connector) mapping() (*mapping, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.now == nil {
		return nil, connector.Errorf(connector.CodeUnavailable, "the connector has no settings yet: call configure first")
	}
	return c.now, nil
}

// Search implements connector.Connector. Errors: CodeInvalid where the person
// has neither identifier, name, birthday nor address.
func (c *Connector) Search(ctx context.Context, req connector.SearchRequest) (connector.SearchResponse, error) {
	m, err := c.mapping()
	if err != nil {
		return connector.SearchResponse{}, err
	}
	if !Searchable(req.Person.Record) {
		return connector.SearchResponse{}, settings.Invalid("person", "has nothing to search by; give an identifier, a name, a date of birth or an address")
	}
	candidates, more, err := m.search(ctx, req.Person.Record, Limit(req.Limit))
	if reason, ok := unavailable(err); ok {
		return connector.SearchResponse{Outcome: connector.Unavailable, Reason: reason}, nil
	}
	if err != nil {
		return connector.SearchResponse{}, ended(err)
	}
	if len(candidates) == 0 && more {
		// So many share a birthday or an address that not all were looked at.
		return connector.SearchResponse{Outcome: connector.Unavailable, Reason: "too_many_records", More: true}, nil
	}
	if len(candidates) == 0 {
		return connector.SearchResponse{Outcome: connector.None}, nil
	}
	return connector.SearchResponse{Outcome: connector.Found, Candidates: candidates, More: more}, nil
}

// Fetch implements connector.Connector. Errors: CodeInvalid for a question
// without categories or about a record that is not there, CodeTooLarge above
// row_limit.
func (c *Connector) Fetch(ctx context.Context, req connector.FetchRequest) (connector.FetchResponse, error) {
	m, err := c.mapping()
	if err != nil {
		return connector.FetchResponse{}, err
	}
	if req.Ref == "" {
		return connector.FetchResponse{}, settings.Invalid("ref", "is missing; give the ref of the candidate that matched")
	}
	if len(req.Categories) == 0 {
		return connector.FetchResponse{}, settings.Invalid("categories", "is empty; name the categories asked for")
	}
	req.Categories = c.held(req.Categories)
	found, known, err := m.fetch(ctx, req, c.spec.Finish)
	if reason, ok := unavailable(err); ok {
		return connector.FetchResponse{Outcome: connector.Unavailable, Reason: reason}, nil
	}
	switch {
	case errors.Is(err, errTooMany):
		return connector.FetchResponse{}, connector.Errorf(connector.CodeTooLarge, "more rows than row_limit: narrow the period or the categories, or raise row_limit")
	case err != nil:
		return connector.FetchResponse{}, ended(err)
	case !known:
		return connector.FetchResponse{}, settings.Invalid("ref", "is not a record of this system, or not any more; search again")
	case len(found) == 0:
		return connector.FetchResponse{Outcome: connector.None}, nil
	}
	return connector.FetchResponse{Outcome: connector.Found, Items: found}, nil
}

// held keeps the categories that this connector can return.
func (c *Connector) held(asked []string) []string {
	var out []string
	for _, a := range asked {
		if slices.Contains(c.spec.Categories, a) && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// Deliver implements connector.Connector: this kind of system takes nothing.
func (c *Connector) Deliver(context.Context, connector.DeliverRequest) (connector.DeliverResponse, error) {
	return connector.DeliverResponse{}, connector.Errorf(connector.CodeUnsupported, "%s does not deliver", c.spec.Kind)
}

// Watch implements connector.Connector: this kind of system is not watched.
func (c *Connector) Watch(context.Context, connector.WatchRequest) (connector.WatchResponse, error) {
	return connector.WatchResponse{}, connector.Errorf(connector.CodeUnsupported, "%s does not watch", c.spec.Kind)
}

// Health implements connector.Connector: it asks for every mapped table.
func (c *Connector) Health(ctx context.Context, _ connector.HealthRequest) (connector.HealthResponse, error) {
	m, err := c.mapping()
	if err != nil {
		return connector.HealthResponse{Reason: "not_configured"}, nil
	}
	return Healthy(ctx, m.Database, m.tables())
}

// Healthy asks the database for every table of a mapping.
func Healthy(ctx context.Context, d *Database, tables []Used) (connector.HealthResponse, error) {
	for _, u := range tables {
		_, err := d.declared(ctx, u.Table, u.distinct())
		if reason, ok := unavailable(err); ok {
			return connector.HealthResponse{Reason: reason}, nil
		}
		if err != nil {
			return connector.HealthResponse{}, ended(err)
		}
	}
	return connector.HealthResponse{OK: true}, nil
}

// Limit gives how many candidates to return at most.
func Limit(asked int) int {
	if asked <= 0 {
		return defaultLimit
	}
	return min(asked, maxLimit)
}

// Searchable tells whether a person has anything to search by.
func Searchable(p record.Person) bool {
	for _, id := range p.Identifiers {
		if id.Normal().Value != "" {
			return true
		}
	}
	for _, n := range p.Names {
		if len(n.Family)+len(n.Given) > 0 || n.Preferred != "" {
			return true
		}
	}
	return p.BirthDate != nil || len(p.Addresses) > 0
}

// unavailable gives the reason code of a database that could not be asked.
func unavailable(err error) (string, bool) {
	var f *Failure
	if errors.As(err, &f) {
		return f.Reason, true
	}
	return "", false
}

// ended wraps the error of a question whose caller gave up.
func ended(err error) error {
	return connector.Errorf(connector.CodeUnavailable, "the question ended before the answer: %w", err)
}
