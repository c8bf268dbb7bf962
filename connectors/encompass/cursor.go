package encompass

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"slices"

	"mashhub/connectors/internal/settings"
)

// position is how far a watch has come: the highest number read and the mark
// of every row read in the stretch behind it.
type position struct {
	high int64
	seen map[mark]int64 // → the row's number
}

// mark is the beginning of a notification's ID.
type mark [8]byte

const (
	cursorVersion = 1
	maxCursor     = 1 << 20
)

// String writes the position as a cursor: base64url of a version, the highest
// number, and for each row the distance of its number to the highest and its
// mark.
func (p position) String() string {
	b := []byte{cursorVersion}
	b = binary.AppendVarint(b, p.high)
	// Sorted, so that one position is one cursor.
	for _, m := range slices.SortedFunc(maps.Keys(p.seen), func(a, b mark) int { return bytes.Compare(a[:], b[:]) }) {
		b = binary.AppendVarint(b, p.high-p.seen[m])
		b = append(b, m[:]...)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// parse reads a cursor. Errors: CodeInvalid for one that this connector did
// not write.
func parse(cursor string) (position, error) {
	p := position{seen: map[mark]int64{}}
	if cursor == "" {
		return p, nil
	}
	wrong := settings.Invalid("cursor", "was not given by this connector; store and return it unchanged, or start again with an empty one")
	if len(cursor) > maxCursor {
		return p, wrong
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) == 0 || b[0] != cursorVersion {
		return p, wrong
	}
	b = b[1:]
	high, n := binary.Varint(b)
	if n <= 0 {
		return p, wrong
	}
	p.high, b = high, b[n:]
	for len(b) > 0 {
		distance, n := binary.Varint(b)
		if n <= 0 || len(b) < n+len(mark{}) || distance < 0 {
			return p, wrong
		}
		var m mark
		copy(m[:], b[n:])
		p.seen[m] = high - distance
		b = b[n+len(mark{}):]
	}
	return p, nil
}

// read notes a row and forgets those that are out of the stretch.
func (p *position) read(m mark, seq int64) {
	p.high = max(p.high, seq)
	p.seen[m] = seq
}

func (p *position) prune(overlap int64) {
	for m, seq := range p.seen {
		if seq <= p.high-overlap {
			delete(p.seen, m)
		}
	}
}
