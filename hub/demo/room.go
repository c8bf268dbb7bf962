package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

const (
	// needed is how much room a demo wants before it begins: while a scenario
	// is played, logs take several times what is kept of them in the end.
	needed = 64 << 20
	// scarce is how much is left when a failure is likely to be the disk's.
	scarce = 4 << 20
)

// room refuses a disk on which a demo would fail halfway, with its children
// each telling something else.
func room(dir string) error {
	if free, ok := freeBytes(dir); ok && free < needed {
		return fmt.Errorf("the disk of %s has %d MB left, and a demo needs %d: make room, or choose another directory with --data", dir, free>>20, int64(needed)>>20)
	}
	return nil
}

// explain adds the remedy to an error of the place where the data is.
func (d *Demo) explain(err error) error {
	if err == nil {
		return nil
	}
	free, known := freeBytes(d.dir)
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), known && free < scarce:
		return fmt.Errorf("%w (the disk of %s is full: make room, or choose another directory with --data)", err, d.dir)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w (choose a directory that you may write to with --data)", err)
	}
	return err
}

// freeBytes is what this user may still write below a directory; not known if
// there is no such directory.
func freeBytes(dir string) (int64, bool) {
	var s syscall.Statfs_t
	if dir == "" || syscall.Statfs(dir, &s) != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // the types differ between systems
}
