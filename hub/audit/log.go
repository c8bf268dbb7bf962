package audit

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mashhub/hub/mash"
)

// SaltSize is the length of a leaf's salt, in bytes.
const SaltSize = 32

// ErrErased is what a BodySealer gives for a body whose key was destroyed.
var ErrErased = errors.New("erased")

// BodySealer seals bodies and salts under a key with a retention of its own,
// chosen by the entry's time. part is "body" or "salt": a value must open only
// for the id and part it was sealed for. Safe for concurrent use.
type BodySealer interface {
	SealBody(at time.Time, id, part string, plain []byte) ([]byte, error)
	// OpenBody errors with ErrErased once the key was destroyed.
	OpenBody(at time.Time, id, part string, sealed []byte) ([]byte, error)
}

// Log is one hub's or node's log. Safe for concurrent use.
type Log struct {
	owner  string
	signer note.Signer
	bodies BodySealer
	env    mash.Env
	nudge  chan struct{}
}

var _ mash.Auditor = (*Log)(nil)

// New makes the log of a hub or node. owner is the hub's id in entries that
// name none; the signer's name is the origin of its checkpoints.
func New(owner string, signer note.Signer, bodies BodySealer, env mash.Env) *Log {
	return &Log{owner: owner, signer: signer, bodies: bodies, env: env, nudge: make(chan struct{}, 1)}
}

// Origin is the first line of the log's checkpoints.
func (l *Log) Origin() string { return l.signer.Name() }

// Append writes an entry in the caller's transaction, with an id and the time
// if it has none. Errors: those of the transaction and of the sealer. The
// caller must then undo the act.
func (l *Log) Append(tx mash.AuditTx, e mash.Entry) error {
	if e.Action == "" || e.Actor == "" {
		return mash.Invalid("entry", "no actor or no action", "say who did what")
	}
	if e.ID == "" {
		e.ID = l.env.NewID()
	}
	if e.At.IsZero() {
		e.At = l.env.Now()
	}
	e.At = mash.Instant(e.At)
	if e.Hub == "" {
		e.Hub = l.owner
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("writing audit entry: %w", err)
	}
	salt := make([]byte, SaltSize)
	if _, err := io.ReadFull(l.env.Rand, salt); err != nil {
		return mash.Errorf(mash.CodeUnavailable, "making salt: %w", err)
	}
	leaf := LeafHash(salt, body)
	row := mash.AuditRow{ID: e.ID, At: e.At, Leaf: leaf[:], Index: -1, Enquiry: e.Enquiry, Request: e.Request, Decision: e.Decision}
	if row.Salt, err = l.bodies.SealBody(e.At, e.ID, "salt", salt); err != nil {
		return fmt.Errorf("sealing audit salt: %w", err)
	}
	if row.Body, err = l.bodies.SealBody(e.At, e.ID, "body", body); err != nil {
		return fmt.Errorf("sealing audit body: %w", err)
	}
	if err := tx.PutAuditRow(row); err != nil {
		return fmt.Errorf("writing audit row: %w", err)
	}
	select {
	case l.nudge <- struct{}{}:
	default:
	}
	return nil
}

// LeafHash is the leaf of a body; see the package's comment.
func LeafHash(salt, body []byte) tlog.Hash {
	sum := sha256.Sum256(body)
	data := make([]byte, 0, len(leafDomain)+len(salt)+len(sum))
	data = append(data, leafDomain...)
	data = append(data, salt...)
	data = append(data, sum[:]...)
	return tlog.RecordHash(data)
}

const leafDomain = "mash-audit-entry/1\n"

// Entry opens a row's body and checks it against its leaf. Errors: ErrErased;
// CodeInternal if body, salt and leaf do not belong together.
func (l *Log) Entry(row mash.AuditRow) (mash.Entry, error) {
	var e mash.Entry
	_, body, err := l.open(row)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return e, mash.Errorf(mash.CodeInternal, "reading audit entry: %w", err)
	}
	if e.ID != row.ID || !e.At.Equal(row.At) {
		return e, mash.Errorf(mash.CodeInternal, "an audit row's id or time is not its entry's")
	}
	return e, nil
}

// open gives a row's salt and body.
func (l *Log) open(row mash.AuditRow) (salt, body []byte, err error) {
	if salt, body, err = l.unseal(row); err != nil {
		return nil, nil, err
	}
	if h := LeafHash(salt, body); len(salt) != SaltSize || string(h[:]) != string(row.Leaf) {
		return nil, nil, mash.Errorf(mash.CodeInternal, "an audit row's body is not what its leaf says")
	}
	return salt, body, nil
}

// unseal opens a row's salt and body as they are, belonging to its leaf or not.
func (l *Log) unseal(row mash.AuditRow) (salt, body []byte, err error) {
	if len(row.Body) == 0 && len(row.Salt) == 0 {
		return nil, nil, ErrErased
	}
	if salt, err = l.bodies.OpenBody(row.At, row.ID, "salt", row.Salt); err != nil {
		return nil, nil, err
	}
	if body, err = l.bodies.OpenBody(row.At, row.ID, "body", row.Body); err != nil {
		return nil, nil, err
	}
	return salt, body, nil
}

// GenerateKey makes a signing key for a log. name, which is also the origin of
// the log's checkpoints, has no space and no plus sign. The signer key is
// secret; the verifier key is public. Keep it where the log's operator cannot
// exchange it.
func GenerateKey(name string, rand io.Reader) (signerKey, verifierKey string, err error) {
	if signerKey, verifierKey, err = note.GenerateKey(rand, name); err != nil {
		return "", "", fmt.Errorf("making checkpoint key: %w", err)
	}
	if _, err := note.NewSigner(signerKey); err != nil {
		return "", "", mash.Invalid("name", "not a key name", "use letters, digits, dots and slashes")
	}
	return signerKey, verifierKey, nil
}

// Timing of Run.
const (
	gather = 250 * time.Millisecond // entries that come together share a commit and a checkpoint
	patrol = time.Second            // for what a crash or a lost nudge left
	retry  = time.Second            // after the store failed
	most   = 256                    // rows in one transaction: others wait for it some 10 ms
)

// Run sequences promptly until ctx ends, and then returns nil. A failing store
// is tried again; failed, which may be nil, is told of each failure.
func Run[T mash.AuditTx](ctx context.Context, l *Log, s mash.Store[T], failed func(error)) error {
	wait := time.NewTimer(0) // what was left by the last run
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.nudge:
			if !pause(ctx, gather) {
				return nil
			}
		case <-wait.C:
		}
		next := patrol
		for {
			n, err := sequenceOnce(ctx, l, s)
			if err != nil {
				if ctx.Err() == nil && failed != nil {
					failed(err)
				}
				next = retry
				break
			}
			if n < most {
				break
			}
		}
		wait.Reset(next)
	}
}

// sequenceOnce looks before it writes, so that an idle log opens no write
// transaction.
func sequenceOnce[T mash.AuditTx](ctx context.Context, l *Log, s mash.Store[T]) (n int, err error) {
	var some []mash.AuditRow
	if err := s.View(ctx, func(tx T) error {
		some, err = tx.Unsequenced(1)
		return err
	}); err != nil || len(some) == 0 {
		return 0, err
	}
	err = s.Update(ctx, func(tx T) error {
		n, err = l.Sequence(ctx, tx, most)
		return err
	})
	return n, err
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
