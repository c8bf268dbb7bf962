package envelope

import (
	"bytes"
	"strings"
	"testing"

	"mashhub/hub/mash"
)

// hostile is a named token that nobody may open.
type hostile struct {
	name  string
	token string
	want  mash.Code // empty: any of the envelope's codes
}

// corpus collects them; names are unique.
type corpus struct {
	t     testing.TB
	w     *world
	cases []hostile
	names map[string]bool
}

func (c *corpus) add(name, token string, want mash.Code) {
	c.t.Helper()
	if c.names[name] {
		c.t.Fatalf("two hostile tokens are called %q", name)
	}
	c.names[name] = true
	c.cases = append(c.cases, hostile{name, token, want})
}

// honest is a JWS by the police (ES256) for the hub (X25519).
func (c *corpus) honest() []byte {
	p := c.w.signing[police]
	return jwsForge{honestInner(p.Alg, p.ID), signedPayload, by(p)}.token()
}

// outer adds a JWE to the hub with an honest JWS in it.
func (c *corpus) outer(name string, f jweForge, want mash.Code) {
	c.t.Helper()
	if f.content == nil {
		f.content = c.honest()
	}
	c.add("outer: "+name, f.to(c.t, c.w.opening[hub]), want)
}

// inner adds an honest JWE to the hub with this content.
func (c *corpus) inner(name string, content []byte, want mash.Code) {
	c.t.Helper()
	c.add("inner: "+name, jweForge{content: content}.to(c.t, c.w.opening[hub]), want)
}

func newCorpus(t testing.TB) *corpus {
	c := &corpus{t: t, w: newWorld(t, mixed), names: map[string]bool{}}
	c.structure()
	c.outerHeaders()
	c.ephemeralKeys()
	c.outerParts()
	c.innerHeaders()
	c.signatures()
	c.parties()
	c.bitFlips()
	return c
}

// TestForgerIsHonest: what the forger writes with nothing forged is opened, so
// that a hostile token is refused for what is wrong with it.
func TestForgerIsHonest(t *testing.T) {
	c := &corpus{t: t, w: newWorld(t, mixed)}
	for _, from := range []mash.Address{hub, police, school} {
		for _, to := range []mash.Address{hub, police, school} {
			p := c.w.signing[from]
			token := jweForge{content: jwsForge{honestInner(p.Alg, p.ID), "payload", by(p)}.token()}.to(t, c.w.opening[to])
			got, err := c.w.at[to].Open(t.Context(), []byte(token))
			if err != nil || got.Issuer != from || got.To != to || string(got.Payload) != "payload" {
				t.Errorf("%s to %s: %+v, %v", from, to, got, err)
			}
		}
	}
	// And what Seal writes is what the forger would.
	sealed := c.w.seal(t, hub, police, "x")
	header := string(unb64(strings.Split(string(sealed), ".")[0]))
	epk := header[strings.Index(header, `"epk":`)+6 : strings.Index(header, "}")+1]
	if want := honestOuter(c.w.opening[police].ID, epk); header != want {
		t.Errorf("Seal writes %s, the forger %s", header, want)
	}
}

func TestHostileCorpus(t *testing.T) {
	c := newCorpus(t)
	if len(c.cases) < 200 {
		t.Errorf("%d hostile tokens, want 200 at least", len(c.cases))
	}
	t.Logf("%d hostile tokens", len(c.cases))
	for _, h := range c.cases {
		t.Run(h.name, func(t *testing.T) {
			got, err := c.w.at[hub].Open(t.Context(), []byte(h.token))
			if err == nil {
				t.Fatalf("opened: issuer %s, to %s", got.Issuer, got.To)
			}
			code := mash.CodeOf(err)
			if h.want != "" && code != h.want {
				t.Errorf("%v, want %s", err, h.want)
			}
			if code != mash.CodeBadMessage && code != mash.CodeUnknownKey && code != mash.CodeWrongParty {
				t.Errorf("code %s", code)
			}
			if got.Payload != nil || got.Issuer != "" {
				t.Error("something was returned beside the error")
			}
			if len(h.token) > 40 && strings.Contains(err.Error(), h.token[10:30]) {
				t.Error("the error quotes the message")
			}
		})
	}
}

func TestPanicsBecomeErrors(t *testing.T) {
	got, err := protect(func() (string, error) { panic("a secret") })
	if got != "" || mash.CodeOf(err) != mash.CodeBadMessage || strings.Contains(err.Error(), "secret") {
		t.Errorf("%q, %v", got, err)
	}
}

// TestGateDoesNotPanic: Open recovers from panics, so its tests cannot see one;
// the gate, where our own parsing is, must not need that.
func TestGateDoesNotPanic(t *testing.T) {
	c := newCorpus(t)
	for _, h := range c.cases {
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s: %v", h.name, r)
				}
			}()
			if out, err := gateOuter([]byte(h.token)); err == nil && out.kid == "" {
				t.Errorf("%s passes the gate without a key id", h.name)
			}
			_, _ = gateInner([]byte(h.token))
		}()
	}
}

// TestSurrogateReencryption: the hub may encrypt what the police signed for it
// to a school. The envelope cannot tell, and does not pretend to: it says
// whose signature and whose key, and the exchange compares the signed audience
// with the latter.
func TestSurrogateReencryption(t *testing.T) {
	w := newWorld(t, mixed)
	p := w.signing[police]
	signed := jwsForge{honestInner(p.Alg, p.ID), `{"audience":"hub/fernshire"}`, by(p)}.token()
	token := jweForge{content: signed}.to(t, w.opening[school])
	got, err := w.at[school].Open(t.Context(), []byte(token))
	if err != nil || got.Issuer != police || got.To != school {
		t.Fatalf("%+v, %v; want it opened as from the police and to the school", got, err)
	}
	if !bytes.Contains(got.Payload, []byte(hub)) {
		t.Error("the signed audience is gone")
	}
}
