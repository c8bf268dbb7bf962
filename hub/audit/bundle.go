package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mashhub/hub/mash"
)

// The bundle: JSON lines, each written exactly as encoding/json writes the
// structs below. A head, an entry for each leaf in order, the entries not yet
// sequenced in the order they were put, and an end whose signature covers every
// byte before it.

const bundleFormat = "mash-audit-bundle/1"

// maxLine bounds a line of a bundle, in bytes.
const maxLine = 16 << 20

type bundleHead struct {
	Bundle     string `json:"bundle"`
	Origin     string `json:"origin"`
	Checkpoint string `json:"checkpoint"` // signed note; empty before the first
}

// bundleEntry is a leaf. Salt and body are absent together: erased.
type bundleEntry struct {
	Index int64     `json:"index"` // -1: not yet sequenced
	Leaf  tlog.Hash `json:"leaf"`
	Salt  []byte    `json:"salt,omitempty"`
	Body  string    `json:"body,omitempty"`
}

type bundleEnd struct {
	End       string `json:"end"` // bundleFormat
	Signature string `json:"signature"`
}

// endText is what the end signs. Its first line keeps it from being taken for
// a checkpoint, whose first line is the origin.
func endText(origin string, sum []byte) string {
	return bundleFormat + " " + origin + "\n" + hex.EncodeToString(sum) + "\n"
}

// Export writes the whole log as a bundle: the newest checkpoint, every leaf,
// salts and bodies where they are not erased, and the rows not yet sequenced,
// marked by index -1. What the database holds is written as it is: whether it
// is right is for VerifyBundle to say.
func (l *Log) Export(tx mash.AuditTx, w io.Writer) error {
	size, signed, err := tx.Checkpoint()
	if err != nil && !errors.Is(err, mash.ErrNotFound) {
		return fmt.Errorf("reading checkpoint: %w", err)
	}
	buffered := bufio.NewWriter(w)
	sum := sha256.New()
	both := io.MultiWriter(buffered, sum)
	if err := writeLine(both, bundleHead{bundleFormat, l.Origin(), string(signed)}); err != nil {
		return err
	}
	for i := range size {
		row, err := tx.AuditRowAt(i)
		if err != nil {
			return fmt.Errorf("reading audit row: %w", err)
		}
		if err := l.exportRow(both, row); err != nil {
			return err
		}
	}
	n, err := tx.CountUnsequenced()
	if err != nil {
		return fmt.Errorf("counting unsequenced rows: %w", err)
	}
	if n > 0 {
		rows, err := tx.Unsequenced(int(n))
		if err != nil {
			return fmt.Errorf("listing unsequenced rows: %w", err)
		}
		for _, row := range rows {
			if err := l.exportRow(both, row); err != nil {
				return err
			}
		}
	}
	end, err := note.Sign(&note.Note{Text: endText(l.Origin(), sum.Sum(nil))}, l.signer)
	if err != nil {
		return fmt.Errorf("signing bundle: %w", err)
	}
	if err := writeLine(buffered, bundleEnd{bundleFormat, string(end)}); err != nil {
		return err
	}
	return buffered.Flush()
}

func (l *Log) exportRow(w io.Writer, row mash.AuditRow) error {
	e := bundleEntry{Index: row.Index}
	if copy(e.Leaf[:], row.Leaf) != len(e.Leaf) {
		return mash.Errorf(mash.CodeInternal, "an audit row's leaf is not a hash")
	}
	salt, body, err := l.unseal(row)
	switch {
	case errors.Is(err, ErrErased):
	case err != nil:
		return fmt.Errorf("opening audit row: %w", err)
	default:
		e.Salt, e.Body = salt, string(body)
	}
	return writeLine(w, e)
}

func writeLine(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing bundle: %w", err)
	}
	if _, err := w.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("writing bundle: %w", err)
	}
	return nil
}

// Report is what a bundle was found to be.
type Report struct {
	Origin      string    `json:"origin"`
	Size        int64     `json:"size"`        // entries under the checkpoint
	Root        tlog.Hash `json:"root"`        // of the signed tree
	Bodies      int64     `json:"bodies"`      // entries whose body was there and fits its leaf
	Erased      []int64   `json:"erased"`      // indexes of the entries whose body was erased
	Unsequenced int64     `json:"unsequenced"` // entries that no checkpoint covers yet
	// FirstBad is the line of the bundle that failed first, from 0 for the
	// first entry; -1 if none did, or the bundle as a whole did.
	FirstBad int64 `json:"first_bad"`
	Verified bool  `json:"verified"`
}

