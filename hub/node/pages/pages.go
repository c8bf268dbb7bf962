package pages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"mashhub/hub/edition"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
)

// Options are what the pages of one node need. Node, Agency, Events, Log and
// DemoRoles are required.
type Options struct {
	Node   *node.Node
	Agency mash.Agency
	Events *kit.Events
	Log    *slog.Logger
	// DemoRoles are whom a visitor of the demo can be. There is no other
	// sign-in yet: without them New refuses to start.
	DemoRoles []kit.DemoRole
	// Audit exports the node's log. When nil the node's own log is asked; if
	// that cannot export, the address does not exist.
	Audit Audit
	// Editions are the changes of the agreements, for each hub that is served.
	Editions []*edition.Node
	TLS      bool     // pages are served over TLS only
	Hosts    []string // names the pages answer to; empty: any
	Contact  string   // whom to tell when something fails
}

// Audit gives the node's log to those who check it.
type Audit interface {
	// Export writes the whole log as a bundle that can be checked with nothing
	// but the public key.
	Export(ctx context.Context, w io.Writer) error
}

func (o Options) check() error {
	switch {
	case o.Node == nil:
		return errors.New("pages need their node")
	case o.Agency.ID == "" || o.Agency.ID != o.Node.Agency.ID:
		return errors.New("pages need the agency of their node")
	case o.Events == nil || o.Log == nil:
		return errors.New("pages need events and a log")
	case len(o.DemoRoles) == 0:
		return errors.New("pages need a way to sign in")
	}
	return nil
}

// site is the pages under construction and in service.
type site struct {
	Options
	router   *kit.Router
	layout   kit.Layout
	sessions *kit.Sessions
	views    *kit.Views
	zone     *time.Location
}

// New gives the handler that serves a node's pages.
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
	if o.Audit == nil {
		o.Audit = ownLog(o.Node)
	}
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("loading the time zone: %w", err)
	}
	// Cookies ignore ports: nodes on one machine must not share one.
	sessions, err := kit.NewSessions(kit.SessionConfig{Name: "node-" + o.Agency.ID, TLS: o.TLS})
	if err != nil {
		return nil, fmt.Errorf("preparing sessions: %w", err)
	}
	views, err := kit.ParseViews(viewFiles, "views/*.html")
	if err != nil {
		return nil, err
	}
	s := &site{Options: o, sessions: sessions, views: views, zone: zone}
	s.layout = kit.Layout{Organisation: o.Agency.Name, ServiceName: "Safeguarding inbox", HeldFor: o.Agency.HeldFor, Contact: o.Contact,
		Nav: func(kit.User) []kit.NavItem {
			return []kit.NavItem{{Text: "Inbox", Href: "/tasks"}, {Text: "Systems", Href: "/systems"}, {Text: "Agreements", Href: "/agreements"}}
		},
		Demo: "This is a demonstration. Nobody here is real. Enter nothing about a real child or family."}
	s.router, err = kit.NewRouter(kit.Config{Layout: s.layout, Sessions: sessions, Authorise: s.authorise, Rules: rules,
		NewID: o.Node.Env.NewID, Log: o.Log, TLS: o.TLS, Hosts: o.Hosts, Status: kit.Status})
	if err != nil {
		return nil, fmt.Errorf("preparing routes: %w", err)
	}
	if err := s.router.DemoSignIn(o.DemoRoles); err != nil {
		return nil, fmt.Errorf("preparing the demo's sign-in: %w", err)
	}
	s.routes()
	s.api()
	return s, nil
}

const (
	// answerBody is the largest answer: fifty long items.
	answerBody = 2 << 20
	smallBody  = 64 << 10
)

func (s *site) routes() {
	s.router.Handle(
		kit.Route{Pattern: "GET /{$}", Rule: ruleInbox, Handler: s.inbox},
		kit.Route{Pattern: "GET /tasks", Rule: ruleInbox, Handler: s.inbox},
		kit.Route{Pattern: "GET /systems", Rule: ruleInbox, Handler: s.systems},
		kit.Route{Pattern: "GET /live/inbox", Rule: ruleInbox, Handler: s.live, Stream: true},
		kit.Route{Pattern: "GET /tasks/{id}", Rule: ruleTask, Handler: s.task},
		kit.Route{Pattern: "POST /tasks/{id}/answer", Rule: ruleTask, Handler: s.answer, MaxBody: answerBody},
		kit.Route{Pattern: "POST /tasks/{id}/match", Rule: ruleTask, Handler: s.match, MaxBody: smallBody, Timeout: time.Minute},
		kit.Route{Pattern: "POST /tasks/{id}/review", Rule: ruleTask, Handler: s.review},
		kit.Route{Pattern: "POST /tasks/{id}/acknowledge", Rule: ruleTask, Handler: s.acknowledge, MaxBody: smallBody},
		kit.Route{Pattern: "GET /quarantine", Rule: ruleQuarantine, Handler: s.quarantine},
		kit.Route{Pattern: "POST /quarantine", Rule: ruleQuarantine, Handler: s.seeQuarantine, MaxBody: smallBody},
		kit.Route{Pattern: "GET /agreements", Rule: ruleSignatory, Handler: s.agreements},
		kit.Route{Pattern: "POST /agreements/{id}/agree", Rule: ruleSignatory, Handler: s.answerEdition, MaxBody: smallBody},
		kit.Route{Pattern: "POST /tasks/{id}/ask-back", Rule: ruleTask, Handler: s.askBack, MaxBody: smallBody},
	)
}
