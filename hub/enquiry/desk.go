package enquiry

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/retention"
)

// Desk holds the use cases of one hub. Safe for concurrent use.
type Desk struct {
	Config
	post Poster
}

// Config is what a Desk needs.
type Config struct {
	Hub      string
	Store    mash.Store[mash.HubTx]
	Policy   mash.Policy
	Audit    mash.Auditor
	Env      mash.Env
	Agencies mash.Directory
	Targets  Targets
	Log      *slog.Logger
	// InForce says which version and epoch of the agreements Policy decides by;
	// nil where agencies' are not compared with it.
	InForce func() (version string, epoch int64)
	// MaxAge is how long a request may wait for its receipt before it is
	// undeliverable: 7 days when zero, as long as a broker keeps messages. An
	// agency that is closed over a weekend is late, not out of reach.
	MaxAge time.Duration
	// Lifetime is how long a request may be answered: 30 days when zero.
	Lifetime time.Duration
}

// Targets says by when a request should be answered, and whose target it is.
type Targets interface {
	Target(rag mash.RAG, p mash.Party, raised time.Time) (at time.Time, profile string)
}

// Poster puts messages into the outbox. *exchange.Exchange is one.
type Poster interface {
	Post(ctx context.Context, tx mash.HubTx, d exchange.Draft) (mash.OutMessage, error)
}

// New makes a Desk. Connect it to the exchange before the first Ask.
func New(c Config) *Desk {
	if c.MaxAge == 0 {
		c.MaxAge = 7 * 24 * time.Hour
	}
	if c.Lifetime == 0 {
		c.Lifetime = 30 * 24 * time.Hour
	}
	return &Desk{Config: c}
}

// Connect gives the desk its way out. The exchange needs the desk's handlers
// and the desk needs the exchange, so one of them comes second.
func (d *Desk) Connect(p Poster) { d.post = p }

func (d *Desk) self() mash.Address { return mash.HubAddress(d.Hub) }

// retention of an enquiry, and of everything that belongs to it, until it is
// closed (I10).
func (d *Desk) retention(now time.Time) mash.Retention { return retention.Opened(now) }

// load reads an enquiry for a use case. An unknown id and one that the actor
// may not know of give the same error, after the same work: a view decision is
// made and its refusal recorded in either case, so that not even the time it
// takes tells them apart.
func (d *Desk) load(ctx context.Context, actor mash.Actor, id, page string) (e mash.Enquiry, err error) {
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		e, err = tx.Enquiry(id)
		return err
	})
	if !errors.Is(err, mash.ErrNotFound) {
		return e, err
	}
	dec := d.Policy.View(ctx, d.viewInput(actor, mash.Enquiry{Restricted: true}, page, nil))
	if err := d.record(ctx, dec, mash.Entry{Actor: actor.ID, Action: "page.denied", Detail: map[string]string{"page": page}}); err != nil {
		return e, err
	}
	return e, notFound()
}

// act loads an enquiry that the actor may work on. step is the page of the
// policy's table of views on which such work is done; what it answers is
// recorded, permit or not.
func (d *Desk) act(ctx context.Context, actor mash.Actor, id, step string) (mash.Enquiry, error) {
	e, err := d.load(ctx, actor, id, step)
	if err != nil {
		return e, err
	}
	dec := d.Policy.View(ctx, d.viewInput(actor, e, step, nil))
	entry := mash.Entry{Actor: actor.ID, Action: "enquiry.act", Enquiry: id, Detail: map[string]string{"page": step}}
	permitted := dec.Answer == mash.Permit && showable(dec.Obligations)
	if !permitted {
		entry.Action = "page.denied"
	}
	if err := d.record(ctx, dec, entry); err != nil {
		return e, err
	}
	if !permitted {
		return e, denied(dec)
	}
	return e, nil
}

// Follow decides whether the actor may hear that the enquiry with a reference
// has changed: who may not see its page may not, because that it is there, and
// busy, is already something. Errors: CodeNotFound for what is not there and
// what may not be seen alike, CodeFault.
func (d *Desk) Follow(ctx context.Context, actor mash.Actor, reference string) error {
	var id string // of no enquiry, where there is none
	err := d.Store.View(ctx, func(tx mash.HubTx) error {
		e, err := tx.EnquiryByReference(reference)
		if id = e.ID; errors.Is(err, mash.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = d.act(ctx, actor, id, "enquiry")
	return err
}

// notFound is what an outsider gets for what is not there and for what is not
// theirs: telling the two apart would itself disclose.
func notFound() error { return mash.Errorf(mash.CodeNotFound, "there is no such enquiry") }

// denied turns a decision into the error that its actor sees. A fault is told
// apart, because somebody must act on it.
func denied(dec mash.Decision) error {
	if dec.Fault {
		return mash.Undecided()
	}
	return notFound()
}

// record writes a decision and its audit entry, without any other effect.
func (d *Desk) record(ctx context.Context, dec mash.Decision, e mash.Entry) error {
	return d.Store.Update(ctx, func(tx mash.HubTx) error { return d.note(tx, &dec, e) })
}

// note writes an audit entry, and the decision it rests on if there is one, in
// the caller's transaction.
func (d *Desk) note(tx mash.HubTx, dec *mash.Decision, e mash.Entry) error {
	if dec != nil {
		if dec.Fault {
			d.Log.Error("decision fault", "question", dec.Question, "decision", dec.ID, "policy", dec.PolicyVersion)
		}
		if err := tx.PutDecision(*dec); err != nil {
			return err
		}
		e.Decision = dec.ID
	}
	e.Hub = d.Hub
	if e.At.IsZero() {
		e.At = d.Env.Now()
	}
	return d.Audit.Append(tx, e)
}

// change loads an enquiry afresh in tx, changes and stores it. One whose
// content is to be destroyed, or is, changes no more.
func change(tx mash.HubTx, id string, f func(*mash.Enquiry) error) (mash.Enquiry, error) {
	e, err := tx.Enquiry(id)
	if err != nil {
		return e, err
	}
	if e.Retention.Going() {
		return e, mash.Conflict("the content of this enquiry was destroyed when its retention ended", "open a new enquiry if there is a new concern")
	}
	if err := f(&e); err != nil {
		return e, err
	}
	return e, tx.UpdateEnquiry(e)
}

// expect refuses a step in the wrong state.
func expect(e mash.Enquiry, step string, states ...mash.EnquiryState) error {
	if slices.Contains(states, e.State) {
		return nil
	}
	return mash.Conflict("cannot "+step+": the enquiry is "+string(e.State), first(step, e.State))
}

// first says what comes before a step that the state does not allow yet, or any
// more.
func first(step string, s mash.EnquiryState) string {
	over := slices.Contains([]mash.EnquiryState{mash.EnquiryDecided, mash.EnquiryFeedbackSent, mash.EnquiryClosed}, s)
	switch {
	case over:
		return "reopen it first, with a reason"
	case step == "reopen":
		return "go on with it: it is not decided yet"
	case step == "tell the originator":
		return "record the decision first"
	case step == "collate" && s == mash.EnquiryCollated:
		return "it is ready already: record the decision"
	case step == "decide":
		return "say first that the picture is ready for a decision"
	}
	return "look at the enquiry for what comes first"
}
