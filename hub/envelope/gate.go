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

// outer is what the gate read off a JWE.
type outer struct {
	kid   string
	curve string // X25519 or P-256: of the ephemeral key
}

// gateOuter lets a compact JWE of ours pass, and nothing else.
func gateOuter(token []byte) (outer, error) {
	if len(token) > MaxToken {
		return outer{}, bad("the message is too large")
	}
	parts, err := compact(token, 5)
	if err != nil {
		return outer{}, err
	}
	switch {
	case parts[1].size != wrappedKey:
		return outer{}, bad("the wrapped key has the wrong length")
	case parts[2].size != nonceSize:
		return outer{}, bad("the nonce has the wrong length")
	case parts[3].size == 0:
		return outer{}, bad("the ciphertext is empty")
	case parts[4].size != tagSize:
		return outer{}, bad("the tag has the wrong length")
	}
	h, err := parseHeader(parts[0])
	if err != nil {
		return outer{}, err
	}
	if !h.is("alg", algECDH) || !h.is("enc", encGCM) || !h.is("typ", typJWE) || !h.is("cty", typJWS) || len(h) != 6 {
		return outer{}, bad("the outer header is not as it must be")
	}
	kid, err := kidOf(h)
	if err != nil {
		return outer{}, err
	}
	curve, err := gateEphemeral(h["epk"].object)
	return outer{kid: kid, curve: curve}, err
}

// gateEphemeral checks the sender's ephemeral key: exact members, exact
// lengths, a point on the curve.
func gateEphemeral(epk map[string]string) (curve string, err error) {
	x, okX := fixed(epk["x"], 32)
	switch {
	case !okX:
	case epk["kty"] == "OKP" && epk["crv"] == "X25519" && len(epk) == 3:
		// Every string of 32 bytes is a point; the ones of small order are
		// refused when the secret comes out as zeros (RFC 7748 section 6.1).
		return "X25519", nil
	case epk["kty"] == "EC" && epk["crv"] == "P-256" && len(epk) == 4:
		y, okY := fixed(epk["y"], 32)
		if !okY {
			break
		}
		point := append(append([]byte{4}, x...), y...)
		if _, err := ecdh.P256().NewPublicKey(point); err != nil {
			return "", bad("the ephemeral key is not on its curve")
		}
		return "P-256", nil
	}
	return "", bad("the ephemeral key is not as it must be")
}

// inner is what the gate read off a JWS.
type inner struct{ kid, alg string }

// gateInner lets a compact JWS of ours pass, and nothing else.
func gateInner(token []byte) (inner, error) {
	parts, err := compact(token, 3)
	if err != nil {
		return inner{}, err
	}
	switch {
	case parts[1].size == 0:
		return inner{}, bad("the payload is empty")
	case parts[2].size != signatureSize:
		return inner{}, bad("the signature has the wrong length")
	}
	h, err := parseHeader(parts[0])
	if err != nil {
		return inner{}, err
	}
	alg := h["alg"].text
	if alg != AlgEdDSA && alg != AlgES256 || !h.is("typ", typJWS) || len(h) != 3 {
		return inner{}, bad("the inner header is not as it must be")
	}
	kid, err := kidOf(h)
	return inner{kid: kid, alg: alg}, err
}

func kidOf(h header) (string, error) {
	kid := h["kid"].text
	if kid == "" || len(kid) > maxKid {
		return "", bad("the key id is missing or too long")
	}
	for i := range len(kid) {
		if c := kid[i]; sextet[c] < 0 && c != '.' && c != ':' {
			return "", bad("the key id has characters that it must not have")
		}
	}
	return kid, nil
}

// part is one segment of a compact serialisation.
type part struct {
	text []byte // base64url
	size int    // bytes it decodes to
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
	for _, c := range text {
		if sextet[c] < 0 {
			return 0, false
		}
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
	b, err := base64.RawURLEncoding.DecodeString(text)
	return b, err == nil
}

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
