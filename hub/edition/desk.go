package edition

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"

	"mashhub/hub/agreement"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// Pages of the policy's table of views on which people work on the agreements.
const (
	pageRead    = "policy"
	pagePropose = "propose"
	pageApprove = "approve"
	pageSuspend = "suspend"
)

// Desk is where a hub's people change the agreements. Safe for concurrent use.
type Desk struct {
	*Keeper[mash.HubTx]
	// May decides, and records, whether somebody may open a page or work on it.
	// Errors: CodeNotFound, CodeFault.
	May      func(ctx context.Context, actor mash.Actor, page string) error
	Agencies mash.Directory
	Signer   note.Signer // the policy root
	// Suspended gives files with an agreement, or one pair of it, suspended.
	Suspended func(files Files, agreement, pair string) (Files, error)
	// Withdraw ends the open questions of some purposes to one agency, or to all
	// (empty). It may be nil.
	Withdraw func(ctx context.Context, tx mash.HubTx, actor mash.Actor, agency string, purposes []string) error
	post     Poster

	mu   sync.Mutex
	last map[string]time.Time // when an agency that is behind was sent the edition again
	runs map[string]*run      // rehearsals, by edition
	one  chan struct{}        // holds the one that has its turn
}

// Poster puts messages into the outbox. *exchange.Exchange is one.
type Poster interface {
	Post(ctx context.Context, tx mash.HubTx, d exchange.Draft) (mash.OutMessage, error)
}

// Connect gives the desk its way out.
func (d *Desk) Connect(p Poster) { d.post = p }

// reach is how long an edition may be on its way to a node before it counts as
// undeliverable there.
const reach = 30 * 24 * time.Hour

func written(field, s string) error {
	if s = strings.TrimSpace(s); s == "" || utf8.RuneCountInString(s) > 5000 {
		return mash.Invalid(field, "is missing or longer than 5,000 characters", "say why, in words that partners understand")
	}
	return nil
}

// Propose puts a version forward. Nothing changes by it. Errors: CodeInvalid for
// files that cannot be read or change nothing, and without a reason.
func (d *Desk) Propose(ctx context.Context, actor mash.Actor, files Files, why string) (mash.Edition, error) {
	if err := d.May(ctx, actor, pagePropose); err != nil {
		return mash.Edition{}, err
	}
	if err := written("why", why); err != nil {
		return mash.Edition{}, err
	}
	if err := small(files); err != nil {
		return mash.Edition{}, err
	}
	return d.propose(ctx, actor, files, why, func(mash.HubTx, *mash.Edition) error { return nil })
}

// propose stores an edition; more completes it in the same transaction.
func (d *Desk) propose(ctx context.Context, actor mash.Actor, files Files, why string, more func(mash.HubTx, *mash.Edition) error) (mash.Edition, error) {
	var e mash.Edition
	version, err := d.Engine.Check(ctx, files)
	if err != nil {
		return e, err
	}
	now := d.Env.Now()
	if err := d.reversible(ctx, files, now); err != nil {
		return e, err
	}
	err = d.Store.Update(ctx, func(tx mash.HubTx) error {
		all, err := tx.EditionsOf(d.Hub, 0)
		if err != nil {
			return err
		}
		e = mash.Edition{ID: d.Env.NewID(), Hub: d.Hub, Version: version, Was: d.basis(all, now), State: mash.EditionProposed,
			Why: why, ProposedBy: actor.ID, ProposedAt: now}
		if e.Version == e.Was {
			return mash.Invalid("files", "change nothing", "this version is in force already")
		}
		if err := keep(tx, version, files); err != nil {
			return err
		}
		if err := tx.PutEdition(e); err != nil {
			return err
		}
		if err := d.note(tx, now, actor.ID, "policy.propose", e); err != nil {
			return err
		}
		return more(tx, &e)
	})
	return e, err
}

// mostFiles is how many bytes a proposed version may have: it goes to every node
// in one message, in which a stop of it has room for some words more.
const mostFiles = 450 << 10

func small(files Files) error {
	n := 0
	for path, text := range files {
		n += len(path) + len(text)
	}
	if n > mostFiles {
		return mash.Invalid("files", fmt.Sprintf("are %d bytes together", n), fmt.Sprintf("shorten them to %d: a version goes to each agency in one message", mostFiles))
	}
	return nil
}

