// Package notify carries pushes through the hub: an Operation Encompass
// notice from the police to a child's school, and the acknowledgement back.
//
// The hub decides for itself whether the setting may be told, then seals the
// notice anew to the setting's own key. Each (sender, child, incident) is
// passed on exactly once: Dedupe is unique in the store. A notice whose
// setting is unknown, or that the agreement does not allow, is not dropped: it
// stands as undeliverable with its reason, for a person to act on. So does, as
// refused and without what it said, one that the hub could not take in.
package notify

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/retention"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// Desk passes notifications on. Safe for concurrent use.
type Desk struct {
	Config
	post Poster
}

// Config is what a Desk needs.
type Config struct {
	Hub      string
	Policy   mash.Policy
	Audit    mash.Auditor
	Env      mash.Env
	Agencies mash.Directory
	Log      *slog.Logger
	MaxAge   time.Duration // 72 h when zero
}

// Poster puts messages into the outbox. *exchange.Exchange is one.
type Poster interface {
	Post(ctx context.Context, tx mash.HubTx, d exchange.Draft) (mash.OutMessage, error)
}

// New makes a Desk.
func New(c Config) *Desk {
	if c.MaxAge == 0 {
		c.MaxAge = 72 * time.Hour
	}
	return &Desk{Config: c}
}

// Connect gives the desk its way out.
func (d *Desk) Connect(p Poster) { d.post = p }

// Handlers are what the desk does with what agencies send.
func (d *Desk) Handlers() map[wire.Kind]exchange.Handler[mash.HubTx] {
	return map[wire.Kind]exchange.Handler[mash.HubTx]{
		wire.KindNotify:      d.notified,
		wire.KindAcknowledge: d.acknowledged,
	}
}

// setting is what the hub reads of a notice's content: where it is to go, and
// whether it is about a child.
type setting struct {
	Setting  string
	Happened time.Time
	Person   record.Person
}

// child reports whether it is not certain that the person was grown up then.
func (s setting) child() bool {
	b := s.Person.BirthDate
	return b == nil || b.Latest().AddDate(18, 0, 0).After(s.Happened)
}

// notified takes a notice from an agency and passes it on to the setting.
func (d *Desk) notified(ctx context.Context, tx mash.HubTx, m exchange.Received) error {
	body, err := wire.DecodeBody[wire.Notify](m.Message)
	if err != nil {
		return err
	}
	from, ok := m.Issuer.Party()
	var s setting
	if !ok || body.Notification.Dedupe == "" || json.Unmarshal(body.Content, &s) != nil {
		return mash.Errorf(mash.CodeBadMessage, "the notification is incomplete")
	}
	n := body.Notification
	n.Hub, n.From, n.RaisedAt, n.State, n.Content = d.Hub, from, m.At, mash.NoticeRaised, body.Content
	// The sender names its own notices only.
	n.ID, n.Dedupe = m.Ref, string(m.Issuer)+"/"+body.Notification.Dedupe
	n.Retention = retention.Raised(m.At)
	to, unit, known := d.route(s.Setting)
	if !known {
		n.State, n.Code = mash.NoticeUndeliverable, "unknown_setting"
		return d.keep(tx, n, nil, m.At)
	}
	n.To = to
	dec := d.Policy.Notify(ctx, mash.NotifyInput{About: mash.About{Where: mash.HubAddress(d.Hub), Actor: string(m.Issuer), Request: n.ID, Now: m.At},
		Hub: d.Hub, Kind: n.Kind, From: from, To: to, Setting: unit.Kind, Informed: n.Informed.Answer, Child: s.child(),
		AgeDays: int(m.At.Sub(s.Happened).Hours() / 24), Purpose: mash.PurposeEncompass})
	n.Decision = dec.ID
	if over, err := mash.Overtaken(tx, d.Hub, dec.PolicyEpoch, m.At); err != nil || over {
		return errors.Join(err, mash.Errorf(mash.CodeUnavailable, "the agreements changed since it was decided")) // it comes again
	}
	if dec.Answer != mash.Permit || !passable(dec.Obligations) {
		n.State, n.Code = mash.NoticeUndeliverable, "deny_clause"
		if dec.Fault {
			n.Code = "deny_fault"
		}
		return d.keep(tx, n, &dec, m.At)
	}
	out, err := d.post.Post(ctx, tx, exchange.Draft{From: mash.HubAddress(d.Hub), To: mash.PartyAddress(to), MaxAge: d.MaxAge,
		Header: wire.Header{Kind: wire.KindNotify, Ref: n.ID, Purpose: mash.PurposeEncompass, PolicyVersion: dec.PolicyVersion, PolicyEpoch: dec.PolicyEpoch, ExpiresAt: m.At.Add(d.MaxAge)},
		Body:   wire.Notify{Notification: n, Content: body.Content}})
	switch {
	case mash.CodeOf(err) == mash.CodeUnknownKey: // the setting's node is not enrolled
		n.State, n.Code = mash.NoticeUndeliverable, string(mash.CodeUnknownKey)
	case err != nil:
		return err
	default:
		n.MessageID = out.ID
	}
	return d.keep(tx, n, &dec, m.At)
}

