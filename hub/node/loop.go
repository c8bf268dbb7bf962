package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"time"

	"mashhub/hub/mash"
)

// job is a request to answer by machine. work is what the store holds of it at
// version; nil: to be read. revised is Node.revised when work was taken in.
type job struct {
	hub, id string
	party   mash.Party
	work    *work
	version int
	revised int64
	asked   asked
}

// asked is which question, and which try at it, a system is asked for. Every
// call of a try has a key that begins with it, so that a connector that gives
// the same key the same answer never gives one to an older revision, or its
// last "unavailable".
type asked struct {
	hub, id           string
	revision, attempt int
}

func askedOf(h mash.HeldRequest) asked { return asked{h.Hub, h.ID, h.Revision, h.Attempts} }

// key is the idempotency key of the question about one person to one source.
func (a asked) key(person, source string) string {
	return fmt.Sprintf("%s/%s/%d/%d/%s/%s", a.hub, a.id, a.revision, a.attempt, person, source)
}

// item is the id under which an item is known outside the agency: the same for
// each try and revision, and different for two people, systems or requests. A
// system's own id of a record may be shared between people, and may be made of
// names; what is recorded of a decision holds none (I5, I8).
func (a asked) item(person, source, id string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{a.hub, a.id, person, source, id}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

func (j job) key() string { return j.hub + "/" + j.id + "/" + j.party.String() }

// mostReady bounds what waits in memory with its question; what is beyond is
// found in the store.
const mostReady = 256

// begin takes a request that was committed, so that it is not read back. If it
// is being worked on it is looked for in the store later.
func (n *Node) begin(j job) {
	n.mu.Lock()
	if n.busy[j.key()] || len(n.ready) >= mostReady {
		n.look = true
	} else {
		n.busy[j.key()] = true
		n.ready = append(n.ready, j)
	}
	n.mu.Unlock()
	n.signal()
}

// next takes what waits, and says whether the store is to be looked at.
func (n *Node) next() (jobs []job, look bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	jobs, look = n.ready, n.look
	n.ready, n.look = nil, false
	return jobs, look
}

// due lists what the store says is to be answered now and nobody works on.
func (n *Node) due(ctx context.Context) (jobs []job, more bool) {
	const limit = 64
	var due []mash.HeldRequest
	err := n.Store.View(ctx, func(tx mash.NodeTx) (err error) {
		due, err = tx.DueHeld(n.Env.Now(), limit)
		return err
	})
	if err != nil && ctx.Err() == nil {
		n.Log.Warn("looking for work", "code", mash.CodeOf(err))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, h := range due {
		if j := (job{hub: h.Hub, id: h.ID, party: h.Party}); !n.busy[j.key()] {
			n.busy[j.key()] = true
			jobs = append(jobs, j)
		}
	}
	return jobs, len(due) == limit && len(jobs) > 0
}

// workLoop answers what is due until ctx ends: what was taken in just now from
// memory, the rest from the store.
func (n *Node) workLoop(ctx context.Context) {
	slots := make(chan struct{}, n.Workers)
	var wg sync.WaitGroup
	defer wg.Wait()
	tick := time.NewTicker(min(500*time.Millisecond, n.Retry))
	defer tick.Stop()
	for more := true; ctx.Err() == nil; {
		jobs, look := n.next()
		if look || more {
			var stored []job
			stored, more = n.due(ctx)
			jobs = append(jobs, stored...)
		}
		for _, j := range jobs {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			wg.Go(func() {
				defer func() { n.release(j); <-slots }()
				n.answer(ctx, j)
			})
		}
		if more || len(jobs) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-n.nudge:
		case <-tick.C:
			more = true
		}
	}
}

func (n *Node) release(j job) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.busy, j.key())
}

// answer brings one request as far as it goes by itself. What fails is tried
// again later; the request stays visible as received or answering.
func (n *Node) answer(ctx context.Context, j job) {
	err := error(mash.Errorf(mash.CodeUnavailable, "this node does not serve that hub any more"))
	if n.links[j.hub] != nil {
		err = n.tryAnswer(ctx, j)
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	attempts := 0
	postpone := n.Store.Update(ctx, func(tx mash.NodeTx) error {
		h, err := tx.Held(j.hub, j.id, j.party)
		if attempts = 0; err != nil || h.State != mash.RequestReceived && h.State != mash.RequestAnswering {
			return err // it ended meanwhile: withdrawn, or answered by a person
		}
		h.Attempts++
		attempts = h.Attempts
		h.Due = n.Env.Now().Add(n.pause(h.Attempts))
		return tx.UpdateHeld(h)
	})
	if attempts > 0 {
		n.Log.Warn("answering failed and is tried again", "hub", j.hub, "request", j.id, "code", mash.CodeOf(err), "attempt", attempts)
	}
	if postpone != nil && ctx.Err() == nil {
		n.Log.Error("postponing failed", "hub", j.hub, "request", j.id, "code", mash.CodeOf(postpone))
		select {
		case <-ctx.Done():
		case <-time.After(n.Retry):
		}
	}
}

// pause grows with each attempt up to five minutes.
func (n *Node) pause(attempts int) time.Duration {
	return min(n.Retry<<min(attempts-1, 10), 5*time.Minute)
}

func (n *Node) tryAnswer(ctx context.Context, j job) error {
	// That it was opened is written with what came of it: a commit of its own
	// would cost as much again as the answer, and say nothing that holds if the
	// node dies before.
	now := n.Env.Now()
	opened := n.event(j.id, mash.EventAgencyOpened, now, "")
	// No system is asked what was withdrawn, perhaps in the same batch.
	if j.work == nil || j.revised != n.revised.Load() {
		j.work = nil
		err := n.Store.View(ctx, func(tx mash.NodeTx) error {
			h, err := tx.Held(j.hub, j.id, j.party)
			if err != nil || h.State != mash.RequestReceived && h.State != mash.RequestAnswering || h.Due.After(now) {
				return err // answered since it was listed as due
			}
			h, j.work, err = held(tx, j.hub, j.id, j.party)
			j.version, j.asked = h.Version, askedOf(h)
			return err
		})
		if err != nil || j.work == nil {
			return err
		}
	}
	w := j.work
	before := maps.Clone(w.Findings)
	if err := n.find(ctx, j.asked, j.party, w); err != nil {
		return err
	}
	w.opened = &opened
	return n.conclude(ctx, j, mash.System(n.Agency.ID), func(tx mash.NodeTx, stored *work) error {
		if !reflect.DeepEqual(stored.Question, w.Question) {
			return mash.Errorf(mash.CodeConflict, "the question was amended meanwhile")
		}
		stored.opened = &opened
		for k, f := range w.Findings {
			// What a person did meanwhile stands: this round speaks of what it
			// searched, and of what nobody has found since.
			if open(before[k]) && open(stored.Findings[k]) {
				stored.Findings[k] = f
			}
		}
		return nil
	})
}

// open reports whether a person of a request is still to be searched for.
func open(f *finding) bool { return f == nil || f.State == findUnavailable }
