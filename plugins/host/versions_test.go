package host

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"mashhub/plugins/connector"
	"mashhub/plugins/host/testdata/contractv2"
)

//go:generate sh -c "cd ../connector/internal/wire/generate && go run . -I ../../../../host/testdata/contractv2 -module mashhub/plugins/host/testdata/contractv2 -out ../../../../host/testdata/contractv2 contract.proto"

func TestTheSecondVersionIsCurrent(t *testing.T) {
	source, err := os.ReadFile("testdata/contractv2/contract.proto")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Appendf(nil, "// source: contract.proto sha256 %x\n", sha256.Sum256(source))
	for _, file := range []string{"contract.pb.go", "contract_grpc.pb.go"} {
		text, err := os.ReadFile("testdata/contractv2/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, want) {
			t.Errorf("%s is not from this contract.proto: run go generate ./plugins/...", file)
		}
	}
}

// serveVersions is what a plugin of the next version, or one that dropped the
// first, has in its main.
func serveVersions(role string) {
	impl := &faulty{}
	services := map[connector.Version]connector.Service{2: contractv2.Service(impl)}
	if role == "plugin-v1v2" {
		services[connector.V1] = connector.ServiceV1(impl)
	}
	connector.ServeVersions(services)
}

func TestVersionsSideBySide(t *testing.T) {
	oldHost := map[connector.Version]connector.Dial{connector.V1: connector.ClientV1}
	newHost := map[connector.Version]connector.Dial{connector.V1: connector.ClientV1, 2: contractv2.Dial}
	for name, c := range map[string]struct {
		host   map[connector.Version]connector.Dial
		plugin string
		speaks connector.Version
		ref    string
	}{
		"old plugin, old host":    {oldHost, "plugin", 1, "ref-1"},
		"old plugin, new host":    {newHost, "plugin", 1, "ref-1"},
		"new plugin, old host":    {oldHost, "plugin-v1v2", 1, "ref-1"},
		"new plugin, new host":    {newHost, "plugin-v1v2", 2, "v2:ref-1"},
		"newest plugin, new host": {newHost, "plugin-v2", 2, "v2:ref-1"},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, func(s *Spec) { s.dials, s.Cmd[2] = c.host, c.plugin })
			if r.Version() != c.speaks {
				t.Errorf("they speak version %d, want %d", r.Version(), c.speaks)
			}
			a, err := r.Search(t.Context(), search(""))
			if err != nil || len(a.Candidates) != 1 || a.Candidates[0].Ref != c.ref {
				t.Errorf("search: %+v, %v", a, err)
			}
			// A restart negotiates again.
			q := search("crash-once")
			q.Call = "k"
			if _, err := r.Search(t.Context(), q); err != nil {
				t.Errorf("across a restart: %v", err)
			}
		})
	}
}

func TestNoVersionInCommon(t *testing.T) {
	r := &rig{}
	spec := specFor(t, r, "plugin-v2")
	spec.KeepTrying = true // waiting would not mend it
	p, err := Start(t.Context(), spec)
	if err == nil {
		p.Close()
		t.Fatal("it started")
	}
	wantCode(t, err, connector.CodeInvalid)
	if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "it speaks 2, this host 1") {
		t.Errorf("error %q", err)
	}
}
