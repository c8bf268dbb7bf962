// Package app puts one hub or one node together from its settings, its clock
// and its data directory, and runs it until its context ends. The commands of
// the program, the demo and the end-to-end tests all start the same wiring.
//
// A data directory (Dir) belongs to one process and holds the encrypted database.
// Its keys stand outside of it (Keys): the content keys in a database of their
// own, keys.db, and a folder of secrets that was made at the first start with
// mode 0600. Public keys are exchanged through a folder that the operator controls
// (Enrol): each process puts its own there and takes in the others', which is the
// operator's act of enrolling them.
//
// A backup takes Dir and leaves Keys out, else destroying a key destroys nothing
// in it; so Keys within Dir is refused. The secrets are kept safe by themselves,
// away from the backups. Of keys.db an old copy must stand nowhere, as what was
// destroyed since is still in it. Without keys.db nobody can read what an enquiry
// says, and what is outstanding is still seen.
//
// One thing is not yet as the design wants it. A node that serves several hubs has
// keys of its own towards each, and one store and one log for all: each row
// carries its hub's id, and the node's log is read whole, by whom each of its hubs
// lets read it.
package app
