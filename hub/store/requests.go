package store

import (
	"time"

	"mashhub/hub/mash"
)

// PutRequest stores a new request. Errors: ErrStale if the id is known.
func (t hubTx) PutRequest(r mash.Request) error {
	if r.ID == "" {
		return mash.Invalid("id", "empty", "give the request an id")
	}
	s, err := doc(r)
	if err != nil {
		return err
	}
	return t.insert(`INSERT INTO requests (id, enquiry, ended, raised, target, version, doc)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING`,
		r.ID, r.EnquiryID, r.State.Ended(), ms(r.RaisedAt), ms(r.TargetAt), r.Version, s)
}

// Request errors with ErrNotFound.
func (t hubTx) Request(id string) (mash.Request, error) {
	return one(t.tx, scanDoc[mash.Request], `SELECT doc FROM requests WHERE id = ?1`, id)
}

// UpdateRequest stores r if its Version is the stored one, and raises it.
// Errors: ErrStale, ErrNotFound.
func (t hubTx) UpdateRequest(r mash.Request) error {
	old := r.Version
	r.Version++
	s, err := doc(r)
	if err != nil {
		return err
	}
	return t.guarded(`SELECT 1 FROM requests WHERE id = ?1`, []any{r.ID},
		`UPDATE requests SET enquiry = ?3, ended = ?4, raised = ?5, target = ?6, version = ?7, doc = ?8
		WHERE id = ?1 AND version = ?2`,
		r.ID, old, r.EnquiryID, r.State.Ended(), ms(r.RaisedAt), ms(r.TargetAt), r.Version, s)
}

// RequestsOf lists an enquiry's requests in the order they were raised.
func (t hubTx) RequestsOf(enquiry string) ([]mash.Request, error) {
	return many(t.tx, scanDoc[mash.Request], `SELECT doc FROM requests WHERE enquiry = ?1 ORDER BY raised, id`, enquiry)
}

// outstanding is what a RequestFilter lists, with Without in ?1 and Agency in
// ?2.
const outstanding = ` FROM requests WHERE ended = 0 AND enquiry NOT IN (SELECT value FROM json_each(?1))
	AND (?2 = '' OR json_extract(doc, '$.party.agency') = ?2)`

// openOrder is nearest target first.
const openOrder = ` ORDER BY target = 0, target, id`

// OpenRequests lists what is outstanding, nearest target first; those without
// a target come last.
func (t hubTx) OpenRequests(f mash.RequestFilter) ([]mash.Request, error) {
	without, err := listed(f.Without)
	if err != nil {
		return nil, err
	}
	return many(t.tx, scanDoc[mash.Request], `SELECT doc`+outstanding+openOrder+` LIMIT ?3 OFFSET ?4`,
		without, f.Agency, atMost(f.Limit), f.Skip)
}

// CountOpen counts what is outstanding, and what of it is past its target.
func (t hubTx) CountOpen(f mash.RequestFilter, now time.Time) (all, late int, err error) {
	without, err := listed(f.Without)
	if err != nil {
		return 0, 0, err
	}
	_, err = one(t.tx, func(r row) (struct{}, error) { return struct{}{}, r.Scan(&all, &late) },
		`SELECT count(*), count(CASE WHEN target < ?3 THEN 1 END)`+outstanding, without, f.Agency, ms(now))
	return all, late, err
}

// UntoldRequests lists those that ended and about which somebody must telephone.
// The condition is that of the index requests_untold, to the letter.
func (t hubTx) UntoldRequests() ([]mash.Request, error) {
	return many(t.tx, scanDoc[mash.Request], untold)
}

const untold = `SELECT doc FROM requests WHERE instr(doc, '"withdrawal_not_taken"') + instr(doc, '"undecided"') > 0
	ORDER BY raised, id`

// PutEvent adds to a request's timeline.
func (t hubTx) PutEvent(e mash.Event) error {
	if e.Request == "" {
		return mash.Invalid("request", "empty", "an event belongs to a request")
	}
	s, err := doc(e)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO events (request, doc) VALUES (?1, ?2)`, e.Request, s)
	return err
}

// Events lists in the order they were put, which is not the order of time.
func (t hubTx) Events(request string) ([]mash.Event, error) {
	return many(t.tx, scanDoc[mash.Event], `SELECT doc FROM events WHERE request = ?1 ORDER BY seq`, request)
}

// PutHeartbeat keeps a party's last sign of life.
func (t hubTx) PutHeartbeat(h mash.Heartbeat) error {
	s, err := doc(h)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO heartbeats (agency, unit, doc) VALUES (?1, ?2, ?3)
		ON CONFLICT (agency, unit) DO UPDATE SET doc = excluded.doc`, h.Party.Agency, h.Party.Unit, s)
	return err
}

// Heartbeats lists by agency and unit.
func (t hubTx) Heartbeats() ([]mash.Heartbeat, error) {
	return many(t.tx, scanDoc[mash.Heartbeat], `SELECT doc FROM heartbeats ORDER BY agency, unit`)
}

// PutOutage stores a new outage, or another state of a known one.
func (t hubTx) PutOutage(o mash.Outage) error {
	if o.ID == "" {
		return mash.Invalid("id", "empty", "give the outage an id")
	}
	s, err := doc(o)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO outages (id, began, ended, doc) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (id) DO UPDATE SET began = excluded.began, ended = excluded.ended, doc = excluded.doc`,
		o.ID, ms(o.From), ms(o.To), s)
	return err
}

// Outages lists those that overlap [from, to), oldest first; a zero to is no
// end. One that is still open overlaps everything after its begin.
func (t hubTx) Outages(from, to time.Time) ([]mash.Outage, error) {
	return many(t.tx, scanDoc[mash.Outage], `SELECT doc FROM outages
		WHERE (?2 = 0 OR began < ?2) AND (ended = 0 OR ended > ?1) ORDER BY began, id`, ms(from), ms(to))
}
