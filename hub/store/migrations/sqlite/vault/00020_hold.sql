-- A key on legal hold is destroyed by nobody.

-- +goose Up
ALTER TABLE vault_keys ADD COLUMN held INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE vault_keys DROP COLUMN held;
