package envelope

import (
	"bytes"
	"crypto/ecdh"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwe"
	"github.com/lestrrat-go/jwx/v3/jws"
	"pgregory.net/rapid"

	"mashhub/hub/mash"
)

// The library's ordinary, complete functions, with every guard that they have:
// the judge of jose.go, which is put together from the library's parts.

func plainSign(p Private, payload []byte) ([]byte, error) {
	alg, err := signatureAlgorithm(p.Alg)
	if err != nil {
		return nil, err
	}
	h := jws.NewHeaders()
	for name, v := range map[string]string{jws.KeyIDKey: p.ID, jws.TypeKey: typJWS} {
		if err := h.Set(name, v); err != nil {
			return nil, err
		}
	}
	return jws.Sign(payload, jws.WithKey(alg, p.raw, jws.WithProtectedHeaders(h)), jws.WithStrictECDSA(true))
}

func plainVerify(alg string, public any, token []byte) ([]byte, error) {
	a, err := signatureAlgorithm(alg)
	if err != nil {
		return nil, err
	}
	return jws.Verify(token, jws.WithCompact(), jws.WithKey(a, public), jws.WithCritValidation(true))
}

func plainEncrypt(kid string, public *ecdh.PublicKey, content []byte) ([]byte, error) {
	h := jwe.NewHeaders()
	for name, v := range map[string]string{jwe.KeyIDKey: kid, jwe.TypeKey: typJWE, jwe.ContentTypeKey: typJWS} {
		if err := h.Set(name, v); err != nil {
			return nil, err
		}
	}
	return jwe.Encrypt(content, jwe.WithCompact(), jwe.WithProtectedHeaders(h),
		jwe.WithKey(jwa.ECDH_ES_A256KW(), public), jwe.WithContentEncryption(jwa.A256GCM()))
}

func plainDecrypt(private *ecdh.PrivateKey, token []byte) ([]byte, error) {
	return jwe.Decrypt(token, jwe.WithKey(jwa.ECDH_ES_A256KW(), private), jwe.WithCritValidation(true),
		jwe.WithMaxDecompressBufferSize(0), jwe.WithMaxRecipients(1))
}

func signatureAlgorithm(alg string) (jwa.SignatureAlgorithm, error) {
	switch alg {
	case AlgEdDSA:
		return jwa.EdDSA(), nil
	case AlgES256:
		return jwa.ES256(), nil
	}
	return jwa.SignatureAlgorithm{}, errors.New("not an algorithm of ours")
}

// decrypt and verify are what Open does between the two exact lists of headers
// and after them.

func decrypt(private *ecdh.PrivateKey, token []byte) ([]byte, error) {
	e, err := readJWE(token)
	if err != nil {
		return nil, err
	}
	return e.decrypt(private)
}

func verify(alg string, public any, token []byte) ([]byte, error) {
	s, err := readJWS(token)
	if err != nil {
		return nil, err
	}
	return s.verify(alg, public)
}