// VerifyBundle checks a bundle with nothing but the public key: its signature,
// the checkpoint's, every body against its leaf, every leaf against the signed
// root, and that the tree begins with each of the checkpoints known from
// before. The report tells what was found even when an error says what failed.
func VerifyBundle(r io.Reader, verifierKey string, known ...[]byte) (Report, error) {
	rep := Report{Erased: []int64{}, FirstBad: -1}
	var priors []Checkpoint
	for _, k := range known {
		c, err := OpenCheckpoint(k, verifierKey)
		if err != nil {
			return rep, fmt.Errorf("known checkpoint: %w", err)
		}
		priors = append(priors, c)
	}
	var (
		c    Checkpoint
		tree peaks
		seen int64
	)
	err := readBundle(r, func(h bundleHead) (err error) {
		rep.Origin = h.Origin
		if h.Checkpoint == "" {
			c = Checkpoint{Origin: h.Origin, Root: tree.root()}
		} else if c, err = OpenCheckpoint([]byte(h.Checkpoint), verifierKey); err != nil {
			return err
		}
		if c.Origin != h.Origin {
			return mash.Errorf(mash.CodeBadMessage, "the checkpoint is of another log")
		}
		return nil
	}, func(e bundleEntry) error {
		rep.FirstBad = seen
		seen++
		if err := checkBody(e.Leaf, e.Salt, []byte(e.Body)); err != nil {
			return err
		}
		switch {
		case e.Index == tree.size && e.Index < c.Size && rep.Unsequenced == 0:
			if e.Body == "" {
				rep.Erased = append(rep.Erased, e.Index)
			} else {
				rep.Bodies++
			}
			tree.add(e.Leaf)
			for _, p := range priors {
				if p.Size == tree.size && p.Root != tree.root() {
					return mash.Errorf(mash.CodeBadMessage, "fork: the first %d entries are not those of a known checkpoint", p.Size)
				}
			}
		case e.Index == -1 && tree.size == c.Size:
			rep.Unsequenced++
		default:
			return mash.Errorf(mash.CodeBadMessage, "not the next entry")
		}
		rep.FirstBad = -1
		return nil
	}, func(end bundleEnd, sum []byte) error {
		rep.Size, rep.Root = c.Size, c.Root
		if tree.size != c.Size || tree.root() != c.Root {
			return mash.Errorf(mash.CodeBadMessage, "the entries do not lead to the signed root")
		}
		for _, p := range priors {
			if p.Size > c.Size {
				return mash.Errorf(mash.CodeBadMessage, "the log is shorter than a known checkpoint of %d entries", p.Size)
			}
		}
		text, origin, err := openNote([]byte(end.Signature), verifierKey)
		if err != nil {
			return err
		}
		if origin != rep.Origin || text != endText(origin, sum) {
			return mash.Errorf(mash.CodeBadMessage, "the bundle is not as it was signed")
		}
		return nil
	})
	if err != nil {
		return rep, fmt.Errorf("verifying bundle: %w", err)
	}
	rep.Verified = true
	return rep, nil
}

// ErrUnsequenced says that an entry is in the log and has no place in the tree
// yet, which takes about a second.
var ErrUnsequenced = errors.New("the entry is not sequenced yet")

