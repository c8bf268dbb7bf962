package host

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"mashhub/plugins/connector"
)

// instance is one launch of a plugin, from its process to its end.
type instance struct {
	spec    Spec
	process *process
	conn    *grpc.ClientConn
	remote  connector.Connector
	dir     *socketDir // removed at the end, with its socket

	version     connector.Version
	description connector.DescribeResponse

	timeouts atomic.Int32 // calls in a row that met their deadline
	cause    atomic.Value // string: why we killed it
	watchers sync.WaitGroup
	stopOnce sync.Once
}

// settings are what configure hands over; they may change while a Plugin lives.
type settings struct{ request connector.ConfigureRequest }

// launch starts the program, shakes hands and configures it. On an error
// nothing of it is left.
//
// Of the plugin library's client only Start is used: process, handshake,
// certificates, version. Its own connection comes with a broker and a
// controller that the contract has no use for, and leaks when a plugin accepts
// a connection and says nothing; its Kill waits for a plugin that hangs.
func launch(ctx context.Context, spec Spec, config settings, printed *counter) (_ *instance, err error) {
	if err := verifyDigest(spec); err != nil {
		return nil, err
	}
	dir, err := makeSocketDir(spec.Dir)
	if err != nil {
		return nil, connector.Errorf(connector.CodeInternal, "making a directory for sockets: %w", err)
	}
	in := &instance{spec: spec, dir: dir}
	ctx, cancel := context.WithTimeout(ctx, spec.Limits.StartTimeout)
	defer cancel()
	defer func() {
		if err != nil {
			in.stop()
		}
	}()
	made := make(chan struct{}) // closed once in.process is set
	tlsConfig, clientPEM, err := mutualTLS()
	if err != nil {
		return nil, connector.Errorf(connector.CodeInternal, "%s: %w", spec.Name, err)
	}
	client := plugin.NewClient(in.clientConfig(tlsConfig, clientPEM, printed, made))
	var address net.Addr
	started := make(chan error, 1)
	go func() {
		var err error
		address, err = client.Start()
		started <- err
	}()
	select {
	case err = <-started:
	case <-ctx.Done():
		select {
		case <-made:
			in.kill("no handshake in time")
			<-started // soon: its process is gone
		case <-started:
		}
		err = errNoHandshake
	}
	if err != nil {
		return nil, startError(spec, err)
	}
	in.version = connector.Version(client.NegotiatedVersion())
	if err := in.connect(address, tlsConfig, printed); err != nil {
		return nil, err
	}
	if err := in.introduce(ctx, config); err != nil {
		return nil, err
	}
	in.watchers.Go(in.watchMemory)
	return in, nil
}

var errNoHandshake = errors.New("no handshake in time")

func (in *instance) clientConfig(tlsConfig *tls.Config, clientPEM string, printed *counter, made chan struct{}) *plugin.ClientConfig {
	return &plugin.ClientConfig{
		HandshakeConfig:  connector.Handshake,
		VersionedPlugins: connector.ClientSets(in.spec.dials),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		TLSConfig:        tlsConfig, // as AutoMTLS does it: see mutualTLS
		SkipHostEnv:      true,
		StartTimeout:     in.spec.Limits.StartTimeout,
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: in.dir.path},
		Logger:           newLogger(in.spec.Log),
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, socketDir string) (runner.Runner, error) {
			env := append(cmd.Env, "PLUGIN_CLIENT_CERT="+clientPEM)
			in.process = newProcess(in.spec.Cmd, env, socketDir, printed)
			close(made)
			return in.process, nil
		},
	}
}

// connect opens the connection that calls go over. Nothing is sent yet.
func (in *instance) connect(address net.Addr, tlsConfig *tls.Config, printed *counter) error {
	size := in.spec.Limits.MessageBytes
	conn, err := grpc.NewClient("passthrough:///connector",
		grpc.WithTransportCredentials(credentials.NewTLS(tlsConfig)),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, address.Network(), address.String())
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(size), grpc.MaxCallSendMsgSize(size)),
		grpc.WithMaxHeaderListSize(64<<10),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
	)
	if err != nil {
		return connector.Errorf(connector.CodeInternal, "%s: preparing the connection: %w", in.spec.Name, err)
	}
	in.conn = conn
	in.remote = in.spec.dials[in.version](conn)
	in.watchers.Go(func() { drainOutput(conn, printed) })
	return nil
}

// introduce learns what the plugin is and hands over the settings.
func (in *instance) introduce(ctx context.Context, config settings) error {
	var err error
	in.description, err = in.remote.Describe(ctx, connector.DescribeRequest{})
	if err == nil {
		err = checkDescription(in.description)
	}
	if err != nil {
		return clean(in.spec.Name, "describe", err, nil)
	}
	if _, err = in.remote.Configure(ctx, config.request); err != nil {
		return clean(in.spec.Name, "configure", err, secretsOf(config.request))
	}
	return nil
}

// kill ends the process and remembers the first reason. It does not wait.
func (in *instance) kill(cause string) {
	in.cause.CompareAndSwap(nil, cause)
	if in.process != nil {
		in.process.kill()
	}
}

// why is the reason for the end, in a word that may be logged.
func (in *instance) why() string {
	if cause, ok := in.cause.Load().(string); ok {
		return cause
	}
	return "crashed"
}

// exited is closed when the process and what it started are gone.
func (in *instance) exited() <-chan struct{} { return in.process.exited }

// stop ends the process and gives back everything: goroutines, connection,
// socket. It waits for that, which takes milliseconds.
func (in *instance) stop() {
	in.stopOnce.Do(func() {
		in.kill("stopped")
		if in.process != nil && in.process.pid() != 0 {
			<-in.process.exited
		}
		if in.conn != nil {
			_ = in.conn.Close()
		}
		in.watchers.Wait()
		in.dir.remove()
	})
}

// responsive asks the plugin's gRPC health service, with a deadline: a process
// that is stuck altogether does not answer it.
func (in *instance) responsive(ctx context.Context) bool {
	patience := min(2*time.Second, max(in.spec.Limits.CallTimeout, 500*time.Millisecond))
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := grpc_health_v1.NewHealthClient(in.conn).Check(ctx,
		&grpc_health_v1.HealthCheckRequest{Service: plugin.GRPCServiceName})
	// The status counts as well as the context: on a busy machine the call ends
	// by the clock before the context's timer has run. Any other error is an
	// answer, if only that there is no such service.
	return err == nil || ctx.Err() == nil && status.Code(err) != codes.DeadlineExceeded
}

// watchMemory kills a process that passes its cap. Only seen every 250 ms:
// the cap protects the machine, it is not a quota.
func (in *instance) watchMemory() {
	limit := in.spec.Limits.MemoryBytes
	if limit < 0 {
		return
	}
	interval := 250 * time.Millisecond
	if runtime.GOOS != "linux" {
		interval = 2 * time.Second // each look starts a ps
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-in.exited():
			return
		case <-tick.C:
			if n, err := residentBytes(in.process.pid()); err == nil && n > limit {
				in.kill("memory above its cap")
				return
			}
		}
	}
}
