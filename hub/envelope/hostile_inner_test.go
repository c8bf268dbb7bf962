package envelope

import (
	"bytes"
	"compress/flate"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"

	"mashhub/hub/mash"
)

func (c *corpus) innerHeaders() {
	p := c.w.signing[police]
	honest := honestInner(p.Alg, p.ID)
	signed := func(header string) []byte { return jwsForge{header, `{"a":1}`, by(p)}.token() }
	for name, f := range headerGames() {
		forged := f(honest)
		if forged == honest {
			panic("a forged header is not forged")
		}
		c.inner(name, signed(forged), badMessage)
	}
	for _, name := range []string{"alg", "kid", "typ"} {
		c.inner("without "+name, signed(without(honest, name)), badMessage)
		c.inner(name+" twice, the first honest", signed(honest[:len(honest)-1]+`,"`+name+`":"other"}`), badMessage)
		c.inner(name+" twice, the last honest", signed(`{"`+name+`":"other",`+honest[1:]), badMessage)
		c.inner(name+" twice, the same", signed(honest[:len(honest)-1]+honest[strings.Index(honest, `,"typ"`):len(honest)-1]+`}`), badMessage)
	}
	for _, typ := range []string{"JOSE", "mash+jwe", "MASH+JWS", ""} {
		c.inner("typ "+typ, signed(setMember(honest, "typ", `"`+typ+`"`)), badMessage)
	}
	c.inner("with a cty", signed(honest[:len(honest)-1]+`,"cty":"json"}`), badMessage)

	// Whose key it claims.
	other, enc := c.w.signing[hub], c.w.opening[police]
	c.inner("kid of another's key, its algorithm", jwsForge{honestInner(other.Alg, other.ID), "x", by(p)}.token(), badMessage)
	c.inner("kid of another's key, own algorithm", jwsForge{honestInner(p.Alg, other.ID), "x", by(p)}.token(), badMessage)
	c.inner("kid of an encryption key", jwsForge{honestInner(p.Alg, enc.ID), "x", by(p)}.token(), unknownKey)
	c.inner("kid unknown", jwsForge{honestInner(p.Alg, "unknown"), "x", by(p)}.token(), unknownKey)
	c.inner("kid in another case", jwsForge{honestInner(p.Alg, strings.ToLower(p.ID)), "x", by(p)}.token(), unknownKey)
	c.inner("kid with a dot after", jwsForge{honestInner(p.Alg, p.ID+"."), "x", by(p)}.token(), unknownKey)

	// A key in the message itself.
	villain, _, err := GenerateKeys(&stream{seed: "villain"}, "agency/villain", started, Curve25519)
	if err != nil {
		c.t.Fatal(err)
	}
	public, err := villain.Public()
	if err != nil {
		c.t.Fatal(err)
	}
	for _, kid := range []string{villain.ID, p.ID, other.ID} {
		h := honestInner(AlgEdDSA, kid)
		c.inner("embedded jwk, kid "+kid, jwsForge{h[:len(h)-1] + `,"jwk":` + string(public.JWK) + `}`, "x", by(villain)}.token(), badMessage)
		h = honestInner(AlgEdDSA, kid)
		want := badMessage
		if kid == villain.ID {
			want = unknownKey
		}
		c.inner("by a key not enrolled, kid "+kid, jwsForge{h, "x", by(villain)}.token(), want)
	}
}

