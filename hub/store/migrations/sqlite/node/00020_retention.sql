-- A task that is done keeps nothing of what it was about.

-- +goose Up
UPDATE tasks SET body = NULL WHERE state = 'done';

-- +goose Down
SELECT 1;
