-- The list of notices is read a page at a time, in its order: what nobody has
-- acknowledged first.

-- +goose Up
DROP INDEX notices_raised;
CREATE INDEX notices_listed ON notices (json_extract(doc, '$.state') = 'acknowledged', raised DESC, id DESC);

-- +goose Down
DROP INDEX notices_listed;
CREATE INDEX notices_raised ON notices (raised, id);
