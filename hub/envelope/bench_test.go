package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"strings"
	"testing"

	"mashhub/hub/mash"
)

const benchSize = 4 << 10

var benchSuites = map[string]Suite{"Curve25519": Curve25519, "P-256": P256}

func benchWorld(b *testing.B, suite Suite) *world {
	return newWorld(b, map[mash.Address]Suite{hub: suite, police: suite, school: suite})
}

func BenchmarkSeal(b *testing.B) {
	payload := []byte(strings.Repeat("x", benchSize))
	for name, suite := range benchSuites {
		b.Run(name, func(b *testing.B) {
			w := benchWorld(b, suite)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.at[hub].Seal(b.Context(), hub, police, payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for name, suite := range benchSuites {
		b.Run(name, func(b *testing.B) {
			w := benchWorld(b, suite)
			token := w.seal(b, hub, police, strings.Repeat("x", benchSize))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.at[police].Open(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBareSeal and BenchmarkBareOpen are the peers: the same primitives
// of the standard library without any JOSE: Ed25519, X25519 with a fresh key,
// AES-256-GCM; no key wrap, no base64, no JSON, no gate.
func BenchmarkBareSeal(b *testing.B) {
	m := newBare(b)
	for b.Loop() {
		m.seal(b)
	}
}

func BenchmarkBareOpen(b *testing.B) {
	m := newBare(b)
	point, sealed := m.seal(b)
	for b.Loop() {
		public, err := ecdh.X25519().NewPublicKey(point)
		if err != nil {
			b.Fatal(err)
		}
		secret, err := m.recipient.ECDH(public)
		if err != nil {
			b.Fatal(err)
		}
		plain, err := gcm(b, secret).Open(nil, make([]byte, 12), sealed, nil)
		if err != nil || !ed25519.Verify(m.signer.Public().(ed25519.PublicKey), plain[:benchSize], plain[benchSize:]) {
			b.Fatal("not opened")
		}
	}
}

type bare struct {
	signer    ed25519.PrivateKey
	recipient *ecdh.PrivateKey
	payload   []byte
}

func newBare(b *testing.B) bare {
	_, signer, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	recipient, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	return bare{signer, recipient, make([]byte, benchSize)}
}

func (m bare) seal(b *testing.B) (point, sealed []byte) {
	ephemeral, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	secret, err := ephemeral.ECDH(m.recipient.PublicKey())
	if err != nil {
		b.Fatal(err)
	}
	signed := append(m.payload[:benchSize:benchSize], ed25519.Sign(m.signer, m.payload)...)
	return ephemeral.PublicKey().Bytes(), gcm(b, secret).Seal(nil, make([]byte, 12), signed, nil)
}

func gcm(b *testing.B, key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		b.Fatal(err)
	}
	out, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	return out
}
