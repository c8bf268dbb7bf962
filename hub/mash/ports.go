package mash

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound is what a look-up by id returns for nothing.
var ErrNotFound = errors.New("not found")

// ErrStale is what an update returns when Version is not the stored one.
var ErrStale = errors.New("changed meanwhile")

// Store runs transactions of type T: HubTx or NodeTx. Update is durable when
// it returns nil and has changed nothing when it returns an error. Several
// Updates may share one commit; each sees its own effects and those of the
// ones before it. Safe for concurrent use. The function may run again after a
// serialisation failure: it must have no effect outside tx.
type Store[T any] interface {
	Update(context.Context, func(T) error) error
	View(context.Context, func(T) error) error
}

// HubTx is what a hub does in one transaction.
type HubTx interface {
	ExchangeTx
	Enquiries
	Requests
	Returns
	SetAsides
	Notices
	Health
	HubRetentions
}

// NodeTx is what an agency's node does in one transaction.
type NodeTx interface {
	ExchangeTx
	HeldRequests
	SentReturns
	Tasks
	NodeNotices
	NodeRetentions
}

// ExchangeTx is what hub and node have in common.
type ExchangeTx interface {
	Outbox
	Inbox
	AuditTx
	Decisions
	Editions
	Keys
	// Nested runs f; when f fails, what f wrote is undone and the rest of the
	// transaction stays (a savepoint).
	Nested(f func() error) error
	// OnCommit runs f when the transaction is durable, before Update returns;
	// never if it was undone.
	OnCommit(f func())
}

// OutMessage is a sealed message that must reach somebody. It stays open until
// a receipt arrives, not until the broker says yes; past Expires it is visibly
// undeliverable. Sealed bytes never change: a repeat is the same bytes (I2).
type OutMessage struct {
	ID       string // message id
	Hub      string
	Kind     string // wire kind
	From, To Address
	Topic    string
	Key      string // partition key: request or notification id, nothing personal
	Ref      string // request or notification id
	Sequence int64  // per (From, Ref)
	Sealed   []byte
	Receipt  bool // a receipt is expected; else done when the broker has it
	Created  time.Time
	Expires  time.Time // zero: never
	Sent     time.Time // the broker had it first at
	Attempts int
	Due      time.Time // next attempt
	State    string    // open, done, refused, undeliverable
	Code     string    // of a refused receipt
}

// States of an OutMessage.
const (
	OutOpen          = "open"
	OutDone          = "done"
	OutRefused       = "refused"
	OutUndeliverable = "undeliverable"
)

// Outbox keeps what must be delivered.
type Outbox interface {
	// Enqueue stores a message as open and due at Created.
	Enqueue(OutMessage) error
	// NextSequence counts per (from, ref), from 1.
	NextSequence(from Address, ref string) (int64, error)
	// DueMessages lists one hub's open messages due at now, oldest first. A
	// node that serves several hubs has a broker for each.
	// Those to the topics in skip are left out.
	DueMessages(hub string, now time.Time, limit int, skip ...string) ([]OutMessage, error)
	// Overdue reports whether ExpireMessages would turn any.
	Overdue(hub string, now time.Time) (bool, error)
	// MarkSent says that the broker has the message; due is when it is sent
	// again if no receipt came. It reports whether this was the first time.
	// Messages without receipt (receipts themselves, heartbeats) are forgotten:
	// nobody asks for them again.
	MarkSent(id string, at, due time.Time) (first bool, err error)
	// Settle closes an open message to an address by that address's receipt, or
	// because it is stopped: state is OutDone or OutRefused. It returns the
	// message without Sealed; closed is false, and nothing changes, where it is
	// not open. Errors: ErrNotFound, also if it was sent to somebody else.
	Settle(id string, to Address, state, code string) (m OutMessage, closed bool, err error)
	// ExpireMessages turns one hub's open messages past Expires into
	// undeliverable ones and returns them.
	ExpireMessages(hub string, now time.Time, limit int) ([]OutMessage, error)
	OutMessage(id string) (OutMessage, error)
	// Resend makes a settled or open message due again at now, same bytes.
	Resend(id string, now time.Time) error
	// Unsent lists one hub's open messages of a kind that the broker does not have
	// yet, without their bytes, oldest first.
	Unsent(hub, kind string) ([]OutMessage, error)
	// OpenMessages counts one hub's messages that are still open.
	OpenMessages(hub string) (int, error)
}

// InMessage is a message that was verified and taken in.
type InMessage struct {
	Issuer   Address
	ID       string
	Audience Address // whom of ours it was for: who gives its receipt
	Hub      string
	Kind     string
	Ref      string
	Revision int
	Sequence int64
	Hash     string // SHA-256 of the token, for evidence; never for deduplication
	At       time.Time
	Accepted bool   // else refused
	Code     string // of the refusal
}

