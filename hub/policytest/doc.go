// Package policytest puts a policy folder to its own cases, and finds out what
// the cases would not notice.
//
// The folder matrix lists, in sentences, what is decided in which case: the
// circumstances, the question, and what the answer must be. Whoever changes a
// rule or an agreement runs it on their own folder.
//
// Mutants are the same policy with one thing wrong: a rule, a condition or a
// default taken out, a comparison turned round. A mutant that no case notices
// stands for a mistake that nobody would notice; each needs another case, or a
// reason why it makes no difference (matrix/survivors.yaml).
//
// What must hold: the cases go to the engine that decides in earnest
// (hub/protocol), by the same calls; a case that names a member of the input
// that does not exist, or expects nothing, is an error; a mutant that does not
// compile counts as neither found nor missed.
//
// Mutation follows DeMillo, Lipton and Sayward, "Hints on Test Data Selection",
// Computer 11(4), 1978.
package policytest
