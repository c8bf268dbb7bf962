package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"mashhub/hub/mash"
)

// ErrBrokerRunning says that another process has the data directory.
var ErrBrokerRunning = errors.New("another broker runs on this data directory")

// BrokerOptions of the embedded broker.
type BrokerOptions struct {
	// Dir holds everything. It is made with mode 0700: records are kept as
	// they came (sealed), topics and keys in the open.
	Dir string
	// Addr is a loopback address; empty or port 0 chooses a free port at the
	// first start and keeps it, so that clients find the broker again after
	// a restart.
	Addr string
	// MayMove chooses another port when the kept one is taken by another
	// program. Only right while no client was told the address yet.
	MayMove bool
	Topics  []Topic           // exist before OnReady
	OnReady func(addr string) // host:port; called once
	Log     *slog.Logger      // nil: silent
}

// RunBroker runs the embedded broker until ctx ends, and then returns nil. A
// record that was acknowledged is on the disk (fsync per batch): it is there
// after kill -9.
//
// Run it in a process of its own, supervised: the library behind it was made
// for tests, a malformed request stops the whole process, and a batch is
// synced by the one goroutine that does everything. A guard in front refuses
// the requests known to do that. It has no sign-in: whoever has an account on
// the machine can connect. It is meant for one machine; several machines use
// Apache Kafka.
//
// Errors: ErrBrokerRunning; CodeInvalid for an address that is not loopback.
func RunBroker(ctx context.Context, o BrokerOptions) error {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if err := loopbackOnly(o.Addr); err != nil {
		return err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return fmt.Errorf("making the broker's directory: %w", err)
	}
	unlock, err := lock(filepath.Join(o.Dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()

	listener, err := listen(ctx, o)
	if err != nil {
		return err
	}
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ClusterID("mashhub"),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return guard(listener), nil }),
		kfake.DataDir(filepath.Join(o.Dir, "log")),
		kfake.SyncWrites(),
		kfake.BrokerConfigs(map[string]string{"message.max.bytes": fmt.Sprint(maxBatch)}),
		kfake.WithLogger(brokerLog{log}),
	)
	if err != nil {
		_ = listener.Close() // the first error counts
		return fmt.Errorf("starting the embedded broker: %w", err)
	}
	addr := listener.Addr().String()
	if err := prepare(ctx, addr, o); err != nil {
		closeBroker(cluster)
		return err
	}
	// Starting reads every record to check it; give that memory back.
	debug.FreeOSMemory()
	log.Info("embedded broker is ready", "addr", addr)
	if o.OnReady != nil {
		o.OnReady(addr)
	}
	<-ctx.Done()
	if !closeBroker(cluster) {
		return errors.New("the embedded broker did not stop in time; what it acknowledged is on the disk")
	}
	return nil
}

// closeBroker reports whether it ended within 5 s.
func closeBroker(c *kfake.Cluster) bool {
	done := make(chan struct{})
	go func() { c.Close(); close(done) }()
	t := time.NewTimer(5 * time.Second)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// prepare makes the topics through the broker's front door.
func prepare(ctx context.Context, addr string, o BrokerOptions) error {
	if len(o.Topics) == 0 {
		return nil
	}
	k, err := Connect(ctx, Options{Brokers: []string{addr}, ClientID: "broker", Log: o.Log})
	if err != nil {
		return err
	}
	defer k.Close() // nothing was written
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return k.EnsureTopics(ctx, o.Topics)
}

func loopbackOnly(addr string) error {
	if addr == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return mash.Invalid("addr", "not host:port", "write it as 127.0.0.1:0")
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return mash.Invalid("addr", "the embedded broker listens on this machine only",
			"use 127.0.0.1, or Apache Kafka for several machines")
	}
	return nil
}

// listen takes the address kept in the directory, or chooses one and keeps it.
func listen(ctx context.Context, o BrokerOptions) (net.Listener, error) {
	file := filepath.Join(o.Dir, "address")
	addr := o.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	chosen := strings.HasSuffix(addr, ":0")
	if chosen {
		kept, err := os.ReadFile(file)
		switch {
		case err == nil && loopbackOnly(strings.TrimSpace(string(kept))) == nil && len(kept) > 0:
			addr = strings.TrimSpace(string(kept))
		case err != nil && !errors.Is(err, os.ErrNotExist):
			return nil, fmt.Errorf("reading the broker's address: %w", err)
		}
	}
	l, err := listenPatiently(ctx, addr)
	if err != nil && chosen && o.MayMove {
		l, err = listenPatiently(ctx, "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("listening on the broker's address (is another program on it?): %w", err)
	}
	if chosen {
		if err := keep(file, l.Addr().String()); err != nil {
			_ = l.Close() // the first error counts
			return nil, err
		}
	}
	return l, nil
}

// listenPatiently gives a killed predecessor's socket a moment to go.
func listenPatiently(ctx context.Context, addr string) (net.Listener, error) {
	for attempt := 0; ; attempt++ {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
		if err == nil || attempt == 10 {
			return l, err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// keep replaces a file as a whole, so that a crash leaves the old or the new.
func keep(file, text string) error {
	if err := os.WriteFile(file+".new", []byte(text+"\n"), 0o600); err != nil {
		return fmt.Errorf("keeping the broker's address: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("keeping the broker's address: %w", err)
	}
	return nil
}

// brokerLog passes on warnings and errors: they name topics and addresses.
type brokerLog struct{ log *slog.Logger }

func (l brokerLog) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.log.Error("embedded broker", "message", fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		l.log.Warn("embedded broker", "message", fmt.Sprintf(format, args...))
	}
}
