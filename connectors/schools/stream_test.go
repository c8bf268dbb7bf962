package schools

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"mashhub/plugins/connector"
)

// TestManyRowsStream reads a file of MASH_TEST_ROWS rows (200,000 by default)
// and holds the memory in use while reading to a bound that does not grow with it.
func TestManyRowsStream(t *testing.T) {
	rows := 200_000
	if s := os.Getenv("MASH_TEST_ROWS"); s != "" {
		if _, err := fmt.Sscan(s, &rows); err != nil {
			t.Fatal("MASH_TEST_ROWS is not a number")
		}
	}
	root := t.TempDir()
	e := good()
	var b strings.Builder
	b.WriteString("UPN,Date,Session,Mark\n")
	for i := range rows {
		fmt.Fprintf(&b, "C%012d,2026-01-05,AM,/\n", i)
	}
	b.WriteString(upn + ",2026-01-05,AM,/\n")
	e[AttendanceFile] = b.String()
	b.Reset()
	e.write(t, root, "100001")
	e = nil
	c := configured(t, root, "")
	ref := search(t, c, "100001", who("José", "Núñez", "2016-05-03")).Candidates[0].Ref
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	peak, stop, done := uint64(0), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapAlloc)
			}
		}
	}()
	start := time.Now()
	got, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: ref, Person: connector.Person{Key: "s"}, Categories: []string{"education.attendance"}})
	took := time.Since(start)
	close(stop)
	<-done
	if err != nil || len(got.Items) != 1 || !strings.HasPrefix(got.Items[0].Title, "Attendance 100.0 %") {
		t.Fatalf("%+v %v", got, err)
	}
	grew := max(int64(peak)-int64(before.HeapAlloc), 0)
	t.Logf("%d rows in %s, heap grew by %d KiB at most", rows, took, grew>>10)
	if grew > 32<<20 {
		t.Errorf("the heap grew by %d MiB", grew>>20)
	}
	// The caller's end is honoured in the middle of a file.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Fetch(ctx, connector.FetchRequest{Ref: ref, Categories: categories}); connector.CodeOf(err) != connector.CodeUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
