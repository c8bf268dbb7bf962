package edition

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"mashhub/hub/mash"
)

// Files are rules, tables and agreements by path.
type Files map[string]string

// Engine compiles versions of the agreements and decides by one of them.
type Engine interface {
	// Check compiles files and gives their version, without any effect. Errors:
	// CodeInvalid, with what is wrong.
	Check(ctx context.Context, files Files) (version string, err error)
	// Swap puts files in force at an epoch that is higher than the one in force.
	Swap(ctx context.Context, files Files, epoch int64) error
	Version() string
	Epoch() int64
	// Draft compiles files for a rehearsal, beside what is in force.
	Draft(ctx context.Context, files Files) (Draft, error)
}

// Draft answers questions by a version that is not in force.
type Draft interface {
	Ask(context.Context, mash.AskInput) mash.Decision
	Release(context.Context, mash.ReleaseInput) mash.Decision
	View(context.Context, mash.ViewInput) mash.Decision
	Rehearse(ctx context.Context, recorded mash.Decision) (now mash.Decision, same bool)
}

// Keeper puts editions in force when their time has come, for one hub's
// agreements, at the hub or at a node. Safe for concurrent use.
type Keeper[T mash.ExchangeTx] struct {
	Hub    string
	Store  mash.Store[T]
	Engine Engine
	Audit  mash.Auditor
	Env    mash.Env
	Log    *slog.Logger
	// Changed is called when another edition is in force; may be nil.
	Changed func()

	nudge   chan struct{}
	stepped *sync.Mutex // one step at a time
	shipped string      // the version that the program came with; see Keep
}

// NewKeeper completes a Keeper.
func NewKeeper[T mash.ExchangeTx](k Keeper[T]) *Keeper[T] {
	k.nudge, k.stepped = make(chan struct{}, 1), &sync.Mutex{}
	return &k
}

// look is how often the keeper looks whether an edition's time has come.
const look = time.Second

// wake makes the keeper look now.
func (k *Keeper[T]) wake() {
	select {
	case k.nudge <- struct{}{}:
	default:
	}
}

// Restore puts in force what was when the process ended, and what has become due
// since. Without an edition the shipped version stays. Errors: the process must not
// start.
func (k *Keeper[T]) Restore(ctx context.Context) error {
	return k.step(ctx)
}

// Keep keeps the files that the program came with, by which the engine decides
// from its start, before anything is decided by them: what is decided can then be
// replayed by the version that it names, also after the program was replaced, and
// they can be gone back to. Call it first, before Restore.
func (k *Keeper[T]) Keep(ctx context.Context, shipped Files) error {
	k.shipped = k.Engine.Version()
	return k.Store.Update(ctx, func(tx T) error { return keep(tx, k.shipped, shipped) })
}

// basis is the version that a change begins with: what is in force, or what is
// agreed to and about to be.
func (k *Keeper[T]) basis(all []mash.Edition, now time.Time) string {
	best := mash.Edition{Version: k.shipped}
	for _, e := range all {
		due := e.State == mash.EditionApproved && e.Due(now)
		if (due || e.State == mash.EditionInForce) && e.Epoch > best.Epoch {
			best = e
		}
	}
	return best.Version
}

// Run puts editions in force until ctx ends.
func (k *Keeper[T]) Run(ctx context.Context) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := k.step(ctx); err != nil && ctx.Err() == nil {
			k.Log.Error("an edition of the agreements could not be put in force", "hub", k.Hub, "code", mash.CodeOf(err))
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-k.nudge:
		}
	}
	return nil
}

// step records what is due as in force and then decides by it. In this order: a
// process that dies between the two finds, when it starts, what is in force.
func (k *Keeper[T]) step(ctx context.Context) error {
	k.stepped.Lock()
	defer k.stepped.Unlock()
	now := k.Env.Now()
	due := false
	err := k.Store.View(ctx, func(tx T) error {
		all, err := tx.EditionsOf(k.Hub, 0)
		_, due = next(all, now)
		return err
	})
	if err != nil {
		return err
	}
	if due {
		if err := k.Store.Update(ctx, func(tx T) error { return k.turn(tx, now) }); err != nil {
			return err
		}
	}
	return k.swap(ctx)
}

