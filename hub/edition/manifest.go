package edition

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"mashhub/hub/mash"
)

// Manifest is what stands behind an edition: which version, from when, and who
// agreed to it. Its signed form is a note (https://golang.org/x/mod/sumdb/note)
// whose text is one line of JSON.
type Manifest struct {
	Hub         string    `json:"hub"`
	ID          string    `json:"id"`
	Version     string    `json:"version"`
	Was         string    `json:"was"`
	Epoch       int64     `json:"epoch"`
	ProposedBy  string    `json:"proposed_by"`
	ProposedAt  time.Time `json:"proposed_at"`
	ApprovedBy  string    `json:"approved_by"`
	ApprovedAt  time.Time `json:"approved_at"`
	EffectiveAt time.Time `json:"effective_at"`
	Emergency   bool      `json:"emergency,omitempty"`
	Why         string    `json:"why"`
}

func manifestOf(e mash.Edition) Manifest {
	return Manifest{Hub: e.Hub, ID: e.ID, Version: e.Version, Was: e.Was, Epoch: e.Epoch, ProposedBy: e.ProposedBy, ProposedAt: e.ProposedAt,
		ApprovedBy: e.ApprovedBy, ApprovedAt: e.ApprovedAt, EffectiveAt: e.EffectiveAt, Emergency: e.Emergency, Why: e.Why}
}

// sign gives the manifest as a signed note.
func sign(m Manifest, by note.Signer) ([]byte, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: string(b) + "\n"}, by)
}

// OpenManifest verifies a signed manifest and what it says of itself. Errors:
// CodeBadMessage, with what is wrong.
func OpenManifest(signed []byte, verifier string) (Manifest, error) {
	var m Manifest
	v, err := note.NewVerifier(verifier)
	if err != nil {
		return m, mash.Errorf(mash.CodeInternal, "reading the pinned verifier: %w", err)
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return m, mash.Errorf(mash.CodeBadMessage, "the manifest is not signed by the policy root that is pinned here")
	}
	dec := json.NewDecoder(strings.NewReader(n.Text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return m, mash.Errorf(mash.CodeBadMessage, "the manifest cannot be read")
	}
	if err := m.check(); err != nil {
		return m, mash.Errorf(mash.CodeBadMessage, "the manifest: %w", err)
	}
	return m, nil
}

func (m Manifest) check() error {
	switch {
	case m.Hub == "" || m.ID == "" || m.Version == "":
		return errors.New("hub, id or version is missing")
	case m.Epoch < 2:
		return errors.New("the first epoch is what the program was shipped with")
	case m.ProposedBy == "" || m.ApprovedBy == "":
		return errors.New("nobody stands behind it")
	case m.ProposedBy == m.ApprovedBy && !m.Emergency:
		return errors.New("one person alone stands behind it")
	case m.EffectiveAt.IsZero():
		return errors.New("it does not say from when")
	}
	return nil
}
