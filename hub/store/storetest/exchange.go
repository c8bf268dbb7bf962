package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"mashhub/hub/mash"
)

// Exchange checks what hub and node have in common.
func Exchange[T mash.ExchangeTx](t *testing.T, open func(*testing.T) mash.Store[T]) {
	for name, f := range map[string]func(bench[T]){
		"outbox":      outbox[T],
		"outbox ends": outboxEnds[T],
		"sequence":    sequence[T],
		"inbox":       inbox[T],
		"quarantine":  quarantine[T],
		"audit rows":  auditRows[T],
		"audit tree":  auditTree[T],
		"decisions":   decisions[T],
		"keys":        keys[T],
		"undone":      undone[T],
		"nested":      nested[T],
		"snapshot":    snapshot[T],
		"concurrent":  concurrent[T],
		"cancelled":   cancelled[T],
	} {
		t.Run(name, func(t *testing.T) { f(bench[T]{t, open(t)}) })
	}
}

func message(id string, created time.Time) mash.OutMessage {
	return mash.OutMessage{
		ID: id, Hub: "fernshire", Kind: "request", From: "hub/fernshire", To: "agency/police",
		Topic: "fernshire.to.police", Key: "r1", Ref: "r1", Sequence: 3, Sealed: []byte("sealed " + id),
		Receipt: true, Created: created,
	}
}

// outbox: due, sent, due again, settled by its receipt, settled twice, resent.
func outbox[T mash.ExchangeTx](b bench[T]) {
	b.do(func(tx T) error {
		other := message("other", at(0))
		other.Hub = "elsewhere"
		return errors.Join(tx.Enqueue(message("b", at(time.Second))), tx.Enqueue(message("a", at(0))), tx.Enqueue(other))
	})
	b.fails(is(mash.ErrStale), func(tx T) error { return tx.Enqueue(message("a", at(0))) })
	b.fails(code(mash.CodeInvalid), func(tx T) error { return tx.Enqueue(mash.OutMessage{ID: "empty"}) })
	due := func(now time.Time, limit int, want ...string) {
		b.t.Helper()
		b.see(func(tx T) error {
			ms, err := tx.DueMessages("fernshire", now, limit)
			return errors.Join(err, expect("due at "+now.String(), ids(ms, outID), append([]string{}, want...)))
		})
	}
	due(at(-time.Millisecond), 10)
	due(at(0), 10, "a")
	due(at(time.Second), 10, "a", "b")
	due(at(time.Second), 1, "a")

	want := message("a", at(0))
	want.State, want.Due = mash.OutOpen, at(0)
	b.see(func(tx T) error {
		m, err := tx.OutMessage("a")
		same(b.t, "enqueued", m, want)
		return err
	})
	sent := func(id string, when time.Duration, wantFirst bool) {
		b.t.Helper()
		b.do(func(tx T) error {
			first, err := tx.MarkSent(id, at(when), at(when+time.Minute))
			return errors.Join(err, expect("first", first, wantFirst))
		})
	}
	sent("a", 2*time.Second, true)
	due(at(time.Minute), 10, "b")
	due(at(time.Minute+2*time.Second), 10, "a", "b")
	sent("a", 3*time.Second, false)
	want.Sent, want.Attempts, want.Due = at(2*time.Second), 2, at(time.Minute+3*time.Second)
	b.do(func(tx T) error {
		m, err := tx.OutMessage("a")
		same(b.t, "sent twice", m, want)
		return err
	})
	b.do(func(tx T) error {
		m, err := tx.Settle("a", mash.OutRefused, "denied")
		want.State, want.Code = mash.OutRefused, "denied"
		same(b.t, "settled", m, want)
		return err
	})
	b.do(func(tx T) error {
		m, err := tx.Settle("a", mash.OutDone, "")
		same(b.t, "settled again", m, want)
		return err
	})
	b.fails(code(mash.CodeInvalid), func(tx T) error { _, err := tx.Settle("b", mash.OutOpen, ""); return err })
	b.fails(is(mash.ErrNotFound), func(tx T) error { _, err := tx.Settle("none", mash.OutDone, ""); return err })
	b.fails(is(mash.ErrNotFound), func(tx T) error { _, err := tx.MarkSent("none", at(0), at(0)); return err })
	b.fails(is(mash.ErrNotFound), func(tx T) error { return tx.Resend("none", at(0)) })
	b.fails(is(mash.ErrNotFound), func(tx T) error { _, err := tx.OutMessage("none"); return err })

	// A receipt overtakes our own note that the message was sent.
	b.do(func(tx T) error { _, err := tx.Settle("b", mash.OutDone, ""); return err })
	sent("b", 4*time.Second, true)
	b.see(func(tx T) error {
		m, err := tx.OutMessage("b")
		return errors.Join(err, expect("state", m.State, mash.OutDone), expect("sent", m.Sent, at(4*time.Second)))
	})
	due(at(time.Hour), 10)
	b.do(func(tx T) error { return tx.Resend("a", at(time.Hour)) })
	due(at(time.Hour-time.Millisecond), 10)
	due(at(time.Hour), 10, "a")
	b.see(func(tx T) error {
		m, err := tx.OutMessage("a")
		n, err2 := tx.OpenMessages("fernshire")
		return errors.Join(err, err2, expect("bytes", string(m.Sealed), "sealed a"), expect("code", m.Code, ""), expect("open", n, 1))
	})
	sent("a", time.Hour, false)
}

