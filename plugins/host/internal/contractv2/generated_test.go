package contractv2

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"testing"
)

// The generator writes the digest of the .proto into what it generates.
func TestGeneratedCodeIsCurrent(t *testing.T) {
	source, err := os.ReadFile("contract.proto")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Appendf(nil, "// source: contract.proto sha256 %x\n", sha256.Sum256(source))
	for _, file := range []string{"contract.pb.go", "contract_grpc.pb.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, want) {
			t.Errorf("%s is not from this contract.proto: run go generate ./plugins/...", file)
		}
	}
}
