// Package connector is the contract between the hub's side of an agency (the
// node) and a program that knows one kind of agency system: a connector.
//
// A connector is a process of its own. Its author implements Connector, seven
// methods, each a context and a request to a response, and calls Serve in
// main; handshake, versions, limits, encryption and conversion are done here:
//
//	func main() { connector.Serve(housing{}) }
//
// What must hold, and why:
//
//   - A connector knows nothing about Kafka, keys, policy or the hub. It can be
//     written, tested and replaced by people who know the agency's system only.
//   - It returns what was asked for and nothing else. What it does not return
//     cannot leak; the host checks, but the connector is the first door.
//   - "Could not search" is never "nothing held" (Unavailable against None). A
//     hub that mistakes one for the other shows a child as unknown.
//   - Error texts and logs carry no personal data. Serve redacts what a
//     connector logs, and the host never repeats a connector's output.
//   - Versions live side by side (ServeVersions), so that an agency may update
//     its connector and its node in any order.
//
// Embed Unimplemented in a connector to leave out the methods it does not do.
// The wire form is in internal/wire; nothing else imports it.
package connector