// outboxEnds: what needs no receipt is done when sent; what is too old is
// undeliverable, and stays so.
func outboxEnds[T mash.ExchangeTx](b bench[T]) {
	b.do(func(tx T) error {
		plain := message("plain", at(0))
		plain.Receipt = false
		old, older := message("old", at(2*time.Millisecond)), message("older", at(time.Millisecond))
		old.Expires, older.Expires = at(time.Minute), at(time.Minute)
		other := message("other", at(0))
		other.Hub, other.Expires = "elsewhere", at(time.Second)
		return errors.Join(tx.Enqueue(plain), tx.Enqueue(old), tx.Enqueue(older), tx.Enqueue(other), tx.Enqueue(message("ageless", at(3*time.Millisecond))))
	})
	b.do(func(tx T) error {
		first, err := tx.MarkSent("plain", at(time.Second), at(time.Minute))
		m, err2 := tx.OutMessage("plain")
		return errors.Join(err, err2, expect("first", first, true), expect("state", m.State, mash.OutDone))
	})
	expired := func(now time.Time, limit int, want ...string) {
		b.t.Helper()
		b.do(func(tx T) error {
			ms, err := tx.ExpireMessages("fernshire", now, limit)
			for _, m := range ms {
				err = errors.Join(err, expect("state", m.State, mash.OutUndeliverable))
			}
			return errors.Join(err, expect("expired", ids(ms, outID), append([]string{}, want...)))
		})
	}
	expired(at(time.Minute-time.Millisecond), 10)
	expired(at(time.Minute), 1, "older")
	expired(at(time.Minute), 10, "old")
	expired(at(time.Hour), 10)
	b.fails(code(mash.CodeConflict), func(tx T) error { return tx.Resend("old", at(0)) })
	b.do(func(tx T) error {
		m, err := tx.Settle("old", mash.OutDone, "")
		n, err2 := tx.OpenMessages("fernshire")
		e, err3 := tx.OpenMessages("elsewhere")
		return errors.Join(err, err2, err3, expect("state", m.State, mash.OutUndeliverable), expect("open", n, 1), expect("open elsewhere", e, 1))
	})
}

func sequence[T mash.ExchangeTx](b bench[T]) {
	next := func(from mash.Address, ref string, want int64) {
		b.t.Helper()
		b.do(func(tx T) error {
			n, err := tx.NextSequence(from, ref)
			return errors.Join(err, expect("sequence", n, want))
		})
	}
	next("hub/a", "r1", 1)
	next("hub/a", "r1", 2)
	next("hub/a", "r2", 1)
	next("agency/b", "r1", 1)
	b.fails(is(errUndo), func(tx T) error { _, err := tx.NextSequence("hub/a", "r1"); return errors.Join(err, errUndo) })
	next("hub/a", "r1", 3)
}

