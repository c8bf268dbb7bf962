package mash

import "time"

// Event is one thing that happened to a request, with its time and whose clock
// said it. The clock (hub/tracking) is a pure function of these.
type Event struct {
	Request string    `json:"request,omitempty"`
	Kind    EventKind `json:"kind"`
	At      time.Time `json:"at"`
	// Clock is whose clock said At: ClockHub, or an agency's id.
	Clock string `json:"clock"`
	// Boot and Mono are a node's monotonic reading (milliseconds since Boot
	// began) beside At; they expose a wall clock that stepped. Empty on the hub.
	Boot   string `json:"boot,omitempty"`
	Mono   int64  `json:"mono,omitempty"`
	Detail string `json:"detail,omitempty"` // a code, never content
}

// ClockHub is the hub's clock, the line that everything is measured on.
const ClockHub = "hub"

// EventKind is what happened.
type EventKind string

// Events by the hub's clock.
const (
	EventRaised         EventKind = "raised"
	EventHeld           EventKind = "held" // for review by the hub's people: policy time until authorised
	EventAuthorised     EventKind = "authorised"
	EventQueued         EventKind = "queued"
	EventSent           EventKind = "sent"        // the broker has it
	EventDelivered      EventKind = "delivered"   // the agency's receipt is here
	EventClarifyOpen    EventKind = "clarifying"  // the agency's question is here: requester time begins
	EventClarifyClosed  EventKind = "clarified"   // our answer left
	EventPartLanded     EventKind = "part_landed" //
	EventLanded         EventKind = "landed"      // the final return is committed
	EventRefused        EventKind = "refused"     // by the ask decision or a refused receipt
	EventUndeliverable  EventKind = "undeliverable"
	EventWithdrawn      EventKind = "withdrawn"
	EventExpired        EventKind = "expired"
	EventRetargeted     EventKind = "retargeted" // RAG changed; Detail is the new RAG
	EventAmended        EventKind = "amended"    // a new revision of the question; Detail is what changed
	EventAmendTaken     EventKind = "amend_taken"
	EventAmendFailed    EventKind = "amend_failed"    // the agency could not be told; Detail is the code
	EventClarifyFailed  EventKind = "clarify_failed"  // the agency could not be given our answer; Detail is the code
	EventWithdrawFailed EventKind = "withdraw_failed" // the agency could not be told of it; Detail is the code
	EventSourceDown     EventKind = "source_unavailable"
	EventSourceUp       EventKind = "source_available"
	EventTelephoned     EventKind = "telephoned"     // the agency was told what could not be delivered
	EventLateAfterwards EventKind = "late_return"    // after the end: never changes the total
	EventReturnRefused  EventKind = "return_refused" // the hub could not take an answer in; Detail is the code
)

// Events by an agency's clock, carried in its returns and receipts.
const (
	EventAgencyReceived EventKind = "agency_received"
	EventAgencyOpened   EventKind = "agency_opened" // a connector, or a person, began
	EventAgencyPolicy   EventKind = "agency_policy" // the release decision began
	EventAgencyDecided  EventKind = "agency_decided"
	EventAgencyReview   EventKind = "agency_review" // put to the agency's own reviewer: agency time
	EventAgencyReturned EventKind = "agency_returned"
)

// Outage is a time in which the hub or the broker did not work; it is charged
// to nobody. A zero To is still open.
type Outage struct {
	ID    string    `json:"id"`
	Scope string    `json:"scope"` // hub, broker
	From  time.Time `json:"from"`
	To    time.Time `json:"to,omitzero"`
}

// Heartbeat is the last sign of life of an agency's node.
type Heartbeat struct {
	Party    Party     `json:"party"`
	At       time.Time `json:"at"`       // hub's clock at arrival
	AgencyAt time.Time `json:"agencyAt"` // the node's own
	Sources  []Source  `json:"sources"`
	// PolicyVersion and PolicyEpoch are of the agreements by which the node
	// decides for this hub; empty from a node that does not say.
	PolicyVersion string `json:"policyVersion,omitempty"`
	PolicyEpoch   int64  `json:"policyEpoch"`
	// OldSince is since when, by the hub's clock, that epoch has been older
	// than the hub's; zero while it is not.
	OldSince time.Time `json:"oldSince,omitzero"`
}

// Source is the state of one connector at a node.
type Source struct {
	Connector string    `json:"connector"`
	State     string    `json:"state"` // running, unavailable (its system does not answer), starting, restarting, tripped
	Since     time.Time `json:"since"`
	Pid       int       `json:"pid,omitempty"`
	// Answers: requests are answered from it; else it only watches or delivers.
	Answers bool `json:"answers"`
}
