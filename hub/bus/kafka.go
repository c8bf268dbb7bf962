package bus

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"mashhub/hub/mash"
)

// ErrClosed is returned by calls on a Kafka that was closed.
var ErrClosed = errors.New("bus is closed")

// Kafka is a mash.Bus over a Kafka cluster. Safe for concurrent use. Share
// one: concurrent publishes are batched.
type Kafka struct {
	options   Options
	log       *slog.Logger
	transport *kafka.Transport
	client    *kafka.Client
	health    health
	now       func() time.Time

	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	mu       sync.Mutex
	closed   bool
	conns    map[net.Conn]struct{}
	lanes    map[laneKey]*lane
	recycled time.Time
	writing  sync.WaitGroup
}

var _ mash.Bus = (*Kafka)(nil)

// Connect makes a client. It does not wait for a broker: hub and node start
// while the broker is away, and Probe says whether it is there. Errors are
// about the options. ctx bounds the client's life as Close does.
func Connect(ctx context.Context, o Options) (*Kafka, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	mechanism, err := o.SASL.mechanism()
	if err != nil {
		return nil, err
	}
	k := &Kafka{options: o, log: o.Log, conns: map[net.Conn]struct{}{}, lanes: map[laneKey]*lane{}, now: time.Now}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	k.health = health{notify: o.OnHealth, log: k.log, now: k.now}
	k.ctx, k.cancel = context.WithCancel(ctx)
	k.transport = &kafka.Transport{
		Dial:        k.dial,
		DialTimeout: 5 * time.Second,
		IdleTimeout: 30 * time.Second,
		MetadataTTL: metadataTTL,
		ClientID:    o.ClientID,
		TLS:         o.TLS,
		SASL:        mechanism,
		Context:     k.ctx,
	}
	k.client = &kafka.Client{Addr: kafka.TCP(o.Brokers...), Transport: k.transport}
	return k, nil
}

// Close ends every Read and Publish and closes the connections. It does not
// wait for the broker.
func (k *Kafka) Close() error {
	k.cancel()
	k.mu.Lock()
	k.closed = true
	open := slices.Collect(maps.Keys(k.conns))
	k.mu.Unlock()
	for _, c := range open {
		_ = c.Close() // it may be gone already
	}
	k.writing.Wait()
	k.transport.CloseIdleConnections()
	return nil
}

// Probe asks whether a broker answers; within 2 s unless ctx ends before. It
// goes to the network each time: its answers are what an outage is measured by.
func (k *Kafka) Probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	r, err := k.client.ApiVersions(ctx, &kafka.ApiVersionsRequest{Addr: k.client.Addr})
	if err == nil {
		err = r.Error
	}
	if err != nil {
		return mash.Errorf(mash.CodeUnavailable, "probing the broker: %w", err)
	}
	return nil
}

// dial remembers connections, so that Close need not wait for long polls.
func (k *Kafka) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	t := &trackedConn{Conn: c, k: k}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		_ = c.Close()
		return nil, ErrClosed
	}
	k.conns[t] = struct{}{}
	return t, nil
}

type trackedConn struct {
	net.Conn
	k *Kafka
}

func (c *trackedConn) Close() error {
	c.k.mu.Lock()
	delete(c.k.conns, c)
	c.k.mu.Unlock()
	return c.Conn.Close()
}

// moved reports whether the broker itself says that what we know of the
// cluster is out of date. A broker that is merely away is no such sign: what
// is known of it is what finds it again soonest.
func moved(err error) bool {
	var kind kafka.Error
	return errors.As(err, &kind) && kind.Temporary()
}

// recycle drops pooled connections and cached metadata, at most every 5 s.
func (k *Kafka) recycle() {
	k.mu.Lock()
	now := k.now()
	due := now.Sub(k.recycled) > 5*time.Second
	if due {
		k.recycled = now
	}
	k.mu.Unlock()
	if due {
		k.transport.CloseIdleConnections()
	}
}
