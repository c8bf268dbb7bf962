package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"mashhub/hub/mash"
)

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
		want.State, want.Code, want.Sealed = mash.OutRefused, "denied", nil
		m, closed, err := tx.Settle("a", want.To, mash.OutRefused, "denied")
		same(b.t, "settled", m, want)
		return errors.Join(err, expect("closed", closed, true))
	})
	b.do(func(tx T) error {
		m, closed, err := tx.Settle("a", want.To, mash.OutDone, "")
		same(b.t, "settled again", m, want)
		return errors.Join(err, expect("closed again", closed, false))
	})
	b.fails(code(mash.CodeInvalid), func(tx T) error { _, _, err := tx.Settle("b", want.To, mash.OutOpen, ""); return err })
	b.fails(is(mash.ErrNotFound), func(tx T) error { _, _, err := tx.Settle("none", want.To, mash.OutDone, ""); return err })
	b.fails(is(mash.ErrNotFound), func(tx T) error { _, _, err := tx.Settle("b", "agency/other", mash.OutDone, ""); return err })
	b.fails(is(mash.ErrNotFound), func(tx T) error { _, err := tx.MarkSent("none", at(0), at(0)); return err })
	b.fails(is(mash.ErrNotFound), func(tx T) error { return tx.Resend("none", at(0)) })
	b.fails(is(mash.ErrNotFound), func(tx T) error { _, err := tx.OutMessage("none"); return err })

	// A receipt overtakes our own note that the message was sent.
	b.do(func(tx T) error { _, _, err := tx.Settle("b", want.To, mash.OutDone, ""); return err })
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

// outboxEnds: what needs no receipt is forgotten when sent; what is too old is
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
		if _, err := tx.OutMessage("plain"); !errors.Is(err, mash.ErrNotFound) {
			b.t.Errorf("what needs no receipt is kept after it was sent: %v", err)
		}
		return errors.Join(err, expect("first", first, true))
	})
	b.see(func(tx T) error {
		ours, err := tx.Unsent("fernshire", "request")
		theirs, err2 := tx.Unsent("elsewhere", "request")
		others, err3 := tx.Unsent("fernshire", "notify")
		return errors.Join(err, err2, err3, expect("unsent", ids(ours, outID), []string{"older", "old", "ageless"}), expect("of another hub", ids(theirs, outID), []string{"other"}),
			expect("of another kind", len(others), 0), expect("without bytes", len(ours[0].Sealed), 0))
	})
	b.do(func(tx T) error { _, err := tx.MarkSent("ageless", at(time.Second), at(time.Minute)); return err })
	b.see(func(tx T) error {
		ours, err := tx.Unsent("fernshire", "request")
		return errors.Join(err, expect("unsent", ids(ours, outID), []string{"older", "old"}))
	})
	overdue := func(now time.Time, want bool) {
		b.t.Helper()
		b.see(func(tx T) error {
			got, err := tx.Overdue("fernshire", now)
			return errors.Join(err, expect("overdue", got, want))
		})
	}
	overdue(at(time.Minute-time.Millisecond), false)
	overdue(at(time.Minute), true)
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
	overdue(at(time.Hour), false)
	b.see(func(tx T) error {
		all, err := tx.DueMessages("fernshire", at(time.Hour), 10)
		none, err2 := tx.DueMessages("fernshire", at(time.Hour), 10, "elsewhere", message("x", at(0)).Topic)
		same, err3 := tx.DueMessages("fernshire", at(time.Hour), 10, "elsewhere")
		return errors.Join(err, err2, err3, expect("passed over", len(none), 0), expect("not passed over", len(same), len(all)), expect("due", len(all), 1))
	})
	b.fails(code(mash.CodeConflict), func(tx T) error { return tx.Resend("old", at(0)) })
	b.do(func(tx T) error {
		m, _, err := tx.Settle("old", message("old", at(0)).To, mash.OutDone, "")
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
		Issuer: "agency/police", ID: "m1", Audience: "hub/fernshire", Hub: "fernshire", Kind: "return", Ref: "r1", Revision: 2, Sequence: 5,
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
			return fmt.Errorf("an undone message left a trace: %w %w %v", err, err2, ok)
		}
		return errors.Join(tx.Take(m), tx.Take(refused), tx.SetPosition("t", 0, 10), tx.SetPosition("t", 1, 20))
	})
	b.fails(is(mash.ErrStale), func(tx T) error { return errors.Join(tx.SetPosition("t", 0, 11), tx.Take(m)) })
	b.do(func(tx T) error {
		other := m
		other.Issuer = "agency/health" // the same id by another is another message
		if err := tx.Take(other); err != nil {
			return err
		}
		other.ID, other.At = "later", at(0).Add(time.Second)
		return tx.Take(other)
	})
	b.see(func(tx T) error {
		all, err := tx.TakenSince("fernshire", at(0), 9)
		newest, err2 := tx.TakenSince("fernshire", at(0), 1)
		late, err3 := tx.TakenSince("fernshire", at(0).Add(time.Second), 9)
		none, err4 := tx.TakenSince("elsewhere", at(0), 9)
		return errors.Join(err, err2, err3, err4, expect("taken since", len(all), 4), expect("newest", newest[0].ID, "later"),
			expect("late", len(late), 1), expect("another hub's", len(none), 0))
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
		all, err := tx.Quarantined(nil, 10)
		same(b.t, "newest first", all, []mash.Quarantined{q2, q})
		some, err2 := tx.Quarantined(nil, 1)
		state, err3 := tx.QuarantineState(nil)
		return errors.Join(err, err2, err3, expect("limit", len(some), 1),
			expect("state", state, mash.QuarantineState{Kept: 2, Unseen: 2, Bytes: 4, Last: at(0)}))
	})
	elsewhere := q
	elsewhere.ID, elsewhere.Topic, elsewhere.At = "q0", "u", at(time.Second)
	b.do(func(tx T) error { // of one topic, nothing of another is listed, counted or marked
		return tx.Quarantine(elsewhere)
	})
	b.do(func(tx T) error {
		some, err := tx.Quarantined([]string{"u", "v"}, 10)
		state, err2 := tx.QuarantineState([]string{"t"})
		none, err3 := tx.QuarantineState([]string{})
		marked, err4 := tx.SeeQuarantined([]string{"v"}, "ig", "a test", at(time.Hour), at(time.Hour))
		own, err5 := tx.SeeQuarantined([]string{"u"}, "ig", "a test", at(time.Hour), at(time.Hour))
		same(b.t, "of a topic", some, []mash.Quarantined{elsewhere})
		return errors.Join(err, err2, err3, err4, err5, expect("state", state, mash.QuarantineState{Kept: 2, Unseen: 2, Bytes: 4, Last: at(0)}),
			expect("of none", none, mash.QuarantineState{}), expect("marked", len(marked), 0), expect("own", own, []string{"q0"}))
	})
	elsewhere.Seen, elsewhere.SeenBy, elsewhere.SeenWhy = at(time.Hour), "ig", "a test"
	later := q
	later.ID, later.At, later.Hash = "q3", at(time.Minute), ""
	b.do(func(tx T) error { return tx.Quarantine(later) })
	sum := sha256.Sum256(later.Sealed)
	later.Hash = hex.EncodeToString(sum[:])
	b.do(func(tx T) error { // what came since the list was made is not marked
		marked, err := tx.SeeQuarantined(nil, "ig", "a test", at(time.Second), at(time.Hour))
		again, err2 := tx.SeeQuarantined(nil, "other", "again", at(time.Second), at(time.Hour))
		return errors.Join(err, err2, expect("marked", marked, []string{"q1", "q2"}), expect("again", len(again), 0))
	})
	q.Seen, q.SeenBy, q.SeenWhy = at(time.Hour), "ig", "a test"
	q2.Seen, q2.SeenBy, q2.SeenWhy = q.Seen, q.SeenBy, q.SeenWhy
	b.see(func(tx T) error {
		all, err := tx.Quarantined(nil, 10)
		same(b.t, "seen", all, []mash.Quarantined{later, elsewhere, q2, q})
		state, err2 := tx.QuarantineState(nil)
		return errors.Join(err, err2, expect("state", state, mash.QuarantineState{Kept: 4, Unseen: 1, Bytes: 8, Last: at(time.Minute)}))
	})
}

