// Package evidence answers, perhaps years later, why one item was shared: which
// question it answers and who asked it, what decided on both sides and how those
// clauses read then, who has seen it since, and where each step stands in the log
// that proves itself.
//
// What must hold: it is shown to whoever may see the item, and to nobody else, by
// the same decision and with the same entry in the log as the chronology's; it says
// nothing of what the item says; and its proofs verify with the log's public key
// and nothing of ours ("mashhub audit proof").
//
// What the agency's node decided is named here, by decision and version; the
// decision itself and its entry are in the node's own log.
package evidence
