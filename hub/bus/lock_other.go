//go:build !unix

package bus

import "errors"

func lock(string) (func(), error) {
	return nil, errors.New("the embedded broker runs on Linux and macOS")
}
