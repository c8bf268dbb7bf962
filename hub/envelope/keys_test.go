package envelope

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"mashhub/hub/mash"
)

func TestKeySetComesBack(t *testing.T) {
	set := NewKeySet()
	for _, suite := range []Suite{Curve25519, P256} {
		for _, a := range []mash.Address{hub, school} {
			sign, open, err := GenerateKeys(&stream{seed: fmt.Sprint(a, suite)}, a, started, suite)
			if err != nil {
				t.Fatal(err)
			}
			set.Add(sign)
			set.Add(open)
		}
	}
	saved, err := set.Save()
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadKeySet(saved)
	if err != nil {
		t.Fatal(err)
	}
	resaved, err := again.Save()
	if err != nil || !bytes.Equal(saved, resaved) {
		t.Errorf("saved again, it differs: %v", err)
	}
	was, now := set.sorted(), again.sorted()
	if len(was) != 8 || len(now) != 8 {
		t.Fatalf("%d keys, then %d; want 8", len(was), len(now))
	}
	for i := range was {
		a, b := was[i], now[i]
		if a.Owner != b.Owner || a.ID != b.ID || a.Use != b.Use || a.Alg != b.Alg || !a.From.Equal(b.From) {
			t.Errorf("%v came back as %v", a, b)
		}
		same := false
		switch k := a.raw.(type) {
		case ed25519.PrivateKey:
			same = k.Equal(b.raw.(ed25519.PrivateKey))
		case *ecdsa.PrivateKey:
			same = k.Equal(b.raw.(*ecdsa.PrivateKey))
		case *ecdh.PrivateKey:
			same = k.Equal(b.raw.(*ecdh.PrivateKey))
		}
		if !same {
			t.Errorf("%v came back as another key", a)
		}
	}
}

func TestKeysFromTheSameRandomnessAreTheSame(t *testing.T) {
	for _, suite := range []Suite{Curve25519, P256} {
		s1, e1, err1 := GenerateKeys(&stream{seed: "a"}, hub, started, suite)
		s2, e2, err2 := GenerateKeys(&stream{seed: "a"}, hub, started, suite)
		s3, _, err3 := GenerateKeys(&stream{seed: "b"}, hub, started, suite)
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatal(err1, err2, err3)
		}
		if s1.ID != s2.ID || e1.ID != e2.ID || s1.ID == s3.ID || s1.ID == e1.ID {
			t.Errorf("suite %d: the keys do not follow from the randomness", suite)
		}
		if _, _, err := GenerateKeys(strings.NewReader("short"), hub, started, suite); err == nil {
			t.Errorf("suite %d: keys out of five bytes", suite)
		}
	}
	if _, _, err := GenerateKeys(zeros{}, hub, started, P256); err == nil {
		t.Error("a P-256 key out of zeros")
	}
	if _, _, err := GenerateKeys(&stream{}, hub, started, Suite(7)); err == nil {
		t.Error("a key of an unknown suite")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

var _ io.Reader = zeros{}

func TestPrivateKeysDoNotPrint(t *testing.T) {
	w := newWorld(t, mixed)
	for _, k := range w.sets[police].sorted() {
		saved, err := NewKeySet(k).Save()
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Keys []struct{ D string } }
		if err := json.Unmarshal(saved, &file); err != nil || file.Keys[0].D == "" {
			t.Fatalf("no private part saved: %v", err)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
			if text := fmt.Sprintf(verb, k) + fmt.Sprintf(verb, &k) + fmt.Sprintf(verb, []Private{k}); strings.Contains(text, "PrivateKey{") ||
				strings.Count(text, "private key "+k.ID) != 3 {
				t.Errorf("%s prints %q", verb, text)
			}
		}
		public, err := k.Public()
		if err != nil || strings.Contains(string(public.JWK), file.Keys[0].D) || strings.Contains(string(public.JWK), `"d"`) {
			t.Errorf("the public JWK has the private part: %v", err)
		}
	}
}

