package world

import (
	"crypto/tls"
	"time"

	"mashhub/certs"
)

// certificate makes an authority and a server certificate for one loopback
// address. The keys live in this process only. It is valid from a year before
// the wall clock, because the demo may run on a simulated one.
func certificate(host string) (*tls.Config, []byte, error) {
	v := certs.Validity{From: time.Now().AddDate(-1, 0, 0), To: time.Now().AddDate(1, 0, 0)}
	ca, err := certs.New("Synthetic health authority", v)
	if err != nil {
		return nil, nil, err
	}
	server, err := ca.Server([]string{host}, v)
	if err != nil {
		return nil, nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{server.TLS()}}, ca.PEM(), nil
}
