package envelope

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"errors"
	"sync"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"mashhub/hub/mash"
)

// parsePublic reads a registry entry: ed25519.PublicKey, *ecdsa.PublicKey or
// *ecdh.PublicKey. What the JWK says of itself must agree with the entry.
func parsePublic(k mash.Key) (any, error) {
	if len(k.JWK) > 4096 {
		return nil, errors.New("the JWK is too large")
	}
	key, err := jwk.ParseKey(k.JWK)
	if err != nil {
		return nil, errors.New("not a JWK")
	}
	if private, err := jwk.IsPrivateKey(key); err != nil || private {
		return nil, errors.New("not a public key")
	}
	if id, ok := key.KeyID(); ok && id != k.ID {
		return nil, errors.New("the JWK has another id")
	}
	if use, ok := key.KeyUsage(); ok && use != useNames[k.Use] {
		return nil, errors.New("the JWK has another use")
	}
	if alg, ok := key.Algorithm(); ok && alg.String() != k.Alg {
		return nil, errors.New("the JWK has another algorithm")
	}
	if key.Has(jwk.KeyOpsKey) {
		return nil, errors.New("the JWK has key_ops: say use instead")
	}
	var raw any
	if jwk.Export(key, &raw) != nil {
		return nil, errors.New("not a usable key")
	}
	switch p := raw.(type) {
	case ed25519.PublicKey:
		if k.Use == mash.KeySign && k.Alg == AlgEdDSA && len(p) == ed25519.PublicKeySize {
			return p, nil
		}
	case *ecdsa.PublicKey:
		if p.Curve != elliptic.P256() {
			break
		}
		point, err := p.ECDH() // refuses what is not on the curve
		if err != nil {
			return nil, errors.New("not a point on its curve")
		}
		switch {
		case k.Use == mash.KeySign && k.Alg == AlgES256:
			return p, nil
		case k.Use == mash.KeyEncrypt && k.Alg == AlgECDH:
			return point, nil
		}
	case *ecdh.PublicKey:
		if k.Use == mash.KeyEncrypt && k.Alg == AlgECDH && p.Curve() == ecdh.X25519() {
			return p, nil
		}
	}
	return nil, errors.New("type, use and algorithm do not go together")
}

// CheckKey reports whether a registry entry can be used, before it is
// enrolled. Errors: CodeInvalid.
func CheckKey(k mash.Key) error {
	if !wellFormed(k.ID) || k.Owner == "" {
		return mash.Invalid("key", "id or owner is missing, too long or badly written", "enrol the key again")
	}
	if _, err := parsePublic(k); err != nil {
		return mash.Invalid("key", err.Error(), "enrol a key that this program made")
	}
	return nil
}

// parsed remembers parsed public keys: reading a JWK costs as much as a
// signature. An entry whose bytes changed is read again.
type parsed struct {
	mu   sync.RWMutex
	keys map[string]parsedKey
}

type parsedKey struct {
	alg string
	use mash.KeyUse
	jwk []byte
	raw any
}

// maxParsed bounds the memory; beyond it the cache starts afresh.
const maxParsed = 10_000

func (c *parsed) get(k mash.Key) (any, error) {
	c.mu.RLock()
	was, ok := c.keys[k.ID]
	c.mu.RUnlock()
	if ok && was.alg == k.Alg && was.use == k.Use && bytes.Equal(was.jwk, k.JWK) {
		return was.raw, nil
	}
	raw, err := parsePublic(k)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil || len(c.keys) >= maxParsed {
		c.keys = map[string]parsedKey{}
	}
	c.keys[k.ID] = parsedKey{k.Alg, k.Use, bytes.Clone(k.JWK), raw}
	return raw, nil
}
