package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// Received is a message that has been verified, for its handler.
type Received struct {
	wire.Message
	Hash string    // SHA-256 of the token it came in
	At   time.Time // when this side opened it
}

// Handler acts on a message in tx. It has no effect outside tx. A *mash.Error
// refuses the message; see the package comment.
type Handler[T mash.ExchangeTx] func(ctx context.Context, tx T, m Received) error

// Config of one hub's exchange, on the hub's or on an agency's side.
type Config[T mash.ExchangeTx] struct {
	Hub    string         // whose traffic this is
	Self   []mash.Address // whom we speak for: the hub, or an agency and its units
	Topics []string       // what we read
	Store  mash.Store[T]
	Bus    mash.Bus
	Seal   mash.Seal
	Audit  mash.Auditor
	Env    mash.Env
	Log    *slog.Logger

	// InForce says by which version and epoch of the agreements this side
	// decides. A message that rests on no decision of its own is signed with
	// these; nil where nobody is to be told.
	InForce func() (version string, epoch int64)

	Handlers map[wire.Kind]Handler[T]
	// Sent is called in the transaction that records that the broker has a
	// message, the first time only.
	Sent func(tx T, m mash.OutMessage, at time.Time) error
	// Settled is called in the transaction in which a message ends: done or
	// refused by its receipt, or undeliverable.
	Settled func(tx T, m mash.OutMessage, at time.Time) error
	// Refused is called in the transaction that refuses an authenticated
	// message, after what its handler wrote was undone; may be nil.
	Refused func(tx T, m Received, code mash.Code) error
	// Changed is called after each commit that took messages in, heartbeats
	// aside, with what they were about (request or notification ids; none for
	// receipts); may be nil.
	Changed func(refs []string)

	// Resend is how long a receipt may take before the message goes out again:
	// 5 s when zero; it doubles with each attempt up to a minute.
	Resend time.Duration
	// Tick is how often the pump looks without being nudged: 500 ms when zero.
	Tick time.Duration
}

// Exchange moves one hub's messages. Safe for concurrent use.
type Exchange[T mash.ExchangeTx] struct {
	Config[T]
	nudge chan struct{}

	mu       sync.Mutex
	attempts map[string]int     // failed tries by message key; in memory: a restart tries again
	lanes    map[string]*lane   // by topic
	handed   map[string]*handed // on their way or there, and not yet recorded as sent
	look     bool               // the outbox may have something
}

// maxAttempts is how often a handler may fail on one message before it is
// quarantined, other than for something unavailable.
const maxAttempts = 5

// New makes an exchange; Run starts it.
func New[T mash.ExchangeTx](c Config[T]) *Exchange[T] {
	if c.Resend == 0 {
		c.Resend = 5 * time.Second
	}
	if c.Tick == 0 {
		c.Tick = 500 * time.Millisecond
	}
	return &Exchange[T]{Config: c, nudge: make(chan struct{}, 1), attempts: map[string]int{},
		lanes: map[string]*lane{}, handed: map[string]*handed{}}
}

// wake tells the pump that there is something.
func (x *Exchange[T]) wake() {
	select {
	case x.nudge <- struct{}{}:
	default:
	}
}

// Run pumps until ctx ends. It returns nil then, and an error only where the
// exchange could not start; afterwards failures are logged and tried again.
func (x *Exchange[T]) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, topic := range x.Topics {
		n, err := x.Bus.Partitions(ctx, topic)
		if err != nil {
			return fmt.Errorf("looking up partitions of %s: %w", topic, err)
		}
		for p := range n {
			wg.Go(func() { x.read(ctx, topic, p) })
		}
	}
	wg.Go(func() {
		if err := x.remind(ctx); err != nil && ctx.Err() == nil {
			x.Log.Warn("receipts are not sent again: their messages will be", "hub", x.Hub, "code", mash.CodeOf(err))
		}
		x.pump(ctx)
	})
	wg.Wait()
	return nil
}

// Draft is a message to post.
type Draft struct {
	From, To mash.Address
	Header   wire.Header // Kind, Ref, Revision, Answers, Purpose, Scope, ExpiresAt; the policy of a decision
	Body     any
	MaxAge   time.Duration // after which it is undeliverable; zero: never
}

// Post seals a message and puts it into the outbox in tx. It goes out once that
// is committed.
func (x *Exchange[T]) Post(ctx context.Context, tx T, d Draft) (mash.OutMessage, error) {
	seq := int64(0)
	if d.Header.Ref != "" { // counted per request or notification
		var err error
		if seq, err = tx.NextSequence(d.From, d.Header.Ref); err != nil {
			return mash.OutMessage{}, fmt.Errorf("numbering message: %w", err)
		}
	}
	m, err := x.seal(ctx, d, seq)
	if err != nil {
		return m, err
	}
	tx.OnCommit(func() { x.queue(m) })
	return m, tx.Enqueue(m)
}

// seal makes a message of a draft.
func (x *Exchange[T]) seal(ctx context.Context, d Draft, sequence int64) (mash.OutMessage, error) {
	now := x.Env.Now()
	h := d.Header
	h.ID, h.Hub, h.Issuer, h.Audience, h.IssuedAt, h.Sequence = x.Env.NewID(), x.Hub, d.From, d.To, now, sequence
	if h.PolicyVersion == "" && x.InForce != nil {
		h.PolicyVersion, h.PolicyEpoch = x.InForce()
	}
	ref := h.Ref
	if ref == "" {
		ref = h.ID
	}
	payload, err := wire.Encode(h, d.Body)
	if err != nil {
		return mash.OutMessage{}, fmt.Errorf("encoding message: %w", err)
	}
	sealed, err := x.Seal.Seal(ctx, d.From, d.To, payload)
	if err != nil {
		return mash.OutMessage{}, fmt.Errorf("sealing message: %w", err)
	}
	m := mash.OutMessage{
		ID: h.ID, Hub: x.Hub, Kind: string(h.Kind), From: d.From, To: d.To,
		Topic: x.topic(d.From, d.To), Key: ref, Ref: h.Ref, Sequence: h.Sequence,
		Sealed: sealed, Receipt: h.Kind != wire.KindReceipt && h.Kind != wire.KindStatus,
		Created: now, Due: now, State: mash.OutOpen,
	}
	if d.MaxAge > 0 {
		m.Expires = now.Add(d.MaxAge)
	}
	return m, nil
}

// topic is where a message goes: what the hub sends is keyed on the topic of
// the agency, never one per unit.
func (x *Exchange[T]) topic(from, to mash.Address) string {
	if p, ok := to.Party(); ok {
		return mash.ToTopic(x.Hub, p.Agency)
	}
	p, _ := from.Party()
	return mash.FromTopic(x.Hub, p.Agency)
}

// speaksFor reports whether an address is one of ours.
func (x *Exchange[T]) speaksFor(a mash.Address) bool { return slices.Contains(x.Self, a) }

// refusal returns the code a message is refused with, and false when the
// failure is ours and the message is to be tried again.
func refusal(err error) (mash.Code, bool) {
	var e *mash.Error
	if !errors.As(err, &e) {
		return "", false
	}
	switch e.Code {
	case mash.CodeInternal, mash.CodeUnavailable, mash.CodeFault:
		return "", false
	}
	return e.Code, true
}
