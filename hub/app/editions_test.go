package app

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"mashhub/hub/edition"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/protocol"
	"mashhub/hub/wire"
)

const agreementFile = "agreements/mash-fernshire.yaml"

// narrowed are the shipped files with one cell of the police narrowed.
func narrowed(t *testing.T) edition.Files {
	t.Helper()
	files, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	const was, now = "police.crime: {s47: content, s17: content", "police.crime: {s47: content, s17: existence"
	if !strings.Contains(files[agreementFile], was) {
		t.Fatal("the agreement has no such cell")
	}
	out := maps.Clone(files)
	out[agreementFile] = strings.Replace(files[agreementFile], was, now, 1)
	return out
}

// inForce waits until hub and agency decide by a version.
func (p *play) inForce(version string, agencies ...string) {
	p.t.Helper()
	p.eventually("the hub decides by it", func() bool { return p.hub.Policy.Version() == version })
	for _, a := range agencies {
		p.eventually(a+" decides by it", func() bool { return p.nodes[a].Policies["fernshire"].Version() == version })
		p.eventually(a+" has said so", func() bool {
			all, err := p.hub.Desk.SystemHealth(p.t.Context(), p.as("worker").Actor)
			p.must(err)
			for _, h := range all {
				if h.Agency == a {
					return h.Policy.Version == version && h.Policy.Behind == 0
				}
			}
			return false
		})
	}
}

// TestTheLifeOfAChange: proposed by one person, approved by another, in force at
// the hub and every node, which then answer by it; and back again.
func TestTheLifeOfAChange(t *testing.T) {
	p, w, _ := police(t, holds(fact("i1", "police.crime", "2026-01-05", "Theft")))
	ig, manager, d := p.as("ig").Actor, p.as("manager").Actor, p.hub.Editions
	before := p.hub.Policy.Version()
	if ret := p.lands(w.asks(w.opens(nil), "police")); len(ret.Items) != 1 {
		t.Fatalf("before: %d items", len(ret.Items))
	}
	_, err := d.Propose(t.Context(), w.Actor, narrowed(t), "x")
	p.wants(err, mash.CodeNotFound)
	_, err = d.Propose(t.Context(), ig, narrowed(t), " ")
	p.wants(err, mash.CodeInvalid)
	same, err := shipped()
	p.must(err)
	_, err = d.Propose(t.Context(), ig, same, "nothing")
	p.wants(err, mash.CodeInvalid)
	broken := maps.Clone(same)
	broken["rego/ask.rego"] += "\nallow if { nonsense(1) }\n"
	_, err = d.Propose(t.Context(), ig, broken, "broken")
	p.wants(err, mash.CodeInvalid)

	trap := maps.Clone(same)
	trap["tables/views.yaml"] = strings.ReplaceAll(trap["tables/views.yaml"], "      approve: ", "      approves: ")
	_, err = d.Propose(t.Context(), ig, trap, "nobody could ever approve again")
	p.wants(err, mash.CodeInvalid)
	huge := maps.Clone(same)
	huge["tables/reasons.yaml"] += "\n# " + strings.Repeat("x", 1<<20)
	_, err = d.Propose(t.Context(), ig, huge, "too large for a message")
	p.wants(err, mash.CodeInvalid)

	e, err := d.Propose(t.Context(), ig, narrowed(t), "The federation asked for it")
	p.must(err)
	p.wants(d.Approve(t.Context(), ig, e.ID, time.Time{}), mash.CodeConflict) // one's own
	p.wants(d.Approve(t.Context(), w.Actor, e.ID, time.Time{}), mash.CodeNotFound)
	p.wants(d.Approve(t.Context(), manager, "nothing", time.Time{}), mash.CodeNotFound)
	if p.hub.Policy.Version() != before {
		t.Fatal("a proposal is in force")
	}
	p.must(d.Approve(t.Context(), manager, e.ID, time.Time{}))
	p.wants(d.Approve(t.Context(), manager, e.ID, time.Time{}), mash.CodeConflict) // the second click
	p.inForce(e.Version, "police")
	r := w.asks(w.opens(nil), "police")
	if ret := p.lands(r); len(ret.Items) != 0 || len(ret.Withheld) != 1 || ret.PolicyEpoch != 2 || len(ret.Flags) > 0 {
		t.Errorf("narrowed: %d items, withheld %+v, epoch %d, flags %v", len(ret.Items), ret.Withheld, ret.PolicyEpoch, ret.Flags)
	}

	// A process that starts anew begins with what was in force.
	fresh, err := protocol.New(t.Context(), protocol.Options{Where: mash.HubAddress("fernshire"), Env: p.env(), Epoch: 1})
	p.must(err)
	again := edition.NewKeeper(edition.Keeper[mash.HubTx]{Hub: "fernshire", Store: p.hub.Store, Engine: engine{fresh}, Audit: p.hub.Audit, Env: p.env(), Log: p.log("again")})
	p.must(again.Restore(t.Context()))
	if fresh.Version() != e.Version || fresh.Epoch() != 2 {
		t.Errorf("restored: epoch %d", fresh.Epoch())
	}

	_, err = p.hub.Editions.Again(t.Context(), manager, before, "x")
	p.wants(err, mash.CodeNotFound) // a manager approves, and proposes nothing
	back, err := p.hub.Editions.Again(t.Context(), ig, before, "It went too far")
	p.must(err)
	p.must(p.hub.Editions.Approve(t.Context(), manager, back.ID, time.Time{}))
	p.inForce(before, "police")
	if ret := p.lands(w.asks(w.opens(nil), "police")); len(ret.Items) != 1 || ret.PolicyEpoch != 3 {
		t.Errorf("back: %d items, epoch %d", len(ret.Items), ret.PolicyEpoch)
	}
	for action, want := range map[string]int{"policy.propose": 2, "policy.approve": 2, "policy.in_force": 2} {
		if n := len(p.audited(action)); n != want {
			t.Errorf("the hub's log has %s %d times", action, n)
		}
	}
	if n := p.at("police").ledger("policy.in_force"); n != 2 {
		t.Errorf("the node's log has it %d times", n)
	}
	all, err := p.hub.Editions.List(t.Context(), p.as("scrutineer").Actor)
	p.must(err)
	if len(all) != 2 || all[0].State != mash.EditionInForce || all[1].State != mash.EditionSuperseded || all[1].ApprovedBy != "manager" || all[1].ProposedBy != "ig" {
		t.Errorf("%+v", all)
	}
}

