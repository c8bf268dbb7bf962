package wire

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"testing"
)

// The generator writes the digest of the .proto into what it generates.
func TestGeneratedCodeIsCurrent(t *testing.T) {
	source, err := os.ReadFile("connector.proto")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Appendf(nil, "// source: connector.proto sha256 %x\n", sha256.Sum256(source))
	for _, file := range []string{"connector.pb.go", "connector_grpc.pb.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, want) {
			t.Errorf("%s is not from this connector.proto: run go generate ./plugins/...", file)
		}
	}
}
