package bus

import (
	"crypto/tls"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"mashhub/hub/mash"
)

// Options say how to reach the brokers.
type Options struct {
	Brokers  []string    // host:port, at least one
	TLS      *tls.Config // nil is accepted for loopback brokers only
	SASL     SASL        // zero: none
	ClientID string      // shown in the broker's log
	// AllowPlaintext accepts brokers elsewhere without TLS. Values are sealed
	// all the same; topics, keys, sizes and times are then in the open.
	AllowPlaintext bool
	Log            *slog.Logger // nil: silent. Never gets keys or values
	// OnHealth is called when reading a partition or publishing begins to
	// fail or works again; from several goroutines; it must not block.
	OnHealth func(Health)
}

// SASL is how to sign in at the broker.
type SASL struct {
	Mechanism string // SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN (over TLS only)
	User      string
	Password  string
}

// Operations in a Health.
const (
	OpRead    = "read"    // fetching from the broker
	OpHandle  = "handle"  // the caller's function refuses a batch
	OpPublish = "publish" // writing to the broker
)

// Health says that something began to fail (OK false) or works again.
type Health struct {
	Op        string
	Topic     string // empty for OpPublish
	Partition int
	OK        bool
	Err       error // nil when OK
	At        time.Time
}

// Topic is what EnsureTopics creates.
type Topic struct {
	Name       string
	Partitions int           // 0: 1
	Retention  time.Duration // 0: 7 days
	Replicas   int           // 0: the broker's default
}

const (
	// MaxMessage is the largest value in bytes. A sealed message is at most
	// 1 MiB (envelope's gate); the rest is room to grow.
	MaxMessage = 2 << 20
	// maxBatch is the largest batch a broker takes from us: one message of
	// MaxMessage with its key and framing.
	maxBatch = MaxMessage + 64<<10
	// maxFetch is the most that one fetch returns; a broker returns a larger
	// single batch all the same.
	maxFetch = 4 << 20
	// maxRecords is the most that handle is given at once.
	maxRecords = 256
	// maxPublish is the most that one write has.
	maxPublish = 1000
	// maxQueued bounds what is fetched ahead, in bytes.
	maxQueued = 8 << 20
	// maxKey bounds a key: an id, nothing else.
	maxKey = 256

	maxWait      = 500 * time.Millisecond // of a fetch at the broker
	fetchTimeout = maxWait + 5*time.Second
	writeTimeout = 5 * time.Second
	probeTimeout = 2 * time.Second
	metadataTTL  = 2 * time.Second // how soon a topic created elsewhere is seen
	// leaderWait is how long a write waits for its partition's leader: longer
	// than metadataTTL, so that it is asked for again.
	leaderWait = 3 * time.Second
	retention  = 7 * 24 * time.Hour
)

func (o Options) check() error {
	if len(o.Brokers) == 0 {
		return mash.Invalid("brokers", "no broker is given", "give at least one host:port")
	}
	for _, b := range o.Brokers {
		host, port, err := net.SplitHostPort(b)
		if err != nil || host == "" || port == "" {
			return mash.Invalid("brokers", "not host:port", "write it as broker.example:9092")
		}
		if o.TLS == nil && !o.AllowPlaintext && !loopback(host) {
			return mash.Invalid("tls", "a broker on another machine is reached without TLS",
				"set TLS, or allow plaintext expressly")
		}
	}
	if o.SASL.Mechanism == "PLAIN" && o.TLS == nil {
		return mash.Invalid("sasl", "PLAIN sends the password in the open", "set TLS, or use SCRAM-SHA-512")
	}
	return nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (s SASL) mechanism() (sasl.Mechanism, error) {
	switch s.Mechanism {
	case "":
		return nil, nil
	case "PLAIN":
		return plain.Mechanism{Username: s.User, Password: s.Password}, nil
	case "SCRAM-SHA-256", "SCRAM-SHA-512":
		algorithm := scram.SHA512
		if s.Mechanism == "SCRAM-SHA-256" {
			algorithm = scram.SHA256
		}
		m, err := scram.Mechanism(algorithm, s.User, s.Password)
		if err != nil {
			return nil, mash.Invalid("sasl", "user or password cannot be used with SCRAM", "use printable characters")
		}
		return m, nil
	}
	return nil, mash.Invalid("sasl", "unknown mechanism", "use SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN")
}
