package envelope

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"

	"mashhub/hub/mash"
)

// oddKeys is a registry whose newest keys have another id than the one asked
// for by test: what a registry that was tampered with might say.
type oddKeys struct {
	Directory
	use mash.KeyUse
	id  string
}

func (o oddKeys) Current(owner mash.Address, use mash.KeyUse) (mash.Key, error) {
	k, err := o.Directory.Current(owner, use)
	if use == o.use {
		k.ID = o.id
	}
	return k, err
}

// TestKeyIDsAreNotWrittenIntoHeadersUnchecked: headers are put together as
// text, so an id that could end its string must never get there.
func TestKeyIDsAreNotWrittenIntoHeadersUnchecked(t *testing.T) {
	w := newWorld(t, mixed)
	for _, id := range []string{"", `x","zip":"DEF`, `x\`, "x\n", "x y", "ï", strings.Repeat("k", maxKid+1)} {
		for _, use := range []mash.KeyUse{mash.KeySign, mash.KeyEncrypt} {
			odd := w.signing[hub]
			odd.ID = id
			w.sets[hub].Add(odd) // held here under that id too
			e, err := New(Options{Private: w.sets[hub], Registry: oddKeys{w.registry, use, id}})
			if err != nil {
				t.Fatal(err)
			}
			token, err := e.Seal(t.Context(), hub, police, []byte("x"))
			if token != nil || mash.CodeOf(err) != mash.CodeUnknownKey {
				t.Errorf("%q to %s: %d bytes, %v", id, use, len(token), err)
			}
		}
	}
}

// TestSignIsStrictAboutCurves: the library's parts sign by any curve under
// ES256, and verify it.
func TestSignIsStrictAboutCurves(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P224(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if token, err := sign(Private{ID: "x", Use: mash.KeySign, Alg: AlgES256, raw: key}, []byte("x")); err == nil {
			t.Errorf("%s: signed: %s", curve.Params().Name, token)
		}
	}
	w := newWorld(t, mixed)
	for from, other := range map[mash.Address]string{hub: AlgES256, police: AlgEdDSA} {
		p := w.signing[from]
		p.Alg = other
		if token, err := sign(p, []byte("x")); err == nil {
			t.Errorf("%s, as %s: signed: %s", from, other, token)
		}
		if token, err := sign(w.opening[from], []byte("x")); err == nil {
			t.Errorf("%s, by the key to encrypt: signed: %s", from, token)
		}
	}
}

// TestDecryptIsStrictAboutCurves is below the envelope's own comparison.
func TestDecryptIsStrictAboutCurves(t *testing.T) {
	w := newWorld(t, mixed)
	for to, other := range map[mash.Address]mash.Address{hub: police, police: hub} {
		e, err := readJWE(w.seal(t, school, to, "x"))
		if err != nil {
			t.Fatal(err)
		}
		if content, err := e.decrypt(w.opening[other].raw.(*ecdh.PrivateKey)); err == nil {
			t.Errorf("to %s, by the key of %s: %s", to, other, content)
		}
	}
}

// TestAlgorithmIsOfHeaderAndKey is below the envelope's own comparison: a
// signature that is right under the key's algorithm, and a header that says
// another.
func TestAlgorithmIsOfHeaderAndKey(t *testing.T) {
	w := newWorld(t, mixed)
	for from, other := range map[mash.Address]string{hub: AlgES256, police: AlgEdDSA} {
		p := w.signing[from]
		for _, alg := range []string{other, "none", "HS256", "ES384", "RS256", "Ed25519", ""} {
			token := jwsForge{honestInner(alg, p.ID), "x", by(p)}.token()
			if payload, err := verify(p.Alg, public(t, p), token); err == nil {
				t.Errorf("%s, the header says %q: verified %s", from, alg, payload)
			}
			if _, err := gateInner(token); err == nil && alg != other {
				t.Errorf("the gate lets %q pass", alg)
			}
		}
	}
}