// TestAChangeWaitsForItsTime: approved for tomorrow, in force tomorrow.
func TestAChangeWaitsForItsTime(t *testing.T) {
	p, _, _ := police(t, holds())
	ig, manager, d := p.as("ig").Actor, p.as("manager").Actor, p.hub.Editions
	e, err := d.Propose(t.Context(), ig, narrowed(t), "why")
	p.must(err)
	p.must(d.Approve(t.Context(), manager, e.ID, p.clock.Now().Add(24*time.Hour)))
	other, err := shipped()
	p.must(err)
	other = maps.Clone(other)
	other[agreementFile] = strings.Replace(other[agreementFile], "words: six years", "words: about six years", 1)
	x, err := d.Propose(t.Context(), ig, other, "why")
	p.must(err)
	p.wants(d.Approve(t.Context(), manager, x.ID, time.Time{}), mash.CodeConflict) // one change waits already
	p.eventually("the node has it", func() bool { return p.at("police").ledger("policy.receive") == 1 })
	if p.hub.Policy.Epoch() != 1 || p.nodes["police"].Policies["fernshire"].Epoch() != 1 {
		t.Error("it is in force before its time")
	}
	p.clock.pass(24 * time.Hour)
	p.inForce(e.Version, "police")
	p.wants(d.Approve(t.Context(), manager, x.ID, time.Time{}), mash.CodeConflict) // made from what is not in force any more
	p.must(d.Reject(t.Context(), manager, x.ID, "overtaken"))
	p.wants(d.Reject(t.Context(), manager, x.ID, "again"), mash.CodeConflict)
}

