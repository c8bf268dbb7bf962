package store

import (
	"context"
	"fmt"

	"mashhub/hub/mash"
)

// Rewrap wraps every key anew under another wrapping key, all or none, and
// uses that from then on. Once the old wrapping key is destroyed, nothing that
// a disk or a copied file still holds of an erased key can be opened. Errors:
// CodeInvalid for a wrapping key of another length; CodeUnavailable if a key
// does not open or the file cannot be written: then nothing has changed.
func (v *Vault) Rewrap(ctx context.Context, wrap []byte) error {
	if len(wrap) != KeySize {
		return mash.Invalid("wrap", fmt.Sprintf("%d bytes, not %d", len(wrap), KeySize), "give the vault a wrapping key")
	}
	next, err := newAEAD(wrap)
	if err != nil {
		return err
	}
	v.wrapping.Lock()
	defer v.wrapping.Unlock()
	v.mu.Lock() // nobody unwraps while the two disagree
	defer v.mu.Unlock()
	err = v.f.writer.update(ctx, func(t *tx) error {
		type wrapped struct {
			k     KeyRef
			value []byte
		}
		all, err := many(t, func(r row) (w wrapped, err error) {
			err = r.Scan(&w.k.Class, &w.k.ID, &w.value)
			return w, err
		}, `SELECT class, id, wrapped FROM vault_keys WHERE destroyed = 0`)
		if err != nil {
			return err
		}
		for _, w := range all {
			key, err := unseal(v.wrap, wrapName(w.k), w.value)
			if err != nil {
				return mash.Errorf(mash.CodeUnavailable, "the vault's wrapping key does not open a key: %w", err)
			}
			err = t.change(`UPDATE vault_keys SET wrapped = ?3 WHERE class = ?1 AND id = ?2`, w.k.Class, w.k.ID, seal(next, wrapName(w.k), key))
			clear(key)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("wrapping keys anew: %w", err)
	}
	v.wrap = next
	_ = v.f.flush() // if a reader holds the log, closing empties it
	return nil
}
