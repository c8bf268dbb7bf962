package store

import (
	"time"

	"mashhub/hub/mash"
)

const auditColumns = `id, made, salt, leaf, body, coalesce(idx, -1), enquiry, request, decision`

func scanAudit(r row) (a mash.AuditRow, err error) {
	err = r.Scan(&a.ID, when{&a.At}, &a.Salt, &a.Leaf, &a.Body, &a.Index, &a.Enquiry, &a.Request, &a.Decision)
	return a, err
}

// PutAuditRow stores a row without a place in the tree, whatever Index says.
// Errors: ErrStale if the id is known.
func (t exchangeTx) PutAuditRow(a mash.AuditRow) error {
	return t.insert(`INSERT INTO audit_rows (id, made, salt, leaf, body, enquiry, request, decision)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING`,
		a.ID, ms(a.At), orNull(a.Salt), bytes0(a.Leaf), orNull(a.Body), a.Enquiry, a.Request, a.Decision)
}

// AuditRow errors with ErrNotFound.
func (t exchangeTx) AuditRow(id string) (mash.AuditRow, error) {
	return one(t.tx, scanAudit, `SELECT `+auditColumns+` FROM audit_rows WHERE id = ?1`, id)
}

// AuditRowAt errors with ErrNotFound.
func (t exchangeTx) AuditRowAt(index int64) (mash.AuditRow, error) {
	return one(t.tx, scanAudit, `SELECT `+auditColumns+` FROM audit_rows WHERE idx = ?1`, index)
}

// AuditRowsOf lists an enquiry's rows in the order they were put. It reads the
// whole table: somebody asks once in years, and an index would cost every entry.
func (t exchangeTx) AuditRowsOf(enquiry string) ([]mash.AuditRow, error) {
	return many(t.tx, scanAudit, `SELECT `+auditColumns+` FROM audit_rows WHERE enquiry = ?1 ORDER BY seq`, enquiry)
}

// Unsequenced lists rows without an index in the order they were put.
func (t exchangeTx) Unsequenced(limit int) ([]mash.AuditRow, error) {
	return many(t.tx, scanAudit, `SELECT `+auditColumns+` FROM audit_rows WHERE idx IS NULL ORDER BY seq LIMIT ?1`, atMost(limit))
}

// CountUnsequenced counts them.
func (t exchangeTx) CountUnsequenced() (int64, error) {
	return one(t.tx, scanInt, `SELECT count(*) FROM audit_rows WHERE idx IS NULL`)
}

// SetAuditIndex gives a row its place, once. Errors: ErrStale if it has one,
// ErrNotFound; CodeInternal if the place is taken.
func (t exchangeTx) SetAuditIndex(id string, index int64) error {
	if index < 0 {
		return mash.Invalid("index", "negative", "")
	}
	return t.guarded(`SELECT 1 FROM audit_rows WHERE id = ?1`, []any{id},
		`UPDATE audit_rows SET idx = ?2 WHERE id = ?1 AND idx IS NULL`, id, index)
}

// TreeSize is the number of leaves in the tree.
func (t exchangeTx) TreeSize() (int64, error) {
	return one(t.tx, scanInt, `SELECT size FROM audit_tree WHERE one = 1`)
}

// TreeHashes gives the hashes at indexes, in their order. Errors: ErrNotFound
// if one is missing. A row holds the hashes of one call of PutTreeHashes, from
// its idx on.
func (t exchangeTx) TreeHashes(indexes []int64) ([][32]byte, error) {
	type run struct {
		first  int64
		hashes []byte
	}
	var at run
	out := make([][32]byte, len(indexes))
	for i, x := range indexes {
		if x < at.first || x-at.first >= int64(len(at.hashes)/32) {
			var err error
			at, err = one(t.tx, func(r row) (o run, err error) {
				err = r.Scan(&o.first, &o.hashes)
				return o, err
			}, `SELECT idx, hash FROM audit_hashes WHERE idx <= ?1 ORDER BY idx DESC LIMIT 1`, x)
			if err != nil {
				return nil, err
			}
			if len(at.hashes)%32 != 0 {
				return nil, mash.Errorf(mash.CodeInternal, "stored tree hashes are not of 32 bytes")
			}
		}
		from := (x - at.first) * 32
		if from >= int64(len(at.hashes)) {
			return nil, mash.ErrNotFound
		}
		copy(out[i][:], at.hashes[from:])
	}
	return out, nil
}

// PutTreeHashes appends hashes and moves the size on. Errors: ErrStale if the
// tree is not smaller than newSize, or does not end at first: two sequencers.
func (t exchangeTx) PutTreeHashes(first int64, hashes [][32]byte, newSize int64) error {
	if len(hashes) == 0 {
		return mash.Invalid("hashes", "none", "a tree grows by a leaf at least")
	}
	run := make([]byte, 0, 32*len(hashes))
	for _, h := range hashes {
		run = append(run, h[:]...)
	}
	if err := t.insert(`INSERT INTO audit_hashes (idx, hash) SELECT ?1, ?2
		WHERE ?1 = coalesce((SELECT idx + length(hash) / 32 FROM audit_hashes ORDER BY idx DESC LIMIT 1), 0)`,
		first, run); err != nil {
		return err
	}
	n, err := t.exec(`UPDATE audit_tree SET size = ?1 WHERE one = 1 AND size < ?1`, newSize)
	if err == nil && n == 0 {
		return mash.ErrStale
	}
	return err
}

// PutCheckpoint keeps a signed checkpoint. Errors: ErrStale if there is one of
// this size or of a larger one: a log signs each size once.
func (t exchangeTx) PutCheckpoint(size int64, note []byte, at time.Time) error {
	return t.insert(`INSERT INTO checkpoints (size, note, made) SELECT ?1, ?2, ?3
		WHERE NOT EXISTS (SELECT 1 FROM checkpoints WHERE size >= ?1)`, size, bytes0(note), ms(at))
}

// Checkpoint is the newest; ErrNotFound before the first.
func (t exchangeTx) Checkpoint() (size int64, note []byte, err error) {
	type checkpoint struct {
		size int64
		note []byte
	}
	c, err := one(t.tx, func(r row) (c checkpoint, err error) {
		err = r.Scan(&c.size, &c.note)
		return c, err
	},
		`SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1`)
	return c.size, c.note, err
}

func scanBytes(r row) (b []byte, err error) {
	err = r.Scan(&b)
	return b, err
}