// Inbox recognises duplicates by (issuer, message id), never by bytes, and
// stores the reader's position in the transaction of the effect.
type Inbox interface {
	// Taken returns the message if it was taken in before. Errors: ErrNotFound.
	Taken(issuer Address, id string) (InMessage, error)
	Take(InMessage) error
	// TakenSince lists one hub's messages taken in at since or later, newest
	// first: whose receipts a crash may have lost.
	TakenSince(hub string, since time.Time, limit int) ([]InMessage, error)
	// Position is the next offset to read; ok is false at the first start.
	Position(topic string, partition int) (next int64, ok bool, err error)
	SetPosition(topic string, partition int, next int64) error
	// Quarantine keeps bytes that could not be authenticated or understood.
	// It is bounded: see QuarantineRows and QuarantineBytes.
	Quarantine(Quarantined) error
	// Quarantined lists what came on some topics, or on any where topics are nil;
	// the two below likewise. What was only counted is of no topic.
	Quarantined(topics []string, limit int) ([]Quarantined, error)
	QuarantineState(topics []string) (QuarantineState, error)
	// SeeQuarantined marks as looked at what came until an instant, and forgets
	// how many were only counted by then. It returns the ids that it marked.
	SeeQuarantined(topics []string, by, why string, until, at time.Time) ([]string, error)
}

// Quarantined is a message nobody could be answered about, or whose handling
// failed for good.
type Quarantined struct {
	ID        string
	Topic     string
	Partition int
	Offset    int64
	Hash      string
	Code      Code
	Sealed    []byte // as it came: still sealed; nil once it made room for others
	At        time.Time
	// Seen is when somebody looked at it, by whom and what they found; zero
	// until then.
	Seen    time.Time
	SeenBy  string
	SeenWhy string
}

// AuditRow is one entry as stored: the leaf's hash is salted, so that it says
// nothing about the body, which is encrypted under its own key and may be
// erased while every proof still verifies (I5).
type AuditRow struct {
	ID       string
	At       time.Time
	Salt     []byte
	Leaf     []byte // SHA-256 leaf hash over (salt, body)
	Body     []byte // sealed
	Index    int64  // position in the tree; -1 until sequenced
	Enquiry  string
	Request  string
	Decision string
}

// AuditTx stores audit rows and the tree.
type AuditTx interface {
	PutAuditRow(AuditRow) error
	AuditRow(id string) (AuditRow, error)
	AuditRowAt(index int64) (AuditRow, error)
	// AuditRowsOf lists an enquiry's rows in the order they were put.
	AuditRowsOf(enquiry string) ([]AuditRow, error)
	// Unsequenced lists rows without an index in the order they were put.
	Unsequenced(limit int) ([]AuditRow, error)
	CountUnsequenced() (int64, error)
	SetAuditIndex(id string, index int64) error
	// TreeSize, TreeHashes and PutTreeHashes hold the Merkle tree by stored
	// hash index (golang.org/x/mod/sumdb/tlog).
	TreeSize() (int64, error)
	TreeHashes(indexes []int64) ([][32]byte, error)
	PutTreeHashes(first int64, hashes [][32]byte, newSize int64) error
	PutCheckpoint(size int64, note []byte, at time.Time) error
	// Checkpoint is the newest; ErrNotFound before the first.
	Checkpoint() (size int64, note []byte, err error)
}

// Entry is what an audit row's body says: who did what, when, to which ids,
// by which decision. Never content.
type Entry struct {
	ID       string            `json:"id"`
	At       time.Time         `json:"at"`
	Actor    string            `json:"actor"`
	Action   string            `json:"action"` // enquiry.open, request.ask, return.land, page.view …
	Hub      string            `json:"hub"`
	Enquiry  string            `json:"enquiry,omitempty"`
	Request  string            `json:"request,omitempty"`
	Decision string            `json:"decision,omitempty"`
	Shown    []string          `json:"shown,omitempty"` // ids of what was shown
	Detail   map[string]string `json:"detail,omitempty"`
}

// Auditor writes an entry in the caller's transaction.
type Auditor interface {
	Append(AuditTx, Entry) error
}

// Decisions keeps every decision.
type Decisions interface {
	PutDecision(Decision) error
	Decision(id string) (Decision, error)
	DecisionsOf(enquiry string) ([]Decision, error)
	// DecisionsBefore lists the newest first, from before a place; next is where to
	// go on. Begin with the largest number.
	DecisionsBefore(place int64, limit int) (out []Decision, next int64, err error)
}

// KeyUse is what a key is for.
type KeyUse string

