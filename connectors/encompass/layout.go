package encompass

// LayoutSQL is the table layout that an empty mapping means, as statements
// that both SQLite and PostgreSQL accept. It stands beside police.LayoutSQL in
// the same database, or alone in another.
//
// incident.seq rises with every new incident. happened is an ISO instant
// (2026-08-07T22:15:00Z) or a date; present is yes, no or unknown;
// family_informed is yes, no or unsafe_to_tell.
const LayoutSQL = `
CREATE TABLE incident (
  seq             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  happened        TEXT,
  place           TEXT,
  reference       TEXT,
  text            TEXT,
  family_informed TEXT
);
CREATE TABLE incident_child (
  incident_id TEXT NOT NULL,
  family      TEXT,
  given       TEXT,
  dob         TEXT,
  nhs         TEXT,
  setting_urn TEXT,
  present     TEXT,
  voice       TEXT
);
CREATE INDEX incident_child_incident_id ON incident_child (incident_id);
`
