package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"mashhub/hub/mash"
)

// sealJSON seals v for one row under k, making the key if there is none. The
// key is durable before the transaction is: a rolled-back one leaves a key of
// nothing.
func (t hubTx) sealJSON(k KeyRef, table, id string, v any) ([]byte, error) {
	plain, ok := v.([]byte)
	if !ok {
		var err error
		if plain, err = json.Marshal(v); err != nil {
			return nil, mash.Errorf(mash.CodeInternal, "writing content: %w", err)
		}
	}
	if err := t.vault.Create(k); err != nil {
		return nil, err
	}
	return t.vault.Seal(k, table, id, plain)
}

// unseal opens what sealJSON sealed; nothing if there is nothing, or its key
// was destroyed.
func (t hubTx) unseal(k KeyRef, table, id string, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	plain, err := t.vault.Open(k, table, id, sealed)
	if errors.Is(err, ErrShredded) {
		return nil, nil
	}
	return plain, err
}

// stored is a document with the sealed content beside it.
type stored[T any] struct {
	doc    T
	sealed []byte
}

func scanStored[T any](r row) (v stored[T], err error) {
	var s []byte
	if err := r.Scan(&s, &v.sealed); err != nil {
		return v, err
	}
	err = json.Unmarshal(s, &v.doc)
	return v, err
}

// sealedEnquiry is what is stored under the enquiry's key.
type sealedEnquiry struct {
	mash.EnquiryContent
	Texts mash.EnquiryTexts `json:"texts"`
}

// PutEnquiry stores a new enquiry. Errors: ErrStale if the id is known;
// CodeConflict if its key was destroyed.
func (t hubTx) PutEnquiry(e mash.Enquiry) error {
	if e.ID == "" {
		return mash.Invalid("id", "empty", "give the enquiry an id")
	}
	public, texts := e.Part()
	s, err := doc(public)
	if err != nil {
		return err
	}
	sealed, err := t.sealJSON(EnquiryKey(e.ID), "enquiries", e.ID, sealedEnquiry{e.Content, texts})
	if err != nil {
		return err
	}
	return t.insert(`INSERT INTO enquiries (id, state, opened, version, doc, content)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING`,
		e.ID, string(e.State), ms(e.OpenedAt), e.Version, s, orNull(sealed))
}

// Enquiry errors with ErrNotFound. Content is empty, and texts
// are mash.Recorded, if its key was destroyed.
func (t hubTx) Enquiry(id string) (mash.Enquiry, error) {
	v, err := one(t.tx, scanStored[mash.Enquiry], `SELECT doc, content FROM enquiries WHERE id = ?1`, id)
	if err != nil {
		return mash.Enquiry{}, err
	}
	plain, err := t.unseal(EnquiryKey(id), "enquiries", id, v.sealed)
	if err != nil || plain == nil {
		return v.doc, err
	}
	var c sealedEnquiry
	if err := json.Unmarshal(plain, &c); err != nil {
		return v.doc, mash.Errorf(mash.CodeInternal, "reading content: not the expected JSON")
	}
	v.doc.Content = c.EnquiryContent
	v.doc.Join(c.Texts)
	return v.doc, nil
}

// EnquiryHead is the enquiry without what is sealed. Errors: ErrNotFound.
func (t hubTx) EnquiryHead(id string) (mash.Enquiry, error) {
	return one(t.tx, scanDoc[mash.Enquiry], `SELECT doc FROM enquiries WHERE id = ?1`, id)
}

// UpdateEnquiry stores e if its Version is the stored one, and raises it. An
// empty Content leaves the sealed one as it is, because a listed enquiry has
// none; content is erased by destroying its key. Errors: ErrStale,
// ErrNotFound; CodeConflict if there is content and its key was destroyed.
func (t hubTx) UpdateEnquiry(e mash.Enquiry) error {
	key := []any{e.ID}
	old := e.Version
	e.Version++
	public, texts := e.Part()
	s, err := doc(public)
	if err != nil {
		return err
	}
	const exists = `SELECT 1 FROM enquiries WHERE id = ?1`
	if reflect.ValueOf(e.Content).IsZero() {
		return t.guarded(exists, key, `UPDATE enquiries SET state = ?3, opened = ?4, version = ?5, doc = ?6
			WHERE id = ?1 AND version = ?2`, e.ID, old, string(e.State), ms(e.OpenedAt), e.Version, s)
	}
	sealed, err := t.sealJSON(EnquiryKey(e.ID), "enquiries", e.ID, sealedEnquiry{e.Content, texts})
	if err != nil {
		return err
	}
	return t.guarded(exists, key, `UPDATE enquiries SET state = ?3, opened = ?4, version = ?5, doc = ?6, content = ?7
		WHERE id = ?1 AND version = ?2`, e.ID, old, string(e.State), ms(e.OpenedAt), e.Version, s, orNull(sealed))
}

// ListEnquiries lists without Content and without what people wrote in their
// own words, newest first.
func (t hubTx) ListEnquiries(f mash.EnquiryFilter) ([]mash.Enquiry, error) {
	where, args, err := whichEnquiries(f)
	if err != nil {
		return nil, err
	}
	n := len(args)
	return many(t.tx, scanDoc[mash.Enquiry], fmt.Sprintf(`SELECT doc FROM enquiries%s ORDER BY opened DESC, id DESC LIMIT ?%d OFFSET ?%d`, where, n+1, n+2),
		append(args, atMost(f.Limit), f.Skip)...)
}

// CountEnquiries counts what ListEnquiries lists on all pages.
func (t hubTx) CountEnquiries(f mash.EnquiryFilter) (int, error) {
	where, args, err := whichEnquiries(f)
	if err != nil {
		return 0, err
	}
	n, err := one(t.tx, scanInt, `SELECT count(*) FROM enquiries`+where, args...)
	return int(n), err
}

// whichEnquiries is a filter in SQL. Its terms stand as the partial indices
// have them, or SQLite would not use those.
func whichEnquiries(f mash.EnquiryFilter) (where string, args []any, err error) {
	where = ` WHERE true`
	if f.Review {
		where += ` AND json_extract(doc, '$.review') = 1`
	}
	if f.Working {
		where += ` AND CASE state WHEN 'closed' THEN json_extract(doc, '$.review') ELSE 1 END = 1`
	}
	if f.Restricted {
		where += ` AND json_extract(doc, '$.restricted') = 1`
	}
	if len(f.States) > 0 {
		where += ` AND state IN ` + in(1, len(f.States))
		for _, s := range f.States {
			args = append(args, string(s))
		}
	}
	if len(f.Without) > 0 {
		without, err := listed(f.Without)
		if err != nil {
			return "", nil, err
		}
		args = append(args, without)
		where += fmt.Sprintf(` AND id NOT IN (SELECT value FROM json_each(?%d))`, len(args))
	}
	return where, args, nil
}
