package node

import (
	"context"
	"sync"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
	"mashhub/plugins/connector"
)

// heartbeatLoop tells each hub that the node lives, how its sources are and by
// which version of the agreements it decides for that hub.
func (n *Node) heartbeatLoop(ctx context.Context) {
	tick := time.NewTicker(n.Heartbeat)
	defer tick.Stop()
	since := map[string]mash.Source{}
	for ctx.Err() == nil {
		n.heartbeat(ctx, since)
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-n.beat:
		}
	}
}

func (n *Node) heartbeat(ctx context.Context, since map[string]mash.Source) {
	now := n.Env.Now()
	sources := n.sources(ctx, now)
	for i, x := range sources {
		if old, ok := since[x.Connector]; ok && old.State == x.State {
			sources[i].Since = old.Since
		}
		since[x.Connector] = sources[i]
	}
	for _, l := range n.Links {
		beat := mash.Heartbeat{Sources: sources}
		if l.InForce != nil {
			beat.PolicyVersion, beat.PolicyEpoch = l.InForce()
		}
		err := n.Store.Update(ctx, func(tx mash.NodeTx) error {
			_, err := l.post.Post(ctx, tx, exchange.Draft{From: mash.PartyAddress(mash.Party{Agency: n.Agency.ID}), To: mash.HubAddress(l.Hub),
				MaxAge: time.Minute, Header: wire.Header{Kind: wire.KindStatus}, Body: wire.Status{Heartbeat: beat}})
			return err
		})
		if err != nil && ctx.Err() == nil {
			n.Log.Warn("heartbeat waits", "hub", l.Hub, "code", mash.CodeOf(err))
			continue
		}
	}
}

// healthTime is how long a connector may take to say whether its system can be
// reached, before it counts as one that cannot.
const healthTime = 2 * time.Second

// sources asks every connector, at the same time, how its process and its
// system fare.
func (n *Node) sources(ctx context.Context, now time.Time) []mash.Source {
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	out := make([]mash.Source, len(n.Sources))
	var wg sync.WaitGroup
	for i, s := range n.Sources {
		out[i] = mash.Source{Connector: s.Name, State: "running", Since: now, Answers: s.does("search")}
		if s.Status != nil {
			out[i].State, out[i].Pid = s.Status()
		}
		if out[i].State != "running" {
			continue
		}
		wg.Go(func() {
			if h, err := s.Connector.Health(ctx, connector.HealthRequest{}); err != nil || !h.OK {
				out[i].State = "unavailable"
			}
		})
	}
	wg.Wait()
	return out
}
