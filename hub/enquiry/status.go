package enquiry

import (
	"context"
	"slices"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// status takes a heartbeat: the last sign of life of an agency and the state
// of its sources.
func (d *Desk) status(ctx context.Context, tx mash.HubTx, m exchange.Received) error {
	body, err := wire.DecodeBody[wire.Status](m.Message)
	if err != nil {
		return err
	}
	p, ok := m.Issuer.Party()
	if !ok {
		return mash.Errorf(mash.CodeWrongParty, "a heartbeat comes from an agency")
	}
	beats, err := tx.Heartbeats()
	if err != nil {
		return err
	}
	for _, b := range beats {
		if b.Party == p && m.IssuedAt.Before(b.AgencyAt) {
			return nil // overtaken by a newer one
		}
		// A gap in its signs of life is kept: a node that is switched off does
		// not stop the clock (DESIGN §9).
		if b.Party == p && m.At.Sub(b.At) > silence {
			if err := tx.PutOutage(mash.Outage{ID: d.Env.NewID(), Scope: silentScope(p.Agency), From: b.At.Add(silence), To: m.At}); err != nil {
				return err
			}
		}
	}
	h := body.Heartbeat
	h.Party, h.At, h.AgencyAt = p, m.At, m.IssuedAt
	if err := d.markSources(tx, h); err != nil {
		return err
	}
	return tx.PutHeartbeat(h)
}

// markSources marks what an agency has open when one of its systems cannot be
// searched, so that staff see it before a return says so. The mark goes when a
// return lands.
func (d *Desk) markSources(tx mash.HubTx, h mash.Heartbeat) error {
	down := slices.ContainsFunc(h.Sources, func(s mash.Source) bool {
		return s.Answers && (s.State == "tripped" || s.State == "half_open" || s.State == "unavailable")
	})
	if !down {
		return nil
	}
	open, err := tx.OpenRequests(500)
	if err != nil {
		return err
	}
	for _, r := range open {
		if r.Party.Agency != h.Party.Agency || slices.Contains(r.Marks, mash.MarkSourceUnavailable) {
			continue
		}
		r.Marks = append(r.Marks, mash.MarkSourceUnavailable)
		if err := tx.UpdateRequest(r); err != nil {
			return err
		}
		if err := tx.PutEvent(mash.Event{Request: r.ID, Kind: mash.EventSourceDown, At: h.At, Clock: mash.ClockHub}); err != nil {
			return err
		}
	}
	return nil
}

// silence is how long a node may be quiet before it counts as switched off. It
// beats every five seconds.
const silence = 20 * time.Second

// silentScope is the scope under which the ledger keeps an agency's silence.
func silentScope(agency string) string { return "agency/" + agency }
