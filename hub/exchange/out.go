package exchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
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

// lane is what goes to one topic, and how that fares: a topic that takes nothing
// holds up no other.
type lane struct {
	fresh []mash.OutMessage                      // to be handed over
	owed  map[[2]mash.Address][]wire.ReceiptItem // by who owes it to whom
	ripe  bool                                   // what is owed has waited long enough
	busy  bool                                   // a write is under way
	rests bool                                   // the last one failed, and its pause is not over
	pause time.Duration                          // that pause
	more  bool                                   // the outbox has more than fresh holds
}

// lane gives the lane of a topic. x.mu must be held.
func (x *Exchange[T]) lane(topic string) *lane {
	l := x.lanes[topic]
	if l == nil {
		l = &lane{owed: map[[2]mash.Address][]wire.ReceiptItem{}}
		x.lanes[topic] = l
	}
	return l
}

// pump hands messages to the broker until ctx ends: what was committed just
// now from memory, and what the outbox says is due at the start, after a
// failure and every Tick.
func (x *Exchange[T]) pump(ctx context.Context) {
	tick := time.NewTicker(x.Tick)
	defer tick.Stop()
	var writes sync.WaitGroup
	pause := time.Duration(0)
	x.look = true
	for ctx.Err() == nil {
		if x.looks() {
			more, err := x.patrol(ctx)
			switch {
			case ctx.Err() != nil:
			case err != nil: // the disk: nothing is lost, the rows stay open
				pause = min(max(2*pause, 50*time.Millisecond), 5*time.Second)
				x.Log.Warn("outbox waits", "hub", x.Hub, "code", mash.CodeOf(err), "retry_in", pause)
				x.lookAfter(pause)
			default:
				pause = 0
				if more {
					x.lookAfter(0)
				}
			}
		}
		x.hand(ctx, &writes)
		select {
		case <-ctx.Done():
		case <-x.nudge:
		case <-tick.C:
			x.lookAfter(0)
		}
	}
	writes.Wait()
	// Else all of it would go out again at the next start.
	if err := x.record(context.WithoutCancel(ctx)); err != nil {
		x.Log.Warn("what was sent is not recorded and goes out again", "hub", x.Hub, "code", mash.CodeOf(err))
	}
}

// looks reports, once, whether the outbox is to be looked at.
func (x *Exchange[T]) looks() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	look := x.look
	x.look = false
	return look
}

// lookAfter has the pump look at the outbox after a pause.
func (x *Exchange[T]) lookAfter(d time.Duration) {
	look := func() {
		x.mu.Lock()
		x.look = true
		x.mu.Unlock()
		x.wake()
	}
	if d == 0 {
		look()
		return
	}
	time.AfterFunc(d, look)
}

// queue takes a message that was committed. It is sent from memory; where that
// cannot be, its row is still due.
func (x *Exchange[T]) queue(m mash.OutMessage) {
	x.mu.Lock()
	if l := x.lane(m.Topic); !l.rests {
		l.fresh = append(l.fresh, m)
	}
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
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range receipts {
		l, k := x.lane(x.topic(r.from, r.to)), [2]mash.Address{r.from, r.to}
		if len(l.owed) == 0 {
			time.AfterFunc(min(company, x.Tick), func() { x.ripen(l) })
		}
		if len(l.owed[k]) < mostOwed {
			l.owed[k] = append(l.owed[k], r.item)
		}
	}
}

// ripen lets the receipts go that a lane owes by now.
func (x *Exchange[T]) ripen(l *lane) {
	x.mu.Lock()
	l.ripe = true
	x.mu.Unlock()
	x.wake()
}

// hand begins to publish, topic by topic, what was committed since the last
// time and the receipts that are owed. A receipt is not kept in the outbox: the
// inbox says what it said, and whoever misses it sends the message again.
func (x *Exchange[T]) hand(ctx context.Context, writes *sync.WaitGroup) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for topic, l := range x.lanes {
		if l.busy || l.rests || len(l.fresh) == 0 && !l.ripe {
			continue
		}
		fresh, owed := l.fresh, map[[2]mash.Address][]wire.ReceiptItem(nil)
		l.fresh = nil
		if l.ripe {
			owed, l.owed, l.ripe = l.owed, map[[2]mash.Address][]wire.ReceiptItem{}, false
		}
		for _, m := range fresh {
			x.remember(m, time.Time{})
		}
		l.busy = true
		writes.Go(func() { x.write(ctx, topic, l, fresh, owed) })
	}
}

// write publishes to one topic and notes what came of it. After a failure the
// topic rests, and what is for it goes by its rows, which may have been settled
// meanwhile: withdrawn before it left.
func (x *Exchange[T]) write(ctx context.Context, topic string, l *lane, fresh []mash.OutMessage, owed map[[2]mash.Address][]wire.ReceiptItem) {
	out := make([]mash.BusMessage, 0, len(fresh)+len(owed))
	for _, m := range fresh {
		out = append(out, mash.BusMessage{Topic: m.Topic, Key: m.Key, Value: m.Sealed})
	}
	var err error
	if out = append(out, x.receipts(ctx, owed)...); len(out) > 0 {
		err = x.Bus.Publish(ctx, out)
	}
	x.mu.Lock()
	at := x.Env.Now()
	for _, m := range fresh {
		if err != nil {
			delete(x.handed, m.ID)
		} else {
			x.remember(m, at)
		}
	}
	l.busy = false
	look := l.more
	l.more = false
	if err == nil {
		l.pause = 0
	} else {
		l.ripe, l.fresh, l.rests, look = l.ripe || len(owed) > 0, nil, true, false
		for k, items := range owed {
			if len(l.owed[k])+len(items) <= mostOwed {
				l.owed[k] = append(items, l.owed[k]...)
			}
		}
		l.pause = min(max(2*l.pause, 50*time.Millisecond), 5*time.Second)
		time.AfterFunc(l.pause, func() {
			x.mu.Lock()
			l.rests = false
			x.mu.Unlock()
			x.lookAfter(0)
		})
	}
	pause := l.pause
	x.mu.Unlock()
	if err != nil && ctx.Err() == nil {
		x.Log.Warn("a topic takes nothing: its messages wait in the outbox", "hub", x.Hub, "topic", topic, "code", mash.CodeOf(err), "retry_in", pause)
	}
	if look {
		x.lookAfter(0)
	}
	x.wake()
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

// patrol expires what is too old and takes into the lanes what is due by its
// row: what a crash, an outage or a missing receipt has left. It passes over
// the topics that are busy or rest.
func (x *Exchange[T]) patrol(ctx context.Context) (more bool, err error) {
	if err := x.record(ctx); err != nil {
		return false, err
	}
	var skip []string
	x.mu.Lock()
	for topic, l := range x.lanes {
		if l.busy || l.rests {
			skip = append(skip, topic)
		}
	}
	x.mu.Unlock()
	now := x.Env.Now()
	var due []mash.OutMessage
	overdue := false
	if err := x.Store.View(ctx, func(tx T) (err error) {
		if overdue, err = tx.Overdue(x.Hub, now); err == nil && !overdue {
			due, err = tx.DueMessages(x.Hub, now, pumpBatch, skip...)
		}
		return err
	}); err != nil {
		return false, err
	}
	if overdue {
		return true, x.expire(ctx, now)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, m := range due {
		l := x.lane(m.Topic)
		if x.handed[m.ID] != nil || slices.ContainsFunc(l.fresh, func(f mash.OutMessage) bool { return f.ID == m.ID }) {
			continue
		}
		l.fresh, l.more = append(l.fresh, m), len(due) == pumpBatch
	}
	return false, nil
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
