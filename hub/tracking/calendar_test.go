package tracking

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mashhub/hub/mash"
)

func london2(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, london())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWorkingHours(t *testing.T) {
	c := OfficeHours()
	for _, x := range []struct {
		from string
		d    time.Duration
		want string
		why  string
	}{
		{"2026-11-20 10:00", 6 * time.Hour, "2026-11-20 16:00", "within a day"},
		{"2026-11-20 16:00", 6 * time.Hour, "2026-11-23 14:00", "over a weekend"},
		{"2026-11-20 22:15", time.Hour, "2026-11-23 10:00", "raised on a Friday night"},
		{"2026-11-23 06:00", time.Hour, "2026-11-23 10:00", "raised before opening"},
		{"2026-11-23 09:00", 8 * time.Hour, "2026-11-23 17:00", "to the minute of closing"},
		{"2026-11-23 17:00", 0, "2026-11-24 09:00", "no time at all from closing on"},
		{"2026-12-24 16:00", 2 * time.Hour, "2026-12-29 10:00", "over Christmas and its substitute day"},
		{"2026-03-27 16:00", 2 * time.Hour, "2026-03-30 10:00", "over the night on which the clocks go forward"},
		{"2026-10-23 16:00", 2 * time.Hour, "2026-10-26 10:00", "over the night on which they go back"},
		{"2024-02-28 16:30", 9 * time.Hour, "2024-03-01 09:30", "over a leap day"},
	} {
		if got, want := c.Add(london2(t, x.from), x.d), london2(t, x.want); !got.Equal(want) {
			t.Errorf("%s: %s + %s is %s, want %s", x.why, x.from, x.d, got.In(london()).Format("2006-01-02 15:04"), x.want)
		}
	}
}

func TestWorkingHoursGrow(t *testing.T) {
	c := OfficeHours()
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(1_700_000_000, 1_830_000_000).Draw(t, "from"), 0)
		a := time.Duration(rapid.Int64Range(0, int64(200*time.Hour)).Draw(t, "a"))
		b := time.Duration(rapid.Int64Range(0, int64(200*time.Hour)).Draw(t, "b"))
		whole, parts := c.Add(from, a+b), c.Add(c.Add(from, a), b)
		if b > 0 && a > 0 && !whole.Equal(parts) {
			t.Fatalf("%s then %s is %s, at once %s", a, b, parts, whole)
		}
		if got := c.Add(from, a); got.Before(from) {
			t.Fatalf("due before it was raised")
		} else if open, shut, ok := c.day(got); !ok || got.Before(open) || got.After(shut) {
			t.Fatalf("due at %s, when nobody works", got)
		}
	})
}

func TestNeverOpen(t *testing.T) {
	c := OfficeHours()
	c.Days = [7]bool{}
	from := london2(t, "2026-11-20 10:00")
	if got := c.Add(from, time.Hour); got.Before(from) {
		t.Errorf("it is due %s, before it was raised", got)
	}
}

func TestProfiles(t *testing.T) {
	p := DefaultProfile()
	raised := london2(t, "2026-11-20 16:30")
	for rag, want := range map[mash.RAG]string{mash.Red: "2026-11-20 18:30", mash.Amber: "2026-11-23 14:30", mash.Green: "2026-11-25 16:30"} {
		got, name := p.Target(rag, mash.Party{Agency: "police"}, raised)
		if !got.Equal(london2(t, want)) || name != "default/1" {
			t.Errorf("%s is due %s by %s, want %s", rag, got.In(london()), name, want)
		}
	}
	for _, bad := range []string{"x: {red: {within: soon, clock: office}}", "x: {red: {within: 2h, clock: moon}}", "["} {
		if _, err := Profiles([]byte(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestHolidaysAreFresh generates the list again from the published one.
func TestHolidaysAreFresh(t *testing.T) {
	dir := os.Getenv("MASH_TEST_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	in := filepath.Join(dir, "calendar", "bank-holidays.json")
	if _, err := os.Stat(in); err != nil {
		t.Skipf("the published list is not here: set MASH_TEST_DATA to the folder of test data")
	}
	out := filepath.Join(t.TempDir(), "gen.go")
	if b, err := exec.Command("go", "run", "./internal/genholidays", "-in", in, "-out", out).CombinedOutput(); err != nil {
		t.Fatalf("generating: %v: %s", err, b)
	}
	want, _ := os.ReadFile(out)
	got, _ := os.ReadFile("holidays_gen.go")
	if !bytes.Equal(got, want) {
		t.Error("holidays_gen.go is not what the published list gives: run go generate ./hub/tracking")
	}
}
