package store

import "mashhub/hub/mash"

// PutPolicyFiles keeps the files of a version; the same version again is the
// same files.
func (t exchangeTx) PutPolicyFiles(version string, files []byte) error {
	_, err := t.exec(`INSERT INTO policy_files (version, files) VALUES (?1, ?2) ON CONFLICT DO NOTHING`, version, bytes0(files))
	return err
}

// PolicyFiles errors with ErrNotFound.
func (t exchangeTx) PolicyFiles(version string) ([]byte, error) {
	return one(t.tx, func(r row) (b []byte, err error) { err = r.Scan(&b); return b, err }, `SELECT files FROM policy_files WHERE version = ?1`, version)
}

// FirstPolicy errors with ErrNotFound.
func (t exchangeTx) FirstPolicy() (string, error) {
	return one(t.tx, func(r row) (s string, err error) { err = r.Scan(&s); return s, err }, `SELECT version FROM policy_files ORDER BY rowid LIMIT 1`)
}

// PutEdition errors with ErrStale when the id is there.
func (t exchangeTx) PutEdition(e mash.Edition) error {
	s, err := doc(e)
	if err != nil {
		return err
	}
	return t.insert(`INSERT INTO editions (id, hub, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING`, e.ID, e.Hub, s)
}

// UpdateEdition errors with ErrNotFound.
func (t exchangeTx) UpdateEdition(e mash.Edition) error {
	s, err := doc(e)
	if err != nil {
		return err
	}
	return t.change(`UPDATE editions SET doc = ?2 WHERE id = ?1`, e.ID, s)
}

// Edition errors with ErrNotFound.
func (t exchangeTx) Edition(id string) (mash.Edition, error) {
	return one(t.tx, scanDoc[mash.Edition], `SELECT doc FROM editions WHERE id = ?1`, id)
}

// EditionsOf lists those of one hub, newest first.
func (t exchangeTx) EditionsOf(hub string, limit int) ([]mash.Edition, error) {
	return many(t.tx, scanDoc[mash.Edition], `SELECT doc FROM editions WHERE hub = ?1 ORDER BY seq DESC LIMIT ?2`, hub, atMost(limit))
}
