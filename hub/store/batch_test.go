package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"mashhub/hub/mash"
)

// BenchmarkUpdate shows what sharing a commit is worth: one writer pays a
// whole fsync for each Update, 64 share it.
func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			n := testNode(b, b.TempDir())
			var id atomic.Int64
			ctx := context.Background()
			body := make([]byte, 1024)
			b.SetParallelism((writers + 1) / 2)
			if writers == 1 {
				for b.Loop() {
					benchUpdate(b, ctx, n, id.Add(1), body)
				}
			} else {
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						benchUpdate(b, ctx, n, id.Add(1), body)
					}
				})
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
		})
	}
}

func benchUpdate(b *testing.B, ctx context.Context, n *Node, id int64, body []byte) {
	err := n.Update(ctx, func(tx mash.NodeTx) error {
		return tx.Enqueue(mash.OutMessage{ID: fmt.Sprint(id), Hub: "h", Sealed: body, Receipt: true, Created: start})
	})
	if err != nil {
		b.Error(err)
	}
}
