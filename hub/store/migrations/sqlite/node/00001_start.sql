-- Every row carries the hub's id: a node may serve several.

-- +goose Up
CREATE TABLE held (
  hub       TEXT    NOT NULL,
  id        TEXT    NOT NULL,
  agency    TEXT    NOT NULL,
  unit      TEXT    NOT NULL,
  revision  INTEGER NOT NULL,
  state     TEXT    NOT NULL,
  body      BLOB,
  forgotten INTEGER NOT NULL, -- last revision whose body was deleted, else -1
  sequence  INTEGER NOT NULL,
  received  INTEGER NOT NULL,
  hash      TEXT    NOT NULL,
  attempts  INTEGER NOT NULL,
  due       INTEGER NOT NULL,
  version   INTEGER NOT NULL,
  PRIMARY KEY (hub, id, agency, unit)
) WITHOUT ROWID;
CREATE INDEX held_due ON held (due) WHERE state IN ('received', 'answering');

CREATE TABLE node_events (
  seq     INTEGER PRIMARY KEY,
  hub     TEXT NOT NULL,
  request TEXT NOT NULL,
  agency  TEXT NOT NULL,
  unit    TEXT NOT NULL,
  doc     TEXT NOT NULL
);
CREATE INDEX node_events_request ON node_events (hub, request, agency, unit, seq);

CREATE TABLE sent_returns (
  hub      TEXT    NOT NULL,
  request  TEXT    NOT NULL,
  agency   TEXT    NOT NULL,
  unit     TEXT    NOT NULL,
  revision INTEGER NOT NULL,
  final    INTEGER NOT NULL,
  message  TEXT    NOT NULL,
  sealed   BLOB    NOT NULL,
  made     INTEGER NOT NULL,
  PRIMARY KEY (hub, request, agency, unit, revision)
);

CREATE TABLE tasks (
  id      TEXT    PRIMARY KEY,
  hub     TEXT    NOT NULL,
  request TEXT    NOT NULL,
  agency  TEXT    NOT NULL,
  unit    TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  state   TEXT    NOT NULL,
  body    BLOB,
  created INTEGER NOT NULL,
  opened  INTEGER NOT NULL,
  opener  TEXT    NOT NULL,
  done    INTEGER NOT NULL,
  doer    TEXT    NOT NULL,
  version INTEGER NOT NULL
);
CREATE INDEX tasks_open ON tasks (created, id) WHERE state = 'open';
CREATE INDEX tasks_request ON tasks (hub, request, created, id);

CREATE TABLE node_notices (
  hub   TEXT    NOT NULL,
  named TEXT    NOT NULL,
  made  INTEGER NOT NULL,
  PRIMARY KEY (hub, named)
) WITHOUT ROWID;

CREATE TABLE cursors (
  connector TEXT PRIMARY KEY,
  place     TEXT NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE cursors;
DROP TABLE node_notices;
DROP TABLE tasks;
DROP TABLE sent_returns;
DROP TABLE node_events;
DROP TABLE held;
