package mash

import "time"

// Hold is a legal hold: while it stands, nothing of the record is destroyed.
// Why is a code; what people wrote about it stands among the notes of the
// enquiry's content.
type Hold struct {
	By  string    `json:"by"`
	At  time.Time `json:"at"`
	Why string    `json:"why"` // see the HoldFor… codes
}

// Why a record is on hold, or kept for longer.
const (
	HoldForCourt     = "court"     // proceedings, or a claim that may lead to them
	HoldForInquiry   = "inquiry"   // a public inquiry or a child safeguarding practice review
	HoldForComplaint = "complaint" // a complaint or an ombudsman's investigation
	HoldForPolice    = "police"    // a criminal investigation asks for it
	HoldForAccess    = "access"    // somebody asked for their own record
	HoldForOther     = "other"     // something else, in the note
	KeepForSchedule  = "schedule"  // the organisation's own schedule says longer
)

// Disposal is what a person decided when a record was due for review.
type Disposal struct {
	Decision string    `json:"decision"` // DisposalKeep, DisposalDestroy
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Why      string    `json:"why,omitempty"` // of keeping: a code as of a hold, or KeepForSchedule
	// Done is when the content was destroyed: the key is gone and the sealed
	// bytes are overwritten. Until then it is under way.
	Done *time.Time `json:"done,omitempty"`
}

// Decisions of a review.
const (
	DisposalKeep    = "keep"
	DisposalDestroy = "destroy"
)

// Going reports whether somebody decided to destroy the content: it is gone,
// or about to be, and nothing may be added.
func (r Retention) Going() bool {
	return r.Disposal != nil && r.Disposal.Decision == DisposalDestroy
}

// Kept is what any stored row knows of its keeping (I10). A row that has no
// facts of its own has those of the record it belongs to.
type Kept struct {
	// Begins is when the period of its class began; zero while it has not.
	Begins time.Time
	// Review is the date that was written down, zero where it follows from
	// Begins and the period.
	Review time.Time
	Hold   bool
}

// Retentions is what hub and node have in common of keeping and destroying.
// Tables are those of package retention's catalogue.
type Retentions interface {
	// Kept tells how a row is kept. The row is named by its primary key, or, in
	// a table that counts its rows, by the id beside it; parts of a longer key
	// are joined by a slash. Errors: ErrNotFound; CodeInvalid for a table that
	// the store does not have.
	Kept(table, row string) (Kept, error)
	// SweepDue names rows of a table whose period began at or before an instant,
	// limit at most, in words for Sweep. It passes over what is on hold, what is
	// still needed and what a person must review.
	SweepDue(table string, before time.Time, limit int) ([]string, error)
	// Sweep destroys those of the rows of which this still holds, and returns
	// how many there were.
	Sweep(table string, before time.Time, rows []string) (int, error)
	// AuditMonths lists the months, by their first instant in UTC, that ended
	// before an instant, have bodies left and concern nothing on hold.
	AuditMonths(before time.Time) ([]time.Time, error)
	// EmptyAudit overwrites what is left of a month's bodies and salts, limit
	// rows at most; the leaves stay.
	EmptyAudit(month time.Time, limit int) (int, error)
}

// RetentionState narrows a list of records by how they are kept.
type RetentionState string

const (
	RetentionDue       RetentionState = "due"       // closed, past the review date, not on hold, undecided
	RetentionLate      RetentionState = "late"      // still open, past the date to look at it
	RetentionHeld      RetentionState = "held"      // on hold
	RetentionGoing     RetentionState = "going"     // to be destroyed, which is not done
	RetentionDestroyed RetentionState = "destroyed" // content is gone
)

// KeptFilter narrows a list of records. Those Without names, enquiries by id, are
// absent.
type KeptFilter struct {
	State   RetentionState
	Now     time.Time
	Without []string
	Skip    int
	Limit   int // 0 is all
}

// HubRetentions is what a hub adds: a person reviews what is personal.
type HubRetentions interface {
	Retentions
	// KeptEnquiries and KeptNotices list without content, the nearest review
	// date first, what was destroyed newest first.
	KeptEnquiries(KeptFilter) ([]Enquiry, error)
	KeptNotices(KeptFilter) ([]Notification, error)
	// CountKept counts what they list, whatever Skip and Limit.
	CountKept(KeptFilter) (enquiries, notices int, err error)
	// EnquiryByReference finds one without content. Errors: ErrNotFound.
	EnquiryByReference(reference string) (Enquiry, error)
	// GuardEnquiry keeps the keys of an enquiry from being destroyed by anybody,
	// or lets them go. Errors: CodeConflict if a key is gone.
	GuardEnquiry(id string, on bool) error
	// EraseEnquiry destroys the keys of an enquiry and of what was told to its
	// originator, and overwrites what they sealed, also the questions as they
	// were sent. What holds nothing personal stays. Doing it again is harmless.
	// Errors: CodeConflict for one on hold, or that nobody decided to destroy.
	EraseEnquiry(id string) error
	// EraseNotice does so with a notification.
	EraseNotice(id string) error
}

// NodeRetentions is what a node adds.
type NodeRetentions interface {
	Retentions
	// StaleHeld lists questions received at or before an instant whose content
	// is still here, oldest first.
	StaleHeld(before time.Time, limit int) ([]HeldRequest, error)
}
