// Package mash is the domain of a multi-agency safeguarding hub: the enquiry
// about a child, the requests it puts to agencies, the returns they send, the
// decisions that a sharing agreement makes about each of these, and the
// interfaces of what the use cases need from the outside (store, log, seal,
// policy).
//
// It knows no technology. Kafka, SQL, OPA, JOSE and HTTP live in rooms of
// their own, which import this one and never each other. What holds
// everywhere is written where the type is: read Request for the clock, Return
// for what lands, Decision for what is recorded.
//
// Instants are UTC milliseconds. Identifiers are UUIDv7, made by an injected
// generator and never derived from a person. A Reference is what people say on
// the telephone; it is random.
package mash