// TestOneSuspendsTwoResume: in an emergency one person alone stops an agency, at
// once; the way back takes two.
func TestOneSuspendsTwoResume(t *testing.T) {
	p, w, _ := police(t, holds(fact("i1", "police.crime", "2026-01-05", "Theft")))
	ig, manager, d := p.as("ig").Actor, p.as("manager").Actor, p.hub.Editions
	before := p.hub.Policy.Version()
	_, err := d.Suspend(t.Context(), w.Actor, "mash-fernshire", "fernshire/police", "x")
	p.wants(err, mash.CodeNotFound)
	_, err = d.Suspend(t.Context(), manager, "mash-fernshire", "fernshire/nobody", "x")
	p.wants(err, mash.CodeInvalid)
	e, err := d.Suspend(t.Context(), manager, "mash-fernshire", "fernshire/police", "Their keys may be stolen")
	p.must(err)
	p.inForce(e.Version, "police")
	if r := w.asks(w.opens(nil), "police"); r.State != mash.RequestRefused || r.Code != "deny_clause" {
		t.Errorf("asked of a suspended agency: %s %s", r.State, r.Code)
	}
	back, err := d.Again(t.Context(), ig, before, "New keys are enrolled")
	p.must(err)
	p.wants(d.Approve(t.Context(), ig, back.ID, time.Time{}), mash.CodeConflict)
	p.must(d.Approve(t.Context(), manager, back.ID, time.Time{}))
	p.inForce(before, "police")
}

// TestEditionsThatANodeRefuses: what is not signed by the pinned root, by two
// people, or is not what it says.
func TestEditionsThatANodeRefuses(t *testing.T) {
	p, _, at := police(t, holds())
	files := narrowed(t)
	version, err := p.hub.Editions.Engine.Check(t.Context(), files)
	p.must(err)
	good := edition.Manifest{Hub: "fernshire", ID: "e-1", Version: version, Epoch: 2, ProposedBy: "ig", ApprovedBy: "manager", EffectiveAt: p.clock.Now()}
	sign := func(m any, by note.Signer) []byte {
		b, err := json.Marshal(m)
		p.must(err)
		out, err := note.Sign(&note.Note{Text: string(b) + "\n"}, by)
		p.must(err)
		return out
	}
	key, _, err := note.GenerateKey(p.env().Rand, "fernshire")
	p.must(err)
	stranger, err := note.NewSigner(key)
	p.must(err)
	root := p.hub.root.signer
	with := func(change func(*edition.Manifest)) []byte {
		m := good
		change(&m)
		return sign(m, root)
	}
	tampered := maps.Clone(files)
	tampered[agreementFile] += "\n# x: 1\n"
	widened := maps.Clone(files)
	widened[agreementFile] = strings.Replace(files[agreementFile], "early_help: existence", "early_help: content", 1)
	for name, c := range map[string]struct {
		signed []byte
		files  edition.Files
		code   mash.Code
	}{
		"unsigned":        {[]byte("{}"), files, mash.CodeBadMessage},
		"by a stranger":   {sign(good, stranger), files, mash.CodeBadMessage},
		"by one person":   {with(func(m *edition.Manifest) { m.ApprovedBy = m.ProposedBy }), files, mash.CodeBadMessage},
		"by nobody":       {with(func(m *edition.Manifest) { m.ApprovedBy = "" }), files, mash.CodeBadMessage},
		"other files":     {sign(good, root), widened, mash.CodeBadMessage},
		"no files":        {sign(good, root), nil, mash.CodeBadMessage},
		"another hub":     {with(func(m *edition.Manifest) { m.Hub = "marlshire" }), files, mash.CodeBadMessage},
		"another id":      {with(func(m *edition.Manifest) { m.ID = "e-2" }), files, mash.CodeBadMessage},
		"the first again": {with(func(m *edition.Manifest) { m.Epoch = 1 }), files, mash.CodeBadMessage},
		"unknown words":   {sign(map[string]any{"hub": "fernshire", "more": 1}, root), files, mash.CodeBadMessage},
	} {
		m := p.tells(exchange.Draft{From: mash.HubAddress("fernshire"), To: mash.PartyAddress(at.Party), MaxAge: time.Hour,
			Header: wire.Header{Kind: wire.KindPolicy, Ref: "e-1"}, Body: wire.Policy{Signed: c.signed, Files: c.files}})
		if m.State != mash.OutRefused || m.Code != string(c.code) {
			t.Errorf("%s: %s %s", name, m.State, m.Code)
		}
	}
	if n := at.ledger("policy.receive"); n != 0 || p.nodes["police"].Policies["fernshire"].Epoch() != 1 {
		t.Errorf("%d were taken", n)
	}
	send := func(signed []byte, id string, files edition.Files) mash.OutMessage {
		return p.tells(exchange.Draft{From: mash.HubAddress("fernshire"), To: mash.PartyAddress(at.Party), MaxAge: time.Hour,
			Header: wire.Header{Kind: wire.KindPolicy, Ref: id}, Body: wire.Policy{Signed: signed, Files: files}})
	}
	if m := send(with(func(m *edition.Manifest) { m.Epoch = 5 }), "e-1", files); m.State != mash.OutDone {
		t.Errorf("a good one: %s %s", m.State, m.Code)
	}
	p.eventually("it is in force", func() bool { return p.nodes["police"].Policies["fernshire"].Epoch() == 5 })
	for epoch, code := range map[int64]mash.Code{3: mash.CodeConflict, 5: mash.CodeConflict} { // a downgrade, and another under the same number
		if m := send(with(func(m *edition.Manifest) { m.Epoch, m.ID = epoch, "e-9" }), "e-9", files); m.State != mash.OutRefused || m.Code != string(code) {
			t.Errorf("epoch %d: %s %s", epoch, m.State, m.Code)
		}
	}
	if m := send(with(func(m *edition.Manifest) { m.Epoch = 5 }), "e-1", files); m.State != mash.OutDone {
		t.Errorf("the same again: %s %s", m.State, m.Code)
	}
}

