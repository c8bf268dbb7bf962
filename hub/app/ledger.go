package app

import (
	"context"
	"time"

	"mashhub/hub/mash"
)

// probe is how often the hub looks whether it and its broker work; an outage
// shorter than that may go unseen.
const probe = 2 * time.Second

// keepLedger writes the outage ledger: when the hub was not running, found
// from its own last sign of life, and when the broker could not be reached.
// Neither is charged to anybody (DESIGN §9).
func (h *Hub) keepLedger(ctx context.Context) error {
	self := mash.Party{Agency: "hub"}
	var open *mash.Outage
	alive := func(tx mash.HubTx) error { return tx.PutHeartbeat(mash.Heartbeat{Party: self, At: h.Env.Now()}) }
	err := h.Store.Update(ctx, func(tx mash.HubTx) error {
		beats, err := tx.Heartbeats()
		if err != nil {
			return err
		}
		for _, b := range beats {
			if b.Party == self && h.Env.Now().Sub(b.At) > 2*probe {
				if err := tx.PutOutage(mash.Outage{ID: h.Env.NewID(), Scope: "hub", From: b.At, To: h.Env.Now()}); err != nil {
					return err
				}
			}
		}
		// An outage of the broker that was open when the hub went down goes on
		// until a probe says that it is over.
		open = nil
		outages, err := tx.Outages(h.Env.Now(), time.Time{})
		if err != nil {
			return err
		}
		for _, o := range outages {
			if o.Scope != "broker" || !o.To.IsZero() {
				continue
			}
			if open != nil { // one is enough
				o.To = h.Env.Now()
				if err := tx.PutOutage(o); err != nil {
					return err
				}
				continue
			}
			open = &o
		}
		return alive(tx)
	})
	if err != nil {
		return err
	}
	tick := time.NewTicker(probe)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		started := h.Env.Now()
		pctx, cancel := context.WithTimeout(ctx, probe)
		down := h.Bus.Probe(pctx) != nil
		cancel()
		if ctx.Err() != nil {
			return nil
		}
		err := h.Store.Update(ctx, func(tx mash.HubTx) error {
			switch {
			case down && open == nil:
				o := mash.Outage{ID: h.Env.NewID(), Scope: "broker", From: started}
				if err := tx.PutOutage(o); err != nil {
					return err
				}
				open = &o
			case !down && open != nil:
				open.To = h.Env.Now()
				if err := tx.PutOutage(*open); err != nil {
					return err
				}
				open = nil
			}
			return alive(tx)
		})
		if err != nil && ctx.Err() == nil {
			h.Log.Error("writing the outage ledger", "code", mash.CodeOf(err))
		}
	}
}

// expire ends requests past their lifetime, now and once a minute.
func (h *Hub) expire(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		if _, err := h.Desk.Expire(ctx); err != nil && ctx.Err() == nil {
			h.Log.Error("ending requests past their lifetime", "code", mash.CodeOf(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
