// Package demo shows the main job on one machine with nothing installed but
// Go: the embedded broker, the hub, a node for each of six agencies, their
// connectors and the systems that these query, each where it would be in
// earnest a process of its own.
//
// The demo is a client of the hub like any other: it opens the enquiry over
// the hub's API as a MASH worker, and posts the forms of the agencies without
// a system on their nodes' pages. It knows nothing that a user would not, but
// for the public key with which it checks the log.
//
// While all of it still runs, Once looks for every personal value of the
// scenario in logs, broker, stores, other files and their names, arguments and
// environments of processes, addresses, errors and what a stranger is told: a
// leak fails the scenario and is told by its place (invariant I8).
//
// Everything that it starts ends with it. Each child holds the read end of a
// pipe whose only writer is the demo, so that even kill -9 leaves nothing
// behind.
package demo
