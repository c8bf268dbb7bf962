package exchange

import (
	"context"
	"time"

	"mashhub/hub/mash"
)

// pumpBatch is how many messages one round takes.
const pumpBatch = 256

// pump hands due messages to the broker until ctx ends.
func (x *Exchange[T]) pump(ctx context.Context) {
	tick := time.NewTicker(x.Tick)
	defer tick.Stop()
	backoff := time.Duration(0)
	for {
		more, err := x.pumpOnce(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			// The broker or the disk: nothing is lost, the rows stay open.
			backoff = min(max(2*backoff, 50*time.Millisecond), 5*time.Second)
			x.Log.Warn("outbox waits", "hub", x.Hub, "code", mash.CodeOf(err), "retry_in", backoff)
			select {
			case <-ctx.Done():
				return
			case <-time.After(backoff):
			}
			continue
		}
		backoff = 0
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-x.nudge:
		case <-tick.C:
		}
	}
}

// pumpOnce expires what is too old, publishes what is due and records it.
func (x *Exchange[T]) pumpOnce(ctx context.Context) (more bool, err error) {
	now := x.Env.Now()
	var due []mash.OutMessage
	old := 0
	err = x.Store.View(ctx, func(tx T) error {
		var err error
		due, err = tx.DueMessages(x.Hub, now, pumpBatch)
		return err
	})
	if err != nil {
		return false, err
	}
	for _, m := range due {
		if !m.Expires.IsZero() && !now.Before(m.Expires) {
			old++
		}
	}
	if old > 0 {
		err = x.Store.Update(ctx, func(tx T) error {
			gone, err := tx.ExpireMessages(x.Hub, now, pumpBatch)
			if err != nil {
				return err
			}
			for _, m := range gone {
				if err := x.settled(tx, m, now); err != nil {
					return err
				}
			}
			return nil
		})
		return err == nil, err
	}
	if len(due) == 0 {
		return false, nil
	}
	out := make([]mash.BusMessage, len(due))
	for i, m := range due {
		out[i] = mash.BusMessage{Topic: m.Topic, Key: m.Key, Value: m.Sealed}
	}
	if err := x.Bus.Publish(ctx, out); err != nil {
		return false, mash.Errorf(mash.CodeUnavailable, "publishing: %w", err)
	}
	at := x.Env.Now()
	err = x.Store.Update(ctx, func(tx T) error {
		for _, m := range due {
			first, err := tx.MarkSent(m.ID, at, at.Add(x.resendAfter(m.Attempts)))
			if err != nil {
				return err
			}
			if first && x.Sent != nil {
				if err := x.Sent(tx, m, at); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return len(due) == pumpBatch, err
}

func (x *Exchange[T]) resendAfter(attempts int) time.Duration {
	return min(x.Resend<<min(attempts, 10), max(time.Minute, x.Resend))
}

func (x *Exchange[T]) settled(tx T, m mash.OutMessage, at time.Time) error {
	if x.Settled == nil {
		return nil
	}
	return x.Settled(tx, m, at)
}
