package store

import (
	"os"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// copyInClear copies a store's pages, free ones included, to a plain file and
// gives its bytes. Nothing else may be using the writer.
func copyInClear(f *file, path string) ([]byte, error) {
	if err := f.writer.s.conn.Backup("main", "file:"+path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func signerOf(t testing.TB, key string) note.Signer {
	t.Helper()
	s, err := note.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
