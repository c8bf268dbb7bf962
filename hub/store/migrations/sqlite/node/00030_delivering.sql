-- Notices that go to an agency's own system before a person need see them.

-- +goose Up
CREATE INDEX tasks_under_way ON tasks (state, created, id) WHERE state NOT IN ('open', 'done');

-- +goose Down
DROP INDEX tasks_under_way;
