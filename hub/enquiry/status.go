package enquiry

import (
	"context"
	"slices"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// status takes a heartbeat: the last sign of life of an agency, the state of
// its sources and the version of the agreements that it decides by.
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
		if b.Party == p && !m.IssuedAt.After(b.AgencyAt) {
			return nil // overtaken by a newer one, or the newest again, which is no sign of life
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
	h.Party, h.At, h.AgencyAt, h.OldSince = p, m.At, m.IssuedAt, time.Time{}
	if d.differs(h.PolicyVersion, h.PolicyEpoch) {
		h.OldSince = m.At
		for _, b := range beats {
			if b.Party == p && !b.OldSince.IsZero() {
				h.OldSince = b.OldSince
			}
		}
	}
	if err := d.markSources(tx, h); err != nil {
		return err
	}
	return tx.PutHeartbeat(h)
}

// PolicyState is by which version of the agreements an agency decides.
type PolicyState struct {
	Version string `json:"version,omitempty"` // empty: its node has not said
	Epoch   int64  `json:"epoch"`
	// Behind counts the versions that the hub has put in force since; Old says
	// that the agency has been behind for longer than news of one takes.
	Behind int64     `json:"behind"`
	Other  bool      `json:"other"` // of the hub's epoch, and another version: somebody changed a file
	Old    bool      `json:"old"`
	Since  time.Time `json:"since,omitzero"` // when the hub first saw it behind
}

// differs reports whether somebody decides by agreements that are older than
// the hub's, or others under the same number.
func (d *Desk) differs(version string, epoch int64) bool {
	if d.InForce == nil || version == "" {
		return false
	}
	ours, now := d.InForce()
	return epoch != now || version != ours
}

func (d *Desk) policyState(h mash.Heartbeat, now time.Time) PolicyState {
	s := PolicyState{Version: h.PolicyVersion, Epoch: h.PolicyEpoch}
	if d.differs(h.PolicyVersion, h.PolicyEpoch) {
		_, epoch := d.InForce()
		s.Behind = epoch - h.PolicyEpoch
		s.Other = s.Behind == 0
		s.Since, s.Old = h.OldSince, !h.OldSince.IsZero() && now.Sub(h.OldSince) > oldAfter
	}
	return s
}

// oldAfter is how long an agency may decide by an older epoch than the hub's
// before people are told: two heartbeats, in which a node that works has heard
// of the new one.
const oldAfter = 10 * time.Second

// oldPolicy flags a return that was decided by an older epoch than the hub's, or
// by another version of the same.
// Whether that was still good enough, the place that decided has answered (I6);
// here it is something to know, and no reason to lose an answer.
func (d *Desk) oldPolicy(ret *mash.Return) {
	if d.differs(ret.PolicyVersion, ret.PolicyEpoch) {
		ret.Flags = union(ret.Flags, []string{mash.FlagOldPolicy})
	}
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
	// All of them: what had no mark would seem to be searched.
	open, err := tx.OpenRequests(mash.RequestFilter{Agency: h.Party.Agency})
	if err != nil {
		return err
	}
	for _, r := range open {
		if slices.Contains(r.Marks, mash.MarkSourceUnavailable) {
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
