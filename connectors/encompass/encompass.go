package encompass

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"mashhub/connectors/internal/settings"
	"mashhub/connectors/internal/tables"
	"mashhub/plugins/connector"
)

// watcher implements connector.Connector.
type watcher struct {
	mu  sync.RWMutex
	now *watched // nil until configured
}

// watched is a checked configuration over an open database.
type watched struct {
	config
	tables.Incidents
	db   *tables.Database
	key  []byte
	zone *time.Location
}

// New makes the Encompass connector. It is configured once and then watched,
// also at the same time: the cursor alone holds the state.
func New() connector.Connector { return &watcher{} }

const (
	defaultLimit = 100
	maxLimit     = 500
	maxRepeats   = 100_000 // rows that list a child again, in the stretch read
)

func (w *watcher) Describe(context.Context, connector.DescribeRequest) (connector.DescribeResponse, error) {
	return connector.DescribeResponse{Kind: "encompass", Version: "1.0.0", Methods: []string{"watch"}, ConfigSchema: slices.Clone(schema)}, nil
}

func (w *watcher) Configure(ctx context.Context, req connector.ConfigureRequest) (connector.ConfigureResponse, error) {
	var cfg config
	if err := settings.Decode(req.Config, &cfg); err != nil {
		return connector.ConfigureResponse{}, err
	}
	in, zone, err := cfg.check()
	if err != nil {
		return connector.ConfigureResponse{}, err
	}
	key, err := readKey(req.Secrets["id_key"])
	if err != nil {
		return connector.ConfigureResponse{}, err
	}
	db, err := tables.Open(cfg.Connection, req.Secrets)
	if err != nil {
		return connector.ConfigureResponse{}, err
	}
	if err := tables.Missing(ctx, db, in.Tables()); err != nil {
		db.Close()
		return connector.ConfigureResponse{}, err
	}
	w.mu.Lock()
	old := w.now
	w.now = &watched{config: cfg, Incidents: in, db: db, key: key, zone: zone}
	w.mu.Unlock()
	if old != nil {
		old.db.Close()
	}
	return connector.ConfigureResponse{}, nil
}

// Close lets the database go.
func (w *watcher) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now == nil {
		return nil
	}
	err := w.now.db.Close()
	w.now = nil
	return err
}

func (w *watcher) watched() *watched {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.now
}

func (w *watcher) Search(context.Context, connector.SearchRequest) (connector.SearchResponse, error) {
	return connector.SearchResponse{}, connector.Errorf(connector.CodeUnsupported, "encompass does not search: ask the police connector")
}

func (w *watcher) Fetch(context.Context, connector.FetchRequest) (connector.FetchResponse, error) {
	return connector.FetchResponse{}, connector.Errorf(connector.CodeUnsupported, "encompass does not fetch: ask the police connector")
}

func (w *watcher) Deliver(context.Context, connector.DeliverRequest) (connector.DeliverResponse, error) {
	return connector.DeliverResponse{}, connector.Errorf(connector.CodeUnsupported, "encompass does not deliver: it watches the police system")
}

// Watch looks at once and then at every poll_interval until there is an event
// or Wait is over. Errors: CodeInvalid for a foreign cursor, CodeUnavailable
// with a reason code where the database cannot be asked.
func (w *watcher) Watch(ctx context.Context, req connector.WatchRequest) (connector.WatchResponse, error) {
	now := w.watched()
	if now == nil {
		return connector.WatchResponse{}, connector.Errorf(connector.CodeUnavailable, "the connector has no settings yet: call configure first")
	}
	at, err := parse(req.Cursor)
	if err != nil {
		return connector.WatchResponse{}, err
	}
	limit := req.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	limit = min(limit, maxLimit)
	over := time.NewTimer(req.Wait)
	defer over.Stop()
	again := time.NewTicker(time.Duration(now.PollInterval))
	defer again.Stop()
	for {
		events, err := now.look(ctx, &at, limit)
		if err != nil {
			return connector.WatchResponse{}, unavailable(err)
		}
		if len(events) > 0 || req.Wait <= 0 {
			return connector.WatchResponse{Events: events, Cursor: at.String()}, nil
		}
		select {
		case <-again.C:
		case <-over.C:
			return connector.WatchResponse{Cursor: at.String()}, nil
		case <-ctx.Done():
			return connector.WatchResponse{}, unavailable(ctx.Err())
		}
	}
}

// look reads from the position on until limit events are found or nothing is
// left, and moves the position over what it read.
func (w *watched) look(ctx context.Context, at *position, limit int) ([]connector.Notification, error) {
	var events []connector.Notification
	repeats := 0
	for {
		// Each row of the answer is one that was read before, a new one, or the
		// same child listed again in the same incident.
		rows, page, fresh := 0, len(at.seen)+limit-len(events)+1+repeats, 0
		err := w.After(ctx, w.db, at.high-w.Overlap, page, func(row tables.IncidentRow) bool {
			if rows++; len(events) >= limit {
				return false
			}
			n, m := w.notification(row)
			if _, before := at.seen[m]; !before {
				if !w.tooOld(n) {
					events = append(events, n)
				}
				at.read(m, row.Seq)
				fresh++
			}
			return true
		})
		if err != nil {
			return nil, err
		}
		at.prune(w.Overlap)
		if rows < page || len(events) >= limit {
			return events, nil
		}
		if fresh == 0 {
			if repeats = 2*repeats + limit; repeats > maxRepeats {
				return nil, &tables.Failure{Reason: "children_listed_too_often"}
			}
		}
	}
}

// tooOld says whether the incident happened before the watch is to begin.
func (w *watched) tooOld(n connector.Notification) bool {
	return w.NotBefore != "" && !n.Happened.IsZero() && n.Happened.In(w.zone).Format(time.DateOnly) < w.NotBefore
}

func unavailable(err error) error {
	var f *tables.Failure
	if errors.As(err, &f) {
		return connector.Errorf(connector.CodeUnavailable, "%s", f.Reason)
	}
	return connector.Errorf(connector.CodeUnavailable, "the watch ended before the answer: %w", err)
}

func (w *watcher) Health(ctx context.Context, _ connector.HealthRequest) (connector.HealthResponse, error) {
	now := w.watched()
	if now == nil {
		return connector.HealthResponse{Reason: "not_configured"}, nil
	}
	return tables.Healthy(ctx, now.db, now.Tables())
}
