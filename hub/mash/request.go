package mash

import (
	"time"

	"mashhub/plugins/record"
)

// RequestState: raised → (held_for_review) → authorised → queued → sent →
// received → answering → returned → landed; ends also refused, undeliverable,
// withdrawn, expired. Nothing leaves this list and nothing vanishes from it.
type RequestState string

const (
	RequestRaised        RequestState = "raised"
	RequestHeld          RequestState = "held_for_review"
	RequestAuthorised    RequestState = "authorised"
	RequestQueued        RequestState = "queued"
	RequestSent          RequestState = "sent"
	RequestReceived      RequestState = "received"
	RequestAnswering     RequestState = "answering"
	RequestReturned      RequestState = "returned" // a part landed, or the agency says it is on its way
	RequestLanded        RequestState = "landed"   // the final return is here
	RequestRefused       RequestState = "refused"
	RequestUndeliverable RequestState = "undeliverable"
	RequestWithdrawn     RequestState = "withdrawn"
	RequestExpired       RequestState = "expired"
)

// Ended reports whether the request waits for nobody any more.
func (s RequestState) Ended() bool {
	switch s {
	case RequestLanded, RequestRefused, RequestUndeliverable, RequestWithdrawn, RequestExpired:
		return true
	}
	return false
}

// Rank orders the states on the way to landed, so that a message that arrives
// late never moves a request back. The ends rank above everything.
func (s RequestState) Rank() int {
	for i, v := range []RequestState{RequestRaised, RequestHeld, RequestAuthorised, RequestQueued,
		RequestSent, RequestReceived, RequestAnswering, RequestReturned} {
		if s == v {
			return i
		}
	}
	return 100
}

// Request is one question to one party about one enquiry. It is free of
// personal data: who is asked about stands in the enquiry's content, under the
// keys in Persons.
type Request struct {
	ID         string       `json:"id"`
	Hub        string       `json:"hub"`
	EnquiryID  string       `json:"enquiry_id"`
	Reference  string       `json:"reference"` // of the enquiry
	Party      Party        `json:"party"`
	Revision   int          `json:"revision"` // of the question, from 1
	State      RequestState `json:"state"`
	Code       string       `json:"code,omitempty"`  // why it ended refused, undeliverable …
	Marks      []string     `json:"marks,omitempty"` // clarifying, source_unavailable
	Purpose    Purpose      `json:"purpose"`
	RAG        RAG          `json:"rag"`
	Persons    []string     `json:"persons"`
	Categories []string     `json:"categories"`
	Fields     []string     `json:"fields"` // identifying fields the ask decision allows
	From       time.Time    `json:"from"`   // period asked about
	To         time.Time    `json:"to"`
	RaisedAt   time.Time    `json:"raised_at"`
	TargetAt   time.Time    `json:"target_at"`
	Profile    string       `json:"profile"`  // whose target it is
	Decision   string       `json:"decision"` // id of the ask decision
	MessageID  string       `json:"message_id,omitempty"`
	Earlier    []Terms      `json:"earlier,omitempty"` // what earlier revisions asked, oldest first
	// AnswerRefused is why the hub could not take the last answer in, as a
	// code; empty once one landed.
	AnswerRefused Code `json:"answer_refused,omitempty"`
	Version       int  `json:"version"`
}

// Marks of an open request.
const (
	MarkClarifying        = "clarifying"
	MarkSourceUnavailable = "source_unavailable"
	MarkAnswerRefused     = "answer_refused"   // the hub could not take what the agency sent
	MarkChangeNotTaken    = "change_not_taken" // the agency could not be told that the question changed
	// The agency could not be given our answer to what it asked back.
	MarkClarificationNotTaken = "clarification_not_taken"
	// The agency could not be told that the question is withdrawn, or expired:
	// the one mark of a request that has ended.
	MarkWithdrawalNotTaken = "withdrawal_not_taken"
	// MarkUndecided: it could not be decided whether the question may be put. That
	// is no clause's refusal: somebody telephones.
	MarkUndecided = "undecided"
)

// ReturnOutcome is the answer about one person.
type ReturnOutcome string

const (
	RecordsFound       ReturnOutcome = "records_found"
	NothingKnown       ReturnOutcome = "nothing_known"       // searched, nothing found, nothing withheld
	NothingDisclosable ReturnOutcome = "nothing_disclosable" // what is held may not even be confirmed
	SourceUnavailable  ReturnOutcome = "source_unavailable"  // could not search: never "nothing known"
	Refused            ReturnOutcome = "refused"             // with a reason; it lands like an answer
	Pending            ReturnOutcome = "pending"             // in a part return: more about this person follows
)

