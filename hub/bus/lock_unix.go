//go:build unix

package bus

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes the data directory for this process; the kernel releases it when
// the process ends, however it ends.
func lock(file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the broker's lock: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close() // the first error counts
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrBrokerRunning
		}
		return nil, fmt.Errorf("locking the broker's directory: %w", err)
	}
	return func() { _ = f.Close() }, nil // closing releases
}
