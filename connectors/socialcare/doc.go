// Package socialcare asks the council's own children's case system, over
// PostgreSQL or SQLite, through a mapping of its tables (see
// connectors/internal/tables for what the mapping holds to, and its published
// schema for every setting). It is asked first, so that nobody opens a second
// plan beside an open one.
//
// # Settings
//
// The least is {"driver":"sqlite","dsn":"/srv/cases.db"}: an empty mapping means
// the tables of LayoutSQL, the same shape as the police's. event.category holds
// our codes (socialcare.contact …) and event.kind is fact, opinion, child_voice
// or family_account; a system with other words maps them by category.values and
// kind.values.
//
// # What lasts
//
// Plans, looked-after status, lead professionals and early-help assessments are
// in force while until is empty, so a plan opened two years ago and still open
// is inside this month's period.
package socialcare
