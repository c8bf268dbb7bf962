package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"mashhub/hub/mash"
)

// Publish returns nil when the broker has every message durably: acknowledged
// by all in-sync replicas. After an error any of them may have been written,
// and may yet be. The messages' bytes must not change, even after an error:
// a write that the caller no longer waits for still reads them.
//
// Messages of one call to one partition keep their order. While a write is
// under way, what concurrent calls bring waits and goes with the next one, so
// that a busy partition shares its syncs and an idle one waits for nothing.
//
// Errors: CodeInvalid for what can never be sent, the context's error,
// ErrClosed, CodeUnavailable for the rest.
func (k *Kafka) Publish(ctx context.Context, messages []mash.BusMessage) error {
	if err := check(messages); err != nil || len(messages) == 0 {
		return err
	}
	if k.ctx.Err() != nil {
		return ErrClosed
	}
	err := k.publish(ctx, messages)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err() // the caller's wish says nothing about the broker
	case err != nil && k.ctx.Err() != nil:
		return ErrClosed
	}
	k.health.report(Health{Op: OpPublish, Err: err})
	if err != nil {
		return mash.Errorf(mash.CodeUnavailable, "publishing: %w", err)
	}
	return nil
}

func check(messages []mash.BusMessage) error {
	for _, m := range messages {
		switch {
		case m.Topic == "":
			return mash.Invalid("topic", "is missing", "name the topic")
		case len(m.Key) > maxKey:
			return mash.Invalid("key", fmt.Sprintf("is longer than %d bytes", maxKey), "use an id")
		case len(m.Value) > MaxMessage:
			return mash.Invalid("value", fmt.Sprintf("is larger than %d bytes", MaxMessage), "send less in one message")
		}
	}
	return nil
}

func (k *Kafka) publish(ctx context.Context, messages []mash.BusMessage) error {
	partitions := map[string]int{}
	w := &waiter{done: make(chan struct{}), left: len(messages)}
	placed := make(map[laneKey][]item)
	for _, m := range messages {
		n, known := partitions[m.Topic]
		if !known {
			var err error
			if n, err = k.Partitions(ctx, m.Topic); err != nil {
				return err
			}
			partitions[m.Topic] = n
		}
		at := laneKey{m.Topic, partitionOf(m.Key, n)}
		placed[at] = append(placed[at], item{m, w})
	}
	for at, items := range placed {
		k.lane(at).add(items)
	}
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
		return ctx.Err()
	case <-k.ctx.Done():
		return ErrClosed
	}
}

// partitionOf keeps a key in one partition, as long as their number is the
// same: FNV-1a, as kafka.Hash does it.
func partitionOf(key string, partitions int) int {
	const offset, prime = 2166136261, 16777619 // FNV, 32 bits
	h := uint32(offset)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * prime
	}
	p := int32(h) % int32(partitions)
	return int(max(p, -p))
}

// waiter is one call of Publish.
type waiter struct {
	mu   sync.Mutex
	left int
	err  error // the first
	done chan struct{}
}

func (w *waiter) settle(n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
	if w.left -= n; w.left == 0 {
		close(w.done)
	}
}

type item struct {
	message mash.BusMessage
	waiter  *waiter
}

type laneKey struct {
	topic     string
	partition int
}

// lane writes to one partition, one request at a time. Its goroutine lives
// while there is something to write.
type lane struct {
	k  *Kafka
	at laneKey

	mu      sync.Mutex
	pending []item
	running bool
}

func (k *Kafka) lane(at laneKey) *lane {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.lanes[at]
	if l == nil {
		l = &lane{k: k, at: at}
		k.lanes[at] = l
	}
	return l
}

func (l *lane) add(items []item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = append(l.pending, items...)
	if !l.running {
		l.running = l.k.start(l.run)
	}
}

// start runs f unless Close was called, which ends every call that waits.
func (k *Kafka) start(f func()) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closed {
		k.writing.Go(f)
	}
	return !k.closed
}

// run writes until nothing is left. After a failure all that waits fails with
// it: what comes later must not overtake, and an outage must not be waited out
// batch by batch.
func (l *lane) run() {
	for {
		batch := l.next()
		if batch == nil {
			return
		}
		err := l.write(batch)
		if err != nil {
			batch = append(batch, l.drain()...)
		}
		for _, i := range batch {
			i.waiter.settle(1, err)
		}
	}
}

// next takes what fits into one batch; at least one message.
func (l *lane) next() []item {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, bytes := 0, 0
	for n < len(l.pending) && n < maxPublish {
		m := l.pending[n].message
		// The framing of a record is below 32 bytes, that of a batch below 1 KiB.
		if bytes += len(m.Key) + len(m.Value) + 32; n > 0 && bytes > maxBatch-1<<10 {
			break
		}
		n++
	}
	if n == 0 {
		l.running, l.pending = false, nil
		return nil
	}
	batch := l.pending[:n:n]
	l.pending = l.pending[n:]
	return batch
}

func (l *lane) drain() []item {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := l.pending
	l.pending = nil
	return rest
}

// write tries three times when the failure may be of the moment: a connection
// that died with the broker's predecessor. A partition that was just made, or
// just moved, has a leader in a moment, and that moment is waited for. The
// outbox does the rest.
func (l *lane) write(batch []item) error {
	pause := backoff{min: 10 * time.Millisecond, max: 100 * time.Millisecond}
	begun := l.k.now()
	for attempt := 1; ; attempt++ {
		err := l.produce(batch)
		var kind kafka.Error
		if err == nil || errors.As(err, &kind) && !kind.Temporary() {
			return err
		}
		if attempt >= 3 && (!leaderless(err) || l.k.now().Sub(begun) > leaderWait) {
			return err
		}
		if moved(err) {
			l.k.recycle()
		}
		if pause.wait(l.k.ctx) != nil {
			return err
		}
	}
}

// leaderless reports whether the broker that was asked does not lead the
// partition: it does not yet, or no longer.
func leaderless(err error) bool {
	return errors.Is(err, kafka.NotLeaderForPartition) || errors.Is(err, kafka.LeaderNotAvailable) ||
		errors.Is(err, kafka.UnknownTopicOrPartition)
}

func (l *lane) produce(batch []item) error {
	ctx, cancel := context.WithTimeout(l.k.ctx, writeTimeout)
	defer cancel()
	records := make([]kafka.Record, len(batch))
	now := l.k.now()
	for i, b := range batch {
		records[i] = kafka.Record{Time: now, Key: kafka.NewBytes([]byte(b.message.Key)), Value: value(b.message.Value)}
	}
	r, err := l.k.client.Produce(ctx, &kafka.ProduceRequest{
		Addr: l.k.client.Addr, Topic: l.at.topic, Partition: l.at.partition,
		RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
	})
	switch {
	case err != nil:
		return err
	case r.Error != nil:
		return r.Error
	case len(r.RecordErrors) > 0:
		return errors.New("the broker refuses a record")
	}
	return nil
}

// value is never nil: a record without a value is Kafka's word for a deletion.
func value(b []byte) kafka.Bytes {
	if b == nil {
		b = []byte{}
	}
	return kafka.NewBytes(b)
}
