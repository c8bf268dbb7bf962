package store

import (
	"errors"

	"github.com/ncruces/go-sqlite3"

	"mashhub/hub/mash"
)

// constraint reports whether the database refused one row and is otherwise
// well: the transaction goes on.
func constraint(err error) bool { return errors.Is(err, sqlite3.CONSTRAINT) }

// fault turns what the database says into an error with a code: unavailable
// for what another time or another disk may cure, internal for what only a
// programmer can. The database's own words name tables and columns, never
// their values.
func fault(doing string, err error) error {
	var m *mash.Error
	if errors.As(err, &m) {
		return err
	}
	for _, code := range []sqlite3.ErrorCode{
		sqlite3.CONSTRAINT, sqlite3.ERROR, sqlite3.MISUSE, sqlite3.RANGE, sqlite3.MISMATCH, sqlite3.TOOBIG,
	} {
		if errors.Is(err, code) {
			return mash.Errorf(mash.CodeInternal, "%s: %w", doing, err)
		}
	}
	if errors.Is(err, sqlite3.NOTADB) {
		return mash.Errorf(mash.CodeUnavailable, "%s: the file does not open with this key: %w", doing, err)
	}
	return mash.Errorf(mash.CodeUnavailable, "%s: %w", doing, err)
}

var errUndone = mash.Errorf(mash.CodeUnavailable, "the database has undone the transaction")

var errClosed = mash.Errorf(mash.CodeUnavailable, "the store is closed")
