package envelope

import (
	"bytes"
	"crypto/ecdh"
	"encoding/base64"
)

// This file and header.go are the strict gate. They import no JOSE.

const (
	// MaxToken is the largest sealed message, in bytes.
	MaxToken = 1 << 20
	// MaxPayload is the largest payload whose sealed form is sure to fit:
	// base64 twice, and the headers.
	MaxPayload = 575 << 10

	maxHeader = 1024 // bytes of a protected header, encoded
	maxKid    = 128

	algECDH = "ECDH-ES+A256KW"
	encGCM  = "A256GCM"
	typJWE  = "mash+jwe"
	typJWS  = "mash+jws"

	wrappedKey    = 40 // bytes: a 32-byte key wrapped by A256KW (RFC 3394)
	nonceSize     = 12
	tagSize       = 16
	signatureSize = 64 // Ed25519 and ES256 alike
)

// encrypted is a JWE as readJWE found it: all that decrypting needs.
type encrypted struct {
	header    header
	parts     []part // header, wrapped key, nonce, ciphertext, tag
	ephemeral *ecdh.PublicKey
}

// readJWE reads a compact JWE of our algorithms. It refuses every member of the
// header that it does not know: "crit", "zip" and "apu" among them.
func readJWE(token []byte) (encrypted, error) {
	parts, err := compact(token, 5)
	if err != nil {
		return encrypted{}, err
	}
	switch {
	case parts[1].size != wrappedKey:
		return encrypted{}, bad("the wrapped key has the wrong length")
	case parts[2].size != nonceSize:
		return encrypted{}, bad("the nonce has the wrong length")
	case parts[3].size == 0:
		return encrypted{}, bad("the ciphertext is empty")
	case parts[4].size != tagSize:
		return encrypted{}, bad("the tag has the wrong length")
	}
	h, err := parseHeader(parts[0])
	if err != nil {
		return encrypted{}, err
	}
	if !h.is("alg", algECDH) || !h.is("enc", encGCM) || !h.only("alg", "enc", "epk", "kid", "typ", "cty") {
		return encrypted{}, bad("the outer header is not as it must be")
	}
	ephemeral, err := ephemeralKey(h.get("epk").object)
	if err != nil {
		return encrypted{}, err
	}
	return encrypted{h, parts, ephemeral}, nil
}

// outer is a JWE that passed the gate.
type outer struct {
	encrypted
	kid string
}

// gateOuter lets a compact JWE of ours pass, and nothing else: with the checks
// of readJWE its header has exactly the six members of ours.
func gateOuter(token []byte) (outer, error) {
	if len(token) > MaxToken {
		return outer{}, bad("the message is too large")
	}
	e, err := readJWE(token)
	if err != nil {
		return outer{}, err
	}
	if !e.header.is("typ", typJWE) || !e.header.is("cty", typJWS) {
		return outer{}, bad("the outer header is not as it must be")
	}
	kid, err := kidOf(e.header)
	return outer{e, kid}, err
}

// ephemeralKey reads the sender's ephemeral key: exact members, exact lengths,
// a point on the curve.
func ephemeralKey(epk header) (*ecdh.PublicKey, error) {
	x, okX := fixed(epk.get("x").text, 32)
	switch {
	case !okX:
	case epk.is("kty", "OKP") && epk.is("crv", "X25519") && len(epk) == 3:
		// Every string of 32 bytes is a point; the ones of small order are
		// refused when the secret comes out as zeros (RFC 7748 section 6.1).
		return ecdh.X25519().NewPublicKey(x)
	case epk.is("kty", "EC") && epk.is("crv", "P-256") && len(epk) == 4:
		y, okY := fixed(epk.get("y").text, 32)
		if !okY {
			break
		}
		key, err := ecdh.P256().NewPublicKey(append(append([]byte{4}, x...), y...))
		if err != nil {
			return nil, bad("the ephemeral key is not on its curve")
		}
		return key, nil
	}
	return nil, bad("the ephemeral key is not as it must be")
}

// signed is a JWS as readJWS found it: all that verifying needs.
type signed struct {
	header             header
	alg                string
	input              []byte // what was signed: header and payload as encoded
	payload, signature part
}

