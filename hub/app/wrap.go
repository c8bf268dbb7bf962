package app

import (
	"time"

	"mashhub/hub/mash"
	"mashhub/plugins/connector"
)

// Wraps stand between a process and its parts. Harnesses use them to measure a
// part or to plant a fault in it; nothing else does. A nil one changes nothing.
type Wraps[T any] struct {
	Store  func(mash.Store[T]) mash.Store[T]
	Policy func(mash.Policy) mash.Policy
	Bus    func(mash.Bus) mash.Bus
	Seal   func(mash.Seal) mash.Seal
	// Connector is asked for each connector of a node.
	Connector func(connector.Connector) connector.Connector
	// Resend replaces exchange.Config.Resend.
	Resend time.Duration
}

// wrapped gives part as it is, or as wrap makes it.
func wrapped[P any](wrap func(P) P, part P) P {
	if wrap == nil {
		return part
	}
	return wrap(part)
}
