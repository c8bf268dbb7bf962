package envelope

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"mashhub/hub/mash"
)

// Algorithms as mash.Key.Alg names them.
const (
	AlgEdDSA = "EdDSA" // Ed25519
	AlgES256 = "ES256"
	AlgECDH  = algECDH // over X25519 or P-256: the key says which
)

// Suite is a pair of curves for signing and encryption.
type Suite int

const (
	// Curve25519 is Ed25519 and X25519: the default.
	Curve25519 Suite = iota
	// P256 is ES256 and ECDH over P-256, for where hardware or rules ask for
	// NIST curves.
	P256
)

// Private is a private key and what the registry will say of it. Its text
// forms show the id only.
type Private struct {
	Owner mash.Address
	ID    string // the key's RFC 7638 thumbprint
	Use   mash.KeyUse
	Alg   string
	From  time.Time
	raw   any // ed25519.PrivateKey, *ecdsa.PrivateKey or *ecdh.PrivateKey
}

func (p Private) String() string   { return "private key " + p.ID }
func (p Private) GoString() string { return p.String() }

// Format keeps %+v and its like from printing the key.
func (p Private) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// Public is the registry's entry, to be enrolled.
func (p Private) Public() (mash.Key, error) {
	k, err := publicJWK(p.raw)
	if err != nil {
		return mash.Key{}, err
	}
	raw, err := marshalKey(k, p)
	if err != nil {
		return mash.Key{}, err
	}
	return mash.Key{Owner: p.Owner, ID: p.ID, Use: p.Use, Alg: p.Alg, JWK: raw, From: p.From}, nil
}

// GenerateKeys makes a signing and an encryption key for owner, in use from
// the given time, out of the randomness of r, which must be cryptographic.
func GenerateKeys(r io.Reader, owner mash.Address, from time.Time, suite Suite) (signing, encryption Private, err error) {
	var sign, enc any
	switch suite {
	case Curve25519:
		seed := make([]byte, ed25519.SeedSize)
		if _, err = io.ReadFull(r, seed); err != nil {
			return signing, encryption, fmt.Errorf("reading randomness: %w", err)
		}
		sign = ed25519.NewKeyFromSeed(seed)
		enc, err = generate(r, ecdh.X25519().NewPrivateKey)
	case P256:
		sign, err = generate(r, func(b []byte) (*ecdsa.PrivateKey, error) {
			return ecdsa.ParseRawPrivateKey(elliptic.P256(), b)
		})
		if err == nil {
			enc, err = generate(r, ecdh.P256().NewPrivateKey)
		}
	default:
		err = fmt.Errorf("unknown suite %d", suite)
	}
	if err != nil {
		return signing, encryption, err
	}
	signing, err = newPrivate(owner, mash.KeySign, from, sign)
	if err != nil {
		return signing, encryption, err
	}
	encryption, err = newPrivate(owner, mash.KeyEncrypt, from, enc)
	return signing, encryption, err
}

// generate reads scalars until one is a key: for P-256 one in 2^32 is not.
func generate[K any](r io.Reader, parse func([]byte) (K, error)) (K, error) {
	var none K
	b := make([]byte, 32)
	for range 8 {
		if _, err := io.ReadFull(r, b); err != nil {
			return none, fmt.Errorf("reading randomness: %w", err)
		}
		if k, err := parse(b); err == nil {
			return k, nil
		}
	}
	return none, errors.New("the randomness gives no key: it is broken")
}

func newPrivate(owner mash.Address, use mash.KeyUse, from time.Time, raw any) (Private, error) {
	p := Private{Owner: owner, Use: use, From: mash.Instant(from), raw: raw}
	var ok bool
	if p.Alg, ok = algOf(use, raw); !ok {
		return Private{}, fmt.Errorf("a key of type %T cannot be used to %s", raw, use)
	}
	k, err := publicJWK(raw)
	if err != nil {
		return Private{}, err
	}
	thumb, err := k.Thumbprint(crypto.SHA256)
	if err != nil {
		return Private{}, fmt.Errorf("making the key's id: %w", err)
	}
	p.ID = base64.RawURLEncoding.EncodeToString(thumb)
	return p, nil
}

// algOf is the one algorithm that a private key of this type and use has.
func algOf(use mash.KeyUse, raw any) (string, bool) {
	switch k := raw.(type) {
	case ed25519.PrivateKey:
		return AlgEdDSA, use == mash.KeySign && len(k) == ed25519.PrivateKeySize
	case *ecdsa.PrivateKey:
		return AlgES256, use == mash.KeySign && k.Curve == elliptic.P256()
	case *ecdh.PrivateKey:
		return AlgECDH, use == mash.KeyEncrypt && (k.Curve() == ecdh.X25519() || k.Curve() == ecdh.P256())
	}
	return "", false
}

func publicJWK(raw any) (jwk.Key, error) {
	var public any
	switch k := raw.(type) {
	case ed25519.PrivateKey:
		public = k.Public()
	case *ecdsa.PrivateKey:
		public = &k.PublicKey
	case *ecdh.PrivateKey:
		public = k.PublicKey()
	default:
		return nil, fmt.Errorf("no public key of type %T", raw)
	}
	k, err := jwk.Import(public)
	if err != nil {
		return nil, fmt.Errorf("making a JWK: %w", err)
	}
	return k, nil
}
