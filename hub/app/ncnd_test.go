package app

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/wire"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// TestUnderReviewNeitherConfirmedNorDenied: police whose reviewer looks at
// intelligence, and keeps it, and police who hold none, are the same to the hub
// to the byte, but for ids and times. While it is looked at, nothing comes that
// would not come without it, not even what is plain: a part is followed by
// another.
func TestUnderReviewNeitherConfirmedNorDenied(t *testing.T) {
	plain := fact("i1", "police.crime", "2026-01-05", "Theft")
	hidden := fact("i2", "police.intelligence", "2026-01-06", "CANARY") // no handling code: for the reviewer
	type seen struct {
		Body   wire.Return
		Events []mash.EventKind // on the hub's timeline
		Marks  []string
		Sent   int // messages about it from the agency
		Sizes  []int
	}
	tell := func(categories []string, items ...record.Item) seen {
		sys := holds(items...)
		all := sys.fetch
		sys.fetch = func(ctx context.Context, q connector.FetchRequest) (connector.FetchResponse, error) {
			a, err := all(ctx, q)
			a.Items = slices.DeleteFunc(a.Items, func(i record.Item) bool { return !slices.Contains(q.Categories, i.Category) })
			if len(a.Items) == 0 {
				a.Outcome = connector.None
			}
			return a, err
		}
		p, w, at := police(t, sys)
		r := w.asks(w.opens(p.s47), "police", categories...)
		if slices.ContainsFunc(items, func(i record.Item) bool { return i.ID == "i2" }) {
			v := at.task(node.TaskReview) // and opens it
			// A later question is answered meanwhile: this one could have been.
			p.lands(w.asks(w.opens(p.s47), "police", "police.bail"))
			if n := len(p.returns(r.ID)); n != 0 || len(p.request(r.ID).Marks) != 0 || len(at.sent(r.ID)) != 0 {
				t.Errorf("while it is looked at: %d returns, marks %v", n, p.request(r.ID).Marks)
			}
			p.must(at.n.Node.SubmitReview(t.Context(), at.staff(), v.Task.ID, map[string]bool{v.Items[0].ID: false}, "it stays here"))
		}
		p.lands(r)
		out := seen{Marks: p.request(r.ID).Marks, Sent: p.bus.count(mash.FromTopic(world.Hub, "police"), r.ID)}
		p.look(func(tx mash.HubTx) error {
			events, err := tx.Events(r.ID)
			for _, e := range events {
				// Whether the receipt or the answer came first is a matter of time.
				if e.Kind != mash.EventDelivered {
					out.Events = append(out.Events, e.Kind)
				}
			}
			slices.Sort(out.Events)
			return err
		})
		for _, s := range at.sent(r.ID) {
			o, err := p.hub.Exchange.Seal.Open(t.Context(), s.Sealed)
			p.must(err)
			m, err := wire.Decode(o.Payload)
			p.must(err)
			out.Body, err = wire.DecodeBody[wire.Return](m)
			p.must(err)
			out.Sizes = append(out.Sizes, len(o.Payload), len(s.Sealed))
		}
		b := &out.Body
		b.Return.RequestID = ""
		for i := range b.Return.Events {
			e := &b.Return.Events[i]
			if e.At, e.Mono = (time.Time{}), 0; e.Kind == mash.EventAgencyDecided {
				e.Detail = "decision"
			}
		}
		for i := range b.Items {
			b.Items[i].ID, b.Items[i].Decision = "item", "decision" // both are of the request
		}
		return out
	}
	for name, c := range map[string]struct {
		categories []string
		without    []record.Item
	}{
		"alone":             {[]string{"police.intelligence"}, nil},
		"beside what shows": {[]string{"police.crime", "police.intelligence"}, []record.Item{plain}},
	} {
		t.Run(name, func(t *testing.T) {
			held, err := json.MarshalIndent(tell(c.categories, append(slices.Clone(c.without), hidden)...), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			empty, err := json.MarshalIndent(tell(c.categories, c.without...), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			if string(held) != string(empty) {
				t.Errorf("they differ:\n%s\n%s", held, empty)
			}
		})
	}
}
