package store

import "mashhub/hub/mash"

// PutNotice stores a new notification, its content under a key of its own,
// because each has a retention and a legal hold of its own. Errors: ErrStale
// if the id, or Dedupe within the hub, is known.
func (t hubTx) PutNotice(n mash.Notification) error {
	if n.ID == "" {
		return mash.Invalid("id", "empty", "give the notification an id")
	}
	if n.Dedupe != "" {
		// Looked up first, so that a repeat makes no key.
		known, err := many(t.tx, scanInt, `SELECT 1 FROM notices WHERE hub = ?1 AND dedupe = ?2`, n.Hub, n.Dedupe)
		if err != nil {
			return err
		}
		if len(known) > 0 {
			return mash.ErrStale
		}
	}
	s, err := doc(n)
	if err != nil {
		return err
	}
	var sealed []byte
	if len(n.Content) > 0 {
		if sealed, err = t.sealJSON(NoticeKey(n.ID), "notices", n.ID, n.Content); err != nil {
			return err
		}
	}
	return t.insert(`INSERT INTO notices (id, hub, dedupe, raised, version, doc, content)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING`,
		n.ID, n.Hub, n.Dedupe, ms(n.RaisedAt), n.Version, s, orNull(sealed))
}

func (t hubTx) openNotice(v stored[mash.Notification]) (mash.Notification, error) {
	n := v.doc
	var err error
	n.Content, err = t.unseal(NoticeKey(n.ID), "notices", n.ID, v.sealed)
	return n, err
}

// Notice errors with ErrNotFound. Content is empty if its key was destroyed.
func (t hubTx) Notice(id string) (mash.Notification, error) {
	v, err := one(t.tx, scanStored[mash.Notification], `SELECT doc, content FROM notices WHERE id = ?1`, id)
	if err != nil {
		return mash.Notification{}, err
	}
	return t.openNotice(v)
}

// UpdateNotice stores the content-free part if Version is the stored one, and
// raises it; content and Dedupe never change. Errors: ErrStale, ErrNotFound.
func (t hubTx) UpdateNotice(n mash.Notification) error {
	old := n.Version
	n.Version++
	s, err := doc(n)
	if err != nil {
		return err
	}
	return t.guarded(`SELECT 1 FROM notices WHERE id = ?1`, []any{n.ID},
		`UPDATE notices SET version = ?3, doc = ?4 WHERE id = ?1 AND version = ?2`, n.ID, old, n.Version, s)
}

// acknowledged and noticeOrder, what nobody has acknowledged first and the newest
// of it first, are those of the index notices_listed, to the letter.
const (
	acknowledged = `json_extract(doc, '$.state') = 'acknowledged'`
	noticeOrder  = ` ORDER BY ` + acknowledged + `, raised DESC, id DESC`
	noticeCount  = `SELECT count(*), count(*) - coalesce(sum(` + acknowledged + `), 0) FROM notices`
)

// ListNotices lists without content, so that the list stands when a content key
// is missing; what nobody has acknowledged comes first, the newest first.
func (t hubTx) ListNotices(skip, limit int) ([]mash.Notification, error) {
	return many(t.tx, scanDoc[mash.Notification], `SELECT doc FROM notices`+noticeOrder+` LIMIT ?1 OFFSET ?2`, atMost(limit), skip)
}

// CountNotices counts all, and what of it nobody has acknowledged.
func (t hubTx) CountNotices() (all, open int, err error) {
	_, err = one(t.tx, func(r row) (struct{}, error) { return struct{}{}, r.Scan(&all, &open) }, noticeCount)
	return all, open, err
}
