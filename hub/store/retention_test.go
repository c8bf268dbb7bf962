package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mashhub/hub/mash"
	"mashhub/hub/retention"
)

// tablesOf lists every table of an open file, goose's own included. SQLite's own
// (sqlite_…) hold how far its counters are, and nothing else.
func tablesOf(t *testing.T, f *file) (names []string) {
	t.Helper()
	if err := f.view(context.Background(), func(tx *tx) (err error) {
		names, err = many(tx, func(r row) (s string, err error) {
			err = r.Scan(&s)
			return s, err
		}, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return names
}

// TestEveryTableHasOneClass: a new table cannot be forgotten, nor a class be of
// no table, in the catalogue and in the rules of the store alike.
func TestEveryTableHasOneClass(t *testing.T) {
	h, n := testHub(t, t.TempDir()), testNode(t, t.TempDir())
	there := map[string]bool{}
	for name, c := range map[string]struct {
		have, ruled []string
	}{
		"hub": {tablesOf(t, h.f), HubTables()}, "node": {tablesOf(t, n.f), NodeTables()}, "vault": {tablesOf(t, h.vault.f), VaultTables()},
	} {
		if !slices.Equal(c.have, c.ruled) {
			t.Errorf("%s has the tables\n%v\nand rules of keeping for\n%v", name, c.have, c.ruled)
		}
		for _, table := range c.have {
			there[table] = true
		}
	}
	classes := map[string]int{}
	ids := map[string]bool{}
	for _, c := range retention.Catalogue() {
		if ids[c.ID] || c.ID == "" || c.Name == "" || c.Records == "" || c.Begins == "" || c.Destroys == "" || c.Why == "" || c.Source == "" || len(c.Tables) == 0 {
			t.Errorf("class %q is there twice or says too little", c.ID)
		}
		if ids[c.ID] = true; (c.End == retention.BySweep || c.End == retention.ByReview) == c.Keep.IsZero() {
			t.Errorf("class %s ends by %s after %s", c.ID, c.End, c.Keep)
		}
		for _, table := range c.Tables {
			classes[table]++
			if !there[table] {
				t.Errorf("class %s is of a table %s that no store has", c.ID, table)
			}
		}
	}
	for table := range there {
		if classes[table] != 1 {
			t.Errorf("table %s has %d classes, not one", table, classes[table])
		}
	}
}

var closedDay = time.Date(2033, 11, 23, 0, 0, 0, 0, time.UTC)

// fill puts a row into every table of a hub: an enquiry e1, closed, on hold or
// not, with everything that can belong to it, and what belongs to nobody.
func fill(t testing.TB, h *Hub, hold bool) {
	t.Helper()
	mustUpdate(t, h, func(tx mash.HubTx) error {
		_, err := tx.(hubTx).exec(`UPDATE quarantine_beyond SET counted = 1`)
		return errors.Join(err, fillEnquiry(tx, "", hold), fillExchange(tx),
			tx.PutNotice(mash.Notification{ID: "n1", Hub: "fernshire", Kind: "encompass", RaisedAt: start, Dedupe: "agency/police/x", Content: []byte("canary-notice"),
				Retention: mash.Retention{Class: "notice", Review: closedDay}}),
			tx.PutHeartbeat(mash.Heartbeat{Party: mash.Party{Agency: "police", Unit: "u"}, At: start}),
			tx.PutOutage(mash.Outage{ID: "o1", Scope: "hub", From: start, To: start}))
	})
}

// fillEnquiry makes one enquiry with everything that can belong to it; p begins
// every id.
func fillEnquiry(tx mash.HubTx, p string, hold bool) error {
	e := p + "e1"
	return errors.Join(
		tx.PutEnquiry(mash.Enquiry{ID: e, Reference: p + "AAAA-BBBB", State: mash.EnquiryClosed, OpenedAt: start, Content: mash.EnquiryContent{Narrative: "canary-narrative"},
			Retention: mash.Retention{Class: "enquiry", Review: closedDay, Hold: hold}}),
		tx.PutRequest(mash.Request{ID: p + "r1", EnquiryID: e, MessageID: p + "m1", Earlier: []mash.Terms{{MessageID: p + "m0"}}, State: mash.RequestLanded, RaisedAt: start}),
		tx.PutEvent(mash.Event{Request: p + "r1", Kind: mash.EventRaised, At: start}),
		tx.PutReturn(mash.Return{ID: p + "ret1", RequestID: p + "r1", EnquiryID: e, Revision: 1, Items: []mash.ReturnedItem{{Decision: "canary-item"}}}),
		tx.PutSetAside(mash.SetAside{ID: p + "a1", EnquiryID: e, RequestID: p + "r1", State: mash.AsideKept, Content: []byte("canary-aside")}),
		tx.PutDisclosure(mash.Disclosure{ID: p + "d1", Enquiry: e, At: start}),
		tx.PutNotice(mash.Notification{ID: p + "n2", Hub: "fernshire", Kind: "feedback", RaisedAt: start, Dedupe: "feedback/" + e + "/1", Content: []byte("canary-feedback")}),
		fillMessages(tx, p))
}

// fillMessages is what was sent, taken in, decided and logged about a request.
func fillMessages(tx mash.ExchangeTx, p string) error {
	out := mash.OutMessage{ID: p + "m1", Hub: "fernshire", Kind: "request", From: "hub/fernshire", To: "agency/police", Ref: p + "r1", Sealed: []byte("sealed-question"),
		Receipt: true, Created: start}
	told := out
	told.ID, told.Kind, told.Sealed = p+"m2", "withdraw", []byte("sealed-else")
	_, err := tx.NextSequence("hub/fernshire", p+"r1")
	earlier := out
	earlier.ID = p + "m0"
	for _, m := range []mash.OutMessage{out, told, earlier} {
		err = errors.Join(err, tx.Enqueue(m))
		_, e1 := tx.MarkSent(m.ID, start, start)
		_, _, e2 := tx.Settle(m.ID, m.To, mash.OutDone, "")
		err = errors.Join(err, e1, e2)
	}
	return errors.Join(err, tx.Take(mash.InMessage{Issuer: "agency/police", ID: p + "i1", Ref: p + "r1", At: start}),
		tx.PutAuditRow(mash.AuditRow{ID: p + "au1", At: start, Leaf: []byte("leaf"), Body: []byte("b"), Salt: []byte("s"), Enquiry: p + "e1"}),
		tx.PutDecision(mash.Decision{ID: p + "dec1", Enquiry: p + "e1", Request: p + "r1", At: start}))
}

// fillExchange puts a row into every other table that hub and node share.
func fillExchange(tx mash.ExchangeTx) error {
	err := errors.Join(tx.SetPosition("topic", 0, 1), tx.Quarantine(mash.Quarantined{ID: "q1", At: start, Sealed: []byte("junk")}))
	_, seen := tx.SeeQuarantined(nil, "w", "why", start, start)
	return errors.Join(err, seen, tx.SetAuditIndex("au1", 0), tx.PutTreeHashes(0, [][32]byte{{1}}, 1), tx.PutCheckpoint(1, []byte("note"), start),
		tx.PutKey(mash.Key{Owner: "agency/police", ID: "k1", Use: mash.KeySign, From: start}),
		tx.PutPolicyFiles("v1", []byte("{}")), tx.PutEdition(mash.Edition{ID: "ed1", Hub: "fernshire", Version: "v1"}))
}

func fillNode(t testing.TB, n *Node) {
	t.Helper()
	p := mash.Party{Agency: "police", Unit: "u"}
	if err := n.Update(context.Background(), func(tx mash.NodeTx) error {
		once, err := tx.NoticeOnce("fernshire", "in/n1", start)
		_, err2 := tx.(nodeTx).exec(`UPDATE quarantine_beyond SET counted = 1`)
		if !once {
			err = errors.Join(err, errors.New("known"))
		}
		return errors.Join(err, err2, fillMessages(tx, ""), fillExchange(tx),
			tx.PutHeld(mash.HeldRequest{Hub: "fernshire", ID: "r1", Party: p, State: mash.RequestLanded, Received: start}),
			tx.PutNodeEvent("fernshire", p, mash.Event{Request: "r1", Kind: mash.EventAgencyReceived, At: start}),
			tx.PutSentReturn(mash.SentReturn{Hub: "fernshire", Request: "r1", Party: p, Revision: 1, MessageID: "m", Sealed: []byte("s"), At: start}),
			tx.PutTask(mash.Task{ID: "t1", Hub: "fernshire", Request: "r1", Party: p, Kind: "answer", State: "done", Created: start, DoneAt: start}),
			tx.SetCursor("c1", "place"))
	}); err != nil {
		t.Fatal(err)
	}
}

// names are the rows that fill makes, by table.
var names = map[string]string{
	"outbox": "m1", "sequences": "hub/fernshire/r1", "inbox": "agency/police/i1", "positions": "topic/0", "quarantine": "q1", "quarantine_beyond": "1",
	"audit_rows": "au1", "audit_hashes": "0", "audit_tree": "1", "checkpoints": "1", "decisions": "dec1", "registry": "k1", "policy_files": "v1", "editions": "ed1",
	"goose_exchange": "1", "goose_hub": "1", "goose_node": "1", "goose_vault": "1",
	"enquiries": "e1", "requests": "r1", "events": "1", "returns": "ret1", "set_aside": "a1", "disclosures": "d1", "notices": "n1", "heartbeats": "police/u", "outages": "o1",
	"held": "fernshire/r1/police/u", "node_events": "1", "sent_returns": "fernshire/r1/police/u/1", "tasks": "t1", "node_notices": "fernshire/in/n1", "cursors": "c1",
	"vault_keys": "enquiry/e1",
}

// facts are what each row must know: the review date, by the catalogue, and
// whether a hold on the enquiry reaches it.
var facts = map[string]struct {
	review string
	held   bool
}{
	"enquiries": {"2033-11-23", true}, "requests": {"2033-11-23", true}, "events": {"2033-11-23", true}, "returns": {"2033-11-23", true},
	"set_aside": {"2033-11-23", true}, "disclosures": {"2033-11-23", true}, "notices": {"2033-11-23", false},
	"outbox": {"2026-11-29", true}, "inbox": {"2027-01-21", true}, "quarantine": {"2027-02-20", false}, "decisions": {"2036-11-22", true},
	"audit_rows": {"2036-12-01", true}, "held": {"2027-01-21", false}, "node_events": {"2027-02-20", false}, "tasks": {"2027-02-20", false},
	"sent_returns": {"2033-11-22", false}, "node_notices": {"2033-11-22", false}, "vault_keys": {"", true},
}

// TestEveryRowKnows: class, review date and hold of a row of every table (I10).
func TestEveryRowKnows(t *testing.T) {
	for _, hold := range []bool{false, true} {
		h, n := testHub(t, t.TempDir()), testNode(t, t.TempDir())
		fill(t, h, hold)
		fillNode(t, n)
		if hold {
			mustUpdate(t, h, func(tx mash.HubTx) error { return tx.GuardEnquiry("e1", true) })
		}
		check := func(side string, tx retention.Keeper, tables []string) {
			t.Helper()
			for _, table := range tables {
				got, err := retention.Of(tx, table, names[table])
				want := facts[table]
				c, _ := retention.ByTable(table)
				review := ""
				if !got.Review.IsZero() {
					review = got.Review.Format(time.DateOnly)
				}
				held := hold && want.held && side != "node"
				if err != nil || got.Class != c.ID || review != want.review || got.Hold != held {
					t.Errorf("%s, %s: %s due %q, held %v (%v); want %s due %q, held %v", side, table, got.Class, review, got.Hold, err, c.ID, want.review, held)
				}
				if _, err := retention.Of(tx, table, "no such row"); !errors.Is(err, mash.ErrNotFound) {
					t.Errorf("%s, %s: a row that is not there: %v", side, table, err)
				}
			}
			if _, err := retention.Of(tx, "strangers", "1"); mash.CodeOf(err) != mash.CodeInvalid {
				t.Errorf("a table without a class: %v", err)
			}
		}
		if err := h.View(context.Background(), func(tx mash.HubTx) error {
			check("hub", tx, HubTables())
			r, err := retention.Of(tx, "notices", "n2") // what the originator was told is the enquiry's
			if err != nil || !r.Review.Equal(closedDay) || r.Hold != hold {
				t.Errorf("feedback: %+v %v", r, err)
			}
			_, err = tx.Kept("held", "x")
			if mash.CodeOf(err) != mash.CodeInternal {
				t.Errorf("a node's table at the hub: %v", err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := n.View(context.Background(), func(tx mash.NodeTx) error {
			check("node", tx, NodeTables())
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		check("vault", h.vault, VaultTables())
	}
}

// swept sweeps a table once, and whatever else it is told to: rows that are not
// over, or not there, stay.
func swept(tx mash.Retentions, table string, before time.Time) (due bool, n int, err error) {
	rows, err := tx.SweepDue(table, before, 100)
	if err != nil {
		return false, 0, err
	}
	n, err = tx.Sweep(table, before, append(slices.Clone(rows), allRows[table]...))
	return len(rows) > 0, n, err
}

// allRows name rows of fill that a program's mistake could put to Sweep.
var allRows = map[string][]string{"outbox": {"[1]", "[2]"}, "inbox": {`["agency/police","i1"]`}, "quarantine": {"[1]", "[2]"}, "decisions": {"[1]"},
	"tasks": {`["t1"]`}, "node_events": {"[1]"}, "sent_returns": {"[1]"}, "node_notices": {`["fernshire","in/n1"]`}}

// TestSweepIsExact: what is over goes, a millisecond earlier it stays; questions
// stay while they can be answered; a second sweep finds nothing.
func TestSweepIsExact(t *testing.T) {
	h, n := testHub(t, t.TempDir()), testNode(t, t.TempDir())
	fill(t, h, false)
	fillNode(t, n)
	count := func(f *file, table string) (rows int64) {
		t.Helper()
		if err := f.view(context.Background(), func(tx *tx) (err error) {
			rows, err = one(tx, scanInt, `SELECT count(*) FROM `+table)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	for _, c := range []struct {
		side, table string
		left        int64
	}{
		{"hub", "outbox", 2}, {"hub", "inbox", 0}, {"hub", "quarantine", 0}, {"hub", "decisions", 1}, {"hub", "enquiries", 1}, {"hub", "sequences", 1},
		{"hub", "positions", 1}, {"hub", "audit_rows", 1}, {"hub", "returns", 1}, {"hub", "notices", 2},
		{"node", "outbox", 2}, {"node", "inbox", 0}, {"node", "tasks", 0}, {"node", "node_events", 0}, {"node", "sent_returns", 0}, {"node", "node_notices", 0},
		{"node", "cursors", 1}, {"node", "held", 1},
	} {
		f, once := h.f, func(before time.Time) (due bool, n int) {
			t.Helper()
			mustUpdate(t, h, func(tx mash.HubTx) (err error) {
				due, n, err = swept(tx, c.table, before)
				return err
			})
			return due, n
		}
		if c.side == "node" {
			f, once = n.f, func(before time.Time) (due bool, got int) {
				t.Helper()
				if err := n.Update(context.Background(), func(tx mash.NodeTx) (err error) {
					due, got, err = swept(tx, c.table, before)
					return err
				}); err != nil {
					t.Fatal(err)
				}
				return due, got
			}
		}
		there := count(f, c.table)
		if due, n := once(start.Add(-time.Millisecond)); due || n != 0 {
			t.Errorf("%s %s: %d went before their time", c.side, c.table, n)
		}
		due, n := once(start.AddDate(1, 0, 0))
		if left := count(f, c.table); left != c.left || due != (there > c.left && n > 0) {
			t.Errorf("%s %s: %d rows left after %d went, want %d", c.side, c.table, left, n, c.left)
		}
		if due, n := once(start.AddDate(1, 0, 0)); due || n != 0 {
			t.Errorf("%s %s: a second sweep destroys %d", c.side, c.table, n)
		}
	}
	// Open messages and unseen ones are nobody's to sweep.
	mustUpdate(t, h, func(tx mash.HubTx) error {
		return errors.Join(tx.Enqueue(mash.OutMessage{ID: "open", Kind: "notify", Ref: "n1", Sealed: []byte("x"), Receipt: true, Created: start}),
			tx.Quarantine(mash.Quarantined{ID: "q2", At: start}))
	})
	for _, table := range []string{"outbox", "quarantine"} {
		mustUpdate(t, h, func(tx mash.HubTx) error {
			if _, n, err := swept(tx, table, start.AddDate(50, 0, 0)); err != nil || n != 0 {
				t.Errorf("%s: %d went that somebody still needs (%v)", table, n, err)
			}
			return nil
		})
	}
}

// decide marks an enquiry as to be destroyed.
func decide(t testing.TB, h *Hub, hold bool) {
	t.Helper()
	mustUpdate(t, h, func(tx mash.HubTx) error {
		e, err := tx.Enquiry("e1")
		if err != nil {
			return err
		}
		e.Retention.Hold = hold
		e.Retention.Disposal = &mash.Disposal{Decision: mash.DisposalDestroy, By: "ig", At: start}
		return tx.UpdateEnquiry(e)
	})
}

// TestErasingOverwrites: after destruction neither file has the sealed bytes,
// free pages and log included; the skeleton stays; twice is harmless.
func TestErasingOverwrites(t *testing.T) {
	h := testHub(t, t.TempDir())
	fill(t, h, false)
	if err := h.Update(context.Background(), func(tx mash.HubTx) error { return tx.EraseEnquiry("e1") }); mash.CodeOf(err) != mash.CodeConflict {
		t.Fatalf("nobody decided to destroy it: %v", err)
	}
	var sealed [][]byte
	if err := h.f.view(context.Background(), func(tx *tx) (err error) {
		sealed, err = many(tx, scanBytes, `SELECT content FROM enquiries UNION ALL SELECT items FROM returns UNION ALL SELECT content FROM set_aside
			UNION ALL SELECT content FROM notices WHERE id = 'n2' UNION ALL SELECT sealed FROM outbox WHERE id = 'm1'`)
		return err
	}); err != nil || len(sealed) != 5 {
		t.Fatal(len(sealed), err)
	}
	decide(t, h, false) // seals the content anew: what it overwrote is gone as well
	if err := h.f.view(context.Background(), func(tx *tx) error {
		now, err := many(tx, scanBytes, `SELECT content FROM enquiries`)
		sealed = append(sealed, now...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		mustUpdate(t, h, func(tx mash.HubTx) error { return tx.EraseEnquiry("e1") })
	}
	if err := h.Flush(); err != nil {
		t.Fatal(err)
	}
	pages, err := copyInClear(h.f, filepath.Join(t.TempDir(), "copy.db"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(pages, []byte("AAAA-BBBB")) {
		t.Error("the search would not find what is there, or the skeleton is gone")
	}
	for i, b := range sealed {
		for part := range slices.Chunk(b, 12) {
			if len(part) == 12 && bytes.Contains(pages, part) {
				t.Fatalf("%x of sealed value %d is still in the file", part, i)
			}
		}
	}
	for _, k := range []KeyRef{EnquiryKey("e1"), NoticeKey("n2")} {
		if gone, _, err := h.vault.Destroyed(k); !gone || err != nil {
			t.Errorf("key %v: gone %v %v", k, gone, err)
		}
	}
	if gone, _, err := h.vault.Destroyed(NoticeKey("n1")); gone || err != nil {
		t.Errorf("the key of another record is gone: %v", err)
	}
	if err := h.View(context.Background(), func(tx mash.HubTx) error {
		e, err := tx.Enquiry("e1")
		if err != nil || e.Content.Narrative != "" || e.Reference != "AAAA-BBBB" {
			t.Errorf("%+v %v", e, err)
		}
		rs, err := tx.ReturnsOf("r1")
		if err != nil || len(rs) != 1 || len(rs[0].Items) != 0 {
			t.Errorf("%+v %v", rs, err)
		}
		for _, id := range []string{"m0", "m1"} {
			if _, err = tx.OutMessage(id); !errors.Is(err, mash.ErrNotFound) {
				t.Errorf("the question as it was sent is still here: %v", err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestHoldBeatsEverything: no statement and no key destruction gets through,
// whatever a program asks for.
func TestHoldBeatsEverything(t *testing.T) {
	h := testHub(t, t.TempDir())
	fill(t, h, true)
	mustUpdate(t, h, func(tx mash.HubTx) error { return tx.GuardEnquiry("e1", true) })
	decide(t, h, true) // a program's mistake
	for name, f := range map[string]func(hubTx) error{
		"erase": func(tx hubTx) error { return tx.EraseEnquiry("e1") },
		"destroy a piece": func(tx hubTx) error {
			return tx.UpdateSetAside(mash.SetAside{ID: "a1", EnquiryID: "e1", State: mash.AsideDestroyed})
		},
		"empty the enquiry": func(tx hubTx) error { _, err := tx.exec(`UPDATE enquiries SET content = NULL`); return err },
		"empty the returns": func(tx hubTx) error { _, err := tx.exec(`UPDATE returns SET items = NULL`); return err },
		"empty the feedback": func(tx hubTx) error {
			_, err := tx.exec(`UPDATE notices SET content = NULL WHERE id = 'n2'`)
			return err
		},
		"delete the enquiry":     func(tx hubTx) error { _, err := tx.exec(`DELETE FROM enquiries`); return err },
		"delete the requests":    func(tx hubTx) error { _, err := tx.exec(`DELETE FROM requests`); return err },
		"delete the returns":     func(tx hubTx) error { _, err := tx.exec(`DELETE FROM returns`); return err },
		"delete the disclosures": func(tx hubTx) error { _, err := tx.exec(`DELETE FROM disclosures`); return err },
	} {
		err := h.Update(context.Background(), func(tx mash.HubTx) error { return f(tx.(hubTx)) })
		if err == nil || name == "erase" && !errors.Is(err, ErrHeld) {
			t.Errorf("%s: %v, on hold", name, err)
		}
	}
	for _, k := range []KeyRef{EnquiryKey("e1"), NoticeKey("n2")} {
		if err := h.vault.Destroy(k); !errors.Is(err, ErrHeld) {
			t.Errorf("key %v: %v", k, err)
		}
	}
	for _, table := range HubTables() {
		mustUpdate(t, h, func(tx mash.HubTx) error {
			_, n, err := swept(tx, table, start.AddDate(100, 0, 0))
			if table != "quarantine" && n > 0 {
				t.Errorf("the sweep took %d of %s, on hold", n, table)
			}
			return err
		})
	}
	mustUpdate(t, h, func(tx mash.HubTx) error {
		months, err := tx.AuditMonths(start.AddDate(50, 0, 0))
		if len(months) > 0 {
			t.Errorf("months %v would go, on hold", months)
		}
		return err
	})
	// Lifted, all of it goes.
	mustUpdate(t, h, func(tx mash.HubTx) error { return tx.GuardEnquiry("e1", false) })
	decide(t, h, false)
	mustUpdate(t, h, func(tx mash.HubTx) error { return tx.EraseEnquiry("e1") })
	mustUpdate(t, h, func(tx mash.HubTx) error {
		months, err := tx.AuditMonths(start.AddDate(0, 1, 0))
		if len(months) != 1 {
			t.Errorf("months %v after the hold", months)
		}
		return err
	})
}

// TestNothingHeldIsDestroyed draws holds, lifts, decisions, sweeps, erasures and
// attempts on keys in any order: while the hold stands everything of the
// enquiry is whole, byte for byte.
func TestNothingHeldIsDestroyed(t *testing.T) {
	h := testHub(t, t.TempDir())
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		p := fmt.Sprintf("x%d-", round)
		id := p + "e1"
		mustUpdate(t, h, func(tx mash.HubTx) error {
			return errors.Join(fillEnquiry(tx, p, false), tx.SetAuditIndex(p+"au1", int64(round)))
		})
		hold, gone := false, false
		snapshot := func() string {
			var b strings.Builder
			if err := h.f.view(context.Background(), func(tx *tx) error {
				for _, q := range []string{`SELECT content FROM enquiries WHERE id = ?1 || 'e1'`, `SELECT items FROM returns WHERE id = ?1 || 'ret1'`,
					`SELECT content FROM set_aside WHERE id = ?1 || 'a1'`, `SELECT content FROM notices WHERE id = ?1 || 'n2'`, `SELECT id FROM outbox WHERE ref = ?1 || 'r1' ORDER BY seq`,
					`SELECT id FROM inbox WHERE ref = ?1 || 'r1'`, `SELECT id FROM decisions WHERE id = ?1 || 'dec1'`, `SELECT body FROM audit_rows WHERE id = ?1 || 'au1'`,
					`SELECT id FROM disclosures WHERE id = ?1 || 'd1'`} {
					rows, err := many(tx, scanBytes, q, p)
					if err != nil {
						return err
					}
					for _, r := range rows {
						fmt.Fprintf(&b, "%v;", len(r) > 0)
					}
					b.WriteByte('\n')
				}
				return nil
			}); err != nil {
				rt.Fatal(err)
			}
			return b.String()
		}
		whole := ""
		change := func(f func(*mash.Retention)) {
			mustUpdate(t, h, func(tx mash.HubTx) error {
				e, err := tx.Enquiry(id)
				if err != nil {
					return err
				}
				f(&e.Retention)
				return tx.UpdateEnquiry(e)
			})
		}
		for range rapid.IntRange(3, 14).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"hold", "lift", "decide", "erase", "key", "sweep", "month"}).Draw(rt, "step") {
			case "hold":
				if err := h.Update(context.Background(), func(tx mash.HubTx) error { return tx.GuardEnquiry(id, true) }); err == nil {
					change(func(r *mash.Retention) { r.Hold = true })
					if !hold {
						hold, whole = true, snapshot()
					}
				} else if !gone {
					rt.Fatal(err)
				}
			case "lift":
				change(func(r *mash.Retention) { r.Hold = false })
				err := h.Update(context.Background(), func(tx mash.HubTx) error { return tx.GuardEnquiry(id, false) })
				if err != nil && !gone {
					rt.Fatal(err)
				}
				hold = false
			case "decide":
				change(func(r *mash.Retention) { r.Disposal = &mash.Disposal{Decision: mash.DisposalDestroy} })
			case "erase":
				err := h.Update(context.Background(), func(tx mash.HubTx) error { return tx.EraseEnquiry(id) })
				if gone = gone || err == nil; hold && err == nil {
					rt.Fatal("erased, on hold")
				}
			case "key":
				err := h.vault.Destroy(EnquiryKey(id))
				if gone = gone || err == nil; hold && err == nil {
					rt.Fatal("the key went, on hold")
				}
			case "sweep":
				for _, table := range HubTables() {
					mustUpdate(t, h, func(tx mash.HubTx) error {
						_, _, err := swept(tx, table, start.AddDate(30, 0, 0))
						return err
					})
				}
			case "month":
				mustUpdate(t, h, func(tx mash.HubTx) error {
					months, err := tx.AuditMonths(start.AddDate(30, 0, 0))
					for _, m := range months {
						if err == nil {
							_, err = tx.EmptyAudit(m, 10)
						}
					}
					return err
				})
			}
			if hold {
				if now := snapshot(); now != whole {
					rt.Fatalf("something of it went while it was on hold:\n%s---\n%s", whole, now)
				}
			}
		}
	})
}
