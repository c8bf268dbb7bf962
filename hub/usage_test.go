package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asProgram makes this test's binary be the program.
const asProgram = "MASHHUB_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// typed runs the program as a person would and gives what it said.
func typed(t *testing.T, args ...string) (status int, out, problem string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		status = exit.ExitCode()
	case err != nil:
		t.Fatal(err)
	}
	return status, stdout.String(), stderr.String()
}

// TestWhatIsNotUnderstood ends with status 2, two lines on standard error that
// say what and where help is, and nothing where a result would stand.
func TestWhatIsNotUnderstood(t *testing.T) {
	for line, help := range map[string]string{
		"":                          "mashhub --help",
		"serve":                     "mashhub --help",
		"--wrong":                   "mashhub --help",
		"demo --twice":              "mashhub demo --help",
		"demo --scenario 11":        "mashhub demo --help",
		"demo --scenario one":       "mashhub demo --help",
		"demo --json":               "mashhub demo --help",
		"demo again":                "mashhub demo --help",
		"connector":                 "mashhub connector --help",
		"connector new":             "mashhub connector new --help",
		"connector serve fax":       "mashhub connector serve --help",
		"audit verify":              "mashhub audit verify --help",
		"audit verify - --kee x":    "mashhub audit verify --help",
		"bench crash --plant x":     "mashhub bench crash --help",
		"bench crash --points 0":    "mashhub bench crash --help",
		"bench start --times -1":    "mashhub bench start --help",
		"bench roundtrip --each 0s": "mashhub bench roundtrip --help",
		"bench policy --rounds 0":   "mashhub bench policy --help",
		"policy":                    "mashhub policy --help",
		"policy diff -":             "mashhub policy diff --help",
		"demo-hub":                  "mashhub --help", // not for people: its help is the program's
	} {
		t.Run(line, func(t *testing.T) {
			status, out, problem := typed(t, strings.Fields(line)...)
			if status != exitUsage || out != "" {
				t.Errorf("status %d and %q on standard output, want %d and nothing", status, out, exitUsage)
			}
			lines := strings.Split(problem, "\n")
			if len(lines) != 3 || !strings.HasPrefix(lines[0], "mashhub: ") || len(lines[0]) < 20 || lines[1] != "See "+help || lines[2] != "" {
				t.Errorf("it said %q, want what is wrong and See %s", problem, help)
			}
		})
	}
	if _, _, problem := typed(t, "demo", "a\nb\x1b[31m"); strings.Count(problem, "\n") != 2 || strings.Contains(problem, "\x1b") {
		t.Errorf("what was typed made lines or colours of its own: %q", problem)
	}
}

// TestHelp is a result: on standard output, with status 0.
func TestHelp(t *testing.T) {
	for _, line := range []string{"", "demo", "connector", "connector new", "connector test", "connector serve", "audit", "audit verify", "audit proof",
		"policy", "policy check", "policy test", "policy diff", "policy show", "policy schema", "policy mutate", "bench", "bench roundtrip", "bench policy", "bench start", "bench crash"} {
		status, out, problem := typed(t, append(strings.Fields(line), "--help")...)
		if status != 0 || problem != "" || !strings.HasPrefix(out, "Usage: mashhub "+line) {
			t.Errorf("%s --help: status %d, %q on standard error\n%s", line, status, problem, out)
		}
	}
}

// TestWhatDidNotSucceed ends with status 1: the command was right, and what it
// was to do was not done.
func TestWhatDidNotSucceed(t *testing.T) {
	file := t.TempDir() + "/log.jsonl"
	if err := os.WriteFile(file, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"audit", "verify", file, "--key", "x"},
		{"audit", "verify", file, "--key", "@" + file + ".none"},
		{"audit", "verify", file + ".none", "--key", "x"},
		{"connector", "test", file + ".none"},
		{"demo", "--once", "--data", file},
	} {
		status, out, problem := typed(t, args...)
		if status != exitFailed || out != "" || !strings.HasPrefix(problem, "mashhub: ") {
			t.Errorf("%v: status %d, %q on standard output, %q on standard error", args, status, out, problem)
		}
	}
}

// TestStatusesAreDocumented: README says each.
func TestStatusesAreDocumented(t *testing.T) {
	readme := document(t, "README.md")
	for _, row := range []string{"| 0 |", "| 1 |", "| 2 |", "| 130 |"} {
		if !strings.Contains(readme, row) {
			t.Errorf("README.md has no row %q", row)
		}
	}
}