// reversible refuses a version under which nobody could change the agreements any
// more: there would be no way back.
func (d *Desk) reversible(ctx context.Context, files Files, now time.Time) error {
	draft, err := d.Engine.Draft(ctx, files)
	if err != nil {
		return err
	}
	for _, page := range []string{pageRead, pagePropose, pageApprove, pageSuspend} {
		permitted := slices.ContainsFunc([]string{mash.RoleIGLead, mash.RoleManager}, func(role string) bool {
			dec := draft.View(ctx, mash.ViewInput{About: mash.About{Where: mash.HubAddress(d.Hub), Actor: "rehearsal", Now: now},
				Person: mash.ViewPerson{ID: "rehearsal", Roles: []string{role}, Relation: "none"}, Page: page, PurposeOf: page})
			return dec.Answer == mash.Permit && !dec.Fault
		})
		if !permitted {
			return mash.Invalid("files", "leave nobody the page "+page, "keep it for the information governance lead or the manager in tables/views.yaml: else there is no way back")
		}
	}
	all, err := agreement.Stoppable(agreement.FS(files))
	if err != nil {
		return err
	}
	for _, s := range all {
		if _, err := agreement.Stopped(agreement.FS(files), []agreement.Stop{s.Stop}); err != nil {
			return mash.Invalid("files", "have an agreement that nobody could stop: "+cmp.Or(s.Pair, s.Agreement), "write its status as one word on a line of its own")
		}
	}
	return nil
}

// Approve agrees to what another person proposed, from a time on; zero is now.
// Errors: CodeConflict for one's own proposal, for one that was made from a
// version that is not in force any more, or that is decided already.
func (d *Desk) Approve(ctx context.Context, actor mash.Actor, id string, from time.Time) error {
	if err := d.May(ctx, actor, pageApprove); err != nil {
		return err
	}
	now := d.Env.Now()
	if from.IsZero() || from.Before(now) {
		from = now
	}
	if from.After(now.AddDate(1, 0, 0)) { // nothing else can be agreed to meanwhile
		return mash.Invalid("from", "is more than a year ahead", "choose a day within a year")
	}
	err := d.Store.Update(ctx, func(tx mash.HubTx) error {
		e, err := d.find(tx, id)
		if err != nil {
			return err
		}
		switch {
		case e.State != mash.EditionProposed:
			return mash.Conflict("this proposal is "+string(e.State)+" already", "look at it again")
		case e.ProposedBy == actor.ID:
			return mash.Conflict("you proposed this yourself", "ask somebody else who may approve")
		}
		return d.approve(ctx, tx, actor, &e, from, now)
	})
	if err != nil {
		return err
	}
	return d.begin(ctx, id)
}

// begin puts in force what is due now, before whoever agreed to it is told that it
// is.
func (d *Desk) begin(ctx context.Context, id string) error {
	if err := d.step(context.WithoutCancel(ctx)); err != nil {
		d.Log.Error("an edition is agreed to and not in force", "edition", id, "code", mash.CodeOf(err))
		d.wake()
		return mash.Errorf(mash.CodeUnavailable, "it is agreed to, and could not be put in force yet; it is tried again each second")
	}
	return nil
}

// approve gives an edition its epoch and signature, and sends it to everybody.
func (d *Desk) approve(ctx context.Context, tx mash.HubTx, actor mash.Actor, e *mash.Edition, from, now time.Time) error {
	all, err := tx.EditionsOf(d.Hub, 0)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.State == mash.EditionApproved && other.ID != e.ID && !e.Emergency {
			return mash.Conflict("another approved change waits for its time", "wait until it is in force, then propose this again on top of it")
		}
	}
	if e.Was != d.basis(all, now) {
		return mash.Conflict("the agreements changed since this was proposed", "propose it again on what is in force now")
	}
	// A hub whose store was put back must not give out numbers that nodes have.
	epoch := newest(all)
	beats, err := tx.Heartbeats()
	if err != nil {
		return err
	}
	for _, b := range beats {
		epoch = max(epoch, b.PolicyEpoch)
	}
	e.State, e.Epoch = mash.EditionApproved, epoch+1
	e.ApprovedBy, e.ApprovedAt, e.EffectiveAt = actor.ID, now, mash.Instant(from)
	if e.Signed, err = sign(manifestOf(*e), d.Signer); err != nil {
		return err
	}
	if err := tx.UpdateEdition(*e); err != nil {
		return err
	}
	files, err := filesOf(tx, e.Version)
	if err != nil {
		return err
	}
	for _, a := range d.Agencies {
		if err := d.send(ctx, tx, *e, files, a.ID); err != nil {
			return err
		}
	}
	return d.note(tx, now, actor.ID, "policy.approve", *e)
}

