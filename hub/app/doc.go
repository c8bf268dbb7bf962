// Package app puts one hub or one node together from its settings, its clock
// and its data directory, and runs it until its context ends. The commands of
// the program, the demo and the end-to-end tests all start the same wiring.
//
// A data directory belongs to one process. It holds the encrypted database,
// for a hub the content keys in a database of their own, and a folder of
// secrets that was made at the first start with mode 0600. Public keys are
// exchanged through a folder that the operator controls (Enrol): each process
// puts its own there and takes in the others', which is the operator's act of
// enrolling them.
//
// Two things are not yet as the design wants them. A node that serves several
// hubs has keys of its own towards each, and one store and one log for all: each
// row carries its hub's id, and whoever may read the node's log reads what it did
// for all of its hubs. And the content keys (keys.db, secrets) stand in the data
// directory, in files of their own: a backup of the directory must leave them
// out, else destroying a key destroys nothing in it.
package app
