// Package likeness tells which records of an agency's system are worth showing
// to the node as candidates, and in which order.
//
// It does not decide that a record is the person: the node does, by rules of
// its own. So it errs towards showing a record (digits of a birthday swapped,
// a name cut short, an accent dropped, an old surname), and it must only keep
// strangers out. Its numbers order a list that may have to be cut short and go
// nowhere else; no person is scored.
package likeness
