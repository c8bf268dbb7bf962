package store

import (
	"errors"

	"mashhub/hub/mash"
)

func scanIn(r row) (m mash.InMessage, err error) {
	err = r.Scan(&m.Issuer, &m.ID, &m.Hub, &m.Kind, &m.Ref, &m.Revision, &m.Sequence, &m.Hash, when{&m.At}, &m.Accepted, &m.Code)
	return m, err
}

// Taken errors with ErrNotFound.
func (t exchangeTx) Taken(issuer mash.Address, id string) (mash.InMessage, error) {
	return one(t.tx, scanIn, `SELECT issuer, id, hub, kind, ref, revision, sequence, hash, taken, accepted, code
		FROM inbox WHERE issuer = ?1 AND id = ?2`, string(issuer), id)
}

// Take remembers a message. Errors: ErrStale if (issuer, id) is known.
func (t exchangeTx) Take(m mash.InMessage) error {
	return t.insert(`INSERT INTO inbox (issuer, id, hub, kind, ref, revision, sequence, hash, taken, accepted, code)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING`,
		string(m.Issuer), m.ID, m.Hub, m.Kind, m.Ref, m.Revision, m.Sequence, m.Hash, ms(m.At), m.Accepted, m.Code)
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
