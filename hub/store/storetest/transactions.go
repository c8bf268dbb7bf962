package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"mashhub/hub/mash"
)

// put and has are the smallest effect and its check.
func put[T mash.ExchangeTx](tx T, n int64) error { return tx.SetPosition("effect", int(n), n) }

func has[T mash.ExchangeTx](tx T, n int64) bool {
	_, ok, err := tx.Position("effect", int(n))
	return err == nil && ok
}

// undone: a function that fails or panics leaves nothing, and the store works.
func undone[T mash.ExchangeTx](b bench[T]) {
	b.fails(is(errUndo), func(tx T) error { return errors.Join(put(tx, 1), errUndo) })
	func() {
		defer func() {
			if recover() != "panic of the function" {
				b.t.Error("the panic did not reach the caller")
			}
		}()
		_ = b.s.Update(context.Background(), func(tx T) error {
			_ = put(tx, 2)
			panic("panic of the function")
		})
	}()
	left := make(chan struct{})
	go func() { // as t.FailNow within a function does
		defer close(left)
		_ = b.s.Update(context.Background(), func(tx T) error {
			_ = put(tx, 3)
			runtime.Goexit()
			return nil
		})
	}()
	<-left
	var kept T
	b.do(func(tx T) error { kept = tx; return put(tx, 4) })
	if err := put(kept, 5); err == nil {
		b.t.Error("a transaction works after its end")
	}
	b.see(func(tx T) error {
		for n, want := range map[int64]bool{1: false, 2: false, 3: false, 4: true, 5: false} {
			if has(tx, n) != want {
				return fmt.Errorf("effect %d: %v", n, !want)
			}
		}
		return nil
	})
}

// nested: an inner failure undoes the inner work only, at any depth.
func nested[T mash.ExchangeTx](b bench[T]) {
	b.do(func(tx T) error {
		inner := func() (err error) {
			defer func() {
				if recover() != nil {
					err = errUndo
				}
			}()
			return tx.Nested(func() error { _ = put(tx, 6); panic("inner") })
		}
		return errors.Join(
			put(tx, 1),
			expect("inner error", errors.Is(tx.Nested(func() error { return errors.Join(put(tx, 2), errUndo) }), errUndo), true),
			expect("undone", has(tx, 2), false),
			tx.Nested(func() error {
				return errors.Join(put(tx, 3),
					expect("deep error", errors.Is(tx.Nested(func() error { return errors.Join(put(tx, 4), errUndo) }), errUndo), true),
					tx.Nested(func() error { return put(tx, 5) }))
			}),
			expect("panic", errors.Is(inner(), errUndo), true),
			tx.Nested(func() error { // a refused row is not the end
				m := mash.InMessage{Issuer: "i", ID: "twice"}
				return errors.Join(tx.Take(m), expect("stale", errors.Is(tx.Take(m), mash.ErrStale), true), put(tx, 7))
			}),
			put(tx, 8),
		)
	})
	b.fails(is(errUndo), func(tx T) error {
		return errors.Join(tx.Nested(func() error { return put(tx, 9) }), errUndo)
	})
	b.see(func(tx T) error {
		for n, want := range map[int64]bool{1: true, 2: false, 3: true, 4: false, 5: true, 6: false, 7: true, 8: true, 9: false} {
			if has(tx, n) != want {
				return fmt.Errorf("effect %d: %v", n, !want)
			}
		}
		return nil
	})
}

// afterwards: what was asked for on commit runs once, after it is durable, and
// not at all for what was undone.
func afterwards[T mash.ExchangeTx](b bench[T]) {
	var ran []int64
	note := func(tx T, n int64) error {
		tx.OnCommit(func() {
			ran = append(ran, n)
			b.see(func(tx T) error { return expect("durable", has(tx, n), true) })
		})
		return put(tx, n)
	}
	b.do(func(tx T) error {
		return errors.Join(note(tx, 1),
			expect("inner error", errors.Is(tx.Nested(func() error { return errors.Join(note(tx, 2), errUndo) }), errUndo), true),
			tx.Nested(func() error { return note(tx, 3) }),
			expect("early", len(ran), 0))
	})
	b.fails(is(errUndo), func(tx T) error { return errors.Join(note(tx, 4), errUndo) })
	if !slices.Equal(ran, []int64{1, 3}) {
		b.t.Errorf("ran %v", ran)
	}
}

// snapshot: a View sees one state, does not wait for writers, and cannot write.
func snapshot[T mash.ExchangeTx](b bench[T]) {
	b.see(func(tx T) error {
		if has(tx, 1) {
			return errors.New("not empty")
		}
		b.do(func(tx T) error { return put(tx, 1) })
		if has(tx, 1) {
			return errors.New("a view changed under the reader")
		}
		return nil
	})
	b.see(func(tx T) error { return expect("seen after its update", has(tx, 1), true) })
	if err := b.s.View(context.Background(), func(tx T) error { return put(tx, 2) }); err == nil {
		b.t.Error("a View wrote")
	}
	if err := b.s.View(context.Background(), func(T) error { return errUndo }); !errors.Is(err, errUndo) {
		b.t.Errorf("a View's error: %v", err)
	}
	b.do(func(tx T) error { return expect("nothing of the View", has(tx, 2), false) })
}

// concurrent: 64 goroutines, each effect once, failures between them undone.
func concurrent[T mash.ExchangeTx](b bench[T]) {
	const workers, each = 64, 8
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				n := int64(w*each + i + 1)
				bad := n%7 == 0
				err := b.s.Update(context.Background(), func(tx T) error {
					if err := put(tx, n); err != nil {
						return err
					}
					if _, err := tx.NextSequence("count", "all"); err != nil {
						return err
					}
					if bad {
						return errUndo
					}
					return nil
				})
				if bad != errors.Is(err, errUndo) || !bad && err != nil {
					b.t.Errorf("update %d: %v", n, err)
				}
				if err := b.s.View(context.Background(), func(tx T) error { return expect("effect", has(tx, n), !bad) }); err != nil {
					b.t.Errorf("view %d: %v", n, err)
				}
			}
		})
	}
	wg.Wait()
	b.do(func(tx T) error {
		n, err := tx.NextSequence("count", "all")
		return errors.Join(err, expect("counted", n, int64(workers*each-workers*each/7+1)))
	})
}

// cancelled: who gives up waiting changes nothing, and holds up nobody.
func cancelled[T mash.ExchangeTx](b bench[T]) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.s.Update(ctx, func(tx T) error { return put(tx, 1) }); !errors.Is(err, context.Canceled) {
		b.t.Errorf("update: %v", err)
	}
	var wg sync.WaitGroup
	b.do(func(tx T) error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		for range 8 {
			wg.Go(func() {
				if err := b.s.Update(ctx, func(tx T) error { return put(tx, 2) }); !errors.Is(err, context.DeadlineExceeded) {
					b.t.Errorf("waiting update: %v", err)
				}
			})
		}
		wg.Wait()
		return put(tx, 3)
	})
	b.see(func(tx T) error {
		return errors.Join(expect("1", has(tx, 1), false), expect("2", has(tx, 2), false), expect("3", has(tx, 3), true))
	})
}
