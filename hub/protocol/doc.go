// Package protocol is the policy decision point: it puts a question to the
// rules of package policies and turns whatever comes back into a mash.Decision
// that can be recorded, explained and replayed. The name is the sector's: an
// information-sharing protocol is what partners sign. It is the only importer
// of the policy engine (OPA).
//
// What must hold:
//
//   - Fail closed. A permit needs exactly one result, of exactly the declared
//     shape, in time, from a policy that is fresh, with obligations that the
//     caller has said it implements. Everything else (undefined, error,
//     timeout, panic, stale, missing) is deny with Fault set, never an error,
//     never confused with a clause's deny, and reported to Options.OnFault.
//   - The rules see nothing but the input and the loaded files: `now` is part
//     of the input, and functions that read a clock, randomness, the network or
//     the environment are not in the compiler's vocabulary, nor are those whose
//     cost a small input can make large (see capabilities.go).
//   - A function that fails is a fault. The engine's default, to treat it as
//     undefined, makes a deny rule with a failing function disappear silently.
//   - Compiling happens off the path of decisions: Swap prepares the new policy
//     first and changes over in one atomic step. An epoch never goes back.
//   - A decision carries its input, complete and free of content, its schema,
//     and the version of the policy: the SHA-256 of rules and data. Replay puts
//     the recorded input to that same version again.
//
// A deadline does not stop a function that is already computing, so an
// evaluation runs in a goroutine of its own: at the deadline the caller gets
// its fault and the evaluation is abandoned. Abandoned ones are counted, and
// when too many are still running new questions get a fault at once.
//
// What a decision costs. Every answer of an agency takes two or three
// decisions, so that their cost is a good part of what the whole path costs.
// Three things keep it low; none of them can be seen from the rules:
//
//   - Rules that see of an input only who, what for and on which day are
//     evaluated once for each such frame and then shared (shared.go). Which
//     they are is found from the compiled rules and not declared.
//   - Inputs are read straight into the engine's values, and answers straight
//     out of them (value.go, answer.go). The input that is evaluated is still
//     the recorded one, byte for byte.
//   - The goroutine of an evaluation begins with a stack that is deep enough.
//
// Decisions about several things answer in Parts. Every key of the question is
// there: one that the policy did not answer is deny(fault) in its own part,
// so that one odd item does not hold back the others. The answer as a whole is
//
//	ask      permit if somebody may be asked about, for something, by some field
//	release  deny if nothing may leave, review if any part is for a person, else permit
//	view     whether the page opens
//	notify   whether the notice goes
//	close    deny with every reason against
package protocol
