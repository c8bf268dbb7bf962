package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// The forger writes JOSE with the standard library alone, so that it can write
// what no honest library would. It knows the public keys, and the private ones
// of whoever plays the villain.

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unb64(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// jweForge is a JWE in the making. Zero fields are filled in honestly.
type jweForge struct {
	header    func(kid, epk string) string // nil: honest
	kid       string
	epk       string           // JSON; empty: of the ephemeral key
	ephemeral *ecdh.PrivateKey // nil: fresh, of the recipient's curve
	secret    []byte           // nil: agreed with the recipient
	alg       string           // in the key derivation
	wrapped   func([]byte) []byte
	nonce     []byte
	tag       func([]byte) []byte
	content   []byte
}

func honestOuter(kid, epk string) string {
	return fmt.Sprintf(`{"alg":"ECDH-ES+A256KW","cty":"mash+jws","enc":"A256GCM","epk":%s,"kid":"%s","typ":"mash+jwe"}`, epk, kid)
}

func epkJSON(k *ecdh.PublicKey) string {
	b := k.Bytes()
	if k.Curve() == ecdh.X25519() {
		return fmt.Sprintf(`{"crv":"X25519","kty":"OKP","x":"%s"}`, b64(b))
	}
	return fmt.Sprintf(`{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}`, b64(b[1:33]), b64(b[33:]))
}

// to makes the token for a recipient.
func (f jweForge) to(t testing.TB, p Private) string {
	t.Helper()
	recipient := p.raw.(*ecdh.PrivateKey).PublicKey()
	if f.header == nil {
		f.header = honestOuter
	}
	if f.kid == "" {
		f.kid = p.ID
	}
	if f.ephemeral == nil {
		var err error
		if f.ephemeral, err = recipient.Curve().GenerateKey(rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	if f.epk == "" {
		f.epk = epkJSON(f.ephemeral.PublicKey())
	}
	if f.secret == nil && f.ephemeral.Curve() == recipient.Curve() {
		var err error
		if f.secret, err = f.ephemeral.ECDH(recipient); err != nil {
			t.Fatal(err)
		}
	}
	if f.alg == "" {
		f.alg = "ECDH-ES+A256KW"
	}
	if f.nonce == nil {
		f.nonce = make([]byte, 12)
	}
	cek := []byte("0123456789abcdef0123456789abcdef")
	wrapped := wrap(concatKDF(f.secret, f.alg), cek)
	if f.wrapped != nil {
		wrapped = f.wrapped(wrapped)
	}
	header := b64([]byte(f.header(f.kid, f.epk)))
	block, err := aes.NewCipher(cek)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, max(len(f.nonce), 1))
	if err != nil {
		t.Fatal(err)
	}
	nonce := f.nonce
	if len(nonce) == 0 {
		nonce = []byte{0}
	}
	sealed := gcm.Seal(nil, nonce, f.content, []byte(header))
	ciphertext, tag := sealed[:len(f.content)], sealed[len(f.content):]
	if f.tag != nil {
		tag = f.tag(tag)
	}
	return strings.Join([]string{header, b64(wrapped), b64(f.nonce), b64(ciphertext), b64(tag)}, ".")
}

// concatKDF is RFC 7518 section 4.6.2 for a 256-bit key, without party info.
func concatKDF(secret []byte, alg string) []byte {
	b := append([]byte{0, 0, 0, 1}, secret...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(alg)))
	b = append(b, alg...)
	b = append(b, make([]byte, 8)...) // apu, apv: empty
	b = binary.BigEndian.AppendUint32(b, 256)
	sum := sha256.Sum256(b)
	return sum[:]
}

// wrap is AES key wrap (RFC 3394).
func wrap(kek, key []byte) []byte {
	block, err := aes.NewCipher(kek)
	if err != nil {
		panic(err)
	}
	n := len(key) / 8
	a, r := []byte{0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6}, append([]byte(nil), key...)
	for j := range 6 {
		for i := range n {
			b := append(append([]byte(nil), a...), r[i*8:i*8+8]...)
			block.Encrypt(b, b)
			step := binary.BigEndian.Uint64(b[:8]) ^ uint64(n*j+i+1)
			a = binary.BigEndian.AppendUint64(nil, step)
			copy(r[i*8:], b[8:])
		}
	}
	return append(a, r...)
}

// jwsForge is a JWS in the making.
type jwsForge struct {
	header  string
	payload string
	sign    func(input []byte) []byte
}

func (f jwsForge) token() []byte {
	input := b64([]byte(f.header)) + "." + b64([]byte(f.payload))
	return []byte(input + "." + b64(f.sign([]byte(input))))
}

func honestInner(alg, kid string) string {
	return fmt.Sprintf(`{"alg":"%s","kid":"%s","typ":"mash+jws"}`, alg, kid)
}

// by signs honestly with a private key.
func by(p Private) func([]byte) []byte {
	return func(input []byte) []byte {
		switch k := p.raw.(type) {
		case ed25519.PrivateKey:
			return ed25519.Sign(k, input)
		case *ecdsa.PrivateKey:
			sum := sha256.Sum256(input)
			r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
			if err != nil {
				panic(err)
			}
			out := make([]byte, 64)
			r.FillBytes(out[:32])
			s.FillBytes(out[32:])
			return out
		}
		panic("not a signing key")
	}
}

// mac signs with HMAC-SHA-256 under a public key's bytes.
func mac(key []byte) func([]byte) []byte {
	return func(input []byte) []byte {
		m := hmac.New(sha256.New, key)
		m.Write(input)
		return m.Sum(nil)
	}
}

func constant(b []byte) func([]byte) []byte { return func([]byte) []byte { return b } }