func (c *corpus) signatures() {
	p, e := c.w.signing[police], c.w.signing[hub] // ES256, EdDSA
	ecKey := p.raw.(*ecdsa.PrivateKey)
	edPublic := []byte(e.raw.(ed25519.PrivateKey).Public().(ed25519.PublicKey))
	ecPublic, err := ecKey.PublicKey.Bytes()
	if err != nil {
		c.t.Fatal(err)
	}
	jwkOf := func(k Private) []byte {
		public, err := k.Public()
		if err != nil {
			c.t.Fatal(err)
		}
		return public.JWK
	}
	// Algorithms that are not the key's.
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "RS256", "PS256", "ES384", "ES512",
		"ES256K", "Ed25519", "Ed448", "eddsa", "es256", "ML-DSA-44", " EdDSA"} {
		for _, k := range []Private{p, e} {
			c.inner("alg "+alg+" for a key of "+k.Alg, jwsForge{honestInner(alg, k.ID), "x", by(k)}.token(), badMessage)
			c.inner("alg "+alg+" for a key of "+k.Alg+", no signature", jwsForge{honestInner(alg, k.ID), "x", constant(nil)}.token(), badMessage)
		}
	}
	c.inner("alg EdDSA for a key of ES256", jwsForge{honestInner(AlgEdDSA, p.ID), "x", by(e)}.token(), badMessage)
	c.inner("alg ES256 for a key of EdDSA", jwsForge{honestInner(AlgES256, e.ID), "x", by(p)}.token(), badMessage)
	for name, secret := range map[string][]byte{
		"the public key": edPublic, "its JWK": jwkOf(e), "a point": ecPublic, "a point without its first byte": ecPublic[1:],
		"the other JWK": jwkOf(p), "nothing": {}, "the key's id": []byte(p.ID),
	} {
		c.inner("HMAC with "+name+", said HS256", jwsForge{honestInner("HS256", p.ID), "x", mac(secret)}.token(), badMessage)
		twice := func(input []byte) []byte { m := mac(secret)(input); return append(m, m...) }
		c.inner("HMAC with "+name+", said ES256", jwsForge{honestInner(AlgES256, p.ID), "x", twice}.token(), badMessage)
		c.inner("HMAC with "+name+", said EdDSA", jwsForge{honestInner(AlgEdDSA, e.ID), "x", twice}.token(), badMessage)
	}
	// Signatures that are none.
	order := elliptic.P256().Params().N.Bytes()
	one := append(make([]byte, 31), 1)
	for name, sig := range map[string][]byte{
		"empty": {}, "zeros": make([]byte, 64), "ones": bytes.Repeat([]byte{0xff}, 64),
		"(n, n)": append(bytes.Clone(order), order...), "(1, 1)": append(bytes.Clone(one), one...),
		"(n, 1)": append(bytes.Clone(order), one...), "(1, 0)": append(bytes.Clone(one), make([]byte, 32)...),
		"(0, 1)": append(make([]byte, 32), one...), "63 bytes": make([]byte, 63), "65 bytes": make([]byte, 65),
		"32 bytes": make([]byte, 32), "96 bytes": make([]byte, 96), "128 bytes": make([]byte, 128),
	} {
		for _, k := range []Private{p, e} {
			c.inner("signature "+name+", "+k.Alg, jwsForge{honestInner(k.Alg, k.ID), "x", constant(sig)}.token(), badMessage)
		}
	}
	c.inner("signature as DER", jwsForge{honestInner(p.Alg, p.ID), "x", func(input []byte) []byte {
		sum := sha256.Sum256(input)
		sig, err := ecdsa.SignASN1(rand.Reader, ecKey, sum[:])
		if err != nil {
			panic(err)
		}
		return sig
	}}.token(), badMessage)
	for _, k := range []Private{p, e} {
		sign := by(k)
		header := honestInner(k.Alg, k.ID)
		for name, f := range map[string]func([]byte) []byte{
			"halves swapped":      func(in []byte) []byte { s := sign(in); return append(bytes.Clone(s[32:]), s[:32]...) },
			"cut":                 func(in []byte) []byte { return sign(in)[:63] },
			"twice":               func(in []byte) []byte { s := sign(in); return append(s, s...) },
			"a byte more":         func(in []byte) []byte { return append(sign(in), 0) },
			"of the payload only": func(in []byte) []byte { return sign(in[bytes.IndexByte(in, '.')+1:]) },
			"of the header only":  func(in []byte) []byte { return sign(in[:bytes.IndexByte(in, '.')]) },
			"of the bytes":        func([]byte) []byte { return sign([]byte("x")) },
			"of a hash":           func(in []byte) []byte { s := sha256.Sum256(in); return sign(s[:]) },
			"of another message":  func([]byte) []byte { return sign([]byte(b64([]byte(header)) + "." + b64([]byte("y")))) },
		} {
			c.inner("signature "+name+", "+k.Alg, jwsForge{header, "x", f}.token(), badMessage)
		}
		good := string(jwsForge{header, "payload", sign}.token())
		parts := strings.Split(good, ".")
		for name, token := range map[string]string{
			"stripped": parts[0] + "." + parts[1] + ".", "stripped with its dot": parts[0] + "." + parts[1],
			"payload detached": parts[0] + ".." + parts[2], "payload changed": parts[0] + "." + b64([]byte("PAYLOAD")) + "." + parts[2],
			"payload longer":  parts[0] + "." + parts[1] + "AAAA." + parts[2],
			"payload not b64": parts[0] + ".payload!." + parts[2], "padded": parts[0] + "." + parts[1] + "." + parts[2] + "==",
			"a space before": " " + good, "a line end after": good + "\n", "a part more": good + ".AAAA",
			"as JSON":          `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`,
			"as general JSON":  `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`,
			"no signatures":    `{"payload":"` + parts[1] + `","signatures":[]}`,
			"header reordered": b64([]byte(`{"kid":"`+k.ID+`","alg":"`+k.Alg+`","typ":"mash+jws"}`)) + "." + parts[1] + "." + parts[2],
		} {
			c.inner(name+", "+k.Alg, []byte(token), badMessage)
		}
	}
}

