package store

import (
	"context"
	"fmt"

	"mashhub/hub/mash"
)

// ErrHeld is what destroying gives for a record, or a key, on legal hold.
var ErrHeld = &mash.Error{Code: mash.CodeConflict, Field: "hold", Message: "this is on legal hold: nothing of it is destroyed", Remedy: "lift the hold first"}

// guard keeps a key from being destroyed, durably, or lets it go. A key that
// never was needs no guard. Errors: ErrShredded if it was destroyed.
func (v *Vault) guard(k KeyRef, on bool) error {
	var n, known int64
	err := v.f.writer.update(context.Background(), func(t *tx) (err error) {
		n, err = t.exec(`UPDATE vault_keys SET held = ?3 WHERE class = ?1 AND id = ?2 AND destroyed = 0`, k.Class, k.ID, on)
		if err != nil || n > 0 {
			return err
		}
		known, err = one(t, scanInt, `SELECT count(*) FROM vault_keys WHERE class = ?1 AND id = ?2`, k.Class, k.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("guarding a key: %w", err)
	}
	if known > 0 {
		return ErrShredded
	}
	return nil
}

// held refuses, within the vault's transaction, to destroy a guarded key.
func (v *Vault) held(t *tx, k KeyRef) error {
	n, err := one(t, scanInt, `SELECT count(*) FROM vault_keys WHERE class = ?1 AND id = ?2 AND held = 1 AND destroyed = 0`, k.Class, k.ID)
	if err == nil && n > 0 {
		return ErrHeld
	}
	return err
}

// Kept tells how a row of the vault is kept: a key, by "class/id", is on hold
// while what it seals is.
func (v *Vault) Kept(table, row string) (k mash.Kept, err error) {
	err = v.f.view(context.Background(), func(t *tx) error {
		k, err = keptRow(t, vaultTables, table, row)
		return err
	})
	return k, err
}
