-- Versions of the agreements, and how they came into force.

-- +goose Up
CREATE TABLE policy_files (
  version TEXT PRIMARY KEY,
  files   BLOB NOT NULL
);
CREATE TABLE editions (
  seq INTEGER PRIMARY KEY,
  id  TEXT NOT NULL UNIQUE,
  hub TEXT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX editions_hub ON editions (hub, seq);

-- +goose Down
DROP TABLE editions;
DROP TABLE policy_files;
