package exchange_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"mashhub/hub/audit"
	"mashhub/hub/envelope"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/store"
	"mashhub/hub/wire"
)

const hubID = "fernshire"

var (
	hubAddr    = mash.HubAddress(hubID)
	police     = mash.PartyAddress(mash.Party{Agency: "police"})
	healthAddr = mash.PartyAddress(mash.Party{Agency: "health"})
)

// wireBus hands over what a test gives it and keeps what is published. It
// bends faults, which a broker does not do on demand; app's tests use a real
// one.
type wireBus struct {
	mu   sync.Mutex
	sent []mash.BusMessage
	in   chan []mash.BusRecord
	fail error
	hole string // a topic that takes nothing, for ever
	next int64
}

func (b *wireBus) Publish(ctx context.Context, m []mash.BusMessage) error {
	b.mu.Lock()
	hole := b.hole
	b.mu.Unlock()
	if hole != "" && slices.ContainsFunc(m, func(m mash.BusMessage) bool { return m.Topic == hole }) {
		<-ctx.Done() // not even a refusal
		return ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	b.sent = append(b.sent, m...)
	return nil
}

func (b *wireBus) published() []mash.BusMessage {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]mash.BusMessage{}, b.sent...)
}

func (b *wireBus) Read(ctx context.Context, _ string, _ int, _ int64, handle func([]mash.BusRecord) error) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case batch := <-b.in:
			for handle(batch) != nil && ctx.Err() == nil {
			}
		}
	}
}

func (b *wireBus) Partitions(context.Context, string) (int, error) { return 1, nil }

// side is one end with a real store, a real log and real keys.
type side struct {
	t       *testing.T
	bus     *wireBus
	store   *store.Hub
	x       *exchange.Exchange[mash.HubTx]
	log     *audit.Log
	env     mash.Env
	now     time.Time
	handled []exchange.Received
	answer  func(tx mash.HubTx, m exchange.Received) error
	settled []mash.OutMessage
	stop    func()
	keys    map[mash.Address]*envelope.Envelope // everybody's, to forge with
}

func key(t *testing.T) []byte {
	b := make([]byte, store.KeySize)
	if _, err := io.ReadFull(rand.Reader, b); err != nil {
		t.Fatal(err)
	}
	return b
}

// directory is a registry in memory.
type directory map[string]mash.Key

func (d directory) Key(id string) (mash.Key, error) {
	if k, ok := d[id]; ok {
		return k, nil
	}
	return mash.Key{}, mash.ErrNotFound
}

func (d directory) Current(owner mash.Address, use mash.KeyUse) (mash.Key, error) {
	for _, k := range d {
		if k.Owner == owner && k.Use == use && !k.Revoked && k.Retired.IsZero() {
			return k, nil
		}
	}
	return mash.Key{}, mash.ErrNotFound
}

func newSide(t *testing.T) *side {
	t.Helper()
	ctx := context.Background()
	s := &side{t: t, bus: &wireBus{in: make(chan []mash.BusRecord)}, now: time.Now(), keys: map[mash.Address]*envelope.Envelope{}}
	s.env = mash.SystemEnv()
	s.env.Now = func() time.Time { return mash.Instant(s.now) }
	dir := t.TempDir()
	v, err := store.OpenVault(ctx, store.VaultOptions{Path: filepath.Join(dir, "keys.db"), Key: key(t), Wrap: key(t)})
	if err != nil {
		t.Fatal(err)
	}
	if s.store, err = store.OpenHub(ctx, store.Options{Path: filepath.Join(dir, "hub.db"), Key: key(t), Vault: v}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.store.Close(); v.Close() })
	skey, _, err := audit.GenerateKey("test", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	s.log = audit.New("test", signer, store.NewVaultAudit(v), s.env)
	registry := directory{}
	for _, a := range []mash.Address{hubAddr, police, healthAddr} {
		sign, encrypt, err := envelope.GenerateKeys(rand.Reader, a, s.env.Now(), envelope.Curve25519)
		if err != nil {
			t.Fatal(err)
		}
		set := envelope.NewKeySet(sign, encrypt)
		public, err := set.PublicKeys()
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range public {
			registry[k.ID] = k
		}
		if s.keys[a], err = envelope.New(envelope.Options{Private: set, Registry: registry}); err != nil {
			t.Fatal(err)
		}
	}
	s.answer = func(mash.HubTx, exchange.Received) error { return nil }
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *side) start() {
	handler := func(ctx context.Context, tx mash.HubTx, m exchange.Received) error {
		s.handled = append(s.handled, m)
		return s.answer(tx, m)
	}
	s.x = exchange.New(exchange.Config[mash.HubTx]{Hub: hubID, Self: []mash.Address{hubAddr}, Topics: []string{mash.FromTopic(hubID, "police")},
		Store: s.store, Bus: s.bus, Seal: s.keys[hubAddr], Audit: s.log, Env: s.env, Log: slog.New(slog.DiscardHandler), Tick: 5 * time.Millisecond, Resend: time.Hour,
		Handlers: map[wire.Kind]exchange.Handler[mash.HubTx]{wire.KindReturn: handler, wire.KindNotify: handler},
		Settled:  func(_ mash.HubTx, m mash.OutMessage, _ time.Time) error { s.settled = append(s.settled, m); return nil }})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.x.Run(ctx) }()
	s.stop = func() { cancel(); <-done; s.stop = func() {} }
}