// quarantineBounds: whoever can write to a topic cannot fill the disk. The
// oldest bytes go first, their row stays; beyond the rows what somebody has
// seen makes room, and if nobody looks the rest is counted.
func quarantineBounds[T mash.ExchangeTx](b bench[T]) {
	const big = 1 << 20
	message := func(n, size int) mash.Quarantined {
		return mash.Quarantined{ID: fmt.Sprintf("q%d", n), Topic: "t", Offset: int64(n), Hash: fmt.Sprint("h", n), Code: mash.CodeBadMessage,
			Sealed: make([]byte, size), At: at(time.Duration(n) * time.Millisecond)}
	}
	fits := mash.QuarantineBytes / big
	b.do(func(tx T) error {
		for i := range fits + 2 {
			if err := tx.Quarantine(message(i, big)); err != nil {
				return err
			}
		}
		return nil
	})
	state := func() (s mash.QuarantineState) {
		b.see(func(tx T) (err error) { s, err = tx.QuarantineState(nil); return err })
		return s
	}
	if s := state(); s.Kept != fits+2 || s.Bytes != mash.QuarantineBytes {
		b.t.Errorf("%+v", s)
	}
	b.see(func(tx T) error {
		all, err := tx.Quarantined(nil, 0)
		oldest := all[len(all)-2:]
		return errors.Join(err, expect("oldest bytes", oldest[0].Sealed == nil && oldest[1].Sealed == nil, true),
			expect("its hash", oldest[1].Hash, "h0"), expect("the next", len(all[len(all)-3].Sealed), big))
	})
	fill := func(from, to int) {
		b.t.Helper()
		b.do(func(tx T) error {
			for i := from; i < to; i++ {
				if err := tx.Quarantine(message(i, 1)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	fill(fits+2, mash.QuarantineRows+3)
	last := at((mash.QuarantineRows + 2) * time.Millisecond)
	if s := state(); s.Kept != mash.QuarantineRows || s.Beyond != 3 || s.Unseen != mash.QuarantineRows+3 || !s.Last.Equal(last) {
		b.t.Errorf("beyond the rows: %+v", s)
	}
	b.do(func(tx T) error { _, err := tx.SeeQuarantined(nil, "ig", "a flood", last, at(time.Hour)); return err })
	fill(mash.QuarantineRows+3, mash.QuarantineRows+5)
	if s := state(); s.Kept != mash.QuarantineRows || s.Beyond != 0 || s.Unseen != 2 {
		b.t.Errorf("after somebody looked: %+v", s)
	}
	b.see(func(tx T) error {
		all, err := tx.Quarantined(nil, 1)
		return errors.Join(err, expect("the newest is kept", all[0].ID, fmt.Sprintf("q%d", mash.QuarantineRows+4)))
	})
}
