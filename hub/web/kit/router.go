package kit

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// RulePublic marks the few routes that need no sign-in: the built assets, the
// sign-in and the sign-out. The router refuses it anywhere else.
const RulePublic = "public"

// HandlerFunc answers a request, or returns an error for the router to answer:
// ErrNotFound and ErrDenied give one and the same page. Nothing may have been
// written when an error is returned (Layout.Write keeps to that).
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Plain makes a HandlerFunc of an ordinary handler.
func Plain(h http.Handler) HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error { h.ServeHTTP(w, r); return nil }
}

// Route is one entry of the route table.
type Route struct {
	// Pattern as http.ServeMux has it, with a method: "GET /enquiries/{ref}".
	Pattern string
	// Rule names the rule that decides who may use the route. Required.
	Rule    string
	Handler HandlerFunc
	// MaxBody is the largest request body in bytes; 256 KiB when 0.
	MaxBody int64
	// Timeout ends the request's context; 20 s when 0. Not for streams.
	Timeout time.Duration
	// Stream is for server-sent events: no timeout, and the request does not
	// count as use of the session.
	Stream bool
	// API answers refusals as problem+json (RFC 9457) instead of pages.
	API bool
}

// Config is what a Router needs. Layout, Sessions, Authorise, Rules, NewID and
// Log are required: a missing security setting refuses to start.
type Config struct {
	Layout   Layout
	Sessions *Sessions
	// Authorise decides one request: nil permits; ErrDenied refuses; any other
	// error is a fault, which also refuses but says so. It is called for every
	// route that is not public, with the route's rule. The request's path
	// values are set.
	Authorise func(r *http.Request, rule string, u User) error
	// Rules are the rules there are. A route naming another does not start.
	Rules []string
	// NewID gives a fresh request id, e.g. a UUIDv7.
	NewID func() string
	Log   *slog.Logger
	// TLS says that pages are served over TLS only: adds HSTS.
	TLS bool
	// Hosts are the host names (with port) the pages answer to; others are
	// refused, so that a foreign name pointed at this address cannot read them.
	// Empty allows any, for use behind a proxy that checks.
	Hosts []string
	// Status maps the domain's errors to an HTTP status; 0 means unknown, which
	// becomes 500. Optional.
	Status func(error) int
}

// Router holds the route table. Register everything, then Build.
type Router struct {
	c      Config
	routes []Route
	errs   []error
}

// NewRouter gives a router with the asset and sign-out routes already in it.
func NewRouter(c Config) (*Router, error) {
	switch {
	case c.Sessions == nil:
		return nil, errors.New("router needs sessions")
	case c.Authorise == nil:
		return nil, errors.New("router needs an authoriser")
	case len(c.Rules) == 0:
		return nil, errors.New("router needs its rules")
	case c.NewID == nil:
		return nil, errors.New("router needs request ids")
	case c.Log == nil:
		return nil, errors.New("router needs a log")
	case c.Layout.ServiceName == "":
		return nil, errors.New("router needs a layout with a service name")
	}
	rt := &Router{c: c}
	c.Sessions.manager.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		rt.fail(w, r, Route{}, fmt.Errorf("session: %w", err))
	}
	rt.Handle(
		Route{Pattern: "GET " + StaticPrefix + "{file}", Rule: RulePublic, Handler: serveStatic},
		Route{Pattern: "POST /sign-out", Rule: RulePublic, Handler: rt.signOut},
	)
	return rt, nil
}

// Handle registers routes. What is wrong with them is reported by Build.
func (rt *Router) Handle(routes ...Route) {
	for _, r := range routes {
		if err := rt.check(r); err != nil {
			rt.errs = append(rt.errs, fmt.Errorf("route %q: %w", r.Pattern, err))
		}
		rt.routes = append(rt.routes, r)
	}
}

func (rt *Router) check(r Route) error {
	method, path, ok := strings.Cut(r.Pattern, " ")
	switch {
	case !ok || method == "" || !strings.HasPrefix(path, "/"):
		return errors.New("pattern must be a method and a path")
	case r.Handler == nil:
		return errors.New("no handler")
	case r.Rule == "":
		return errors.New("no rule says who may use it")
	case r.Rule == RulePublic && !mayBePublic(path):
		return errors.New("only assets, sign-in and sign-out may be public")
	case r.Rule != RulePublic && !slices.Contains(rt.c.Rules, r.Rule):
		return fmt.Errorf("unknown rule %q", r.Rule)
	case r.Stream && r.Rule == RulePublic:
		return errors.New("a stream cannot be public")
	}
	return nil
}

func mayBePublic(path string) bool {
	return path == "/sign-in" || path == "/sign-out" ||
		strings.HasPrefix(path, "/sign-in/") || strings.HasPrefix(path, StaticPrefix)
}

// Routes lists the route table, for tests and for the documentation.
func (rt *Router) Routes() []Route { return slices.Clone(rt.routes) }

// Build checks the table and gives the handler that serves it, with every
// protection around it. Any route without a valid rule is an error here, at
// start, and so in every test that builds the application.
func (rt *Router) Build() (h http.Handler, err error) {
	if err := errors.Join(rt.errs...); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil { // ServeMux panics on clashing patterns
			h, err = nil, fmt.Errorf("registering routes: %v", p)
		}
	}()
	mux := http.NewServeMux()
	for _, r := range rt.routes {
		mux.Handle(r.Pattern, rt.serve(r))
	}
	// What is not in the table asks for sign-in like what is, so that an
	// outsider cannot tell them apart.
	mux.Handle("/", rt.serve(Route{Pattern: "/", Rule: ruleNone, Handler: func(http.ResponseWriter, *http.Request) error {
		return ErrNotFound
	}}))
	return rt.protect(mux), nil
}

// ruleNone is the catch-all's: signed in, and then not found.
const ruleNone = "\x00none"

func (rt *Router) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := rt.c.Sessions.SignOut(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// SafeNext gives where to go after sign-in: a path of this service, or "/".
// Anything a browser could read as another site is refused.
func SafeNext(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" {
		return "/"
	}
	return u.RequestURI()
}

// Mux lets a library register its routes (huma's adapter takes it) under the
// same table. routes has the rule, and what else is not by default, of each
// pattern; a pattern without one fails Build.
func (rt *Router) Mux(routes map[string]Route) *APIMux { return &APIMux{rt, routes} }

// APIMux is what Mux gives.
type APIMux struct {
	rt     *Router
	routes map[string]Route
}

// HandleFunc registers a route of the API.
func (m *APIMux) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	r := m.routes[pattern]
	r.Pattern, r.Handler, r.API = pattern, Plain(http.HandlerFunc(h)), true
	m.rt.Handle(r)
}

// ServeHTTP is there for the adapter's sake only: requests go through Build's
// handler, where the rules are.
func (m *APIMux) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "not served here", http.StatusNotFound)
}
