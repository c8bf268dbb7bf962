package store

import (
	"errors"
	"fmt"
	"time"

	"mashhub/hub/audit"
	"mashhub/hub/mash"
)

// VaultAudit seals audit bodies under a key for each month (UTC), so that they
// can be erased when their retention ends, and every proof still verifies.
// Safe for concurrent use.
type VaultAudit struct{ vault *Vault }

var _ audit.BodySealer = VaultAudit{}

// NewVaultAudit makes the sealer for audit.New.
func NewVaultAudit(v *Vault) VaultAudit { return VaultAudit{v} }

// SealBody seals one part of an entry. Errors: ErrShredded for a month that
// was erased.
func (a VaultAudit) SealBody(at time.Time, id, part string, plain []byte) ([]byte, error) {
	k := AuditKey(at)
	if err := a.vault.Create(k); err != nil {
		return nil, fmt.Errorf("making the month's key: %w", err)
	}
	return a.vault.Seal(k, "audit_rows."+part, id, plain)
}

// OpenBody errors with audit.ErrErased once the month was erased.
func (a VaultAudit) OpenBody(at time.Time, id, part string, sealed []byte) ([]byte, error) {
	plain, err := a.vault.Open(AuditKey(at), "audit_rows."+part, id, sealed)
	if errors.Is(err, ErrShredded) {
		return nil, audit.ErrErased
	}
	return plain, err
}

// DestroyMonth erases the bodies of the month that at lies in, for good.
// Whether retention and legal holds allow it is the caller's to know. Errors:
// CodeConflict for a month that is not over: nothing could be written to the
// log any more, and so nothing be done.
func (a VaultAudit) DestroyMonth(at time.Time) error {
	k := AuditKey(at)
	if k.ID >= AuditKey(a.vault.now()).ID {
		return mash.Errorf(mash.CodeConflict, "month %s is not over", k.ID)
	}
	return a.vault.Destroy(k)
}
