package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mashhub/certs"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func year() certs.Validity {
	return certs.Validity{From: noon, To: noon.AddDate(1, 0, 0)}
}

func authority(t *testing.T) *certs.Authority {
	t.Helper()
	a, err := certs.New("Test authority", year())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func parse(t *testing.T, text []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("not PEM")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestServer: a client that trusts the authority talks to the server, at the
// hosts of the certificate, while it is valid, and otherwise does not.
func TestServer(t *testing.T) {
	now := certs.Validity{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)}
	past := certs.Validity{From: time.Now().Add(-time.Hour), To: time.Now().Add(-time.Minute)}
	a, err := certs.New("Test authority", now)
	if err != nil {
		t.Fatal(err)
	}
	other, err := certs.New("Another authority", now)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		hosts []string
		valid certs.Validity
		trust *certs.Authority
		fails string
	}{
		{name: "an address", hosts: []string{"127.0.0.1"}, valid: now, trust: a},
		{name: "a name beside an address", hosts: []string{"localhost", "127.0.0.1"}, valid: now, trust: a},
		{name: "for somebody else", hosts: []string{"127.0.0.2"}, valid: now, trust: a, fails: "127.0.0.1"},
		{name: "over", hosts: []string{"127.0.0.1"}, valid: past, trust: a, fails: "expired"},
		{name: "of another authority", hosts: []string{"127.0.0.1"}, valid: now, trust: other, fails: "unknown authority"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cert, err := a.Server(c.hosts, c.valid)
			if err != nil {
				t.Fatal(err)
			}
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
			srv.TLS = &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert.TLS()}}
			srv.Config.ErrorLog = nil
			srv.StartTLS()
			defer srv.Close()
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM(c.trust.PEM())
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}, DisableKeepAlives: true}}
			res, err := client.Get("https://" + srv.Listener.Addr().(*net.TCPAddr).String())
			switch {
			case c.fails == "" && err != nil:
				t.Error(err)
			case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
				t.Errorf("got %v, want an error about %q", err, c.fails)
			}
			if err == nil {
				res.Body.Close()
			}
		})
	}
}

// TestShape: an authority makes no second one, a server is no authority, and
// nothing outlives what it stands on.
func TestShape(t *testing.T) {
	a := authority(t)
	ca := parse(t, a.PEM())
	if !ca.IsCA || !ca.MaxPathLenZero || ca.KeyUsage != x509.KeyUsageCertSign {
		t.Error("the authority may do something else than sign servers")
	}
	issued, err := a.Server([]string{"node.example", "::1"}, certs.Validity{From: noon.AddDate(-5, 0, 0), To: noon.AddDate(5, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	leaf := parse(t, issued.PEM())
	if leaf.IsCA || leaf.KeyUsage != x509.KeyUsageDigitalSignature || len(leaf.ExtKeyUsage) != 1 || leaf.ExtKeyUsage[0] != x509.ExtKeyUsageServerAuth {
		t.Error("the server's certificate may do something else than serve")
	}
	if leaf.NotBefore.Before(ca.NotBefore) || leaf.NotAfter.After(ca.NotAfter) {
		t.Error("the server's certificate outlives its authority")
	}
	if leaf.SerialNumber.Cmp(ca.SerialNumber) == 0 || leaf.SerialNumber.Sign() <= 0 {
		t.Error("serial numbers repeat or are not positive")
	}
	if err := leaf.CheckSignatureFrom(ca); err != nil {
		t.Error(err)
	}
}

// TestKeyPEM: certificate and key, written and read again, fit.
func TestKeyPEM(t *testing.T) {
	issued, err := authority(t).Server([]string{"localhost"}, year())
	if err != nil {
		t.Fatal(err)
	}
	key, err := issued.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tls.X509KeyPair(issued.PEM(), key); err != nil {
		t.Error(err)
	}
	if strings.Contains(string(issued.PEM()), "PRIVATE") {
		t.Error("the certificate carries its key")
	}
}

func TestRefusals(t *testing.T) {
	a := authority(t)
	for _, hosts := range [][]string{nil, {""}, {"*.example"}, {"*"}, {"a b"}, {"-a.example"}, {"a..example"}, {"localhost", "http://x"}, {strings.Repeat("a", 64)}} {
		if _, err := a.Server(hosts, year()); err == nil {
			t.Errorf("%q got a certificate", hosts)
		}
	}
	for _, v := range []certs.Validity{{}, {From: noon, To: noon}, {From: noon.AddDate(2, 0, 0), To: noon.AddDate(3, 0, 0)}} {
		if _, err := a.Server([]string{"localhost"}, v); err == nil {
			t.Errorf("a certificate was issued for %v", v)
		}
	}
	if _, err := certs.New("", year()); err == nil {
		t.Error("an authority without a name")
	}
	if _, err := certs.New("A", certs.Validity{From: noon, To: noon}); err == nil {
		t.Error("an authority that never counts")
	}
}
