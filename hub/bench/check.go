package bench

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
	"mashhub/hub/tracking"
)

// inquest holds the stopped stores against what must always be true. It reads
// the stores alone: nothing that a process says of itself.
type inquest struct {
	*crash
	r      *CrashResult
	hub    *opened[mash.HubTx]
	nodes  map[string]*opened[mash.NodeTx]
	acts   map[string][]mash.Entry // the hub's entries by request
	theirs map[string]map[string][]mash.Entry
	asked  map[string]askedRequest // acknowledged
	gone   map[string]bool         // acknowledged as withdrawn
}

// check opens everything and looks at all of it.
func (c *crash) check(ctx context.Context, r *CrashResult) (err error) {
	q := &inquest{crash: c, r: r, nodes: map[string]*opened[mash.NodeTx]{}, acts: map[string][]mash.Entry{},
		theirs: map[string]map[string][]mash.Entry{}, asked: map[string]askedRequest{}, gone: map[string]bool{}}
	if q.hub, err = openHub(ctx, filepath.Join(c.Dir, "hub"), world.Hub); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.hub.close()) }()
	for _, id := range parties {
		n, err := openNode(ctx, filepath.Join(c.Dir, id), id)
		if err != nil {
			return err
		}
		defer n.close() // only read
		q.nodes[id] = n
	}
	q.logs(ctx)
	lines, err := c.ledger.read()
	if err != nil {
		return err
	}
	return q.hub.store.View(ctx, func(tx mash.HubTx) error {
		if err := q.acknowledged(tx, lines); err != nil {
			return err
		}
		enquiries, err := tx.ListEnquiries(mash.EnquiryFilter{})
		if err != nil {
			return err
		}
		for _, e := range enquiries {
			if err := q.enquiry(ctx, tx, e); err != nil {
				return err
			}
		}
		r.Enquiries = len(enquiries)
		return q.wanted()
	})
}

// wanted sees that the run proved something: a harness under which nothing
// happened must not pass.
func (q *inquest) wanted() error {
	if q.Points > 1 && q.Only == nil && q.FaultEvery > 0 && q.Points >= 10 && q.r.Faults == 0 {
		q.fail("I6", "no planted fault of the policy is recorded anywhere")
	}
	if q.r.Landed == 0 {
		q.fail("harness", "no return landed at all")
	}
	return nil
}

// logs verifies every log and sorts its entries by request.
func (q *inquest) logs(ctx context.Context) {
	if err := q.hub.verify(ctx, filepath.Join(q.Dir, "hub.bundle")); err != nil {
		q.fail("I5", "the hub's log does not verify: %v", err)
	}
	for _, e := range q.hub.entries {
		q.acts[e.Request] = append(q.acts[e.Request], e)
	}
	q.r.Entries = len(q.hub.entries)
	for id, n := range q.nodes {
		if err := n.verify(ctx, filepath.Join(q.Dir, id+".bundle")); err != nil {
			q.fail("I5", "the log of %s does not verify: %v", id, err)
		}
		q.theirs[id] = map[string][]mash.Entry{}
		for _, e := range n.entries {
			q.theirs[id][e.Request] = append(q.theirs[id][e.Request], e)
		}
		q.r.Entries += len(n.entries)
	}
}

// acknowledged compares the harness's own list with what the hub has.
func (q *inquest) acknowledged(tx mash.HubTx, lines []acknowledged) error {
	views := map[string]mash.Entry{}
	for _, e := range q.hub.entries {
		if e.Action == "page.view" {
			views[e.Decision] = e
		}
	}
	for _, a := range lines {
		if a.Asked != nil {
			for _, r := range a.Asked.Requests {
				q.asked[r.ID] = r
				q.r.Requests++
				if _, err := tx.Request(r.ID); err != nil {
					q.fail("I1", "acknowledged request %s to %s is gone: %v", r.ID, r.Party, err)
				}
			}
		}
		if a.Withdrawn != "" {
			q.gone[a.Withdrawn] = true
		}
		if s := a.Shown; s != nil {
			e, ok := views[s.Decision]
			if !ok || e.Enquiry != s.Enquiry {
				q.fail("I3", "enquiry %s was shown and no entry says so", s.Enquiry)
				continue
			}
			for _, item := range s.Items {
				if !slices.Contains(e.Shown, item) {
					q.fail("I3", "item %s was shown and its entry does not name it", item)
				}
			}
			q.decided(tx, e)
		}
	}
	return nil
}

// decided sees that an entry's decision exists.
func (q *inquest) decided(tx mash.Decisions, e mash.Entry) (mash.Decision, bool) {
	d, err := tx.Decision(e.Decision)
	if err != nil {
		q.fail("I5", "entry %s of %s rests on decision %q, which is not there", e.Action, e.Request, e.Decision)
		return d, false
	}
	if d.PolicyVersion == "" || len(d.Input) == 0 {
		q.fail("I5", "decision %s has no policy version or no input", d.ID)
	}
	return d, true
}

