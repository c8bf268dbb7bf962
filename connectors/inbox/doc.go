// Package inbox is the connector of an agency that has no system to ask. Every
// question is answered by a person: search says so, the node queues the request
// and serves the form, and the answer takes the same release decision and the
// same clock as any other. A notification goes to the same people.
//
// # Settings
//
// None is needed. {"unit":"reception"} names who answers a question that is not
// about a unit of its own.
package inbox