// TestAnotherRootIsRefused: a node that was enrolled with one policy root starts
// with no other.
func TestAnotherRootIsRefused(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		verifier string
		good     bool
	}{{"", false}, {"a", true}, {"a", true}, {"b", false}, {"", false}} {
		if err := pin(dir, "fernshire", c.verifier); c.good != (err == nil) {
			t.Errorf("%q: %v", c.verifier, err)
		}
	}
	if pinned(dir, "fernshire") != "a" || pinned(dir, "marlshire") != "" {
		t.Error("another one is pinned")
	}
}

// tells posts a message of the hub's and waits for its receipt.
func (p *play) tells(d exchange.Draft) (m mash.OutMessage) {
	p.t.Helper()
	p.must(p.hub.Store.Update(p.t.Context(), func(tx mash.HubTx) (err error) {
		m, err = p.hub.Exchange.Post(p.t.Context(), tx, d)
		return err
	}))
	p.eventually("a receipt", func() bool {
		p.look(func(tx mash.HubTx) error {
			now, err := tx.OutMessage(m.ID)
			if errors.Is(err, mash.ErrNotFound) {
				return nil
			}
			m.State, m.Code = now.State, now.Code
			return err
		})
		return m.State != mash.OutOpen
	})
	return m
}

// TestARehearsal: what a change would have decided otherwise, before it does.
func TestARehearsal(t *testing.T) {
	p, w, _ := police(t, holds())
	ig, d := p.as("ig").Actor, p.hub.Editions
	p.lands(w.asks(w.opens(nil), "police", "police.crime", "police.warning"))
	begun := p.clock.Now()
	p.clock.pass(time.Second)
	files, err := shipped()
	p.must(err)
	files = maps.Clone(files)
	files[agreementFile] = strings.Replace(files[agreementFile], "police.crime: {s47: content, s17: content", "police.crime: {s47: content, s17: none", 1)
	e, err := d.Propose(t.Context(), ig, files, "why")
	p.must(err)
	_, err = d.Rehearse(t.Context(), mash.Actor{ID: "dsl", Roles: []string{mash.RoleDSL}}, e.ID, time.Time{})
	p.wants(err, mash.CodeNotFound)
	r, err := d.Rehearse(t.Context(), ig, e.ID, time.Time{})
	p.must(err)
	if r.Looked < 3 || r.Changed != 1 || len(r.Counts) != 1 || len(r.Cases) != 1 {
		t.Fatalf("%+v", r)
	}
	c := r.Cases[0]
	if c.Question != mash.QuestionAsk || c.Agency != "police" || c.Category != "police.crime" || c.Purpose != mash.PurposeS17 || c.Was != "permit" || c.Now != "deny" || c.Widens || len(c.Reasons) != 1 {
		t.Errorf("%+v", c)
	}
	p.look(func(tx mash.HubTx) error {
		_, err := tx.Decision(c.Decision)
		return err
	})
	if later, err := d.Rehearse(t.Context(), ig, e.ID, begun.Add(time.Millisecond)); err != nil || later.Changed != 0 {
		t.Errorf("since then: %+v, %v", later, err)
	}
	p.lands(w.asks(w.opens(nil), "police", "police.crime"))
	// Put in force, the way back widens, and says so first.
	p.must(d.Approve(t.Context(), p.as("manager").Actor, e.ID, time.Time{}))
	p.inForce(e.Version, "police")
	if r := w.asks(w.opens(nil), "police", "police.crime"); r.State != mash.RequestRefused {
		t.Errorf("%s", r.State)
	}
	back, err := d.Again(t.Context(), ig, e.Was, "back")
	p.must(err)
	r, err = d.Rehearse(t.Context(), ig, back.ID, time.Time{})
	p.must(err)
	// With what is in force, and not with what was recorded: what was permitted then counts too.
	if r.Changed != 3 || !r.Counts[0].Widens || r.Counts[0].Was != "deny" || r.Counts[0].Now != "permit" {
		t.Errorf("%+v", r.Counts)
	}
}

