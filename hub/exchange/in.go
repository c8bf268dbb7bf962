package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// read takes batches of one partition until ctx ends.
func (x *Exchange[T]) read(ctx context.Context, topic string, partition int) {
	for ctx.Err() == nil {
		next := int64(-1)
		err := x.Store.View(ctx, func(tx T) error {
			n, ok, err := tx.Position(topic, partition)
			if ok {
				next = n
			}
			return err
		})
		if err == nil {
			err = x.Bus.Read(ctx, topic, partition, next, func(batch []mash.BusRecord) error {
				return x.take(ctx, topic, partition, batch)
			})
		}
		if err != nil && ctx.Err() == nil {
			x.Log.Warn("reading waits", "topic", topic, "partition", partition, "code", mash.CodeOf(err))
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
}

// arrival is one record on its way in.
type arrival struct {
	rec    mash.BusRecord
	msg    wire.Message
	hash   string
	opened bool // authenticated: its issuer can be answered
	err    error
}

// errApart says that a message of a batch is refused, or failed: what it wrote
// must be undone by itself.
var errApart = errors.New("to be taken one by one")

// take brings a batch in, in one transaction. Nearly always all of it is
// accepted: only where it is not, a second try gives each message a savepoint.
func (x *Exchange[T]) take(ctx context.Context, topic string, partition int, batch []mash.BusRecord) error {
	arrivals := make([]arrival, len(batch))
	for i, rec := range batch {
		arrivals[i] = x.open(ctx, rec)
		if err := arrivals[i].err; err != nil && !arrivals[i].opened && !forged(err) {
			return fmt.Errorf("opening message: %w", err) // ours to mend: tried again
		}
	}
	claimed := x.claim()
	err := x.takeAll(ctx, topic, partition, arrivals, claimed, x.takeGood)
	if errors.Is(err, errApart) {
		err = x.takeAll(ctx, topic, partition, arrivals, claimed, x.takeApart)
	}
	x.done(claimed, err == nil)
	if err != nil {
		return err
	}
	x.forget(arrivals)
	if refs, changed := about(arrivals); changed && x.Changed != nil {
		x.Changed(refs)
	}
	return nil
}

// takeAll is one transaction: the arrivals, what the broker has of ours, and
// the position.
func (x *Exchange[T]) takeAll(ctx context.Context, topic string, partition int, arrivals []arrival, claimed []*handed,
	one func(context.Context, T, arrival, time.Time) (*wire.ReceiptItem, error)) error {
	now := x.Env.Now()
	return x.Store.Update(ctx, func(tx T) error {
		if err := x.mark(tx, claimed); err != nil {
			return err
		}
		var owed []receipt
		for _, a := range arrivals {
			item, err := one(ctx, tx, a, now)
			if err != nil {
				return err
			}
			if item != nil {
				owed = append(owed, receipt{a.msg.Audience, a.msg.Issuer, *item})
			}
		}
		tx.OnCommit(func() { x.owe(owed) })
		return tx.SetPosition(topic, partition, arrivals[len(arrivals)-1].rec.Offset+1)
	})
}

// about lists what a batch was about, and whether it holds anything but
// heartbeats.
func about(arrivals []arrival) (refs []string, changed bool) {
	for _, a := range arrivals {
		if !a.opened || a.msg.Kind == wire.KindStatus {
			continue
		}
		changed = true
		if a.msg.Ref != "" && !slices.Contains(refs, a.msg.Ref) {
			refs = append(refs, a.msg.Ref)
		}
	}
	return refs, changed
}

// open verifies a record and checks that its header says what its signature,
// its topic and our name say.
func (x *Exchange[T]) open(ctx context.Context, rec mash.BusRecord) arrival {
	a := arrival{rec: rec}
	o, err := x.Seal.Open(ctx, rec.Value)
	if err != nil {
		a.err = err
		return a
	}
	m, err := wire.Decode(o.Payload)
	if err != nil && m.Issuer != o.Issuer { // too broken to answer
		a.err = err
		return a
	}
	a.msg, a.hash = m, o.Hash
	// Who signed is who it says; else somebody passes on another's words, and
	// nobody is answered.
	if m.Issuer != o.Issuer || m.Audience != o.To || !x.speaksFor(m.Audience) || x.topic(m.Issuer, m.Audience) != rec.Topic {
		a.err = mash.Errorf(mash.CodeWrongParty, "issuer, audience or topic do not agree")
		return a
	}
	a.opened = true
	switch {
	case err != nil:
		a.err = err
	case m.Hub != x.Hub:
		a.err = mash.Errorf(mash.CodeWrongParty, "the message is for another hub")
	case !o.Retired.IsZero() && m.IssuedAt.After(o.Retired):
		a.err = mash.Errorf(mash.CodeUnknownKey, "issued after its key was retired")
	case x.Handlers[m.Kind] == nil && m.Kind != wire.KindReceipt:
		a.err = mash.Errorf(mash.CodeUnsupported, "this side does not take this kind of message")
	}
	return a
}

// forged reports whether a message could not be opened because of what it is,
// rather than because the registry could not be read just now.
func forged(err error) bool {
	switch mash.CodeOf(err) {
	case mash.CodeBadMessage, mash.CodeUnknownKey, mash.CodeWrongParty, mash.CodeUnsupported:
		return true
	}
	return false
}

// expired reports whether a message came too late to count.
func (a arrival) expired(now time.Time) bool {
	if a.msg.Kind != wire.KindRequest && a.msg.Kind != wire.KindNotify { // an answer that comes late is kept, sealed (I4)
		return false
	}
	return !a.msg.ExpiresAt.IsZero() && !now.Before(a.msg.ExpiresAt)
}

// takeGood takes an arrival that nothing is wrong with, and returns the receipt
// item it earns, if any. Errors: errApart for any other.
func (x *Exchange[T]) takeGood(ctx context.Context, tx T, a arrival, now time.Time) (*wire.ReceiptItem, error) {
	if !a.opened || a.err != nil || a.expired(now) {
		return nil, errApart
	}
	if a.msg.Kind == wire.KindReceipt {
		return nil, x.settle(tx, a, now)
	}
	in := x.taken(a, now)
	in.Accepted = true
	if a.msg.Kind != wire.KindStatus {
		err := tx.Take(in)
		if errors.Is(err, mash.ErrStale) { // a duplicate: the stored receipt goes again
			if in, err = tx.Taken(in.Issuer, in.ID); err == nil {
				item := receiptOf(in)
				return &item, nil
			}
		}
		if err != nil {
			return nil, fmt.Errorf("taking message: %w", err)
		}
	}
	if err := x.Handlers[a.msg.Kind](ctx, tx, x.received(a, now)); err != nil {
		return nil, errors.Join(errApart, err)
	}
	if a.msg.Kind == wire.KindStatus { // the next one tells as much; none is kept
		return nil, nil
	}
	item := receiptOf(in)
	return &item, nil
}

func (x *Exchange[T]) taken(a arrival, now time.Time) mash.InMessage {
	return mash.InMessage{Issuer: a.msg.Issuer, ID: a.msg.ID, Audience: a.msg.Audience, Hub: x.Hub, Kind: string(a.msg.Kind), Ref: a.msg.Ref,
		Revision: a.msg.Revision, Sequence: a.msg.Sequence, Hash: a.hash, At: now}
}

func (x *Exchange[T]) received(a arrival, now time.Time) Received {
	return Received{Message: a.msg, Hash: a.hash, At: now}
}

// takeApart takes any arrival, and undoes what it wrote if it is refused.
func (x *Exchange[T]) takeApart(ctx context.Context, tx T, a arrival, now time.Time) (*wire.ReceiptItem, error) {
	if !a.opened {
		return nil, x.quarantine(tx, a, mash.CodeOf(a.err), now)
	}
	if a.msg.Kind == wire.KindReceipt && a.err == nil {
		return nil, x.settle(tx, a, now)
	}
	silent := a.msg.Kind == wire.KindStatus || a.msg.Kind == wire.KindReceipt
	known, err := tx.Taken(a.msg.Issuer, a.msg.ID)
	if err == nil { // a duplicate: the stored receipt goes again
		if silent {
			return nil, nil
		}
		item := receiptOf(known)
		return &item, nil
	}
	if !errors.Is(err, mash.ErrNotFound) {
		return nil, fmt.Errorf("looking for duplicate: %w", err)
	}
	var code mash.Code
	failure := a.err
	if failure == nil && a.expired(now) {
		failure = mash.Errorf(mash.CodeConflict, "expired before it arrived")
	}
	if failure == nil {
		failure = tx.Nested(func() error {
			return x.Handlers[a.msg.Kind](ctx, tx, x.received(a, now))
		})
	}
	if failure != nil {
		var refused bool
		if code, refused = refusal(failure); !refused {
			// What is unavailable is ours, and every message behind this one
			// needs it too: to refuse an answer for it would lose it.
			if mash.CodeOf(failure) == mash.CodeUnavailable || x.failed(a) < maxAttempts {
				return nil, fmt.Errorf("handling %s: %w", a.msg.Kind, failure)
			}
			code = mash.CodeInternal
			if err := x.quarantine(tx, a, code, now); err != nil {
				return nil, err
			}
		}
		x.Log.Warn("message refused", "hub", x.Hub, "kind", a.msg.Kind, "message", a.msg.ID,
			"issuer", a.msg.Issuer, "code", code)
		err := x.Audit.Append(tx, mash.Entry{At: now, Actor: string(a.msg.Issuer), Action: "message.refused",
			Hub: x.Hub, Request: a.msg.Ref, Detail: map[string]string{"message": a.msg.ID, "kind": string(a.msg.Kind), "code": string(code)}})
		if err != nil {
			return nil, fmt.Errorf("recording refusal: %w", err)
		}
		if x.Refused != nil {
			if err := x.Refused(tx, x.received(a, now), code); err != nil {
				return nil, fmt.Errorf("noting refusal: %w", err)
			}
		}
	}
	if a.msg.Kind == wire.KindStatus { // the next one tells as much; none is kept
		return nil, nil
	}
	in := x.taken(a, now)
	in.Accepted, in.Code = failure == nil, string(code)
	if err := tx.Take(in); err != nil {
		return nil, fmt.Errorf("taking message: %w", err)
	}
	if silent {
		return nil, nil
	}
	item := receiptOf(in)
	return &item, nil
}

func receiptOf(m mash.InMessage) wire.ReceiptItem {
	return wire.ReceiptItem{ID: m.ID, Accepted: m.Accepted, Code: m.Code, At: m.At}
}

// remind owes again what a crash may have kept from going: receipts were in
// memory only.
func (x *Exchange[T]) remind(ctx context.Context) error {
	var taken []mash.InMessage
	err := x.Store.View(ctx, func(tx T) (err error) {
		taken, err = tx.TakenSince(x.Hub, x.Env.Now().Add(-reminded), mostOwed)
		return err
	})
	if err != nil {
		return fmt.Errorf("looking for receipts to send again: %w", err)
	}
	var owed []receipt
	for _, m := range taken {
		if kind := wire.Kind(m.Kind); kind != wire.KindReceipt && x.speaksFor(m.Audience) {
			owed = append(owed, receipt{m.Audience, m.Issuer, receiptOf(m)})
		}
	}
	x.owe(owed)
	return nil
}

// settle closes the outbox rows that a receipt covers.
func (x *Exchange[T]) settle(tx T, a arrival, now time.Time) error {
	body, err := wire.DecodeBody[wire.Receipt](a.msg)
	if err != nil {
		return x.quarantine(tx, a, mash.CodeOf(err), now)
	}
	for _, item := range body.Items {
		state := mash.OutDone
		if !item.Accepted {
			state = mash.OutRefused
		}
		m, closed, err := tx.Settle(item.ID, a.msg.Issuer, state, item.Code)
		if errors.Is(err, mash.ErrNotFound) { // nobody settles what was sent to somebody else
			x.Log.Warn("receipt for a message not sent there", "hub", x.Hub, "issuer", a.msg.Issuer, "message", item.ID)
			continue
		}
		if err != nil {
			return fmt.Errorf("settling message: %w", err)
		}
		if !closed {
			continue
		}
		if err := x.settled(tx, m, now); err != nil {
			return err
		}
	}
	return nil
}

// quarantine keeps what could not be taken, still sealed, and says so in log
// and audit.
func (x *Exchange[T]) quarantine(tx T, a arrival, code mash.Code, now time.Time) error {
	where := a.rec.Topic + "/" + strconv.Itoa(a.rec.Partition) + "/" + strconv.FormatInt(a.rec.Offset, 10)
	x.Log.Error("message quarantined", "hub", x.Hub, "where", where, "code", code)
	q := mash.Quarantined{ID: x.Env.NewID(), Topic: a.rec.Topic, Partition: a.rec.Partition, Offset: a.rec.Offset,
		Hash: a.hash, Code: code, Sealed: a.rec.Value, At: now}
	if err := tx.Quarantine(q); err != nil {
		return fmt.Errorf("quarantining message: %w", err)
	}
	return x.Audit.Append(tx, mash.Entry{At: now, Actor: "exchange", Action: "message.quarantined", Hub: x.Hub,
		Detail: map[string]string{"where": where, "code": string(code)}})
}

func (a arrival) key() string { return string(a.msg.Issuer) + " " + a.msg.ID }

// failed counts a failed try of a message and returns how many there were.
func (x *Exchange[T]) failed(a arrival) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.attempts[a.key()]++
	return x.attempts[a.key()]
}

// forget ends the counting of what is in.
func (x *Exchange[T]) forget(arrivals []arrival) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.attempts) == 0 {
		return
	}
	for _, a := range arrivals {
		delete(x.attempts, a.key())
	}
}
