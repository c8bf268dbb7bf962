package store

import (
	"errors"
	"fmt"

	"mashhub/hub/mash"
)

// keptIn is the condition of a state, and the order of its list, on enquiries
// and notices alike. due is which records come to be due at ?1, late which are
// still open then.
func keptIn(s mash.RetentionState, due, late string) (where, order string, err error) {
	const first = ` ORDER BY x.review, x.id`
	const over = ` AND x.review > 0 AND x.review <= ?1`
	switch s {
	case mash.RetentionDue:
		return due + over + ` AND x.hold = 0 AND x.disposal NOT IN ('destroy', 'destroyed')`, first, nil
	case mash.RetentionLate:
		return late + over, first, nil
	case mash.RetentionHeld:
		return `x.hold = 1 AND ?1 = ?1`, first, nil
	case mash.RetentionGoing:
		return `x.disposal = 'destroy' AND ?1 = ?1`, first, nil
	case mash.RetentionDestroyed:
		return `x.disposal = 'destroyed' AND ?1 = ?1`, ` ORDER BY json_extract(x.doc, '$.retention.disposal.at') DESC, x.id`, nil
	}
	return "", "", mash.Errorf(mash.CodeInternal, "an unknown retention state")
}

// keptEnquiries is what a filter lists, with Now in ?1 and Without in ?2, and
// keptNotices likewise. What originators were told is reviewed with its enquiry.
func keptEnquiries(s mash.RetentionState) (from, order string, err error) {
	where, order, err := keptIn(s, `x.state = 'closed'`, `x.state <> 'closed'`)
	return ` FROM enquiries x WHERE ` + where + ` AND x.id NOT IN (SELECT value FROM json_each(?2))`, order, err
}

func keptNotices(s mash.RetentionState) (from, order string, err error) {
	where, order, err := keptIn(s, `x.enquiry = '' AND x.content IS NOT NULL`, `1 = 0`)
	return ` FROM notices x WHERE ` + where + ` AND ?2 = ?2`, order, err
}

// keptRows reads a page of a list.
func keptRows[T any](t hubTx, f mash.KeptFilter, list func(mash.RetentionState) (from, order string, err error)) ([]T, error) {
	without, err := listed(f.Without)
	if err != nil {
		return nil, err
	}
	from, order, err := list(f.State)
	if err != nil {
		return nil, err
	}
	return many(t.tx, scanDoc[T], `SELECT x.doc`+from+order+` LIMIT ?3 OFFSET ?4`, ms(f.Now), without, atMost(f.Limit), f.Skip)
}

// KeptEnquiries lists enquiries by how they are kept, without content.
func (t hubTx) KeptEnquiries(f mash.KeptFilter) ([]mash.Enquiry, error) {
	return keptRows[mash.Enquiry](t, f, keptEnquiries)
}

// KeptNotices lists notifications by how they are kept, without content.
func (t hubTx) KeptNotices(f mash.KeptFilter) ([]mash.Notification, error) {
	return keptRows[mash.Notification](t, f, keptNotices)
}

// CountKept counts what KeptEnquiries and KeptNotices list, whatever Skip and
// Limit.
func (t hubTx) CountKept(f mash.KeptFilter) (enquiries, notices int, err error) {
	without, err := listed(f.Without)
	if err != nil {
		return 0, 0, err
	}
	count := func(list func(mash.RetentionState) (from, order string, err error)) (int, error) {
		from, _, err := list(f.State)
		if err != nil {
			return 0, err
		}
		n, err := one(t.tx, scanInt, `SELECT count(*)`+from, ms(f.Now), without)
		return int(n), err
	}
	if enquiries, err = count(keptEnquiries); err == nil {
		notices, err = count(keptNotices)
	}
	return enquiries, notices, err
}

// EnquiryByReference errors with ErrNotFound.
func (t hubTx) EnquiryByReference(reference string) (mash.Enquiry, error) {
	return one(t.tx, scanDoc[mash.Enquiry], `SELECT doc FROM enquiries WHERE reference = ?1`, reference)
}

