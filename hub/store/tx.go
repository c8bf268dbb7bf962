package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"mashhub/hub/mash"
)

// tx is one function's part of a transaction. Not safe for concurrent use.
type tx struct {
	s        *session
	ctx      context.Context
	readOnly bool
	depth    int
	over     bool
	broken   error // the first failure of the database itself: nothing more runs
	after    []func()
}

// OnCommit runs f once the transaction is durable, in the goroutine of its
// Update and before that returns; never if it is undone, or if f was given
// within a Nested that was.
func (t *tx) OnCommit(f func()) { t.after = append(t.after, f) }

// ready refuses statements after the end, after a failure of the database and
// after a reader's context.
func (t *tx) ready() error {
	switch {
	case t.over:
		return mash.Errorf(mash.CodeInternal, "the transaction is over")
	case t.broken != nil:
		return t.broken
	}
	return t.ctx.Err()
}

// fail gives a statement's error its code, and closes the transaction unless
// only a row was refused.
func (t *tx) fail(err error) error {
	if t.readOnly {
		if errors.Is(err, sqlite3.READONLY) {
			return mash.Errorf(mash.CodeInternal, "a View cannot write")
		}
		return fault("reading", err)
	}
	coded := fault("storing", err)
	if !constraint(err) {
		t.broken = coded
	}
	return coded
}

// exec runs a statement and gives the number of rows it changed.
func (t *tx) exec(q string, args ...any) (int64, error) {
	if err := t.ready(); err != nil {
		return 0, err
	}
	n, err := t.s.exec(q, args...)
	if err != nil {
		return 0, t.fail(err)
	}
	return n, nil
}

// insert runs an INSERT … ON CONFLICT DO NOTHING. Errors: ErrStale if the row,
// or its unique key, is there.
func (t *tx) insert(q string, args ...any) error {
	n, err := t.exec(q, args...)
	if err == nil && n == 0 {
		return mash.ErrStale
	}
	return err
}

// change runs an UPDATE of one row. Errors: ErrNotFound.
func (t *tx) change(q string, args ...any) error {
	n, err := t.exec(q, args...)
	if err == nil && n == 0 {
		return mash.ErrNotFound
	}
	return err
}

// many collects every row: no cursor stays open beyond the call.
func many[T any](t *tx, scan func(row) (T, error), q string, args ...any) ([]T, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	var out []T
	var unread error
	err := t.s.query(q, args, func(r row) error {
		var v T
		if v, unread = scan(r); unread == nil {
			out = append(out, v)
		}
		return unread
	})
	switch {
	case unread != nil:
		return nil, fmt.Errorf("reading row: %w", unread)
	case err != nil:
		return nil, t.fail(err)
	}
	return out, nil
}

// one is the first row. Errors: ErrNotFound.
func one[T any](t *tx, scan func(row) (T, error), q string, args ...any) (T, error) {
	all, err := many(t, scan, q, args...)
	if err != nil {
		var none T
		return none, err
	}
	if len(all) == 0 {
		var none T
		return none, mash.ErrNotFound
	}
	return all[0], nil
}

// Nested runs f in a savepoint: when f fails or panics, what it wrote is
// undone and the rest stays. A failure of the database itself is not undone
// this way: it ends the whole transaction, even if f hides it.
func (t *tx) Nested(f func() error) error {
	if err := t.ready(); err != nil {
		return err
	}
	t.depth++
	name := fmt.Sprintf("nested%d", t.depth)
	if err := t.s.run("SAVEPOINT " + name); err != nil {
		t.depth--
		return t.fail(err)
	}
	good, before := false, len(t.after)
	defer func() {
		t.depth--
		if good {
			return
		}
		t.after = t.after[:before]
		for _, q := range []string{"ROLLBACK TO " + name, "RELEASE " + name} {
			if t.s.run(q) != nil && t.broken == nil {
				t.broken = errUndone
			}
		}
	}()
	if err := f(); err != nil {
		return err
	}
	if t.broken != nil {
		return t.broken
	}
	if err := t.s.run("RELEASE " + name); err != nil {
		return t.fail(err)
	}
	good = true
	return nil
}

// ms is an instant as it is stored: Unix milliseconds, 0 for none.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// when scans what ms stored.
type when struct{ t *time.Time }

func (w when) set(n int64) {
	*w.t = time.Time{}
	if n != 0 {
		*w.t = time.UnixMilli(n).UTC()
	}
}

// orNull is b, or NULL for nil: the driver would store an empty value.
func orNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// bytes0 is b for a column that must not be null.
func bytes0(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// atMost is a LIMIT: everything when limit is not positive.
func atMost(limit int) int64 {
	if limit <= 0 {
		return 1 << 31
	}
	return int64(limit)
}

// doc is a content-free record as stored.
func doc(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", mash.Errorf(mash.CodeInternal, "writing record: %w", err)
	}
	return string(b), nil
}

// scanDoc reads a row whose only column is a document.
func scanDoc[T any](r row) (T, error) {
	var v T
	var s []byte
	if err := r.Scan(&s); err != nil {
		return v, err
	}
	err := json.Unmarshal(s, &v)
	return v, err
}

// guarded runs an UPDATE that holds only for the version read. Errors:
// ErrStale if the row has another version, ErrNotFound if there is none by
// exists.
func (t *tx) guarded(exists string, key []any, update string, args ...any) error {
	n, err := t.exec(update, args...)
	if err != nil || n > 0 {
		return err
	}
	if _, err := one(t, scanInt, exists, key...); err != nil {
		return err
	}
	return mash.ErrStale
}

func scanInt(r row) (int64, error) {
	var n int64
	err := r.Scan(&n)
	return n, err
}

// listed is a list as one parameter, for json_each: it may be of any length.
func listed(ids []string) (string, error) {
	if len(ids) == 0 {
		return "[]", nil
	}
	return doc(ids)
}

// in is an IN list of n parameters from ?first on.
func in(first, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ", ?%d", first+i)
	}
	return "(" + strings.TrimPrefix(b.String(), ", ") + ")"
}