// PersonOutcome is the outcome for one person of the request.
type PersonOutcome struct {
	Person  string        `json:"person"`
	Outcome ReturnOutcome `json:"outcome"`
	Reason  string        `json:"reason,omitempty"` // a code or short reason without personal data
}

// Withholding is a category or item whose existence the agreement lets the hub
// know and whose content it does not. Where existence is not permitted there
// is no Withholding in a return: only the agency's own ledger has it.
type Withholding struct {
	Person   string `json:"person"`
	Category string `json:"category"`
	Clause   string `json:"clause"`
	Reason   string `json:"reason"`
	Count    int    `json:"count,omitempty"`
}

// Return is a party's answer, revision 1, 2 …, part or final. The fields up to
// Items are content-free.
type Return struct {
	ID            string          `json:"id"`
	Hub           string          `json:"hub"`
	RequestID     string          `json:"request_id"`
	EnquiryID     string          `json:"enquiry_id,omitempty"`
	Party         Party           `json:"party"`
	Revision      int             `json:"revision"`
	Final         bool            `json:"final"`
	Outcomes      []PersonOutcome `json:"outcomes"`
	Withheld      []Withholding   `json:"withheld,omitempty"`
	Events        []Event         `json:"events"` // the agency's own, for the clock
	Flags         []string        `json:"flags,omitempty"`
	LandedAt      time.Time       `json:"landed_at,omitzero"`
	SealedHash    string          `json:"sealed_hash,omitempty"` // SHA-256 of the token it came in
	PolicyVersion string          `json:"policy_version"`
	PolicyEpoch   int64           `json:"policy_epoch,omitempty"`
	// ItemCount and SetAside count what came: in scope, and set aside from it.
	ItemCount  int         `json:"item_count"`
	SetAside   int         `json:"set_aside,omitempty"`
	Considered *Considered `json:"considered,omitempty"` // of a late one

	Items []ReturnedItem `json:"-"`
}

// Flags of a return: it is kept sealed and shown as such, never merged
// silently (I4).
const (
	FlagLate        = "late"        // after the request had ended
	FlagSuperseded  = "superseded"  // a newer revision is here
	FlagQuarantined = "quarantined" // something in it was outside the request's scope, and is set aside by itself
	FlagExcess      = "excess"      // the hub's people marked it as more than was needed
	FlagOutdated    = "outdated"    // answers an earlier revision, about somebody whose identity was corrected since
	FlagOldPolicy   = "old_policy"  // decided under an older epoch of the agreements than the hub's; merged all the same
)

// ReturnedItem is an item with what the release decision attached to it.
type ReturnedItem struct {
	record.Item
	Obligations []Obligation `json:"obligations,omitempty"`
	Decision    string       `json:"decision,omitempty"` // id at the agency
	Clauses     []string     `json:"clauses,omitempty"`  // that released it, by that decision
}

// Notification is a push with a deadline and an acknowledgement. Content is
// stored sealed.
type Notification struct {
	ID        string            `json:"id"`
	Hub       string            `json:"hub"`
	Kind      string            `json:"kind"` // encompass, feedback
	From      Party             `json:"from"`
	To        Party             `json:"to"`
	Dedupe    string            `json:"dedupe"` // one per child and incident
	State     NotificationState `json:"state"`
	Informed  Informed          `json:"family_informed"`
	RaisedAt  time.Time         `json:"raised_at"`
	SentAt    *time.Time        `json:"sent_at,omitempty"`
	Received  *time.Time        `json:"received_at,omitempty"`
	Acked     *time.Time        `json:"acknowledged_at,omitempty"`
	AckedBy   string            `json:"acknowledged_by,omitempty"`
	AckedHow  string            `json:"acknowledged_how,omitempty"` // person, or system: the recipient's own has it
	Code      string            `json:"code,omitempty"`
	Decision  string            `json:"decision"`
	MessageID string            `json:"message_id,omitempty"`
	Retention Retention         `json:"retention"`
	Version   int               `json:"version"`

	Content []byte `json:"-"` // JSON of connector.Notification, sealed by whoever stores it
}

// NotificationState: raised → sent → received → acknowledged, or
// undeliverable or expired; or refused, when the hub could not take in what an
// agency sent.
type NotificationState string

const (
	NoticeRaised        NotificationState = "raised"
	NoticeSent          NotificationState = "sent"
	NoticeReceived      NotificationState = "received"
	NoticeAcknowledged  NotificationState = "acknowledged"
	NoticeUndeliverable NotificationState = "undeliverable"
	NoticeExpired       NotificationState = "expired"
	NoticeRefused       NotificationState = "refused" // nothing of it is kept but that it came, from whom and why not
)
