package mash

import "time"

// SetAside is one piece of a return that is outside what was asked: it was
// taken out of the return when that landed, and is sealed by itself, so that
// nobody loses nine good items for one bad one. The fields up to Content say
// nothing of what the piece says: not even its category, because that an
// agency holds something in a category that nobody asked for is itself a
// disclosure.
type SetAside struct {
	ID        string    `json:"id"`
	Hub       string    `json:"hub"`
	EnquiryID string    `json:"enquiry_id"`
	RequestID string    `json:"request_id"`
	ReturnID  string    `json:"return_id"`
	Party     Party     `json:"party"`
	Revision  int       `json:"revision"` // of the return
	Kind      string    `json:"kind"`     // AsideItem, AsideWithheld
	Why       string    `json:"why"`      // see the Aside… codes
	LandedAt  time.Time `json:"landed_at"`
	State     string    `json:"state"` // AsideKept, AsideDestroyed
	// EndedAt, EndedBy and Told are set when it was destroyed: when, by whom,
	// and whether the agency was told that it sent this in error.
	EndedAt *time.Time `json:"ended_at,omitempty"`
	EndedBy string     `json:"ended_by,omitempty"`
	Told    bool       `json:"told,omitempty"`
	Version int        `json:"version"`

	// Content is JSON of a ReturnedItem or a Withholding, sealed under the
	// enquiry's key; nil when it was destroyed, by itself or with that key.
	Content []byte `json:"-"`
}

// Kinds of SetAside.
const (
	AsideItem     = "item"
	AsideWithheld = "withheld" // a note that something is held, which was not asked for
)

// Why a piece is set aside.
const (
	AsidePerson    = "person"    // about somebody who was not asked about
	AsideCategory  = "category"  // of a category that was not asked for
	AsideExistence = "existence" // its category was asked for on the terms that its content stays with the agency
	AsidePeriod    = "period"    // from a time that was not asked about
	AsideOutcome   = "outcome"   // the same return says that nothing is shared about this person
	AsideInvalid   = "invalid"   // not an item that can be read
)

// States of SetAside.
const (
	AsideKept      = "kept"
	AsideDestroyed = "destroyed"
)

// Considered is what a person decided about a return that came late. Why they
// did is a Note of the enquiry's content, whose Ref is the return.
type Considered struct {
	State string    `json:"state"` // ReturnTakenIn, ReturnLeftOut
	By    string    `json:"by"`
	At    time.Time `json:"at"`
}

// States of Considered.
const (
	ReturnTakenIn = "taken_in" // part of the chronology from then on, marked as late
	ReturnLeftOut = "left_out" // stays sealed
)

// SetAsides at the hub.
type SetAsides interface {
	PutSetAside(SetAside) error // new
	SetAside(id string) (SetAside, error)
	SetAsidesOf(enquiry string) ([]SetAside, error) // in the order they were put
	// UpdateSetAside stores the content-free part if Version is the stored one
	// and raises it; a piece in state AsideDestroyed loses its content for
	// good. Errors: ErrStale, ErrNotFound.
	UpdateSetAside(SetAside) error
}

// These bound what an exchange keeps of messages that it could not
// take: anybody who can write to a topic can make some.
const (
	// QuarantineRows is how many messages are kept singly. Beyond it the
	// oldest that somebody has seen makes room; if none is, they are only
	// counted.
	QuarantineRows = 2000
	// QuarantineBytes is how much of them is kept sealed. Beyond it the oldest
	// bytes go first; the row stays, with the hash of what went.
	QuarantineBytes = 16 << 20
)

// QuarantineState says how full an exchange's quarantine is.
type QuarantineState struct {
	Kept   int       `json:"kept"`   // messages listed singly
	Unseen int       `json:"unseen"` // of those that nobody has looked at, with those only counted
	Bytes  int64     `json:"bytes"`  // kept sealed
	Beyond int       `json:"beyond"` // messages only counted since somebody looked
	Last   time.Time `json:"last,omitzero"`
}

// QuarantineRow is one message that could not be taken, without its bytes.
type QuarantineRow struct {
	ID        string    `json:"id"`
	Topic     string    `json:"topic"`
	Partition int       `json:"partition"`
	Offset    int64     `json:"offset"`
	Hash      string    `json:"hash"` // SHA-256 of the bytes, hex
	Code      Code      `json:"code"`
	At        time.Time `json:"at"`
	Kept      bool      `json:"kept"` // its sealed bytes are still here
	Seen      time.Time `json:"seen,omitzero"`
	SeenBy    string    `json:"seen_by,omitempty"`
	SeenWhy   string    `json:"seen_why,omitempty"`
}

// Row is the message without its bytes.
func (q Quarantined) Row() QuarantineRow {
	return QuarantineRow{ID: q.ID, Topic: q.Topic, Partition: q.Partition, Offset: q.Offset, Hash: q.Hash, Code: q.Code,
		At: q.At, Kept: q.Sealed != nil, Seen: q.Seen, SeenBy: q.SeenBy, SeenWhy: q.SeenWhy}
}