// readJWS reads a compact JWS of our algorithms. It refuses every member of the
// header that it does not know: "crit", "b64" and "jwk" among them.
func readJWS(token []byte) (signed, error) {
	parts, err := compact(token, 3)
	if err != nil {
		return signed{}, err
	}
	switch {
	case parts[1].size == 0:
		return signed{}, bad("the payload is empty")
	case parts[2].size != signatureSize:
		return signed{}, bad("the signature has the wrong length")
	}
	h, err := parseHeader(parts[0])
	if err != nil {
		return signed{}, err
	}
	alg := h.get("alg").text
	if alg != AlgEdDSA && alg != AlgES256 || !h.only("alg", "kid", "typ") {
		return signed{}, bad("the inner header is not as it must be")
	}
	return signed{h, alg, token[:len(token)-len(parts[2].text)-1], parts[1], parts[2]}, nil
}

// inner is a JWS that passed the gate.
type inner struct {
	signed
	kid string
}

// gateInner lets a compact JWS of ours pass, and nothing else: with the checks
// of readJWS its header has exactly the three members of ours.
func gateInner(token []byte) (inner, error) {
	s, err := readJWS(token)
	if err != nil {
		return inner{}, err
	}
	if !s.header.is("typ", typJWS) {
		return inner{}, bad("the inner header is not as it must be")
	}
	kid, err := kidOf(s.header)
	return inner{s, kid}, err
}

func kidOf(h header) (string, error) {
	kid := h.get("kid").text
	if !wellFormed(kid) {
		return "", bad("the key id is missing, too long or has characters that it must not have")
	}
	return kid, nil
}

// wellFormed reports whether a key id may stand in a header: base64url, dots
// and colons.
func wellFormed(kid string) bool {
	if kid == "" || len(kid) > maxKid {
		return false
	}
	for i := range len(kid) {
		if c := kid[i]; sextet[c] < 0 && c != '.' && c != ':' {
			return false
		}
	}
	return true
}

// part is one segment of a compact serialisation.
type part struct {
	text []byte // base64url
	size int    // bytes it decodes to
}

// decode appends the bytes to dst.
func (p part) decode(dst []byte) ([]byte, error) {
	return base64url.AppendDecode(dst, p.text)
}

// compact splits a token into exactly n parts of canonical base64url: the
// alphabet alone, no padding, no white space, unused bits zero. One message
// has one spelling.
func compact(token []byte, n int) ([]part, error) {
	if bytes.Count(token, []byte{'.'}) != n-1 {
		return nil, bad("the message has the wrong number of parts")
	}
	parts := make([]part, 0, n)
	for text := range bytes.SplitSeq(token, []byte{'.'}) {
		size, ok := canonical(text)
		if !ok {
			return nil, bad("a part is not canonical base64url")
		}
		parts = append(parts, part{text, size})
	}
	return parts, nil
}

// canonical reports whether text is canonical base64url (RFC 4648 section 5,
// 3.2 and 3.5) and how many bytes it stands for.
func canonical(text []byte) (size int, ok bool) {
	var seen int8 // negative once a character was none: one branch, not one for each
	for _, c := range text {
		seen |= sextet[c]
	}
	if seen < 0 {
		return 0, false
	}
	whole, rest := len(text)/4*3, len(text)%4
	switch rest {
	case 0:
		return whole, true
	case 2:
		return whole + 1, sextet[text[len(text)-1]]&0b1111 == 0
	case 3:
		return whole + 2, sextet[text[len(text)-1]]&0b11 == 0
	}
	return 0, false // one character is never a byte
}

// fixed decodes canonical base64url that stands for exactly n bytes.
func fixed(text string, n int) ([]byte, bool) {
	if size, ok := canonical([]byte(text)); !ok || size != n {
		return nil, false
	}
	b, err := base64url.DecodeString(text)
	return b, err == nil
}

// base64url ignores line ends, as the standard library does: canonical comes
// first.
var base64url = base64.RawURLEncoding.Strict()

// sextet is the value of each base64url character, -1 for every other byte.
var sextet = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
		t[c] = int8(i)
	}
	return t
}()
