package kit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// policy is the content security policy: our own files and nothing else. No
// inline script or style is allowed, so escaped data that somehow became
// markup would still not run.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// securityHeaders are set on every response; a handler may loosen only
// Cache-Control (the assets do). With Referrer-Policy no-referrer a browser
// sends "Origin: null" with a form, so the cross-origin check relies on
// Sec-Fetch-Site, which browsers send over TLS and to loopback addresses only:
// pages on plain HTTP elsewhere could not post forms, by intention.
func securityHeaders(h http.Header, tls bool) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "no-store")
	if tls {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

var errCrossOrigin = errors.New("cross-origin request")

// protect puts around the mux what holds for every response.
func (rt *Router) protect(mux http.Handler) http.Handler {
	cop := http.NewCrossOriginProtection()
	cop.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rt.fail(w, r, Route{}, errCrossOrigin)
	}))
	guarded := cop.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		st := &state{id: rt.c.NewID()}
		r = r.WithContext(context.WithValue(r.Context(), stateKey{}, st))
		rec := &recorder{ResponseWriter: w}
		securityHeaders(rec.Header(), rt.c.TLS)
		rec.Header().Set("X-Request-Id", st.id)
		began := time.Now()
		defer func() {
			if p := recover(); p != nil {
				rt.panicked(rec, r, p)
			}
			// The route's pattern, never the address: a log must not say which
			// enquiry was looked at; the audit does.
			rt.c.Log.Debug("request", "request_id", st.id, "method", method(r.Method), "route", st.route,
				"status", rec.status, "ms", time.Since(began).Milliseconds())
		}()
		if len(rt.c.Hosts) > 0 && !slices.Contains(rt.c.Hosts, strings.ToLower(r.Host)) {
			http.Error(rec, "This service does not answer to that name.", http.StatusMisdirectedRequest)
			return
		}
		guarded.ServeHTTP(rec, r)
	})
}

// method keeps a made-up method out of the log.
func method(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return m
	}
	return "other"
}

// panicked logs a panic and answers with the error page. The panic's value may
// hold anything, so only its type is logged, except for the runtime's own
// errors, whose texts are about indexes and addresses.
func (rt *Router) panicked(rec *recorder, r *http.Request, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p) // net/http's own way of closing the connection
	}
	what := fmt.Sprintf("%T", p)
	if re, ok := p.(runtime.Error); ok {
		what = re.Error()
	}
	st := stateFrom(r.Context())
	rt.c.Log.Error("panic", "request_id", st.id, "route", st.route, "value", what, "stack", string(debug.Stack()))
	if rec.wrote {
		return
	}
	if err := rt.c.Layout.ServerError(rec, r); err != nil {
		rt.c.Log.Error("error page failed", "request_id", st.id, "error", err.Error())
	}
}

// recorder remembers whether and how a response was begun.
type recorder struct {
	http.ResponseWriter
	wrote  bool
	status int
}

func (w *recorder) WriteHeader(status int) {
	if !w.wrote && status >= 200 {
		w.wrote, w.status = true, status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if !w.wrote {
		w.wrote, w.status = true, http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// wroteBefore looks for the recorder under other wrappers.
func wroteBefore(w http.ResponseWriter) bool {
	for {
		switch v := w.(type) {
		case *recorder:
			return v.wrote
		case interface{ Unwrap() http.ResponseWriter }:
			w = v.Unwrap()
		default:
			return false
		}
	}
}

// NewServer gives an http.Server with the time and size limits that keep a
// slow or greedy client from holding it. Call Events.Close on shutdown
// (RegisterOnShutdown): Shutdown waits for open streams otherwise.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second, // streams push theirs on, write by write
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		// net/http's own messages can quote what a client sent: level debug.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
