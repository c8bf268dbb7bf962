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
	"errors"
	"io"
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
	// Pad makes the sealed size a multiple of a bucket, so that size does not
	// tell nothing_known from a record (I8).
	Pad string `json:"pad,omitempty"`
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

// bucket is the size that messages are padded to a multiple of, in bytes.
const bucket = 8 << 10

// padded kinds: the ones whose size could tell an answer from another.
var padded = map[Kind]bool{KindRequest: true, KindAmend: true, KindReturn: true, KindNotify: true, KindClarify: true}

// Encode makes the bytes to seal: it fills in the version and the padding.
func Encode(h Header, body any) ([]byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	h.Major, h.Minor, h.Pad = Major, Minor, ""
	out, err := json.Marshal(Message{Header: h, Body: b})
	if err != nil || !padded[h.Kind] {
		return out, err
	}
	const field = len(`,"pad":""`)
	missing := bucket - (len(out)+field)%bucket // at least one: an empty pad would be left out
	h.Pad = string(bytes.Repeat([]byte{'0'}, missing))
	return json.Marshal(Message{Header: h, Body: b})
}

// Decode reads what Encode made and refuses what this program cannot
// understand. Errors have codes mash.CodeBadMessage and CodeUnsupported.
func Decode(b []byte) (Message, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	var m Message
	if err := dec.Decode(&m); err != nil {
		return m, mash.Errorf(mash.CodeBadMessage, "reading message: not the expected JSON")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return m, mash.Errorf(mash.CodeBadMessage, "reading message: bytes after its end")
	}
	if m.Major != Major {
		return m, mash.Errorf(mash.CodeUnsupported, "major version %d is not spoken here, %d is", m.Major, Major)
	}
	if !known[m.Kind] {
		return m, mash.Errorf(mash.CodeUnsupported, "unknown kind of message")
	}
	m.Pad = ""
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
	KindReturn: true, KindNotify: true, KindAcknowledge: true, KindStatus: true, KindReceipt: true}
