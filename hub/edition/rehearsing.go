package edition

import (
	"context"
	"errors"
	"sync"
	"time"

	"mashhub/hub/mash"
)

const (
	// patience is how long somebody waits for a rehearsal before they are told how
	// far it is.
	patience = 1500 * time.Millisecond
	// lease is how long a rehearsal goes on after somebody last looked at it.
	lease = 30 * time.Second
	// fresh is how long one that ended is shown again.
	fresh = 5 * time.Minute
)

var (
	errStopped   = errors.New("somebody stopped it")
	errForgotten = errors.New("nobody looks at it any more")
)

// run is a rehearsal of one edition, for everybody who looks at it.
type run struct {
	cancel  context.CancelCauseFunc
	expires *time.Timer
	done    chan struct{}

	mu    sync.Mutex
	state Rehearsal // so far; whole once done
	err   error
}

func (r *run) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// Rehearsing is Rehearse for somebody who looks again: it begins a rehearsal, or
// joins the one that runs, and gives it whole where it ends soon; else how far it
// is. One runs at a time, and none for long after the last look. What ended less
// than five minutes ago is given again, unless it was stopped and again is asked
// for.
func (d *Desk) Rehearsing(ctx context.Context, actor mash.Actor, id string, since time.Time, again bool) (Rehearsal, error) {
	files, err := d.toRehearse(ctx, actor, id)
	if err != nil {
		return Rehearsal{From: since}, err
	}
	r := d.running(ctx, files, id, since, again)
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case <-r.done:
	case <-wait.C:
	case <-ctx.Done():
		return Rehearsal{From: since}, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state, r.err
}

// running is the rehearsal of an edition: the one that there is, or a new one.
func (d *Desk) running(ctx context.Context, files Files, id string, since time.Time, again bool) *run {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.Env.Now()
	for other, r := range d.runs {
		if r.ended() && (now.Sub(r.state.At) > fresh || r.err != nil || other == id && again) {
			delete(d.runs, other)
		}
	}
	if r := d.runs[id]; r != nil {
		r.expires.Reset(lease)
		return r
	}
	// It outlives the request that began it.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	r := &run{cancel: cancel, expires: time.AfterFunc(lease, func() { cancel(errForgotten) }), done: make(chan struct{}), state: Rehearsal{From: since, Running: true}}
	if d.runs == nil {
		d.runs, d.one = map[string]*run{}, make(chan struct{}, 1)
	}
	d.runs[id] = r
	go d.perform(ctx, r, files, since)
	return r
}

// perform rehearses when its turn comes.
func (d *Desk) perform(ctx context.Context, r *run, files Files, since time.Time) {
	defer r.cancel(nil)
	defer r.expires.Stop()
	out, err := Rehearsal{From: since}, error(nil)
	select {
	case d.one <- struct{}{}:
		out, err = d.rehearse(ctx, files, since, func(so Rehearsal) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.state.Looked, r.state.Changed, r.state.Back = so.Looked, so.Changed, so.Back
		})
		<-d.one
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil && errors.Is(context.Cause(ctx), errStopped) {
		out.Stopped, err = true, nil
	}
	out.At = d.Env.Now()
	r.mu.Lock()
	r.state, r.err = out, err
	r.mu.Unlock()
	close(r.done)
}

// StopRehearsal ends the rehearsal of an edition, for everybody who looks at it,
// with what it has. Whoever may agree to a change may do it. Errors: CodeNotFound,
// CodeConflict where none runs.
func (d *Desk) StopRehearsal(ctx context.Context, actor mash.Actor, id string) error {
	if err := d.May(ctx, actor, pageApprove); err != nil {
		return err
	}
	if err := d.Store.View(ctx, func(tx mash.HubTx) error { _, err := d.find(tx, id); return err }); err != nil {
		return err
	}
	d.mu.Lock()
	r := d.runs[id]
	d.mu.Unlock()
	if r == nil || r.ended() {
		return mash.Conflict("no rehearsal of this change is running", "look at it again")
	}
	r.cancel(errStopped)
	select {
	case <-r.done:
	case <-ctx.Done():
	}
	return ctx.Err()
}
