package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// socketDir is the directory that holds the socket of one launch. Its host
// keeps it locked (flock) from its making to its removal. The system lets go of
// the lock when the host dies, however it dies: so whoever gets the lock knows
// that nobody uses the directory, without asking after any process.
type socketDir struct {
	path string
	lock *os.File // the directory itself
}

// socketPathMax is what is left for our directory of the 104 bytes that the
// smallest of our systems allows a socket's path.
const socketPathMax = 104 - len("/plugin-dir1234567890/plugin1234567890") - 1

const socketDirPrefix = "mash-"

// makeSocketDir makes a directory below base, or below the system's temporary
// directory if base is empty or too long for a socket's path.
func makeSocketDir(base string) (*socketDir, error) {
	for range 100 { // who sweeps may take it away before it is locked, again and again on a busy machine
		path, err := os.MkdirTemp(base, socketDirPrefix)
		if err == nil {
			path, err = filepath.Abs(path)
		}
		if err != nil {
			return nil, err
		}
		if len(path) > socketPathMax && base != "" {
			_ = os.Remove(path)
			base = ""
			continue
		}
		lock, err := lockSocketDir(path)
		if err == nil {
			return &socketDir{path, lock}, nil
		}
		_ = os.Remove(path)
		if !errors.Is(err, errInUse) {
			return nil, err
		}
	}
	return nil, errInUse
}

func (d *socketDir) remove() {
	_ = os.RemoveAll(d.path)
	_ = d.lock.Close()
}

var errInUse = errors.New("the directory is in use")

// lockSocketDir locks a directory for as long as the file that it gives is
// open. errInUse: somebody else has it, or it is gone.
func lockSocketDir(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errInUse
	} else if err != nil {
		return nil, err
	}
	if err := flock(f); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("locking: %w", err)
	}
	// What was opened may have been removed since, and made again by another.
	held, err := f.Stat()
	if err == nil {
		var now os.FileInfo
		if now, err = os.Lstat(path); err == nil && os.SameFile(held, now) {
			return f, nil
		}
	}
	_ = f.Close()
	return nil, errInUse
}

var (
	socketDirName = regexp.MustCompile(`^` + socketDirPrefix + `\d+$`)
	pluginDirName = regexp.MustCompile(`^plugin-dir\d+$`)
	socketName    = regexp.MustCompile(`^plugin\d+$`)
)

// sweep removes the directories below base that hosts left which were killed
// together with their plugins, and tells how many. It touches nothing that is
// not made and named as ours, is not this user's, or is locked.
func sweep(base string) (removed int) {
	if base == "" {
		base = os.TempDir()
	}
	f, err := os.Open(base)
	if err != nil {
		return 0 // the launch that follows says what is wrong
	}
	names, _ := f.Readdirnames(-1)
	_ = f.Close()
	for _, name := range names {
		path := filepath.Join(base, name)
		if !socketDirName.MatchString(name) || !ourSocketDir(path) {
			continue
		}
		lock, err := lockSocketDir(path)
		if err != nil {
			continue
		}
		if os.RemoveAll(path) == nil {
			removed++
		}
		_ = lock.Close()
	}
	return removed
}

// ourSocketDir reports whether a directory holds what a launch puts there, and
// nothing else.
func ourSocketDir(path string) bool {
	if info, err := os.Lstat(path); err != nil || !info.IsDir() || !ownedByUs(info) {
		return false
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if !e.IsDir() || !pluginDirName.MatchString(e.Name()) {
			return false
		}
		inside, err := os.ReadDir(filepath.Join(path, e.Name()))
		if err != nil {
			return false
		}
		for _, s := range inside {
			if s.Type() != os.ModeSocket || !socketName.MatchString(s.Name()) {
				return false
			}
		}
	}
	return true
}
