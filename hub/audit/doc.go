// Package audit keeps a log that proves itself: who did what, when, to which
// ids, by which decision. Nobody, the hub's operator included, can change or
// take out an entry afterwards without the proof failing for whoever holds an
// older checkpoint and the public key.
//
// How it is built, and why:
//
//   - An entry is written in the transaction of the act (Append): either both
//     are there or neither. It is a row without a place yet, so that writers
//     never wait for each other or for a signature.
//   - A sequencer (Run, Sequence) gives rows their places in the order they were
//     put, grows a Merkle tree (RFC 6962, by golang.org/x/mod/sumdb/tlog) and
//     signs a checkpoint (C2SP tlog-checkpoint: origin, size, root, as a signed
//     note). Rows, hashes and checkpoint change in one transaction, so a crash
//     between append and sequencing costs nothing but a moment.
//   - A leaf is a salted hash of the entry, not the entry. The body and its salt
//     are sealed under a key with a retention of its own (BodySealer). Destroying
//     that key erases both: the leaf stays, every proof still verifies, and
//     without the salt nobody can confirm a guess of what it said.
//   - Export writes a bundle that anybody can check with nothing but the public
//     key (VerifyBundle). It is signed as a whole: a body left out afterwards is
//     found, and not taken for an erased one.
//
// What it cannot do: show that an entry was never made, or that a signer keeps
// only one log. Against the second, keep a checkpoint outside (the scrutineer's,
// an agency's) and give it to VerifyBundle or CheckConsistency: two logs of one
// key cannot both contain it.
//
// The leaf, exactly: the RFC 6962 leaf hash SHA-256(0x00 ‖ data) of
//
//	data = "mash-audit-entry/1\n" ‖ salt ‖ SHA-256(body)
//
// with a salt of 32 random bytes and the body the entry's JSON as sealed.
package audit
