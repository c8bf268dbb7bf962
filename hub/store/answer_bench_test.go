package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"mashhub/hub/mash"
)

// BenchmarkAnswer does what one agency's answer does to the two stores: on the
// node it is taken in, worked on, sealed, sent and forgotten; on the hub it is
// asked, sent, receipted and landed. The machine is shared, so that processor
// time says more than the clock does.
func BenchmarkAnswer(b *testing.B) {
	question, answer := make([]byte, 2<<10), make([]byte, 6<<10)
	for _, blob := range [][]byte{question, answer} {
		if _, err := rand.Read(blob); err != nil {
			b.Fatal(err)
		}
	}
	for _, flight := range []int{1, 16} {
		b.Run(fmt.Sprintf("node/flight=%d", flight), func(b *testing.B) {
			n := testNode(b, b.TempDir())
			inFlight(b, flight, func(id string) error { return answerOnNode(n, id, question, answer) })
		})
		b.Run(fmt.Sprintf("hub/flight=%d", flight), func(b *testing.B) {
			h := testHub(b, b.TempDir())
			inFlight(b, flight, func(id string) error { return answerOnHub(h, id, question, answer) })
		})
	}
}

// inFlight does b.N answers, so many at a time, each in a goroutine of its own
// as the node's workers are, and reports the processor time of one.
func inFlight(b *testing.B, flight int, do func(id string) error) {
	var next atomic.Int64
	var wg sync.WaitGroup
	before := processorMicros(b)
	b.ResetTimer()
	for range flight {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				done := make(chan error, 1)
				go func() { done <- do(fmt.Sprintf("019a9b3c-4d5e-7f60-8a1b-%012d", n)) }()
				if err := <-done; err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(processorMicros(b)-before)/float64(b.N), "cpu-µs/op")
}

func processorMicros(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return (u.Utime.Nano() + u.Stime.Nano()) / 1000
}

// benchInput is a decision's content-free input: some hundred bytes of JSON.
var benchInput = json.RawMessage(`"` + strings.Repeat("categories, purposes and flags ", 30) + `"`)

func benchDecision(id, name, enquiry string) mash.Decision {
	return mash.Decision{ID: id + name, Enquiry: enquiry, Request: id, Input: benchInput}
}

func benchAudit(id, name, enquiry string) mash.AuditRow {
	return mash.AuditRow{ID: id + name, At: start, Salt: make([]byte, 32), Leaf: make([]byte, 300),
		Body: make([]byte, 700), Enquiry: enquiry, Request: id}
}

func answerOnNode(n *Node, id string, question, answer []byte) error {
	ctx := context.Background()
	p := mash.Party{Agency: "police"}
	event := func(tx mash.NodeTx, kind string) error {
		return tx.PutNodeEvent("h", p, mash.Event{Request: id, Kind: mash.EventKind(kind), At: start})
	}
	return errors.Join(
		n.Update(ctx, func(tx mash.NodeTx) error {
			_, err := tx.Taken("hub", id)
			if !errors.Is(err, mash.ErrNotFound) {
				return fmt.Errorf("taken before: %w", err)
			}
			return errors.Join(
				tx.Take(mash.InMessage{Issuer: "hub", ID: id, Hub: "h", Kind: "request", Ref: id, Sequence: 1, Hash: id, At: start, Accepted: true}),
				tx.PutHeld(mash.HeldRequest{Hub: "h", ID: id, Party: p, State: mash.RequestReceived, Body: question, Received: start, Hash: id, Due: start}),
				event(tx, "received"),
				tx.PutAuditRow(benchAudit(id, "a", id)),
				tx.Enqueue(mash.OutMessage{ID: id + "r", Hub: "h", Kind: "receipt", Sealed: question, Created: start}),
				tx.SetPosition("requests", 0, 7))
		}),
		n.View(ctx, func(tx mash.NodeTx) error { _, err := tx.Held("h", id, p); return err }),
		n.Update(ctx, func(tx mash.NodeTx) error {
			h, err := tx.Held("h", id, p)
			if err != nil {
				return err
			}
			h.State = mash.RequestAnswering
			return errors.Join(tx.UpdateHeld(h), event(tx, "answering"))
		}),
		n.Update(ctx, func(tx mash.NodeTx) error { _, err := tx.MarkSent(id+"r", start, start); return err }),
		n.Update(ctx, func(tx mash.NodeTx) error {
			h, err := tx.Held("h", id, p)
			if err != nil {
				return err
			}
			h.State = mash.RequestReturned
			_, err = tx.NextSequence("police", id)
			return errors.Join(err, tx.UpdateHeld(h),
				tx.PutDecision(benchDecision(id, "d1", id)), tx.PutDecision(benchDecision(id, "d2", id)),
				tx.PutAuditRow(benchAudit(id, "b", id)), tx.PutAuditRow(benchAudit(id, "c", id)),
				tx.PutSentReturn(mash.SentReturn{Hub: "h", Request: id, Party: p, Revision: 1, Final: true, MessageID: id, Sealed: answer, At: start}),
				tx.Enqueue(mash.OutMessage{ID: id, Hub: "h", Kind: "return", Sealed: answer, Receipt: true, Created: start}),
				event(tx, "returned"))
		}),
		n.Update(ctx, func(tx mash.NodeTx) error { _, err := tx.MarkSent(id, start, start); return err }),
		n.Update(ctx, func(tx mash.NodeTx) error {
			_, _, err := tx.Settle(id, "", mash.OutDone, "")
			return errors.Join(err, tx.ForgetHeld("h", id, p), tx.SetPosition("receipts", 0, 8),
				tx.Take(mash.InMessage{Issuer: "hub", ID: id + "x", Hub: "h", Kind: "receipt", Ref: id, Hash: id, At: start, Accepted: true}))
		}))
}