// next is the newest approved edition whose time has come and which is newer
// than the one in force.
func next(all []mash.Edition, now time.Time) (mash.Edition, bool) {
	var best mash.Edition
	for _, e := range all {
		if e.State == mash.EditionApproved && e.Due(now) && e.Epoch > best.Epoch {
			best = e
		}
	}
	current, ok := inForce(all)
	return best, best.Epoch > 0 && (!ok || best.Epoch > current.Epoch)
}

func inForce(all []mash.Edition) (mash.Edition, bool) {
	for _, e := range all {
		if e.State == mash.EditionInForce {
			return e, true
		}
	}
	return mash.Edition{}, false
}

// turn records the change in one transaction.
func (k *Keeper[T]) turn(tx T, now time.Time) error {
	all, err := tx.EditionsOf(k.Hub, 0)
	if err != nil {
		return err
	}
	e, ok := next(all, now)
	if !ok {
		return nil
	}
	for _, old := range all {
		waits := old.State == mash.EditionApproved || old.State == mash.EditionHeld
		if old.ID == e.ID || old.State != mash.EditionInForce && (!waits || old.Epoch > e.Epoch) {
			continue
		}
		if old.State == mash.EditionApproved && e.Emergency { // two people agreed to it for a later day
			old.EndedWhy = "An emergency overtook it before its time. Propose it again on top of what is in force now."
		}
		old.State = mash.EditionSuperseded
		if err := tx.UpdateEdition(old); err != nil {
			return err
		}
	}
	e.State, e.InForceAt = mash.EditionInForce, now
	if err := tx.UpdateEdition(e); err != nil {
		return err
	}
	return k.note(tx, now, "keeper", "policy.in_force", e)
}

// note records a step of an edition.
func (k *Keeper[T]) note(tx T, at time.Time, actor, action string, e mash.Edition) error {
	return k.Audit.Append(tx, mash.Entry{At: at, Actor: actor, Action: action, Hub: k.Hub,
		Detail: map[string]string{"edition": e.ID, "version": e.Version, "epoch": fmt.Sprint(e.Epoch)}})
}

// swap lets the engine decide by what is recorded as in force, if it does not
// yet.
func (k *Keeper[T]) swap(ctx context.Context) error {
	var e mash.Edition
	var files Files
	err := k.Store.View(ctx, func(tx T) error {
		all, err := tx.EditionsOf(k.Hub, 0)
		if err != nil {
			return err
		}
		e, _ = inForce(all)
		if e.ID == "" || e.Epoch == k.Engine.Epoch() {
			e = mash.Edition{}
			return nil
		}
		files, err = filesOf(tx, versionHere(e))
		return err
	})
	if err != nil || e.ID == "" {
		return err
	}
	version, err := k.Engine.Check(ctx, files)
	if err != nil {
		return fmt.Errorf("reading the edition in force: %w", err)
	}
	if version != versionHere(e) {
		return mash.Errorf(mash.CodeInternal, "the files of the edition in force are not what was agreed")
	}
	if err := k.Engine.Swap(ctx, files, e.Epoch); err != nil {
		return fmt.Errorf("putting the edition in force: %w", err)
	}
	k.Log.Info("another edition of the agreements is in force", "hub", k.Hub, "epoch", e.Epoch, "policy", version)
	if k.Changed != nil {
		k.Changed()
	}
	return nil
}

// versionHere is the version that an edition comes to here.
func versionHere(e mash.Edition) string { return cmp.Or(e.Applied, e.Version) }

func filesOf(tx mash.Editions, version string) (Files, error) {
	b, err := tx.PolicyFiles(version)
	if err != nil {
		return nil, err
	}
	var f Files
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, mash.Errorf(mash.CodeInternal, "the files of a version cannot be read")
	}
	return f, nil
}

// keep stores the files of a version.
func keep(tx mash.Editions, version string, files Files) error {
	b, err := json.Marshal(files)
	if err != nil {
		return err
	}
	return tx.PutPolicyFiles(version, b)
}

// newest is the highest epoch that was ever given out, the shipped one included.
func newest(all []mash.Edition) int64 {
	epoch := int64(1)
	for _, e := range all {
		epoch = max(epoch, e.Epoch)
	}
	return epoch
}

var errNotFound = mash.Errorf(mash.CodeNotFound, "there is no such edition")

// find reads an edition of this hub. Errors: CodeNotFound.
func (k *Keeper[T]) find(tx T, id string) (mash.Edition, error) {
	e, err := tx.Edition(id)
	if errors.Is(err, mash.ErrNotFound) || err == nil && e.Hub != k.Hub {
		return e, errNotFound
	}
	return e, err
}
