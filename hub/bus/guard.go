package bus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// maxFrame is the largest request the embedded broker reads, in bytes: one
// batch and its framing.
const maxFrame = 8 << 20

// served are the Kafka API keys that the embedded broker serves: Produce,
// Fetch, ListOffsets, Metadata, ApiVersions, CreateTopics, and what an
// idempotent producer and a look at topic settings need. The library behind it
// stops the process on a key it does not know.
var served = map[uint16]bool{0: true, 1: true, 2: true, 3: true, 18: true, 19: true, 22: true, 32: true}

// maxVersion is far above any version of a request; it keeps nonsense out.
const maxVersion = 64

var errFrame = errors.New("not a request that the embedded broker serves")

// guard stands before the broker's parser: a frame with an unknown key, or one
// that claims more than maxFrame, ends the connection before a byte of it is
// parsed or allocated for.
func guard(l net.Listener) net.Listener { return guardListener{l} }

type guardListener struct{ net.Listener }

func (l guardListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &guardConn{Conn: c}, nil
}

// guardConn reads frames: size (4 bytes), API key (2), version (2), the rest.
type guardConn struct {
	net.Conn
	head []byte // checked, not yet handed on
	rest int    // bytes of this frame still to come
}

func (c *guardConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(c.head) == 0 && c.rest == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if len(c.head) > 0 {
		n := copy(p, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	n, err := c.Conn.Read(p[:min(len(p), c.rest)])
	c.rest -= n
	return n, err
}

func (c *guardConn) next() error {
	var head [8]byte
	if _, err := io.ReadFull(c.Conn, head[:]); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head[:4])
	key, version := binary.BigEndian.Uint16(head[4:6]), binary.BigEndian.Uint16(head[6:8])
	// A request header is at least key, version, correlation id, client id.
	if size < 10 || size > maxFrame || !served[key] || version > maxVersion {
		return fmt.Errorf("%w: key %d, version %d, %d bytes", errFrame, key, version, size)
	}
	c.head, c.rest = head[:], int(size)-4
	return nil
}
