-- How a record is kept stands in its document; these columns are read from
-- there, so that there is one truth, and found by an index. Instants are Unix
-- milliseconds, 0 for none.
--
-- The triggers are the last word of a legal hold: whatever a program does, what
-- is on hold keeps its rows and its sealed content.

-- +goose Up
ALTER TABLE enquiries ADD COLUMN reference TEXT GENERATED ALWAYS AS (json_extract(doc, '$.reference')) VIRTUAL;
ALTER TABLE enquiries ADD COLUMN review INTEGER GENERATED ALWAYS AS
  (max(0, coalesce(unixepoch(json_extract(doc, '$.retention.review')) * 1000, 0))) VIRTUAL;
ALTER TABLE enquiries ADD COLUMN hold INTEGER GENERATED ALWAYS AS (coalesce(json_extract(doc, '$.retention.hold'), 0)) VIRTUAL;
ALTER TABLE enquiries ADD COLUMN disposal TEXT GENERATED ALWAYS AS
  (CASE WHEN json_extract(doc, '$.retention.disposal.done') IS NOT NULL THEN 'destroyed'
        ELSE coalesce(json_extract(doc, '$.retention.disposal.decision'), '') END) VIRTUAL;
CREATE INDEX enquiries_reference ON enquiries (reference);
CREATE INDEX enquiries_review ON enquiries (review) WHERE state = 'closed';
CREATE INDEX enquiries_hold ON enquiries (hold) WHERE hold = 1;
CREATE INDEX enquiries_disposal ON enquiries (disposal) WHERE disposal <> '';

ALTER TABLE notices ADD COLUMN enquiry TEXT GENERATED ALWAYS AS
  (CASE WHEN dedupe LIKE 'feedback/%' THEN substr(dedupe, 10, instr(substr(dedupe, 10), '/') - 1) ELSE '' END) VIRTUAL;
ALTER TABLE notices ADD COLUMN review INTEGER GENERATED ALWAYS AS
  (max(0, coalesce(unixepoch(json_extract(doc, '$.retention.review')) * 1000, 0))) VIRTUAL;
ALTER TABLE notices ADD COLUMN hold INTEGER GENERATED ALWAYS AS (coalesce(json_extract(doc, '$.retention.hold'), 0)) VIRTUAL;
ALTER TABLE notices ADD COLUMN disposal TEXT GENERATED ALWAYS AS
  (CASE WHEN json_extract(doc, '$.retention.disposal.done') IS NOT NULL THEN 'destroyed'
        ELSE coalesce(json_extract(doc, '$.retention.disposal.decision'), '') END) VIRTUAL;
CREATE INDEX notices_enquiry ON notices (enquiry) WHERE enquiry <> '';
CREATE INDEX notices_review ON notices (review);
CREATE INDEX notices_disposal ON notices (disposal) WHERE disposal <> '';

-- +goose StatementBegin
CREATE TRIGGER enquiries_held BEFORE UPDATE OF content ON enquiries
WHEN OLD.hold = 1 AND OLD.content IS NOT NULL AND NEW.content IS NULL
BEGIN SELECT RAISE(ABORT, 'on legal hold'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER enquiries_stay BEFORE DELETE ON enquiries WHEN OLD.hold = 1
BEGIN SELECT RAISE(ABORT, 'on legal hold'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER returns_held BEFORE UPDATE OF items ON returns
WHEN OLD.items IS NOT NULL AND NEW.items IS NULL AND (SELECT hold FROM enquiries WHERE id = OLD.enquiry) = 1
BEGIN SELECT RAISE(ABORT, 'on legal hold'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER returns_stay BEFORE DELETE ON returns WHEN (SELECT hold FROM enquiries WHERE id = OLD.enquiry) = 1
BEGIN SELECT RAISE(ABORT, 'on legal hold'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER set_aside_held BEFORE UPDATE OF content ON set_aside
WHEN OLD.content IS NOT NULL AND NEW.content IS NULL AND (SELECT hold FROM enquiries WHERE id = OLD.enquiry) = 1
BEGIN SELECT RAISE(ABORT, 'on legal hold'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER set_aside_stay BEFORE DELETE ON set_aside WHEN (SELECT hold FROM enquiries WHERE id = OLD.enquiry) = 1
BEGIN SELECT RAISE(ABORT, 'on legal hold'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER notices_held BEFORE UPDATE OF content ON notices
WHEN OLD.content IS NOT NULL AND NEW.content IS NULL AND (OLD.hold = 1 OR (SELECT hold FROM enquiries WHERE id = OLD.enquiry) = 1)
BEGIN SELECT RAISE(ABORT, 'on legal hold'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER notices_stay BEFORE DELETE ON notices
WHEN OLD.hold = 1 OR (SELECT hold FROM enquiries WHERE id = OLD.enquiry) = 1
BEGIN SELECT RAISE(ABORT, 'on legal hold'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER requests_stay BEFORE DELETE ON requests WHEN (SELECT hold FROM enquiries WHERE id = OLD.enquiry) = 1
BEGIN SELECT RAISE(ABORT, 'on legal hold'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER disclosures_stay BEFORE DELETE ON disclosures WHEN (SELECT hold FROM enquiries WHERE id = OLD.enquiry) = 1
BEGIN SELECT RAISE(ABORT, 'on legal hold'); END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER disclosures_stay;
DROP TRIGGER requests_stay;
DROP TRIGGER notices_stay;
DROP TRIGGER notices_held;
DROP TRIGGER set_aside_stay;
DROP TRIGGER set_aside_held;
DROP TRIGGER returns_stay;
DROP TRIGGER returns_held;
DROP TRIGGER enquiries_stay;
DROP TRIGGER enquiries_held;
DROP INDEX notices_disposal;
DROP INDEX notices_review;
DROP INDEX notices_enquiry;
ALTER TABLE notices DROP COLUMN disposal;
ALTER TABLE notices DROP COLUMN hold;
ALTER TABLE notices DROP COLUMN review;
ALTER TABLE notices DROP COLUMN enquiry;
DROP INDEX enquiries_disposal;
DROP INDEX enquiries_hold;
DROP INDEX enquiries_review;
DROP INDEX enquiries_reference;
ALTER TABLE enquiries DROP COLUMN disposal;
ALTER TABLE enquiries DROP COLUMN hold;
ALTER TABLE enquiries DROP COLUMN review;
ALTER TABLE enquiries DROP COLUMN reference;
