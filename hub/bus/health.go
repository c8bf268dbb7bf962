package bus

import (
	"log/slog"
	"sync"
	"time"
)

// health tells about changes only: the first failure, then the recovery.
type health struct {
	notify func(Health)
	log    *slog.Logger
	now    func() time.Time

	mu      sync.Mutex
	failing map[healthKey]bool
}

type healthKey struct {
	op, topic string
	partition int
}

// report fills in OK and At. Success before any failure is not told.
func (h *health) report(s Health) {
	key := healthKey{s.Op, s.Topic, s.Partition}
	s.OK = s.Err == nil
	h.mu.Lock()
	changed := h.failing[key] == s.OK
	if changed {
		if h.failing == nil {
			h.failing = map[healthKey]bool{}
		}
		h.failing[key] = !s.OK
	}
	h.mu.Unlock()
	if !changed {
		return
	}
	s.At = h.now()
	attrs := []any{"op", s.Op, "topic", s.Topic, "partition", s.Partition}
	if s.OK {
		h.log.Info("bus works again", attrs...)
	} else {
		// A handler's error may quote what it handled: not in a log.
		if s.Op != OpHandle {
			attrs = append(attrs, "error", s.Err)
		}
		h.log.Warn("bus is failing", attrs...)
	}
	if h.notify != nil {
		h.notify(s)
	}
}
