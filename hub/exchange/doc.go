// Package exchange carries messages between a hub and its agencies so that
// none is lost and none counts twice. Hub and node use it alike.
//
// Out: Post seals a message and puts it into the outbox in the caller's
// transaction. A pump hands it to the broker and keeps handing it over until
// the other side's receipt is here, not until the broker says yes. Past its
// maximum age a message is visibly undeliverable. That the broker has it is
// recorded with the next commit there is, mostly the receipt's: a crash before
// that costs one more copy, which the other side recognises.
//
// In: a reader per partition opens what arrives outside the transaction, then
// takes a whole batch in one: it refuses what is forged or misdirected,
// recognises duplicates by (issuer, message id), calls the handler and stores
// the position that it will read from next. What the transaction did is
// therefore exactly what the position says, whenever the process dies (DESIGN
// I1, I7). After the commit it sends one receipt per sender. A receipt needs no
// outbox: if it is lost the message comes again, and the inbox has the answer.
//
// A message that cannot be authenticated gets no receipt, because nobody can
// be answered: it is quarantined and logged. A handler's refusal (an Error
// with a code other than internal or unavailable) undoes what it wrote and is
// receipted as refused. Any other failure leaves the batch to be tried again, for
// as long as it takes where a store or key is unavailable; a message on which its
// handler fails maxAttempts times is quarantined and refused, so that one
// poisoned message never blocks an agency.
//
// One process reads a partition: several replicas of one hub, with a lease for
// each partition and a fencing token, come with the database that they would
// share.
//
// This room imports mash and wire; broker, store, seal and log come through
// mash's interfaces.
package exchange
