// Package tables asks an agency's relational record system what it holds,
// through a mapping of the agency's own tables and columns to ours. Police,
// children's social care and the Encompass watcher are thin layers above it.
//
// What must hold, and why:
//
//   - Nothing is ever written. The connection is read-only (SQLite: mode=ro and
//     query_only; PostgreSQL: default_transaction_read_only), every statement
//     runs in a read-only transaction, and the account should have SELECT alone.
//   - No text from a question reaches SQL. Names of tables and columns come from
//     the agency's configuration, are held to [A-Za-z_][A-Za-z0-9_]* (a table
//     may have a schema before a dot) and are quoted; everything else is a
//     numbered parameter. There is no LIKE, so '%' is a letter like another.
//   - Columns are always written with their table's alias, because SQLite reads
//     a quoted name that is no column as a text constant.
//   - The categories and the period are conditions of the statement, so what was
//     not asked for never leaves the agency's database.
//   - A question that could not be put is Unavailable with a reason code, never
//     None: a missing column, a timeout and a locked account are not "nothing
//     known". More rows than the limit is an error too, never a shorter answer.
//
// SQLite takes ?1, ?2 (it swaps $2,$1 silently), PostgreSQL $1, $2.
//
// # Dates
//
// Dates are compared as text in ISO form, whatever the column's type, so that a
// date known only by month or year (2014-11) counts as inside every period that
// it may be inside of. What lasts (until) counts when any of it is inside. For
// the categories a source lists as ongoing, an empty until means "still in
// force". A row without a date is returned only where the period is open at
// both ends: nobody can say that it lies inside any other.
//
// # Indexes
//
// The agency should have indexes on the birthday, NHS number, postcode and UPRN
// columns of the person table and on the person column of each source. Other
// searches are bounded by the statement timeout.
package tables
