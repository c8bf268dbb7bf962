package envelope

import (
	"crypto/ecdh"
	"slices"

	"mashhub/hub/mash"
)

// bad makes the error of a message that is refused. The text is fixed: what
// came in is never quoted.
func bad(text string) error { return mash.Errorf(mash.CodeBadMessage, "%s", text) }

// header is a protected header, or the one object in it (epk): its members as
// they were written. Short: looked through rather than hashed.
type header []member

type member struct {
	name, text string
	object     header // nil for a string
}

// get is the member of that name; the zero one if it is not there.
func (h header) get(name string) member {
	for _, m := range h {
		if m.name == name {
			return m
		}
	}
	return member{}
}

func (h header) has(name string) bool {
	return slices.ContainsFunc(h, func(m member) bool { return m.name == name })
}

// is reports whether the member is there, a string, and this one.
func (h header) is(name, text string) bool {
	return slices.ContainsFunc(h, func(m member) bool { return m.name == name && m.object == nil && m.text == text })
}

// only reports whether there is nothing but members of these names, strings all
// of them but for the object that epk must be.
func (h header) only(names ...string) bool {
	return !slices.ContainsFunc(h, func(m member) bool {
		return !slices.Contains(names, m.name) || (m.object != nil) != (m.name == "epk")
	})
}

// parseHeader reads a protected header written as we write it: one JSON object
// without white space or escapes, values that are strings of printable ASCII,
// at most one level below, no name twice. Lists, numbers, literals and
// anything else that JSON allows are refused: no header of ours has them.
func parseHeader(p part) (header, error) {
	if len(p.text) > maxHeader {
		return nil, bad("the header is too large")
	}
	raw, err := p.decode(nil)
	if err != nil {
		return nil, bad("a part is not canonical base64url")
	}
	s := scanner{rest: string(raw)} // the members are pieces of this one string
	h := make(header, 0, 6)
	ok := s.members(&h, func(name string) (member, bool) {
		if s.peek() != '{' {
			text, ok := s.text()
			return member{name: name, text: text}, ok
		}
		object := make(header, 0, 4)
		ok := s.members(&object, func(name string) (member, bool) {
			text, ok := s.text()
			return member{name: name, text: text}, ok
		})
		return member{name: name, object: object}, ok
	})
	if !ok || len(s.rest) > 0 {
		return nil, bad("the header is not the JSON that it must be")
	}
	return h, nil
}

// scanner reads the subset of JSON that parseHeader allows.
type scanner struct{ rest string }

func (s *scanner) peek() byte {
	if len(s.rest) == 0 {
		return 0
	}
	return s.rest[0]
}

func (s *scanner) skip(c byte) bool {
	if s.peek() != c || len(s.rest) == 0 {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// members reads {"name":VALUE,...}, at least one and none twice; value reads
// each VALUE.
func (s *scanner) members(h *header, value func(name string) (member, bool)) bool {
	if !s.skip('{') {
		return false
	}
	for {
		name, ok := s.text()
		if !ok || h.has(name) || !s.skip(':') {
			return false
		}
		m, ok := value(name)
		if !ok {
			return false
		}
		*h = append(*h, m)
		if s.skip('}') {
			return true
		}
		if !s.skip(',') {
			return false
		}
	}
}

// text reads "characters": printable ASCII but for the quote and the backslash.
func (s *scanner) text() (string, bool) {
	if !s.skip('"') {
		return "", false
	}
	for i := range len(s.rest) {
		switch c := s.rest[i]; {
		case c == '"':
			out := s.rest[:i]
			s.rest = s.rest[i+1:]
			return out, true
		case c < 0x20 || c > 0x7e || c == '\\':
			return "", false
		}
	}
	return "", false
}

// signedHeader writes the protected header of a JWS; like encryptedHeader, with
// the members in the order of their names. Both write the key id as it is: the
// caller has checked it with wellFormed.
func signedHeader(alg, kid string) []byte {
	return []byte(`{"alg":"` + alg + `","kid":"` + kid + `","typ":"` + typJWS + `"}`)
}

// encryptedHeader writes the protected header of a JWE.
func encryptedHeader(kid string, ephemeral *ecdh.PublicKey) []byte {
	return []byte(`{"alg":"` + algECDH + `","cty":"` + typJWS + `","enc":"` + encGCM +
		`","epk":` + jwkOf(ephemeral) + `,"kid":"` + kid + `","typ":"` + typJWE + `"}`)
}

// jwkOf writes a public key as ephemeralKey reads it.
func jwkOf(k *ecdh.PublicKey) string {
	b := k.Bytes()
	if k.Curve() == ecdh.X25519() {
		return `{"crv":"X25519","kty":"OKP","x":"` + base64url.EncodeToString(b) + `"}`
	}
	// An uncompressed point (SEC 1 section 2.3.3): 4, then x and y.
	return `{"crv":"P-256","kty":"EC","x":"` + base64url.EncodeToString(b[1:33]) +
		`","y":"` + base64url.EncodeToString(b[33:]) + `"}`
}
