package connectortest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"mashhub/plugins/connector"
)

// TestAnotherLanguage runs the connector that is printed in plugins/PROTOCOL.md
// through the suite: written from that page and the .proto alone, it conforms.
// It needs a Python with gRPC, named by MASH_TEST_PYTHON or found as python3.
func TestAnotherLanguage(t *testing.T) {
	python := os.Getenv("MASH_TEST_PYTHON")
	if python == "" {
		python, _ = exec.LookPath("python3")
	}
	if python == "" || exec.Command(python, "-c", "import grpc, grpc_tools, grpc_health, grpc_status, cryptography").Run() != nil {
		t.Skip("no Python with grpcio, grpcio-tools, grpcio-health-checking, grpcio-status and cryptography: set MASH_TEST_PYTHON to one")
	}
	page, err := os.ReadFile("../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	program := regexp.MustCompile("(?ms)^```python\n(.*?)^```$").FindSubmatch(page)
	if program == nil {
		t.Fatal("PROTOCOL.md holds no Python program")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "plugin.py")
	if err := os.WriteFile(file, program[1], 0o600); err != nil {
		t.Fatal(err)
	}
	generate := exec.Command(python, "-m", "grpc_tools.protoc", "-I../connector/internal/wire",
		"--python_out="+dir, "--grpc_python_out="+dir, "connector.proto")
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("generating: %v\n%s", err, out)
	}
	Run(t, Spec{
		Cmd: []string{python, file}, Config: []byte(`{}`),
		Known:   connector.Person{Key: "subject-1", Record: rowan},
		Unknown: connector.Person{Key: "subject-2", Record: stranger},
		Waive: map[string]string{
			"search finds a known person": "the example holds nobody",
			"calls at the same time":      "the example holds nobody",
		},
	})
}
