package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
	"lukechampine.com/adiantum"
	"pgregory.net/rapid"

	"mashhub/hub/mash"
)

// disk is a file in memory that knows what it was told to make durable, and
// can refuse to write.
type disk struct {
	vfsutil.SliceFile
	durable []byte
	full    bool
}

func (d *disk) WriteAt(p []byte, off int64) (int, error) {
	if d.full {
		return 0, errors.New("full")
	}
	return d.SliceFile.WriteAt(p, off)
}

func (d *disk) Sync(vfs.SyncFlag) error {
	d.durable = bytes.Clone(d.SliceFile)
	return nil
}

func (d *disk) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return d.SliceFile.DeviceCharacteristics()
}

func testLog(d *disk) *logFile {
	return &logFile{File: d, cipher: adiantum.New(testKey), data: &dataFile{syncs: true}}
}

// TestLogIsAFile: whatever is written, in whatever pieces and order, is what is
// read, by this connection and, once it is synced, by another.
func TestLogIsAFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &disk{}
		log, model := testLog(d), []byte{}
		read := func(who string, l *logFile, off, n int) {
			got := make([]byte, n)
			m, err := l.ReadAt(got, int64(off))
			want := model[min(off, len(model)):min(off+n, len(model))]
			if len(want) < n && !errors.Is(err, io.EOF) || len(want) == n && err != nil || !bytes.Equal(got[:m], want[:min(m, len(want))]) || m < len(want) {
				t.Fatalf("%s reads %d of %d at %d: %v", who, m, n, off, err)
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			if len(model) == 0 { // SQLite writes the head first: there are no holes
				model = bytes.Repeat([]byte{rapid.Byte().Draw(t, "fill")}, logHead)
				if _, err := log.WriteAt(model, 0); err != nil {
					t.Fatal(err)
				}
			}
			end := len(model)
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0, 1: // a frame in SQLite's pieces, appended or anew
				frames := max(0, end-logHead) / frameSize
				at := logHead + frameSize*rapid.IntRange(0, frames).Draw(t, "frame")
				split := rapid.IntRange(frameHead+1, frameSize-1).Draw(t, "split")
				frame := bytes.Repeat([]byte{rapid.Byte().Draw(t, "fill")}, frameSize)
				model = append(model, make([]byte, max(0, at+frameSize-end))...)
				copy(model[at:], frame)
				_, err1 := log.WriteAt(frame[:frameHead], int64(at))
				_, err2 := log.WriteAt(frame[frameHead:split], int64(at+frameHead))
				err3 := log.Sync(vfs.SYNC_NORMAL)
				_, err4 := log.WriteAt(frame[split:], int64(at+split))
				if err := errors.Join(err1, err2, err3, err4); err != nil {
					t.Fatal(err)
				}
				if want := testLog(d); len(d.durable) < at+frameSize {
					t.Fatal("the sync within a frame was forgotten")
				} else {
					read("another", want, at, frameSize)
				}
			case 2: // the head, or part of something that is there
				at := rapid.IntRange(0, end-1).Draw(t, "at")
				n := rapid.IntRange(1, min(100, end-at)).Draw(t, "n")
				p := bytes.Repeat([]byte{rapid.Byte().Draw(t, "fill")}, n)
				copy(model[at:], p)
				if _, err := log.WriteAt(p, int64(at)); err != nil {
					t.Fatal(err)
				}
			case 3:
				read("this connection", log, rapid.IntRange(0, end+10).Draw(t, "at"), rapid.IntRange(1, 2*frameSize).Draw(t, "n"))
			case 4:
				if size, err := log.Size(); err != nil || int(size) != end {
					t.Fatalf("size %d, not %d: %v", size, end, err)
				}
				if err := log.Sync(vfs.SYNC_NORMAL); err != nil || !bytes.Equal(d.durable, d.SliceFile) {
					t.Fatal(err)
				}
				read("another", testLog(d), 0, max(1, end))
			case 5:
				if rapid.Bool().Draw(t, "restart") {
					model = model[:0]
					if err := log.Truncate(0); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	})
}

