package store

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"mashhub/hub/mash"
)

// Quarantine keeps a message's bytes, within mash.QuarantineRows and
// mash.QuarantineBytes: whoever can write to a topic must not fill the disk.
// Errors: ErrStale if the id is known.
func (t exchangeTx) Quarantine(q mash.Quarantined) error {
	if q.Hash == "" && len(q.Sealed) > 0 { // what could not be opened has none yet
		sum := sha256.Sum256(q.Sealed)
		q.Hash = hex.EncodeToString(sum[:])
	}
	rows, err := one(t.tx, scanInt, `SELECT count(*) FROM quarantine`)
	if err != nil {
		return err
	}
	if rows >= mash.QuarantineRows {
		n, err := t.exec(`DELETE FROM quarantine WHERE seq = (SELECT min(seq) FROM quarantine WHERE seen > 0)`)
		if err != nil {
			return err
		}
		if n == 0 { // nobody looks: from here on they are only counted
			_, err := t.exec(`UPDATE quarantine_beyond SET counted = counted + 1, last = ?1`, ms(q.At))
			return err
		}
	}
	if err := t.insert(`INSERT INTO quarantine (id, topic, part, pos, hash, code, sealed, came, size)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING`,
		q.ID, q.Topic, q.Partition, q.Offset, q.Hash, string(q.Code), orNull(q.Sealed), ms(q.At), len(q.Sealed)); err != nil {
		return err
	}
	for {
		kept, err := one(t.tx, scanInt, `SELECT coalesce(sum(size), 0) FROM quarantine`)
		if err != nil || kept <= mash.QuarantineBytes {
			return err
		}
		if err := t.change(`UPDATE quarantine SET sealed = NULL, size = 0
			WHERE seq = (SELECT min(seq) FROM quarantine WHERE size > 0)`); err != nil {
			return err
		}
	}
}

// onTopics is the condition of a list of topics in ?1; null is any.
const onTopics = ` (?1 = 'null' OR topic IN (SELECT value FROM json_each(?1)))`

// Quarantined lists the newest first.
func (t exchangeTx) Quarantined(topics []string, limit int) ([]mash.Quarantined, error) {
	on, err := doc(topics)
	if err != nil {
		return nil, err
	}
	return many(t.tx, func(r row) (q mash.Quarantined, err error) {
		err = r.Scan(&q.ID, &q.Topic, &q.Partition, &q.Offset, &q.Hash, &q.Code, &q.Sealed, when{&q.At}, when{&q.Seen}, &q.SeenBy, &q.SeenWhy)
		return q, err
	}, `SELECT id, topic, part, pos, hash, code, sealed, came, seen, seer, found FROM quarantine WHERE`+onTopics+` ORDER BY seq DESC LIMIT ?2`, on, atMost(limit))
}

// QuarantineState counts what is there.
func (t exchangeTx) QuarantineState(topics []string) (mash.QuarantineState, error) {
	on, err := doc(topics)
	if err != nil {
		return mash.QuarantineState{}, err
	}
	return one(t.tx, func(r row) (s mash.QuarantineState, err error) {
		var latest, beyond time.Time
		err = r.Scan(&s.Kept, &s.Unseen, &s.Bytes, when{&latest}, &s.Beyond, when{&beyond})
		s.Unseen += s.Beyond
		if s.Last = latest; beyond.After(latest) {
			s.Last = beyond
		}
		return s, err
	}, `SELECT count(*), coalesce(sum(CASE WHEN seen = 0 THEN 1 ELSE 0 END), 0),
		coalesce(sum(size), 0), coalesce(max(came), 0),
		(SELECT CASE ?1 WHEN 'null' THEN counted ELSE 0 END FROM quarantine_beyond),
		(SELECT CASE ?1 WHEN 'null' THEN last ELSE 0 END FROM quarantine_beyond) FROM quarantine WHERE`+onTopics, on)
}

// SeeQuarantined marks as looked at what came until an instant and, if it is of
// any topic, forgets how many were only counted by then. It returns the ids that
// it marked.
func (t exchangeTx) SeeQuarantined(topics []string, by, why string, until, at time.Time) ([]string, error) {
	on, err := doc(topics)
	if err != nil {
		return nil, err
	}
	ids, err := many(t.tx, func(r row) (id string, err error) {
		err = r.Scan(&id)
		return id, err
	}, `SELECT id FROM quarantine WHERE seen = 0 AND came <= ?2 AND`+onTopics+` ORDER BY seq`, on, ms(until))
	if err != nil {
		return nil, err
	}
	if _, err := t.exec(`UPDATE quarantine SET seen = ?3, seer = ?4, found = ?5 WHERE seen = 0 AND came <= ?2 AND`+onTopics,
		on, ms(until), ms(at), by, why); err != nil {
		return nil, err
	}
	if topics == nil {
		_, err = t.exec(`UPDATE quarantine_beyond SET counted = 0 WHERE last <= ?1`, ms(until))
	}
	return ids, err
}
