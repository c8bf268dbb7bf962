// Package retention is how long a hub and a node keep what they store, why,
// and what happens then.
//
// The catalogue (catalogue.go) has one class for each kind of record: when its
// period begins, how long it is, who ends it, what is destroyed and on whose
// authority. Every table of a hub, a node and a vault has exactly one class; a
// test lists the tables of migrated stores and fails when one has none. It is
// data with a version, because periods are a partnership's to set and the law
// moves; where nobody has looked the law up yet, Checked is empty and the page
// says so.
//
// What must hold:
//
//   - Every stored row knows its class, its review date and whether it is on
//     hold (I10). What has no facts of its own has those of the record that it
//     belongs to: a request, a return, an event, a disclosure has those of its
//     enquiry. Of tells the three for any row.
//   - A legal hold beats everything. What is on hold is passed over by the
//     sweep, its requests do not expire, its keys refuse to be destroyed, and
//     its review waits.
//   - What is personal is reviewed by a person, who destroys it or keeps it with
//     a reason. The sweep destroys only what delivery needed: it never decides
//     about anybody.
//   - Destroying is decided first and carried out afterwards. The decision is
//     durable, with its audit entry, before the first byte goes; a crash between
//     the two is made good by the next sweep, and doing it twice changes nothing.
//   - The log still proves itself: its leaves are never destroyed.
//
// A legal hold at the hub binds the hub. An agency's records are in its own
// systems and under its own holds; its node keeps a question's content only
// until it is answered, withdrawn or expired.
package retention