// TestLogPlaces: two places never hold the same bytes, and nothing is in clear.
func TestLogPlaces(t *testing.T) {
	d := &disk{}
	log := testLog(d)
	frame := bytes.Repeat([]byte("Rowan Tessel "), frameSize/13+1)[:frameSize]
	for _, p := range []struct {
		bytes []byte
		at    int64
	}{{frame[:logHead], 0}, {frame, logHead}, {frame, logHead + frameSize}} {
		if _, err := log.WriteAt(p.bytes, p.at); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Sync(vfs.SYNC_NORMAL); err != nil {
		t.Fatal(err)
	}
	raw := d.SliceFile
	if len(raw) != logHead+2*frameSize || bytes.Contains(raw, []byte("Rowan")) {
		t.Errorf("%d bytes, or in clear", len(raw))
	}
	if bytes.Equal(raw[logHead:logHead+frameSize], raw[logHead+frameSize:]) {
		t.Error("two places hold the same bytes")
	}
	// One flipped bit changes the whole frame, its checksum included.
	raw[logHead+100] ^= 1
	got := make([]byte, frameSize)
	if _, err := testLog(d).ReadAt(got, logHead); err != nil || bytes.Equal(got[:frameHead], frame[:frameHead]) || bytes.Equal(got[2000:], frame[2000:]) {
		t.Error("a changed frame is read in part", err)
	}
}

// TestLogGivesUp: what could not be written is not written later.
func TestLogGivesUp(t *testing.T) {
	d := &disk{full: true}
	log := testLog(d)
	frame := make([]byte, frameSize)
	if _, err := log.WriteAt(frame, logHead); err != nil {
		t.Fatal(err) // it waits
	}
	if err := log.Sync(vfs.SYNC_NORMAL); err == nil {
		t.Error("a full disk was not told")
	}
	d.full = false
	if err := errors.Join(log.Sync(vfs.SYNC_NORMAL), log.Close()); err != nil || len(d.SliceFile) != 0 {
		t.Errorf("written afterwards: %d bytes, %v", len(d.SliceFile), err)
	}
}

// TestLogWithoutSync: who does not sync still shows others what is committed.
func TestLogWithoutSync(t *testing.T) {
	n := testNode(t, t.TempDir())
	for i, how := range []string{"off", "normal", "full"} {
		if err := n.f.writer.s.run("PRAGMA synchronous = " + how); err != nil {
			t.Fatal(err)
		}
		if err := n.Update(context.Background(), func(tx mash.NodeTx) error { return tx.SetPosition("t", 0, int64(i)) }); err != nil {
			t.Fatal(err)
		}
		if err := n.View(context.Background(), func(tx mash.NodeTx) error {
			if at, _, err := tx.Position("t", 0); err != nil || at != int64(i) {
				t.Errorf("synchronous %s: another connection sees %d, %v", how, at, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTornLog damages the end of the log as a power cut may, and looks whether
// what was committed before that is there, whole.
func TestTornLog(t *testing.T) {
	ctx := context.Background()
	from := t.TempDir()
	n := testNode(t, from)
	var ends []int64 // of the log, after each commit
	for i := range 12 {
		err := n.Update(ctx, func(tx mash.NodeTx) error {
			return errors.Join(tx.SetPosition("t", 0, int64(i+1)),
				tx.Enqueue(mash.OutMessage{ID: fmt.Sprint(i), Hub: "h", Sealed: make([]byte, 100+i*900), Created: start}))
		})
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, logHead+logFrames(t, n.f.writer.s, "noop")*frameSize)
	}
	data, err1 := os.ReadFile(filepath.Join(from, "node.db"))
	log, err2 := os.ReadFile(filepath.Join(from, "node.db-wal"))
	if err := errors.Join(err1, err2); err != nil || int64(len(log)) < ends[11] {
		t.Fatal(len(log), ends, err)
	}
	for try := range 24 {
		dir := t.TempDir()
		torn := bytes.Clone(log)
		at := ends[5] + rand.Int64N(ends[11]-ends[5])
		switch try % 3 {
		case 0: // it ends
			torn = torn[:at]
		case 1: // a block was not written
			clear(torn[at&^4095 : min(at&^4095+4096, int64(len(torn)))])
			at &^= 4095
		case 2:
			torn[at] ^= 0x10
		}
		err1 := os.WriteFile(filepath.Join(dir, "node.db"), data, 0o600)
		err2 := os.WriteFile(filepath.Join(dir, "node.db-wal"), torn, 0o600)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		n := testNode(t, dir)
		err := n.View(ctx, func(tx mash.NodeTx) error {
			last, _, err := tx.Position("t", 0)
			if err != nil {
				return err
			}
			// A frame that pads is not needed.
			if last < 12 && ends[last] < at-frameSize || last > 0 && at < ends[last-1]-2*frameSize {
				t.Errorf("damaged at %d: %d commits are left; they end at %v", at, last, ends)
			}
			open, err := tx.OpenMessages("h")
			if int64(open) != last {
				t.Errorf("damaged at %d: %d messages of %d commits", at, open, last)
			}
			s, err2 := one(tx.(nodeTx).tx, scanBytes, "PRAGMA integrity_check")
			if string(s) != "ok" {
				t.Errorf("damaged at %d: %s", at, s)
			}
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