// EntryProof takes the proof of one entry, found by its id, out of a bundle.
// It is worth what VerifyInclusion then says of it. Errors: ErrUnsequenced for
// an entry that no checkpoint covers yet; ErrNotFound for an id that is not
// there, or whose body was erased and its id with it.
func EntryProof(r io.Reader, id string) (Proof, error) {
	var (
		p      Proof
		found  bool
		waits  bool
		hashes []tlog.Hash
		size   int64
	)
	stored := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			if x < 0 || x >= int64(len(hashes)) {
				return nil, errors.New("hash beyond the tree")
			}
			out[i] = hashes[x]
		}
		return out, nil
	})
	err := readBundle(r, func(h bundleHead) error {
		p.Checkpoint = []byte(h.Checkpoint)
		return nil
	}, func(e bundleEntry) error {
		var body struct{ ID string }
		here := e.Body != "" && json.Unmarshal([]byte(e.Body), &body) == nil && body.ID == id
		if e.Index < 0 {
			waits = waits || here
			return nil
		}
		added, err := tlog.StoredHashesForRecordHash(size, e.Leaf, stored)
		if err != nil {
			return err
		}
		hashes = append(hashes, added...)
		if here {
			p.Index, p.Leaf, p.Salt, p.Body, found = size, e.Leaf, e.Salt, []byte(e.Body), true
		}
		size++
		return nil
	}, func(bundleEnd, []byte) error { return nil })
	if err != nil {
		return p, err
	}
	switch {
	case !found && waits:
		return p, ErrUnsequenced
	case !found:
		return p, mash.ErrNotFound
	}
	p.Path, err = tlog.ProveRecord(size, p.Index, stored)
	return p, err
}

// readBundle hands over a bundle line by line. A line that is not exactly what
// Export writes is refused.
func readBundle(r io.Reader, head func(bundleHead) error, entry func(bundleEntry) error, end func(bundleEnd, []byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	lines.Split(wholeLines)
	sum := sha256.New()
	h, err := readLine[bundleHead](lines, nil)
	if err != nil {
		return err
	}
	if h.Bundle != bundleFormat {
		return mash.Errorf(mash.CodeUnsupported, "not a bundle of version 1")
	}
	hashLine(sum, lines.Bytes())
	if err := head(h); err != nil {
		return err
	}
	for n := int64(0); lines.Scan(); n++ {
		line := slices.Clone(lines.Bytes())
		if bytes.HasPrefix(line, []byte(`{"end":`)) {
			e, err := readLine[bundleEnd](lines, line)
			if err != nil {
				return err
			}
			if e.End != bundleFormat || lines.Scan() {
				return mash.Errorf(mash.CodeBadMessage, "the bundle goes on after its end")
			}
			return end(e, sum.Sum(nil))
		}
		e, err := readLine[bundleEntry](lines, line)
		if err == nil {
			err = entry(e)
		}
		if err != nil {
			return fmt.Errorf("entry %d: %w", n, err)
		}
		hashLine(sum, line)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading bundle: %w", err)
	}
	return mash.Errorf(mash.CodeBadMessage, "the bundle has no end")
}

func hashLine(h hash.Hash, line []byte) {
	h.Write(line)
	h.Write([]byte{'\n'})
}

// wholeLines splits at newlines; bytes after the last one are a line too, and
// will be refused as such if they belong to none.
func wholeLines(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, mash.Errorf(mash.CodeBadMessage, "the last line is cut off")
	}
	return 0, nil, nil
}

// readLine parses line, or the next one if line is nil.
func readLine[T any](lines *bufio.Scanner, line []byte) (T, error) {
	var v T
	if line == nil {
		if !lines.Scan() {
			return v, mash.Errorf(mash.CodeBadMessage, "empty or cut off")
		}
		line = lines.Bytes()
	}
	if err := json.Unmarshal(line, &v); err != nil {
		return v, mash.Errorf(mash.CodeBadMessage, "not a line of a bundle")
	}
	if again, err := json.Marshal(v); err != nil || !bytes.Equal(again, line) {
		return v, mash.Errorf(mash.CodeBadMessage, "not written as a bundle is")
	}
	return v, nil
}

// peaks is a growing tree of which only the roots of its whole subtrees are
// kept, largest first: the memory is the logarithm of the size.
type peaks struct {
	size  int64
	roots []tlog.Hash
}

func (p *peaks) add(leaf tlog.Hash) {
	h := leaf
	for n := p.size; n&1 == 1; n >>= 1 {
		last := len(p.roots) - 1
		h = tlog.NodeHash(p.roots[last], h)
		p.roots = p.roots[:last]
	}
	p.roots = append(p.roots, h)
	p.size++
}

// root is the hash of the tree; of an empty one, SHA-256 of nothing (RFC 6962).
func (p *peaks) root() tlog.Hash {
	if len(p.roots) == 0 {
		return sha256.Sum256(nil)
	}
	h := p.roots[len(p.roots)-1]
	for i := len(p.roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(p.roots[i], h)
	}
	return h
}
