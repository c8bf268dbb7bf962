//go:build !unix

package connectortest

import "errors"

// Nothing gets this far where there are no signals: see phases.
var errSignals = errors.New("connectors run on Linux and macOS only")

func killProcess(int) error { return errSignals }
func stopProcess(int) error { return errSignals }