// keysOf lists the keys of an enquiry: its own, and that of each notification
// to its originator.
func (t hubTx) keysOf(id string) ([]KeyRef, error) {
	notices, err := many(t.tx, scanText, `SELECT id FROM notices WHERE enquiry = ?1 AND enquiry <> ''`, id)
	keys := []KeyRef{EnquiryKey(id)}
	for _, n := range notices {
		keys = append(keys, NoticeKey(n))
	}
	return keys, err
}

// GuardEnquiry guards the keys of an enquiry, or lets them go.
func (t hubTx) GuardEnquiry(id string, on bool) error {
	keys, err := t.keysOf(id)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := t.vault.guard(k, on); err != nil {
			return err
		}
	}
	return nil
}

// EraseEnquiry destroys what is personal of an enquiry. The keys go last: until
// the caller's commit the sealed bytes are still in the file, and without their
// key they are nothing; a transaction that is undone is simply done again.
func (t hubTx) EraseEnquiry(id string) error {
	e, err := one(t.tx, scanDoc[mash.Enquiry], `SELECT doc FROM enquiries WHERE id = ?1`, id)
	if err != nil {
		return err
	}
	if err := erasable(e.Retention); err != nil {
		return err
	}
	keys, err := t.keysOf(id)
	if err != nil {
		return err
	}
	for _, q := range []string{
		`UPDATE enquiries SET content = NULL WHERE id = ?1`,
		`UPDATE returns SET items = NULL WHERE request IN (SELECT id FROM requests WHERE enquiry = ?1)`,
		`UPDATE set_aside SET content = NULL WHERE enquiry = ?1`,
		`UPDATE notices SET content = NULL WHERE enquiry = ?1 AND enquiry <> ''`,
		// The questions as they were sent, every revision of them.
		`DELETE FROM outbox WHERE id IN (SELECT json_extract(doc, '$.message_id') FROM requests WHERE enquiry = ?1
			UNION SELECT json_extract(j.value, '$.message_id') FROM requests r, json_each(coalesce(json_extract(r.doc, '$.earlier'), '[]')) j WHERE r.enquiry = ?1)`,
	} {
		if _, err := t.exec(q, id); err != nil {
			return fmt.Errorf("erasing an enquiry: %w", err)
		}
	}
	return t.destroy(keys...)
}

// EraseNotice destroys what a notification says.
func (t hubTx) EraseNotice(id string) error {
	n, err := one(t.tx, scanDoc[mash.Notification], `SELECT doc FROM notices WHERE id = ?1`, id)
	if err != nil {
		return err
	}
	if err := erasable(n.Retention); err != nil {
		return err
	}
	own, err := one(t.tx, scanInt, `SELECT enquiry = '' FROM notices WHERE id = ?1`, id)
	if err != nil {
		return err
	}
	if own == 0 {
		return mash.Errorf(mash.CodeConflict, "what an originator was told is kept and destroyed with its enquiry")
	}
	for _, q := range []string{
		`UPDATE notices SET content = NULL WHERE id = ?1`,
		`DELETE FROM outbox WHERE id = (SELECT json_extract(doc, '$.message_id') FROM notices WHERE id = ?1)`,
	} {
		if _, err := t.exec(q, id); err != nil {
			return fmt.Errorf("erasing a notice: %w", err)
		}
	}
	return t.destroy(NoticeKey(id))
}

// erasable refuses what is on hold, and what nobody decided to destroy.
func erasable(r mash.Retention) error {
	switch {
	case r.Hold:
		return ErrHeld
	case !r.Going():
		return mash.Errorf(mash.CodeConflict, "nobody decided to destroy this record")
	}
	return nil
}

// destroy destroys keys for good. A guard that is left here is of a hold whose
// transaction was undone: holds are placed in this store, one transaction at a
// time, and erasable has just seen that there is none.
func (t hubTx) destroy(keys ...KeyRef) error {
	for _, k := range keys {
		if err := t.vault.guard(k, false); err != nil && !errors.Is(err, ErrShredded) {
			return err
		}
		if err := t.vault.Destroy(k); err != nil {
			return err
		}
	}
	return nil
}

// Flush writes the log back into the file and empties it, so that what was
// destroyed is in neither. Errors: CodeUnavailable while somebody still reads
// what was; try again.
func (h *Hub) Flush() error { return h.f.flush() }

// Flush is as Hub.Flush.
func (n *Node) Flush() error { return n.f.flush() }
