package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"mashhub/hub/edition"
	"mashhub/hub/enquiry"
	"mashhub/hub/evidence"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// Options are what the pages and the API of one hub need. All but TLS, Hosts and Contact are required.
type Options struct {
	Name     string // of the partnership, e.g. "Fernshire MASH"
	Desk     *enquiry.Desk
	Notices  Notices
	Audit    Audit
	Editions *edition.Desk
	Evidence *evidence.Desk
	Agencies mash.Directory
	// Verifier is the public key of the hub's log, for whoever checks a bundle.
	Verifier string
	Events   *kit.Events
	Log      *slog.Logger
	// DemoRoles are whom a visitor of the demo can be. There is no other
	// sign-in yet: without them New refuses to start.
	DemoRoles []kit.DemoRole
	TLS       bool     // pages are served over TLS only
	Hosts     []string // names the pages answer to; empty: any
	Contact   string   // whom to tell when something fails
}

// Notices lists pushes, a page at a time, without what they say.
type Notices interface {
	ListNotices(ctx context.Context, page int) (NoticePage, error)
}

// NoticePage is one page of all pushes: what nobody has acknowledged first, the
// newest of it first.
type NoticePage struct {
	mash.Paging
	Open int // how many of all nobody has acknowledged
	Rows []mash.Notification
}

// NoticesOf reads a page of a store's.
func NoticesOf(tx mash.Notices, page int) (p NoticePage, err error) {
	total, open, err := tx.CountNotices()
	if err != nil {
		return p, err
	}
	p.Paging, p.Open = mash.PageOf(total, page), open
	p.Rows, err = tx.ListNotices(p.Skip(), mash.PageRows)
	return p, err
}

// Audit gives the hub's log to those who check it.
type Audit interface {
	// Export writes the whole log as a bundle that can be checked with nothing
	// but the public key.
	Export(ctx context.Context, w io.Writer) error
	// Checkpoint is the newest signed state of the log. Errors: mash.ErrNotFound
	// before the first.
	Checkpoint(ctx context.Context) (Checkpoint, error)
}

// Checkpoint is the signed state of a log.
type Checkpoint struct {
	Size        int64     `json:"size"`        // entries it covers
	Root        string    `json:"root"`        // of the Merkle tree, base64
	Unsequenced int64     `json:"unsequenced"` // entries that no checkpoint covers yet
	At          time.Time `json:"at,omitzero"`
	Note        string    `json:"note"` // as signed; empty before the first
}

func (o Options) check() error {
	switch {
	case o.Name == "":
		return errors.New("pages need the partnership's name")
	case o.Desk == nil || o.Notices == nil || o.Audit == nil || o.Editions == nil || o.Evidence == nil:
		return errors.New("pages need the desk, the notices, the audit log and the agreements")
	case o.Verifier == "":
		return errors.New("pages need the log's public key")
	case o.Events == nil || o.Log == nil:
		return errors.New("pages need events and a log")
	case len(o.DemoRoles) == 0:
		return errors.New("pages need a way to sign in")
	}
	return nil
}

// site is the pages and the API under construction and in service.
type site struct {
	Options
	router   *kit.Router
	layout   kit.Layout
	sessions *kit.Sessions
	once     *once
}

// New gives the handler that serves a hub's pages and API.
func New(o Options) (http.Handler, error) {
	s, err := newSite(o)
	if err != nil {
		return nil, err
	}
	return s.router.Build()
}

func newSite(o Options) (*site, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	sessions, err := kit.NewSessions(kit.SessionConfig{Name: "hub", TLS: o.TLS})
	if err != nil {
		return nil, fmt.Errorf("preparing sessions: %w", err)
	}
	s := &site{Options: o, sessions: sessions, once: newOnce(o.Desk.Env.Now)}
	s.layout = kit.Layout{Organisation: o.Name, ServiceName: "MASH Hub", Contact: o.Contact, Nav: navigation,
		Demo: "This is a demonstration. Nobody here is real. Enter nothing about a real child or family."}
	s.router, err = kit.NewRouter(kit.Config{Layout: s.layout, Sessions: sessions, Authorise: s.authorise, Rules: rules(),
		NewID: o.Desk.Env.NewID, Log: o.Log, TLS: o.TLS, Hosts: o.Hosts, Status: kit.Status})
	if err != nil {
		return nil, fmt.Errorf("preparing routes: %w", err)
	}
	if err := s.router.DemoSignIn(o.DemoRoles); err != nil {
		return nil, fmt.Errorf("preparing the demo's sign-in: %w", err)
	}
	s.api()
	s.pages()
	return s, nil
}
