-- Requests whose agency could not be told that they are withdrawn, or of which it
-- could not be decided whether they may be put: few, and looked for on every board
-- among all that have ended.

-- +goose Up
CREATE INDEX requests_untold ON requests (raised, id) WHERE instr(doc, '"withdrawal_not_taken"') + instr(doc, '"undecided"') > 0;

-- +goose Down
DROP INDEX requests_untold;
