package mash

import (
	"slices"
	"time"
)

// Edition is one version of the agreements on its way into force: who proposed
// it and why, who agreed, from when. What is enforced is what two people agreed
// to; an Edition is the proof. Its files are kept once per version.
type Edition struct {
	ID      string `json:"id"`
	Hub     string `json:"hub"`
	Version string `json:"version"` // SHA-256 of rules and data, as decisions have it
	// Epoch is its place in the order of what was put in force; 0 until approved.
	Epoch      int64        `json:"epoch,omitempty"`
	Was        string       `json:"was"` // the version that it was made from
	State      EditionState `json:"state"`
	Why        string       `json:"why"`
	ProposedBy string       `json:"proposed_by"`
	ProposedAt time.Time    `json:"proposed_at"`
	// ApprovedBy is another person, but for an Emergency.
	ApprovedBy string    `json:"approved_by,omitempty"`
	ApprovedAt time.Time `json:"approved_at,omitzero"`
	// Emergency is one person's, takes effect at once and only narrows.
	Emergency   bool      `json:"emergency,omitempty"`
	EffectiveAt time.Time `json:"effective_at,omitzero"`
	InForceAt   time.Time `json:"in_force_at,omitzero"` // here
	// AcceptedBy is, at a node, the agency's own person who let it widen what the
	// agency releases.
	// Applied is, at a node, the version in force here in its place: an emergency
	// whose basis nobody here agreed to stops what is in force, and no more.
	Applied    string    `json:"applied,omitempty"`
	AcceptedBy string    `json:"accepted_by,omitempty"`
	AcceptedAt time.Time `json:"accepted_at,omitzero"`
	EndedBy    string    `json:"ended_by,omitempty"` // who rejected it
	EndedWhy   string    `json:"ended_why,omitempty"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
	// Signed is the manifest with the signature of the hub's policy root, from
	// approval on: what nodes verify.
	Signed []byte `json:"signed,omitempty"`
}

// Due reports whether an approved edition's time has come. An emergency waits for
// no clock.
func (e Edition) Due(now time.Time) bool { return e.Emergency || !e.EffectiveAt.After(now) }

// Overtaken reports whether a newer edition than that of an epoch is in force, or
// due, by what a transaction sees: what was decided by the older one is to be
// decided again. Only the newest are looked at.
func Overtaken(tx Editions, hub string, epoch int64, now time.Time) (bool, error) {
	newest, err := tx.EditionsOf(hub, 10)
	return slices.ContainsFunc(newest, func(e Edition) bool {
		return e.Epoch > epoch && (e.State == EditionInForce || e.State == EditionApproved && e.Due(now))
	}), err
}

// EditionState is how far an Edition has come.
type EditionState string

// States. At a node an edition begins as approved.
const (
	EditionProposed   EditionState = "proposed"
	EditionApproved   EditionState = "approved" // waits for its time
	EditionHeld       EditionState = "held"     // at a node: waits for the agency's own person
	EditionInForce    EditionState = "in_force"
	EditionSuperseded EditionState = "superseded"
	EditionRejected   EditionState = "rejected"
)

// Editions keeps versions of the agreements and how they came into force.
type Editions interface {
	// PutPolicyFiles keeps the files of a version, once: the same again changes
	// nothing.
	PutPolicyFiles(version string, files []byte) error
	// PolicyFiles errors with ErrNotFound.
	PolicyFiles(version string) ([]byte, error)
	// FirstPolicy is the version that was kept first: what the program came with
	// when this store was new. Errors: ErrNotFound.
	FirstPolicy() (version string, err error)
	PutEdition(Edition) error // new; ErrStale when the id is there
	UpdateEdition(Edition) error
	Edition(id string) (Edition, error)
	// EditionsOf lists those of one hub, newest first; limit 0: all.
	EditionsOf(hub string, limit int) ([]Edition, error)
}