func TestKeySetsThatAreRefused(t *testing.T) {
	w := newWorld(t, mixed)
	saved, err := NewKeySet(w.signing[hub]).Save()
	if err != nil {
		t.Fatal(err)
	}
	public, err := w.signing[hub].Public()
	if err != nil {
		t.Fatal(err)
	}
	good := string(saved)
	one := strings.TrimSuffix(strings.TrimPrefix(good, `{"keys":[`), `]}`)
	for name, text := range map[string]string{
		"nothing":           ``,
		"not JSON":          `keys`,
		"a number":          `{"keys":[1]}`,
		"the same twice":    `{"keys":[` + one + `,` + one + `]}`,
		"another id":        strings.Replace(good, w.signing[hub].ID, "another", 1),
		"another use":       strings.Replace(good, `"use":"sig"`, `"use":"enc"`, 1),
		"another algorithm": strings.Replace(good, `"alg":"EdDSA"`, `"alg":"ES256"`, 1),
		"no owner":          strings.Replace(good, `"hub/fernshire"`, `""`, 1),
		"a public key":      `{"keys":[` + string(public.JWK) + `]}`,
		"a symmetric key":   `{"keys":[{"kty":"oct","k":"AAAA","use":"sig","alg":"HS256","kid":"x","mash_owner":"hub/x"}]}`,
	} {
		if text == good {
			t.Fatalf("%s: the text is not changed", name)
		}
		s, err := LoadKeySet([]byte(text))
		if err == nil {
			t.Errorf("%s: loaded %d keys", name, len(s.keys))
		} else if text != "" && strings.Contains(err.Error(), one[20:40]) {
			t.Errorf("%s: the error quotes the key", name)
		}
	}
	if s, err := LoadKeySet([]byte(`{"keys":[]}`)); err != nil || len(s.keys) != 0 {
		t.Errorf("an empty set: %v", err)
	}
}

func TestPublicKeysThatAreRefused(t *testing.T) {
	w := newWorld(t, mixed)
	ed, err := w.signing[hub].Public()
	if err != nil {
		t.Fatal(err)
	}
	ec, err := w.signing[police].Public()
	if err != nil {
		t.Fatal(err)
	}
	private, err := NewKeySet(w.signing[hub]).Save()
	if err != nil {
		t.Fatal(err)
	}
	edit := func(k mash.Key, f func(*mash.Key)) mash.Key { f(&k); return k }
	jwk := func(text string) func(*mash.Key) { return func(k *mash.Key) { k.JWK = []byte(text) } }
	replace := func(k mash.Key, old, new string) mash.Key {
		text := strings.Replace(string(k.JWK), old, new, 1)
		if text == string(k.JWK) {
			t.Fatalf("%s is not in the JWK", old)
		}
		return edit(k, jwk(text))
	}
	for name, k := range map[string]mash.Key{
		"no id":              edit(ed, func(k *mash.Key) { k.ID = "" }),
		"an id with a quote": edit(replace(ed, ed.ID, `x\",\"zip`), func(k *mash.Key) { k.ID = `x","zip` }),
		"no owner":           edit(ed, func(k *mash.Key) { k.Owner = "" }),
		"not JSON":           edit(ed, jwk("key")),
		"too large":          edit(ed, jwk(strings.Repeat(" ", 4096)+string(ed.JWK))),
		"private":            edit(ed, jwk(strings.TrimSuffix(strings.TrimPrefix(string(private), `{"keys":[`), `]}`))),
		"another id":         edit(ed, func(k *mash.Key) { k.ID = "another" }),
		"another algorithm":  edit(ed, func(k *mash.Key) { k.Alg = AlgES256 }),
		"to encrypt":         edit(ed, func(k *mash.Key) { k.Use = mash.KeyEncrypt }),
		"HMAC":               edit(ed, jwk(`{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`)),
		"ES256 by its entry": edit(ec, func(k *mash.Key) { k.Alg = "ES384" }),
		"off the curve":      replace(ec, `"y":"`, `"y":"AAAA`),
		"key_ops":            replace(ed, `{`, `{"key_ops":["verify"],`),
	} {
		if err := CheckKey(k); mash.CodeOf(err) != mash.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
