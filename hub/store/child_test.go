package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mashhub/hub/mash"
)

// The test binary starts itself again as the process that is killed, kept out
// or starved of disk.
func TestMain(m *testing.M) {
	dir := os.Getenv("STORE_CHILD_DIR")
	switch os.Getenv("STORE_CHILD") {
	case "":
		goleak.VerifyTestMain(m)
	case "write":
		childWrites(dir)
	case "limit":
		childLimited(dir)
	case "open":
		_, err := OpenNode(context.Background(), Options{Path: filepath.Join(dir, "node.db"), Key: testKey})
		fmt.Println(mash.CodeOf(err), err)
	}
}

func child(t *testing.T, mode, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe)
	c.Env = append(os.Environ(), "STORE_CHILD="+mode, "STORE_CHILD_DIR="+dir)
	c.Stderr = os.Stderr
	return c
}

func TestSecondProcessIsRefusedAtOnce(t *testing.T) {
	dir := t.TempDir()
	n := testNode(t, dir)
	began := time.Now()
	out, err := child(t, "open", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(out), "conflict ") || !strings.Contains(string(out), "another process has this store open") {
		t.Errorf("the second process said: %s", out)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
	if _, err := OpenNode(context.Background(), Options{Path: filepath.Join(dir, "node.db"), Key: testKey}); mash.CodeOf(err) != mash.CodeConflict {
		t.Errorf("a second opening in one process: %v", err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	out, err = child(t, "open", dir).Output()
	if err != nil || strings.TrimSpace(string(out)) != "<nil>" {
		t.Errorf("after closing: %v %s", err, out)
	}
}

// Each worker's transaction has four effects; all of them or none survive.
const crashWorkers = 6

func childWrites(dir string) {
	ctx := context.Background()
	v, err := OpenVault(ctx, VaultOptions{Path: filepath.Join(dir, "keys.db"), Key: vaultKey1, Wrap: wrapKey})
	if err != nil {
		panic(err)
	}
	h, err := OpenHub(ctx, Options{Path: filepath.Join(dir, "hub.db"), Key: testKey, Vault: v})
	if err != nil {
		panic(err)
	}
	var wg sync.WaitGroup
	for w := range crashWorkers {
		wg.Go(func() {
			for {
				var n int64
				err := h.Update(ctx, func(tx mash.HubTx) (err error) {
					if n, err = tx.NextSequence("worker", strconv.Itoa(w)); err != nil {
						return err
					}
					id := fmt.Sprintf("%d-%d", w, n)
					if n%5 == 0 {
						e := mash.Enquiry{ID: id, Content: mash.EnquiryContent{Narrative: "narrative of " + id}}
						if err := tx.PutEnquiry(e); err != nil {
							return err
						}
					}
					m := mash.OutMessage{ID: id, Hub: "h", Sealed: bytes.Repeat([]byte(id), 200), Receipt: true, Created: start}
					return errors.Join(tx.Enqueue(m), tx.SetPosition("t", w, n))
				})
				if err != nil {
					panic(err)
				}
				// One write, so that a line is whole or absent.
				fmt.Fprintf(os.Stdout, "%d %d\n", w, n)
			}
		})
	}
	wg.Wait()
}

// TestKilledMidWrite kills a writing process at random points, again and again
// on the same files, and checks that nothing acknowledged is lost and that
// every transaction is there whole or not at all. STORE_CRASHES says how often.
func TestKilledMidWrite(t *testing.T) {
	points := 10
	if s := os.Getenv("STORE_CRASHES"); s != "" {
		points, _ = strconv.Atoi(s)
	}
	dir := t.TempDir()
	var acked [crashWorkers]int64
	for range points {
		c := child(t, "write", dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		lines.Scan() // it has begun
		time.AfterFunc(time.Duration(rand.Int64N(int64(120*time.Millisecond))), func() { _ = c.Process.Kill() })
		for ok := true; ok; ok = lines.Scan() {
			var w int
			var n int64
			if _, err := fmt.Sscanf(lines.Text(), "%d %d", &w, &n); err != nil {
				t.Fatalf("child said %q", lines.Text())
			}
			if n <= acked[w] {
				t.Fatalf("worker %d: number %d was given out again", w, n)
			}
			acked[w] = n
		}
		_ = c.Wait()
		checkSurvivors(t, dir, &acked)
	}
	var total int64
	for _, n := range acked {
		total += n
	}
	t.Logf("%d kills, %d acknowledged updates", points, total)
}

func checkSurvivors(t *testing.T, dir string, acked *[crashWorkers]int64) {
	t.Helper()
	ctx := context.Background()
	v, err := OpenVault(ctx, VaultOptions{Path: filepath.Join(dir, "keys.db"), Key: vaultKey1, Wrap: wrapKey})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	h, err := OpenHub(ctx, Options{Path: filepath.Join(dir, "hub.db"), Key: testKey, Vault: v})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	err = h.View(ctx, func(tx mash.HubTx) error {
		raw := tx.(hubTx).tx
		if s, err := one(raw, scanBytes, "PRAGMA integrity_check"); err != nil || string(s) != "ok" {
			t.Fatalf("integrity: %s %v", s, err)
		}
		for w := range crashWorkers {
			last, _, err := tx.Position("t", w)
			if err != nil {
				return err
			}
			if last < acked[w] {
				t.Fatalf("worker %d: acknowledged %d, kept %d", w, acked[w], last)
			}
			if n, err := one(raw, scanInt, `SELECT last FROM sequences WHERE ref = ?1`, strconv.Itoa(w)); last > 0 && (err != nil || n != last) {
				t.Fatalf("worker %d: sequence %d, position %d, %v", w, n, last, err)
			}
			for n := int64(1); n <= last; n++ {
				id := fmt.Sprintf("%d-%d", w, n)
				if m, err := tx.OutMessage(id); err != nil || !bytes.Equal(m.Sealed, bytes.Repeat([]byte(id), 200)) {
					t.Fatalf("message %s: %v", id, err)
				}
				if n%5 == 0 {
					if e, err := tx.Enquiry(id); err != nil || e.Content.Narrative != "narrative of "+id {
						t.Fatalf("enquiry %s: %v", id, err)
					}
				}
			}
			if _, err := tx.OutMessage(fmt.Sprintf("%d-%d", w, last+1)); !errors.Is(err, mash.ErrNotFound) {
				t.Fatalf("worker %d: half of transaction %d is there: %v", w, last+1, err)
			}
			acked[w] = last // what was durable and not yet said counts from now on
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// childLimited meets a real write error: the kernel refuses to let a file grow.
func childLimited(dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	ctx := context.Background()
	n, err := OpenNode(ctx, Options{Path: filepath.Join(dir, "node.db"), Key: testKey})
	if err != nil {
		panic(err)
	}
	var was, now syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		panic(err)
	}
	now = was
	now.Cur = 1 << 20
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &now); err != nil {
		panic(err)
	}
	kept := 0
	for i := range 200 {
		err = n.Update(ctx, func(tx mash.NodeTx) error {
			return errors.Join(tx.SetPosition("t", 0, int64(i+1)), tx.Enqueue(mash.OutMessage{ID: strconv.Itoa(i), Hub: "h", Sealed: make([]byte, 50_000), Created: start}))
		})
		if err != nil {
			break
		}
		kept++
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		panic(err)
	}
	fmt.Println("failed:", mash.CodeOf(err))
	err = n.Update(ctx, func(tx mash.NodeTx) error {
		at, _, err := tx.Position("t", 0)
		open, err2 := tx.OpenMessages("h")
		fmt.Println("kept:", kept > 0 && int(at) == kept && open == kept)
		return errors.Join(err, err2, tx.SetPosition("t", 0, 0))
	})
	fmt.Println("afterwards:", err)
}

func TestRealWriteErrorIsUnavailable(t *testing.T) {
	out, err := child(t, "limit", t.TempDir()).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := "failed: unavailable\nkept: true\nafterwards: <nil>\n"; string(out) != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}
