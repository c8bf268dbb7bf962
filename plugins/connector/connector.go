package connector

import (
	"context"
	"encoding/json"
	"time"

	"mashhub/plugins/record"
)

// Connector knows one kind of agency system. It knows nothing about Kafka,
// keys, policy or the hub. The host calls Configure once before anything but
// Describe; after that the methods may be called at the same time.
//
// Every method honours its context. An error is a *Error where its code
// matters; any other error reaches the node as CodeInternal. Error texts carry
// no personal data: they are logged.
type Connector interface {
	// Describe says what the connector is and what its configuration looks like.
	Describe(context.Context, DescribeRequest) (DescribeResponse, error)
	// Configure hands over the agency's settings. Errors: CodeInvalid, naming
	// the field and the remedy.
	Configure(context.Context, ConfigureRequest) (ConfigureResponse, error)
	// Search looks for records that may be the person. It returns candidates;
	// the node decides whether one is the person.
	Search(context.Context, SearchRequest) (SearchResponse, error)
	// Fetch returns what is held on one candidate, within the categories and
	// the period asked for and nothing else.
	Fetch(context.Context, FetchRequest) (FetchResponse, error)
	// Deliver hands a notification to a setting's own system.
	Deliver(context.Context, DeliverRequest) (DeliverResponse, error)
	// Watch returns events after a cursor, waiting up to Wait for the first.
	Watch(context.Context, WatchRequest) (WatchResponse, error)
	// Health reports whether the agency's system can be reached.
	Health(context.Context, HealthRequest) (HealthResponse, error)
}

// Outcome is how a search or fetch ended.
type Outcome string

const (
	Found       Outcome = "found"
	None        Outcome = "none"        // searched, nothing held
	Unavailable Outcome = "unavailable" // could not search: never the same as None
	AskPerson   Outcome = "ask_person"  // nobody but a person can answer: see Unit
)

// Version is a version of the contract.
type Version int

// DescribeRequest asks a connector what it is.
type DescribeRequest struct{}

// DescribeResponse describes a connector.
type DescribeResponse struct {
	Kind       string   // "health", "police", …
	Version    string   // of this connector, semantic
	Methods    []string // which of search, fetch, deliver, watch do real work
	Categories []string // what it can return
	// ConfigSchema is the JSON Schema of ConfigureRequest.Config.
	ConfigSchema json.RawMessage
}

// ConfigureRequest carries the agency's settings for one connector.
type ConfigureRequest struct {
	Config json.RawMessage
	// Secrets are kept apart from Config, which may be shown on a page.
	Secrets map[string]string
}

// ConfigureResponse is empty for now.
type ConfigureResponse struct{}

// Person is who is asked about. Fields that the hub may not send are absent.
type Person struct {
	Key    string // the person's key within the request ("subject-1"), no identity
	Record record.Person
}

// Period bounds what is fetched, both ends included. A zero end is open.
type Period struct {
	From time.Time
	To   time.Time
}

// SearchRequest looks for one person.
type SearchRequest struct {
	Call   string // idempotency key, one per question
	Unit   string // the school's URN, the practice's code; empty for the whole agency
	Person Person
	Limit  int // how many candidates at most; 0 means 20
}

// SearchResponse lists candidates.
type SearchResponse struct {
	Outcome    Outcome
	Candidates []Candidate // for Found
	Unit       string      // for AskPerson: who must answer
	Reason     string      // for Unavailable: a code or short text without personal data
	More       bool        // the system has more candidates than Limit: narrow the question
}

// Candidate is a record that may be the person.
type Candidate struct {
	Ref    string // the agency's key of the record, opaque
	Record record.Person
}

// FetchRequest asks for what is held on one record.
type FetchRequest struct {
	Call       string
	Unit       string
	Ref        string // of the candidate that matched
	Person     Person
	Categories []string
	Period     Period
}

// FetchResponse holds the items.
type FetchResponse struct {
	Outcome Outcome
	Items   []record.Item
	Unit    string // for AskPerson
	Reason  string // for Unavailable
}

// DeliverRequest hands over one notification.
type DeliverRequest struct {
	Call string // idempotency key: the same key delivers once
	Unit string
	// Notification is the Encompass or feedback payload.
	Notification Notification
}

// DeliverResponse says whether the system took it.
type DeliverResponse struct {
	Outcome   Outcome // Found = delivered, AskPerson = put it in a person's inbox, Unavailable
	Reference string  // the receiving system's reference
}

// Notification is what a setting is told.
type Notification struct {
	ID        string // stable for one child and incident
	Kind      string // "encompass", "feedback"
	Person    record.Person
	Setting   string // URN, or empty when unknown
	Happened  time.Time
	Place     string
	Reference string // the police reference
	Present   string // yes, no, unknown
	Voice     string // the child's own words, where heard
	Text      string // circumstances
	// FamilyInformed is yes, no or unsafe_to_tell.
	FamilyInformed string
}

// WatchRequest asks for events after a cursor.
type WatchRequest struct {
	Cursor string // as the last answer gave it; empty from the start
	Wait   time.Duration
	Limit  int
}

// WatchResponse holds new events and the cursor after them. A caller that
// stores Cursor only after it has stored Events loses none and may see some
// twice; Notification.ID tells.
type WatchResponse struct {
	Events []Notification
	Cursor string
}

// HealthRequest asks after the agency's system.
type HealthRequest struct{}

// HealthResponse says whether the agency's system answers.
type HealthResponse struct {
	OK     bool
	Reason string // no personal data, no address of the system
}
