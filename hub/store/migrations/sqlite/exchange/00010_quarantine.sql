-- Who looked at a message that could not be taken, and how many were only
-- counted because there were too many of them.

-- +goose Up
ALTER TABLE quarantine ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quarantine ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quarantine ADD COLUMN seer TEXT NOT NULL DEFAULT '';
ALTER TABLE quarantine ADD COLUMN found TEXT NOT NULL DEFAULT '';
UPDATE quarantine SET size = length(sealed) WHERE sealed IS NOT NULL;
-- The bound is looked at with each message: without reading the messages.
CREATE INDEX quarantine_size ON quarantine (seq, size);

CREATE TABLE quarantine_beyond (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  counted INTEGER NOT NULL,
  last    INTEGER NOT NULL
);
INSERT INTO quarantine_beyond (one, counted, last) VALUES (1, 0, 0);

-- +goose Down
DROP TABLE quarantine_beyond;
DROP INDEX quarantine_size;
ALTER TABLE quarantine DROP COLUMN found;
ALTER TABLE quarantine DROP COLUMN seer;
ALTER TABLE quarantine DROP COLUMN seen;
ALTER TABLE quarantine DROP COLUMN size;
