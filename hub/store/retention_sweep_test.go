package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/retention"
)

// dying is a log that fails at its nth entry, as a crash before the commit does.
type dying struct {
	left int
	said []string
}

func (d *dying) Append(_ mash.AuditTx, e mash.Entry) error {
	if d.left--; d.left < 0 {
		return errors.New("killed")
	}
	d.said = append(d.said, e.Action)
	return nil
}

// rows counts what is in every table, and what of it is still sealed.
func rows(t *testing.T, f *file, tables []string) string {
	t.Helper()
	var b strings.Builder
	if err := f.view(context.Background(), func(tx *tx) error {
		for _, table := range tables {
			n, err := one(tx, scanInt, `SELECT count(*) FROM `+table)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s %d\n", table, n)
		}
		n, err := one(tx, scanInt, `SELECT count(*) FROM audit_rows WHERE body IS NOT NULL`)
		fmt.Fprintf(&b, "bodies %d\n", n)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSweepSurvivesCrashes: killed at any transaction, the next sweep ends where
// one that was never killed does, and one more finds nothing.
func TestSweepSurvivesCrashes(t *testing.T) {
	later := start.AddDate(11, 0, 0)
	env := mash.SystemEnv()
	env.Now = func() time.Time { return later }
	sweeper := func(h *Hub, log mash.Auditor) *retention.Sweeper[mash.HubTx] {
		return &retention.Sweeper[mash.HubTx]{Owner: "fernshire", Store: h, Audit: log, Env: env, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Tables: HubTables(),
			EraseMonth: func(month time.Time) error { return h.vault.Destroy(AuditKey(month)) }, Flush: h.Flush}
	}
	full := func() *Hub {
		h := testHub(t, t.TempDir())
		fill(t, h, false)
		if err := h.vault.Create(AuditKey(start)); err != nil {
			t.Fatal(err)
		}
		decide(t, h, false)
		mustUpdate(t, h, func(tx mash.HubTx) error { return tx.EraseEnquiry("e1") })
		return h
	}
	whole := full()
	n, err := sweeper(whole, &dying{left: 1 << 30}).Sweep(context.Background())
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	want := rows(t, whole.f, HubTables())
	if !strings.Contains(want, "bodies 0") || !strings.Contains(want, "outbox 0") || !strings.Contains(want, "audit_rows 1") {
		t.Fatalf("a sweep leaves\n%s", want)
	}
	deaths := 0
	for k := range 20 {
		h := full()
		before := rows(t, h.f, HubTables())
		log := &dying{left: k}
		_, err := sweeper(h, log).Sweep(context.Background())
		gone, _, gerr := h.vault.Destroyed(AuditKey(start))
		if gerr != nil || gone && !slices.Contains(log.said, "retention.audit_month") {
			t.Errorf("killed at %d, the month's key is gone without a word: %v", k, gerr)
		}
		if err == nil {
			if !gone {
				t.Error("the month's key is still there")
			}
			break
		}
		if deaths++; k == 0 && rows(t, h.f, HubTables()) != before {
			t.Error("something went without a word in the log")
		}
		for i := range 2 {
			n, err := sweeper(h, &dying{left: 1 << 30}).Sweep(context.Background())
			if err != nil || i == 1 && n != 0 {
				t.Errorf("killed at %d, sweep %d: %d, %v", k, i, n, err)
			}
		}
		if got := rows(t, h.f, HubTables()); got != want {
			t.Errorf("killed at %d, it ends with\n%swant\n%s", k, got, want)
		}
	}
	if deaths < 4 {
		t.Errorf("only %d points to die at", deaths)
	}
	if gone, _, err := whole.vault.Destroyed(AuditKey(start)); !gone || err != nil {
		t.Errorf("the month's key: %v %v", gone, err)
	}
}
