package exchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

const (
	// pumpBatch is how many messages one look at the outbox takes.
	pumpBatch = 256
	// mostOwed bounds the receipts that wait for a broker, in items. Beyond it
	// they are dropped: the message comes again, and earns its receipt again.
	mostOwed = 1 << 14
	// company is how long a receipt waits for others to the same correspondent.
	// Nobody waits for it: it says to stop repeating, which begins after seconds.
	company = 200 * time.Millisecond
	// reminded is how far back receipts go again after a start. What is older
	// is asked for by its sender, who repeats it once a minute at least.
	reminded = 10 * time.Minute
	// itemsPerReceipt keeps a receipt within a message.
	itemsPerReceipt = 1000
)

// handed is a message that the broker has and whose row does not say so yet.
type handed struct {
	message mash.OutMessage // without its bytes
	at      time.Time
	claimed bool // by a transaction that is writing it
}

// pump hands messages to the broker until ctx ends: what was committed just
// now from memory, and what the outbox says is due at the start, after a
// failure and every Tick.
func (x *Exchange[T]) pump(ctx context.Context) {
	tick := time.NewTicker(x.Tick)
	defer tick.Stop()
	backoff := time.Duration(0)
	for look := true; ctx.Err() == nil; {
		more, err := false, error(nil)
		if look {
			more, err = x.patrol(ctx)
		}
		if err == nil {
			err = x.hand(ctx)
		}
		look = more || err != nil
		if err != nil && ctx.Err() == nil {
			// The broker or the disk: nothing is lost, the rows stay open.
			backoff = min(max(2*backoff, 50*time.Millisecond), 5*time.Second)
			x.Log.Warn("outbox waits", "hub", x.Hub, "code", mash.CodeOf(err), "retry_in", backoff)
			select {
			case <-ctx.Done():
			case <-time.After(backoff):
			}
			// What was committed meanwhile goes by its row, which may have been
			// settled since: withdrawn before it left.
			x.mu.Lock()
			x.fresh = nil
			x.mu.Unlock()
			continue
		}
		backoff = 0
		if look {
			continue
		}
		select {
		case <-ctx.Done():
		case <-x.nudge:
		case <-tick.C:
			look = true
		}
	}
	// Else all of it would go out again at the next start.
	if err := x.record(context.WithoutCancel(ctx)); err != nil {
		x.Log.Warn("what was sent is not recorded and goes out again", "hub", x.Hub, "code", mash.CodeOf(err))
	}
}

// queue takes a message that was committed. It is sent from memory; should that
// fail, its row is still due.
func (x *Exchange[T]) queue(m mash.OutMessage) {
	x.mu.Lock()
	x.fresh = append(x.fresh, m)
	x.mu.Unlock()
	x.wake()
}

// receipt is what one of us owes a correspondent for a message.
type receipt struct {
	from, to mash.Address
	item     wire.ReceiptItem
}

// owe takes the receipts of what was committed together: they go together.
func (x *Exchange[T]) owe(receipts []receipt) {
	if len(receipts) == 0 {
		return
	}
	x.mu.Lock()
	if len(x.owed) == 0 {
		time.AfterFunc(min(company, x.Tick), x.ripen)
	}
	for _, r := range receipts {
		if k := [2]mash.Address{r.from, r.to}; len(x.owed[k]) < mostOwed {
			x.owed[k] = append(x.owed[k], r.item)
		}
	}
	x.mu.Unlock()
}

// ripen lets the receipts go that are owed by now.
func (x *Exchange[T]) ripen() {
	x.mu.Lock()
	x.ripe = true
	x.mu.Unlock()
	x.wake()
}

