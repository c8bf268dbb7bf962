package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"mashhub/hub/mash"
)

// Read hands over what partition of topic holds from offset next on, in order,
// at most 256 records at a time, without waiting for a batch to fill. A batch
// is handed over again, with growing pauses of up to 5 s, until handle returns
// nil. next < 0, and an offset that the broker no longer or not yet has, start
// at the first record there is. It returns when ctx ends, with its error, or
// with ErrClosed after Close; never because of the broker: that is told by
// OnHealth, and reading goes on when it is back.
//
// handle is never called concurrently with itself by one Read, and is not
// called after Read has returned.
func (k *Kafka) Read(ctx context.Context, topic string, partition int, next int64, handle func([]mash.BusRecord) error) error {
	if k.ctx.Err() != nil {
		return ErrClosed
	}
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(k.ctx, cancel)()

	f := fetcher{k: k, topic: topic, partition: partition, queue: newQueue()}
	var ahead sync.WaitGroup
	ahead.Go(func() { f.run(ctx, next) })
	defer ahead.Wait()
	defer cancel()

	for {
		batch, err := f.queue.take(ctx, maxRecords)
		if err == nil {
			err = f.deliver(ctx, batch, handle)
		}
		if err == nil {
			continue
		}
		if outer.Err() != nil {
			return outer.Err()
		}
		return ErrClosed
	}
}

// fetcher reads one partition ahead of its handler.
type fetcher struct {
	k         *Kafka
	topic     string
	partition int
	queue     *queue
}

// deliver errors only when ctx ended.
func (f *fetcher) deliver(ctx context.Context, batch []mash.BusRecord, handle func([]mash.BusRecord) error) error {
	pause := backoff{min: 10 * time.Millisecond, max: 5 * time.Second}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := handle(batch)
		if ctx.Err() == nil {
			f.report(OpHandle, err)
		}
		if err == nil {
			return nil
		}
		if err := pause.wait(ctx); err != nil {
			return err
		}
	}
}

// run fetches until ctx ends.
func (f *fetcher) run(ctx context.Context, offset int64) {
	pause := backoff{min: 20 * time.Millisecond, max: 500 * time.Millisecond}
	failures := 0
	for ctx.Err() == nil {
		next, err := f.step(ctx, offset)
		if ctx.Err() != nil {
			return
		}
		f.report(OpRead, err)
		offset = next
		if err == nil {
			failures = 0
			pause.reset()
			continue
		}
		if failures++; moved(err) || failures%20 == 0 {
			f.k.recycle()
		}
		if pause.wait(ctx) != nil {
			return
		}
	}
}

// step makes one fetch and returns the offset to go on from. A broker that
// does not answer within fetchTimeout is an error; a full queue is not.
func (f *fetcher) step(ctx context.Context, offset int64) (int64, error) {
	limited, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	if offset < 0 {
		first, err := f.first(limited)
		if err != nil {
			return offset, err
		}
		return first, nil
	}
	records, err := f.fetch(limited, offset)
	if errors.Is(err, kafka.OffsetOutOfRange) {
		first, err := f.first(limited)
		if err != nil {
			return offset, err
		}
		if first == offset {
			return offset, errors.New("the broker refuses its own first offset")
		}
		f.k.log.Warn("offset out of range, starting at the first", "topic", f.topic,
			"partition", f.partition, "offset", offset, "first", first)
		return first, nil
	}
	if err != nil {
		return offset, err
	}
	if len(records) == 0 {
		return offset, nil
	}
	if err := f.queue.put(ctx, records); err != nil {
		return offset, err // ctx ended
	}
	return records[len(records)-1].Offset + 1, nil
}

func (f *fetcher) first(ctx context.Context) (int64, error) {
	r, err := f.k.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
		Addr:   f.k.client.Addr,
		Topics: map[string][]kafka.OffsetRequest{f.topic: {kafka.FirstOffsetOf(f.partition)}},
	})
	if err != nil {
		return -1, fmt.Errorf("asking for the first offset: %w", err)
	}
	for _, p := range r.Topics[f.topic] {
		if p.Partition == f.partition {
			if p.Error != nil {
				return -1, fmt.Errorf("asking for the first offset: %w", p.Error)
			}
			return p.FirstOffset, nil
		}
	}
	return -1, errors.New("asking for the first offset: the broker did not say")
}

func (f *fetcher) fetch(ctx context.Context, offset int64) ([]mash.BusRecord, error) {
	r, err := f.k.client.Fetch(ctx, &kafka.FetchRequest{
		Addr: f.k.client.Addr, Topic: f.topic, Partition: f.partition, Offset: offset,
		MinBytes: 1, MaxBytes: maxFetch, MaxWait: maxWait,
	})
	if err != nil {
		return nil, err
	}
	if r.Error != nil {
		return nil, fmt.Errorf("fetching: %w", r.Error)
	}
	var out []mash.BusRecord
	for {
		rec, err := r.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if len(out) > 0 {
				break // go on after what could be read; the error comes again
			}
			return nil, fmt.Errorf("reading records: %w", err)
		}
		key, err := take(rec.Key)
		if err != nil {
			return nil, err
		}
		value, err := take(rec.Value)
		if err != nil {
			return nil, err
		}
		if rec.Offset < offset { // a batch may begin before what was asked
			continue
		}
		out = append(out, mash.BusRecord{Topic: f.topic, Partition: f.partition,
			Offset: rec.Offset, Key: string(key), Value: value})
	}
	if len(out) == 0 && r.HighWatermark > offset {
		return nil, errors.New("no progress: the broker has records and gives none")
	}
	return out, nil
}

func take(b kafka.Bytes) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	defer b.Close() // in memory
	out, err := kafka.ReadAll(b)
	if err != nil {
		return nil, fmt.Errorf("reading a record: %w", err)
	}
	return out, nil
}

func (f *fetcher) report(op string, err error) {
	f.k.health.report(Health{Op: op, Topic: f.topic, Partition: f.partition, Err: err})
}

// backoff doubles from min to max; half of each pause is random, so that many
// readers do not return to a broker at once.
type backoff struct{ min, max, next time.Duration }

func (b *backoff) reset() { b.next = 0 }

func (b *backoff) wait(ctx context.Context) error {
	b.next = min(max(b.next*2, b.min), b.max)
	t := time.NewTimer(b.next/2 + rand.N(b.next/2+1))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
