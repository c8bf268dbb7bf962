// Package bench measures, and breaks things on purpose.
//
// The crash harness (Crash) runs the real thing as real processes: the
// embedded broker, a hub, the police's node with its record system behind a
// connector process, and the node of an agency where only people answer. Under
// continuous work it kills one of them with SIGKILL, at random moments and at
// chosen ones (just before or just after a commit), starts it again and goes
// on. In the end everything drains and stops, and the stores are opened and
// held against what must always be true (DESIGN §4): nothing acknowledged is
// missing, nothing counted twice, every effect has its decision and its entry
// in a log that verifies, what was late says so, what could not be decided was
// denied, and every request's pieces of time are its total.
//
// A harness that finds nothing proves nothing, so it can plant a fault:
// storing the reader's position in a transaction of its own, before the
// effects. That is the classic way to lose a message, and the harness has to
// say so. For that the exchange's patience is switched off here: a message is
// not sent again while its receipt is missing, because a repeat would heal the
// loss and hide it.
//
// The other benches (RoundTrip, Policy, Start) report figures beside a peer that does
// less. They measure; no figure ever fails a build.
package bench
