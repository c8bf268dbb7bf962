package store

import (
	"context"
	"testing"

	"mashhub/hub/mash"
)

// TestEveryConnectionIsSafe: what makes commits durable and deletions real is
// a setting of each connection, easily lost.
func TestEveryConnectionIsSafe(t *testing.T) {
	n := testNode(t, t.TempDir())
	check := func(who string, s *session, queryOnly string) {
		t.Helper()
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "temp_store": "2", "query_only": queryOnly,
		} {
			var got string
			err := s.query("PRAGMA "+pragma, nil, func(r row) error {
				got = r.(cursor).st.ColumnText(0)
				return nil
			})
			if err != nil || got != want {
				t.Errorf("%s: %s is %s, want %s: %v", who, pragma, got, want, err)
			}
		}
	}
	check("writer", n.f.writer.s, "0")
	for range n.f.count {
		r := <-n.f.readers
		check("reader", r, "1")
		defer func() { n.f.readers <- r }()
	}
}

// TestCommitsArePadded: the VFS encrypts whole blocks, so a commit that ended
// within one would be written again, and could be torn, by the next. SQLite
// repeats the last frame up to the end of the block.
func TestCommitsArePadded(t *testing.T) {
	n := testNode(t, t.TempDir())
	set := func(next int64) {
		t.Helper()
		if err := n.Update(context.Background(), func(tx mash.NodeTx) error { return tx.SetPosition("t", 0, next) }); err != nil {
			t.Fatal(err)
		}
	}
	set(1)
	if err := n.f.flush(); err != nil {
		t.Fatal(err)
	}
	set(2) // changes one page
	if frames := logFrames(t, n.f.writer.s, "passive"); frames != 2 {
		t.Errorf("a commit of one page has %d frames: it is not padded", frames)
	}
}

// logFrames checkpoints and gives the number of frames in the log.
func logFrames(t *testing.T, s *session, how string) (frames int64) {
	t.Helper()
	var busy, moved int64
	err := s.query("PRAGMA wal_checkpoint("+how+")", nil, func(r row) error { return r.Scan(&busy, &frames, &moved) })
	if err != nil {
		t.Fatal(err)
	}
	return frames
}