// send posts an edition to one agency. One without keys is behind, and shown so.
func (d *Desk) send(ctx context.Context, tx mash.HubTx, e mash.Edition, files Files, agency string) error {
	_, err := d.post.Post(ctx, tx, exchange.Draft{From: mash.HubAddress(d.Hub), To: mash.PartyAddress(mash.Party{Agency: agency}), MaxAge: reach,
		Header: wire.Header{Kind: wire.KindPolicy, Ref: e.ID, PolicyVersion: e.Version, PolicyEpoch: e.Epoch}, Body: wire.Policy{Signed: e.Signed, Files: files}})
	if mash.CodeOf(err) == mash.CodeUnknownKey {
		d.Log.Warn("an agency has no keys and cannot be told of an edition", "agency", agency)
		return nil
	}
	return err
}

// Reject ends a proposal. Who proposed it may do so too.
func (d *Desk) Reject(ctx context.Context, actor mash.Actor, id, why string) error {
	if err := d.May(ctx, actor, pageApprove); err != nil {
		return err
	}
	if err := written("why", why); err != nil {
		return err
	}
	now := d.Env.Now()
	return d.Store.Update(ctx, func(tx mash.HubTx) error {
		e, err := d.find(tx, id)
		if err != nil {
			return err
		}
		if e.State != mash.EditionProposed {
			return mash.Conflict("this proposal is "+string(e.State)+" already", "look at it again")
		}
		e.State, e.EndedBy, e.EndedWhy, e.EndedAt = mash.EditionRejected, actor.ID, why, now
		if err := tx.UpdateEdition(e); err != nil {
			return err
		}
		return d.note(tx, now, actor.ID, "policy.reject", e)
	})
}

// Again proposes an earlier version once more: the way back.
func (d *Desk) Again(ctx context.Context, actor mash.Actor, version, why string) (mash.Edition, error) {
	if err := d.May(ctx, actor, pagePropose); err != nil {
		return mash.Edition{}, err
	}
	if err := written("why", why); err != nil {
		return mash.Edition{}, err
	}
	files, err := d.FilesOf(ctx, version)
	if err != nil {
		return mash.Edition{}, err
	}
	return d.propose(ctx, actor, files, why, func(mash.HubTx, *mash.Edition) error { return nil })
}

// Suspend stops everything under an agreement, or with one agency (pair), at
// once and by one person alone. The way back takes two.
func (d *Desk) Suspend(ctx context.Context, actor mash.Actor, id, pair, why string) (mash.Edition, error) {
	if err := d.May(ctx, actor, pageSuspend); err != nil {
		return mash.Edition{}, err
	}
	if err := written("why", why); err != nil {
		return mash.Edition{}, err
	}
	for range 5 {
		var was string
		var current Files
		now := d.Env.Now()
		err := d.Store.View(ctx, func(tx mash.HubTx) error {
			all, err := tx.EditionsOf(d.Hub, 0)
			if err != nil {
				return err
			}
			was = d.basis(all, now)
			current, err = filesOf(tx, was)
			return err
		})
		if err != nil {
			return mash.Edition{}, err
		}
		files, err := d.Suspended(current, id, pair)
		if err != nil {
			return mash.Edition{}, err
		}
		e, err := d.propose(ctx, actor, files, why, func(tx mash.HubTx, e *mash.Edition) error {
			if e.Was != was { // something else was agreed to meanwhile, and is not to be undone by this
				return mash.ErrStale
			}
			e.Emergency = true
			if err := d.approve(ctx, tx, actor, e, now, now); err != nil {
				return err
			}
			return d.withdraw(ctx, tx, actor, agreement.Stop{Agreement: id, Pair: pair}, current)
		})
		if errors.Is(err, mash.ErrStale) {
			continue
		}
		if err != nil {
			return e, err
		}
		return e, d.begin(ctx, e.ID)
	}
	return mash.Edition{}, mash.Conflict("the agreements kept changing", "try again")
}