// inbox: duplicates by (issuer, id); the position moves with the effect.
func inbox[T mash.ExchangeTx](b bench[T]) {
	m := mash.InMessage{
		Issuer: "agency/police", ID: "m1", Hub: "fernshire", Kind: "return", Ref: "r1", Revision: 2, Sequence: 5,
		Hash: "abc", At: at(0), Accepted: true,
	}
	refused := m
	refused.ID, refused.Accepted, refused.Code = "m2", false, "unsupported"
	b.see(func(tx T) error {
		_, err := tx.Taken(m.Issuer, m.ID)
		_, ok, err2 := tx.Position("t", 0)
		return errors.Join(expect("not found", errors.Is(err, mash.ErrNotFound), true), err2, expect("ok", ok, false))
	})
	b.fails(is(errUndo), func(tx T) error { return errors.Join(tx.Take(m), tx.SetPosition("t", 0, 9), errUndo) })
	b.do(func(tx T) error {
		_, err := tx.Taken(m.Issuer, m.ID)
		_, ok, err2 := tx.Position("t", 0)
		if !errors.Is(err, mash.ErrNotFound) || err2 != nil || ok {
			return fmt.Errorf("an undone message left a trace: %v %v %v", err, err2, ok)
		}
		return errors.Join(tx.Take(m), tx.Take(refused), tx.SetPosition("t", 0, 10), tx.SetPosition("t", 1, 20))
	})
	b.fails(is(mash.ErrStale), func(tx T) error { return errors.Join(tx.SetPosition("t", 0, 11), tx.Take(m)) })
	b.do(func(tx T) error {
		other := m
		other.Issuer = "agency/health" // the same id by another is another message
		return tx.Take(other)
	})
	b.see(func(tx T) error {
		got, err := tx.Taken(m.Issuer, "m1")
		same(b.t, "taken", got, m)
		got2, err2 := tx.Taken(m.Issuer, "m2")
		same(b.t, "refused", got2, refused)
		n, ok, err3 := tx.Position("t", 0)
		return errors.Join(err, err2, err3, expect("position", n, int64(10)), expect("ok", ok, true))
	})
	b.do(func(tx T) error { return tx.SetPosition("t", 0, 0) })
	b.see(func(tx T) error {
		n, ok, err := tx.Position("t", 0)
		return errors.Join(err, expect("begun anew", n, int64(0)), expect("ok", ok, true))
	})
}

func quarantine[T mash.ExchangeTx](b bench[T]) {
	q := mash.Quarantined{ID: "q1", Topic: "t", Partition: 1, Offset: 7, Hash: "h", Code: mash.CodeUnknownKey, Sealed: []byte{0, 255}, At: at(0)}
	q2 := q
	q2.ID = "q2"
	b.do(func(tx T) error { return errors.Join(tx.Quarantine(q), tx.Quarantine(q2)) })
	b.fails(is(mash.ErrStale), func(tx T) error { return tx.Quarantine(q) })
	b.see(func(tx T) error {
		all, err := tx.Quarantined(10)
		same(b.t, "newest first", all, []mash.Quarantined{q2, q})
		some, err2 := tx.Quarantined(1)
		return errors.Join(err, err2, expect("limit", len(some), 1))
	})
}

func auditRow(id string) mash.AuditRow {
	leaf := make([]byte, 32)
	copy(leaf, id)
	return mash.AuditRow{ID: id, At: at(0), Salt: []byte("salt"), Leaf: leaf, Body: []byte("body"), Index: -1, Enquiry: "e", Request: "r", Decision: "d"}
}

func auditRows[T mash.ExchangeTx](b bench[T]) {
	rowID := func(a mash.AuditRow) string { return a.ID }
	b.do(func(tx T) error {
		// The ids are not in order: the order is that of putting.
		return errors.Join(tx.PutAuditRow(auditRow("z")), tx.PutAuditRow(auditRow("y")), tx.PutAuditRow(auditRow("x")))
	})
	b.fails(is(mash.ErrStale), func(tx T) error { return tx.PutAuditRow(auditRow("y")) })
	b.fails(is(errUndo), func(tx T) error { return errors.Join(tx.PutAuditRow(auditRow("gone")), errUndo) })
	b.see(func(tx T) error {
		all, err := tx.Unsequenced(10)
		two, err2 := tx.Unsequenced(2)
		n, err3 := tx.CountUnsequenced()
		got, err4 := tx.AuditRow("y")
		same(b.t, "row", got, auditRow("y"))
		_, missing := tx.AuditRow("gone")
		return errors.Join(err, err2, err3, err4, expect("all", ids(all, rowID), []string{"z", "y", "x"}),
			expect("two", ids(two, rowID), []string{"z", "y"}), expect("count", n, int64(3)),
			expect("not found", errors.Is(missing, mash.ErrNotFound), true))
	})
	b.do(func(tx T) error { return errors.Join(tx.SetAuditIndex("z", 0), tx.SetAuditIndex("y", 1)) })
	b.fails(is(mash.ErrStale), func(tx T) error { return tx.SetAuditIndex("z", 2) })
	b.fails(is(mash.ErrNotFound), func(tx T) error { return tx.SetAuditIndex("none", 2) })
	b.fails(code(mash.CodeInvalid), func(tx T) error { return tx.SetAuditIndex("x", -1) })
	b.fails(func(err error) bool { return err != nil }, func(tx T) error { return tx.SetAuditIndex("x", 1) })
	b.see(func(tx T) error {
		left, err := tx.Unsequenced(10)
		a, err2 := tx.AuditRowAt(1)
		_, missing := tx.AuditRowAt(2)
		return errors.Join(err, err2, expect("left", ids(left, rowID), []string{"x"}), expect("at 1", a.ID, "y"),
			expect("index", a.Index, int64(1)), expect("not found", errors.Is(missing, mash.ErrNotFound), true))
	})
}