// public is what the registry says of a private key.
func public(t testing.TB, p Private) any {
	t.Helper()
	k, err := p.Public()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := parsePublic(k)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// plainSizes are around every remainder of base64 and of AES, and the largest.
var plainSizes = []int{1, 2, 3, 4, 15, 16, 17, 511, 512, 513, 4095, 4096, 4097, MaxPayload}

// TestPlainLibraryOpensOurs: what Seal writes, the library's own functions
// decrypt and verify, to the byte.
func TestPlainLibraryOpensOurs(t *testing.T) {
	for name, suites := range suiteTable {
		w := newWorld(t, suites)
		for _, route := range [][2]mash.Address{{hub, police}, {police, hub}, {hub, school}} {
			from, to := route[0], route[1]
			for _, n := range plainSizes {
				payload := strings.Repeat("é", n)[:n]
				token := w.seal(t, from, to, payload)
				content, err := plainDecrypt(w.opening[to].raw.(*ecdh.PrivateKey), token)
				if err != nil {
					t.Fatalf("%s, %s to %s, %d bytes: decrypting: %v", name, from, to, n, err)
				}
				got, err := plainVerify(w.signing[from].Alg, public(t, w.signing[from]), content)
				if err != nil || string(got) != payload {
					t.Fatalf("%s, %s to %s, %d bytes: verifying: %v", name, from, to, n, err)
				}
			}
		}
	}
}

// TestOursOpensPlainLibrary: what the library's own functions sign and encrypt,
// Open opens.
func TestOursOpensPlainLibrary(t *testing.T) {
	for name, suites := range suiteTable {
		w := newWorld(t, suites)
		for _, route := range [][2]mash.Address{{hub, police}, {police, hub}, {hub, school}} {
			from, to := route[0], route[1]
			for _, n := range plainSizes {
				payload := strings.Repeat("é", n)[:n]
				content, err := plainSign(w.signing[from], []byte(payload))
				if err != nil {
					t.Fatal(err)
				}
				token, err := plainEncrypt(w.opening[to].ID, w.opening[to].raw.(*ecdh.PrivateKey).PublicKey(), content)
				if err != nil {
					t.Fatal(err)
				}
				got, err := w.at[to].Open(t.Context(), token)
				if err != nil || got.Issuer != from || got.To != to || string(got.Payload) != payload {
					t.Fatalf("%s, %s to %s, %d bytes: %s, %s, %v", name, from, to, n, got.Issuer, got.To, err)
				}
			}
		}
	}
}

// TestHeadersAreThePlainLibrarys: the same members in the same order, but for
// the ephemeral key's value.
func TestHeadersAreThePlainLibrarys(t *testing.T) {
	for name, suites := range suiteTable {
		w := newWorld(t, suites)
		recipient := w.opening[police]
		key := recipient.raw.(*ecdh.PrivateKey)
		plainInner, err := plainSign(w.signing[hub], []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		plainOuter, err := plainEncrypt(recipient.ID, key.PublicKey(), plainInner)
		if err != nil {
			t.Fatal(err)
		}
		ourOuter := w.seal(t, hub, police, "x")
		ourInner, err := plainDecrypt(key, ourOuter)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := headerText(t, plainInner), headerText(t, ourInner); a != b {
			t.Errorf("%s: the library writes %s, we write %s", name, a, b)
		}
		if a, b := headerText(t, plainOuter), headerText(t, ourOuter); a != b {
			t.Errorf("%s: the library writes %s, we write %s", name, a, b)
		}
	}
}

// headerText is a token's header with the coordinates of its epk blanked.
func headerText(t *testing.T, token []byte) string {
	t.Helper()
	head, _, _ := bytes.Cut(token, []byte{'.'})
	text := string(unb64(string(head)))
	var says struct{ Epk map[string]string }
	if err := json.Unmarshal([]byte(text), &says); err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"x", "y"} {
		if v := says.Epk[member]; v != "" {
			text = strings.Replace(text, v, "_", 1)
		}
	}
	return text
}

// TestNoLaxerThanPlainLibrary: what decrypt or verify accepts of the hostile
// corpus, of whatever the gate thinks, and of honest tokens with bytes changed,
// the library's own functions accept too, with the same result.
func TestNoLaxerThanPlainLibrary(t *testing.T) {
	c := newCorpus(t)
	key := c.w.opening[hub].raw.(*ecdh.PrivateKey)
	signers := []Private{c.w.signing[hub], c.w.signing[police], c.w.signing[school]}
	for _, h := range c.cases {
		agree(t, t, h.name, key, signers, []byte(h.token))
	}
	rapid.Check(t, func(rt *rapid.T) {
		token := bytes.Clone(c.w.seal(t, police, hub, signedPayload))
		if rapid.Bool().Draw(rt, "inner") {
			content, err := plainDecrypt(key, token)
			if err != nil {
				rt.Fatal(err)
			}
			mutate(rt, content)
			agree(t, rt, "inner", key, signers, []byte(jweForge{content: content}.to(t, c.w.opening[hub])))
			return
		}
		mutate(rt, token)
		agree(t, rt, "outer", key, signers, token)
	})
}

// mutate changes up to three bytes of a token into others of its alphabet.
func mutate(t *rapid.T, token []byte) {
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		at := rapid.IntRange(0, len(token)-1).Draw(t, "at")
		token[at] = rapid.SampledFrom([]byte("AQgw_-.=z09")).Draw(t, "to")
	}
}

// agree fails where ours accepts and the library does not, or gets another
// content.
func agree(t testing.TB, fail interface{ Errorf(string, ...any) }, name string, key *ecdh.PrivateKey, signers []Private, token []byte) {
	content, err := protect(func() ([]byte, error) { return decrypt(key, token) })
	if err != nil {
		return
	}
	if plain, err := plainDecrypt(key, token); err != nil || !bytes.Equal(content, plain) {
		fail.Errorf("%s: we decrypt it, the library does not (%v) or gets something else", name, err)
	}
	for _, p := range signers {
		payload, err := protect(func() ([]byte, error) { return verify(p.Alg, public(t, p), content) })
		if err != nil {
			continue
		}
		if plain, err := plainVerify(p.Alg, public(t, p), content); err != nil || !bytes.Equal(payload, plain) {
			fail.Errorf("%s: we verify it by %s, the library does not (%v) or gets something else", name, p.Owner, err)
		}
	}
}

// BenchmarkPlain is the library's ordinary way, without gate and registry.
func BenchmarkPlain(b *testing.B) {
	payload := []byte(strings.Repeat("x", benchSize))
	for name, suite := range benchSuites {
		w := benchWorld(b, suite)
		recipient := w.opening[police].raw.(*ecdh.PrivateKey)
		verifier := public(b, w.signing[hub])
		seal := func() []byte {
			content, err := plainSign(w.signing[hub], payload)
			if err != nil {
				b.Fatal(err)
			}
			token, err := plainEncrypt(w.opening[police].ID, recipient.PublicKey(), content)
			if err != nil {
				b.Fatal(err)
			}
			return token
		}
		b.Run("Seal/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				seal()
			}
		})
		b.Run("Open/"+name, func(b *testing.B) {
			token := seal()
			b.ReportAllocs()
			for b.Loop() {
				content, err := plainDecrypt(recipient, token)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := plainVerify(w.signing[hub].Alg, verifier, content); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