// slow is an engine whose drafts decide only when they are let.
type slow struct {
	edition.Engine
	let    chan struct{} // closed: at once
	drafts atomic.Int64
}

type slowDraft struct {
	edition.Draft
	let chan struct{}
}

func (s *slow) Draft(ctx context.Context, files edition.Files) (edition.Draft, error) {
	s.drafts.Add(1)
	d, err := s.Engine.Draft(ctx, files)
	return slowDraft{d, s.let}, err
}

func (s slowDraft) Rehearse(ctx context.Context, was mash.Decision) (mash.Decision, bool) {
	select {
	case <-s.let:
	case <-ctx.Done():
	}
	return s.Draft.Rehearse(ctx, was)
}

// TestARehearsalThatTakesLong is shared by all who look, says that it runs, can be
// stopped with what it has, and begun again.
func TestARehearsalThatTakesLong(t *testing.T) {
	p, w, _ := police(t, holds())
	ig, manager, d := p.as("ig").Actor, p.as("manager").Actor, p.hub.Editions
	p.lands(w.asks(w.opens(nil), "police", "police.crime"))
	e, err := d.Propose(t.Context(), ig, narrowed(t), "why")
	p.must(err)
	want, err := d.Rehearse(t.Context(), ig, e.ID, time.Time{})
	p.must(err)
	engine := &slow{Engine: d.Engine, let: make(chan struct{})}
	d.Engine = engine
	r, err := d.Rehearsing(t.Context(), ig, e.ID, time.Time{}, false)
	if err != nil || !r.Running || r.Looked != 0 || len(r.Counts) != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if r, err = d.Rehearsing(t.Context(), manager, e.ID, time.Time{}, true); err != nil || !r.Running || engine.drafts.Load() != 2 { // of what is in force, and of the change
		t.Errorf("a second look: %+v, %v, %d drafts", r, err, engine.drafts.Load())
	}
	_, err = d.Rehearsing(t.Context(), w.Actor, "nothing", time.Time{}, false)
	p.wants(err, mash.CodeNotFound)
	dsl := mash.Actor{ID: "dsl", Roles: []string{mash.RoleDSL}}
	_, err = d.Rehearsing(t.Context(), dsl, e.ID, time.Time{}, false)
	p.wants(err, mash.CodeNotFound)
	p.wants(d.StopRehearsal(t.Context(), dsl, e.ID), mash.CodeNotFound)
	p.must(d.StopRehearsal(t.Context(), ig, e.ID))
	p.wants(d.StopRehearsal(t.Context(), ig, e.ID), mash.CodeConflict)
	r, err = d.Rehearsing(t.Context(), ig, e.ID, time.Time{}, false)
	if err != nil || r.Running || !r.Stopped || r.Changed != 0 || r.Looked != 0 {
		t.Errorf("stopped: %+v, %v", r, err)
	}
	close(engine.let)
	r, err = d.Rehearsing(t.Context(), ig, e.ID, time.Time{}, true)
	p.must(err)
	for r.Running {
		r, err = d.Rehearsing(t.Context(), ig, e.ID, time.Time{}, false)
		p.must(err)
	}
	if r.Stopped || r.Looked < want.Looked || r.Changed != want.Changed || r.At.IsZero() || len(r.Cases) != len(want.Cases) {
		t.Errorf("again: %+v, want %+v", r, want)
	}
	// What was made is shown again for a while; then it is made anew.
	drafts := engine.drafts.Load()
	_, err = d.Rehearsing(t.Context(), ig, e.ID, time.Time{}, false)
	p.must(err)
	if engine.drafts.Load() != drafts {
		t.Error("it was made anew at once")
	}
	p.clock.pass(6 * time.Minute)
	_, err = d.Rehearsing(t.Context(), ig, e.ID, time.Time{}, false)
	p.must(err)
	if engine.drafts.Load() != drafts+2 {
		t.Error("it was not made anew")
	}
}

