package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"

	"mashhub/hub/agreement"
	"mashhub/hub/edition"
	"mashhub/hub/mash"
	"mashhub/hub/protocol"
	"mashhub/policies"
)

// engine lets editions be put in force at a decision point.
type engine struct{ *protocol.Point }

// Check implements edition.Engine.
func (e engine) Check(ctx context.Context, files edition.Files) (string, error) {
	if err := agreement.Check(folder(files)); err != nil {
		return "", err
	}
	version, err := protocol.Check(ctx, folder(files))
	if err != nil {
		return "", mash.Invalid("files", err.Error(), "mend what is named, and check again")
	}
	return version, nil
}

// Swap implements edition.Engine.
func (e engine) Swap(ctx context.Context, files edition.Files, epoch int64) error {
	return e.Point.Swap(ctx, folder(files), epoch)
}

// Draft implements edition.Engine.
func (e engine) Draft(ctx context.Context, files edition.Files) (edition.Draft, error) {
	return e.Point.Beside(ctx, folder(files))
}

// folder is files as the folder that a policy is read from.
func folder(files edition.Files) fs.FS { return agreement.FS(files) }

// shipped are the files that this program came with, without their tests.
func shipped() (edition.Files, error) { return agreement.Files(policies.FS) }

// suspended stops an agreement, or one pair of it.
func suspended(files edition.Files, id, pair string) (edition.Files, error) {
	return agreement.SetStatus(folder(files), id, pair, "suspended")
}

// root is a hub's policy root: what it signs editions with.
type root struct {
	signer   note.Signer
	verifier string
}

// openRoot reads the policy root, and makes it at the first start.
func openRoot(dir, hub string, env mash.Env) (r root, err error) {
	b, err := readOrMake(filepath.Join(dir, "policy.key"), func() ([]byte, error) {
		signer, verifier, err := note.GenerateKey(env.Rand, hub)
		return []byte(signer + "\n" + verifier), err
	})
	if err != nil {
		return r, err
	}
	var signer string
	if _, err := fmt.Sscan(string(b), &signer, &r.verifier); err != nil {
		return r, fmt.Errorf("reading the policy root: %w", err)
	}
	if r.signer, err = note.NewSigner(signer); err != nil {
		return r, fmt.Errorf("reading the policy root: %w", err)
	}
	return r, nil
}

// pin remembers a hub's policy root at a node, at enrolment. Another one later
// is refused: whoever has it could change what the agency releases.
func pin(dir, hub, verifier string) error {
	path := filepath.Join(dir, "policy-root-"+hub)
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if verifier == "" {
			return mash.Invalid("policy_verifier", "is missing from the enrolment of "+hub, "enrol the hub again")
		}
		return writeFile(path, []byte(verifier), 0o600)
	case err != nil:
		return err
	case string(b) != verifier:
		return mash.Invalid("policy_verifier", "is another than the one pinned in "+path, "ask the hub why; remove the file only if its policy root was renewed")
	}
	return nil
}

// pinned is a hub's policy root as it was pinned; empty before enrolment.
func pinned(dir, hub string) string {
	b, err := os.ReadFile(filepath.Join(dir, "policy-root-"+hub))
	if err != nil {
		return ""
	}
	return string(b)
}
