package envelope

import (
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"mashhub/hub/mash"
)

// Directory is what the envelope asks of the registry of public keys; Registry
// is one. Errors: mash.ErrNotFound for a key that is not there.
type Directory interface {
	// Key finds a key by its id, in use, retired or revoked.
	Key(id string) (mash.Key, error)
	// Current is the newest key of owner in use.
	Current(owner mash.Address, use mash.KeyUse) (mash.Key, error)
}

// Options of an Envelope; both are needed.
type Options struct {
	Private  *KeySet
	Registry Directory
}

// Envelope is a mash.Seal. Safe for concurrent use.
type Envelope struct {
	private  *KeySet
	registry Directory
	parsed   parsed
}

var _ mash.Seal = (*Envelope)(nil)

// New makes an envelope.
func New(o Options) (*Envelope, error) {
	if o.Private == nil || o.Registry == nil {
		return nil, errors.New("an envelope needs private keys and a registry")
	}
	return &Envelope{private: o.Private, registry: o.Registry}, nil
}

// Seal signs payload with the current key of from, whose private part must be
// in the key set, and encrypts it to the current key of to. The payload names
// issuer, audience and issue time itself; Seal does not look into it. Errors:
// CodeInvalid for a payload that is empty or larger than MaxPayload,
// CodeUnknownKey when a key is missing, what the registry says, CodeInternal.
func (e *Envelope) Seal(ctx context.Context, from, to mash.Address, payload []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(payload) == 0 || len(payload) > MaxPayload {
		return nil, mash.Invalid("payload", "is empty or too large to seal", "send less in one message")
	}
	mine, err := e.current(from, mash.KeySign)
	if err != nil {
		return nil, err
	}
	private, ok := e.private.find(mine.ID)
	if !ok || private.Use != mash.KeySign || private.Owner != from || private.Alg != mine.Alg {
		return nil, mash.Errorf(mash.CodeUnknownKey, "the sender's signing key is not held here")
	}
	theirs, err := e.current(to, mash.KeyEncrypt)
	if err != nil {
		return nil, err
	}
	raw, err := e.parsed.get(theirs)
	if err != nil {
		return nil, mash.Errorf(mash.CodeUnknownKey, "the recipient's key cannot be used")
	}
	public, ok := raw.(*ecdh.PublicKey)
	if !ok {
		return nil, mash.Errorf(mash.CodeUnknownKey, "the recipient's key cannot be used")
	}
	signed, err := protect(func() ([]byte, error) { return sign(private, payload) })
	if err != nil {
		return nil, mash.Errorf(mash.CodeInternal, "signing failed")
	}
	token, err := protect(func() ([]byte, error) { return encrypt(theirs.ID, public, signed) })
	if err != nil {
		return nil, mash.Errorf(mash.CodeInternal, "encrypting failed")
	}
	if len(token) > MaxToken {
		return nil, mash.Invalid("payload", "is too large to seal", "send less in one message")
	}
	return token, nil
}

func (e *Envelope) current(owner mash.Address, use mash.KeyUse) (mash.Key, error) {
	k, err := e.registry.Current(owner, use)
	switch {
	case errors.Is(err, mash.ErrNotFound):
		return k, mash.Errorf(mash.CodeUnknownKey, "no key to %s in use", use)
	case err != nil:
		return k, err
	case k.Revoked || k.Use != use || k.Owner != owner || !wellFormed(k.ID):
		return k, mash.Errorf(mash.CodeUnknownKey, "no key to %s in use", use)
	}
	return k, nil
}

// Open decrypts and verifies. On success the message was signed by a key of
// Issuer that is not revoked, and encrypted to a key of To that is held here.
//
// The caller must still check that the signed audience is To and the signed
// issuer is Issuer, and, if Retired is set, that the message was issued before.
// Errors: CodeBadMessage for what the gate or the
// cryptography refuses; CodeUnknownKey for a key that is not registered, is
// revoked or is for another use; CodeWrongParty for a message encrypted to a
// registered key that is not held here; what the registry says when it cannot
// be asked (any other code: try again, do not quarantine).
func (e *Envelope) Open(ctx context.Context, token []byte) (mash.Opened, error) {
	if err := ctx.Err(); err != nil {
		return mash.Opened{}, err
	}
	out, err := protect(func() (outer, error) { return gateOuter(token) })
	if err != nil {
		return mash.Opened{}, err
	}
	to, err := e.lookup(out.kid, mash.KeyEncrypt)
	if err != nil {
		return mash.Opened{}, err
	}
	private, ok := e.private.find(out.kid)
	if !ok {
		return mash.Opened{}, mash.Errorf(mash.CodeWrongParty, "the message is for somebody else")
	}
	key, ok := private.raw.(*ecdh.PrivateKey)
	if !ok || private.Owner != to.Owner || private.Alg != to.Alg {
		return mash.Opened{}, mash.Errorf(mash.CodeUnknownKey, "the key held here is not the registered one")
	}
	if out.ephemeral.Curve() != key.Curve() {
		return mash.Opened{}, bad("the ephemeral key is on another curve than the recipient's")
	}
	content, err := protect(func() ([]byte, error) { return out.decrypt(key) })
	if err != nil {
		return mash.Opened{}, bad("the message cannot be decrypted")
	}
	in, err := protect(func() (inner, error) { return gateInner(content) })
	if err != nil {
		return mash.Opened{}, err
	}
	issuer, err := e.lookup(in.kid, mash.KeySign)
	if err != nil {
		return mash.Opened{}, err
	}
	if issuer.Alg != in.alg {
		return mash.Opened{}, bad("the signature's algorithm is not the key's")
	}
	public, err := e.parsed.get(issuer)
	if err != nil {
		return mash.Opened{}, mash.Errorf(mash.CodeUnknownKey, "the issuer's key cannot be used")
	}
	payload, err := protect(func() ([]byte, error) { return in.verify(issuer.Alg, public) })
	if err != nil {
		return mash.Opened{}, bad("the signature is wrong")
	}
	sum := sha256.Sum256(token)
	return mash.Opened{Issuer: issuer.Owner, To: to.Owner, KeyID: issuer.ID,
		Payload: payload, Hash: hex.EncodeToString(sum[:]), Retired: issuer.Retired}, nil
}

// lookup finds a registered key for a use; revoked ones are not found.
func (e *Envelope) lookup(id string, use mash.KeyUse) (mash.Key, error) {
	k, err := e.registry.Key(id)
	switch {
	case errors.Is(err, mash.ErrNotFound):
		return k, mash.Errorf(mash.CodeUnknownKey, "the key is not registered")
	case err != nil:
		return k, err
	case k.Revoked:
		return k, mash.Errorf(mash.CodeUnknownKey, "the key is revoked")
	case k.ID != id || k.Use != use:
		return k, mash.Errorf(mash.CodeUnknownKey, "the key is registered for another use")
	}
	return k, nil
}

// protect makes a panic of f an error: no message may stop the process. It goes
// around what reads a message and nothing else, so that a fault of the registry
// is not taken for a bad message.
func protect[T any](f func() (T, error)) (out T, err error) {
	defer func() {
		if recover() != nil {
			var none T
			out, err = none, bad("the message cannot be read")
		}
	}()
	return f()
}
