package envelope

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"

	"mashhub/hub/mash"
)

const badMessage, unknownKey, wrongParty = mash.CodeBadMessage, mash.CodeUnknownKey, mash.CodeWrongParty

func (c *corpus) structure() {
	good := string(c.w.seal(c.t, police, hub, `{"a":1}`))
	parts := strings.Split(good, ".")
	with := func(i int, s string) string {
		p := append([]string(nil), parts...)
		p[i] = s
		return strings.Join(p, ".")
	}
	for name, token := range map[string]string{
		"empty": "", "a dot": ".", "four dots": "....", "five dots": ".....", "text": "hello",
		"JSON": `{"protected":"` + parts[0] + `","encrypted_key":"` + parts[1] + `","iv":"` + parts[2] +
			`","ciphertext":"` + parts[3] + `","tag":"` + parts[4] + `"}`,
		"JSON, general": `{"protected":"` + parts[0] + `","recipients":[{"encrypted_key":"` + parts[1] + `"}],"iv":"` + parts[2] +
			`","ciphertext":"` + parts[3] + `","tag":"` + parts[4] + `"}`,
		"a space before": " " + good, "a space after": good + " ", "a line end after": good + "\n",
		"a line end within": good[:100] + "\r\n" + good[100:], "a NUL within": good[:100] + "\x00" + good[100:],
		"a NUL after": good + "\x00", "a dot before": "." + good, "a dot after": good + ".",
		"a part more": good + ".AAAA", "twice": good + good, "twice, with a dot": good + "." + good,
		"a byte order mark": "\ufeff" + good, "in quotes": `"` + good + `"`, "upper case": strings.ToUpper(good),
		"too large": with(3, strings.Repeat("A", MaxToken)), "only the signed part": string(c.honest()),
		"full-width dots": strings.ReplaceAll(good, ".", "．"), "percent-encoded": strings.ReplaceAll(good, ".", "%2e"),
		"four parts": strings.Join(parts[:4], "."), "three parts": strings.Join(parts[:3], "."),
	} {
		c.add("structure: "+name, token, badMessage)
	}
	for i := range parts {
		at := fmt.Sprintf(", part %d", i)
		c.add("structure: empty"+at, with(i, ""), badMessage)
		c.add("structure: a character less"+at, with(i, parts[i][:len(parts[i])-1]), badMessage)
		c.add("structure: a quantum less"+at, with(i, parts[i][:len(parts[i])-4]), badMessage)
		c.add("structure: a character more"+at, with(i, parts[i]+"A"), badMessage)
		c.add("structure: a quantum more"+at, with(i, parts[i]+"AAAA"), badMessage)
		c.add("structure: padded"+at, with(i, parts[i]+"="), badMessage)
		c.add("structure: padded twice"+at, with(i, parts[i]+"=="), badMessage)
		c.add("structure: standard alphabet, plus"+at, with(i, "+"+parts[i][1:]), badMessage)
		c.add("structure: standard alphabet, slash"+at, with(i, "/"+parts[i][1:]), badMessage)
		c.add("structure: a line end"+at, with(i, parts[i][:4]+"\n"+parts[i][4:]), badMessage)
		for j := range i {
			p := append([]string(nil), parts...)
			p[i], p[j] = p[j], p[i]
			c.add(fmt.Sprintf("structure: parts %d and %d swapped", j, i), strings.Join(p, "."), badMessage)
		}
		// The same bytes with unused bits set, where the part has any.
		if rest := len(parts[i]) % 4; rest != 0 {
			last := sextet[parts[i][len(parts[i])-1]]
			other := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last|1]
			c.add("structure: unused bits set"+at, with(i, parts[i][:len(parts[i])-1]+string(other)), badMessage)
		}
	}
	for i := 1; i < 12; i++ {
		c.add(fmt.Sprintf("structure: cut at %d/12", i), good[:len(good)*i/12], badMessage)
	}
}

