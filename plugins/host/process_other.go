//go:build !unix

package host

import (
	"errors"
	"os"
	"os/exec"
)

var errSystem = errors.New("connectors run on Linux and macOS only")

// ownGroup makes the start fail: without process groups we could not promise
// that a plugin ends.
func ownGroup(cmd *exec.Cmd) { cmd.Err = errSystem }

func killGroup(int)                    {}
func waitExit(int)                     {}
func killStrays(string)                {}
func flock(*os.File) error             { return errSystem }
func ownedByUs(os.FileInfo) bool       { return false }
func residentBytes(int) (int64, error) { return 0, errSystem }
