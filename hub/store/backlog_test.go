package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"mashhub/hub/mash"
)

// TestBacklog: an hour without a broker leaves many open messages; taking the
// next few must not read them all.
func TestBacklog(t *testing.T) {
	n := testNode(t, t.TempDir())
	const all = 3000
	sealed := make([]byte, 4096)
	err := n.Update(context.Background(), func(tx mash.NodeTx) error {
		for i := range all {
			m := mash.OutMessage{ID: fmt.Sprint(i), Hub: "h", Sealed: sealed, Created: start.Add(time.Duration(all-i) * time.Second)}
			if err := tx.Enqueue(m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = n.View(context.Background(), func(tx mash.NodeTx) error {
		due, err := tx.DueMessages("h", start.Add(2*time.Hour), 2)
		if err != nil || len(due) != 2 || due[0].ID != fmt.Sprint(all-1) || due[1].ID != fmt.Sprint(all-2) {
			t.Errorf("%d messages, %v", len(due), err)
		}
		plan, err := many(tx.(nodeTx).tx, func(r row) (s string, err error) {
			var a, b, c int
			err = r.Scan(&a, &b, &c, &s)
			return s, err
		}, `EXPLAIN QUERY PLAN SELECT seq FROM outbox WHERE state = 'open' AND hub = ?1 AND due <= ?2 ORDER BY created, seq LIMIT ?3`, "h", 1, 2)
		if err != nil || !strings.Contains(strings.Join(plan, "\n"), "USING COVERING INDEX outbox_due") {
			t.Errorf("not by the index alone: %q %v", plan, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
