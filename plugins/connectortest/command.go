package connectortest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// RunCommand is `mashhub connector test DIR`: it builds the connector in dir,
// a Go module, runs its tests, and writes to w what the conformance suite
// found. It is an error if a test failed, and also if the suite was not run in
// every phase: a connector without its conformance test does not pass.
func RunCommand(ctx context.Context, w io.Writer, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return errors.New("there is no go.mod in that directory: start one with mashhub connector new DIR")
		}
		return fmt.Errorf("opening the connector: %w", err)
	}
	scratch, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	began := time.Now()
	if out, err := goCommand(ctx, dir, "build", "-o", filepath.Join(scratch, "connector"), ".").CombinedOutput(); err != nil {
		fmt.Fprintf(w, "%s", out)
		return fmt.Errorf("building the connector: %w", err)
	}
	fmt.Fprintf(w, "built in %v\n", time.Since(began).Round(time.Millisecond))

	results := filepath.Join(scratch, "results")
	test := goCommand(ctx, dir, "test", "-count=1", "./...")
	test.Env = append(os.Environ(), reportVariable+"="+results)
	began = time.Now()
	out, testErr := test.CombinedOutput()
	found, err := readResults(results)
	if err != nil {
		return err
	}
	writeTable(w, found)
	fmt.Fprintf(w, "tested in %v\n", time.Since(began).Round(time.Millisecond))
	if testErr != nil {
		fmt.Fprintf(w, "\n%s", out)
		return fmt.Errorf("the connector does not conform: %w", testErr)
	}
	for _, phase := range []string{"in process", "over gRPC", "as a process"} {
		if !slices.ContainsFunc(found, func(r Result) bool { return r.Phase == phase && r.Verdict == Passed }) {
			return fmt.Errorf("the conformance suite was not run %s: call connectortest.Run in a test", phase)
		}
	}
	fmt.Fprintln(w, "the connector conforms")
	return nil
}

func goCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

func readResults(path string) ([]Result, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the results: %w", err)
	}
	var all []Result
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var r Result
		if err := decoder.Decode(&r); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the results: %w", err)
		}
		all = append(all, r)
	}
}

// writeTable writes a line per phase and one per case that did not pass.
func writeTable(w io.Writer, results []Result) {
	var order []string
	counts := map[string]map[Verdict]int{}
	for _, r := range results {
		if counts[r.Phase] == nil {
			counts[r.Phase] = map[Verdict]int{}
			order = append(order, r.Phase)
		}
		counts[r.Phase][r.Verdict]++
	}
	for _, phase := range order {
		n := counts[phase]
		fmt.Fprintf(w, "%-14s %d passed, %d failed, %d waived, %d not applicable\n",
			phase, n[Passed], n[Failed], n[Waived], n[NotApplicable])
	}
	for _, r := range results {
		if r.Verdict == Failed || r.Verdict == Waived {
			fmt.Fprintf(w, "  %s, %s: %s: %s\n", r.Verdict, r.Phase, r.Case, r.Detail)
		}
	}
}
