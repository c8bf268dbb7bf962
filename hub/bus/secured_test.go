package bus_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"mashhub/hub/bus"
	"mashhub/hub/mash"
)

// certificate makes a certificate for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		MinVersion: tls.VersionTLS13}, pool
}

// TestSecuredBroker: TLS, SCRAM and access lists, on a broker that has them.
func TestSecuredBroker(t *testing.T) {
	server, pool := certificate(t)
	allow := func(op kmsg.ACLOperation, topic string) kfake.ACL {
		return kfake.ACL{Resource: kmsg.ACLResourceTypeTopic, Name: topic,
			Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: op, Allow: true}
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(server), kfake.EnableSASL(), kfake.EnableACLs(),
		kfake.Superuser("SCRAM-SHA-512", "hub", "synthetic-hub"),
		kfake.User("SCRAM-SHA-256", "police", "synthetic-police",
			allow(kmsg.ACLOperationRead, "fernshire.to.police"), allow(kmsg.ACLOperationDescribe, "fernshire.to.police"),
			allow(kmsg.ACLOperationWrite, "fernshire.from.police"), allow(kmsg.ACLOperationDescribe, "fernshire.from.police")),
		kfake.SeedTopics(1, "fernshire.to.police", "fernshire.from.police", "fernshire.to.schools"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	trusted := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}
	hub := bus.Options{Brokers: cluster.ListenAddrs(), TLS: trusted,
		SASL: bus.SASL{Mechanism: "SCRAM-SHA-512", User: "hub", Password: "synthetic-hub"}}
	police := hub
	police.SASL = bus.SASL{Mechanism: "SCRAM-SHA-256", User: "police", Password: "synthetic-police"}

	t.Run("each reads and writes what is theirs", func(t *testing.T) {
		h, p := connect(t, hub), connect(t, police)
		exchange(t, h, p, "fernshire.to.police")
		exchange(t, p, h, "fernshire.from.police")
	})
	t.Run("a forbidden write is an error", func(t *testing.T) {
		p := connect(t, police)
		for _, topic := range []string{"fernshire.to.police", "fernshire.to.schools"} {
			if err := p.Publish(t.Context(), []mash.BusMessage{{Topic: topic, Key: "k", Value: []byte("v")}}); err == nil {
				t.Errorf("writing to %s returned nil", topic)
			}
		}
	})
	t.Run("a forbidden read is heard", func(t *testing.T) {
		var h heard
		o := police
		o.OnHealth = h.on
		p := connect(t, o)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		wg.Go(func() {
			_ = p.Read(ctx, "fernshire.to.schools", 0, -1, func([]mash.BusRecord) error {
				t.Error("something was read")
				return nil
			})
		})
		h.wait(t, bus.OpRead, false)
	})
	for name, edit := range map[string]func(*bus.Options){
		"a wrong password":         func(o *bus.Options) { o.SASL.Password = "wrong" },
		"an unknown user":          func(o *bus.Options) { o.SASL.User = "nobody" },
		"no sign-in":               func(o *bus.Options) { o.SASL = bus.SASL{} },
		"a server nobody vouches":  func(o *bus.Options) { o.TLS = &tls.Config{MinVersion: tls.VersionTLS13} },
		"no TLS":                   func(o *bus.Options) { o.TLS = nil },
		"another mechanism's name": func(o *bus.Options) { o.SASL.Mechanism = "SCRAM-SHA-256" },
	} {
		t.Run(name+" is an error", func(t *testing.T) {
			o := hub
			edit(&o)
			k := connect(t, o)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if err := k.Publish(ctx, []mash.BusMessage{{Topic: "fernshire.to.police", Key: "k", Value: []byte("v")}}); err == nil {
				t.Error("Publish returned nil")
			}
		})
	}
}

// exchange sends a message from one to the other.
func exchange(t *testing.T, from, to *bus.Kafka, topic string) {
	t.Helper()
	if err := from.Publish(t.Context(), []mash.BusMessage{{Topic: topic, Key: "k", Value: []byte("v")}}); err != nil {
		t.Fatalf("publishing to %s: %v", topic, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var got []string
	_ = to.Read(ctx, topic, 0, -1, func(rs []mash.BusRecord) error {
		for _, r := range rs {
			got = append(got, string(r.Value))
		}
		cancel()
		return nil
	})
	if !slices.Equal(got, []string{"v"}) {
		t.Errorf("read %v from %s", got, topic)
	}
}
