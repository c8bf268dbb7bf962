package host

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Output counts what a plugin printed. The text itself is not kept: it may be
// a password or a child's name, and nobody can tell.
type Output struct {
	Bytes int64
	Lines int64
}

// counter is an io.Writer that counts and forgets.
type counter struct{ bytes, lines atomic.Int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes.Add(int64(len(p)))
	c.lines.Add(int64(bytes.Count(p, []byte{'\n'})))
	return len(p), nil
}

func (c *counter) output() Output { return Output{Bytes: c.bytes.Load(), Lines: c.lines.Load()} }

// maxHandshake bounds the one line that a plugin prints for us: versions, an
// address and a certificate of about 900 bytes.
const maxHandshake = 8 << 10

// passHandshake hands the first line of r to w and counts the rest, so that a
// plugin that goes on printing never blocks and is never read. A first line
// that is too long is withheld too.
func passHandshake(r io.Reader, w *io.PipeWriter, c *counter) {
	in := bufio.NewReaderSize(r, maxHandshake)
	line, err := in.ReadSlice('\n')
	if err == nil {
		_, _ = w.Write(line)
	} else {
		_, _ = c.Write(line)
	}
	_ = w.Close()
	_, _ = io.Copy(c, in)
}

// drainOutput takes what a Go plugin prints after the handshake, which its
// side of the library sends over the connection, and counts it. Left alone it
// would fill a pipe and block the plugin. It returns when the connection ends
// or when the plugin does not offer the stream.
func drainOutput(conn *grpc.ClientConn, c *counter) {
	// The stream's messages are {channel = 1, bytes data = 2}; their type is
	// internal to the library. Read as an empty message they are unknown fields.
	stream, err := conn.NewStream(context.Background(), &grpc.StreamDesc{ServerStreams: true}, "/plugin.GRPCStdio/StreamStdio")
	if err != nil {
		return
	}
	if stream.SendMsg(&emptypb.Empty{}) != nil || stream.CloseSend() != nil {
		return
	}
	for {
		var chunk emptypb.Empty
		if stream.RecvMsg(&chunk) != nil {
			return
		}
		fields := []byte(chunk.ProtoReflect().GetUnknown())
		for len(fields) > 0 {
			number, kind, n := protowire.ConsumeTag(fields)
			if n < 0 {
				break
			}
			fields = fields[n:]
			if number == 2 && kind == protowire.BytesType {
				data, _ := protowire.ConsumeBytes(fields)
				_, _ = c.Write(data)
			}
			if n = protowire.ConsumeFieldValue(number, kind, fields); n < 0 {
				break
			}
			fields = fields[n:]
		}
	}
}
