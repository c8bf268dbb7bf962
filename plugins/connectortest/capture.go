package connectortest

import (
	"bytes"
	"errors"
	"log"
	"log/slog"
	"sync"

	"mashhub/plugins/host"
)

// logCapture holds what is logged in this process while it is the connector's.
type logCapture struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (c *logCapture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(p)
}

// capture redirects slog and log until the returned function is called.
func capture() (*logCapture, func()) {
	c := &logCapture{}
	logger, writer, flags := slog.Default(), log.Writer(), log.Flags()
	slog.SetDefault(slog.New(slog.NewTextHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug})))
	log.SetOutput(c)
	return c, func() {
		slog.SetDefault(logger)
		// SetDefault does not give package log its own output back.
		log.SetOutput(writer)
		log.SetFlags(flags)
	}
}

// logged reports whether the connector logged something of a person. In its
// own process Serve redacts the values, and nobody reads the rest; it is a
// fault all the same, and there it could be seen.
func (s *subject) logged() error {
	if s.log == nil {
		return nil
	}
	s.log.mu.Lock()
	text := s.log.text.String()
	s.log.mu.Unlock()
	if host.Discloses(text, s.Known.Record) || host.Discloses(text, s.Unknown.Record) {
		return errors.New("the connector logged something of a person asked about")
	}
	for name, secret := range s.Secrets {
		if host.Repeats(text, secret) {
			return errors.New("the connector logged the secret " + name)
		}
	}
	return nil
}
