package storetest

import (
	"encoding/json"
	"errors"
	"math"
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
		"bounds":      quarantineBounds[T],
		"audit rows":  auditRows[T],
		"audit tree":  auditTree[T],
		"decisions":   decisions[T],
		"editions":    editions[T],
		"keys":        keys[T],
		"undone":      undone[T],
		"nested":      nested[T],
		"afterwards":  afterwards[T],
		"snapshot":    snapshot[T],
		"concurrent":  concurrent[T],
		"cancelled":   cancelled[T],
	} {
		t.Run(name, func(t *testing.T) { f(bench[T]{t, open(t)}) })
	}
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

// editions: files are kept once per version, editions in their order and by hub.
func editions[T mash.ExchangeTx](b bench[T]) {
	e := mash.Edition{ID: "e1", Hub: "h", Version: "v1", State: mash.EditionProposed, Why: "why", ProposedBy: "ig", ProposedAt: at(0)}
	b.do(func(tx T) error {
		other := e
		other.ID, other.Hub = "x1", "other"
		last := e
		last.ID, last.Epoch = "e2", 2
		return errors.Join(tx.PutPolicyFiles("v1", []byte("one")), tx.PutPolicyFiles("v1", []byte("two")), tx.PutEdition(e), tx.PutEdition(other), tx.PutEdition(last))
	})
	b.fails(is(mash.ErrStale), func(tx T) error { return tx.PutEdition(e) })
	e.State, e.Signed = mash.EditionInForce, []byte("signed")
	b.do(func(tx T) error { return tx.UpdateEdition(e) })
	b.fails(is(mash.ErrNotFound), func(tx T) error { return tx.UpdateEdition(mash.Edition{ID: "none"}) })
	b.see(func(tx T) error {
		files, err := tx.PolicyFiles("v1")
		_, missing := tx.PolicyFiles("v2")
		got, err2 := tx.Edition("e1")
		same(b.t, "edition", got, e)
		_, none := tx.Edition("none")
		all, err3 := tx.EditionsOf("h", 0)
		one, err4 := tx.EditionsOf("h", 1)
		id := func(e mash.Edition) string { return e.ID }
		return errors.Join(err, err2, err3, err4, expect("files", string(files), "one"), expect("no files", errors.Is(missing, mash.ErrNotFound), true),
			expect("no edition", errors.Is(none, mash.ErrNotFound), true), expect("newest first", ids(all, id), []string{"e2", "e1"}), expect("one", ids(one, id), []string{"e2"}))
	})
	b.do(func(tx T) error {
		for _, id := range []string{"d1", "d2", "d3"} {
			if err := tx.PutDecision(mash.Decision{ID: "edition-" + id, At: at(0)}); err != nil {
				return err
			}
		}
		return nil
	})
	b.see(func(tx T) error {
		var got []string
		for place := int64(math.MaxInt64); ; {
			some, next, err := tx.DecisionsBefore(place, 2)
			if err != nil || len(some) == 0 {
				return errors.Join(err, expect("decisions, two at a time", got[:3], []string{"edition-d3", "edition-d2", "edition-d1"}))
			}
			for _, d := range some {
				got = append(got, d.ID)
			}
			place = next
		}
	})
}
