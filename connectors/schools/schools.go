package schools

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"mashhub/connectors/internal/settings"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

var categories = []string{"education.attendance", "education.suspension", "education.exclusion", "education.send",
	"education.concern", "education.collection", "education.dsl_contact"}

// schools implements connector.Connector.
type schools struct {
	now     atomic.Pointer[config]
	writing sync.Mutex // one delivery at a time
}

// New makes the schools connector. It is configured once and then answers
// search, fetch and deliver, also at the same time.
func New() connector.Connector { return &schools{} }

func (s *schools) Describe(context.Context, connector.DescribeRequest) (connector.DescribeResponse, error) {
	return connector.DescribeResponse{Kind: "schools", Version: "1.1.0", Methods: []string{"search", "fetch", "deliver"},
		Categories: slices.Clone(categories), ConfigSchema: slices.Clone(schema)}, nil
}

// Configure takes the settings. A folder that is not there now is not refused:
// it may be a share that is down, and Health and every answer say so.
func (s *schools) Configure(_ context.Context, req connector.ConfigureRequest) (connector.ConfigureResponse, error) {
	var cfg config
	if err := settings.Decode(req.Config, &cfg); err != nil {
		return connector.ConfigureResponse{}, err
	}
	if err := cfg.check(); err != nil {
		return connector.ConfigureResponse{}, err
	}
	s.now.Store(&cfg)
	return connector.ConfigureResponse{}, nil
}

func (s *schools) settings() (*config, error) {
	cfg := s.now.Load()
	if cfg == nil {
		return nil, connector.Errorf(connector.CodeUnavailable, "the connector has no settings yet: call configure first")
	}
	return cfg, nil
}

// reasonRoot is the folder of schools that cannot be opened.
const reasonRoot = "export_folder_missing: the folder of schools cannot be opened: check root, the share and the account"

// openRoot opens the folder so that nothing outside it can be reached.
func (c *config) openRoot() (*os.Root, error) {
	root, err := os.OpenRoot(c.Root)
	if err != nil {
		return nil, &fault{reasonRoot}
	}
	return root, nil
}

// units gives the schools to ask: the one named, or every folder that has a
// URN for its name.
func units(root *os.Root, unit string) ([]string, error) {
	if unit != "" {
		if record.CheckURN(unit) != nil {
			return nil, settings.Invalid("unit", "is not a school's URN; give six digits")
		}
		return []string{unit}, nil
	}
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, &fault{reasonRoot}
	}
	var out []string
	for _, e := range entries {
		if record.CheckURN(e.Name()) == nil {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// answer turns an error into what the contract says of it: a reason for
// Unavailable, or an error.
func answer(err error) (reason string, _ error) {
	var f *fault
	var known *connector.Error
	switch {
	case errors.As(err, &f):
		return f.reason, nil
	case errors.As(err, &known):
		return "", known
	}
	return "", connector.Errorf(connector.CodeUnavailable, "the question ended before the answer: %w", err)
}

func (s *schools) Watch(context.Context, connector.WatchRequest) (connector.WatchResponse, error) {
	return connector.WatchResponse{}, connector.Errorf(connector.CodeUnsupported, "exports are not watched")
}

// Health reports whether the folder of schools can be read.
func (s *schools) Health(context.Context, connector.HealthRequest) (connector.HealthResponse, error) {
	cfg, err := s.settings()
	if err != nil {
		return connector.HealthResponse{Reason: "not_configured"}, nil
	}
	root, err := cfg.openRoot()
	if err == nil {
		defer root.Close()
		_, err = units(root, "")
	}
	if err != nil {
		reason, _, _ := strings.Cut(reasonRoot, ":")
		return connector.HealthResponse{Reason: reason}, nil
	}
	return connector.HealthResponse{OK: true}, nil
}