func auditTree[T mash.ExchangeTx](b bench[T]) {
	h := [][32]byte{{1}, {2}, {3}, {4}}
	b.see(func(tx T) error {
		n, err := tx.TreeSize()
		_, _, missing := tx.Checkpoint()
		return errors.Join(err, expect("size", n, int64(0)), expect("none", errors.Is(missing, mash.ErrNotFound), true))
	})
	b.do(func(tx T) error {
		return errors.Join(tx.PutTreeHashes(0, h[:3], 2), tx.PutCheckpoint(2, []byte("two"), at(0)))
	})
	b.fails(is(mash.ErrStale), func(tx T) error { return tx.PutTreeHashes(2, h[3:], 3) })        // a hash is there
	b.fails(is(mash.ErrStale), func(tx T) error { return tx.PutTreeHashes(3, h[3:], 2) })        // no growth
	b.fails(is(mash.ErrStale), func(tx T) error { return tx.PutCheckpoint(2, nil, at(1)) })      // signed once
	b.fails(is(mash.ErrStale), func(tx T) error { return tx.PutCheckpoint(1, []byte{}, at(1)) }) // smaller
	b.do(func(tx T) error {
		return errors.Join(tx.PutTreeHashes(3, h[3:], 3), tx.PutCheckpoint(3, []byte("three"), at(1)))
	})
	b.see(func(tx T) error {
		n, err := tx.TreeSize()
		got, err2 := tx.TreeHashes([]int64{3, 0, 2})
		_, missing := tx.TreeHashes([]int64{0, 4})
		size, note, err3 := tx.Checkpoint()
		return errors.Join(err, err2, err3, expect("size", n, int64(3)), expect("hashes", got, [][32]byte{{4}, {1}, {3}}),
			expect("not found", errors.Is(missing, mash.ErrNotFound), true), expect("checkpoint", size, int64(3)), expect("note", string(note), "three"))
	})
}

func decisions[T mash.ExchangeTx](b bench[T]) {
	d := mash.Decision{
		ID: "d1", Question: mash.QuestionAsk,
		Verdict: mash.Verdict{Answer: mash.Deny, Fault: true, Clauses: []string{"c"}, Reasons: []string{"why"}, Obligations: []mash.Obligation{{Code: "x", Value: "y"}}},
		Parts:   map[string]mash.Verdict{"p": {Answer: mash.Permit}}, Fields: []string{"name"},
		PolicyVersion: "v1", PolicyEpoch: 7, InputSchema: "ask/1", Input: json.RawMessage(`{"a":[1,2]}`),
		Where: "hub/fernshire", Actor: "w", Enquiry: "e1", Request: "r1", At: at(0), Took: 3 * time.Millisecond,
	}
	d2 := d
	d2.ID = "a-later-one"
	b.do(func(tx T) error { return errors.Join(tx.PutDecision(d), tx.PutDecision(d2)) })
	b.fails(is(mash.ErrStale), func(tx T) error { return tx.PutDecision(d) })
	b.see(func(tx T) error {
		got, err := tx.Decision("d1")
		same(b.t, "decision", got, d)
		all, err2 := tx.DecisionsOf("e1")
		same(b.t, "in order", all, []mash.Decision{d, d2})
		none, err3 := tx.DecisionsOf("none")
		_, missing := tx.Decision("none")
		return errors.Join(err, err2, err3, expect("none", len(none), 0), expect("not found", errors.Is(missing, mash.ErrNotFound), true))
	})
}

