package audit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"mashhub/hub/audit"
	"mashhub/hub/mash"
)

// broken is a store that always fails, and counts.
type broken struct{ calls int }

var errBroken = errors.New("broken")

func (b *broken) Update(context.Context, func(mash.AuditTx) error) error { return errBroken }

func (b *broken) View(context.Context, func(mash.AuditTx) error) error {
	b.calls++
	return errBroken
}

// TestRunTriesAgain: a failing store is reported and tried again, not hammered,
// and the end of the context ends it at once.
func TestRunTriesAgain(t *testing.T) {
	w := newWorld(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l := w.logBy(w.skey) // its channel belongs to the bubble
		s, told := &broken{}, 0
		done := make(chan error, 1)
		go func() {
			done <- audit.Run[mash.AuditTx](ctx, l, s, func(err error) {
				if errors.Is(err, errBroken) {
					told++
				}
			})
		}()
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		if s.calls != 11 || told != 11 {
			t.Errorf("%d tries, %d reports in ten seconds", s.calls, told)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
