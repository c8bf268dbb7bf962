package host

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"mashhub/plugins/connector"
)

// plain serves the contract in the clear: a program that somebody put in the
// place of the plugin's socket could do no better.
func plain() {
	path := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "plugin-plain")
	l, err := net.Listen("unix", path)
	if err != nil {
		os.Exit(1)
	}
	s := grpc.NewServer()
	connector.ServiceV1(&faulty{})(s)
	fmt.Printf("1|1|unix|%s|grpc|\n", path)
	_ = s.Serve(l)
}

// Another process of the same user finds the socket, and gets nothing from it
// without the certificate of this launch.
func TestStrangersAreRefused(t *testing.T) {
	r := start(t, nil)
	sockets, err := filepath.Glob(filepath.Join(r.sockets, "*", "*", "plugin*"))
	if err != nil || len(sockets) != 1 {
		t.Fatalf("sockets %v, %v", sockets, err)
	}
	if info, err := os.Stat(filepath.Dir(sockets[0])); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's directory has mode %v, %v", info.Mode(), err)
	}
	other, _, err := mutualTLS()
	if err != nil {
		t.Fatal(err)
	}
	for name, config := range map[string]*tls.Config{
		"no certificate":      {InsecureSkipVerify: true},
		"another certificate": {InsecureSkipVerify: true, Certificates: other.Certificates},
	} {
		conn, err := grpc.NewClient("unix:"+sockets[0], grpc.WithTransportCredentials(credentials.NewTLS(config)))
		if err != nil {
			t.Fatal(err)
		}
		_, err = connector.ClientV1(conn).Describe(t.Context(), connector.DescribeRequest{})
		if err == nil {
			t.Errorf("%s: the plugin answered a stranger", name)
		}
		conn.Close()
	}
	if _, err := r.Search(t.Context(), search("")); err != nil {
		t.Errorf("the host itself: %v", err)
	}
}

func BenchmarkCall(b *testing.B) {
	path, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	p, err := Start(b.Context(), Spec{Name: "faulty", Cmd: []string{path, "as", "plugin"}, SHA256: ownDigest(),
		Config: fmt.Appendf(nil, `{"dir": %q}`, b.TempDir())})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	for b.Loop() {
		if _, err := p.Fetch(b.Context(), fetch("")); err != nil {
			b.Fatal(err)
		}
	}
}
