-- Instants are Unix milliseconds, 0 for none. What hub and node have in common.

-- +goose Up
CREATE TABLE outbox (
  seq      INTEGER PRIMARY KEY,
  id       TEXT    NOT NULL UNIQUE,
  hub      TEXT    NOT NULL,
  kind     TEXT    NOT NULL,
  sender   TEXT    NOT NULL,
  receiver TEXT    NOT NULL,
  topic    TEXT    NOT NULL,
  msg_key  TEXT    NOT NULL,
  ref      TEXT    NOT NULL,
  sequence INTEGER NOT NULL,
  sealed   BLOB    NOT NULL,
  receipt  INTEGER NOT NULL,
  created  INTEGER NOT NULL,
  expires  INTEGER NOT NULL,
  sent     INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  due      INTEGER NOT NULL,
  state    TEXT    NOT NULL,
  code     TEXT    NOT NULL
);
CREATE INDEX outbox_due ON outbox (hub, due, created) WHERE state = 'open';
CREATE INDEX outbox_expires ON outbox (hub, expires, created) WHERE state = 'open' AND expires > 0;

CREATE TABLE sequences (
  sender TEXT    NOT NULL,
  ref    TEXT    NOT NULL,
  last   INTEGER NOT NULL,
  PRIMARY KEY (sender, ref)
) WITHOUT ROWID;

CREATE TABLE inbox (
  issuer   TEXT    NOT NULL,
  id       TEXT    NOT NULL,
  hub      TEXT    NOT NULL,
  kind     TEXT    NOT NULL,
  ref      TEXT    NOT NULL,
  revision INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  hash     TEXT    NOT NULL,
  taken    INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  code     TEXT    NOT NULL,
  PRIMARY KEY (issuer, id)
) WITHOUT ROWID;

CREATE TABLE positions (
  topic     TEXT    NOT NULL,
  part      INTEGER NOT NULL,
  next      INTEGER NOT NULL,
  PRIMARY KEY (topic, part)
) WITHOUT ROWID;

CREATE TABLE quarantine (
  seq    INTEGER PRIMARY KEY,
  id     TEXT    NOT NULL UNIQUE,
  topic  TEXT    NOT NULL,
  part   INTEGER NOT NULL,
  pos    INTEGER NOT NULL,
  hash   TEXT    NOT NULL,
  code   TEXT    NOT NULL,
  sealed BLOB,
  came   INTEGER NOT NULL
);

CREATE TABLE audit_rows (
  seq      INTEGER PRIMARY KEY,
  id       TEXT    NOT NULL UNIQUE,
  made     INTEGER NOT NULL,
  salt     BLOB,
  leaf     BLOB    NOT NULL,
  body     BLOB,
  idx      INTEGER UNIQUE, -- its index also finds those without a place, in order
  enquiry  TEXT    NOT NULL,
  request  TEXT    NOT NULL,
  decision TEXT    NOT NULL
);

CREATE TABLE audit_hashes (
  idx  INTEGER PRIMARY KEY,
  hash BLOB NOT NULL
);

CREATE TABLE audit_tree (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  size INTEGER NOT NULL
);
INSERT INTO audit_tree (one, size) VALUES (1, 0);

CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY,
  note BLOB    NOT NULL,
  made INTEGER NOT NULL
);

CREATE TABLE decisions (
  seq     INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  enquiry TEXT NOT NULL,
  doc     TEXT NOT NULL
);
CREATE INDEX decisions_enquiry ON decisions (enquiry, seq);

CREATE TABLE registry (
  kid      TEXT    PRIMARY KEY,
  owner    TEXT    NOT NULL,
  used_for TEXT    NOT NULL,
  alg      TEXT    NOT NULL,
  jwk      BLOB    NOT NULL,
  since    INTEGER NOT NULL,
  retired  INTEGER NOT NULL,
  revoked  INTEGER NOT NULL,
  enrolled INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX registry_owner ON registry (owner, used_for, since);

-- +goose Down
DROP TABLE registry;
DROP TABLE decisions;
DROP TABLE checkpoints;
DROP TABLE audit_tree;
DROP TABLE audit_hashes;
DROP TABLE audit_rows;
DROP TABLE quarantine;
DROP TABLE positions;
DROP TABLE inbox;
DROP TABLE sequences;
DROP TABLE outbox;
