package protocol

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"mashhub/hub/mash"
	"mashhub/policies"
)

// Options of a decision point. The zero value of each is safe.
type Options struct {
	// FS holds the folders rego, tables and agreements. Nil means the shipped
	// policies.
	FS fs.FS
	// Where decides: the hub or node in every decision. Required.
	Where mash.Address
	// Hub is whose agreements are applied: in every decision, as a node may
	// serve several. Required for a node; a hub is its own.
	Hub string
	// Env gives time and ids. Required: Now and NewID.
	Env mash.Env
	// Timeout of one decision; 0 means 250 ms.
	Timeout time.Duration
	// Epoch of the policy. It counts the versions that were put in force and
	// never goes back.
	Epoch int64
	// MaxAge is how long a policy counts as fresh after New, Swap or Confirm;
	// past it every answer is a fault. 0 means for ever, which suits a policy
	// that is shipped inside the program.
	MaxAge time.Duration
	// Obligations that the caller implements. Nil means all that mash names.
	// One that is not among them turns its verdict into a fault.
	Obligations []string
	// OnFault is told of every fault, with its cause, which holds no input. It
	// must be quick and safe for concurrent use. Nil tells nobody.
	OnFault func(mash.Decision, error)
	// Stopwatch starts measuring and gives the time passed when called again.
	// Nil means the machine's monotonic clock.
	Stopwatch func() func() time.Duration
}

// kept is how many versions stay ready for replay beside the one in force.
const kept = 8

// maxAbandoned is how many evaluations may still compute past their deadline
// before new questions are turned away at once.
const maxAbandoned = 8

// Point decides by one policy at a time. Safe for concurrent use.
type Point struct {
	opts      Options
	known     map[string]bool // obligations
	current   atomic.Pointer[policy]
	confirmed atomic.Int64 // Unix milliseconds at which the policy was known to be the newest
	abandoned atomic.Int64

	mu      sync.Mutex // guards changes of policy
	history []*policy  // oldest first, the one in force last
}

var _ mash.Policy = (*Point)(nil)

// Reasons for which a decision is a fault, as Options.OnFault is told.
var (
	ErrStale     = errors.New("policy is stale")
	ErrTimeout   = errors.New("decision took too long")
	ErrBusy      = errors.New("too many abandoned evaluations")
	ErrUndefined = errors.New("policy gave no answer")
	ErrShape     = errors.New("policy gave an answer of the wrong shape")
	ErrPanic     = errors.New("policy engine panicked")
	ErrUnknown   = errors.New("policy version is not at hand")
	ErrInput     = errors.New("question cannot be put")
)

// New compiles the policy and gives the point that decides by it. A policy
// with anything wrong in it is an error: a hub or node without a policy does
// not start.
func New(ctx context.Context, opts Options) (*Point, error) {
	if opts.Where == "" {
		return nil, errors.New("opening decision point: Where is missing")
	}
	if id, ok := opts.Where.Hub(); ok && opts.Hub == "" {
		opts.Hub = id
	}
	if opts.Hub == "" {
		return nil, errors.New("opening decision point: Hub is missing")
	}
	if opts.Env.Now == nil || opts.Env.NewID == nil {
		return nil, errors.New("opening decision point: Env needs Now and NewID")
	}
	if opts.FS == nil {
		opts.FS = policies.FS
	}
	if opts.Timeout <= 0 {
		opts.Timeout = 250 * time.Millisecond
	}
	if opts.Obligations == nil {
		opts.Obligations = []string{mash.ObligeProtectLocation, mash.ObligeExistenceOnly, mash.ObligeOriginator,
			mash.ObligeExpires, mash.ObligeRedactThirdParty, mash.ObligeNotVisible}
	}
	if opts.Stopwatch == nil {
		opts.Stopwatch = monotonic
	}
	p := &Point{opts: opts, known: map[string]bool{}}
	for _, code := range opts.Obligations {
		p.known[code] = true
	}
	if err := p.Swap(ctx, opts.FS, opts.Epoch); err != nil {
		return nil, err
	}
	return p, nil
}

// Beside opens a point like this one by another policy, to rehearse with: it
// tells nobody of faults and is never stale.
func (p *Point) Beside(ctx context.Context, files fs.FS) (*Point, error) {
	o := p.opts
	o.FS, o.Epoch, o.MaxAge, o.OnFault = files, 0, 0, nil
	return New(ctx, o)
}

// monotonic measures durations. It is no source of time for decisions.
func monotonic() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

// Swap compiles another policy and, only when all of it is sound, puts it in
// force. Decisions under way finish by the policy they began with. An epoch
// lower than the one in force is an error, so is the same epoch with another
// content.
func (p *Point) Swap(ctx context.Context, files fs.FS, epoch int64) error {
	next, err := compile(ctx, files, epoch)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.current.Load(); now != nil {
		switch {
		case epoch < now.epoch:
			return fmt.Errorf("putting policy in force: epoch %d is before %d", epoch, now.epoch)
		case epoch == now.epoch && next.version != now.version:
			return fmt.Errorf("putting policy in force: epoch %d has another content", epoch)
		}
	}
	p.history = slices.DeleteFunc(p.history, func(old *policy) bool { return old.version == next.version })
	p.history = append(p.history, next)
	if len(p.history) > kept+1 {
		p.history = slices.Delete(p.history, 0, len(p.history)-kept-1)
	}
	p.confirmed.Store(p.opts.Env.Now().UnixMilli())
	p.current.Store(next)
	return nil
}

// Confirm says that the policy in force is still the newest: it is fresh for
// another MaxAge. It reports false, and changes nothing, where epoch is not
// that of the policy in force.
func (p *Point) Confirm(epoch int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current.Load().epoch != epoch {
		return false
	}
	p.confirmed.Store(p.opts.Env.Now().UnixMilli())
	return true
}

// Version is the SHA-256 of the policy in force, "sha256:" and 64 digits.
func (p *Point) Version() string { return p.current.Load().version }

// Epoch of the policy in force.
func (p *Point) Epoch() int64 { return p.current.Load().epoch }

// stale reports whether the policy in force has not been confirmed for longer
// than MaxAge. A clock that went back behind the confirmation counts as stale
// too, as freshness cannot be told.
func (p *Point) stale() bool {
	if p.opts.MaxAge <= 0 {
		return false
	}
	age := p.opts.Env.Now().UnixMilli() - p.confirmed.Load()
	return age < 0 || age > p.opts.MaxAge.Milliseconds()
}

// version finds a policy for replay.
func (p *Point) version(version string) *policy {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, old := range p.history {
		if old.version == version {
			return old
		}
	}
	return nil
}
