package exchange

import (
	"strings"
	"time"

	"mashhub/hub/mash"
)

// listed is how many messages a list of the quarantine holds.
const listed = 200

// Quarantine is what could not be opened or understood: where a message stood
// and why it was not taken, never what is in it.
type Quarantine struct {
	State mash.QuarantineState `json:"state"`
	Rows  []mash.QuarantineRow `json:"rows"` // the newest
}

// IDs are those of the rows, for the audit entry without which none is shown.
func (q Quarantine) IDs() []string {
	var ids []string
	for _, r := range q.Rows {
		ids = append(ids, r.ID)
	}
	return ids
}

// ReadQuarantine lists what could not be taken, newest first, of some topics, or
// of any where they are nil.
func ReadQuarantine(tx mash.Inbox, topics []string) (q Quarantine, err error) {
	if q.State, err = tx.QuarantineState(topics); err != nil {
		return q, err
	}
	all, err := tx.Quarantined(topics, listed)
	for _, m := range all {
		q.Rows = append(q.Rows, m.Row())
	}
	return q, err
}

// CheckFinding is what somebody must say who looked. Errors: CodeInvalid.
func CheckFinding(why string) error {
	switch {
	case strings.TrimSpace(why) == "":
		return mash.Invalid("reason", "is missing", "say what you found, or whom you asked")
	case len(why) > 2000:
		return mash.Invalid("reason", "is longer than 2,000 characters", "shorten it")
	}
	return nil
}

// SeeQuarantine marks as looked at what came until an instant, on some topics or,
// where they are nil, on any. It returns the ids of the messages, and how many
// they are with those that were only counted. Errors: CodeConflict if nothing was
// unseen.
func SeeQuarantine(tx mash.Inbox, topics []string, by, why string, until, now time.Time) (ids []string, n int, err error) {
	before, err := tx.QuarantineState(topics)
	if err != nil {
		return nil, 0, err
	}
	if ids, err = tx.SeeQuarantined(topics, by, why, until, now); err != nil {
		return nil, 0, err
	}
	after, err := tx.QuarantineState(topics)
	if err != nil {
		return nil, 0, err
	}
	if n = before.Unseen - after.Unseen; n == 0 {
		return nil, 0, mash.Conflict("somebody has looked at these already; nothing was changed", "read what they found")
	}
	return ids, n, nil
}