func (c *corpus) parties() {
	// Not signed at all.
	for name, content := range map[string]string{
		"unsigned JSON": `{"kind":"request"}`, "unsigned text": "hello", "two dots": "..", "an empty object": "{}",
		"null": "null", "a NUL": "\x00", "dots in text": "a.b.c",
	} {
		c.inner("content is "+name, []byte(content), badMessage)
	}
	// Wrapped once more.
	hubKey := c.w.opening[hub]
	nested := c.honest()
	for depth := 2; depth <= 4; depth++ {
		nested = []byte(jweForge{content: nested}.to(c.t, hubKey))
		c.inner(fmt.Sprintf("a JWE, depth %d", depth), nested, badMessage)
	}
	p := c.w.signing[police]
	c.inner("a JWS in a JWS without a signature", jwsForge{honestInner("none", p.ID), string(c.honest()), constant(nil)}.token(), badMessage)
	// A bomb that only unpacking would set off.
	var bomb bytes.Buffer
	z, err := flate.NewWriter(&bomb, flate.BestCompression)
	if err != nil {
		c.t.Fatal(err)
	}
	_, _ = z.Write(make([]byte, 8<<20))
	_ = z.Close()
	c.outer("a compression bomb", jweForge{content: bomb.Bytes(), header: func(kid, epk string) string {
		return strings.Replace(honestOuter(kid, epk), `,"kid"`, `,"zip":"DEF","kid"`, 1)
	}}, badMessage)
	c.inner("a compression bomb, unmarked", bomb.Bytes(), badMessage)

	// For somebody else, or for nobody.
	signed := c.honest()
	c.add("party: for the police", jweForge{content: signed}.to(c.t, c.w.opening[police]), wrongParty)
	c.add("party: for the school", jweForge{content: signed}.to(c.t, c.w.opening[school]), wrongParty)
	c.add("party: sealed for the school", string(c.w.seal(c.t, police, school, "x")), wrongParty)
	c.outer("kid of the school, encrypted to the hub", jweForge{kid: c.w.opening[school].ID}, wrongParty)
	c.add("party: kid of the hub, encrypted to the school",
		jweForge{content: signed, kid: hubKey.ID}.to(c.t, c.w.opening[school]), badMessage)
	c.add("party: kid of the hub, encrypted to the police",
		jweForge{content: signed, kid: hubKey.ID}.to(c.t, c.w.opening[police]), badMessage)
	c.outer("kid unknown", jweForge{kid: "unknown"}, unknownKey)
	c.outer("kid of a signing key", jweForge{kid: c.w.signing[hub].ID}, unknownKey)

	// By and to keys that are revoked, or whose registry entry is not what
	// the process holds.
	for _, name := range []string{"revoked", "of another owner"} {
		sign, open, err := GenerateKeys(&stream{seed: name}, hub, started, Curve25519)
		if err != nil {
			c.t.Fatal(err)
		}
		c.w.sets[hub].Add(open)
		for _, k := range []Private{sign, open} {
			public, err := k.Public()
			if err != nil {
				c.t.Fatal(err)
			}
			public.From = started.Add(-1) // never the current one
			if name == "revoked" {
				public.Revoked = true
			} else {
				public.Owner = school
			}
			c.w.keys.mu.Lock()
			c.w.keys.keys = append([]mash.Key{public}, c.w.keys.keys...)
			c.w.keys.mu.Unlock()
		}
		c.w.registry.Forget()
		c.add("party: to a key "+name, jweForge{content: signed}.to(c.t, open), unknownKey)
		if name == "revoked" {
			c.inner("by a key "+name, jwsForge{honestInner(sign.Alg, sign.ID), "x", by(sign)}.token(), unknownKey)
		}
	}
	// The private key is held, the registry does not know it.
	_, open, err := GenerateKeys(&stream{seed: "not enrolled"}, hub, started, Curve25519)
	if err != nil {
		c.t.Fatal(err)
	}
	c.w.sets[hub].Add(open)
	c.add("party: to a key not enrolled", jweForge{content: signed}.to(c.t, open), unknownKey)
}

// bitFlips changes one bit at a time, in the decoded parts of the JWE and, then
// encrypted anew, of the JWS.
func (c *corpus) bitFlips() {
	flip := func(token string, part, of, i int) string {
		parts := strings.Split(token, ".")
		b := unb64(parts[part])
		bit := (len(b)*8 - 1) * i / of
		b[bit/8] ^= 1 << (bit % 8)
		parts[part] = b64(b)
		return strings.Join(parts, ".")
	}
	good := string(c.w.seal(c.t, police, hub, `{"a":1}`))
	for part := range 5 {
		for i := range 9 {
			// A flip in the key id makes another, unknown one; else bad.
			c.add(fmt.Sprintf("bit flip: JWE part %d, %d/8", part, i), flip(good, part, 8, i), "")
		}
	}
	for _, from := range []mash.Address{police, hub} {
		p := c.w.signing[from]
		jws := string(jwsForge{honestInner(p.Alg, p.ID), `{"kind":"request"}`, by(p)}.token())
		for part := range 3 {
			for i := range 9 {
				c.inner(fmt.Sprintf("bit flip: JWS part %d, %d/8, %s", part, i, p.Alg), []byte(flip(jws, part, 8, i)), "")
			}
		}
	}
}
