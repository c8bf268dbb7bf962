package store

import "mashhub/hub/mash"

// PutSetAside stores a piece of a return that was set aside, its content
// sealed under the enquiry's key. Errors: ErrStale if the id is known;
// CodeConflict if there is content and the enquiry's key was destroyed.
func (t hubTx) PutSetAside(a mash.SetAside) error {
	if a.ID == "" || a.EnquiryID == "" {
		return mash.Invalid("id", "no id or no enquiry", "content is sealed under an enquiry's key")
	}
	s, err := doc(a)
	if err != nil {
		return err
	}
	var sealed []byte
	if a.Content != nil {
		if sealed, err = t.sealJSON(EnquiryKey(a.EnquiryID), "set_aside", a.ID, a.Content); err != nil {
			return err
		}
	}
	return t.insert(`INSERT INTO set_aside (id, enquiry, state, version, doc, content)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING`, a.ID, a.EnquiryID, a.State, a.Version, s, orNull(sealed))
}

func (t hubTx) openAside(v stored[mash.SetAside]) (mash.SetAside, error) {
	a := v.doc
	var err error
	a.Content, err = t.unseal(EnquiryKey(a.EnquiryID), "set_aside", a.ID, v.sealed)
	return a, err
}

// SetAside errors with ErrNotFound.
func (t hubTx) SetAside(id string) (mash.SetAside, error) {
	v, err := one(t.tx, scanStored[mash.SetAside], `SELECT doc, content FROM set_aside WHERE id = ?1`, id)
	if err != nil {
		return mash.SetAside{}, err
	}
	return t.openAside(v)
}

// SetAsidesOf lists in the order they were put.
func (t hubTx) SetAsidesOf(enquiry string) ([]mash.SetAside, error) {
	all, err := many(t.tx, scanStored[mash.SetAside], `SELECT doc, content FROM set_aside WHERE enquiry = ?1 ORDER BY seq`, enquiry)
	if err != nil {
		return nil, err
	}
	var out []mash.SetAside
	for _, v := range all {
		a, err := t.openAside(v)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// UpdateSetAside stores the content-free part if a.Version is the stored one,
// and raises it. Content never changes; a piece that is destroyed loses it in
// the same statement, and deleted pages are overwritten. Errors: ErrStale,
// ErrNotFound.
func (t hubTx) UpdateSetAside(a mash.SetAside) error {
	old := a.Version
	a.Version++
	s, err := doc(a)
	if err != nil {
		return err
	}
	return t.guarded(`SELECT 1 FROM set_aside WHERE id = ?1`, []any{a.ID},
		`UPDATE set_aside SET state = ?3, version = ?4, doc = ?5, content = CASE WHEN ?3 = 'destroyed' THEN NULL ELSE content END
		WHERE id = ?1 AND version = ?2 AND enquiry = ?6`, a.ID, old, a.State, a.Version, s, a.EnquiryID)
}
