package store

import (
	"errors"
	"time"

	"mashhub/hub/mash"
)

func scanIn(r row) (m mash.InMessage, err error) {
	err = r.Scan(&m.Issuer, &m.ID, &m.Audience, &m.Hub, &m.Kind, &m.Ref, &m.Revision, &m.Sequence, &m.Hash, when{&m.At}, &m.Accepted, &m.Code)
	return m, err
}

const inColumns = `issuer, id, audience, hub, kind, ref, revision, sequence, hash, taken, accepted, code`

// Taken errors with ErrNotFound.
func (t exchangeTx) Taken(issuer mash.Address, id string) (mash.InMessage, error) {
	return one(t.tx, scanIn, `SELECT `+inColumns+` FROM inbox WHERE issuer = ?1 AND id = ?2`, string(issuer), id)
}

// Take remembers a message. Errors: ErrStale if (issuer, id) is known.
func (t exchangeTx) Take(m mash.InMessage) error {
	return t.insert(`INSERT INTO inbox (`+inColumns+`)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING`,
		string(m.Issuer), m.ID, string(m.Audience), m.Hub, m.Kind, m.Ref, m.Revision, m.Sequence, m.Hash, ms(m.At), m.Accepted, m.Code)
}

// TakenSince lists one hub's messages taken in at since or later, newest first.
// It reads the whole inbox: an index would cost each message more than a start
// now and then.
func (t exchangeTx) TakenSince(hub string, since time.Time, limit int) ([]mash.InMessage, error) {
	return many(t.tx, scanIn, `SELECT `+inColumns+` FROM inbox WHERE hub = ?1 AND taken >= ?2 ORDER BY taken DESC LIMIT ?3`,
		hub, ms(since), atMost(limit))
}

// Position is the next offset to read; ok is false at the first start.
func (t exchangeTx) Position(topic string, partition int) (next int64, ok bool, err error) {
	next, err = one(t.tx, scanInt, `SELECT next FROM positions WHERE topic = ?1 AND part = ?2`, topic, partition)
	if errors.Is(err, mash.ErrNotFound) {
		return 0, false, nil
	}
	return next, err == nil, err
}

// SetPosition stores the next offset, also one further back: a topic may have
// begun anew.
func (t exchangeTx) SetPosition(topic string, partition int, next int64) error {
	_, err := t.exec(`INSERT INTO positions (topic, part, next) VALUES (?1, ?2, ?3)
		ON CONFLICT (topic, part) DO UPDATE SET next = excluded.next`, topic, partition, next)
	return err
}
