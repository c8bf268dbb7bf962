-- +goose Up
CREATE TABLE enquiries (
  id      TEXT    PRIMARY KEY,
  state   TEXT    NOT NULL,
  opened  INTEGER NOT NULL,
  version INTEGER NOT NULL,
  doc     TEXT    NOT NULL,
  content BLOB
) WITHOUT ROWID;
CREATE INDEX enquiries_opened ON enquiries (opened, id);

CREATE TABLE requests (
  id      TEXT    PRIMARY KEY,
  enquiry TEXT    NOT NULL,
  ended   INTEGER NOT NULL,
  raised  INTEGER NOT NULL,
  target  INTEGER NOT NULL,
  version INTEGER NOT NULL,
  doc     TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX requests_enquiry ON requests (enquiry, raised, id);
CREATE INDEX requests_open ON requests (target, id) WHERE ended = 0;

CREATE TABLE events (
  seq     INTEGER PRIMARY KEY,
  request TEXT NOT NULL,
  doc     TEXT NOT NULL
);
CREATE INDEX events_request ON events (request, seq);

CREATE TABLE returns (
  id       TEXT    PRIMARY KEY,
  request  TEXT    NOT NULL,
  enquiry  TEXT    NOT NULL,
  revision INTEGER NOT NULL,
  doc      TEXT    NOT NULL,
  items    BLOB,
  UNIQUE (request, revision)
) WITHOUT ROWID;

CREATE TABLE disclosures (
  seq     INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  enquiry TEXT NOT NULL,
  doc     TEXT NOT NULL
);
CREATE INDEX disclosures_enquiry ON disclosures (enquiry, seq);

CREATE TABLE notices (
  id      TEXT    PRIMARY KEY,
  hub     TEXT    NOT NULL,
  dedupe  TEXT    NOT NULL,
  raised  INTEGER NOT NULL,
  version INTEGER NOT NULL,
  doc     TEXT    NOT NULL,
  content BLOB
) WITHOUT ROWID;
CREATE UNIQUE INDEX notices_once ON notices (hub, dedupe) WHERE dedupe <> '';
CREATE INDEX notices_raised ON notices (raised, id);

CREATE TABLE heartbeats (
  agency TEXT NOT NULL,
  unit   TEXT NOT NULL,
  doc    TEXT NOT NULL,
  PRIMARY KEY (agency, unit)
) WITHOUT ROWID;

CREATE TABLE outages (
  id    TEXT    PRIMARY KEY,
  began INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  doc   TEXT    NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE outages;
DROP TABLE heartbeats;
DROP TABLE notices;
DROP TABLE disclosures;
DROP TABLE returns;
DROP TABLE events;
DROP TABLE requests;
DROP TABLE enquiries;