const (
	KeySign    KeyUse = "sign"
	KeyEncrypt KeyUse = "encrypt"
)

// Key is a public key in the registry. Its algorithm is pinned here and never
// taken from a message.
type Key struct {
	Owner    Address
	ID       string // kid
	Use      KeyUse
	Alg      string // EdDSA, ES256; ECDH-ES+A256KW
	JWK      []byte // public
	From     time.Time
	Retired  time.Time // zero: in use. A retired signing key still verifies what was issued before
	Revoked  bool      // nothing by it is accepted any more
	Enrolled time.Time
}

// Keys is the registry: append-only but for Retired and Revoked.
type Keys interface {
	PutKey(Key) error
	Key(owner Address, id string) (Key, error)
	// KeyByID finds a key by id alone: kids are unique in a registry.
	KeyByID(id string) (Key, error)
	// CurrentKey is the newest key in use. Errors: ErrNotFound.
	CurrentKey(owner Address, use KeyUse, now time.Time) (Key, error)
	RetireKey(owner Address, id string, at time.Time, revoked bool) error
	KeysOf(owner Address) ([]Key, error)
}

// Enquiries. Content is sealed by the store's vault under the enquiry's key:
// reading one whose key was destroyed gives Content empty and Shredded true.
type Enquiries interface {
	PutEnquiry(Enquiry) error // new
	Enquiry(id string) (Enquiry, error)
	EnquiryHead(id string) (Enquiry, error) // without Content
	// UpdateEnquiry stores e if its Version is the stored one and raises it.
	// Errors: ErrStale, ErrNotFound.
	UpdateEnquiry(Enquiry) error
	ListEnquiries(EnquiryFilter) ([]Enquiry, error) // without Content, newest first
	CountEnquiries(EnquiryFilter) (int, error)      // whatever Skip and Limit say
}

// EnquiryFilter narrows a list; zero fields do not.
type EnquiryFilter struct {
	States []EnquiryState
	Review bool // only those whose decision is up for review
	// Working are those that somebody works on: not closed, or closed and up for
	// review.
	Working    bool
	Restricted bool     // only those that named people alone may know of
	Without    []string // none of these
	Skip       int      // of the first ones
	Limit      int
}

// Requests at the hub.
type Requests interface {
	PutRequest(Request) error
	Request(id string) (Request, error)
	UpdateRequest(Request) error
	RequestsOf(enquiry string) ([]Request, error)
	// OpenRequests lists what is outstanding, nearest target first.
	OpenRequests(RequestFilter) ([]Request, error)
	// CountOpen counts it, and what of it is past its target, whatever Skip and
	// Limit say.
	CountOpen(f RequestFilter, now time.Time) (all, late int, err error)
	// UntoldRequests lists those marked MarkWithdrawalNotTaken or MarkUndecided,
	// oldest first.
	UntoldRequests() ([]Request, error)
	PutEvent(Event) error
	Events(request string) ([]Event, error)
}

// RequestFilter narrows a list of requests; zero fields do not.
type RequestFilter struct {
	Agency  string   // to this one, or its units
	Without []string // of none of these enquiries
	Skip    int      // of the first ones
	Limit   int
}

// Returns at the hub. Items are sealed under the enquiry's key.
type Returns interface {
	PutReturn(Return) error
	// UpdateReturn stores the content-free part (Flags); items never change.
	UpdateReturn(Return) error
	ReturnsOf(request string) ([]Return, error)
	// Return finds one by its id. Errors: ErrNotFound.
	Return(id string) (Return, error)
	ReturnOf(request string, revision int) (Return, error)
	PutDisclosure(Disclosure) error
	DisclosuresOf(enquiry string) ([]Disclosure, error)
}

// Disclosure is a row: an item went to a recipient, or was withheld from one.
type Disclosure struct {
	ID        string    `json:"id"`
	Enquiry   string    `json:"enquiry"`
	Item      string    `json:"item"`
	Recipient string    `json:"recipient"`
	Permitted bool      `json:"permitted"`
	Basis     string    `json:"basis"` // clause
	Decision  string    `json:"decision"`
	At        time.Time `json:"at"`
}

// Notices at the hub.
type Notices interface {
	// PutNotice stores a new notification; ErrStale when Dedupe is known.
	PutNotice(Notification) error
	Notice(id string) (Notification, error)
	UpdateNotice(Notification) error
	// ListNotices lists without content: what nobody has acknowledged first, the
	// newest of it first.
	ListNotices(skip, limit int) ([]Notification, error)
	// CountNotices counts all, and what of it nobody has acknowledged.
	CountNotices() (all, open int, err error)
}