func answerOnHub(h *Hub, id string, question, answer []byte) error {
	ctx := context.Background()
	event := func(tx mash.HubTx, kind string) error {
		return tx.PutEvent(mash.Event{Request: id, Kind: mash.EventKind(kind), At: start})
	}
	r := mash.Request{ID: id, EnquiryID: "e", State: mash.RequestQueued, RaisedAt: start, TargetAt: start}
	return errors.Join(
		h.Update(ctx, func(tx mash.HubTx) error {
			_, err := tx.NextSequence("hub", id)
			return errors.Join(err, tx.PutRequest(r), event(tx, "raised"), event(tx, "queued"),
				tx.PutDecision(benchDecision(id, "d1", "e")), tx.PutAuditRow(benchAudit(id, "a", "e")),
				tx.Enqueue(mash.OutMessage{ID: id, Hub: "h", Kind: "request", Sealed: question, Receipt: true, Created: start}))
		}),
		h.Update(ctx, func(tx mash.HubTx) error {
			_, err := tx.MarkSent(id, start, start)
			return errors.Join(err, event(tx, "sent"))
		}),
		h.Update(ctx, func(tx mash.HubTx) error {
			_, _, err := tx.Settle(id, "", mash.OutDone, "")
			return errors.Join(err, event(tx, "received"), tx.SetPosition("receipts", 0, 8),
				tx.Take(mash.InMessage{Issuer: "police", ID: id + "x", Hub: "h", Kind: "receipt", Ref: id, Hash: id, At: start, Accepted: true}))
		}),
		h.View(ctx, func(tx mash.HubTx) error { _, err := tx.Request(id); return err }),
		h.Update(ctx, func(tx mash.HubTx) error {
			r, err := tx.Request(id)
			if err != nil {
				return err
			}
			r.State = mash.RequestLanded
			return errors.Join(tx.UpdateRequest(r), event(tx, "landed"), tx.SetPosition("returns", 0, 9),
				tx.Take(mash.InMessage{Issuer: "police", ID: id, Hub: "h", Kind: "return", Ref: id, Hash: id, At: start, Accepted: true}),
				tx.PutReturn(mash.Return{ID: id, RequestID: id, EnquiryID: "e", Revision: 1, Items: []mash.ReturnedItem{{Decision: string(answer[:16])}}}),
				tx.PutDisclosure(mash.Disclosure{ID: id, Enquiry: "e"}), tx.PutAuditRow(benchAudit(id, "b", "e")),
				tx.Enqueue(mash.OutMessage{ID: id + "r", Hub: "h", Kind: "receipt", Sealed: question, Created: start}))
		}),
		h.Update(ctx, func(tx mash.HubTx) error { _, err := tx.MarkSent(id+"r", start, start); return err }))
}
