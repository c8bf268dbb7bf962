-- Lists are read a page at a time, in their order, past what a person may not
-- know of. The board's old index was not in its order: what has no target comes
-- last.

-- +goose Up
DROP INDEX requests_open;
CREATE INDEX requests_outstanding ON requests (target = 0, target, id) WHERE ended = 0;
CREATE INDEX enquiries_working ON enquiries (opened, id) WHERE CASE state WHEN 'closed' THEN json_extract(doc, '$.review') ELSE 1 END = 1;
CREATE INDEX enquiries_restricted ON enquiries (opened, id) WHERE json_extract(doc, '$.restricted') = 1;

-- +goose Down
DROP INDEX enquiries_restricted;
DROP INDEX enquiries_working;
DROP INDEX requests_outstanding;
CREATE INDEX requests_open ON requests (target, id) WHERE ended = 0;
