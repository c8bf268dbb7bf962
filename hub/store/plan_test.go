package store

import (
	"context"
	"strings"
	"testing"

	"mashhub/hub/mash"
)

// TestPlans: what runs with every message must not read what it does not need.
func TestPlans(t *testing.T) {
	n := testNode(t, t.TempDir())
	for name, c := range map[string]struct{ query, index string }{
		"unsequenced": {`SELECT ` + auditColumns + ` FROM audit_rows WHERE idx IS NULL ORDER BY seq LIMIT 1`, "USING INDEX sqlite_autoindex_audit_rows_2"},
		"how many":    {`SELECT count(*) FROM audit_rows WHERE idx IS NULL`, "USING COVERING INDEX"},
		"oldest":      {`SELECT min(seq) FROM quarantine WHERE size > 0`, "USING COVERING INDEX quarantine_size"},
		"quarantined": {`SELECT coalesce(sum(size), 0) FROM quarantine`, "USING COVERING INDEX quarantine_size"},
	} {
		t.Run(name, func(t *testing.T) {
			err := n.View(context.Background(), func(tx mash.NodeTx) error {
				plan, err := many(tx.(nodeTx).tx, func(r row) (s string, err error) {
					var a, b, c int
					err = r.Scan(&a, &b, &c, &s)
					return s, err
				}, `EXPLAIN QUERY PLAN `+c.query)
				if all := strings.Join(plan, "\n"); !strings.Contains(all, c.index) || strings.Contains(all, "TEMP B-TREE") {
					t.Errorf("the plan is %s", all)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestPlanOfUntold: every board looks for the few among all that have ended.
func TestPlanOfUntold(t *testing.T) {
	err := testHub(t, t.TempDir()).View(t.Context(), func(tx mash.HubTx) error {
		plan, err := many(tx.(hubTx).tx, func(r row) (s string, err error) {
			var a, b, c int
			err = r.Scan(&a, &b, &c, &s)
			return s, err
		}, `EXPLAIN QUERY PLAN `+untold)
		if all := strings.Join(plan, "\n"); !strings.Contains(all, "USING INDEX requests_untold") || strings.Contains(all, "TEMP B-TREE") {
			t.Errorf("the plan is %s", all)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPlanOfReview: every worklist looks for the few among all that are closed.
func TestPlanOfReview(t *testing.T) {
	err := testHub(t, t.TempDir()).View(t.Context(), func(tx mash.HubTx) error {
		plan, err := many(tx.(hubTx).tx, func(r row) (s string, err error) {
			var a, b, c int
			err = r.Scan(&a, &b, &c, &s)
			return s, err
		}, `EXPLAIN QUERY PLAN SELECT doc FROM enquiries WHERE json_extract(doc, '$.review') = 1 AND state IN ('closed') ORDER BY opened DESC, id DESC LIMIT 5`)
		if all := strings.Join(plan, "\n"); !strings.Contains(all, "USING INDEX enquiries_in_review") || strings.Contains(all, "TEMP B-TREE") {
			t.Errorf("the plan is %s", all)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPlansOfLists: a page of a list is read in the order of its index, and
// nothing is sorted.
func TestPlansOfLists(t *testing.T) {
	working, _, err := whichEnquiries(mash.EnquiryFilter{Working: true, Without: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	restricted, _, err := whichEnquiries(mash.EnquiryFilter{Restricted: true})
	if err != nil {
		t.Fatal(err)
	}
	const newest = ` ORDER BY opened DESC, id DESC`
	for name, c := range map[string]struct{ query, index string }{
		"board":            {`SELECT doc` + outstanding + openOrder, "USING INDEX requests_outstanding"},
		"worklist":         {`SELECT doc FROM enquiries` + working + newest, "USING INDEX enquiries_working"},
		"how many of it":   {`SELECT count(*) FROM enquiries` + working, "INDEX enquiries_working"},
		"restricted to us": {`SELECT doc FROM enquiries` + restricted + newest, "USING INDEX enquiries_restricted"},
		"notices":          {`SELECT doc FROM notices` + noticeOrder, "USING INDEX notices_listed"},
		"how many notices": {noticeCount, "USING COVERING INDEX notices_listed"},
	} {
		t.Run(name, func(t *testing.T) {
			err := testHub(t, t.TempDir()).View(t.Context(), func(tx mash.HubTx) error {
				plan, err := many(tx.(hubTx).tx, func(r row) (s string, err error) {
					var a, b, c int
					err = r.Scan(&a, &b, &c, &s)
					return s, err
				}, `EXPLAIN QUERY PLAN `+c.query+` LIMIT 100 OFFSET 100`)
				if all := strings.Join(plan, "\n"); !strings.Contains(all, c.index) || strings.Contains(all, "TEMP B-TREE") {
					t.Errorf("the plan is %s", all)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
