package kit

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	defaultMaxBody = 256 << 10
	defaultTimeout = 20 * time.Second
)

// state is what the middleware knows of a request.
type state struct {
	id       string
	route    string
	user     User
	signedIn bool
	sessions *Sessions
	alive    func() bool
}

// session names the session of a signed-in request; empty outside one. It is
// the secret of the session's cookie: never to be shown or logged.
func (s *state) session(ctx context.Context) string {
	if s.sessions == nil {
		return ""
	}
	return s.sessions.manager.Token(ctx)
}

type stateKey struct{}

func stateFrom(ctx context.Context) *state {
	s, _ := ctx.Value(stateKey{}).(*state)
	if s == nil {
		return &state{}
	}
	return s
}

// UserFrom gives the signed-in user of a request's context.
func UserFrom(ctx context.Context) (User, bool) {
	s := stateFrom(ctx)
	return s.user, s.signedIn
}

// RequestID gives the request's id: in the log, in the X-Request-Id header, on
// error pages. "" outside a request.
func RequestID(ctx context.Context) string { return stateFrom(ctx).id }

// serve is one route with session, rule, size and time limit around it.
func (rt *Router) serve(route Route) http.Handler {
	if route.MaxBody == 0 {
		route.MaxBody = defaultMaxBody
	}
	if route.Timeout == 0 {
		route.Timeout = defaultTimeout
	}
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := rt.answer(w, r, route); err != nil {
			rt.fail(w, r, route, err)
		}
	})
	if route.Stream {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			stateFrom(r.Context()).route = route.Pattern
			ctx, err := rt.c.Sessions.load(r)
			if err != nil {
				rt.fail(w, r, route, err)
				return
			}
			inner.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	saved := rt.c.Sessions.manager.LoadAndSave(inner)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stateFrom(r.Context()).route = route.Pattern
		if route.Rule == RulePublic && route.Pattern == "GET "+StaticPrefix+"{file}" {
			inner.ServeHTTP(w, r) // assets have no session, so that caches may keep them
			return
		}
		saved.ServeHTTP(w, r)
	})
}

// errSignIn: nobody is signed in.
var errSignIn = errors.New("not signed in")

func (rt *Router) answer(w http.ResponseWriter, r *http.Request, route Route) error {
	st := stateFrom(r.Context())
	if r.ContentLength > route.MaxBody {
		return ErrTooLarge
	}
	r.Body = http.MaxBytesReader(w, r.Body, route.MaxBody)
	if route.Rule != RulePublic {
		u, ok := rt.c.Sessions.user(r.Context())
		if !ok {
			return errSignIn
		}
		st.user, st.signedIn, st.sessions = u, true, rt.c.Sessions
		req := r
		st.alive = func() bool { return rt.c.Sessions.alive(req) }
		if route.Rule != ruleNone {
			if err := rt.c.Authorise(r, route.Rule, u); errors.Is(err, ErrDenied) {
				return ErrDenied
			} else if err != nil {
				return errors.Join(ErrUndecided, err)
			}
		}
	}
	if route.Stream {
		return route.Handler(w, r)
	}
	ctx, cancel := context.WithTimeout(r.Context(), route.Timeout)
	defer cancel()
	return route.Handler(w, r.WithContext(ctx))
}

// fail answers for a handler that returned an error.
func (rt *Router) fail(w http.ResponseWriter, r *http.Request, route Route, err error) {
	st := stateFrom(r.Context())
	status := rt.status(err)
	if status >= 500 {
		// Error texts carry no personal data, by the rules of this code base.
		rt.c.Log.Error("request failed", "request_id", st.id, "route", st.route, "status", status, "error", err.Error())
	}
	if wroteBefore(w) {
		return // too late for a page; the log has it
	}
	if errors.Is(err, errBusy) || errors.Is(err, errGreedy) {
		w.Header().Set("Retry-After", strconv.Itoa(int(busyTime.Seconds())))
	}
	if route.API {
		problem(w, status, st.id)
		return
	}
	if route.Stream && status != http.StatusUnauthorized && status != http.StatusNotFound {
		http.Error(w, http.StatusText(status), status) // a script asked, which shows no page
		return
	}
	if status == http.StatusUnauthorized {
		rt.toSignIn(w, r, route)
		return
	}
	l := rt.c.Layout
	var page func(http.ResponseWriter, *http.Request) error
	switch status {
	case http.StatusNotFound:
		page = l.NotFound
	case http.StatusServiceUnavailable:
		page = l.Undecided
	case http.StatusRequestEntityTooLarge:
		page = l.TooLarge
	case http.StatusForbidden:
		page = l.CrossOrigin
	default:
		page = l.ServerError
	}
	if err := page(w, r); err != nil {
		rt.c.Log.Error("error page failed", "request_id", st.id, "error", err.Error())
	}
}

// status maps an error to the status outside. Denied is not found.
func (rt *Router) status(err error) int {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errSignIn):
		return http.StatusUnauthorized
	case errors.Is(err, errGreedy):
		return http.StatusTooManyRequests
	case errors.Is(err, ErrUndecided), errors.Is(err, errBusy):
		return http.StatusServiceUnavailable
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrDenied):
		return http.StatusNotFound
	case errors.Is(err, ErrTooLarge), errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errCrossOrigin):
		return http.StatusForbidden
	}
	if rt.c.Status != nil {
		switch s := rt.c.Status(err); s {
		case http.StatusForbidden: // a refusal must not differ from an absence
			return http.StatusNotFound
		case 0:
		default:
			return s
		}
	}
	return http.StatusInternalServerError
}

// toSignIn sends a page's visitor to the sign-in and back afterwards. What was
// posted is lost, so only a GET comes back to its own address.
func (rt *Router) toSignIn(w http.ResponseWriter, r *http.Request, route Route) {
	if route.Stream {
		w.WriteHeader(http.StatusNoContent) // an EventSource stops asking on 204
		return
	}
	to := "/sign-in"
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?next=" + url.QueryEscape(SafeNext(r.URL.RequestURI()))
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// problem answers as RFC 9457 has it.
func problem(w http.ResponseWriter, status int, id string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	// The connection may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "instance": "urn:request:" + id,
	})
}
