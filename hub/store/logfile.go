package store

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/ncruces/go-sqlite3/vfs"
	"lukechampine.com/adiantum/hbsh"
)

// A log, by https://sqlite.org/fileformat.html#walformat: a head, then frames
// of a head and a page each.
const (
	logHead   = 32
	frameHead = 24
	frameSize = frameHead + 4096
	runMost   = 16 * frameSize
)

// logFile encrypts a log by head and frames, each as one block of adiantum
// (which takes any length) under its place as tweak.
//
// SQLite writes a frame in two parts that no block of 4 KiB begins or ends
// with. By such blocks, a frame cost three to encrypt, two to read and decrypt
// before that, and six system calls; by frames it is one to encrypt, and
// neighbouring frames go out in one call. And nothing that is committed is ever
// encrypted, or written, again.
//
// Frames wait in run until they are synced or read: before that, nobody but
// this connection knows of them. Where commits are not synced they wait until
// the commit is complete.
type logFile struct {
	vfs.File
	cipher *hbsh.HBSH
	data   *dataFile

	run   []byte // encrypted whole blocks, to be written at runAt
	runAt int64

	// The block that is being written, in plain: the first have of size bytes.
	block [frameSize]byte
	at    int64
	have  int
	size  int

	syncing bool // a sync was asked for within the block
	flags   vfs.SyncFlag
}

// blockAt is the block that a place is in.
func blockAt(off int64) (at int64, size int) {
	if off < logHead {
		return 0, logHead
	}
	return off - (off-logHead)%frameSize, frameSize
}

func tweak(at int64) []byte {
	return binary.LittleEndian.AppendUint64([]byte("log/1\x00\x00\x00"), uint64(at))
}

// WriteAt implements io.WriterAt. After an error, of whatever method, what
// waits is dropped: SQLite gives its transaction up.
func (l *logFile) WriteAt(p []byte, off int64) (n int, err error) {
	defer l.dropOn(&err)
	for len(p[n:]) > 0 {
		here := off + int64(n)
		if l.have == 0 || here != l.at+int64(l.have) {
			if err := l.begin(here); err != nil {
				return n, err
			}
		}
		m := copy(l.block[l.have:l.size], p[n:])
		l.have += m
		n += m
		if l.have == l.size {
			if err := l.complete(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func (l *logFile) dropOn(err *error) {
	if *err != nil {
		l.run, l.have, l.syncing = l.run[:0], 0, false
	}
}

// begin goes to the block of a place, and to the place in it.
func (l *logFile) begin(off int64) error {
	if err := l.finish(); err != nil {
		return err
	}
	at, size := blockAt(off)
	if off > at { // SQLite writes from the beginning, but for what it writes again
		if err := l.flush(); err != nil {
			return err
		}
		if err := l.load(l.block[:size], at); err != nil {
			return err
		}
	}
	l.at, l.size, l.have = at, size, int(off-at)
	return nil
}

// load reads and decrypts a block; what is not there is zero.
func (l *logFile) load(block []byte, at int64) error {
	n, err := l.File.ReadAt(block, at)
	switch {
	case n == len(block):
		l.cipher.Decrypt(block, tweak(at))
	case !errors.Is(err, io.EOF):
		return err
	default:
		clear(block)
	}
	return nil
}

// finish completes a block of which SQLite writes a part only, with what is
// there already.
func (l *logFile) finish() error {
	if l.have == 0 {
		return nil
	}
	if err := l.flush(); err != nil {
		return err
	}
	var old [frameSize]byte
	if err := l.load(old[:l.size], l.at); err != nil {
		return err
	}
	copy(l.block[l.have:l.size], old[l.have:l.size])
	return l.complete()
}

// complete encrypts the block into the run.
func (l *logFile) complete() error {
	block := l.block[:l.size]
	commits := l.size == frameSize && binary.BigEndian.Uint32(block[4:]) != 0
	l.cipher.Encrypt(block, tweak(l.at))
	if len(l.run) > 0 && l.runAt+int64(len(l.run)) != l.at || len(l.run) >= runMost {
		if err := l.flush(); err != nil {
			return err
		}
	}
	if len(l.run) == 0 {
		l.runAt = l.at
	}
	l.run = append(l.run, block...)
	l.have = 0
	if l.syncing {
		l.syncing = false
		return l.Sync(l.flags)
	}
	if commits && !l.data.syncs {
		return l.flush()
	}
	return nil
}

// flush writes the run.
func (l *logFile) flush() error {
	if len(l.run) == 0 {
		return nil
	}
	_, err := l.File.WriteAt(l.run, l.runAt)
	l.run = l.run[:0]
	return err
}

// ReadAt implements io.ReaderAt.
func (l *logFile) ReadAt(p []byte, off int64) (n int, err error) {
	if err := l.settle(); err != nil {
		return 0, err
	}
	for len(p[n:]) > 0 {
		at, size := blockAt(off + int64(n))
		block := l.block[:size]
		if m, err := l.File.ReadAt(block, at); m != size {
			return n, err
		}
		l.cipher.Decrypt(block, tweak(at))
		n += copy(p[n:], block[off+int64(n)-at:])
	}
	return n, nil
}

// settle leaves nothing that was written in memory alone.
func (l *logFile) settle() (err error) {
	defer l.dropOn(&err)
	if err := l.finish(); err != nil {
		return err
	}
	return l.flush()
}

// Sync makes what was written durable. SQLite pads a commit to the end of a
// sector, and asks for the sync there, within a frame: then it happens when the
// frame is complete, which is before the commit is.
func (l *logFile) Sync(flags vfs.SyncFlag) (err error) {
	defer l.dropOn(&err)
	if l.have > 0 {
		l.syncing, l.flags = true, flags
		return nil
	}
	if err := l.flush(); err != nil {
		return err
	}
	return l.File.Sync(flags)
}

// Truncate implements vfs.File. A block is kept whole or not at all.
func (l *logFile) Truncate(size int64) error {
	if err := l.settle(); err != nil {
		return err
	}
	if at, whole := blockAt(size); at != size {
		size = at + int64(whole)
	}
	return l.File.Truncate(size)
}

// Size implements vfs.File.
func (l *logFile) Size() (int64, error) {
	if err := l.settle(); err != nil {
		return 0, err
	}
	return l.File.Size()
}

// Close implements io.Closer.
func (l *logFile) Close() error {
	err := l.settle()
	if e := l.File.Close(); err == nil {
		err = e
	}
	return err
}

// DeviceCharacteristics leaves out, as adiantum does, that a partial overwrite
// is safe: SQLite then pads what it commits.
func (l *logFile) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return l.File.DeviceCharacteristics() &^ vfs.IOCAP_POWERSAFE_OVERWRITE
}
