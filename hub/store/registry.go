package store

import (
	"bytes"
	"encoding/json"
	"time"

	"mashhub/hub/mash"
)

// PutDecision errors with ErrStale if the id is known: a decision never changes.
func (t exchangeTx) PutDecision(d mash.Decision) error {
	s, err := doc(d)
	if err != nil {
		return err
	}
	return t.insert(`INSERT INTO decisions (id, enquiry, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING`, d.ID, d.Enquiry, s)
}

// Decision errors with ErrNotFound.
func (t exchangeTx) Decision(id string) (mash.Decision, error) {
	return one(t.tx, scanDoc[mash.Decision], `SELECT doc FROM decisions WHERE id = ?1`, id)
}

// DecisionsOf lists in the order they were made.
func (t exchangeTx) DecisionsOf(enquiry string) ([]mash.Decision, error) {
	return many(t.tx, scanDoc[mash.Decision], `SELECT doc FROM decisions WHERE enquiry = ?1 ORDER BY seq`, enquiry)
}

// DecisionsBefore lists the newest first, from before a place.
func (t exchangeTx) DecisionsBefore(place int64, limit int) (out []mash.Decision, next int64, err error) {
	next = place
	out, err = many(t.tx, func(r row) (d mash.Decision, err error) {
		var text string
		if err := r.Scan(&next, &text); err != nil {
			return d, err
		}
		return d, json.Unmarshal([]byte(text), &d)
	}, `SELECT seq, doc FROM decisions WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2`, place, atMost(limit))
	return out, next, err
}

const keyColumns = `owner, kid, used_for, alg, jwk, since, retired, revoked, enrolled`

func scanKey(r row) (k mash.Key, err error) {
	err = r.Scan(&k.Owner, &k.ID, &k.Use, &k.Alg, &k.JWK, when{&k.From}, when{&k.Retired}, &k.Revoked, when{&k.Enrolled})
	return k, err
}

// PutKey enrols a key. The same key again changes nothing; another key, owner,
// use or algorithm by a known id is ErrStale.
func (t exchangeTx) PutKey(k mash.Key) error {
	if k.ID == "" || k.Owner == "" {
		return mash.Invalid("key", "no id or no owner", "")
	}
	n, err := t.exec(`INSERT INTO registry (`+keyColumns+`) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING`,
		string(k.Owner), k.ID, string(k.Use), k.Alg, bytes0(k.JWK), ms(k.From), ms(k.Retired), k.Revoked, ms(k.Enrolled))
	if err != nil || n > 0 {
		return err
	}
	old, err := t.KeyByID(k.ID)
	if err != nil {
		return err
	}
	if old.Owner == k.Owner && old.Use == k.Use && old.Alg == k.Alg && bytes.Equal(old.JWK, k.JWK) {
		return nil
	}
	return mash.ErrStale
}

// Key errors with ErrNotFound.
func (t exchangeTx) Key(owner mash.Address, id string) (mash.Key, error) {
	return one(t.tx, scanKey, `SELECT `+keyColumns+` FROM registry WHERE kid = ?1 AND owner = ?2`, id, string(owner))
}

// KeyByID errors with ErrNotFound.
func (t exchangeTx) KeyByID(id string) (mash.Key, error) {
	return one(t.tx, scanKey, `SELECT `+keyColumns+` FROM registry WHERE kid = ?1`, id)
}

// CurrentKey is the newest key that is in use at now: begun, not retired and
// not revoked. Errors: ErrNotFound.
func (t exchangeTx) CurrentKey(owner mash.Address, use mash.KeyUse, now time.Time) (mash.Key, error) {
	return one(t.tx, scanKey, `SELECT `+keyColumns+` FROM registry
		WHERE owner = ?1 AND used_for = ?2 AND since <= ?3 AND (retired = 0 OR retired > ?3) AND NOT revoked
		ORDER BY since DESC, enrolled DESC, kid DESC LIMIT 1`, string(owner), string(use), ms(now))
}

// RetireKey ends a key's use. The earlier retirement stands, and a revocation
// is never taken back. Errors: ErrNotFound.
func (t exchangeTx) RetireKey(owner mash.Address, id string, at time.Time, revoked bool) error {
	return t.change(`UPDATE registry SET
		retired = CASE WHEN retired = 0 OR retired > ?3 THEN ?3 ELSE retired END,
		revoked = CASE WHEN ?4 THEN ?4 ELSE revoked END
		WHERE kid = ?1 AND owner = ?2`, id, string(owner), ms(at), revoked)
}

// KeysOf lists an owner's keys, oldest first.
func (t exchangeTx) KeysOf(owner mash.Address) ([]mash.Key, error) {
	return many(t.tx, scanKey, `SELECT `+keyColumns+` FROM registry WHERE owner = ?1 ORDER BY since, enrolled, kid`, string(owner))
}
