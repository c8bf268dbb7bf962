package node

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
	"mashhub/plugins/connector"
)

// Source is one connector of the agency.
type Source struct {
	Name      string
	Connector connector.Connector
	Methods   []string // as it described itself: search, fetch, deliver, watch
	// Known repeats what it says of its methods, for one that could not say so
	// when the node began; nil where Methods is that. While it gives an error,
	// it counts as one that answers (Unknown).
	Known func() ([]string, error)
	Hub   string // to which hub its watch reports
	// Status says how the plugin process fares; nil for one in this process.
	Status func() (state string, pid int)
	// Failure is the code of what keeps its process from starting, or empty.
	Failure func() string
}

// Link is one hub that the node serves.
type Link struct {
	Hub    string
	Policy mash.Policy // the partnership's agreements, as this agency has them
	// InForce says which version and epoch of them Policy decides by; nil where
	// nobody is to be told.
	InForce func() (version string, epoch int64)
	post    Poster
}

// Poster puts messages into the outbox. *exchange.Exchange is one.
type Poster interface {
	Post(ctx context.Context, tx mash.NodeTx, d exchange.Draft) (mash.OutMessage, error)
}

// Config of a node.
type Config struct {
	Agency  mash.Agency // its own id, name and units
	Links   []*Link
	Sources []Source
	Store   mash.Store[mash.NodeTx]
	Audit   mash.Auditor
	Env     mash.Env
	Log     *slog.Logger
	// Monotonic reads a clock that no administrator sets: milliseconds since
	// Boot began. It exposes a wall clock that stepped.
	Monotonic func() int64
	Boot      string

	Workers   int           // requests answered at the same time: 8 when zero
	Retry     time.Duration // first pause before an unavailable source is asked again: 2 s when zero
	Heartbeat time.Duration // 5 s when zero
	CallTime  time.Duration // how long a search or a fetch may take: 2 minutes when zero
	MaxAge    time.Duration // after which a return is undeliverable: 7 days when zero
	// DeliverWithin is how long a notice may wait for the agency's own system
	// before a person gets it: 2 minutes when zero.
	DeliverWithin time.Duration
	NoticeLife    time.Duration // how long a notice waits to be read: 30 days when zero
	Changed       func()        // after a task or state changed; may be nil
}

// Node is the runtime of one agency. Safe for concurrent use.
type Node struct {
	Config
	links map[string]*Link
	nudge chan struct{}
	beat  chan struct{}
	// handover says that a notice waits for the agency's own system.
	handover chan struct{}

	mu    sync.Mutex
	busy  map[string]bool // requests that wait in ready or are being worked on
	ready []job           // taken in just now
	look  bool            // the store may have something else to do

	// revised counts withdrawals and changes of questions, also such as are not
	// committed yet: what memory holds of a question from before may be over.
	revised atomic.Int64
}

// New makes a node; connect each hub's exchange before Run.
func New(c Config) *Node {
	if c.Workers == 0 {
		c.Workers = 8
	}
	if c.Retry == 0 {
		c.Retry = 2 * time.Second
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = 5 * time.Second
	}
	if c.CallTime == 0 {
		c.CallTime = 2 * time.Minute
	}
	if c.MaxAge == 0 {
		c.MaxAge = 7 * 24 * time.Hour
	}
	if c.DeliverWithin == 0 {
		c.DeliverWithin = 2 * time.Minute
	}
	if c.NoticeLife == 0 {
		c.NoticeLife = 30 * 24 * time.Hour
	}
	if c.Changed == nil {
		c.Changed = func() {}
	}
	n := &Node{Config: c, links: map[string]*Link{}, busy: map[string]bool{},
		nudge: make(chan struct{}, 1), beat: make(chan struct{}, 1), handover: make(chan struct{}, 1)}
	for _, l := range c.Links {
		n.links[l.Hub] = l
	}
	return n
}

// Connect gives the node its way out to one hub.
func (n *Node) Connect(hub string, p Poster) { n.links[hub].post = p }

// Addresses are whom the node speaks for: the agency and each of its units.
func Addresses(a mash.Agency) []mash.Address {
	out := []mash.Address{mash.PartyAddress(mash.Party{Agency: a.ID})}
	for _, u := range a.Units {
		out = append(out, mash.PartyAddress(mash.Party{Agency: a.ID, Unit: u.ID}))
	}
	return out
}

// Handlers are what the node does with what a hub sends.
func (n *Node) Handlers() map[wire.Kind]exchange.Handler[mash.NodeTx] {
	return map[wire.Kind]exchange.Handler[mash.NodeTx]{
		wire.KindRequest:     n.takeRequest,
		wire.KindAmend:       n.takeAmend,
		wire.KindWithdraw:    n.takeWithdraw,
		wire.KindClarify:     n.takeClarify,
		wire.KindNotify:      n.takeNotify,
		wire.KindAcknowledge: n.takeAcknowledge,
	}
}

// Run works until ctx ends.
func (n *Node) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { n.workLoop(ctx) })
	wg.Go(func() { n.heartbeatLoop(ctx) })
	wg.Go(func() { n.deliverLoop(ctx) })
	for _, s := range n.Sources {
		wg.Go(func() {
			if n.learned(ctx, s) && s.does("watch") {
				n.watchLoop(ctx, s)
			}
		})
	}
	wg.Wait()
	return nil
}

// Wake makes the node look for work in its store now.
func (n *Node) Wake() {
	n.mu.Lock()
	n.look = true
	n.mu.Unlock()
	n.signal()
	n.Changed()
}

func (n *Node) signal() {
	select {
	case n.nudge <- struct{}{}:
	default:
	}
}

// Beat sends a heartbeat now: a source changed its state.
func (n *Node) Beat() {
	select {
	case n.beat <- struct{}{}:
	default:
	}
}

// event is something that happened here, by this node's clock.
func (n *Node) event(request string, kind mash.EventKind, at time.Time, detail string) mash.Event {
	e := mash.Event{Request: request, Kind: kind, At: at, Clock: n.Agency.ID, Boot: n.Boot, Detail: detail}
	if n.Monotonic != nil {
		e.Mono = n.Monotonic()
	}
	return e
}

// note writes an audit entry and, if there is one, the decision it rests on.
func (n *Node) note(tx mash.NodeTx, dec *mash.Decision, e mash.Entry) error {
	if dec != nil {
		if dec.Fault {
			n.Log.Error("decision fault", "question", dec.Question, "decision", dec.ID, "policy", dec.PolicyVersion)
		}
		if err := tx.PutDecision(*dec); err != nil {
			return fmt.Errorf("recording decision: %w", err)
		}
		e.Decision = dec.ID
	}
	if e.At.IsZero() {
		e.At = n.Env.Now()
	}
	return n.Audit.Append(tx, e)
}