// TestAnAgencyAgreesForItself: what would let an agency release more waits at its
// node for one of its own people; what concerns others does not wait there.
func TestAnAgencyAgreesForItself(t *testing.T) {
	p := newPlay(t, "police", "housing")
	ig, manager, d := p.as("ig").Actor, p.as("manager").Actor, p.hub.Editions
	files, err := shipped()
	p.must(err)
	wider := maps.Clone(files)
	wider[agreementFile] = strings.Replace(files[agreementFile], "police.crime: {s47: content, s17: content, early_help: existence", "police.crime: {s47: content, s17: content, early_help: content", 1)
	e, err := d.Propose(t.Context(), ig, wider, "Early help needs it")
	p.must(err)
	p.must(d.Approve(t.Context(), manager, e.ID, time.Time{}))
	p.inForce(e.Version, "housing")
	at := p.at("police")
	police := p.nodes["police"].Editions["fernshire"]
	p.eventually("it waits", func() bool {
		all, err := police.List(t.Context(), at.staff())
		p.must(err)
		return len(all) == 1 && all[0].State == mash.EditionHeld && len(all[0].Widens) == 1 && strings.Contains(all[0].Widens[0].Sentence, "early help")
	})
	p.clock.pass(time.Minute)
	time.Sleep(50 * time.Millisecond)
	if n := p.nodes["police"].Policies["fernshire"].Epoch(); n != 1 {
		t.Fatalf("it is in force: %d", n)
	}
	p.eventually("the hub sees it", func() bool {
		p.nodes["police"].Node.Beat()
		all, err := p.hub.Desk.SystemHealth(t.Context(), ig)
		p.must(err)
		for _, h := range all {
			if h.Agency == "police" {
				return h.Policy.Behind == 1
			}
		}
		return false
	})
	dsl := at.staff()
	dsl.Roles = []string{mash.RoleDSL}
	p.wants(police.Answer(t.Context(), dsl, e.ID, true, "x"), mash.CodeNotFound)
	p.wants(police.Answer(t.Context(), at.staff(), e.ID, true, " "), mash.CodeInvalid)
	p.wants(police.Answer(t.Context(), at.staff(), "nothing", true, "x"), mash.CodeNotFound)
	p.must(police.Answer(t.Context(), at.staff(), e.ID, true, "The chief superintendent signed it"))
	p.wants(police.Answer(t.Context(), at.staff(), e.ID, false, "x"), mash.CodeConflict)
	p.inForce(e.Version, "police")
	if at.ledger("policy.accept") != 1 {
		t.Error("who agreed is not in the log")
	}
	// Narrowed and back to what it had agreed to before: nobody is asked again.
	first, err := d.Again(t.Context(), ig, e.Was, "Back")
	p.must(err)
	p.must(d.Approve(t.Context(), manager, first.ID, time.Time{}))
	p.inForce(e.Was, "police", "housing")
	again, err := d.Again(t.Context(), ig, e.Version, "And forth")
	p.must(err)
	p.must(d.Approve(t.Context(), manager, again.ID, time.Time{}))
	p.inForce(e.Version, "police", "housing")
}

