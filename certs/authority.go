package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"
)

// Authority signs certificates. Safe for concurrent use.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Validity is from when until when a certificate counts. Both ends are
// included (RFC 5280, 4.1.2.5), in whole seconds.
type Validity struct{ From, To time.Time }

// New makes an authority called name. Errors: an empty name, a validity that
// ends before it begins.
func New(name string, v Validity) (*Authority, error) {
	if name == "" {
		return nil, errors.New("making an authority: it needs a name")
	}
	if !v.To.After(v.From) {
		return nil, errors.New("making an authority: it ends before it begins")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the authority's key: %w", err)
	}
	number, err := serial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: number, Subject: pkix.Name{CommonName: name}, NotBefore: v.From, NotAfter: v.To,
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("signing the authority: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("reading the authority: %w", err)
	}
	return &Authority{cert: cert, key: key}, nil
}

// PEM is the authority's certificate, to be given to whoever verifies.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// Server issues a certificate for a server at hosts: names or IP addresses.
// Its validity is cut to the authority's. Errors: no host, a wildcard, a host
// that is not one, a validity outside the authority's.
func (a *Authority) Server(hosts []string, v Validity) (*Certificate, error) {
	if len(hosts) == 0 {
		return nil, errors.New("issuing a certificate: it needs a host")
	}
	if v.From.Before(a.cert.NotBefore) {
		v.From = a.cert.NotBefore
	}
	if v.To.After(a.cert.NotAfter) {
		v.To = a.cert.NotAfter
	}
	if !v.To.After(v.From) {
		return nil, errors.New("issuing a certificate: it would end before it begins, or outlive the authority")
	}
	number, err := serial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: number, Subject: pkix.Name{CommonName: hosts[0]}, NotBefore: v.From, NotAfter: v.To,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, h := range hosts {
		switch ip := net.ParseIP(h); {
		case ip != nil:
			template.IPAddresses = append(template.IPAddresses, ip)
		case isName(h):
			template.DNSNames = append(template.DNSNames, h)
		default:
			return nil, fmt.Errorf("issuing a certificate: %q is neither a host name nor an address", h)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the server's key: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("signing the server: %w", err)
	}
	return &Certificate{der: der, key: key}, nil
}

// Certificate is an issued certificate with its private key.
type Certificate struct {
	der []byte
	key *ecdsa.PrivateKey
}

// TLS is the certificate as a server uses it.
func (c *Certificate) TLS() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{c.der}, PrivateKey: c.key}
}

// PEM is the certificate without its key.
func (c *Certificate) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.der})
}

// KeyPEM is the private key (PKCS #8). Whoever has it is the server.
func (c *Certificate) KeyPEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(c.key)
	if err != nil {
		return nil, fmt.Errorf("writing the key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// serial is a positive random number of at most 127 bits (RFC 5280, 4.1.2.2
// allows 20 bytes).
func serial() (*big.Int, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("choosing a serial number: %w", err)
	}
	return n.Add(n, big.NewInt(1)), nil
}

// isName reports whether h is a host name of letters, digits and hyphens in
// labels (RFC 1123, 2.1).
func isName(h string) bool {
	if len(h) > 253 {
		return false
	}
	for label := range strings.SplitSeq(h, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range label {
			if c != '-' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}