// route finds the party behind a setting's URN.
func (d *Desk) route(urn string) (mash.Party, mash.Unit, bool) {
	if urn == "" {
		return mash.Party{}, mash.Unit{}, false
	}
	for _, a := range d.Agencies {
		for _, u := range a.Units {
			if u.ID == urn {
				return mash.Party{Agency: a.ID, Unit: u.ID}, u, true
			}
		}
	}
	return mash.Party{}, mash.Unit{}, false
}

// keep stores a notice with its decision. One that is known already is left as
// it is, and nothing more is sent for it.
func (d *Desk) keep(tx mash.HubTx, n mash.Notification, dec *mash.Decision, at time.Time) error {
	if err := tx.PutNotice(n); errors.Is(err, mash.ErrStale) {
		return mash.Errorf(mash.CodeConflict, "this notification is known already")
	} else if err != nil {
		return err
	}
	e := mash.Entry{At: at, Actor: string(mash.PartyAddress(n.From)), Action: "notify." + string(n.State), Hub: d.Hub,
		Detail: map[string]string{"notice": n.ID, "to": n.To.String(), "code": n.Code}}
	if dec != nil {
		if dec.Fault {
			d.Log.Error("decision fault", "question", dec.Question, "decision", dec.ID, "policy", dec.PolicyVersion)
		}
		if err := tx.PutDecision(*dec); err != nil {
			return err
		}
		e.Decision = dec.ID
	}
	return d.Audit.Append(tx, e)
}

// passable: these obligations travel with the notice; any other is a deny.
func passable(obligations []mash.Obligation) bool {
	for _, o := range obligations {
		if o.Code != mash.ObligeNotVisible && o.Code != mash.ObligeProtectLocation {
			return false
		}
	}
	return true
}

// Refused keeps that an agency's notice came and could not be taken in, and
// nothing of what it said: a child's school is not told, and somebody must
// telephone. It has an id and a name of its own, so that the same notice, sent
// again and whole, is taken in. It is called in the transaction that tells the
// agency so.
func (d *Desk) Refused(tx mash.HubTx, m exchange.Received, code mash.Code) error {
	from, ok := m.Issuer.Party()
	if m.Kind != wire.KindNotify || !ok {
		return nil
	}
	late := !m.ExpiresAt.IsZero() && !m.At.Before(m.ExpiresAt)
	if code == mash.CodeConflict && !late {
		return nil // a repeat: the notice itself is here
	}
	n := mash.Notification{ID: d.Env.NewID(), Hub: d.Hub, From: from, Dedupe: "refused/" + string(m.Issuer) + "/" + m.ID,
		State: mash.NoticeRefused, Code: string(code), RaisedAt: m.At, Retention: retention.Raised(m.At)}
	if body, err := wire.DecodeBody[wire.Notify](m.Message); err == nil && body.Notification.Kind == "encompass" {
		n.Kind = body.Notification.Kind
	}
	if err := tx.PutNotice(n); err != nil {
		return err
	}
	return d.Audit.Append(tx, mash.Entry{At: m.At, Actor: d.Hub, Action: "notify.refused", Hub: d.Hub,
		Detail: map[string]string{"notice": n.ID, "ref": m.Ref, "message": m.ID, "from": from.String(), "code": string(code)}})
}

// Sent records that the broker has a notice.
func (d *Desk) Sent(tx mash.HubTx, m mash.OutMessage, at time.Time) error {
	return d.advance(tx, m, at, func(n *mash.Notification) {
		if n.State == mash.NoticeRaised {
			n.State, n.SentAt = mash.NoticeSent, &at
		}
	})
}