// withdraw ends the questions that are open under what is stopped, in the same
// transaction: what has not left does not leave, and an answer that comes all the
// same is kept sealed, as late.
func (d *Desk) withdraw(ctx context.Context, tx mash.HubTx, actor mash.Actor, stop agreement.Stop, files Files) error {
	if d.Withdraw == nil {
		return nil
	}
	purposes, err := agreement.Governs(agreement.FS(files), d.Hub, stop.Agreement)
	if err != nil {
		return err
	}
	_, agency, _ := strings.Cut(stop.Pair, "/")
	return d.Withdraw(ctx, tx, actor, agency, purposes)
}

// FilesOf gives the files of a version. Errors: CodeNotFound.
func (d *Desk) FilesOf(ctx context.Context, version string) (f Files, err error) {
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		f, err = filesOf(tx, version)
		return err
	})
	return f, err
}

// List gives the editions, newest first, once it is recorded that they are shown.
func (d *Desk) List(ctx context.Context, actor mash.Actor) (all []mash.Edition, err error) {
	if err := d.May(ctx, actor, pageRead); err != nil {
		return nil, err
	}
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		all, err = tx.EditionsOf(d.Hub, 0)
		return err
	})
	return all, err
}

// Show gives one edition with its files and those it was made from.
func (d *Desk) Show(ctx context.Context, actor mash.Actor, id string) (e mash.Edition, was, now Files, err error) {
	if err := d.May(ctx, actor, pageRead); err != nil {
		return e, nil, nil, err
	}
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		if e, err = d.find(tx, id); err != nil {
			return err
		}
		if now, err = filesOf(tx, e.Version); err != nil {
			return err
		}
		was, err = filesOf(tx, e.Was)
		return err
	})
	return e, was, now, err
}

// At gives the files of an edition or, without an id, those in force, of which
// only the version is said then.
func (d *Desk) At(ctx context.Context, actor mash.Actor, id string) (mash.Edition, Files, error) {
	if id != "" {
		e, _, files, err := d.Show(ctx, actor, id)
		return e, files, err
	}
	if err := d.May(ctx, actor, pageRead); err != nil {
		return mash.Edition{}, nil, err
	}
	e := mash.Edition{Version: d.Engine.Version(), State: mash.EditionInForce}
	files, err := d.FilesOf(ctx, e.Version)
	return e, files, err
}

// chased is how long an agency that is behind is left alone before it is sent
// the edition in force once more.
const chased = time.Hour

// Chase sends the edition in force once more to every agency that decides by an
// older one: it joined later, or the message to it was given up. Where its own
// person has to agree, it has the edition already, and says so with its receipt.
// It returns whom it sent to.
func (d *Desk) Chase(ctx context.Context) (sent []string, err error) {
	now := d.Env.Now()
	err = d.Store.Update(ctx, func(tx mash.HubTx) error {
		sent = nil
		all, err := tx.EditionsOf(d.Hub, 0)
		if err != nil {
			return err
		}
		e, ok := inForce(all)
		if !ok || now.Sub(e.InForceAt) < chased {
			return nil
		}
		files, err := filesOf(tx, e.Version)
		if err != nil {
			return err
		}
		beats, err := tx.Heartbeats()
		if err != nil {
			return err
		}
		for _, b := range beats {
			if b.Party.Unit != "" || b.PolicyVersion == "" || b.PolicyEpoch >= e.Epoch || now.Sub(d.lastChased(b.Party.Agency)) < chased {
				continue
			}
			if err := d.send(ctx, tx, e, files, b.Party.Agency); err != nil {
				return err
			}
			sent = append(sent, b.Party.Agency)
		}
		return nil
	})
	if err == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, a := range sent {
			d.last[a] = now
		}
	}
	return sent, err
}

// lastChased is in memory: after a restart everybody behind is sent it again.
func (d *Desk) lastChased(agency string) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last == nil {
		d.last = map[string]time.Time{}
	}
	return d.last[agency]
}

// RunChase chases until ctx ends.
func (d *Desk) RunChase(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
			if _, err := d.Chase(ctx); err != nil && ctx.Err() == nil {
				d.Log.Warn("sending the agreements once more waits", "code", mash.CodeOf(err))
			}
		}
	}
	return nil
}

// Current gives the files in force, to be read or to begin a change with.
func (d *Desk) Current(ctx context.Context, actor mash.Actor) (Files, error) {
	if err := d.May(ctx, actor, pageRead); err != nil {
		return nil, err
	}
	return d.FilesOf(ctx, d.Engine.Version())
}
