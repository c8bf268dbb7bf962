package store

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"mashhub/hub/mash"
)

// sealedReturn is what is stored under the enquiry's key.
type sealedReturn struct {
	Items []mash.ReturnedItem `json:"items"`
	Texts mash.ReturnTexts    `json:"texts"`
}

// PutReturn stores a return once per (request, revision), its items sealed
// under the enquiry's key. Errors: ErrStale if it is there; CodeConflict if it
// has items and the enquiry's key was destroyed: a late return is not kept in
// clear.
func (t hubTx) PutReturn(r mash.Return) error {
	if r.ID == "" || r.RequestID == "" {
		return mash.Invalid("id", "no id or no request", "")
	}
	public, texts := r.Part()
	s, err := doc(public)
	if err != nil {
		return err
	}
	var sealed []byte
	if written := strings.Join(slices.Concat(texts.Outcomes, texts.Withheld), "") != ""; len(r.Items) > 0 || written {
		if r.EnquiryID == "" {
			return mash.Invalid("enquiry_id", "empty", "items are sealed under an enquiry's key")
		}
		sealed, err = t.sealJSON(EnquiryKey(r.EnquiryID), "returns", r.ID, sealedReturn{r.Items, texts})
		if errors.Is(err, ErrShredded) && len(r.Items) == 0 {
			sealed, err = nil, nil // that it came is kept; what was written in it is not
		}
		if err != nil {
			return err
		}
	}
	return t.insert(`INSERT INTO returns (id, request, enquiry, revision, doc, items)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING`, r.ID, r.RequestID, r.EnquiryID, r.Revision, s, orNull(sealed))
}

// UpdateReturn stores the content-free part; items, request, enquiry and
// revision never change. Errors: ErrNotFound.
func (t hubTx) UpdateReturn(r mash.Return) error {
	public, _ := r.Part()
	s, err := doc(public)
	if err != nil {
		return err
	}
	return t.change(`UPDATE returns SET doc = ?5 WHERE id = ?1 AND request = ?2 AND enquiry = ?3 AND revision = ?4`,
		r.ID, r.RequestID, r.EnquiryID, r.Revision, s)
}

func (t hubTx) openReturn(v stored[mash.Return]) (mash.Return, error) {
	r := v.doc
	plain, err := t.unseal(EnquiryKey(r.EnquiryID), "returns", r.ID, v.sealed)
	if err != nil || plain == nil {
		return r, err
	}
	var c sealedReturn
	if err := json.Unmarshal(plain, &c); err != nil {
		return r, mash.Errorf(mash.CodeInternal, "reading items: not the expected JSON")
	}
	r.Items = c.Items
	r.Join(c.Texts)
	return r, nil
}

// ReturnsOf lists by revision, with items unless the key was destroyed.
func (t hubTx) ReturnsOf(request string) ([]mash.Return, error) {
	all, err := many(t.tx, scanStored[mash.Return], `SELECT doc, items FROM returns WHERE request = ?1 ORDER BY revision`, request)
	if err != nil {
		return nil, err
	}
	var out []mash.Return
	for _, v := range all {
		r, err := t.openReturn(v)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// ReturnOf errors with ErrNotFound.
func (t hubTx) ReturnOf(request string, revision int) (mash.Return, error) {
	v, err := one(t.tx, scanStored[mash.Return], `SELECT doc, items FROM returns WHERE request = ?1 AND revision = ?2`, request, revision)
	if err != nil {
		return mash.Return{}, err
	}
	return t.openReturn(v)
}

// Return errors with ErrNotFound.
func (t hubTx) Return(id string) (mash.Return, error) {
	v, err := one(t.tx, scanStored[mash.Return], `SELECT doc, items FROM returns WHERE id = ?1`, id)
	if err != nil {
		return mash.Return{}, err
	}
	return t.openReturn(v)
}

// PutDisclosure errors with ErrStale if the id is known.
func (t hubTx) PutDisclosure(d mash.Disclosure) error {
	s, err := doc(d)
	if err != nil {
		return err
	}
	return t.insert(`INSERT INTO disclosures (id, enquiry, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING`, d.ID, d.Enquiry, s)
}

// DisclosuresOf lists in the order they were put.
func (t hubTx) DisclosuresOf(enquiry string) ([]mash.Disclosure, error) {
	return many(t.tx, scanDoc[mash.Disclosure], `SELECT doc FROM disclosures WHERE enquiry = ?1 ORDER BY seq`, enquiry)
}