// hand publishes what was committed since the last time, and the receipts that
// are owed. A receipt is not kept in the outbox: the inbox says what it said,
// and whoever misses it sends the message again.
func (x *Exchange[T]) hand(ctx context.Context) error {
	x.mu.Lock()
	fresh, owed := x.fresh, x.owed
	x.fresh = nil
	if x.ripe {
		x.owed, x.ripe = map[[2]mash.Address][]wire.ReceiptItem{}, false
	} else {
		owed = nil
	}
	for _, m := range fresh {
		x.remember(m, time.Time{})
	}
	x.mu.Unlock()
	if len(fresh)+len(owed) == 0 {
		return nil
	}
	out := make([]mash.BusMessage, 0, len(fresh)+len(owed))
	for _, m := range fresh {
		out = append(out, mash.BusMessage{Topic: m.Topic, Key: m.Key, Value: m.Sealed})
	}
	if out = append(out, x.receipts(ctx, owed)...); len(out) == 0 {
		return nil
	}
	err := x.Bus.Publish(ctx, out)
	if err != nil {
		err = mash.Errorf(mash.CodeUnavailable, "publishing: %w", err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	at := x.Env.Now()
	for _, m := range fresh {
		if err != nil {
			delete(x.handed, m.ID)
		} else {
			x.remember(m, at)
		}
	}
	if err != nil {
		x.ripe = x.ripe || len(owed) > 0
		for k, items := range owed {
			if len(x.owed[k])+len(items) <= mostOwed {
				x.owed[k] = append(items, x.owed[k]...)
			}
		}
	}
	return err
}

// remember notes a message as on its way, or at the broker since at. x.mu must
// be held.
func (x *Exchange[T]) remember(m mash.OutMessage, at time.Time) {
	m.Sealed = nil
	x.handed[m.ID] = &handed{message: m, at: at}
}

// receipts seals one receipt per pair of correspondents. One that cannot be
// sealed, to an agency whose key was revoked meanwhile, is dropped, and keeps
// nobody else's back: its messages come again, and earn theirs again.
func (x *Exchange[T]) receipts(ctx context.Context, owed map[[2]mash.Address][]wire.ReceiptItem) (out []mash.BusMessage) {
	for k, all := range owed {
		for items := range slices.Chunk(all, itemsPerReceipt) {
			m, err := x.seal(ctx, Draft{From: k[0], To: k[1], Header: wire.Header{Kind: wire.KindReceipt}, Body: wire.Receipt{Items: items}}, 0)
			if err != nil {
				x.Log.Warn("a receipt cannot be sealed", "hub", x.Hub, "to", k[1], "items", len(items), "code", mash.CodeOf(err))
				continue
			}
			out = append(out, mash.BusMessage{Topic: m.Topic, Key: m.Key, Value: m.Sealed})
		}
	}
	return out
}

// claim takes what the broker has and no row says yet, for one transaction, in
// the order it was made.
func (x *Exchange[T]) claim() (out []*handed) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, h := range x.handed {
		if !h.claimed && !h.at.IsZero() {
			h.claimed = true
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b *handed) int {
		return cmp.Or(a.message.Created.Compare(b.message.Created), cmp.Compare(a.message.ID, b.message.ID))
	})
	return out
}

// done forgets claimed messages once they are recorded, or gives them back.
func (x *Exchange[T]) done(claimed []*handed, recorded bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, h := range claimed {
		if h.claimed = false; recorded {
			delete(x.handed, h.message.ID)
		}
	}
}

// mark records in tx that the broker has the claimed messages.
func (x *Exchange[T]) mark(tx T, claimed []*handed) error {
	for _, h := range claimed {
		first, err := tx.MarkSent(h.message.ID, h.at, h.at.Add(x.resendAfter(h.message.Attempts)))
		if errors.Is(err, mash.ErrNotFound) {
			continue
		}
		if err == nil && first && x.Sent != nil {
			err = x.Sent(tx, h.message, h.at)
		}
		if err != nil {
			return fmt.Errorf("recording that a message was sent: %w", err)
		}
	}
	return nil
}

// record writes down what the broker has, where no receipt's transaction has
// done so meanwhile: alone it would cost a commit for each message.
func (x *Exchange[T]) record(ctx context.Context) error {
	claimed := x.claim()
	if len(claimed) == 0 {
		return nil
	}
	err := x.Store.Update(ctx, func(tx T) error { return x.mark(tx, claimed) })
	x.done(claimed, err == nil)
	return err
}

// patrol expires what is too old and publishes what is due by its row: what a
// crash, an outage or a missing receipt has left.
func (x *Exchange[T]) patrol(ctx context.Context) (more bool, err error) {
	if err := x.record(ctx); err != nil {
		return false, err
	}
	now := x.Env.Now()
	var due []mash.OutMessage
	if err := x.Store.View(ctx, func(tx T) (err error) {
		due, err = tx.DueMessages(x.Hub, now, pumpBatch)
		return err
	}); err != nil {
		return false, err
	}
	for _, m := range due {
		if !m.Expires.IsZero() && !now.Before(m.Expires) {
			return true, x.expire(ctx, now)
		}
	}
	more = len(due) == pumpBatch
	var out []mash.BusMessage
	var sent []mash.OutMessage
	x.mu.Lock()
	for _, m := range due {
		if x.handed[m.ID] == nil && !x.isFresh(m.ID) {
			out = append(out, mash.BusMessage{Topic: m.Topic, Key: m.Key, Value: m.Sealed})
			sent = append(sent, m)
		}
	}
	x.mu.Unlock()
	if len(out) == 0 {
		return false, nil
	}
	if err := x.Bus.Publish(ctx, out); err != nil {
		return false, mash.Errorf(mash.CodeUnavailable, "publishing: %w", err)
	}
	x.mu.Lock()
	at := x.Env.Now()
	for _, m := range sent {
		x.remember(m, at)
	}
	x.mu.Unlock()
	return more, x.record(ctx)
}

// isFresh reports whether a message waits to be handed over. x.mu must be held.
func (x *Exchange[T]) isFresh(id string) bool {
	for _, m := range x.fresh {
		if m.ID == id {
			return true
		}
	}
	return false
}

func (x *Exchange[T]) expire(ctx context.Context, now time.Time) error {
	return x.Store.Update(ctx, func(tx T) error {
		gone, err := tx.ExpireMessages(x.Hub, now, pumpBatch)
		if err != nil {
			return err
		}
		for _, m := range gone {
			if err := x.settled(tx, m, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (x *Exchange[T]) resendAfter(attempts int) time.Duration {
	return min(x.Resend<<min(attempts, 10), max(time.Minute, x.Resend))
}

func (x *Exchange[T]) settled(tx T, m mash.OutMessage, at time.Time) error {
	if x.Settled == nil {
		return nil
	}
	return x.Settled(tx, m, at)
}