// headerGames are edits of a header that no honest header has; both layers.
func headerGames() map[string]func(string) string {
	insert := func(text string) func(string) string {
		return func(h string) string { return strings.Replace(h, `{`, `{`+text+`,`, 1) }
	}
	replace := func(old, new string) func(string) string {
		return func(h string) string { return strings.Replace(h, old, new, 1) }
	}
	games := map[string]func(string) string{
		"a space":                 replace(`:`, `: `),
		"a tab":                   replace(`,`, ",\t"),
		"a comma at the end":      func(h string) string { return h[:len(h)-1] + ",}" },
		"a comma at the start":    replace(`{`, `{,`),
		"two commas":              replace(`,`, `,,`),
		"bytes after the end":     func(h string) string { return h + "x" },
		"another object after":    func(h string) string { return h + "{}" },
		"a NUL after":             func(h string) string { return h + "\x00" },
		"not closed":              func(h string) string { return h[:len(h)-1] },
		"a byte order mark":       func(h string) string { return "\ufeff" + h },
		"a comment":               replace(`{`, `{/*x*/`),
		"in a list":               func(h string) string { return "[" + h + "]" },
		"null":                    func(string) string { return "null" },
		"a string":                func(string) string { return `"x"` },
		"a number":                func(string) string { return "1" },
		"an empty object":         func(string) string { return "{}" },
		"nothing":                 func(string) string { return "" },
		"escaped name":            replace(`"alg"`, `"\u0061lg"`),
		"escaped value":           replace(`"mash+`, `"\u006dash+`),
		"name in upper case":      replace(`"alg"`, `"ALG"`),
		"name with a NUL":         replace(`"alg"`, "\"alg\x00\""),
		"alg is a number":         func(h string) string { return setMember(h, "alg", `1`) },
		"alg is null":             func(h string) string { return setMember(h, "alg", `null`) },
		"alg is a list":           func(h string) string { return setMember(h, "alg", `["EdDSA"]`) },
		"alg is an object":        func(h string) string { return setMember(h, "alg", `{"alg":"x"}`) },
		"alg is empty":            func(h string) string { return setMember(h, "alg", `""`) },
		"typ is an object":        func(h string) string { return setMember(h, "typ", `{"typ":"x"}`) },
		"typ is of a JWT":         func(h string) string { return setMember(h, "typ", `"JWT"`) },
		"typ in upper case":       func(h string) string { return setMember(h, "typ", `"MASH+JWE"`) },
		"kid is a number":         func(h string) string { return setMember(h, "kid", `7`) },
		"kid is null":             func(h string) string { return setMember(h, "kid", `null`) },
		"kid is an object":        func(h string) string { return setMember(h, "kid", `{"kid":"x"}`) },
		"kid is empty":            func(h string) string { return setMember(h, "kid", `""`) },
		"kid is a path":           func(h string) string { return setMember(h, "kid", `"../../dev/null"`) },
		"kid is SQL":              func(h string) string { return setMember(h, "kid", `"x' or '1'='1"`) },
		"kid is long":             func(h string) string { return setMember(h, "kid", `"`+strings.Repeat("k", 129)+`"`) },
		"kid is not ASCII":        func(h string) string { return setMember(h, "kid", `"kïd"`) },
		"invalid UTF-8":           insert("\"x\":\"\xff\xfe\""),
		"a control character":     insert("\"x\":\"\x01\""),
		"huge":                    insert(`"x":"` + strings.Repeat("x", 4096) + `"`),
		"deep":                    insert(`"x":` + strings.Repeat(`{"x":`, 100) + `"x"` + strings.Repeat(`}`, 100)),
		"deep lists":              insert(`"x":` + strings.Repeat(`[`, 400) + strings.Repeat(`]`, 400)),
		"a member without a name": insert(`"":"x"`),
		"__proto__":               insert(`"__proto__":"x"`),
	}
	for _, extra := range []string{
		`"zip":"DEF"`, `"zip":""`, `"jku":"https://keys.example/jwks"`, `"x5u":"https://keys.example/cert"`,
		`"jwk":{"kty":"oct","k":"AAAA"}`, `"x5c":["AAAA"]`, `"x5t":"AAAA"`, `"x5t#S256":"AAAA"`,
		`"crit":[]`, `"crit":["exp"]`, `"crit":["alg"]`, `"crit":["b64"],"b64":false`, `"crit":"b64"`, `"crit":["x"],"x":"1"`,
		`"b64":false`, `"b64":true`, `"p2c":2147483647`, `"p2s":"AAAA"`, `"p2c":"1"`, `"apu":"AAAA"`, `"apv":"AAAA"`,
		`"iv":"AAAAAAAAAAAAAAAA"`, `"tag":"AAAAAAAAAAAAAAAAAAAAAA"`, `"url":"https://hub.example"`, `"nonce":"AAAA"`,
		`"iss":"hub/fernshire"`, `"exp":"0"`, `"ppt":"shaken"`, `"svt":"x"`,
	} {
		games["with "+extra] = insert(extra)
	}
	return games
}

// setMember replaces the value of a string member.
func setMember(h, name, value string) string {
	start := strings.Index(h, `"`+name+`":"`)
	if start < 0 {
		panic("no member " + name)
	}
	start += len(name) + 3
	end := start + 1 + strings.IndexByte(h[start+1:], '"') + 1
	return h[:start] + value + h[end:]
}

