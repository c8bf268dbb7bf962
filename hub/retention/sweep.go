package retention

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"mashhub/hub/mash"
)

// batch is how many rows one transaction destroys: others wait for it some
// milliseconds. look is how many a reader looks for at a time, and rounds how
// often in one sweep of one table: a long backlog is worked off over several.
const (
	batch  = 200
	look   = 5000
	rounds = 20
)

// Tx is what the sweep needs of a transaction.
type Tx interface {
	mash.Retentions
	mash.AuditTx
}

// Sweeper destroys, on a hub or a node, what nobody needs and nobody must
// review. Safe for concurrent use.
type Sweeper[T Tx] struct {
	Owner string // hub or agency, who does it in the log
	Store mash.Store[T]
	Audit mash.Auditor
	Env   mash.Env
	Log   *slog.Logger
	// Tables of this store; those of others in the catalogue are passed over.
	Tables []string
	// EraseMonth destroys the key of a month's audit bodies.
	EraseMonth func(month time.Time) error
	// Flush makes what was destroyed unreadable in the store's log as well.
	Flush func() error
	// Also runs first: what hub or node alone must finish. It reports how many
	// records it destroyed.
	Also func(context.Context) (int, error)
}

// Sweep goes through every table once and returns how many rows it destroyed.
// Killed at any point, the next one goes on; run twice, the second finds
// nothing. Errors: of the store, after which the rest waits for the next sweep.
func (s *Sweeper[T]) Sweep(ctx context.Context) (total int, err error) {
	defer func() {
		if total > 0 && s.Flush != nil {
			// A reader may still need the log: the next sweep, or closing, empties it.
			if ferr := s.Flush(); ferr != nil {
				s.Log.Warn("overwriting the store's log waits", "code", mash.CodeOf(ferr))
			}
		}
	}()
	if s.Also != nil {
		n, err := s.Also(ctx)
		if total += n; err != nil {
			return total, err
		}
	}
	for _, table := range s.Tables {
		n, err := s.table(ctx, table)
		if total += n; err != nil {
			return total, fmt.Errorf("sweeping %s: %w", table, err)
		}
	}
	n, err := s.months(ctx)
	return total + n, err
}

func (s *Sweeper[T]) table(ctx context.Context, table string) (total int, err error) {
	c, ok := ByTable(table)
	if !ok || c.End != BySweep || c.Keep.IsZero() {
		return 0, nil
	}
	before := c.Keep.Before(s.Env.Now())
	for range rounds {
		var due []string
		if err := s.Store.View(ctx, func(tx T) error {
			due, err = tx.SweepDue(table, before, look)
			return err
		}); err != nil {
			return total, err
		}
		for rows := range slices.Chunk(due, batch) {
			n := 0
			if err := s.Store.Update(ctx, func(tx T) error {
				if n, err = tx.Sweep(table, before, rows); err != nil || n == 0 {
					return err
				}
				return s.note(tx, "retention.swept", c, map[string]string{"table": table, "rows": strconv.Itoa(n)})
			}); err != nil {
				return total, err
			}
			total += n
		}
		if len(due) < look {
			break
		}
	}
	return total, nil
}

// months erases audit bodies by the month. That it is going to is in the log
// before the key goes, so that no key is ever gone without a word.
func (s *Sweeper[T]) months(ctx context.Context) (total int, err error) {
	c := must(Audit)
	before := c.Keep.Before(s.Env.Now())
	list := func(tx T) (m []time.Time, err error) { return tx.AuditMonths(before) }
	var months []time.Time
	if err := s.Store.View(ctx, func(tx T) error {
		months, err = list(tx)
		return err
	}); err != nil {
		return 0, err
	}
	for _, month := range months {
		if err := s.Store.Update(ctx, func(tx T) error {
			return s.note(tx, "retention.audit_month", c, map[string]string{"month": month.Format("2006-01")})
		}); err != nil {
			return total, err
		}
		gone := false
		// Within a transaction, so that no hold can be placed in between.
		if err := s.Store.Update(ctx, func(tx T) error {
			now, err := list(tx)
			if err != nil {
				return err
			}
			for _, m := range now {
				gone = gone || m.Equal(month)
			}
			if !gone {
				return nil
			}
			return s.EraseMonth(month)
		}); err != nil {
			return total, err
		}
		for n := 1; gone && n > 0; total += n {
			if err := s.Store.Update(ctx, func(tx T) error {
				n, err = tx.EmptyAudit(month, batch)
				return err
			}); err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

func (s *Sweeper[T]) note(tx T, action string, c Class, detail map[string]string) error {
	detail["class"], detail["catalogue"] = c.ID, Version
	return s.Audit.Append(tx, mash.Entry{At: s.Env.Now(), Actor: s.Owner, Action: action, Detail: detail})
}

// Every is how often a hub or a node sweeps.
const Every = time.Hour

// Run sweeps now and every hour until ctx ends. It returns nil then; what fails
// is logged and tried again.
func (s *Sweeper[T]) Run(ctx context.Context) error {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		if n, err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("sweeping what is past its retention", "code", mash.CodeOf(err), "destroyed", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
