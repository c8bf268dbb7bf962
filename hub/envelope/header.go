package envelope

import (
	"encoding/base64"

	"mashhub/hub/mash"
)

// bad makes the error of a message that is refused. The text is fixed: what
// came in is never quoted.
func bad(text string) error { return mash.Errorf(mash.CodeBadMessage, "%s", text) }

// header is a protected header: strings, and one object of strings (epk).
type header map[string]value

type value struct {
	text   string
	object map[string]string // nil for a string
}

func (h header) is(name, text string) bool {
	v, ok := h[name]
	return ok && v.object == nil && v.text == text
}

// parseHeader reads a protected header written as we write it: one JSON object
// without white space or escapes, values that are strings of printable ASCII,
// at most one level below, no name twice. Lists, numbers, literals and
// anything else that JSON allows are refused: no header of ours has them.
func parseHeader(p part) (header, error) {
	if len(p.text) > maxHeader {
		return nil, bad("the header is too large")
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(p.text))
	if err != nil {
		return nil, bad("a part is not canonical base64url")
	}
	h := header{}
	s := scanner{rest: raw}
	ok := s.members(func(name string) bool {
		if _, twice := h[name]; twice {
			return false
		}
		if s.peek() != '{' {
			text, ok := s.text()
			h[name] = value{text: text}
			return ok
		}
		object := map[string]string{}
		h[name] = value{object: object}
		return s.members(func(name string) bool {
			if _, twice := object[name]; twice {
				return false
			}
			text, ok := s.text()
			object[name] = text
			return ok
		})
	})
	if !ok || len(s.rest) > 0 {
		return nil, bad("the header is not the JSON that it must be")
	}
	return h, nil
}

// scanner reads the subset of JSON that parseHeader allows.
type scanner struct{ rest []byte }

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

// members reads {"name":VALUE,...}, at least one; member reads each VALUE.
func (s *scanner) members(member func(name string) bool) bool {
	if !s.skip('{') {
		return false
	}
	for {
		name, ok := s.text()
		if !ok || !s.skip(':') || !member(name) {
			return false
		}
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
	for i, c := range s.rest {
		switch {
		case c == '"':
			out := string(s.rest[:i])
			s.rest = s.rest[i+1:]
			return out, true
		case c < 0x20 || c > 0x7e || c == '\\':
			return "", false
		}
	}
	return "", false
}
