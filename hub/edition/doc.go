// Package edition carries a change of the sharing agreements from the person who
// proposes it into force, at the hub and at every node, and keeps the proof.
//
// An edition is one version of rules, tables and agreements. One person proposes
// it; another approves it, never the same; the hub signs a manifest that names
// both with its policy root and sends it to every agency; hub and nodes put it
// in force at the time that it names, at a higher epoch than the one before.
// Rolling back is approving an old version again. In an emergency one person
// alone may suspend the agreement or one agency at once; the way back takes two.
//
// What must hold:
//
//   - Nothing is in force that two people did not agree to, but for what the
//     program was shipped with, and an emergency edition, which only narrows.
//   - An epoch never goes back. Two editions never have one epoch: a node that is
//     offered an older one, or another under the same number, refuses it.
//   - A node verifies the manifest by the verifier that it pinned when it was
//     enrolled, and the version by reading the files itself: it takes nobody's
//     word for what they hash to.
//   - What an agency's own node would release more of, by a new edition, than by
//     the one that it last agreed to, waits there for that agency's own person. The
//     first that it agreed to is what the program came with when the node was new.
//   - A stop waits for nobody, and for no clock. Where it stands on what an agency
//     has not agreed to, its node puts the stop onto what is in force there; where
//     it cannot tell what is stopped, it stops everything. A stop is no consent.
//   - With a stop, in one transaction, the open questions under it are withdrawn.
//     What was decided by an older epoch than the one in force is decided again
//     before it has any effect.
//   - What is in force is stored before it decides anything, and is in force again
//     after a restart. If it cannot be read then, the process does not start.
//   - Each step is an audit entry in the transaction of the step (I5).
//
// The people's own signatures are not in the manifest yet: the hub's policy root
// signs for them, on the strength of their sign-in.
//
// This room imports mash, wire, exchange and agreement; the engine that compiles and decides
// comes through Engine.
package edition