// without removes a string member that is not the first.
func without(h, name string) string {
	h = setMember(h, name, `""`)
	if cut := strings.Replace(h, `,"`+name+`":""`, "", 1); cut != h {
		return cut
	}
	return strings.Replace(h, `"`+name+`":"",`, "", 1)
}

func (c *corpus) outerHeaders() {
	edit := func(f func(string) string) func(kid, epk string) string {
		return func(kid, epk string) string {
			was := honestOuter(kid, epk)
			is := f(was)
			if is == was {
				panic("a forged header is not forged")
			}
			return is
		}
	}
	for name, f := range headerGames() {
		c.outer(name, jweForge{header: edit(f)}, badMessage)
	}
	for _, alg := range []string{"none", "dir", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "A256KW", "RSA1_5",
		"RSA-OAEP", "RSA-OAEP-256", "PBES2-HS512+A256KW", "A256GCMKW", "HS256", "ecdh-es+a256kw", "ECDH-ES+A256KW "} {
		c.outer("alg "+alg, jweForge{alg: alg, header: edit(func(h string) string { return setMember(h, "alg", `"`+alg+`"`) })}, badMessage)
	}
	for _, enc := range []string{"none", "A128GCM", "A192GCM", "A128CBC-HS256", "A256CBC-HS512", "a256gcm", "C20P", ""} {
		c.outer("enc "+enc, jweForge{header: edit(func(h string) string { return setMember(h, "enc", `"`+enc+`"`) })}, badMessage)
	}
	for _, cty := range []string{"JWT", "mash+jwe", "mash+JWS", ""} {
		c.outer("cty "+cty, jweForge{header: edit(func(h string) string { return setMember(h, "cty", `"`+cty+`"`) })}, badMessage)
	}
	for _, name := range []string{"alg", "cty", "enc", "kid", "typ"} {
		c.outer("without "+name, jweForge{header: edit(func(h string) string { return without(h, name) })}, badMessage)
		c.outer(name+" twice, the first honest", jweForge{header: edit(func(h string) string {
			return h[:len(h)-1] + `,"` + name + `":"other"}`
		})}, badMessage)
		c.outer(name+" twice, the last honest", jweForge{header: edit(func(h string) string {
			return `{"` + name + `":"other",` + h[1:]
		})}, badMessage)
	}
	c.outer("epk twice", jweForge{header: func(kid, epk string) string {
		return `{"epk":` + epk + `,` + honestOuter(kid, epk)[1:]
	}}, badMessage)
	c.outer("without epk", jweForge{header: func(kid, epk string) string {
		return strings.Replace(honestOuter(kid, epk), `"epk":`+epk+`,`, "", 1)
	}}, badMessage)
}

