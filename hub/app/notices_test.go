package app

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/wire"
	"mashhub/plugins/connector"
)

// incidents makes a police system that shows these incidents to whoever
// watches, each about Rowan, whose school is Millbrook.
func incidents(p **play, refs ...string) *system {
	s := &system{methods: []string{"watch"}}
	s.watch = func(ctx context.Context, q connector.WatchRequest) (connector.WatchResponse, error) {
		s.called("watch " + q.Cursor)
		if n := len(q.Cursor); n < len(refs) {
			e := connector.Notification{ID: refs[n], Kind: "encompass", Person: rowan(), Setting: "999001", Happened: (*p).clock.Now().Add(-2 * time.Hour),
				Present: "yes", Text: "CANARY-" + refs[n], FamilyInformed: "unsafe_to_tell"}
			return connector.WatchResponse{Events: []connector.Notification{e}, Cursor: q.Cursor + "x"}, nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
		return connector.WatchResponse{Cursor: q.Cursor}, nil
	}
	return s
}

// taker makes a school's own system that takes notices by f.
func taker(f func(context.Context, connector.DeliverRequest) (connector.DeliverResponse, error)) *system {
	return &system{methods: []string{"deliver"}, deliver: f}
}

func takes(context.Context, connector.DeliverRequest) (connector.DeliverResponse, error) {
	return connector.DeliverResponse{Outcome: connector.Found, Reference: "r"}, nil
}

// night plays police, who saw incidents, and schools, with a system or none.
func night(t *testing.T, school *system, more func(*plot), refs ...string) (*play, place) {
	t.Helper()
	var p *play
	s := plot{agencies: []string{"police", "schools"}, systems: map[string]*system{"police": incidents(&p, refs...)}, still: true}
	if school != nil {
		s.systems["schools"] = school
	}
	if more != nil {
		more(&s)
	}
	p = perform(t, s)
	p.run()
	return p, p.at("schools/999001")
}

// notices are all of the hub's, with what they say.
func (p *play) notices() (out []mash.Notification) {
	p.t.Helper()
	p.look(func(tx mash.HubTx) (err error) {
		out, err = tx.ListNotices(0, 0)
		for i := range out {
			if err == nil {
				out[i], err = tx.Notice(out[i].ID)
			}
		}
		return err
	})
	return out
}

// noticed waits until the hub has one notice in a state.
func (p *play) noticed(state mash.NotificationState) (n mash.Notification) {
	p.t.Helper()
	p.eventually("the notice is "+string(state), func() bool {
		all := p.notices()
		if len(all) > 1 {
			p.t.Fatalf("%d notices", len(all))
		}
		if len(all) == 1 {
			n = all[0]
		}
		return n.State == state
	})
	return n
}

// tasksOf lists every task of a notice at a school.
func (x place) tasksOf(n mash.Notification) (out []mash.Task) {
	x.p.t.Helper()
	x.look(func(tx mash.NodeTx) (err error) { out, err = tx.TasksOf(world.Hub, n.ID); return err })
	return out
}

// ledger counts the entries of an action in the node's log.
func (x place) ledger(action string) int {
	x.p.t.Helper()
	return len(x.audited(action))
}

// audited finds the entries of an action in the node's log, oldest first.
func (x place) audited(action string) (out []mash.Entry) {
	x.p.t.Helper()
	x.look(func(tx mash.NodeTx) error {
		out = nil
		size, err := tx.TreeSize()
		if err != nil {
			return err
		}
		var rows []mash.AuditRow
		for i := range size {
			r, err := tx.AuditRowAt(i)
			if err != nil {
				return err
			}
			rows = append(rows, r)
		}
		newest, err := tx.Unsequenced(1 << 20)
		for _, r := range append(rows, newest...) {
			e, err := x.n.Audit.Entry(r)
			if err != nil {
				return err
			}
			if e.Action == action {
				out = append(out, e)
			}
		}
		return err
	})
	return out
}

// TestANoticeIsForgottenOnceRead: its row stays at the school, without what it
// said; the hub's own copy stays under the notice's key.
func TestANoticeIsForgottenOnceRead(t *testing.T) {
	p, school := night(t, nil, nil, "incident-1/rowan")
	v := school.task(node.TaskNotice)
	if v.Notice == nil || v.Notice.Text != "CANARY-incident-1/rowan" || v.Inbox != "" {
		t.Fatalf("the key adult sees %+v", v)
	}
	p.noticed(mash.NoticeReceived)
	p.wants(school.n.Node.Acknowledge(t.Context(), p.at("schools/999002").staff(), v.Task.ID), mash.CodeNotFound)
	p.must(school.n.Node.Acknowledge(t.Context(), school.staff(), v.Task.ID))
	n := p.noticed(mash.NoticeAcknowledged)
	if n.AckedHow != wire.HowPerson || n.AckedBy != mash.RoleReviewer || n.Acked == nil {
		t.Errorf("acknowledged by %q, %q", n.AckedBy, n.AckedHow)
	}
	p.wants(school.n.Node.Acknowledge(t.Context(), school.staff(), v.Task.ID), mash.CodeConflict)
	all := school.tasksOf(n)
	if len(all) != 1 || all[0].State != "done" || all[0].DoneBy != school.staff().ID || len(all[0].Body) > 0 {
		t.Errorf("the row is %+v", all)
	}
	again, err := school.n.Node.OpenTask(t.Context(), school.staff(), v.Task.ID)
	if shown, _ := json.Marshal(again); err != nil || again.Notice != nil || strings.Contains(string(shown), "CANARY") {
		t.Errorf("opened again it shows %+v, %v", again, err)
	}
	school.look(func(tx mash.NodeTx) error { // nothing that the store gives still says it
		open, err := tx.OpenTasks(nil, 0)
		under, err2 := tx.TasksIn(node.TaskDelivering, 0)
		if len(open)+len(under) > 0 {
			t.Errorf("%d tasks are left", len(open)+len(under))
		}
		return errors.Join(err, err2)
	})
	if !strings.Contains(string(n.Content), "CANARY") {
		t.Error("the hub's own copy is gone")
	}
	p.eventually("the police hear of it, once", func() bool { return p.at("police").ledger("notify.acknowledged") == 1 })
	if strings.Contains(p.notes.String(), "CANARY") {
		t.Error("the log tells")
	}
}

// TestEveryStateOfANoticeIsRecorded, with whose word it rests on.
func TestEveryStateOfANoticeIsRecorded(t *testing.T) {
	p, school := night(t, nil, nil, "incident-1/rowan")
	v := school.task(node.TaskNotice)
	n := p.noticed(mash.NoticeReceived)
	p.must(school.n.Node.Acknowledge(t.Context(), school.staff(), v.Task.ID))
	p.noticed(mash.NoticeAcknowledged)
	for _, action := range []string{"notify.raised", "notify.received", "notify.acknowledged"} {
		if got := p.audited(action); len(got) != 1 || got[0].Detail["notice"] != n.ID {
			t.Errorf("%s: %+v", action, got)
		}
	}
	if got := p.audited("notify.received")[0]; got.Actor != string(mash.PartyAddress(school.Party)) {
		t.Errorf("received, says %s", got.Actor)
	}
	var away *play
	away = perform(t, plot{agencies: []string{"police", "schools"}, systems: map[string]*system{"police": incidents(&away, "incident-1/rowan")}, still: true})
	away.keepBack("schools", true)
	away.run()
	away.noticed(mash.NoticeSent)
	away.clock.pass(4 * 24 * time.Hour)
	n = away.noticed(mash.NoticeUndeliverable)
	if got := away.audited("notify.undeliverable"); len(got) != 1 || got[0].Actor != world.Hub || got[0].Detail["notice"] != n.ID || got[0].Detail["code"] != "no_receipt" {
		t.Errorf("%+v", got)
	}
}

// TestANoticeThatNobodyReads expires: the hub and the police learn that, and
// what it said is forgotten.
func TestANoticeThatNobodyReads(t *testing.T) {
	p, school := night(t, nil, nil, "incident-1/rowan")
	v := school.task(node.TaskNotice)
	p.noticed(mash.NoticeReceived)
	p.clock.pass(31 * 24 * time.Hour)
	n := p.noticed(mash.NoticeExpired)
	if all := school.tasksOf(n); len(all) != 1 || all[0].State != "done" || len(all[0].Body) > 0 || n.Code != "not_read" || n.Acked != nil {
		t.Errorf("%+v, %+v", all, n)
	}
	p.wants(school.n.Node.Acknowledge(t.Context(), school.staff(), v.Task.ID), mash.CodeConflict)
	p.eventually("the police hear of it", func() bool { return p.at("police").ledger("notify.expired") == 1 })
}

// TestWhoAcknowledges: the recipient alone, and what it says twice counts once.
func TestWhoAcknowledges(t *testing.T) {
	p, school := night(t, nil, nil, "incident-1/rowan")
	school.task(node.TaskNotice)
	n := p.noticed(mash.NoticeReceived)
	ack := exchange.Draft{Header: wire.Header{Kind: wire.KindAcknowledge, Ref: n.ID}, Body: wire.Acknowledge{Notification: n.ID, By: "dsl", At: p.clock.Now(), How: wire.HowPerson}}
	for _, other := range []string{"schools/999002", "police"} {
		if state, code := p.at(other).told(p.at(other).says(ack)); state != mash.OutRefused || code != "not_found" {
			t.Errorf("%s acknowledges: %s %s", other, state, code)
		}
	}
	if now := p.noticed(mash.NoticeReceived); now.Acked != nil {
		t.Error("it counts")
	}
	for range 2 {
		if state, code := school.told(school.says(ack)); state != mash.OutDone {
			t.Errorf("%s %s", state, code)
		}
	}
	first := p.noticed(mash.NoticeAcknowledged)
	p.clock.pass(time.Hour)
	expired := ack
	expired.Body = wire.Acknowledge{Notification: n.ID, By: "nobody", At: p.clock.Now(), How: wire.HowExpired}
	school.told(school.says(expired))
	if now := p.noticed(mash.NoticeAcknowledged); !now.Acked.Equal(*first.Acked) || len(p.audited("notify.acknowledged")) != 1 {
		t.Errorf("acknowledged at %v, then %v", first.Acked, now.Acked)
	}
	p.eventually("the police hear of it", func() bool { return p.at("police").ledger("notify.acknowledged") == 1 })
}

// TestANoticeGoesToTheSchoolsOwnSystem: no person need see it, and the hub
// learns how it was taken in.
func TestANoticeGoesToTheSchoolsOwnSystem(t *testing.T) {
	var got atomic.Pointer[connector.DeliverRequest]
	sys := taker(func(ctx context.Context, q connector.DeliverRequest) (connector.DeliverResponse, error) {
		got.Store(&q)
		return takes(ctx, q)
	})
	p, school := night(t, sys, nil, "incident-1/rowan")
	n := p.noticed(mash.NoticeAcknowledged)
	if n.AckedHow != wire.HowSystem || sys.count("deliver") != 1 {
		t.Errorf("taken in by %q, in %d calls", n.AckedHow, sys.count("deliver"))
	}
	if q := got.Load(); q.Call != world.Hub+"-"+n.ID || q.Unit != "999001" || q.Notification.Text != "CANARY-incident-1/rowan" || q.Notification.FamilyInformed != "unsafe_to_tell" {
		t.Errorf("the system was told %+v", q)
	}
	all := school.tasksOf(n)
	if len(all) != 1 || all[0].State != "done" || len(all[0].Body) > 0 || school.ledger("notify.delivered") != 1 {
		t.Errorf("%+v", all)
	}
	if rows, _, err := school.n.Node.Inbox(t.Context(), school.staff()); err != nil || len(rows) > 0 {
		t.Errorf("%d tasks for a person, %v", len(rows), err)
	}
}

// TestANoticeThatTheSystemDoesNotTake goes to a person, who sees why.
func TestANoticeThatTheSystemDoesNotTake(t *testing.T) {
	for why, c := range map[string]struct {
		answer connector.DeliverResponse
		err    error
		calls  int
	}{
		"asked":       {connector.DeliverResponse{Outcome: connector.AskPerson}, nil, 1},
		"unavailable": {connector.DeliverResponse{Outcome: connector.Unavailable}, nil, 5},
		"not_taken":   {connector.DeliverResponse{}, connector.Errorf(connector.CodeInvalid, "no such unit"), 1},
	} {
		sys := taker(func(context.Context, connector.DeliverRequest) (connector.DeliverResponse, error) {
			return c.answer, c.err
		})
		p, school := night(t, sys, nil, "incident-1/rowan")
		v := school.task(node.TaskNotice)
		if v.Inbox != why || v.Notice == nil || sys.count("deliver") != c.calls {
			t.Errorf("%s: it says %q after %d calls", why, v.Inbox, sys.count("deliver"))
		}
		if keys := slices.Compact(slices.Clone(sys.calls)); len(keys) != 1 {
			t.Errorf("%s: the keys are %v", why, keys)
		}
		if n := p.noticed(mash.NoticeReceived); n.Acked != nil {
			t.Errorf("%s: it counts as taken in", why)
		}
		p.must(school.n.Node.Acknowledge(t.Context(), school.staff(), v.Task.ID))
		if n := p.noticed(mash.NoticeAcknowledged); n.AckedHow != wire.HowPerson {
			t.Errorf("%s: taken in by %q", why, n.AckedHow)
		}
	}
}

// TestASystemThatComesBack is tried again, and a deadline ends the waiting.
func TestASystemThatComesBack(t *testing.T) {
	var tries atomic.Int32
	sys := taker(func(ctx context.Context, q connector.DeliverRequest) (connector.DeliverResponse, error) {
		if tries.Add(1) < 3 {
			return connector.DeliverResponse{}, errors.New("no route to the MIS")
		}
		return takes(ctx, q)
	})
	p, _ := night(t, sys, nil, "incident-1/rowan")
	if n := p.noticed(mash.NoticeAcknowledged); n.AckedHow != wire.HowSystem || tries.Load() != 3 {
		t.Errorf("taken in by %q after %d tries", n.AckedHow, tries.Load())
	}
	late := taker(func(ctx context.Context, q connector.DeliverRequest) (connector.DeliverResponse, error) {
		return connector.DeliverResponse{Outcome: connector.Unavailable}, nil
	})
	p, school := night(t, late, func(s *plot) { s.node = func(o *NodeOptions) { o.Retry = time.Minute } }, "incident-1/rowan")
	p.eventually("the first try", func() bool { return late.count("deliver") == 1 })
	p.clock.pass(3 * time.Minute)
	if v := school.task(node.TaskNotice); v.Inbox != "unavailable" || late.count("deliver") != 2 {
		t.Errorf("%q after %d tries", v.Inbox, late.count("deliver"))
	}
}

// TestKilledBetweenDeliveryAndCommit: the node delivers again with the same
// key, and one notice it is.
func TestKilledBetweenDeliveryAndCommit(t *testing.T) {
	var mu sync.Mutex
	effects := map[string]int{}
	var once sync.Once
	took := make(chan struct{})
	sys := taker(func(ctx context.Context, q connector.DeliverRequest) (connector.DeliverResponse, error) {
		mu.Lock()
		effects[q.Call]++
		mu.Unlock()
		killed := false
		once.Do(func() { killed = true; close(took) })
		if killed { // it has the notice, and the node dies before it hears so
			<-ctx.Done()
			return connector.DeliverResponse{}, ctx.Err()
		}
		return takes(ctx, q)
	})
	p, school := night(t, sys, nil, "incident-1/rowan")
	<-took
	p.halt()
	p.run()
	n := p.noticed(mash.NoticeAcknowledged)
	mu.Lock()
	defer mu.Unlock()
	if len(effects) != 1 || effects[world.Hub+"-"+n.ID] != 2 || len(school.tasksOf(n)) != 1 || len(p.audited("notify.acknowledged")) != 1 {
		t.Errorf("delivered under %v, %d tasks", effects, len(school.tasksOf(n)))
	}
}

// forgetful is a node's store that loses the place of a watch some times.
type forgetful struct {
	mash.Store[mash.NodeTx]
	fails atomic.Int32
}

type forgetfulTx struct {
	mash.NodeTx
	s *forgetful
}

func (s *forgetful) Update(ctx context.Context, f func(mash.NodeTx) error) error {
	return s.Store.Update(ctx, func(tx mash.NodeTx) error { return f(forgetfulTx{tx, s}) })
}

func (t forgetfulTx) SetCursor(connector, cursor string) error {
	if t.s.fails.Add(-1) >= 0 {
		return errDown
	}
	return t.NodeTx.SetCursor(connector, cursor)
}

// TestKilledBetweenEventAndCursor: the incident is shown again, and the school
// is told once; another incident about the same child is another notice.
func TestKilledBetweenEventAndCursor(t *testing.T) {
	store := &forgetful{}
	store.fails.Store(1 << 20)
	p, school := night(t, nil, func(s *plot) {
		s.node = func(o *NodeOptions) {
			if o.Agency.ID == "police" {
				o.Wrap.Store = func(inner mash.Store[mash.NodeTx]) mash.Store[mash.NodeTx] {
					store.Store = inner
					return store
				}
			}
		}
	}, "incident-1/rowan", "incident-2/rowan")
	sys := p.systems["police"]
	p.eventually("it is shown again and again", func() bool { return sys.count("watch ") > 3 })
	p.halt() // and after a restart, too
	p.run()
	p.eventually("again", func() bool { return sys.count("watch ") > 6 })
	first := p.noticed(mash.NoticeReceived)
	if n := len(school.tasksOf(first)); n != 1 || p.at("police").ledger("notify.raise") != 1 {
		t.Errorf("%d tasks, raised %d times", n, p.at("police").ledger("notify.raise"))
	}
	store.fails.Store(0)
	p.eventually("the second incident", func() bool { return len(p.notices()) == 2 })
	p.eventually("its place is kept", func() bool { return sys.count("watch xx") > 0 })
	p.eventually("two tasks", func() bool {
		rows, _, err := school.n.Node.Inbox(t.Context(), school.staff())
		p.must(err)
		return len(rows) == 2
	})
	if n := p.at("police").ledger("notify.raise"); n != 2 {
		t.Errorf("raised %d times", n)
	}
}

// TestANoticeThatTheHubRefuses stands among the notices, with who sent it and
// why and nothing else; sent again, whole, it goes on to the school.
func TestANoticeThatTheHubRefuses(t *testing.T) {
	p, school := night(t, nil, nil)
	police := p.at("police")
	send := func(dedupe string, expires time.Time) mash.OutMessage {
		return police.says(exchange.Draft{MaxAge: time.Hour, Header: wire.Header{Kind: wire.KindNotify, Ref: "n-1", ExpiresAt: expires},
			Body: wire.Notify{Notification: mash.Notification{ID: "n-1", Kind: "encompass", Dedupe: dedupe, Informed: mash.Informed{Answer: "yes"}},
				Content: []byte(`{"Setting":"999001","Happened":"2026-11-20T01:00:00Z","Text":"CANARY"}`)}})
	}
	for code, m := range map[string]mash.OutMessage{"bad_message": send("", time.Time{}), "conflict": send("d", p.clock.Now().Add(-time.Minute))} {
		if state, got := police.told(m); state != mash.OutRefused || got != code {
			t.Fatalf("%s %s", state, got)
		}
		i := slices.IndexFunc(p.notices(), func(n mash.Notification) bool { return n.Code == code })
		if i < 0 {
			t.Fatalf("%s: it is not listed", code)
		}
		n := p.notices()[i]
		if n.State != mash.NoticeRefused || n.From != police.Party || n.Kind != "encompass" || n.RaisedAt.IsZero() || len(n.Content) > 0 || n.Informed.Answer != "" {
			t.Errorf("%s: %+v", code, n)
		}
	}
	if len(p.audited("notify.refused")) != 2 {
		t.Error("not recorded")
	}
	for range 2 { // the second is refused as a repeat, which is nothing to telephone about
		police.told(send("d", p.clock.Now().Add(time.Hour)))
	}
	school.task(node.TaskNotice)
	if all := p.notices(); len(all) != 3 {
		t.Errorf("%d notices", len(all))
	}
	p.eventually("one of them arrives", func() bool {
		return slices.ContainsFunc(p.notices(), func(n mash.Notification) bool { return n.State == mash.NoticeReceived })
	})
}

// TestANoticeThatNobodyCouldRead is refused, so that the hub knows: it neither
// waits for a system for ever nor lies in an inbox that cannot open it.
func TestANoticeThatNobodyCouldRead(t *testing.T) {
	for name, own := range map[string]*system{"a person": nil, "a system": taker(takes)} {
		p, school := night(t, own, nil)
		p.at("police").says(exchange.Draft{MaxAge: time.Hour, Header: wire.Header{Kind: wire.KindNotify, Ref: "n-1", ExpiresAt: p.clock.Now().Add(time.Hour)},
			Body: wire.Notify{Notification: mash.Notification{ID: "n-1", Kind: "encompass", Dedupe: "d", Informed: mash.Informed{Answer: "yes"}},
				Content: []byte(`{"Setting":"999001","Happened":"2026-11-20T01:00:00Z","Text":5}`)}})
		n := p.noticed(mash.NoticeUndeliverable)
		if n.Code != string(mash.CodeBadMessage) || len(school.tasksOf(n)) != 0 {
			t.Errorf("%s: it is %s, with %d tasks", name, n.Code, len(school.tasksOf(n)))
		}
	}
}

// TestAnEventThatCannotGo holds up none behind it, and is a task for somebody
// who telephones.
func TestAnEventThatCannotGo(t *testing.T) {
	for name, bend := range map[string]func(*connector.Notification){
		"too large":       func(n *connector.Notification) { n.Text = strings.Repeat("x", 2<<20) },
		"of another kind": func(n *connector.Notification) { n.Kind = "gossip" },
	} {
		var sys *system
		p, _ := night(t, nil, func(s *plot) {
			sys = s.systems["police"]
			good := sys.watch
			sys.watch = func(ctx context.Context, r connector.WatchRequest) (connector.WatchResponse, error) {
				a, err := good(ctx, r)
				for i, e := range a.Events {
					if e.ID == "incident-1/rowan" {
						bend(&a.Events[i])
					}
				}
				return a, err
			}
		}, "incident-1/rowan", "incident-2/rowan")
		n := p.noticed(mash.NoticeReceived)
		if !strings.Contains(n.Dedupe, "incident-2") {
			t.Errorf("%s: the hub has %s", name, n.Dedupe)
		}
		police := p.at("police")
		rows, _, err := police.n.Node.Inbox(t.Context(), police.staff())
		p.must(err)
		if len(rows) != 1 || rows[0].Kind != node.TaskRefused || police.ledger("notify.unsendable") != 1 {
			t.Errorf("%s: the inbox has %+v", name, rows)
		}
	}
}
