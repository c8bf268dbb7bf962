// Package settings reads a connector's configuration strictly.
//
// A setting that is misspelt must not be passed over: an agency that writes
// "statment_timeout" believes that it has one. So an unknown key is an error
// that names its path and lists the keys that are known there, a value of the
// wrong type names its path too, and every error says what to do.
//
// Values never appear in an error: a configuration may hold an address of the
// agency's system, and errors are logged.
package settings