// enquiry checks everything below one enquiry.
func (q *inquest) enquiry(ctx context.Context, tx mash.HubTx, e mash.Enquiry) error {
	requests, err := tx.RequestsOf(e.ID)
	if err != nil {
		return err
	}
	want := map[string]bool{} // disclosures: item → permitted
	for _, r := range requests {
		returns, err := tx.ReturnsOf(r.ID)
		if err != nil {
			return err
		}
		for _, ret := range returns {
			for _, i := range ret.Items {
				want[ret.ID+"/"+i.ID] = true
			}
			for _, w := range ret.Withheld {
				want[ret.ID+"/"+w.Person+"/"+w.Category] = false
			}
		}
		if err := q.request(ctx, tx, r, returns); err != nil {
			return err
		}
	}
	rows, err := tx.DisclosuresOf(e.ID)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, d := range rows {
		permitted, ok := want[d.Item]
		switch {
		case !ok || permitted != d.Permitted:
			q.fail("I5", "a disclosure of %s is recorded that did not happen so", d.Item)
		case seen[d.Item]:
			q.fail("I2", "the disclosure of %s is recorded twice", d.Item)
		}
		seen[d.Item] = true
	}
	if len(seen) != len(want) {
		q.fail("I5", "enquiry %s: %d of %d disclosures are recorded", e.ID, len(seen), len(want))
	}
	return nil
}

// request checks one request at the hub, and its other half at the node.
func (q *inquest) request(ctx context.Context, tx mash.HubTx, r mash.Request, returns []mash.Return) error {
	events, err := tx.Events(r.ID)
	if err != nil {
		return err
	}
	count := map[mash.EventKind]int{}
	for _, e := range events {
		count[e.Kind]++
	}
	actions := map[string]int{}
	for _, e := range q.acts[r.ID] {
		actions[e.Action]++
	}
	q.ended(tx, r)
	q.onceEach(r, returns, count, actions)
	q.askDecision(tx, r)
	q.lateness(r, returns, count)
	q.clock(tx, r, events)
	n := q.nodes[r.Party.Agency]
	return n.store.View(ctx, func(ntx mash.NodeTx) error { return q.atNode(ntx, n, r, returns) })
}

// ended: I1. After the drain every request has ended, in a way that somebody
// asked for.
func (q *inquest) ended(tx mash.HubTx, r mash.Request) {
	switch r.State {
	case mash.RequestLanded:
		q.r.Landed++
	case mash.RequestWithdrawn:
		q.r.Withdrawn++
	case mash.RequestRefused:
		q.r.Refused++
		if r.Code != "deny_fault" {
			q.fail("I1", "request %s to %s was refused as %q, and nobody planted that", r.ID, r.Party, r.Code)
		}
	default:
		m, err := tx.OutMessage(r.MessageID)
		state := m.State
		if err != nil {
			state = err.Error()
		}
		q.fail("I1", "request %s to %s is still %s after the drain; its message is %s after %d attempts", r.ID, r.Party, r.State, state, m.Attempts)
	}
	if q.gone[r.ID] && r.State != mash.RequestWithdrawn {
		q.fail("I1", "request %s was acknowledged as withdrawn and is %s", r.ID, r.State)
	}
}

// onceEach: I2 and I5. Each effect is there once, with its entry.
func (q *inquest) onceEach(r mash.Request, returns []mash.Return, count map[mash.EventKind]int, actions map[string]int) {
	exactly := func(what string, got, want int) {
		if got != want {
			q.fail("I2", "request %s to %s (%s) has %s %d times, not %d", r.ID, r.Party, r.State, what, got, want)
		}
	}
	landed := map[mash.RequestState]int{mash.RequestLanded: 1}[r.State]
	withdrawn := map[mash.RequestState]int{mash.RequestWithdrawn: 1}[r.State]
	refused := map[mash.RequestState]int{mash.RequestRefused: 1}[r.State]
	exactly("the event raised", count[mash.EventRaised], 1)
	exactly("the event landed", count[mash.EventLanded], landed)
	exactly("the event withdrawn", count[mash.EventWithdrawn], withdrawn)
	exactly("the entry of its withdrawal", actions["request.withdraw"], withdrawn)
	exactly("the entry that it was asked", actions["request.ask"], 1-refused)
	exactly("the entry that it was denied", actions["request.denied"], refused)
	exactly("the entry of a return", actions["return.land"], len(returns))
	for _, k := range []mash.EventKind{mash.EventSent, mash.EventDelivered} {
		if count[k] > 1 {
			q.fail("I2", "request %s has the event %s %d times", r.ID, k, count[k])
		}
	}
	revisions := map[int]bool{}
	for _, ret := range returns {
		if revisions[ret.Revision] {
			q.fail("I2", "request %s has revision %d twice", r.ID, ret.Revision)
		}
		revisions[ret.Revision] = true
		entry := slices.ContainsFunc(q.acts[r.ID], func(e mash.Entry) bool {
			return e.Action == "return.land" && e.Detail["return"] == ret.ID && e.Detail["hash"] == ret.SealedHash
		})
		if !entry {
			q.fail("I5", "return %s of request %s has no entry of its own", ret.ID, r.ID)
		}
	}
}

