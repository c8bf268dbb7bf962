package kit

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

// SessionConfig says how sessions are kept. There are no useful zero values
// for Name: two programs on one host share cookies, whatever their ports.
type SessionConfig struct {
	// Name distinguishes this program's cookie, e.g. "hub", "node-police".
	Name string
	// TLS says that the pages are served over TLS only. The cookie is then
	// Secure and its name begins with __Host-, so that no other host and no
	// plain connection can set it.
	TLS bool
	// Idle and Absolute end a session: after that long unused (20 minutes when
	// 0), and in any case after that long (10 hours when 0: one working day).
	Idle, Absolute time.Duration
}

// Sessions remembers who is signed in, in memory: a restart signs everyone
// out. Safe for concurrent use.
type Sessions struct {
	manager *scs.SessionManager
}

const (
	userKey  = "user"
	flashKey = "flash"
)

func init() {
	gob.Register(User{})
	gob.Register(Flash{})
}

// Flash is a message for the next page only. It is kept in the session, so it
// must not name a person: a reference at most.
type Flash struct {
	Text    string
	Success bool
}

// NewSessions makes the session store.
func NewSessions(c SessionConfig) (*Sessions, error) {
	if c.Name == "" {
		return nil, errors.New("session cookie needs a name of its own")
	}
	if c.Idle < 0 || c.Absolute < 0 {
		return nil, errors.New("session times must not be negative")
	}
	if c.Idle == 0 {
		c.Idle = 20 * time.Minute
	}
	if c.Absolute == 0 {
		c.Absolute = 10 * time.Hour
	}
	// Not scs.New: it starts a goroutine for a store we do not use and gives no
	// way to stop it.
	m := &scs.SessionManager{
		IdleTimeout:      c.Idle,
		Lifetime:         c.Absolute,
		Store:            newMemory(c.Absolute),
		Codec:            scs.GobCodec{},
		HashTokenInStore: true,
		ErrorFunc: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "Sorry, there is a problem with the service.", http.StatusInternalServerError)
		},
		Cookie: scs.SessionCookie{Name: "mash-" + c.Name, Path: "/", HttpOnly: true},
	}
	m.Cookie.SameSite = http.SameSiteLaxMode
	if c.TLS {
		m.Cookie.Name = "__Host-" + m.Cookie.Name
		m.Cookie.Secure = true
	}
	return &Sessions{manager: m}, nil
}

// SignIn makes u the session's user under a new token, so that a token planted
// before sign-in is worth nothing.
func (s *Sessions) SignIn(ctx context.Context, u User) error {
	if u.ID == "" {
		return errors.New("signing in: user without an id")
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return fmt.Errorf("renewing the session: %w", err)
	}
	s.manager.Put(ctx, userKey, u)
	return nil
}

// SignOut ends the session.
func (s *Sessions) SignOut(ctx context.Context) error {
	if err := s.manager.Destroy(ctx); err != nil {
		return fmt.Errorf("ending the session: %w", err)
	}
	return nil
}

// SetFlash leaves a message for the next page.
func (s *Sessions) SetFlash(ctx context.Context, f Flash) { s.manager.Put(ctx, flashKey, f) }

// TakeFlash gives the message left for this page as a banner, or nil, and
// forgets it.
func (s *Sessions) TakeFlash(ctx context.Context) *Banner {
	f, ok := s.manager.Pop(ctx, flashKey).(Flash)
	if !ok {
		return nil
	}
	return &Banner{Text: f.Text, Success: f.Success}
}

// user gives the session's user. The context must have passed load.
func (s *Sessions) user(ctx context.Context) (User, bool) {
	u, ok := s.manager.Get(ctx, userKey).(User)
	return u, ok
}

// load reads the request's session without writing it back: an event stream
// that a page left open must not keep a session alive.
func (s *Sessions) load(r *http.Request) (context.Context, error) {
	var token string
	if c, err := r.Cookie(s.manager.Cookie.Name); err == nil {
		token = c.Value
	}
	ctx, err := s.manager.Load(r.Context(), token)
	if err != nil {
		return nil, fmt.Errorf("reading the session: %w", err)
	}
	return ctx, nil
}

// alive says whether the request's session still has a user: false after
// sign-out, idle time or absolute time.
func (s *Sessions) alive(r *http.Request) bool {
	// A fresh context: the request's own holds the session as it was.
	ctx, err := s.load(r.WithContext(context.Background()))
	if err != nil {
		return false
	}
	_, ok := s.user(ctx)
	return ok
}
