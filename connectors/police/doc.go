// Package police asks a force's record system, over PostgreSQL or SQLite,
// through a mapping of the force's tables (see connectors/internal/tables for
// what the mapping holds to, and its published schema for every setting).
//
// # Settings
//
// The least is {"driver":"sqlite","dsn":"/srv/records.db"}: an empty mapping
// means the tables of LayoutSQL. event.category holds our codes
// (police.domestic_incident …) and event.kind is fact, opinion, child_voice or
// family_account; a force with other words maps them by category.values.
//
// # Handling
//
// Intelligence is graded 3x5x2: source 1-3, information A-E, handling P (may be
// shared) or C (conditions). A grading such as 2BC, 3/D/P or P is understood;
// the whole grading becomes a code of the item and its last letter the item's
// handling. Intelligence without a readable grading is handled C: the stricter
// of the two, because a missing letter is no permission. Everything in
// police.intelligence carries the intelligence flag, whatever its column says.
//
// # DASH
//
// A DASH risk grade is a coded value: map its column under codes with the
// system DASHSystem. Standard, medium and high get their label.
//
// # What lasts
//
// Warnings, bail, orders and open missing episodes are in force while until is
// empty, so an order of 2019 without an end is inside this month's period.
package police
