package envelope

import (
	"crypto/ecdh"
	"fmt"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwe"
	"github.com/lestrrat-go/jwx/v3/jws"
)

// Every call of the JOSE library on messages is in this file.

func signatureAlgorithm(alg string) (jwa.SignatureAlgorithm, error) {
	switch alg {
	case AlgEdDSA:
		return jwa.EdDSA(), nil
	case AlgES256:
		return jwa.ES256(), nil
	}
	return jwa.SignatureAlgorithm{}, fmt.Errorf("signature algorithm not allowed")
}

// sign makes the compact JWS.
func sign(p Private, payload []byte) ([]byte, error) {
	alg, err := signatureAlgorithm(p.Alg)
	if err != nil {
		return nil, err
	}
	h := jws.NewHeaders()
	if err := h.Set(jws.KeyIDKey, p.ID); err != nil {
		return nil, err
	}
	if err := h.Set(jws.TypeKey, typJWS); err != nil {
		return nil, err
	}
	return jws.Sign(payload, jws.WithKey(alg, p.raw, jws.WithProtectedHeaders(h)), jws.WithStrictECDSA(true))
}

// verify returns the payload of a JWS that passed the gate.
func verify(alg string, public any, token []byte) ([]byte, error) {
	a, err := signatureAlgorithm(alg)
	if err != nil {
		return nil, err
	}
	return jws.Verify(token, jws.WithCompact(), jws.WithKey(a, public), jws.WithCritValidation(true))
}

// encrypt makes the compact JWE.
func encrypt(kid string, public *ecdh.PublicKey, content []byte) ([]byte, error) {
	h := jwe.NewHeaders()
	for name, v := range map[string]string{jwe.KeyIDKey: kid, jwe.TypeKey: typJWE, jwe.ContentTypeKey: typJWS} {
		if err := h.Set(name, v); err != nil {
			return nil, err
		}
	}
	return jwe.Encrypt(content, jwe.WithCompact(), jwe.WithProtectedHeaders(h),
		jwe.WithKey(jwa.ECDH_ES_A256KW(), public), jwe.WithContentEncryption(jwa.A256GCM()))
}

// decrypt returns the content of a JWE that passed the gate.
func decrypt(private *ecdh.PrivateKey, token []byte) ([]byte, error) {
	return jwe.Decrypt(token, jwe.WithKey(jwa.ECDH_ES_A256KW(), private), jwe.WithCritValidation(true),
		jwe.WithMaxDecompressBufferSize(0), jwe.WithMaxRecipients(1))
}