func keys[T mash.ExchangeTx](b bench[T]) {
	k := mash.Key{Owner: "agency/police", ID: "k1", Use: mash.KeySign, Alg: "EdDSA", JWK: []byte("{}"), From: at(0), Enrolled: at(0)}
	k2, enc, early := k, k, k
	k2.ID, k2.From = "k2", at(time.Hour)
	enc.ID, enc.Use = "k3", mash.KeyEncrypt
	early.ID, early.Owner = "k4", "agency/health"
	b.do(func(tx T) error {
		return errors.Join(tx.PutKey(k), tx.PutKey(k2), tx.PutKey(enc), tx.PutKey(early), tx.PutKey(k))
	})
	for name, change := range map[string]func(*mash.Key){
		"owner": func(k *mash.Key) { k.Owner = "agency/x" },
		"use":   func(k *mash.Key) { k.Use = mash.KeyEncrypt },
		"alg":   func(k *mash.Key) { k.Alg = "none" },
		"jwk":   func(k *mash.Key) { k.JWK = []byte("[]") },
	} {
		other := k
		change(&other)
		b.t.Run("exchanged "+name, func(t *testing.T) {
			bench[T]{t, b.s}.fails(is(mash.ErrStale), func(tx T) error { return tx.PutKey(other) })
		})
	}
	current := func(now time.Time, want string) {
		b.t.Helper()
		b.see(func(tx T) error {
			got, err := tx.CurrentKey("agency/police", mash.KeySign, now)
			if want == "" {
				return expect("none", errors.Is(err, mash.ErrNotFound), true)
			}
			return errors.Join(err, expect("current", got.ID, want))
		})
	}
	current(at(-time.Millisecond), "")
	current(at(0), "k1")
	current(at(time.Hour), "k2")
	b.do(func(tx T) error { return tx.RetireKey("agency/police", "k2", at(2*time.Hour), false) })
	current(at(time.Hour), "k2")
	current(at(2*time.Hour), "k1")
	b.do(func(tx T) error { return tx.RetireKey("agency/police", "k2", at(90*time.Minute), true) })
	b.do(func(tx T) error { return tx.RetireKey("agency/police", "k2", at(9*time.Hour), false) })
	current(at(time.Hour), "k1")
	k2.Retired, k2.Revoked = at(90*time.Minute), true
	b.fails(is(mash.ErrNotFound), func(tx T) error { return tx.RetireKey("agency/health", "k1", at(0), true) })
	b.see(func(tx T) error {
		got, err := tx.KeyByID("k2")
		same(b.t, "earliest retirement, revoked for good", got, k2)
		own, err2 := tx.Key("agency/police", "k1")
		same(b.t, "key", own, k)
		all, err3 := tx.KeysOf("agency/police")
		_, foreign := tx.Key("agency/health", "k1")
		_, missing := tx.KeyByID("none")
		return errors.Join(err, err2, err3, expect("all", ids(all, func(k mash.Key) string { return k.ID }), []string{"k1", "k3", "k2"}),
			expect("foreign", errors.Is(foreign, mash.ErrNotFound), true), expect("missing", errors.Is(missing, mash.ErrNotFound), true))
	})
}

// put and has are the smallest effect and its check.
func put[T mash.ExchangeTx](tx T, n int64) error { return tx.SetPosition("effect", int(n), n) }

func has[T mash.ExchangeTx](tx T, n int64) bool {
	_, ok, err := tx.Position("effect", int(n))
	return err == nil && ok
}

// undone: a function that fails or panics leaves nothing, and the store works.
func undone[T mash.ExchangeTx](b bench[T]) {
	b.fails(is(errUndo), func(tx T) error { return errors.Join(put(tx, 1), errUndo) })
	func() {
		defer func() {
			if recover() != "panic of the function" {
				b.t.Error("the panic did not reach the caller")
			}
		}()
		_ = b.s.Update(context.Background(), func(tx T) error {
			_ = put(tx, 2)
			panic("panic of the function")
		})
	}()
	left := make(chan struct{})
	go func() { // as t.FailNow within a function does
		defer close(left)
		_ = b.s.Update(context.Background(), func(tx T) error {
			_ = put(tx, 3)
			runtime.Goexit()
			return nil
		})
	}()
	<-left
	var kept T
	b.do(func(tx T) error { kept = tx; return put(tx, 4) })
	if err := put(kept, 5); err == nil {
		b.t.Error("a transaction works after its end")
	}
	b.see(func(tx T) error {
		for n, want := range map[int64]bool{1: false, 2: false, 3: false, 4: true, 5: false} {
			if has(tx, n) != want {
				return fmt.Errorf("effect %d: %v", n, !want)
			}
		}
		return nil
	})
}