// askDecision: I5 and I6. What was asked rests on a permit, and a fault was
// never taken for one.
func (q *inquest) askDecision(tx mash.HubTx, r mash.Request) {
	for _, e := range q.acts[r.ID] {
		if e.Action != "request.ask" && e.Action != "request.denied" {
			continue
		}
		d, ok := q.decided(tx, e)
		if !ok {
			continue
		}
		if d.Fault {
			q.r.Faults++
		}
		if permit := d.Answer == mash.Permit && !d.Fault; permit != (e.Action == "request.ask") {
			q.fail("I6", "request %s: the decision says %s (fault %v) and the entry %s", r.ID, d.Answer, d.Fault, e.Action)
		}
		if d.Fault && (r.MessageID != "" || r.State != mash.RequestRefused) {
			q.fail("I6", "request %s was not decided and is %s", r.ID, r.State)
		}
	}
}

// lateness: I4. What came after the end says so, and nothing else does.
func (q *inquest) lateness(r mash.Request, returns []mash.Return, count map[mash.EventKind]int) {
	late := 0
	for _, ret := range returns {
		flagged := slices.Contains(ret.Flags, mash.FlagLate)
		if flagged {
			late++
		}
		if ret.Final && r.State != mash.RequestLanded && !flagged {
			q.fail("I4", "the final return of request %s, which is %s, is not flagged late", r.ID, r.State)
		}
		if flagged && r.State == mash.RequestLanded {
			q.fail("I4", "a return of request %s, which landed, is flagged late", r.ID)
		}
		// What is itself kept sealed takes nothing out of the chronology; of what
		// is not, the newest revision alone stands.
		newer := slices.ContainsFunc(returns, func(o mash.Return) bool { return !aside(o) && o.Revision > ret.Revision })
		if !aside(ret) && newer != slices.Contains(ret.Flags, mash.FlagSuperseded) {
			q.fail("I4", "revision %d of request %s: superseded is flagged wrongly", ret.Revision, r.ID)
		}
	}
	if late > 0 && count[mash.EventLateAfterwards] < late {
		q.fail("I4", "request %s has %d late returns and %d events that say so", r.ID, late, count[mash.EventLateAfterwards])
	}
	q.r.Late += late
}

// aside reports whether a return is kept sealed: late, or out of scope.
func aside(r mash.Return) bool {
	return slices.Contains(r.Flags, mash.FlagLate) || slices.Contains(r.Flags, mash.FlagQuarantined)
}

// clock: the pieces sum to the total, and the total is what the hub's own
// events say.
func (q *inquest) clock(tx mash.HubTx, r mash.Request, events []mash.Event) {
	now := mash.Instant(time.Now())
	outages, err := tx.Outages(r.RaisedAt, now)
	if err != nil {
		q.fail("clock", "request %s: %v", r.ID, err)
		return
	}
	in := tracking.Input{Events: events, Now: now}
	for _, o := range outages {
		if o.Scope == "hub" || o.Scope == "broker" {
			in.Outages = append(in.Outages, o)
		} else {
			in.Silent = append(in.Silent, tracking.Window{From: o.From, To: o.To})
		}
	}
	t := tracking.Measure(in)
	var sum int64
	for _, ms := range t.By {
		sum += ms
		if ms < 0 {
			q.fail("clock", "request %s has a negative piece", r.ID)
		}
	}
	if sum != t.TotalMS {
		q.fail("clock", "request %s: the pieces sum to %d of %d ms", r.ID, sum, t.TotalMS)
	}
	if !r.State.Ended() {
		return
	}
	for _, e := range events {
		switch e.Kind {
		case mash.EventLanded, mash.EventWithdrawn, mash.EventRefused:
			if want := e.At.Sub(r.RaisedAt).Milliseconds(); e.Clock == mash.ClockHub && want != t.TotalMS {
				q.fail("clock", "request %s: the total is %d ms, from raised to %s are %d", r.ID, t.TotalMS, e.Kind, want)
			}
		}
	}
}