// TestAnEmergencyWaitsForNobody: an agency is stopped at once, also where a change
// from before still waits for it; whoever begins again is asked about that change.
func TestAnEmergencyWaitsForNobody(t *testing.T) {
	p := newPlay(t, "police", "housing")
	ig, manager, d := p.as("ig").Actor, p.as("manager").Actor, p.hub.Editions
	at, police := p.at("police"), p.nodes["police"].Editions["fernshire"]
	before := p.hub.Policy.Version()
	waits := func(id string) {
		p.eventually("it waits", func() bool {
			all, err := police.List(t.Context(), at.staff())
			p.must(err)
			return len(all) > 0 && all[0].ID == id && all[0].State == mash.EditionHeld && len(all[0].Widens) == 1 && strings.Contains(all[0].Widens[0].Sentence, "early help")
		})
	}
	again := func(version string) mash.Edition {
		e, err := d.Again(t.Context(), ig, version, "It was a false alarm")
		p.must(err)
		p.must(d.Approve(t.Context(), manager, e.ID, time.Time{}))
		return e
	}
	files, err := shipped()
	p.must(err)
	wider := maps.Clone(files)
	wider[agreementFile] = strings.Replace(files[agreementFile], "police.crime: {s47: content, s17: content, early_help: existence", "police.crime: {s47: content, s17: content, early_help: content", 1)
	e, err := d.Propose(t.Context(), ig, wider, "Early help needs it")
	p.must(err)
	p.must(d.Approve(t.Context(), manager, e.ID, time.Time{}))
	p.inForce(e.Version, "housing")
	waits(e.ID)

	stop, err := d.Suspend(t.Context(), manager, "mash-fernshire", "fernshire/police", "Their keys may be stolen")
	p.must(err)
	p.inForce(stop.Version, "housing")
	point := p.nodes["police"].Policies["fernshire"]
	stopped := func() bool {
		d := point.Release(t.Context(), releaseOfCrime(p))
		return point.Epoch() == stop.Epoch && d.Answer == mash.Deny && len(d.Clauses) == 1 && d.Clauses[0] == "MF-2.2"
	}
	p.eventually("the police have stopped", stopped)
	waits(again(e.Version).ID)
	if !stopped() {
		t.Error("the police node shares again, and nobody there said so")
	}
	again(before)
	p.inForce(before, "police", "housing")

	// The stop is no consent: what it stopped is asked about still.
	waits(again(e.Version).ID)
}

