package police

// LayoutSQL is the table layout that an empty mapping means, as statements
// that both SQLite and PostgreSQL accept. Dates are text in ISO form
// (2014-11-04, 2014-11 or 2014), booleans are 0 and 1, and event.protected
// holds values separated by '|'.
//
// A force does not create these tables: it maps its own. They are what the
// demo and the tests build, and the shape to give a reporting view when a
// force would rather write a view than a mapping.
const LayoutSQL = `
CREATE TABLE person (
  ref      TEXT PRIMARY KEY,
  nhs      TEXT,
  family   TEXT,
  given    TEXT,
  dob      TEXT,
  gender   TEXT,
  line1    TEXT,
  postcode TEXT,
  uprn     TEXT
);
CREATE INDEX person_nhs ON person (nhs);
CREATE INDEX person_dob ON person (dob);
CREATE INDEX person_postcode ON person (postcode);
CREATE INDEX person_uprn ON person (uprn);
CREATE TABLE alias (
  person_ref TEXT NOT NULL,
  family     TEXT,
  given      TEXT
);
CREATE INDEX alias_person_ref ON alias (person_ref);
CREATE TABLE event (
  id           TEXT PRIMARY KEY,
  person_ref   TEXT NOT NULL,
  category     TEXT NOT NULL,
  kind         TEXT NOT NULL,
  date         TEXT,
  until        TEXT,
  title        TEXT,
  text         TEXT,
  handling     TEXT,
  source       TEXT,
  author       TEXT,
  intelligence INTEGER NOT NULL DEFAULT 0,
  third_party  INTEGER NOT NULL DEFAULT 0,
  protected    TEXT
);
CREATE INDEX event_person_ref ON event (person_ref, category);
`
