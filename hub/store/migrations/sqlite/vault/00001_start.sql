-- A destroyed key leaves its row, without the key: it is never made again.

-- +goose Up
CREATE TABLE vault_keys (
  class     TEXT    NOT NULL,
  id        TEXT    NOT NULL,
  wrapped   BLOB,
  made      INTEGER NOT NULL,
  destroyed INTEGER NOT NULL,
  PRIMARY KEY (class, id)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE vault_keys;