// nested: an inner failure undoes the inner work only, at any depth.
func nested[T mash.ExchangeTx](b bench[T]) {
	b.do(func(tx T) error {
		inner := func() (err error) {
			defer func() {
				if recover() != nil {
					err = errUndo
				}
			}()
			return tx.Nested(func() error { _ = put(tx, 6); panic("inner") })
		}
		return errors.Join(
			put(tx, 1),
			expect("inner error", errors.Is(tx.Nested(func() error { return errors.Join(put(tx, 2), errUndo) }), errUndo), true),
			expect("undone", has(tx, 2), false),
			tx.Nested(func() error {
				return errors.Join(put(tx, 3),
					expect("deep error", errors.Is(tx.Nested(func() error { return errors.Join(put(tx, 4), errUndo) }), errUndo), true),
					tx.Nested(func() error { return put(tx, 5) }))
			}),
			expect("panic", errors.Is(inner(), errUndo), true),
			tx.Nested(func() error { // a refused row is not the end
				m := mash.InMessage{Issuer: "i", ID: "twice"}
				return errors.Join(tx.Take(m), expect("stale", errors.Is(tx.Take(m), mash.ErrStale), true), put(tx, 7))
			}),
			put(tx, 8),
		)
	})
	b.fails(is(errUndo), func(tx T) error {
		return errors.Join(tx.Nested(func() error { return put(tx, 9) }), errUndo)
	})
	b.see(func(tx T) error {
		for n, want := range map[int64]bool{1: true, 2: false, 3: true, 4: false, 5: true, 6: false, 7: true, 8: true, 9: false} {
			if has(tx, n) != want {
				return fmt.Errorf("effect %d: %v", n, !want)
			}
		}
		return nil
	})
}

// snapshot: a View sees one state, does not wait for writers, and cannot write.
func snapshot[T mash.ExchangeTx](b bench[T]) {
	b.see(func(tx T) error {
		if has(tx, 1) {
			return errors.New("not empty")
		}
		b.do(func(tx T) error { return put(tx, 1) })
		if has(tx, 1) {
			return errors.New("a view changed under the reader")
		}
		return nil
	})
	b.see(func(tx T) error { return expect("seen after its update", has(tx, 1), true) })
	if err := b.s.View(context.Background(), func(tx T) error { return put(tx, 2) }); err == nil {
		b.t.Error("a View wrote")
	}
	if err := b.s.View(context.Background(), func(T) error { return errUndo }); !errors.Is(err, errUndo) {
		b.t.Errorf("a View's error: %v", err)
	}
	b.do(func(tx T) error { return expect("nothing of the View", has(tx, 2), false) })
}

// concurrent: 64 goroutines, each effect once, failures between them undone.
func concurrent[T mash.ExchangeTx](b bench[T]) {
	const workers, each = 64, 8
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				n := int64(w*each + i + 1)
				bad := n%7 == 0
				err := b.s.Update(context.Background(), func(tx T) error {
					if err := put(tx, n); err != nil {
						return err
					}
					if _, err := tx.NextSequence("count", "all"); err != nil {
						return err
					}
					if bad {
						return errUndo
					}
					return nil
				})
				if bad != errors.Is(err, errUndo) || !bad && err != nil {
					b.t.Errorf("update %d: %v", n, err)
				}
				if err := b.s.View(context.Background(), func(tx T) error { return expect("effect", has(tx, n), !bad) }); err != nil {
					b.t.Errorf("view %d: %v", n, err)
				}
			}
		})
	}
	wg.Wait()
	b.do(func(tx T) error {
		n, err := tx.NextSequence("count", "all")
		return errors.Join(err, expect("counted", n, int64(workers*each-workers*each/7+1)))
	})
}

// cancelled: who gives up waiting changes nothing, and holds up nobody.
func cancelled[T mash.ExchangeTx](b bench[T]) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.s.Update(ctx, func(tx T) error { return put(tx, 1) }); !errors.Is(err, context.Canceled) {
		b.t.Errorf("update: %v", err)
	}
	var wg sync.WaitGroup
	b.do(func(tx T) error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		for range 8 {
			wg.Go(func() {
				if err := b.s.Update(ctx, func(tx T) error { return put(tx, 2) }); !errors.Is(err, context.DeadlineExceeded) {
					b.t.Errorf("waiting update: %v", err)
				}
			})
		}
		wg.Wait()
		return put(tx, 3)
	})
	b.see(func(tx T) error {
		return errors.Join(expect("1", has(tx, 1), false), expect("2", has(tx, 2), false), expect("3", has(tx, 3), true))
	})
}
