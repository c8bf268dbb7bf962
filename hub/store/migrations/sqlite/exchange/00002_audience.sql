-- Whom of ours a message was for: who gives its receipt, also after a restart.

-- +goose Up
ALTER TABLE inbox ADD COLUMN audience TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE inbox DROP COLUMN audience;
