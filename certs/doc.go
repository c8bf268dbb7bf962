// Package certs is a small certificate authority for the machines of one
// partnership: it makes an authority, issues server certificates below it, and
// writes both as PEM. It imports only the standard library.
//
// What must hold:
//
//   - Keys are ECDSA P-256 from crypto/rand. Time is given, never read here.
//   - An authority signs servers and nothing below itself: its path length is
//     zero, so that a stolen server key cannot make another authority.
//   - A server certificate names every host that it is for as a subject
//     alternative name. There is no wildcard and no empty list: a certificate
//     for everything proves nothing.
//   - A certificate never outlives its authority.
//   - No error holds key material.
//
// A private key is written by KeyPEM alone, which says so in its name; nothing
// here opens or writes a file, so nothing puts a key where it should not be.
//
// The demo's synthetic FHIR server has its certificate from here. Revoking and
// enrolling are not done here.
package certs
