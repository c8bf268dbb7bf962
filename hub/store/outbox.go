package store

import (
	"errors"
	"time"

	"mashhub/hub/mash"
)

// exchangeTx is what the transactions of hub and node have in common.
type exchangeTx struct{ *tx }

const outColumns = `id, hub, kind, sender, receiver, topic, msg_key, ref, sequence, sealed, receipt,
	created, expires, sent, attempts, due, state, code`

// outBare is a message without its bytes.
const outBare = `id, hub, kind, sender, receiver, topic, msg_key, ref, sequence, NULL, receipt,
	created, expires, sent, attempts, due, state, code`

func scanOut(r row) (m mash.OutMessage, err error) {
	err = r.Scan(&m.ID, &m.Hub, &m.Kind, &m.From, &m.To, &m.Topic, &m.Key, &m.Ref, &m.Sequence, &m.Sealed, &m.Receipt,
		when{&m.Created}, when{&m.Expires}, when{&m.Sent}, &m.Attempts, when{&m.Due}, &m.State, &m.Code)
	return m, err
}

// Enqueue stores a message as open and due at Created; it has no attempts yet.
// Errors: ErrStale if the id is known.
func (t exchangeTx) Enqueue(m mash.OutMessage) error {
	if m.ID == "" || len(m.Sealed) == 0 {
		return mash.Invalid("message", "no id or no sealed bytes", "seal it first")
	}
	return t.insert(`INSERT INTO outbox (`+outColumns+`)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, 0, ?12, 'open', '')
		ON CONFLICT DO NOTHING`,
		m.ID, m.Hub, m.Kind, string(m.From), string(m.To), m.Topic, m.Key, m.Ref, m.Sequence, m.Sealed, m.Receipt,
		ms(m.Created), ms(m.Expires))
}

// NextSequence counts per (from, ref), from 1.
func (t exchangeTx) NextSequence(from mash.Address, ref string) (int64, error) {
	return one(t.tx, scanInt, `INSERT INTO sequences (sender, ref, last) VALUES (?1, ?2, 1)
		ON CONFLICT (sender, ref) DO UPDATE SET last = sequences.last + 1 RETURNING last`, string(from), ref)
}

// DueMessages lists one hub's open messages due at now, oldest first. After an
// hour without a broker there are many: the index finds and orders them, and
// only those returned are read.
func (t exchangeTx) DueMessages(hub string, now time.Time, limit int, skip ...string) ([]mash.OutMessage, error) {
	args, not := []any{hub, ms(now), atMost(limit)}, ""
	if len(skip) > 0 {
		not = ` AND topic NOT IN ` + in(4, len(skip))
		for _, s := range skip {
			args = append(args, s)
		}
	}
	return many(t.tx, scanOut, `SELECT `+outColumns+` FROM outbox
		WHERE seq IN (SELECT seq FROM outbox WHERE state = 'open' AND hub = ?1 AND due <= ?2`+not+` ORDER BY created, seq LIMIT ?3)
		ORDER BY created, seq`, args...)
}

// Overdue reports whether ExpireMessages would turn any.
func (t exchangeTx) Overdue(hub string, now time.Time) (bool, error) {
	n, err := one(t.tx, scanInt, `SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'open' AND expires > 0 AND hub = ?1 AND expires <= ?2)`, hub, ms(now))
	return n > 0, err
}

// MarkSent says that the broker has the message. A receipt may have settled it
// before we came to say so: that it was sent is noted all the same.
func (t exchangeTx) MarkSent(id string, at, due time.Time) (first bool, err error) {
	type sent struct {
		attempts int
		receipt  bool
	}
	m, err := one(t.tx, func(r row) (s sent, err error) {
		err = r.Scan(&s.attempts, &s.receipt)
		return s, err
	}, `UPDATE outbox SET sent = CASE WHEN sent = 0 THEN ?2 ELSE sent END, attempts = attempts + 1,
		due = CASE WHEN state = 'open' THEN ?3 ELSE due END
		WHERE id = ?1 RETURNING attempts, receipt`, id, ms(at), ms(due))
	if err == nil && !m.receipt {
		_, err = t.exec(`DELETE FROM outbox WHERE id = ?1`, id)
	}
	return m.attempts == 1 && err == nil, err
}

// Settle closes an open message to an address, by that address's receipt or
// because it is stopped. It returns the message without its bytes, and false
// with the message as it is when that is not open.
func (t exchangeTx) Settle(id string, to mash.Address, state, code string) (m mash.OutMessage, closed bool, err error) {
	if state != mash.OutDone && state != mash.OutRefused {
		return m, false, mash.Invalid("state", "a receipt says done or refused", "")
	}
	m, err = one(t.tx, scanOut, `UPDATE outbox SET state = ?3, code = ?4
		WHERE id = ?1 AND receiver = ?2 AND state = 'open' RETURNING `+outBare, id, string(to), state, code)
	if !errors.Is(err, mash.ErrNotFound) {
		return m, err == nil, err
	}
	m, err = one(t.tx, scanOut, `SELECT `+outBare+` FROM outbox WHERE id = ?1 AND receiver = ?2`, id, string(to))
	return m, false, err
}

// ExpireMessages turns one hub's open messages whose Expires is not after now
// into undeliverable ones and returns them, oldest first.
func (t exchangeTx) ExpireMessages(hub string, now time.Time, limit int) ([]mash.OutMessage, error) {
	gone, err := many(t.tx, scanOut, `SELECT `+outColumns+` FROM outbox
		WHERE seq IN (SELECT seq FROM outbox
			WHERE state = 'open' AND expires > 0 AND hub = ?1 AND expires <= ?2 ORDER BY created, seq LIMIT ?3)
		ORDER BY created, seq`, hub, ms(now), atMost(limit))
	if err != nil {
		return nil, err
	}
	for i := range gone {
		if err := t.change(`UPDATE outbox SET state = 'undeliverable' WHERE id = ?1`, gone[i].ID); err != nil {
			return nil, err
		}
		gone[i].State = mash.OutUndeliverable
	}
	return gone, nil
}

// OutMessage errors with ErrNotFound.
func (t exchangeTx) OutMessage(id string) (mash.OutMessage, error) {
	return one(t.tx, scanOut, `SELECT `+outColumns+` FROM outbox WHERE id = ?1`, id)
}

// Resend makes a settled or open message due again at now, same bytes. An
// undeliverable one stays so: its age has been told. Errors: ErrNotFound,
// CodeConflict.
func (t exchangeTx) Resend(id string, now time.Time) error {
	n, err := t.exec(`UPDATE outbox SET state = 'open', code = '', due = ?2 WHERE id = ?1 AND state <> 'undeliverable'`, id, ms(now))
	if err != nil || n > 0 {
		return err
	}
	if _, err := t.OutMessage(id); err != nil {
		return err
	}
	return mash.Errorf(mash.CodeConflict, "the message is undeliverable")
}

// Unsent lists one hub's open messages of a kind that the broker does not have yet,
// without their bytes, oldest first.
func (t exchangeTx) Unsent(hub, kind string) ([]mash.OutMessage, error) {
	return many(t.tx, scanOut, `SELECT `+outBare+` FROM outbox WHERE state = 'open' AND hub = ?1 AND kind = ?2 AND sent = 0 ORDER BY created, seq`, hub, kind)
}

// OpenMessages counts one hub's messages that are still open.
func (t exchangeTx) OpenMessages(hub string) (int, error) {
	n, err := one(t.tx, scanInt, `SELECT count(*) FROM outbox WHERE state = 'open' AND hub = ?1`, hub)
	return int(n), err
}
