package bus

import (
	"context"
	"io"
)

// UntilClosed gives a context that ends when ctx does or when r ends: give it
// the read end of a pipe that only the parent process holds open (standard
// input will do), and the child ends with its parent, however that ends. What
// arrives on r is thrown away. The goroutine that reads r lives until r ends.
func UntilClosed(ctx context.Context, r io.Reader) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, r) // ends at the end of r or on any error
		cancel()
	}()
	return ctx, cancel
}
