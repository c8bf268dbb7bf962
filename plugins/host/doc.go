// Package host starts connector processes, limits them, checks what they
// answer and starts them again when they die.
//
// A plugin is somebody else's program, on the machine that holds an agency's
// keys. So the host trusts it with one question at a time and nothing more:
//
//   - Its digest is checked before every launch, its environment holds the
//     handshake alone, its socket lies in a directory of its own, the
//     connection is mutually authenticated with certificates made for this
//     launch, and its own children end with it (process group, SIGKILL).
//   - Every call has a deadline, every message a size cap, the process a
//     memory cap. A plugin that hangs is killed, not asked to leave: the
//     library's Kill and Ping would wait for it.
//   - What it answers is checked against what was asked. An answer about
//     another person, or one that breaks the contract, is refused whole
//     (CodeMisbehaved). Items outside the categories or the period asked for
//     are dropped, counted and reported (Spec.OnExcess), and the rest is
//     kept: dropping what was asked for because of what was not would hide a
//     child behind a clumsy filter. If nothing is left, the answer is refused,
//     because "nothing held" would then be our invention.
//   - What it prints is counted and never repeated. Its error texts are cut
//     short, and withheld when they contain anything of the person asked about.
//   - It is started again with a growing pause. Three crashes in five minutes
//     trip the breaker: calls return CodeUnavailable at once and Spec.OnState
//     says so; after a cool-down one more launch is tried.
//   - A call whose plugin died under it is repeated once, and only if it is a
//     search, fetch or delivery that carries an idempotency key.
//
// When the host itself dies, the plugin notices that the pipe on its standard
// input has closed and ends itself. Where both were killed at once their
// sockets stay, until the next host starts a plugin: it removes the directories
// that no living host has locked.
//
// Limits of what this can do: the memory cap is watched, not enforced by the
// kernel (RLIMIT_AS cannot be used with Go programs, whose reserved address
// space is large), so a plugin can pass it for a moment; a plugin that is
// stopped by a debugger while the host crashes stays until it is continued;
// and a file's digest is checked just before it is executed, so the file must
// not be writable by those one guards against.
package host
