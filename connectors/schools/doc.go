// Package schools reads the exports that school systems make: one folder for
// each school, named by its URN, with CSV files in it (root/100001/pupils.csv …).
// Where a school has no export, a person is asked.
//
// # Settings
//
// The least is {"root":"/srv/schools"}: Headers lists the files and header names
// that an empty mapping means; headers maps a school system's own names. The
// schema is published with the connector.
//
// # What must hold, and why
//
//   - Only files inside root are opened: a unit is six digits, and the folder is
//     opened so that no link leads out of it.
//   - Files are streamed: memory does not grow with the number of rows, and one
//     record is at most 1 MiB, so that a quote left open cannot swallow a file.
//   - A file that cannot be read as a whole (a column missing, a row with another
//     number of fields, UTF-16) makes the answer Unavailable, with a reason that
//     names file, column or line and remedy, never None and never a part.
//   - Encoding: UTF-8, with or without a byte-order mark, if the whole file is
//     valid UTF-8; else cp1252, which is what school systems on Windows write.
//   - Every item says of which day its export is: a school's folder may be a week
//     behind the school.
//   - A pupil whose row has protected values (a refuge, a changed address) has
//     them on every item, with the school itself: its URN locates the child too.
//   - It writes nothing but notices, and those only where the agency has named a
//     folder for them (notices) and the school has made it. Each is one file,
//     there whole or not at all, named by its idempotency key: a repeat changes
//     nothing, also after a kill, and also when the school's system has taken
//     the file away, because an empty file in .seen remembers its name.
//   - A reference is a digest, not the UPN: references may be logged.
//
// Attendance is summarised: sessions attended of possible ones, for each period
// that the export has, or for each term where it has single marks. Marks outside
// the period asked for are not counted. The meaning of the codes is in
// attendance.go; codes that are not known are counted apart and said so.
package schools
