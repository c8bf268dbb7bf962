-- What is settled is looked for by the sweep; questions stay with their enquiry.

-- +goose Up
CREATE INDEX outbox_over ON outbox (due) WHERE state <> 'open' AND kind NOT IN ('request', 'amend');

-- +goose Down
DROP INDEX outbox_over;