// Health of agencies and of the hub itself.
type Health interface {
	PutHeartbeat(Heartbeat) error
	Heartbeats() ([]Heartbeat, error)
	PutOutage(Outage) error // new, or the end of an open one
	Outages(from, to time.Time) ([]Outage, error)
}

// HeldRequest is a request at a node. Body is the opened question; it is
// deleted once the hub's receipt for the final return is here.
type HeldRequest struct {
	Hub      string
	ID       string
	Party    Party // agency or unit asked
	Revision int
	State    RequestState
	Body     []byte // JSON of wire.Request
	Sequence int64
	Received time.Time
	Hash     string // of the question's token
	Attempts int
	Due      time.Time // next try of the connector
	Version  int
}

// HeldRequests at a node. The key is (Hub, ID, Party).
type HeldRequests interface {
	PutHeld(HeldRequest) error
	Held(hub, id string, p Party) (HeldRequest, error)
	UpdateHeld(HeldRequest) error
	// DueHeld lists requests to work on at now: received or answering, due.
	DueHeld(now time.Time, limit int) ([]HeldRequest, error)
	// ForgetHeld deletes the body: the search terms are not kept.
	ForgetHeld(hub, id string, p Party) error
	PutNodeEvent(hub string, p Party, e Event) error
	NodeEvents(hub string, p Party, request string) ([]Event, error)
}

// SentReturn is a sealed return. At most one exists per (hub, request, party,
// revision); a repeat returns the same bytes (I2).
type SentReturn struct {
	Hub       string
	Request   string
	Party     Party
	Revision  int
	Final     bool
	MessageID string
	Sealed    []byte
	At        time.Time
}

// SentReturns at a node.
type SentReturns interface {
	// PutSentReturn errors with ErrStale when the revision exists.
	PutSentReturn(SentReturn) error
	SentReturn(hub, request string, p Party, revision int) (SentReturn, error)
	LastRevision(hub, request string, p Party) (int, error)
}

// Task is something a person at the agency must do: answer a request, check a
// match, review a release, acknowledge a notice.
type Task struct {
	ID       string
	Hub      string
	Request  string
	Party    Party
	Kind     string // answer, match_check, review, notice, refused
	State    string // open, done; nobody sees it yet: delivering (to the agency's own system), sending (to the hub)
	Body     []byte // JSON, content; nil once a notice was taken in
	Created  time.Time
	OpenedAt time.Time
	OpenedBy string
	DoneAt   time.Time
	DoneBy   string
	Version  int
}

// Tasks at a node.
type Tasks interface {
	PutTask(Task) error
	Task(id string) (Task, error)
	UpdateTask(Task) error
	OpenTasks(units []string, limit int) ([]Task, error) // nil units: all
	TasksOf(hub, request string) ([]Task, error)
	// TasksIn lists tasks in a state that is neither open nor done, oldest first.
	TasksIn(state string, limit int) ([]Task, error)
}

// NodeNotices remembers what a node pushed or was told: exactly one per child
// and incident.
type NodeNotices interface {
	// NoticeOnce reports whether the key is new, and remembers it.
	NoticeOnce(hub, key string, at time.Time) (bool, error)
	Cursor(connector string) (string, error)
	SetCursor(connector, cursor string) error
}

// Bus moves opaque sealed bytes. Publish returns when the broker has every
// message durably. Safe for concurrent use.
type Bus interface {
	Publish(context.Context, []BusMessage) error
	// Read delivers batches from next on until ctx ends; next < 0 or out of
	// range starts at the first. A batch is handed over again until handle
	// returns nil.
	Read(ctx context.Context, topic string, partition int, next int64, handle func([]BusRecord) error) error
	Partitions(ctx context.Context, topic string) (int, error)
}

// BusMessage is what goes out.
type BusMessage struct {
	Topic string
	Key   string
	Value []byte
}

// BusRecord is what comes in.
type BusRecord struct {
	Topic     string
	Partition int
	Offset    int64
	Key       string
	Value     []byte
}

// Seal signs and encrypts; Open verifies and decrypts. Safe for concurrent
// use. Open's errors have codes CodeUnknownKey, CodeBadMessage, CodeWrongParty.
type Seal interface {
	Seal(ctx context.Context, from, to Address, payload []byte) ([]byte, error)
	Open(ctx context.Context, token []byte) (Opened, error)
}

// Opened is a verified message.
type Opened struct {
	Issuer  Address // whose signature it bears, from the registry
	To      Address // whose key opened it
	KeyID   string
	Payload []byte
	Hash    string // SHA-256 of the token, hex
	// Retired is when the signing key was retired, zero if it is in use: the
	// exchange refuses what claims to have been issued later.
	Retired time.Time
}