// TestAnAgencyRefuses goes on by what it agreed to, and the next change asks
// again for all that came since.
func TestAnAgencyRefuses(t *testing.T) {
	p := newPlay(t, "police")
	ig, manager, d := p.as("ig").Actor, p.as("manager").Actor, p.hub.Editions
	files, err := shipped()
	p.must(err)
	police, at := p.nodes["police"].Editions["fernshire"], p.at("police")
	put := func(from, to string) mash.Edition {
		files = maps.Clone(files)
		if !strings.Contains(files[agreementFile], from) {
			t.Fatal(from)
		}
		files[agreementFile] = strings.Replace(files[agreementFile], from, to, 1)
		e, err := d.Propose(t.Context(), ig, files, "why")
		p.must(err)
		p.must(d.Approve(t.Context(), manager, e.ID, time.Time{}))
		p.inForce(e.Version)
		return e
	}
	held := func(n int) edition.Waiting {
		var first edition.Waiting
		p.eventually("it waits", func() bool {
			all, err := police.List(t.Context(), at.staff())
			p.must(err)
			if len(all) == 0 {
				return false
			}
			first = all[0]
			return first.State == mash.EditionHeld && len(first.Widens) == n
		})
		return first
	}
	put("police.crime: {s47: content, s17: content, early_help: existence", "police.crime: {s47: content, s17: content, early_help: content")
	p.must(police.Answer(t.Context(), at.staff(), held(1).ID, false, "Not without the federation"))
	put("housing.arrears: {s47: content, s17: content, early_help: existence", "housing.arrears: {s47: content, s17: content, early_help: none")
	if x := held(1); x.Widens[0].Category != "police.crime" {
		t.Errorf("%+v", x.Widens)
	}
	if n := p.nodes["police"].Policies["fernshire"].Epoch(); n != 1 {
		t.Errorf("epoch %d", n)
	}
}

// TestWhoIsBehindIsSentItAgain: an agency that never got an edition, because it
// joined later or the message was given up, gets it.
func TestWhoIsBehindIsSentItAgain(t *testing.T) {
	p := newPlay(t, "police")
	ig, manager, d, at := p.as("ig").Actor, p.as("manager").Actor, p.hub.Editions, p.at("police")
	at.n.Node.Beat()
	p.eventually("a heartbeat", func() bool { return !p.health("police").LastSeen.IsZero() })
	p.bus.set(func() { p.bus.down = true })
	e, err := d.Propose(t.Context(), ig, narrowed(t), "why")
	p.must(err)
	p.must(d.Approve(t.Context(), manager, e.ID, time.Time{}))
	p.inForce(e.Version)
	p.clock.pass(31 * 24 * time.Hour)
	p.eventually("the message is given up", func() bool {
		open := 0
		p.look(func(tx mash.HubTx) (err error) { open, err = tx.OpenMessages("fernshire"); return err })
		return open == 0
	})
	p.bus.set(func() { p.bus.down = false })
	sent, err := d.Chase(t.Context())
	p.must(err)
	if len(sent) != 1 || sent[0] != "police" {
		t.Fatalf("sent to %v", sent)
	}
	p.inForce(e.Version, "police")
	if sent, err = d.Chase(t.Context()); err != nil || len(sent) != 0 {
		t.Errorf("again to %v, %v", sent, err)
	}
}

// TestASecondHubOnOneDirectory is refused, with what to do about it, and the
// first works on.
func TestASecondHubOnOneDirectory(t *testing.T) {
	p := newPlay(t, "police")
	o := p.hub.HubOptions
	h, err := NewHub(t.Context(), o)
	if err == nil {
		t.Fatal("two hubs have one directory")
	}
	h.Close()
	var e *mash.Error
	if !errors.As(err, &e) || e.Code != mash.CodeConflict || e.Remedy == "" || !strings.Contains(err.Error(), "another process has this store open") {
		t.Errorf("%v", err)
	}
	w := p.as("worker")
	p.reaches(w.asks(w.opens(nil), "police"), mash.RequestReceived)
}
