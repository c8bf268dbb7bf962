package audit

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mashhub/hub/mash"
)

// Sequence gives up to limit rows their places, in the order they were put,
// and signs a checkpoint of the grown tree. It returns how many; with none,
// nothing is written. One sequencer at a time: a second one's transaction
// fails with ErrStale.
func (l *Log) Sequence(ctx context.Context, tx mash.AuditTx, limit int) (int, error) {
	rows, err := tx.Unsequenced(limit)
	if err != nil {
		return 0, fmt.Errorf("listing unsequenced rows: %w", err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	size, err := tx.TreeSize()
	if err != nil {
		return 0, fmt.Errorf("reading tree size: %w", err)
	}
	grown := &growing{first: tlog.StoredHashCount(size), stored: reader{tx}}
	for i, row := range rows {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if len(row.Leaf) != tlog.HashSize {
			return 0, mash.Errorf(mash.CodeInternal, "an audit row's leaf is not a hash")
		}
		n := size + int64(i)
		hashes, err := tlog.StoredHashesForRecordHash(n, tlog.Hash(row.Leaf), grown)
		if err != nil {
			return 0, fmt.Errorf("hashing leaf: %w", err)
		}
		for _, h := range hashes {
			grown.added = append(grown.added, h)
		}
		if err := tx.SetAuditIndex(row.ID, n); err != nil {
			return 0, fmt.Errorf("giving a row its place: %w", err)
		}
	}
	size += int64(len(rows))
	root, err := tlog.TreeHash(size, grown)
	if err != nil {
		return 0, fmt.Errorf("hashing tree: %w", err)
	}
	if err := tx.PutTreeHashes(grown.first, grown.added, size); err != nil {
		return 0, fmt.Errorf("storing tree: %w", err)
	}
	signed, err := note.Sign(&note.Note{Text: Checkpoint{l.Origin(), size, root}.text()}, l.signer)
	if err != nil {
		return 0, fmt.Errorf("signing checkpoint: %w", err)
	}
	if err := tx.PutCheckpoint(size, signed, l.env.Now()); err != nil {
		return 0, fmt.Errorf("storing checkpoint: %w", err)
	}
	return len(rows), nil
}

// reader reads stored hashes from a transaction.
type reader struct{ tx mash.AuditTx }

// ReadHashes implements tlog.HashReader.
func (r reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	raw, err := r.tx.TreeHashes(indexes)
	if err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(raw))
	for i, h := range raw {
		out[i] = h
	}
	return out, nil
}

// growing reads stored hashes and those not stored yet.
type growing struct {
	first  int64
	added  [][32]byte
	stored tlog.HashReader
}

// ReadHashes implements tlog.HashReader.
func (g *growing) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	var old, places []int64
	for i, x := range indexes {
		if x >= g.first {
			if x-g.first >= int64(len(g.added)) {
				return nil, errors.New("hash beyond the tree")
			}
			out[i] = g.added[x-g.first]
			continue
		}
		old, places = append(old, x), append(places, int64(i))
	}
	if len(old) == 0 {
		return out, nil
	}
	hs, err := g.stored.ReadHashes(old)
	if err != nil {
		return nil, err
	}
	for i, p := range places {
		out[p] = hs[i]
	}
	return out, nil
}

// Checkpoint is what a signed checkpoint says (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

func (c Checkpoint) text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

