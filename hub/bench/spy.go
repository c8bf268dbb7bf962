package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	"mashhub/hub/mash"
)

// Moments at which a process may be told to die. Each is a kind of
// transaction, by what it writes.
const (
	onAsk     = "ask"     // hub: a request and its outbox row
	onLand    = "land"    // hub: a return is taken in
	onHold    = "hold"    // node: a question is taken in
	onRelease = "release" // node: a return and its outbox row
	onSent    = "sent"    // the broker has a message and the store is told
	onSettle  = "settle"  // a receipt closes an outbox row
)

// death is an order to die at a moment: before its commit, when everything is
// written and nothing is durable, or just after it. Skip lets that many pass.
type death struct {
	Moment string `json:"moment"`
	After  bool   `json:"after"`
	Skip   int    `json:"skip"`
}

// spy stands before a store. It sees what each transaction does, dies where it
// was told to, and can plant a fault.
type spy struct {
	// plant stores the reader's position in a transaction of its own, before
	// the effects.
	plant  bool
	landed func(request string) // after the commit of a return
	die    func()

	mu    sync.Mutex
	order *death
}

// kill gives the order to die; the newest order counts.
func (s *spy) kill(d death) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order = &d
}

// trace is what one transaction did.
type trace struct {
	moments  map[string]bool
	landed   []string
	position *position
	withheld bool // SetPosition was done before: do not repeat it
}

type position struct {
	topic     string
	partition int
	next      int64
}

func (t *trace) saw(moment string) {
	if t.moments == nil {
		t.moments = map[string]bool{}
	}
	t.moments[moment] = true
}

func (t *trace) setPosition(topic string, partition int, next int64, set func(string, int, int64) error) error {
	t.position = &position{topic, partition, next}
	if t.withheld {
		return nil
	}
	return set(topic, partition, next)
}

// reached dies if this is the moment that was ordered.
func (s *spy) reached(t *trace, after bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.order == nil || s.order.After != after || !t.moments[s.order.Moment] {
		return
	}
	if s.order.Skip > 0 {
		s.order.Skip--
		return
	}
	s.die()
}

// errLook undoes a transaction that was only looked at.
var errLook = errors.New("only looked")

// spied is a store with a spy before it.
type spied[T mash.ExchangeTx] struct {
	mash.Store[T]
	spy  *spy
	wrap func(T, *trace) T
}

// Update runs fn as the store does. With the fault planted it runs fn twice,
// as any store may: first to learn the position, then for the effects.
func (s spied[T]) Update(ctx context.Context, fn func(T) error) error {
	var t trace
	if s.spy.plant {
		err := s.Store.Update(ctx, func(tx T) error {
			t = trace{}
			if err := fn(s.wrap(tx, &t)); err != nil || t.position == nil {
				return err
			}
			return errLook
		})
		if !errors.Is(err, errLook) {
			return s.done(&t, err)
		}
		at := *t.position
		if err := s.Store.Update(ctx, func(tx T) error { return tx.SetPosition(at.topic, at.partition, at.next) }); err != nil {
			return err
		}
	}
	withheld := t.position != nil
	err := s.Store.Update(ctx, func(tx T) error {
		t = trace{withheld: withheld}
		err := fn(s.wrap(tx, &t))
		if err == nil {
			s.spy.reached(&t, false)
		}
		return err
	})
	return s.done(&t, err)
}

func (s spied[T]) done(t *trace, err error) error {
	if err != nil {
		return err
	}
	s.spy.reached(t, true)
	if s.spy.landed != nil {
		for _, request := range t.landed {
			s.spy.landed(request)
		}
	}
	return nil
}

// hubSpy is a hub's transaction that writes down what is done in it.
type hubSpy struct {
	mash.HubTx
	t *trace
}

func (h hubSpy) SetPosition(topic string, partition int, next int64) error {
	return h.t.setPosition(topic, partition, next, h.HubTx.SetPosition)
}

func (h hubSpy) PutRequest(r mash.Request) error {
	h.t.saw(onAsk)
	return h.HubTx.PutRequest(r)
}

func (h hubSpy) PutReturn(r mash.Return) error {
	h.t.saw(onLand)
	h.t.landed = append(h.t.landed, r.RequestID)
	return h.HubTx.PutReturn(r)
}

func (h hubSpy) MarkSent(id string, at, due time.Time) (bool, error) {
	h.t.saw(onSent)
	return h.HubTx.MarkSent(id, at, due)
}

func (h hubSpy) Settle(id string, to mash.Address, state, code string) (mash.OutMessage, bool, error) {
	h.t.saw(onSettle)
	return h.HubTx.Settle(id, to, state, code)
}

// nodeSpy is the same for a node.
type nodeSpy struct {
	mash.NodeTx
	t *trace
}

func (n nodeSpy) SetPosition(topic string, partition int, next int64) error {
	return n.t.setPosition(topic, partition, next, n.NodeTx.SetPosition)
}

func (n nodeSpy) PutHeld(h mash.HeldRequest) error {
	n.t.saw(onHold)
	return n.NodeTx.PutHeld(h)
}

func (n nodeSpy) PutSentReturn(r mash.SentReturn) error {
	n.t.saw(onRelease)
	return n.NodeTx.PutSentReturn(r)
}

func (n nodeSpy) MarkSent(id string, at, due time.Time) (bool, error) {
	n.t.saw(onSent)
	return n.NodeTx.MarkSent(id, at, due)
}

func (n nodeSpy) Settle(id string, to mash.Address, state, code string) (mash.OutMessage, bool, error) {
	n.t.saw(onSettle)
	return n.NodeTx.Settle(id, to, state, code)
}

func (s *spy) hub(inner mash.Store[mash.HubTx]) mash.Store[mash.HubTx] {
	return spied[mash.HubTx]{inner, s, func(tx mash.HubTx, t *trace) mash.HubTx { return hubSpy{tx, t} }}
}

func (s *spy) node(inner mash.Store[mash.NodeTx]) mash.Store[mash.NodeTx] {
	return spied[mash.NodeTx]{inner, s, func(tx mash.NodeTx, t *trace) mash.NodeTx { return nodeSpy{tx, t} }}
}
