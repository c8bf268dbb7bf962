package store

import (
	"context"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/pressly/goose/v3"
	"golang.org/x/sys/unix"

	"mashhub/hub/mash"
)

//go:embed migrations
var migrations embed.FS

// KeySize is the length of the key of a file, in bytes.
const KeySize = 32

// Options say where a store is and what opens it.
type Options struct {
	// Path of the database file; its directory is made if need be. Beside it
	// stand Path-wal, Path-shm and Path.lock.
	Path string
	// Key encrypts the file: KeySize bytes, required.
	Key []byte
	// Vault holds the keys of content; a hub needs one.
	Vault *Vault
	// Readers is how many Views run at a time; 4 by default.
	Readers int
}

// file is an open database of one process.
type file struct {
	lock    *os.File
	writer  *writer
	readers chan *session
	count   int
}

// openFile locks, opens and migrates. sets are directories of migrations, in
// order; each keeps a version of its own.
func openFile(ctx context.Context, o Options, sets ...string) (_ *file, err error) {
	if len(o.Key) != KeySize {
		return nil, mash.Invalid("key", fmt.Sprintf("%d bytes, not %d", len(o.Key), KeySize), "give the store a key; nothing is stored in clear")
	}
	if o.Path == "" {
		return nil, mash.Invalid("path", "empty", "say where the store is")
	}
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, mash.Errorf(mash.CodeUnavailable, "making the store's directory: %w", err)
	}
	if o.Path, err = filepath.Abs(o.Path); err != nil {
		return nil, mash.Errorf(mash.CodeUnavailable, "finding the store: %w", err)
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	f := &file{count: o.Readers}
	defer func() {
		if err != nil {
			f.abandon()
		}
	}()
	if f.lock, err = lockFile(o.Path + ".lock"); err != nil {
		return nil, err
	}
	if err := reserve(o.Path); err != nil {
		return nil, mash.Errorf(mash.CodeUnavailable, "making the store's files: %w", err)
	}
	db, err := openDB(o.Path, o.Key)
	if err != nil {
		return nil, fault("opening the store", err)
	}
	defer db.Close() // after the sessions are open: the last to close removes the log
	for _, set := range sets {
		p, err := migrator(db, set)
		if err != nil {
			return nil, fmt.Errorf("reading migrations: %w", err)
		}
		if _, err := p.Up(ctx); err != nil {
			return nil, fault("migrating the store", err)
		}
	}
	w, err := newSession(o.Path, o.Key)
	if err != nil {
		return nil, fault("opening the store", err)
	}
	f.writer = &writer{s: w}
	f.readers = make(chan *session, o.Readers)
	for range o.Readers {
		r, err := newSession(o.Path, o.Key)
		if err != nil {
			return nil, fault("opening the store", err)
		}
		f.readers <- r
		if err := r.run("PRAGMA query_only = on"); err != nil {
			return nil, fault("opening the store", err)
		}
	}
	return f, nil
}

// reserve makes the files before SQLite does, which would let others read
// them. The log, which SQLite makes anew, takes its mode from the database.
func reserve(path string) error {
	for _, suffix := range []string{"", "-shm"} {
		f, err := os.OpenFile(path+suffix, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// dataName names the file for SQLite, with the encrypting VFS.
func dataName(path string) string {
	query := url.Values{"vfs": {vfsName}, "modeof": {path}}
	// SQLite does not read + as a space.
	name := url.URL{Scheme: "file", Path: path, RawQuery: strings.ReplaceAll(query.Encode(), "+", "%20")}
	return name.String()
}

// prepareConn gives a new connection its key and settings. The key goes by
// PRAGMA, not in the name, where other code in the process could read it.
func prepareConn(c *sqlite3.Conn, key []byte) error {
	for _, p := range []string{
		"PRAGMA hexkey = '" + hex.EncodeToString(key) + "'",
		"PRAGMA busy_timeout = 10000",
		"PRAGMA journal_mode = wal",
		"PRAGMA synchronous = full",
		"PRAGMA temp_store = memory",  // else temporary files
		"PRAGMA secure_delete = on",   // what is deleted is overwritten
		"PRAGMA cache_size = -16000",  // KiB, for each connection
		"PRAGMA trusted_schema = off", //
	} {
		if err := c.Exec(p); err != nil {
			return err
		}
	}
	return nil
}

// openDB opens the file for migrations, which speak database/sql.
func openDB(path string, key []byte) (*sql.DB, error) {
	return driver.Open(dataName(path), func(c *sqlite3.Conn) error { return prepareConn(c, key) })
}

func migrator(db *sql.DB, set string) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations/sqlite/"+set)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, dir,
		goose.WithTableName("goose_"+set), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

// lockFile takes the lock that keeps a second process away. The kernel gives
// it back when the process ends, however it ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, mash.Errorf(mash.CodeUnavailable, "opening the lock: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &mash.Error{Code: mash.CodeConflict, Field: filepath.Base(path),
				Message: "another process has this store open", Remedy: "stop it, or choose another data directory"}
		}
		return nil, mash.Errorf(mash.CodeUnavailable, "locking the store: %w", err)
	}
	return f, nil
}

// view runs f on a snapshot.
func (f *file) view(ctx context.Context, fn func(*tx) error) error {
	var s *session
	select {
	case r, ok := <-f.readers:
		if !ok {
			return errClosed
		}
		s = r
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { f.readers <- s }()
	if err := s.run("BEGIN"); err != nil {
		return fault("beginning a view", err)
	}
	t := &tx{s: s, ctx: ctx, readOnly: true}
	defer func() {
		t.over = true
		_ = s.run("ROLLBACK")
	}()
	if err := fn(t); err != nil {
		return err
	}
	return t.broken
}

// flush writes the log back into the file and empties it, so that what was
// overwritten is in neither.
func (f *file) flush() error {
	if err := f.writer.turn(context.Background()); err != nil {
		return err
	}
	defer f.writer.pass()
	if b := f.writer.batch; b != nil {
		f.writer.commit(b)
	}
	// Busy is not an error to SQLite: a reader still needs the log.
	var busy, frames, moved int
	err := f.writer.s.query("PRAGMA wal_checkpoint(truncate)", nil, func(r row) error { return r.Scan(&busy, &frames, &moved) })
	if err != nil {
		return fault("flushing the log", err)
	}
	if busy != 0 {
		return mash.Errorf(mash.CodeUnavailable, "flushing the log: it is being read; try again")
	}
	return nil
}

// close waits for what runs, writes the log back into the file and gives the
// lock back.
func (f *file) close() error {
	if !f.writer.stop() {
		return nil
	}
	for range f.count {
		r := <-f.readers
		r.close()
	}
	close(f.readers)
	_ = f.writer.s.run("PRAGMA wal_checkpoint(truncate)")
	f.writer.s.close()
	return f.lock.Close()
}

// abandon closes what a failed opening had opened.
func (f *file) abandon() {
	if f.writer != nil {
		f.writer.s.close()
	}
	for len(f.readers) > 0 {
		(<-f.readers).close()
	}
	if f.lock != nil {
		_ = f.lock.Close()
	}
}
