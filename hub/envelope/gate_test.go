package envelope

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestCanonical compares with the standard library: text is canonical exactly
// when it is what its bytes encode to.
func TestCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.StringMatching(`[A-Za-z0-9_-]{0,40}`),
			rapid.StringMatching(`[A-Za-z0-9_+/=.\r\n -]{0,12}`),
		).Draw(t, "text")
		size, ok := canonical([]byte(text))
		b, err := base64.RawURLEncoding.DecodeString(text)
		want := err == nil && base64.RawURLEncoding.EncodeToString(b) == text
		if ok != want || ok && size != len(b) {
			t.Fatalf("%q: %d, %v; want %d, %v", text, size, ok, len(b), want)
		}
	})
}

func TestHeaderRoundtrip(t *testing.T) {
	text := rapid.StringMatching(`[ !#-\[\]-~]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		flat := rapid.MapOfN(text, text, 1, 6).Draw(t, "flat")
		nested := rapid.MapOfN(text, text, 1, 4).Draw(t, "nested")
		all := map[string]any{"!nested": nested}
		for k, v := range flat {
			all["s"+k] = v
		}
		var raw bytes.Buffer
		enc := json.NewEncoder(&raw)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(all); err != nil {
			t.Fatal(err)
		}
		line := strings.TrimSuffix(raw.String(), "\n")
		h, err := parseHeader(part{text: []byte(b64([]byte(line)))})
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if len(h) != len(flat)+1 || len(h.get("!nested").object) != len(nested) {
			t.Fatalf("%s came as %v", line, h)
		}
		for k, v := range flat {
			if !h.is("s"+k, v) {
				t.Fatalf("%s: %q is %v", line, k, h.get("s"+k))
			}
		}
		for k, v := range nested {
			if nested := h.get("!nested").object; !nested.is(k, v) {
				t.Fatalf("%s: %q within is %v", line, k, nested.get(k))
			}
		}
	})
}

// FuzzHeader: what the gate reads, encoding/json reads the same.
func FuzzHeader(f *testing.F) {
	f.Add(`{"alg":"EdDSA","kid":"x","typ":"mash+jws"}`)
	f.Add(`{"epk":{"crv":"X25519","kty":"OKP","x":"AAAA"},"alg":"x"}`)
	f.Add(`{"a":"b","a":"c"}`)
	f.Add(`{"a":{"b":{"c":"d"}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseHeader(part{text: []byte(b64([]byte(text)))})
		if err != nil {
			return
		}
		var same map[string]any
		if err := json.Unmarshal([]byte(text), &same); err != nil {
			t.Fatalf("%q passes and is not JSON: %v", text, err)
		}
		if len(same) != len(h) {
			t.Fatalf("%q: %d members, JSON has %d", text, len(h), len(same))
		}
		for _, v := range h {
			name := v.name
			switch w := same[name].(type) {
			case string:
				if v.object != nil || v.text != w {
					t.Fatalf("%q: %q is %v", text, name, v)
				}
			case map[string]any:
				if len(w) != len(v.object) {
					t.Fatalf("%q: %q is %v", text, name, v)
				}
			default:
				t.Fatalf("%q: %q is a %T", text, name, w)
			}
		}
	})
}

// signedPayload is all that anybody signed: whatever is opened says this. (The
// tokens themselves differ between the processes of a fuzzer.)
const signedPayload = `{"a":1}`

// FuzzOpen: no input panics, and nothing is opened but what was sealed.
func FuzzOpen(f *testing.F) {
	c := newCorpus(f)
	f.Add(c.w.seal(f, police, hub, signedPayload))
	for i, h := range c.cases {
		if i%5 == 0 && len(h.token) < 4096 {
			f.Add([]byte(h.token))
		}
	}
	f.Fuzz(func(t *testing.T, token []byte) {
		// Around protect: a panic must be seen.
		if _, err := gateOuter(token); err != nil {
			return
		}
		if got, err := c.w.at[hub].Open(t.Context(), token); err == nil && (got.Issuer != police || string(got.Payload) != signedPayload) {
			t.Fatalf("opened: %+v", got)
		}
	})
}

// FuzzInner hands anything to the hub inside an honest JWE.
func FuzzInner(f *testing.F) {
	c := &corpus{t: f, w: newWorld(f, mixed)}
	f.Add(c.honest())
	f.Add([]byte(`{"payload":"","signatures":[]}`))
	f.Add([]byte(".."))
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) == 0 || len(content) > MaxPayload {
			return
		}
		in, err := gateInner(content)
		token := jweForge{content: content}.to(t, c.w.opening[hub])
		got, openErr := c.w.at[hub].Open(t.Context(), []byte(token))
		if err != nil && openErr == nil {
			t.Fatalf("opened what the gate refuses: %+v", got)
		}
		if openErr == nil && (got.KeyID != in.kid || got.Issuer != police || string(got.Payload) != signedPayload) {
			t.Fatalf("opened %+v as signed by %s", got, in.kid)
		}
	})
}
