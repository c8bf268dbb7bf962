package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// StartOptions of the start's figures.
type StartOptions struct {
	Program string    // a built mashhub; empty: this program
	Times   int       // how often it is started, each time on a fresh directory [3]
	Out     io.Writer // progress; nil: none
}

// run is one start of the demo.
type startRun struct {
	chronology float64 // seconds, as the demo reports them: from its start
	wall       float64 // seconds until it ended
	resident   float64 // MB, the most at any time
	processes  int     // at that time
}

// Start runs `demo --once` on a built binary and measures how long it takes to
// the complete chronology, and how much memory all of its processes take.
func Start(ctx context.Context, o StartOptions) (Report, error) {
	r := Report{Bench: "start"}
	if o.Times == 0 {
		o.Times = 3
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Program == "" {
		var err error
		if o.Program, err = os.Executable(); err != nil {
			return r, err
		}
	}
	var runs []startRun
	for n := range o.Times {
		s, err := startOnce(ctx, o.Program)
		if err != nil {
			return r, fmt.Errorf("start %d: %w", n+1, err)
		}
		fmt.Fprintf(o.Out, "start %d: chronology after %.2f s, ended after %.2f s, %.0f MB in %d processes\n", n+1, s.chronology, s.wall, s.resident, s.processes)
		runs = append(runs, s)
	}
	seconds, wall, resident := make([]float64, len(runs)), make([]float64, len(runs)), make([]float64, len(runs))
	for i, s := range runs {
		seconds[i], wall[i], resident[i] = s.chronology, s.wall, s.resident
	}
	r.Figures = []Figure{
		atMost("first_chronology_s", median(seconds), "s", 3),
		plain("once_s", median(wall), "s"),
	}
	if resident[0] > 0 {
		most := slices.Max(resident)
		r.Figures = append(r.Figures, atMost("resident_mb", most, "MB", 600))
	}
	r.Notes = []string{
		fmt.Sprintf("%d times `demo --once` on a fresh directory, the median of the times and the largest of the sizes.", o.Times),
		fmt.Sprintf("Processes: %d at the peak: the demo, its broker, hub and nodes, and a process for each connector. Stores: an encrypted SQLite database for the hub and for each node.", runs[0].processes),
		"Sizes are summed PSS, sampled every 50 ms: what is shared between processes counts once. They are known on Linux only.",
	}
	return r, nil
}

func startOnce(ctx context.Context, program string) (s startRun, err error) {
	dir, err := os.MkdirTemp("", "mashhub-start-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(dir)
	var out, diary bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "demo", "--once", "--json", "--data", filepath.Join(dir, "data"))
	cmd.Stdout, cmd.Stderr = &out, &diary
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) } // it stops what it started
	cmd.WaitDelay = 20 * time.Second
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return s, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			s.wall = time.Since(began).Seconds()
			var report struct {
				Seconds float64 `json:"chronology_seconds"`
			}
			if jerr := json.Unmarshal(out.Bytes(), &report); jerr != nil {
				return s, fmt.Errorf("the demo did not report (%w): %s", errors.Join(err, jerr), last(diary.String(), 500))
			}
			s.chronology = report.Seconds
			return s, nil // whether the scenario held is not what is measured
		case <-tick.C:
			s.sample(cmd.Process.Pid)
		}
	}
}

// sample adds up what everything takes now and keeps the most.
func (s *startRun) sample(root int) {
	pids := family(root)
	var sum float64
	n := 0
	for _, pid := range pids {
		if mb, err := pss(pid); err == nil { // else it has just ended
			sum, n = sum+mb, n+1
		}
	}
	if sum > s.resident {
		s.resident, s.processes = sum, n
	}
}

func last(s string, n int) string { return s[max(0, len(s)-n):] }