// OpenCheckpoint verifies a signed checkpoint. Its origin must be the name of
// the key: a log signs for itself only. The format allows further lines, which
// we neither write nor accept.
func OpenCheckpoint(signed []byte, verifierKey string) (Checkpoint, error) {
	text, origin, err := openNote(signed, verifierKey)
	if err != nil {
		return Checkpoint{}, err
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != origin {
		return Checkpoint{}, mash.Errorf(mash.CodeBadMessage, "checkpoint: not one of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, mash.Errorf(mash.CodeBadMessage, "checkpoint: its size is not a number")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || root.String() != lines[2] {
		return Checkpoint{}, mash.Errorf(mash.CodeBadMessage, "checkpoint: its root is not a hash")
	}
	return Checkpoint{lines[0], size, root}, nil
}

// openNote gives the text of a note that bears this key's signature, written
// in the one way it can be, and no other.
func openNote(signed []byte, verifierKey string) (text, name string, err error) {
	v, err := note.NewVerifier(verifierKey)
	if err != nil {
		return "", "", mash.Invalid("key", "not a verifier key", "give the log's public key: name+hash+base64")
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return "", "", mash.Errorf(mash.CodeBadMessage, "signature: not by this key, or not by it alone")
	}
	if _, err := base64.StdEncoding.Strict().DecodeString(n.Sigs[0].Base64); err != nil {
		return "", "", mash.Errorf(mash.CodeBadMessage, "signature: not written as it should be")
	}
	return n.Text, v.Name(), nil
}

// Proof shows that one entry is in the log: everything needed beside the
// public key. Salt and Body are absent when the body was erased.
type Proof struct {
	Checkpoint []byte           `json:"checkpoint"`
	Index      int64            `json:"index"`
	Leaf       tlog.Hash        `json:"leaf"`
	Salt       []byte           `json:"salt,omitempty"`
	Body       []byte           `json:"body,omitempty"`
	Path       tlog.RecordProof `json:"path"`
}

// Prove makes the proof of the entry at index under the newest checkpoint.
// Errors: ErrNotFound for an index not in the tree.
func (l *Log) Prove(tx mash.AuditTx, index int64) (Proof, error) {
	size, signed, err := tx.Checkpoint()
	if err != nil {
		return Proof{}, fmt.Errorf("reading checkpoint: %w", err)
	}
	if index < 0 || index >= size {
		return Proof{}, mash.ErrNotFound
	}
	row, err := tx.AuditRowAt(index)
	if err != nil {
		return Proof{}, fmt.Errorf("reading audit row: %w", err)
	}
	if len(row.Leaf) != tlog.HashSize {
		return Proof{}, mash.Errorf(mash.CodeInternal, "an audit row's leaf is not a hash")
	}
	path, err := tlog.ProveRecord(size, index, reader{tx})
	if err != nil {
		return Proof{}, fmt.Errorf("making proof: %w", err)
	}
	p := Proof{Checkpoint: signed, Index: index, Leaf: tlog.Hash(row.Leaf), Path: path}
	if p.Salt, p.Body, err = l.open(row); err != nil && !errors.Is(err, ErrErased) {
		return Proof{}, err
	}
	return p, nil
}

// VerifyInclusion checks a proof with nothing but the public key: the leaf is
// at its index in the tree of the signed checkpoint, and the body, if there is
// one, is what the leaf says.
func VerifyInclusion(p Proof, verifierKey string) (Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, verifierKey)
	if err != nil {
		return c, err
	}
	if err := checkBody(p.Leaf, p.Salt, p.Body); err != nil {
		return c, err
	}
	if p.Index < 0 || p.Index >= c.Size {
		return c, mash.Errorf(mash.CodeBadMessage, "entry %d: not in a log of %d", p.Index, c.Size)
	}
	if err := tlog.CheckRecord(p.Path, c.Size, c.Root, p.Index, p.Leaf); err != nil {
		return c, mash.Errorf(mash.CodeBadMessage, "entry %d: its proof does not lead to the signed root", p.Index)
	}
	return c, nil
}

// checkBody refuses a body that is not the leaf's, and half of a pair.
func checkBody(leaf tlog.Hash, salt, body []byte) error {
	if len(salt) == 0 && len(body) == 0 {
		return nil
	}
	if len(salt) != SaltSize || len(body) == 0 {
		return mash.Errorf(mash.CodeBadMessage, "a body without its salt, or a salt without its body")
	}
	if h := LeafHash(salt, body); !bytes.Equal(h[:], leaf[:]) {
		return mash.Errorf(mash.CodeBadMessage, "the body is not what the leaf says")
	}
	return nil
}

// ProveConsistency makes the proof that the newest checkpoint's tree begins
// with the tree of oldSize.
func (l *Log) ProveConsistency(tx mash.AuditTx, oldSize int64) (signed []byte, proof tlog.TreeProof, err error) {
	size, signed, err := tx.Checkpoint()
	if err != nil {
		return nil, nil, fmt.Errorf("reading checkpoint: %w", err)
	}
	if oldSize < 1 || oldSize > size {
		return nil, nil, mash.ErrNotFound
	}
	proof, err = tlog.ProveTree(size, oldSize, reader{tx})
	if err != nil {
		return nil, nil, fmt.Errorf("making proof: %w", err)
	}
	return signed, proof, nil
}

// CheckConsistency checks that the tree of the newer checkpoint begins with
// that of the older one. An error means a fork, or a wrong proof: the log was
// rewritten, or there are two. Both checkpoints are the evidence.
func CheckConsistency(older, newer []byte, proof tlog.TreeProof, verifierKey string) error {
	a, err := OpenCheckpoint(older, verifierKey)
	if err != nil {
		return err
	}
	b, err := OpenCheckpoint(newer, verifierKey)
	if err != nil {
		return err
	}
	switch {
	case a.Size > b.Size:
		return mash.Errorf(mash.CodeInvalid, "the older checkpoint is the larger one")
	case a.Size == 0 || a.Size == b.Size && a.Root == b.Root:
		return nil
	case a.Size == b.Size || tlog.CheckTree(proof, b.Size, b.Root, a.Size, a.Root) != nil:
		return mash.Errorf(mash.CodeBadMessage, "fork: the log of %d entries does not begin with the one of %d", b.Size, a.Size)
	}
	return nil
}
