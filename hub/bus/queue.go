package bus

import (
	"context"
	"sync"

	"mashhub/hub/mash"
)

// queue holds what was fetched and not yet handed over: one writer, one
// reader. It is full at maxQueued bytes, but always takes one more fetch when
// it is not.
type queue struct {
	mu      sync.Mutex
	records []mash.BusRecord
	bytes   int
	filled  chan struct{} // both have room for one signal
	drained chan struct{}
}

func newQueue() *queue {
	return &queue{filled: make(chan struct{}, 1), drained: make(chan struct{}, 1)}
}

func size(r mash.BusRecord) int { return len(r.Value) + len(r.Key) + 64 }

// put waits for room. It puts all records or, when ctx ends first, none.
func (q *queue) put(ctx context.Context, records []mash.BusRecord) error {
	for {
		q.mu.Lock()
		if q.bytes < maxQueued {
			q.records = append(q.records, records...)
			for _, r := range records {
				q.bytes += size(r)
			}
			q.mu.Unlock()
			signal(q.filled)
			return nil
		}
		q.mu.Unlock()
		select {
		case <-q.drained:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take waits until there is a record and takes at most n of what there is.
func (q *queue) take(ctx context.Context, n int) ([]mash.BusRecord, error) {
	for {
		q.mu.Lock()
		if m := min(n, len(q.records)); m > 0 {
			out := q.records[:m:m]
			if q.records = q.records[m:]; len(q.records) == 0 {
				q.records = nil
			}
			for _, r := range out {
				q.bytes -= size(r)
			}
			q.mu.Unlock()
			signal(q.drained)
			return out, nil
		}
		q.mu.Unlock()
		select {
		case <-q.filled:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
