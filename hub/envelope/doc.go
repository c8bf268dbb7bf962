// Package envelope seals what hub and nodes say to each other, and opens it.
// It is the only importer of JOSE.
//
// A message is signed, then encrypted: a compact JWS (RFC 7515) inside a
// compact JWE (RFC 7516). Signatures are Ed25519 (EdDSA, RFC 8037) or ES256;
// keys are agreed by ECDH-ES+A256KW over X25519 or P-256, content is sealed
// with A256GCM under a fresh key each time (RFC 7518). There is nothing else:
// no compression, no keys or key locations in messages, no optional headers.
//
// What must hold:
//
//   - A message says which key it claims, and nothing more. Owner, use and
//     algorithm of that key come from the registry; the message's own "alg" is
//     only compared with it.
//   - The strict gate (gate.go, header.go; standard library only) reads every
//     byte of structure, once, and refuses what we would not have written
//     ourselves. Nothing reads a header after it, so that no second reader can
//     read it otherwise: the JOSE library is handed keys, bytes and the
//     algorithm that the registry names (jose.go).
//   - A revoked key is as good as unknown. A retired one still verifies and
//     opens: what it may have signed depends on the message's own issue time,
//     which is inside the payload, so the caller compares that with Retired.
//   - Open says who signed and whose key opened it; whether the signed
//     audience is that same party is for the caller to check. Without that
//     check, a recipient could encrypt what A signed for it to somebody else.
//   - Errors have a code and a fixed text, never content. No input panics.
//
// Duplicates are recognised by the message's id, never by its bytes: an ECDSA
// signature has two valid forms, and anybody can encrypt a JWS again.
//
// Ephemeral keys, content keys and nonces come from crypto/rand, as the library
// (lestrrat-go/jwx v3) has it; long-term keys from the reader that GenerateKeys
// is given.
//
// The library's building blocks are used, which its authors call experimental:
// they are pinned in go.mod, and plain_test.go compares them with the library's
// complete functions, in both directions and on the hostile corpus. What is left
// of the cost is the primitives' own: of 168 µs of CPU for sealing 4 KiB about 98
// are the two X25519 and 44 the signature (which hashes twice); of 154 for
// opening, 48 and 72. BenchmarkPlain and BenchmarkBare* measure both neighbours.
package envelope
