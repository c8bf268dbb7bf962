-- Pieces of returns outside what was asked, each sealed by itself. A destroyed
-- one leaves its row.

-- +goose Up
CREATE TABLE set_aside (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  id      TEXT    NOT NULL UNIQUE,
  enquiry TEXT    NOT NULL,
  state   TEXT    NOT NULL,
  version INTEGER NOT NULL,
  doc     TEXT    NOT NULL,
  content BLOB
);
CREATE INDEX set_aside_enquiry ON set_aside (enquiry, seq);

-- +goose Down
DROP TABLE set_aside;
