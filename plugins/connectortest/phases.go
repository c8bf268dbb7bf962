package connectortest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"mashhub/plugins/connector"
	"mashhub/plugins/host"
)

// opener starts a connector anew and configures it. callTimeout bounds its
// calls where there is a host; the second result gives everything back.
type opener func(ctx context.Context, q connector.ConfigureRequest, callTimeout time.Duration) (connector.Connector, func(), error)

// phase is one way to reach the connector.
type phase struct {
	name    string
	process bool
	open    opener
}

func inProcess(s Spec) phase {
	return phase{"in process", false, func(ctx context.Context, q connector.ConfigureRequest, _ time.Duration) (connector.Connector, func(), error) {
		impl := s.New()
		_, err := impl.Configure(ctx, q)
		return impl, func() {}, err
	}}
}

// overGRPC adds the wire form to what is tested: an answer that it cannot
// carry, such as text that is not UTF-8, fails here.
func overGRPC(s Spec) phase {
	return phase{"over gRPC", false, func(ctx context.Context, q connector.ConfigureRequest, _ time.Duration) (connector.Connector, func(), error) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, fmt.Errorf("listening: %w", err)
		}
		server := grpc.NewServer(grpc.MaxSendMsgSize(connector.MaxMessageBytes))
		connector.ServiceV1(s.New())(server)
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = server.Serve(listener)
		}()
		conn, err := grpc.NewClient("passthrough:///"+listener.Addr().String(),
			grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			server.Stop()
			return nil, nil, fmt.Errorf("dialling: %w", err)
		}
		shut := func() {
			_ = conn.Close()
			server.Stop()
			<-done
		}
		c := connector.ClientV1(conn)
		if _, err := c.Configure(ctx, q); err != nil {
			shut()
			return nil, nil, err
		}
		return c, shut, nil
	}}
}

// asProcess runs argv under the host that the node uses.
func asProcess(argv []string) (phase, error) {
	digest, err := host.Digest(argv[0])
	if err != nil {
		return phase{}, err
	}
	return phase{"as a process", true, func(ctx context.Context, q connector.ConfigureRequest, callTimeout time.Duration) (connector.Connector, func(), error) {
		p, err := host.Start(ctx, host.Spec{
			Name: "conformance", Cmd: argv, SHA256: digest, Config: q.Config, Secrets: q.Secrets,
			Limits: host.Limits{CallTimeout: callTimeout, Crashes: 50, BackoffMin: 10 * time.Millisecond},
		})
		if err != nil {
			return nil, nil, err
		}
		return p, func() { _ = p.Close() }, nil
	}}, nil
}

// build makes the program of package main, in the current directory's module.
func build(ctx context.Context, dir, main string) (string, error) {
	program := filepath.Join(dir, "connector")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, main)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", main, err, out)
	}
	return program, nil
}

// servingFlag marks the test binary's second life. It is an argument and not a
// variable of the environment because the host passes none on.
const servingFlag = "-connectortest.serve"

func secondLife(t testing.TB) ([]string, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding the test binary: %w", err)
	}
	var pattern []string
	for _, level := range strings.Split(t.Name(), "/") {
		pattern = append(pattern, "^"+regexp.QuoteMeta(level)+"$")
	}
	return []string{program, "-test.run=" + strings.Join(pattern, "/"), servingFlag}, nil
}

// phases lists the ways to test s. dir is for a program that is built.
func phases(t testing.TB, s Spec) ([]phase, error) {
	if runtime.GOOS == "windows" {
		return nil, fmt.Errorf("connectors run on Linux and macOS only")
	}
	var all []phase
	if s.inProcessOnly {
		return []phase{inProcess(s)}, nil
	}
	if s.New != nil {
		all = append(all, inProcess(s), overGRPC(s))
	}
	argv := s.Cmd
	switch {
	case len(argv) > 0:
	case s.Main != "":
		program, err := build(t.Context(), t.TempDir(), s.Main)
		if err != nil {
			return nil, err
		}
		argv = []string{program}
	default:
		var err error
		if argv, err = secondLife(t); err != nil {
			return nil, err
		}
	}
	p, err := asProcess(argv)
	return append(all, p), err
}
