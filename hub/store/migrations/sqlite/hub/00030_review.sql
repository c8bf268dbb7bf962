-- Enquiries whose decision is up for review: few, and looked for on every
-- worklist, also among all those that are closed.

-- +goose Up
CREATE INDEX enquiries_in_review ON enquiries (opened, id) WHERE json_extract(doc, '$.review') = 1;

-- +goose Down
DROP INDEX enquiries_in_review;
