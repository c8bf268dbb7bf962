package store

import (
	"time"

	"mashhub/hub/mash"
)

const heldColumns = `hub, id, agency, unit, revision, state, body, sequence, received, hash, attempts, due, version`

func scanHeld(r row) (h mash.HeldRequest, err error) {
	err = r.Scan(&h.Hub, &h.ID, &h.Party.Agency, &h.Party.Unit, &h.Revision, &h.State, &h.Body, &h.Sequence,
		when{&h.Received}, &h.Hash, &h.Attempts, when{&h.Due}, &h.Version)
	return h, err
}

// PutHeld stores a new request. Errors: ErrStale if (hub, id, party) is known.
func (t nodeTx) PutHeld(h mash.HeldRequest) error {
	return t.insert(`INSERT INTO held (`+heldColumns+`, forgotten)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, -1) ON CONFLICT DO NOTHING`,
		h.Hub, h.ID, h.Party.Agency, h.Party.Unit, h.Revision, string(h.State), orNull(h.Body), h.Sequence,
		ms(h.Received), h.Hash, h.Attempts, ms(h.Due), h.Version)
}

// Held errors with ErrNotFound.
func (t nodeTx) Held(hub, id string, p mash.Party) (mash.HeldRequest, error) {
	return one(t.tx, scanHeld, `SELECT `+heldColumns+` FROM held WHERE hub = ?1 AND id = ?2 AND agency = ?3 AND unit = ?4`,
		hub, id, p.Agency, p.Unit)
}

// UpdateHeld stores h if its Version is the stored one, and raises it. A body
// that was forgotten stays so, whatever h holds, until a later revision brings
// another. Errors: ErrStale, ErrNotFound.
func (t nodeTx) UpdateHeld(h mash.HeldRequest) error {
	key := []any{h.Hub, h.ID, h.Party.Agency, h.Party.Unit}
	return t.guarded(`SELECT 1 FROM held WHERE hub = ?1 AND id = ?2 AND agency = ?3 AND unit = ?4`, key,
		`UPDATE held SET revision = ?5, state = ?6, body = CASE WHEN forgotten >= ?5 THEN NULL ELSE ?7 END,
		sequence = ?8, received = ?9, hash = ?10, attempts = ?11, due = ?12, version = version + 1
		WHERE hub = ?1 AND id = ?2 AND agency = ?3 AND unit = ?4 AND version = ?13`,
		append(key, h.Revision, string(h.State), orNull(h.Body), h.Sequence, ms(h.Received), h.Hash, h.Attempts, ms(h.Due), h.Version)...)
}

// DueHeld lists requests to work on at now, of every hub: received or
// answering and due, longest due first.
func (t nodeTx) DueHeld(now time.Time, limit int) ([]mash.HeldRequest, error) {
	return many(t.tx, scanHeld, `SELECT `+heldColumns+` FROM held
		WHERE state IN ('received', 'answering') AND due <= ?1 ORDER BY due, received, id LIMIT ?2`, ms(now), atMost(limit))
}

// ForgetHeld deletes the body. It leaves Version, so that an update on its way
// still succeeds, without the body. Errors: ErrNotFound.
func (t nodeTx) ForgetHeld(hub, id string, p mash.Party) error {
	return t.change(`UPDATE held SET body = NULL, forgotten = revision WHERE hub = ?1 AND id = ?2 AND agency = ?3 AND unit = ?4`,
		hub, id, p.Agency, p.Unit)
}

// PutNodeEvent adds to a request's timeline at the agency.
func (t nodeTx) PutNodeEvent(hub string, p mash.Party, e mash.Event) error {
	s, err := doc(e)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO node_events (hub, request, agency, unit, doc) VALUES (?1, ?2, ?3, ?4, ?5)`,
		hub, e.Request, p.Agency, p.Unit, s)
	return err
}

// NodeEvents lists in the order they were put.
func (t nodeTx) NodeEvents(hub string, p mash.Party, request string) ([]mash.Event, error) {
	return many(t.tx, scanDoc[mash.Event], `SELECT doc FROM node_events
		WHERE hub = ?1 AND request = ?2 AND agency = ?3 AND unit = ?4 ORDER BY seq`, hub, request, p.Agency, p.Unit)
}

// PutSentReturn errors with ErrStale when the revision exists.
func (t nodeTx) PutSentReturn(s mash.SentReturn) error {
	return t.insert(`INSERT INTO sent_returns (hub, request, agency, unit, revision, final, message, sealed, made)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING`,
		s.Hub, s.Request, s.Party.Agency, s.Party.Unit, s.Revision, s.Final, s.MessageID, bytes0(s.Sealed), ms(s.At))
}

// SentReturn errors with ErrNotFound.
func (t nodeTx) SentReturn(hub, request string, p mash.Party, revision int) (mash.SentReturn, error) {
	return one(t.tx, func(r row) (s mash.SentReturn, err error) {
		err = r.Scan(&s.Hub, &s.Request, &s.Party.Agency, &s.Party.Unit, &s.Revision, &s.Final, &s.MessageID, &s.Sealed, when{&s.At})
		return s, err
	}, `SELECT hub, request, agency, unit, revision, final, message, sealed, made FROM sent_returns
		WHERE hub = ?1 AND request = ?2 AND agency = ?3 AND unit = ?4 AND revision = ?5`,
		hub, request, p.Agency, p.Unit, revision)
}

// LastRevision is the highest revision sent, 0 before the first.
func (t nodeTx) LastRevision(hub, request string, p mash.Party) (int, error) {
	n, err := one(t.tx, scanInt, `SELECT coalesce(max(revision), 0) FROM sent_returns
		WHERE hub = ?1 AND request = ?2 AND agency = ?3 AND unit = ?4`, hub, request, p.Agency, p.Unit)
	return int(n), err
}
