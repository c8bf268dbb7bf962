package store

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// A batch ends after so many Updates or so much time, so that nobody's commit
// waits for ever for those behind.
const (
	batchMost  = 64
	batchLongs = 4 * time.Millisecond
)

// writer runs Updates one after the other and commits several at once.
//
// Each Update runs in its caller's goroutine while it holds the turn. Then it
// passes the turn to the next in the queue, within the same transaction, and
// waits; whoever finds nobody waiting, or the batch full, commits for all. An
// Update alone commits at once: batching adds no delay, it only uses the time
// that the commit before took.
//
// The first of a batch has the transaction to itself until it passes the turn:
// if it fails, that is rolled back. Those who join have a savepoint each, for
// which SQLite copies every page that was there before they change it.
type writer struct {
	s *session

	mu     sync.Mutex
	held   bool // somebody has the turn
	closed bool
	queue  []chan struct{}

	batch *batch // open transaction; belongs to whoever has the turn
}

// batch is one transaction. done is closed when its fate is known; err then
// says which.
type batch struct {
	done  chan struct{}
	err   error
	size  int
	began time.Time
	dead  bool // the transaction is gone: nothing of it will be committed
}

// turn waits for the turn. On nil the caller must call pass.
func (w *writer) turn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	if !w.held {
		w.held = true
		w.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	w.queue = append(w.queue, mine)
	w.mu.Unlock()
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	if i := slices.Index(w.queue, mine); i >= 0 {
		w.queue = slices.Delete(w.queue, i, i+1)
		w.mu.Unlock()
		return ctx.Err()
	}
	w.mu.Unlock()
	// The turn came at the same moment, perhaps with others' work in it.
	w.pass()
	return ctx.Err()
}

// next gives the turn to the first in the queue. It reports false, and the
// turn is nobody's, if the queue is empty. w.mu must be held.
func (w *writer) next() bool {
	if len(w.queue) == 0 {
		w.held = false
		return false
	}
	close(w.queue[0])
	w.queue = w.queue[1:]
	return true
}

// pass ends the caller's turn: with the transaction open if somebody waits and
// the batch may grow, else after the commit.
func (w *writer) pass() {
	w.mu.Lock()
	b := w.batch
	if b == nil || !b.dead && b.size < batchMost && len(w.queue) > 0 && time.Since(b.began) < batchLongs {
		w.next()
		w.mu.Unlock()
		return
	}
	w.mu.Unlock()
	w.commit(b)
	w.mu.Lock()
	w.next()
	w.mu.Unlock()
}

func (w *writer) commit(b *batch) {
	if !b.dead {
		if err := w.s.run("COMMIT"); err != nil {
			w.bury(b, fault("committing", err))
		}
	}
	w.batch = nil
	close(b.done)
}

// bury gives the whole batch up: the database has undone the transaction, or
// can no longer be trusted with it.
func (w *writer) bury(b *batch, err error) {
	if b.dead {
		return
	}
	b.dead, b.err = true, err
	// SQLite may have rolled back already: then this fails, as it should.
	_ = w.s.run("ROLLBACK")
}

// update runs fn in the open transaction, or in a new one, and returns when
// that is durable or undone. A panic, or Goexit, of fn undoes what fn wrote,
// and no more.
func (w *writer) update(ctx context.Context, fn func(*tx) error) error {
	if err := w.turn(ctx); err != nil {
		return err
	}
	b := w.batch
	if b == nil {
		if err := w.s.run("BEGIN IMMEDIATE"); err != nil {
			_ = w.s.run("ROLLBACK")
			w.pass()
			return fault("beginning a transaction", err)
		}
		b = &batch{done: make(chan struct{}), began: time.Now()}
		w.batch = b
	}
	b.size++
	t := &tx{s: w.s, ctx: context.Background()}
	err := w.step(b, t, fn)
	// A failed function waits as well: it may have seen, and failed because
	// of, what others in this transaction wrote.
	<-b.done
	if b.err != nil {
		return b.err
	}
	if err != nil {
		return err
	}
	for _, f := range t.after {
		f()
	}
	return nil
}

// step runs fn on t and passes the turn on, whatever fn does.
func (w *writer) step(b *batch, t *tx, fn func(*tx) error) (err error) {
	defer w.pass()
	first := b.size == 1
	if !first {
		if err := w.s.run("SAVEPOINT mine"); err != nil {
			err = fault("beginning a savepoint", err)
			w.bury(b, err)
			return err
		}
	}
	good := false
	defer func() {
		t.over = true
		if !good {
			w.undo(b, first, t.broken)
		}
	}()
	if err := fn(t); err != nil {
		if t.broken != nil {
			return t.broken
		}
		return err
	}
	if t.broken != nil {
		return t.broken
	}
	if !first && w.s.run("RELEASE mine") != nil {
		return errUndone // and the savepoint cannot be rolled back to either
	}
	good = true
	return nil
}

// undo undoes what one function wrote, and no more. Where that fails, SQLite
// has rolled back by itself, because of what broke the function.
func (w *writer) undo(b *batch, first bool, broken error) {
	if first {
		b.dead = true // with nothing to commit, and nobody else to tell
		if w.s.run("ROLLBACK") != nil {
			b.err = cmp.Or(broken, error(errUndone))
		}
		return
	}
	for _, q := range []string{"ROLLBACK TO mine", "RELEASE mine"} {
		if w.s.run(q) != nil {
			w.bury(b, cmp.Or(broken, error(errUndone)))
			return
		}
	}
}

// stop lets those who wait finish, and keeps the turn. It reports false if it
// had been called before.
func (w *writer) stop() bool {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return false
	}
	w.closed = true // nobody joins the queue after us
	if w.held {
		mine := make(chan struct{})
		w.queue = append(w.queue, mine)
		w.mu.Unlock()
		<-mine
		w.mu.Lock()
	}
	w.held = true
	b := w.batch
	w.mu.Unlock()
	if b != nil {
		w.commit(b)
	}
	return true
}
