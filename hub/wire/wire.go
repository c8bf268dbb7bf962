// Package wire is what hub and nodes say to each other: the header that is
// signed, a body per kind, and their versions. It neither seals nor sends.
//
// Unknown fields of a known major version are ignored, so that a newer minor
// version may add some; an unknown kind or major is refused. Handlers accept
// any order: Sequence, counted per (issuer, request), decides which of two is
// newer.
package wire

import (
	"bytes"
	"encoding/json"
	"time"

	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// Major and Minor are the version this program speaks.
const (
	Major = 1
	Minor = 0
)

// Kind of a message.
type Kind string

const (
	KindRequest     Kind = "request"     // hub → party: a question
	KindAmend       Kind = "amend"       // hub → party: the question changed
	KindWithdraw    Kind = "withdraw"    // hub → party: no longer asked
	KindClarify     Kind = "clarify"     // party → hub: a question back; hub → party: its answer
	KindReturn      Kind = "return"      // party → hub
	KindNotify      Kind = "notify"      // party → hub → party
	KindAcknowledge Kind = "acknowledge" // party → hub → party
	KindStatus      Kind = "status"      // party → hub: heartbeat
	KindReceipt     Kind = "receipt"     // both ways; never receipted
	KindPolicy      Kind = "policy"      // hub → agency: a version of the agreements
)

// Header is the signed part, the same for every kind.
type Header struct {
	Kind     Kind         `json:"kind"`
	Major    int          `json:"major"`
	Minor    int          `json:"minor"`
	ID       string       `json:"id"`
	Hub      string       `json:"hub"`
	Issuer   mash.Address `json:"issuer"`
	Audience mash.Address `json:"audience"`
	Ref      string       `json:"ref,omitempty"` // request or notification id
	Revision int          `json:"revision,omitempty"`
	Sequence int64        `json:"sequence,omitempty"`
	// Answers is the SHA-256 of the question's token, on returns.
	Answers       string       `json:"answers,omitempty"`
	Purpose       mash.Purpose `json:"purpose,omitempty"`
	Scope         string       `json:"scope,omitempty"` // ScopeHash of the request
	PolicyVersion string       `json:"policy_version,omitempty"`
	PolicyEpoch   int64        `json:"policy_epoch,omitempty"`
	IssuedAt      time.Time    `json:"issued_at"`
	// ExpiresAt is set on requests and notifications only.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// Message is a header and its body, still as JSON.
type Message struct {
	Header
	Body json.RawMessage `json:"body"`
}

// Request asks one party about the persons of one enquiry. The narrative
// never goes; of each person only the fields that the ask decision permits.
type Request struct {
	Reference  string        `json:"reference"`
	RAG        mash.RAG      `json:"rag"`
	Informed   mash.Informed `json:"family_informed"`
	Level      int           `json:"level"`
	Persons    []Person      `json:"persons"`
	Categories []string      `json:"categories"`
	From       time.Time     `json:"from"`
	To         time.Time     `json:"to"`
	TargetAt   time.Time     `json:"target_at"`
	// Basis without names, so that the party can decide for itself.
	Basis    mash.BasisInput `json:"basis"`
	Decision string          `json:"decision"` // id of the hub's ask decision
	// Stands lists, in an amendment, the hashes of earlier revisions that asked
	// the same about the same people: an answer to one of them answers this one.
	Stands []string `json:"stands,omitempty"`
}

// Person is one person asked about.
type Person struct {
	Key    string        `json:"key"`
	Role   string        `json:"role"`
	Record record.Person `json:"record"`
}

// Withdraw ends a request.
type Withdraw struct {
	Reason string `json:"reason"` // a code
}

// Clarify is a question back, or its answer.
type Clarify struct {
	Answer bool   `json:"answer"`
	Text   string `json:"text"`
}

// Return answers a request.
type Return struct {
	Return mash.Return         `json:"return"`
	Items  []mash.ReturnedItem `json:"items"`
}

// Notify carries a push. Content is JSON of connector.Notification.
type Notify struct {
	Notification mash.Notification `json:"notification"`
	Content      json.RawMessage   `json:"content"`
}

// Acknowledge says who took a notification in, and when.
type Acknowledge struct {
	Notification string    `json:"notification"`
	By           string    `json:"by"` // role or post, never a name
	At           time.Time `json:"at"`
	// How it was taken in, see the How… constants; empty means by a person.
	How string `json:"how,omitempty"`
}

// How a notification ended at its recipient.
const (
	HowPerson  = "person"  // somebody read it
	HowSystem  = "system"  // the recipient's own system has it
	HowExpired = "expired" // nobody read it in its time
)

// Status is a heartbeat.
type Status struct {
	Heartbeat mash.Heartbeat `json:"heartbeat"`
}

// Receipt settles one or many messages.
type Receipt struct {
	Items []ReceiptItem `json:"items"`
}

// ReceiptItem is accepted (verified and durable) or refused with a code.
type ReceiptItem struct {
	ID       string    `json:"id"`
	Accepted bool      `json:"accepted"`
	Code     string    `json:"code,omitempty"`
	At       time.Time `json:"at"` // by the receiver's clock
}

// buckets are the sizes that messages of a kind are padded to a multiple of, in
// bytes, with spaces after the JSON; a kind without one is not padded. What an
// agency answers or is told of a child is padded most, so that size does not
// tell nothing_known from a record (I8). Of a question, size could tell how many
// people it is about.
var buckets = map[Kind]int{
	KindReturn: 8 << 10, KindNotify: 8 << 10,
	KindRequest: 2 << 10, KindAmend: 2 << 10, KindClarify: 2 << 10,
}

// Encode makes the bytes to seal: it fills in the version and the padding.
func Encode(h Header, body any) ([]byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	h.Major, h.Minor = Major, Minor
	head, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	// The body is JSON already: through encoding/json it would be read again.
	const rest = `,"body":`
	size := len(head) + len(rest) + len(b)
	spaces := 0
	if bucket := buckets[h.Kind]; bucket > 0 {
		spaces = (bucket - size%bucket) % bucket
	}
	out := append(make([]byte, 0, size+spaces), head[:len(head)-1]...)
	out = append(append(append(out, rest...), b...), '}')
	return append(out, bytes.Repeat([]byte{' '}, spaces)...), nil
}

// Decode reads what Encode made and refuses what this program cannot
// understand. Errors have codes mash.CodeBadMessage and CodeUnsupported.
func Decode(b []byte) (Message, error) {
	var m Message
	if err := json.Unmarshal(bytes.TrimRight(b, " "), &m); err != nil {
		return m, mash.Errorf(mash.CodeBadMessage, "reading message: not the expected JSON, or bytes after its end")
	}
	if m.Major != Major {
		return m, mash.Errorf(mash.CodeUnsupported, "major version %d is not spoken here, %d is", m.Major, Major)
	}
	if !known[m.Kind] {
		return m, mash.Errorf(mash.CodeUnsupported, "unknown kind of message")
	}
	switch {
	case m.ID == "":
		return m, mash.Errorf(mash.CodeBadMessage, "id is missing")
	case m.Hub == "":
		return m, mash.Errorf(mash.CodeBadMessage, "hub is missing")
	case m.Issuer == "" || m.Audience == "":
		return m, mash.Errorf(mash.CodeBadMessage, "issuer or audience is missing")
	case m.IssuedAt.IsZero():
		return m, mash.Errorf(mash.CodeBadMessage, "issue time is missing")
	}
	return m, nil
}

// DecodeBody reads the body of a message. Errors have code CodeBadMessage.
func DecodeBody[T any](m Message) (T, error) {
	var v T
	if err := json.Unmarshal(m.Body, &v); err != nil {
		return v, mash.Errorf(mash.CodeBadMessage, "reading %s: not the expected JSON", m.Kind)
	}
	return v, nil
}

var known = map[Kind]bool{KindRequest: true, KindAmend: true, KindWithdraw: true, KindClarify: true,
	KindReturn: true, KindNotify: true, KindAcknowledge: true, KindStatus: true, KindReceipt: true, KindPolicy: true}
