// Package store keeps what a hub or a node knows, behind the interfaces of
// package mash. It is the only place with our SQL.
//
// A store is one SQLite file, encrypted by its VFS (adiantum: 4 KiB blocks of
// the file, whole frames of its log), and belongs to one process: a second one
// is refused at once. A vault is another such file with another key; it holds
// the keys under which personal content is sealed, so that destroying one key
// erases one enquiry wherever its bytes are. The two are never backed up
// together, else a restored backup would undo the erasure.
//
// What must hold:
//
//   - Update is durable when it returns nil (WAL with synchronous=FULL) and has
//     changed nothing when it returns an error. Several Updates share one
//     transaction and one fsync, because the fsync is what a commit costs; none
//     returns before that fsync. Each but the first has a savepoint of its own.
//     See batch.go.
//   - One connection writes: several would wait for each other's locks, for
//     seconds. Readers have connections of their own and see a snapshot; they
//     neither wait for the writer nor hold it up.
//   - A failing disk undoes the whole shared transaction, and each of its
//     Updates gets CodeUnavailable. SQLite may have rolled back by itself, in
//     which case a further statement would commit alone: so the first such
//     error closes the transaction to its function.
//   - The file is encrypted block by block, its log frame by frame (logFile), by
//     one cipher and key. SQLite pads every commit to a whole sector, because the
//     VFS does not claim that a partial overwrite is safe: so what is committed
//     never shares a sector with what is being written, and a torn write cannot
//     damage it. Nor is anything committed ever encrypted anew in the log.
//   - Columns are keys and states, by which rows are found and guarded; the
//     rest of a content-free record is one JSON document, so that a new field
//     needs no migration. Content is sealed by the vault, or absent.
//   - Every table has a class in package retention's catalogue, and its rows
//     know how they are kept (retention_tables.go). What is on legal hold is
//     destroyed by no statement and no key: the sweep, triggers and the vault
//     each refuse by themselves.
//
// The SQL is written for both SQLite and PostgreSQL: parameters by number
// (positional $N are silently swapped by SQLite), conflicts by ON CONFLICT and
// never by the text of an error, one statement for one effect. What differs is
// in the migrations, one directory per dialect.
//
// SQLite is spoken to by its own interface, not by database/sql, which cost a
// fifth of the store's processor time. A session (session.go) is what another database
// would have to bring, about as much code again: it runs the same statements.
// Only the migrations go through database/sql.
//
// What was tried and is not so, on a machine with hardware AES: AES-XTS in place
// of adiantum (20 microseconds for 4 KiB against 3, and the library's VFS writes
// by 512 bytes); a longer log between checkpoints (4,000 frames against 1,000:
// within the noise, and what is deleted stays in the log for longer). Commits
// without padding would save a frame each, and trust every disk with a torn
// sector.
package store
