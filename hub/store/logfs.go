package store

import (
	"encoding/hex"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/ncruces/go-sqlite3/vfs/adiantum"
	"lukechampine.com/adiantum/hbsh"

	cipher "lukechampine.com/adiantum"
)

// vfsName is the encrypting VFS of every file of ours: the library's adiantum
// for the database, and logFile for its log.
const vfsName = "mash"

func init() {
	os := vfs.Find("")
	vfs.Register(vfsName, &logFS{VFS: adiantum.Wrap(os, nil), os: os})
}

type logFS struct {
	vfs.VFS // adiantum
	os      vfs.VFS
}

// Open is for files without a name. They are temporary, and in memory.
func (l *logFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	return vfsutil.WrapOpen(l.VFS, name, flags)
}

// OpenFilename opens a log by its database's key, everything else as adiantum
// does.
func (l *logFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if flags&vfs.OPEN_WAL != 0 {
		data, ok := vfsutil.UnwrapFile[*dataFile](name.DatabaseFile())
		if !ok || data.log == nil {
			return nil, flags, sqlite3.IOERR_BADKEY
		}
		file, flags, err := vfsutil.WrapOpenFilename(l.os, name, flags)
		if err != nil {
			return nil, flags, err
		}
		return &logFile{File: file, cipher: data.log, data: data}, flags, nil
	}
	file, flags, err := vfsutil.WrapOpenFilename(l.VFS, name, flags)
	if err != nil || flags&vfs.OPEN_MAIN_DB == 0 {
		return file, flags, err
	}
	e, ok := file.(encrypted)
	if !ok {
		_ = file.Close()
		return nil, flags, sqlite3.CANTOPEN
	}
	return &dataFile{encrypted: e}, flags, nil
}

// encrypted is what adiantum's files can do beyond the least: whatever is not
// named here, SQLite would be told that there is not.
type encrypted interface {
	vfs.FilePragma
	vfs.FileLockState
	vfs.FileChunkSize
	vfs.FileSizeHint
	vfs.FileHasMoved
	vfs.FileOverwrite
	vfs.FileSync
	vfs.FileCommitPhaseTwo
	vfs.FileBatchAtomicWrite
	vfs.FileCheckpoint
	vfs.FileBusyHandler
	vfs.FileSharedMemory
}

// dataFile is adiantum's file, and remembers a cipher for the log. One
// connection has both; neither is used concurrently.
type dataFile struct {
	encrypted
	log *hbsh.HBSH
	// syncs says that this connection syncs the log at each commit, before it
	// tells any other of it.
	syncs bool
}

// Unwrap implements vfs.FileUnwrap.
func (d *dataFile) Unwrap() vfs.File { return d.encrypted }

// Pragma sees the key on its way to adiantum, and the setting that makes
// commits durable on its way to SQLite.
func (d *dataFile) Pragma(name, value string) (string, error) {
	out, err := d.encrypted.Pragma(name, value)
	if name == "synchronous" && value != "" {
		d.syncs = value == "full"
	}
	if err == nil && name == "hexkey" {
		key, err := hex.DecodeString(value)
		if err != nil || len(key) != KeySize {
			return "", sqlite3.IOERR_BADKEY
		}
		d.log = cipher.New(key)
	}
	return out, err
}
