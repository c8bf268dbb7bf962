package bench

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pointsWanted is how often something is killed: 20 unless MASH_CRASH_POINTS
// says otherwise.
func pointsWanted(t *testing.T) int {
	s := os.Getenv("MASH_CRASH_POINTS")
	if s == "" {
		return 20
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("MASH_CRASH_POINTS=%q is not a number of points", s)
	}
	return n
}

// TestCrash kills hub, nodes, connector and broker under load and finds
// nothing wrong afterwards (DESIGN §4, I1-I7).
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills real processes for up to a minute")
	}
	t.Parallel() // with the planted faults: both wait more than they work
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("MASH_CRASH_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("MASH_CRASH_SEED=%d", seed)
	r, err := Crash(t.Context(), CrashOptions{Points: pointsWanted(t), Seed: seed, Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Report().Table(t.Output()); err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Violations {
		t.Error(v)
	}
}

// TestPlantedFaultIsFound lets the hub die between the two transactions of a
// reader that stores its position apart from the effects. The harness must say
// that something is lost; without the fault, at the same moment, it must not.
func TestPlantedFaultIsFound(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills real processes for some seconds")
	}
	t.Parallel()
	for _, m := range []Moment{{Victim: "hub", At: onLand}, {Victim: "police", At: onHold}} {
		for _, plant := range []bool{true, false} {
			t.Run(m.Victim+"/"+map[bool]string{true: "planted", false: "as it is"}[plant], func(t *testing.T) {
				t.Parallel()
				r, err := Crash(t.Context(), CrashOptions{Seed: 7, Plant: plant, Only: &m, FaultEvery: -1, Drain: 2 * time.Second, Out: t.Output()})
				if err != nil {
					t.Fatal(err)
				}
				if r.Dir != "" {
					t.Cleanup(func() { os.RemoveAll(r.Dir) })
				}
				lost := 0
				for _, v := range r.Violations {
					if strings.HasPrefix(v, "I1: ") {
						lost++
					}
				}
				switch {
				case plant && lost == 0:
					t.Errorf("a message was lost and nothing was said; %v", r.Violations)
				case !plant && len(r.Violations) > 0:
					t.Errorf("violations without the fault: %v", r.Violations)
				}
			})
		}
	}
}