func (s *side) header(kind wire.Kind) wire.Header {
	return wire.Header{Kind: kind, ID: s.env.NewID(), Hub: hubID, Issuer: police, Audience: hubAddr, Ref: "r1", IssuedAt: s.env.Now()}
}

// token seals a message as anybody, with any header.
func (s *side) token(as, to mash.Address, h wire.Header, body any) []byte {
	s.t.Helper()
	payload, err := wire.Encode(h, body)
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := s.keys[as].Seal(context.Background(), as, to, payload)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// deliver hands tokens over as one batch and waits until it was taken.
func (s *side) deliver(tokens ...[]byte) {
	s.t.Helper()
	var batch []mash.BusRecord
	for _, b := range tokens {
		batch = append(batch, mash.BusRecord{Topic: mash.FromTopic(hubID, "police"), Offset: s.bus.next, Value: b})
		s.bus.next++
	}
	s.bus.in <- batch
	s.eventually("the batch is taken", func() bool {
		var pos int64
		s.view(func(tx mash.HubTx) (err error) {
			pos, _, err = tx.Position(mash.FromTopic(hubID, "police"), 0)
			return err
		})
		return pos == s.bus.next
	})
}

func (s *side) view(f func(mash.HubTx) error) {
	s.t.Helper()
	if err := s.store.View(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *side) eventually(what string, ok func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			s.t.Fatalf("not within 10 s: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// receipts opens everything that was published and returns what was receipted.
func (s *side) receipts() map[string]wire.ReceiptItem {
	out := map[string]wire.ReceiptItem{}
	for _, m := range s.bus.published() {
		for _, a := range []mash.Address{police, healthAddr} {
			o, err := s.keys[a].Open(context.Background(), m.Value)
			if err != nil {
				continue
			}
			msg, err := wire.Decode(o.Payload)
			if err != nil || msg.Kind != wire.KindReceipt {
				continue
			}
			body, err := wire.DecodeBody[wire.Receipt](msg)
			if err != nil {
				s.t.Fatal(err)
			}
			for _, i := range body.Items {
				out[i.ID] = i
			}
		}
	}
	return out
}

func (s *side) quarantined() (out []mash.Quarantined) {
	s.view(func(tx mash.HubTx) (err error) {
		out, err = tx.Quarantined(nil, 100)
		return err
	})
	return out
}

func TestAcceptedMessageIsHandledOnceAndReceiptedEachTime(t *testing.T) {
	s := newSide(t)
	h := s.header(wire.KindReturn)
	token := s.token(police, hubAddr, h, wire.Return{})
	again := s.token(police, hubAddr, h, wire.Return{}) // other bytes, same message
	s.deliver(token)
	s.eventually("a receipt", func() bool { return s.receipts()[h.ID].Accepted })
	s.deliver(token, again)
	s.eventually("a receipt for each time", func() bool { return len(s.bus.published()) == 2 })
	if len(s.handled) != 1 {
		t.Errorf("it was handled %d times", len(s.handled))
	}
}

func TestHostileMessages(t *testing.T) {
	wrongHub := func(s *side) []byte {
		h := s.header(wire.KindReturn)
		h.Hub = "elsewhere"
		return s.token(police, hubAddr, h, wire.Return{})
	}
	cases := []struct {
		name    string
		token   func(*side) []byte
		code    string // of the receipt; empty: none
		hostile bool   // quarantined
	}{
		{"not a token at all", func(*side) []byte { return []byte("hello") }, "", true},
		{"nothing", func(*side) []byte { return nil }, "", true},
		{"signed by another agency than it says", func(s *side) []byte {
			return s.token(healthAddr, hubAddr, s.header(wire.KindReturn), wire.Return{})
		}, "", true},
		{"another agency's own message on this agency's topic", func(s *side) []byte {
			h := s.header(wire.KindReturn)
			h.Issuer = healthAddr
			return s.token(healthAddr, hubAddr, h, wire.Return{})
		}, "", true},
		{"written to somebody else and passed on", func(s *side) []byte {
			h := s.header(wire.KindReturn)
			h.Audience = healthAddr
			return s.token(police, hubAddr, h, wire.Return{})
		}, "", true},
		{"sealed to somebody else", func(s *side) []byte {
			return s.token(police, healthAddr, s.header(wire.KindReturn), wire.Return{})
		}, "", true},
		{"for another hub", wrongHub, "wrong_party", false},
		{"a kind that this side does not take", func(s *side) []byte {
			return s.token(police, hubAddr, s.header(wire.KindRequest), wire.Request{})
		}, "unsupported", false},
		{"a kind that nobody knows", func(s *side) []byte {
			return s.token(police, hubAddr, s.header("gossip"), struct{}{})
		}, "unsupported", false},
		{"expired", func(s *side) []byte {
			h := s.header(wire.KindNotify)
			h.ExpiresAt = s.env.Now().Add(-time.Minute)
			return s.token(police, hubAddr, h, wire.Notify{})
		}, "conflict", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newSide(t)
			good := s.header(wire.KindReturn)
			s.deliver(c.token(s), s.token(police, hubAddr, good, wire.Return{}))
			s.eventually("the message after it is taken", func() bool { return s.receipts()[good.ID].Accepted })
			if len(s.handled) != 1 || s.handled[0].ID != good.ID {
				t.Fatalf("%d messages were handled", len(s.handled))
			}
			if got := len(s.quarantined()); (got == 1) != c.hostile {
				t.Errorf("%d messages are quarantined", got)
			}
			found := ""
			for id, r := range s.receipts() {
				if id != good.ID {
					found = r.Code
				}
			}
			if found != c.code {
				t.Errorf("the receipt's code is %q, want %q", found, c.code)
			}
		})
	}
}

func TestRefusedMessageLeavesNothingBehind(t *testing.T) {
	s := newSide(t)
	s.answer = func(tx mash.HubTx, m exchange.Received) error {
		if err := tx.PutEvent(mash.Event{Request: m.Ref, Kind: mash.EventLanded, At: m.At, Clock: mash.ClockHub}); err != nil {
			return err
		}
		return mash.Errorf(mash.CodeOutOfScope, "not what was asked")
	}
	h := s.header(wire.KindReturn)
	s.deliver(s.token(police, hubAddr, h, wire.Return{}))
	s.eventually("a refusal", func() bool { return s.receipts()[h.ID].Code == "out_of_scope" })
	s.view(func(tx mash.HubTx) error {
		events, err := tx.Events("r1")
		if len(events) != 0 {
			t.Errorf("%d events of a refused message stayed", len(events))
		}
		return err
	})
}

func TestFailureOfOursIsTriedAgain(t *testing.T) {
	s := newSide(t)
	n := 0
	s.answer = func(mash.HubTx, exchange.Received) error {
		if n++; n < 3 {
			return errors.New("the disk is full")
		}
		return nil
	}
	h := s.header(wire.KindReturn)
	s.deliver(s.token(police, hubAddr, h, wire.Return{}))
	s.eventually("it is accepted in the end", func() bool { return s.receipts()[h.ID].Accepted })
}

func TestPoisonedMessageDoesNotBlockTheAgency(t *testing.T) {
	s := newSide(t)
	bad := s.header(wire.KindReturn)
	s.answer = func(_ mash.HubTx, m exchange.Received) error {
		if m.ID == bad.ID {
			return errors.New("a fault of ours that this message finds every time")
		}
		return nil
	}
	good := s.header(wire.KindReturn)
	s.deliver(s.token(police, hubAddr, bad, wire.Return{}), s.token(police, hubAddr, good, wire.Return{}))
	s.eventually("the one after it is accepted", func() bool { return s.receipts()[good.ID].Accepted })
	if s.receipts()[bad.ID].Code != "internal" || len(s.quarantined()) != 1 {
		t.Error("the poisoned message was neither refused nor kept")
	}
}

func TestOutboxStaysOpenUntilTheReceipt(t *testing.T) {
	s := newSide(t)
	s.bus.mu.Lock()
	s.bus.fail = errors.New("no broker")
	s.bus.mu.Unlock()
	var m mash.OutMessage
	post := func(maxAge time.Duration) {
		err := s.store.Update(context.Background(), func(tx mash.HubTx) (err error) {
			m, err = s.x.Post(context.Background(), tx, exchange.Draft{From: hubAddr, To: police, MaxAge: maxAge,
				Header: wire.Header{Kind: wire.KindRequest, Ref: "r1"}, Body: wire.Request{}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	post(0)
	open := func() (n int) {
		s.view(func(tx mash.HubTx) (err error) { n, err = tx.OpenMessages(hubID); return err })
		return n
	}
	time.Sleep(30 * time.Millisecond)
	s.bus.mu.Lock()
	s.bus.fail = nil
	s.bus.mu.Unlock()
	s.eventually("it is published once the broker is back", func() bool { return len(s.bus.published()) == 1 })
	if open() != 1 {
		t.Fatal("the row closed without a receipt")
	}
	receipt := func(as mash.Address) []byte {
		h := s.header(wire.KindReceipt)
		h.Ref, h.Issuer = "", as
		return s.token(as, hubAddr, h, wire.Receipt{Items: []wire.ReceiptItem{{ID: m.ID, Accepted: true}}})
	}
	s.deliver(receipt(healthAddr)) // on the police's topic, and not theirs to give
	if open() != 1 {
		t.Fatal("another agency settled it")
	}
	s.deliver(receipt(police), receipt(police))
	if open() != 0 || len(s.settled) != 1 || s.settled[0].State != mash.OutDone {
		t.Fatalf("%d rows are open, %d settled", open(), len(s.settled))
	}
}

func TestUndeliverableIsVisible(t *testing.T) {
	s := newSide(t)
	s.bus.fail = errors.New("no broker")
	err := s.store.Update(context.Background(), func(tx mash.HubTx) error {
		_, err := s.x.Post(context.Background(), tx, exchange.Draft{From: hubAddr, To: police, MaxAge: time.Millisecond,
			Header: wire.Header{Kind: wire.KindRequest, Ref: "r1"}, Body: wire.Request{}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.stop()
	s.now = s.now.Add(time.Hour)
	s.start()
	s.eventually("it is undeliverable", func() bool {
		s.stop()
		defer s.start()
		return len(s.settled) == 1 && s.settled[0].State == mash.OutUndeliverable
	})
}

func TestRepeatSendsTheSameBytes(t *testing.T) {
	s := newSide(t)
	s.stop()
	var m mash.OutMessage
	if err := s.store.Update(context.Background(), func(tx mash.HubTx) (err error) {
		m, err = s.x.Post(context.Background(), tx, exchange.Draft{From: hubAddr, To: police, Header: wire.Header{Kind: wire.KindRequest, Ref: "r1"}, Body: wire.Request{}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		n := len(s.bus.published())
		s.start()
		s.eventually("it goes out", func() bool { return len(s.bus.published()) > n })
		s.stop()
		s.now = s.now.Add(2 * time.Hour)
	}
	for _, p := range s.bus.published() {
		if string(p.Value) != string(m.Sealed) || p.Key != "r1" {
			t.Error("a repeat has other bytes")
		}
	}
}

// Receipts are in memory only: a process that dies after its commit owes them.
func TestReceiptsGoAgainAfterAStart(t *testing.T) {
	s := newSide(t)
	s.bus.mu.Lock()
	s.bus.fail = errors.New("no broker")
	s.bus.mu.Unlock()
	h := s.header(wire.KindReturn)
	s.deliver(s.token(police, hubAddr, h, wire.Return{}))
	s.stop()
	s.bus.mu.Lock()
	s.bus.fail = nil
	s.bus.mu.Unlock()
	if len(s.receipts()) != 0 {
		t.Fatal("a receipt went out without a broker")
	}
	s.start()
	s.eventually("the receipt goes after the start", func() bool { return s.receipts()[h.ID].Accepted })
	if len(s.handled) != 1 {
		t.Errorf("it was handled %d times", len(s.handled))
	}
	s.stop()
	n := len(s.bus.published())
	s.now = s.now.Add(time.Hour)
	s.start()
	time.Sleep(50 * time.Millisecond)
	if got := len(s.bus.published()); got != n {
		t.Errorf("a receipt of an hour ago went again: %d messages, %d before", got, n)
	}
}

// An outage must not lose the receipts that came due in it.
func TestReceiptsWaitForTheBroker(t *testing.T) {
	s := newSide(t)
	s.bus.mu.Lock()
	s.bus.fail = errors.New("no broker")
	s.bus.mu.Unlock()
	h := s.header(wire.KindReturn)
	s.deliver(s.token(police, hubAddr, h, wire.Return{}))
	time.Sleep(120 * time.Millisecond) // more than one try
	s.bus.mu.Lock()
	s.bus.fail = nil
	s.bus.mu.Unlock()
	s.eventually("the receipt goes", func() bool { return s.receipts()[h.ID].Accepted })
}

// The receipt's transaction says also that the message was sent, first.
func TestSentIsRecordedBeforeItsReceipt(t *testing.T) {
	s := newSide(t)
	s.stop()
	var story []string
	s.x.Tick = time.Hour // nothing but the receipt can record it
	s.x.Sent = func(_ mash.HubTx, m mash.OutMessage, _ time.Time) error {
		story = append(story, "sent "+m.ID)
		return nil
	}
	s.x.Settled = func(_ mash.HubTx, m mash.OutMessage, _ time.Time) error {
		story = append(story, m.State+" "+m.ID)
		if m.Sent.IsZero() {
			t.Error("it is settled and was never sent")
		}
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.x.Run(ctx) }()
	s.stop = func() { cancel(); <-done; s.stop = func() {} }
	var m mash.OutMessage
	if err := s.store.Update(ctx, func(tx mash.HubTx) (err error) {
		m, err = s.x.Post(ctx, tx, exchange.Draft{From: hubAddr, To: police, Header: wire.Header{Kind: wire.KindRequest, Ref: "r1"}, Body: wire.Request{}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s.eventually("it goes out", func() bool { return len(s.bus.published()) == 1 })
	time.Sleep(20 * time.Millisecond) // until the pump has noted that it did
	h := s.header(wire.KindReceipt)
	h.Ref = ""
	s.deliver(s.token(police, hubAddr, h, wire.Receipt{Items: []wire.ReceiptItem{{ID: m.ID, Accepted: true}}}))
	if want := []string{"sent " + m.ID, "done " + m.ID}; !slices.Equal(story, want) {
		t.Errorf("the story is %v, want %v", story, want)
	}
}

// keyless seals for everybody but one, whose key was revoked.
type keyless struct {
	seal
	who mash.Address
}

type seal interface{ mash.Seal }

func (k keyless) Seal(ctx context.Context, from, to mash.Address, payload []byte) ([]byte, error) {
	if to == k.who {
		return nil, mash.Errorf(mash.CodeUnknownKey, "no key to encrypt in use")
	}
	return k.seal.Seal(ctx, from, to, payload)
}

// A correspondent whose key is gone since its message was taken in keeps nobody
// else's receipts back, nor what is to be sent from memory.
func TestAReceiptThatCannotBeSealedHoldsUpNobody(t *testing.T) {
	s := newSide(t)
	s.stop()
	s.x.Tick = time.Hour // nothing goes by its row
	s.x.Seal = keyless{s.x.Seal, healthAddr}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.x.Run(ctx) }()
	s.stop = func() { cancel(); <-done; s.stop = func() {} }
	gone := s.header(wire.KindReturn)
	gone.Issuer = healthAddr
	s.bus.in <- []mash.BusRecord{{Topic: mash.FromTopic(hubID, "health"), Value: s.token(healthAddr, hubAddr, gone, wire.Return{})}}
	h := s.header(wire.KindReturn)
	s.bus.next = 1
	s.deliver(s.token(police, hubAddr, h, wire.Return{}))
	s.eventually("the receipt to the other goes", func() bool { return s.receipts()[h.ID].Accepted })
	if _, there := s.receipts()[gone.ID]; there {
		t.Error("a receipt was sealed without a key")
	}
	n := len(s.bus.published())
	if err := s.store.Update(ctx, func(tx mash.HubTx) error {
		_, err := s.x.Post(ctx, tx, exchange.Draft{From: hubAddr, To: police, Header: wire.Header{Kind: wire.KindRequest, Ref: "r2"}, Body: wire.Request{}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s.eventually("a question goes", func() bool { return len(s.bus.published()) > n })
}

// One agency's topic that takes nothing holds up neither questions nor receipts
// for the others, however much waits for it.
func TestATopicThatTakesNothing(t *testing.T) {
	s := newSide(t)
	s.bus.mu.Lock()
	s.bus.hole = mash.ToTopic(hubID, "health")
	s.bus.mu.Unlock()
	post := func(to mash.Address, n int) (m mash.OutMessage) {
		err := s.store.Update(context.Background(), func(tx mash.HubTx) (err error) {
			for range n {
				m, err = s.x.Post(context.Background(), tx, exchange.Draft{From: hubAddr, To: to,
					Header: wire.Header{Kind: wire.KindRequest, Ref: s.env.NewID()}, Body: wire.Request{}})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	went := func(m mash.OutMessage) func() bool {
		return func() bool {
			return slices.ContainsFunc(s.bus.published(), func(p mash.BusMessage) bool { return string(p.Value) == string(m.Sealed) })
		}
	}
	stuck := post(healthAddr, 300) // more than one look at the outbox takes
	s.eventually("a question to the police goes", went(post(police, 1)))
	s.stop()
	s.start() // and again by its rows
	s.eventually("and one after a start", went(post(police, 1)))
	h := s.header(wire.KindReturn)
	s.deliver(s.token(police, hubAddr, h, wire.Return{}))
	s.eventually("a receipt for the police goes", func() bool { return s.receipts()[h.ID].Accepted })
	if went(stuck)() {
		t.Fatal("the topic takes something")
	}
	s.stop()
	s.bus.mu.Lock()
	s.bus.hole = ""
	s.bus.mu.Unlock()
	s.start()
	s.eventually("what waited goes", went(stuck))
}

// TestWhatIsUnavailableRefusesNothing: a key store that does not open for a
// while costs no answer.
func TestWhatIsUnavailableRefusesNothing(t *testing.T) {
	s := newSide(t)
	n := 0
	s.answer = func(mash.HubTx, exchange.Received) error {
		if n++; n < 9 {
			return mash.Errorf(mash.CodeUnavailable, "the key store does not open")
		}
		return nil
	}
	h := s.header(wire.KindReturn)
	s.deliver(s.token(police, hubAddr, h, wire.Return{}))
	s.eventually("it is accepted in the end", func() bool { return s.receipts()[h.ID].Accepted })
	if n != 9 || len(s.quarantined()) != 0 {
		t.Errorf("%d tries, %d in quarantine", n, len(s.quarantined()))
	}
}

// TestOnlyQuestionsAndNoticesExpire: an answer that says that it has expired is
// an answer.
func TestOnlyQuestionsAndNoticesExpire(t *testing.T) {
	s := newSide(t)
	h := s.header(wire.KindReturn)
	h.ExpiresAt = time.Now().Add(-time.Hour)
	s.deliver(s.token(police, hubAddr, h, wire.Return{}))
	s.eventually("it is accepted", func() bool { return s.receipts()[h.ID].Accepted })
}
