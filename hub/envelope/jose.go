package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/rand"
	"errors"

	"github.com/lestrrat-go/jwx/v3/jwe/jwebb"
	"github.com/lestrrat-go/jwx/v3/jws/jwsbb"

	"mashhub/hub/mash"
)

// Every call of the JOSE library on messages is in this file. It takes the
// library's parts (jwsbb, jwebb) rather than jws.Sign, jws.Verify, jwe.Encrypt
// and jwe.Decrypt. Those build a generic message, read and write its header as
// JSON and take the ephemeral key through a JWK, several times each: a third of
// the time of an opening and nearly all of the memory. Ours has one shape, and
// the gate has read it already.
//
// The parts check little: that a header has nothing but what we know, lengths,
// algorithms and curves is checked by readJWE and readJWS, and here. plain_test.go
// shows that the library's complete functions open what this seals, seal what
// this opens, and accept all that this accepts.

const keySize = 32 // bytes: of the wrapping key (A256KW) and of the content key (A256GCM)

// sign makes the compact JWS, with room behind it for encrypt to work in place.
func sign(p Private, payload []byte) ([]byte, error) {
	// ES256 is P-256 and nothing else (RFC 7518 section 3.4): jwsbb.Sign leaves
	// that to its caller.
	if alg, ok := algOf(mash.KeySign, p.raw); !ok || alg != p.Alg {
		return nil, errors.New("the key is not of its algorithm")
	}
	header := signedHeader(p.Alg, p.ID)
	size := base64url.EncodedLen(len(header)) + base64url.EncodedLen(len(payload)) + base64url.EncodedLen(signatureSize) + 2
	token := make([]byte, 0, size+tagSize)
	token = jwsbb.SignBuffer(token, header, payload, base64url, true)
	signature, err := jwsbb.Sign(p.raw, p.Alg, token, nil)
	if err != nil {
		return nil, err
	}
	// Not by jwsbb.AppendSignature: it drops what is there when the capacity
	// does not suffice (jwx 3.3.0).
	return base64url.AppendEncode(append(token, '.'), signature), nil
}

// verify returns the payload, if the signature is by this public key and of
// this algorithm, which must be the registry's.
func (s signed) verify(alg string, public any) ([]byte, error) {
	if s.alg != alg {
		return nil, errors.New("the algorithm is not the key's")
	}
	signature, err := s.signature.decode(nil)
	if err != nil {
		return nil, err
	}
	if err := jwsbb.Verify(public, alg, s.input, signature); err != nil {
		return nil, err
	}
	return s.payload.decode(nil)
}

// encrypt makes the compact JWE (RFC 7516 section 5.1). It overwrites content.
func encrypt(kid string, public *ecdh.PublicKey, content []byte) ([]byte, error) {
	ephemeral, err := public.Curve().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	wrapping, err := jwebb.DeriveECDHES(algECDH, nil, nil, ephemeral, public, keySize)
	if err != nil {
		return nil, err
	}
	kek, err := aes.NewCipher(wrapping)
	if err != nil {
		return nil, err
	}
	fresh := make([]byte, keySize+nonceSize)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	key, nonce := fresh[:keySize], fresh[keySize:]
	wrapped, err := jwebb.Wrap(kek, key)
	if err != nil {
		return nil, err
	}
	gcm, err := contentCipher(key)
	if err != nil {
		return nil, err
	}
	header := encryptedHeader(kid, ephemeral.PublicKey())
	size := 4
	for _, n := range [...]int{len(header), wrappedKey, nonceSize, len(content), tagSize} {
		size += base64url.EncodedLen(n)
	}
	token := base64url.AppendEncode(make([]byte, 0, size), header)
	sealed := gcm.Seal(content[:0], nonce, content, token) // the header as encoded is authenticated
	text, tag := sealed[:len(content)], sealed[len(content):]
	for _, part := range [...][]byte{wrapped, nonce, text, tag} {
		token = base64url.AppendEncode(append(token, '.'), part)
	}
	return token, nil
}

// decrypt returns the content (RFC 7516 section 5.2).
func (e encrypted) decrypt(private *ecdh.PrivateKey) ([]byte, error) {
	wrapped, err := e.parts[1].decode(nil)
	if err != nil {
		return nil, err
	}
	key, err := jwebb.KeyDecryptECDHESKeyWrap(nil, wrapped, algECDH, nil, nil, private, e.ephemeral, keySize)
	if err != nil {
		return nil, err
	}
	gcm, err := contentCipher(key)
	if err != nil {
		return nil, err
	}
	nonce, err := e.parts[2].decode(nil)
	if err != nil {
		return nil, err
	}
	sealed, err := e.parts[3].decode(make([]byte, 0, e.parts[3].size+tagSize))
	if err != nil {
		return nil, err
	}
	if sealed, err = e.parts[4].decode(sealed); err != nil {
		return nil, err
	}
	return gcm.Open(sealed[:0], nonce, sealed, e.parts[0].text)
}

// contentCipher is A256GCM.
func contentCipher(key []byte) (cipher.AEAD, error) {
	if len(key) != keySize {
		return nil, errors.New("the content key has the wrong length")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