func (c *corpus) ephemeralKeys() {
	key := func(curve ecdh.Curve) *ecdh.PrivateKey {
		k, err := curve.GenerateKey(rand.Reader)
		if err != nil {
			c.t.Fatal(err)
		}
		return k
	}
	x := key(ecdh.X25519())
	honest := epkJSON(x.PublicKey())
	xs := b64(x.PublicKey().Bytes())
	zeros := b64(make([]byte, 32))
	ec := key(ecdh.P256())
	ecx, ecy := b64(ec.PublicKey().Bytes()[1:33]), b64(ec.PublicKey().Bytes()[33:])
	prime := b64(unhex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"))
	for name, epk := range map[string]string{
		"a string": `"` + xs + `"`, "null": `null`, "a list": `[` + honest + `]`, "empty": `{}`, "a number": `1`,
		"with its private part":         strings.Replace(honest, `}`, `,"d":"`+b64(x.Bytes())+`"}`, 1),
		"with a kid":                    strings.Replace(honest, `}`, `,"kid":"x"}`, 1),
		"with a y":                      strings.Replace(honest, `}`, `,"y":"`+zeros+`"}`, 1),
		"with another x":                strings.Replace(honest, `}`, `,"x":"`+zeros+`"}`, 1),
		"an object within":              strings.Replace(honest, `}`, `,"x":{"x":"x"}}`, 1),
		"without crv":                   `{"kty":"OKP","x":"` + xs + `"}`,
		"without kty":                   `{"crv":"X25519","x":"` + xs + `"}`,
		"without x":                     `{"crv":"X25519","kty":"OKP"}`,
		"crv Ed25519":                   `{"crv":"Ed25519","kty":"OKP","x":"` + xs + `"}`,
		"crv X448":                      `{"crv":"X448","kty":"OKP","x":"` + xs + `"}`,
		"kty EC, crv X25519":            `{"crv":"X25519","kty":"EC","x":"` + xs + `"}`,
		"kty OKP, crv P-256":            `{"crv":"P-256","kty":"OKP","x":"` + xs + `"}`,
		"kty oct":                       `{"crv":"X25519","kty":"oct","x":"` + xs + `"}`,
		"kty RSA":                       `{"kty":"RSA","n":"` + xs + `","e":"AQAB"}`,
		"x too short":                   `{"crv":"X25519","kty":"OKP","x":"` + xs[:42] + `"}`,
		"x too long":                    `{"crv":"X25519","kty":"OKP","x":"` + xs + `AAAA"}`,
		"x padded":                      `{"crv":"X25519","kty":"OKP","x":"` + xs + `="}`,
		"x in the standard alphabet":    `{"crv":"X25519","kty":"OKP","x":"+` + xs[1:] + `"}`,
		"x empty":                       `{"crv":"X25519","kty":"OKP","x":""}`,
		"on the other curve":            epkJSON(ec.PublicKey()),
		"P-256, off the curve":          `{"crv":"P-256","kty":"EC","x":"` + ecy + `","y":"` + ecx + `"}`,
		"P-256, the origin":             `{"crv":"P-256","kty":"EC","x":"` + zeros + `","y":"` + zeros + `"}`,
		"P-256, x is the prime":         `{"crv":"P-256","kty":"EC","x":"` + prime + `","y":"` + ecy + `"}`,
		"P-256, without y":              `{"crv":"P-256","kty":"EC","x":"` + ecx + `"}`,
		"P-256, y too short":            `{"crv":"P-256","kty":"EC","x":"` + ecx + `","y":"AAAA"}`,
		"P-384":                         `{"crv":"P-384","kty":"EC","x":"` + ecx + `","y":"` + ecy + `"}`,
		"P-521":                         `{"crv":"P-521","kty":"EC","x":"` + ecx + `","y":"` + ecy + `"}`,
		"secp256k1":                     `{"crv":"secp256k1","kty":"EC","x":"` + ecx + `","y":"` + ecy + `"}`,
		"crv with a space":              `{"crv":"X25519 ","kty":"OKP","x":"` + xs + `"}`,
		"the recipient's own":           epkJSON(c.w.opening[hub].raw.(*ecdh.PrivateKey).PublicKey()),
		"somebody else's than was used": epkJSON(key(ecdh.X25519()).PublicKey()),
	} {
		c.outer("epk is "+name, jweForge{epk: epk, ephemeral: x}, badMessage)
	}
	// Points of small order: the secret is zeros whoever computes it, so
	// anybody could have wrapped this key (RFC 7748 section 6.1).
	for i, point := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		epk := `{"crv":"X25519","kty":"OKP","x":"` + b64(unhex(point)) + `"}`
		c.outer(fmt.Sprintf("epk is of small order, %d", i), jweForge{epk: epk, secret: make([]byte, 32)}, badMessage)
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func (c *corpus) outerParts() {
	for _, n := range []int{0, 1, 8, 16, 24, 32, 39, 41, 48, 64, 400} {
		c.outer(fmt.Sprintf("a wrapped key of %d bytes", n), jweForge{wrapped: func([]byte) []byte { return make([]byte, n) }}, badMessage)
	}
	c.outer("a wrapped key of zeros", jweForge{wrapped: func([]byte) []byte { return make([]byte, 40) }}, badMessage)
	c.outer("a wrapped key under another secret", jweForge{secret: make([]byte, 32)}, badMessage)
	c.outer("derived for another algorithm", jweForge{alg: "ECDH-ES"}, badMessage)
	for _, n := range []int{0, 8, 11, 13, 16} {
		c.outer(fmt.Sprintf("a nonce of %d bytes", n), jweForge{nonce: make([]byte, n)}, badMessage)
	}
	for _, n := range []int{0, 4, 8, 12, 15} {
		c.outer(fmt.Sprintf("a tag of %d bytes", n), jweForge{tag: func(t []byte) []byte { return t[:n] }}, badMessage)
	}
	c.outer("a tag of 17 bytes", jweForge{tag: func(t []byte) []byte { return append(t, 0) }}, badMessage)
	c.outer("a tag of zeros", jweForge{tag: func([]byte) []byte { return make([]byte, 16) }}, badMessage)
	c.outer("nothing inside", jweForge{content: []byte{}}, badMessage)
}