// Settled records how the delivery of a notice ended.
func (d *Desk) Settled(tx mash.HubTx, m mash.OutMessage, at time.Time) error {
	return d.advance(tx, m, at, func(n *mash.Notification) {
		switch {
		case n.State == mash.NoticeAcknowledged, n.State == mash.NoticeExpired: // the acknowledgement overtook the receipt
		case m.State == mash.OutDone:
			n.State, n.Received = mash.NoticeReceived, &at
		case m.State == mash.OutRefused:
			n.State, n.Code = mash.NoticeUndeliverable, m.Code
		default:
			n.State, n.Code = mash.NoticeUndeliverable, "no_receipt"
		}
	})
}

// StopTelling ends, in tx, the Encompass notices to an agency, or to all (empty),
// that the broker does not have yet: what they were decided by is stopped. Whom they
// were for stands on the page of notices, to be telephoned.
func (d *Desk) StopTelling(tx mash.HubTx, agency string) error {
	unsent, err := tx.Unsent(d.Hub, string(wire.KindNotify))
	if err != nil {
		return err
	}
	for _, m := range unsent {
		n, err := tx.Notice(m.Ref)
		if errors.Is(err, mash.ErrNotFound) || err == nil && (n.Kind != "encompass" || agency != "" && n.To.Agency != agency) {
			continue
		}
		if err != nil {
			return err
		}
		if m, _, err = tx.Settle(m.ID, m.To, mash.OutRefused, "suspended"); err != nil {
			return err
		}
		if err := d.Settled(tx, m, d.Env.Now()); err != nil {
			return err
		}
	}
	return nil
}

// advance moves a notice on, and records it: but not that the broker has it,
// which is no act of anybody's.
func (d *Desk) advance(tx mash.HubTx, m mash.OutMessage, at time.Time, f func(*mash.Notification)) error {
	if wire.Kind(m.Kind) != wire.KindNotify {
		return nil
	}
	n, err := tx.Notice(m.Ref)
	if errors.Is(err, mash.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	before := n.State
	f(&n)
	if err := tx.UpdateNotice(n); err != nil || n.State == before || n.State == mash.NoticeSent {
		return err
	}
	actor := string(m.To)
	if m.State == mash.OutUndeliverable { // nobody said anything
		actor = d.Hub
	}
	return d.Audit.Append(tx, mash.Entry{At: at, Actor: actor, Action: "notify." + string(n.State), Hub: d.Hub,
		Detail: map[string]string{"notice": n.ID, "to": n.To.String(), "code": n.Code}})
}

// acknowledged records that a person, or the recipient's own system, has taken
// a notice in, or that nobody has in its time, and tells the agency that raised
// it. Only the recipient acknowledges, and only once.
func (d *Desk) acknowledged(ctx context.Context, tx mash.HubTx, m exchange.Received) error {
	body, err := wire.DecodeBody[wire.Acknowledge](m.Message)
	if err != nil {
		return err
	}
	n, err := tx.Notice(body.Notification)
	if errors.Is(err, mash.ErrNotFound) || err == nil && m.Issuer != mash.PartyAddress(n.To) {
		return mash.Errorf(mash.CodeNotFound, "no such notification")
	}
	if err != nil {
		return err // ours to mend: it comes again
	}
	if n.State == mash.NoticeAcknowledged || n.State == mash.NoticeExpired {
		return nil
	}
	n.State, n.Acked, n.AckedBy, n.AckedHow = mash.NoticeAcknowledged, &m.At, body.By, wire.HowPerson
	switch body.How {
	case wire.HowSystem:
		n.AckedHow = wire.HowSystem
	case wire.HowExpired: // in the recipient's inbox, and nobody read it
		n.State, n.Acked, n.AckedBy, n.AckedHow, n.Code = mash.NoticeExpired, nil, "", "", "not_read"
	}
	if err := tx.UpdateNotice(n); err != nil {
		return err
	}
	if _, ok := d.Agencies.Agency(n.From.Agency); ok { // not the hub itself
		if _, err := d.post.Post(ctx, tx, exchange.Draft{From: mash.HubAddress(d.Hub), To: mash.PartyAddress(n.From), MaxAge: d.MaxAge,
			Header: wire.Header{Kind: wire.KindAcknowledge, Ref: n.ID, Purpose: mash.NoticePurpose(n.Kind)}, Body: body}); err != nil {
			return err
		}
	}
	return d.Audit.Append(tx, mash.Entry{At: m.At, Actor: string(m.Issuer), Action: "notify." + string(n.State), Hub: d.Hub,
		Detail: map[string]string{"notice": n.ID, "by": n.AckedBy, "how": n.AckedHow}})
}
