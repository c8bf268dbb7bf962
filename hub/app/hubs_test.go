package app_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"mashhub/hub/app"
	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/protocol"
	"mashhub/policies"
)

const neighbour = "marlshire"

// twoPartnerships is the shipped policy with the same agreement for a second
// hub.
func twoPartnerships(t *testing.T) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(policies.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(policies.FS, path)
		files[path] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	other := func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), world.Hub, neighbour)) }
	files["agreements/mash-"+neighbour+".yaml"] = &fstest.MapFile{Data: other(files["agreements/mash-"+world.Hub+".yaml"].Data)}
	files["agreements/encompass-"+neighbour+".yaml"] = &fstest.MapFile{Data: other(files["agreements/encompass-"+world.Hub+".yaml"].Data)}
	register := string(files["tables/register.yaml"].Data)
	_, lines, ok := strings.Cut(register, "register:\n")
	if !ok {
		t.Fatal("the register has another form")
	}
	files["tables/register.yaml"] = &fstest.MapFile{Data: []byte(register + string(other([]byte(lines))))}
	return files
}

// TestOneNodeTwoHubs: a police force that covers two councils answers both
// from one node, and nothing of the one's is the other's: not keys, not topics,
// not rows, not decisions.
func TestOneNodeTwoHubs(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	log := testLog(t)
	files := twoPartnerships(t)
	both := func(p mash.Policy) mash.Policy {
		if err := p.(*protocol.Point).Swap(ctx, files, 2); err != nil {
			t.Error(err)
		}
		return p
	}
	s, err := world.LoadAt(1, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	db, err := world.BuildPolice(ctx, t.TempDir(), s)
	if err != nil {
		t.Fatal(err)
	}
	agencies, err := world.Directory()
	if err != nil {
		t.Fatal(err)
	}
	police, _ := agencies.Agency("police")
	only := mash.Directory{police}
	dir := t.TempDir()
	enrol := filepath.Join(dir, "enrol")
	ids := []string{world.Hub, neighbour}
	hubs := map[string]*app.Hub{}
	var links []app.HubLink
	all := line{names: map[string]string{}} // the node is on each
	for _, id := range ids {
		l := broker(t, app.Topics(id, only)) // each partnership has its own, or names of its own
		maps.Copy(all.names, l.names)
		links = append(links, app.HubLink{ID: id, Brokers: l.brokers})
		h, err := app.NewHub(ctx, app.HubOptions{ID: id, Dir: filepath.Join(dir, id), Enrol: enrol, Brokers: l.brokers, Agencies: only,
			Targets: hours{}, Env: mash.SystemEnv(), Log: log.With("side", id), Wrap: app.Wraps[mash.HubTx]{Policy: both, Bus: l.bus}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { h.Close() })
		hubs[id] = h
	}
	self, _ := os.Executable()
	var policies []*breakable
	atNode := func(p mash.Policy) mash.Policy {
		policies = append(policies, &breakable{Policy: both(p)})
		return policies[len(policies)-1]
	}
	n, err := app.NewNode(ctx, app.NodeOptions{Agency: police, Dir: filepath.Join(dir, "police"), Enrol: enrol, Env: mash.SystemEnv(), Log: log.With("side", "police"),
		Hubs: links, Wrap: app.Wraps[mash.NodeTx]{Policy: atNode, Bus: all.bus},
		Connectors: []app.ConnectorSpec{{Name: "police", Cmd: []string{self, "serve-connector", "police"}, Config: []byte(`{"driver":"sqlite","dsn":"` + db + `"}`)}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	done := make(chan error, 3)
	for _, h := range hubs {
		go func() { done <- h.Enrolment(ctx, []string{"police"}) }()
	}
	go func() { done <- n.Enrolment(ctx) }()
	for range 3 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	rctx, stop := context.WithCancel(ctx)
	for _, h := range hubs {
		go func() { done <- h.Run(rctx) }()
	}
	go func() { done <- n.Run(rctx) }()
	t.Cleanup(func() {
		stop()
		for range 3 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	worker := mash.Actor{ID: "worker-1", Roles: []string{mash.RoleWorker}}
	asked := map[string]mash.Request{}
	for _, id := range ids {
		in, err := s.OpenInput()
		if err != nil {
			t.Fatal(err)
		}
		in.Originator.Party = nil // the school is not in this directory
		e, err := hubs[id].Desk.Open(ctx, worker, in)
		if err != nil {
			t.Fatal(err)
		}
		rs, err := hubs[id].Desk.Ask(ctx, worker, e.ID, enquiry.AskInput{From: time.Date(2016, 5, 3, 0, 0, 0, 0, time.UTC),
			Ask: []enquiry.PartyAsk{{Party: mash.Party{Agency: "police"}, Categories: []string{"police.domestic_incident"}}}})
		if err != nil || rs[0].State != mash.RequestQueued {
			t.Fatalf("%s: %v, %+v", id, err, rs)
		}
		asked[id] = rs[0]
	}
	for _, id := range ids {
		for ctx.Err() == nil {
			p, err := hubs[id].Desk.Show(ctx, worker, asked[id].EnquiryID, "enquiry")
			if err != nil {
				t.Fatal(err)
			}
			if r := p.Requests[0]; r.State.Ended() {
				if r.State != mash.RequestLanded {
					t.Errorf("%s: the request is %s (%s)", id, r.State, r.Code)
				}
				break
			}
			time.Sleep(30 * time.Millisecond)
		}
	}
	if ctx.Err() != nil {
		t.Fatal("the node did not answer both hubs in time")
	}
	released := map[string]string{} // the decision on the return
	for _, id := range ids {
		err := hubs[id].Store.View(ctx, func(tx mash.HubTx) error {
			all, err := tx.ReturnsOf(asked[id].ID)
			if err == nil && len(all) > 0 && len(all[0].Items) > 0 {
				released[id] = all[0].Items[0].Decision
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	other := map[string]string{world.Hub: neighbour, neighbour: world.Hub}
	err = n.Store.View(ctx, func(tx mash.NodeTx) error {
		for _, id := range ids {
			p := mash.Party{Agency: "police"}
			if _, err := tx.SentReturn(id, asked[id].ID, p, 1); err != nil {
				t.Errorf("%s: its return is not kept under its own name: %v", id, err)
			}
			if _, err := tx.SentReturn(other[id], asked[id].ID, p, 1); err == nil {
				t.Errorf("%s: its return is kept under the other's name", id)
			}
			if _, err := tx.Held(other[id], asked[id].ID, p); err == nil {
				t.Errorf("%s: its request is held under the other's name", id)
			}
			if d, err := tx.Decision(released[id]); err != nil || d.Hub != id || d.Question != mash.QuestionRelease {
				t.Errorf("%s: it was released by %+v: %v", id, d, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{} // key id → hub
	for _, id := range ids {
		err := hubs[id].Store.View(ctx, func(tx mash.HubTx) error {
			if _, err := tx.Request(asked[other[id]].ID); err == nil {
				t.Errorf("%s knows the other's request", id)
			}
			all, err := tx.KeysOf(mash.PartyAddress(mash.Party{Agency: "police"}))
			for _, k := range all {
				if before, ok := keys[k.ID]; ok {
					t.Errorf("the police use one key with %s and %s", before, id)
				}
				keys[k.ID] = id
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(keys) != 4 {
		t.Errorf("the police have %d keys, want two with each hub", len(keys))
	}
	pagesOfTwoHubs(t, n, files, policies)
}

// breakable is a policy that can be made to fail.
type breakable struct {
	mash.Policy
	broken atomic.Bool
}

func (b *breakable) View(ctx context.Context, in mash.ViewInput) mash.Decision {
	d := b.Policy.View(ctx, in)
	if b.broken.Load() {
		d.Answer, d.Fault, d.Obligations = mash.Deny, true, nil
	}
	return d
}

// pagesOfTwoHubs: what of a hub's a person at the agency sees is decided by that
// hub's agreements and recorded under its name, page by page.
func pagesOfTwoHubs(t *testing.T, n *app.Node, files fs.FS, policies []*breakable) {
	ctx := t.Context()
	who := mash.Actor{ID: "reviewer-1", Roles: []string{mash.RoleReviewer}, Agency: "police"}
	came := time.Now().UTC()
	update := func(f func(mash.NodeTx) error) {
		t.Helper()
		if err := n.Store.Update(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx mash.NodeTx) error {
		for _, hub := range []string{world.Hub, neighbour, "gone"} { // the last is not served any more
			err := errors.Join(tx.Quarantine(mash.Quarantined{ID: "q-" + hub, Topic: mash.ToTopic(hub, "police"), Sealed: []byte("x"), Code: mash.CodeBadMessage, At: came}),
				tx.PutTask(mash.Task{ID: "t-" + hub, Hub: hub, Request: "r-" + hub, Party: mash.Party{Agency: "police"}, Kind: node.TaskNotice, State: "open", Body: []byte(`{}`), Created: came}))
			if err != nil {
				return err
			}
		}
		return nil
	})
	// since gives what of the log of an action came after the last call, by hub,
	// with the ids shown.
	at := 0
	since := func(action string) map[string][]string {
		t.Helper()
		out := map[string][]string{}
		err := n.Store.View(ctx, func(tx mash.NodeTx) error {
			clear(out)
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
			rows = append(rows, newest...)
			for _, r := range rows[min(at, len(rows)):] {
				e, err := n.Audit.Entry(r)
				if err != nil {
					return err
				}
				if e.Action != action || e.Actor != who.ID {
					continue
				}
				out[e.Hub] = append(out[e.Hub], e.Shown...)
				if e.Decision == "" {
					continue
				}
				if d, err := tx.Decision(e.Decision); err != nil || d.Hub != e.Hub {
					t.Errorf("%s of %s was decided by %s: %v", action, e.Hub, d.Hub, err)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	mark := func() {
		t.Helper()
		err := n.Store.View(ctx, func(tx mash.NodeTx) error {
			size, err := tx.TreeSize()
			newest, err2 := tx.Unsequenced(1 << 20)
			at = int(size) + len(newest)
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	inbox := func(undecided int, want ...string) {
		t.Helper()
		rows, no, err := n.Node.Inbox(ctx, who)
		var got []string
		for _, r := range rows {
			got = append(got, r.Hub)
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) || len(no) != undecided {
			t.Errorf("the inbox has tasks of %v, undecided %v, %v; want %v", got, no, err, want)
		}
	}
	quarantine := func(want ...string) {
		t.Helper()
		q, err := n.Node.Quarantine(ctx, who)
		got := q.IDs()
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) || q.State.Kept != len(want) {
			t.Errorf("the quarantine has %v of %d, %v; want %v", got, q.State.Kept, err, want)
		}
	}
	mark()
	inbox(0, world.Hub, neighbour)
	quarantine("q-"+world.Hub, "q-gone", "q-"+neighbour)
	if got := since("page.view"); len(got) != 2 || !slices.Contains(got[neighbour], "q-"+neighbour) || slices.Contains(got[neighbour], "q-"+world.Hub) {
		t.Errorf("recorded: %v", got)
	}

	// The neighbour's agreements close these pages to reviewers.
	narrow := fstest.MapFS{}
	for path, f := range files.(fstest.MapFS) {
		narrow[path] = f
	}
	before, own, ok := strings.Cut(string(files.(fstest.MapFS)["tables/views.yaml"].Data), "  agency_reviewer:\n")
	own, after, ok2 := strings.Cut(own, "  dsl:\n")
	if !ok || !ok2 {
		t.Fatal("the table of views has another form")
	}
	for _, page := range []string{"inbox", "quarantine", "audit", "signatory"} {
		own = strings.Replace(own, "      "+page+":", "      no_"+page+":", 1)
	}
	narrow["tables/views.yaml"] = &fstest.MapFile{Data: []byte(before + "  agency_reviewer:\n" + own + "  dsl:\n" + after)}
	close := func(hub string) {
		t.Helper()
		if err := n.Policies[hub].Swap(ctx, narrow, 3); err != nil {
			t.Fatal(err)
		}
	}
	close(neighbour)
	mark()
	inbox(0, world.Hub)
	if view, denied := since("page.view"), since("page.denied"); len(view) != 1 || view[world.Hub] != nil || len(denied) != 1 {
		t.Errorf("recorded: %v, denied %v", view, denied)
	}
	quarantine("q-" + world.Hub)
	for hub, want := range map[string]mash.Code{world.Hub: "", neighbour: mash.CodeNotFound} {
		if _, err := n.Editions[hub].List(ctx, who); mash.CodeOf(err) != want {
			t.Errorf("the changes of %s's agreements: %v", hub, err)
		}
		if err := n.Editions[hub].Answer(ctx, who, "nothing", true, " "); (mash.CodeOf(err) == mash.CodeNotFound) != (want != "") {
			t.Errorf("an answer about %s's agreements: %v", hub, err)
		}
	}
	if _, err := n.Node.Systems(ctx, who); err != nil {
		t.Errorf("the systems: %v", err)
	}
	if err := n.Node.MayViewAll(ctx, who, "audit"); mash.CodeOf(err) != mash.CodeNotFound {
		t.Errorf("the log, which is of both: %v", err)
	}
	mark()
	if err := n.Node.SeeQuarantine(ctx, who, came.Add(time.Second), "looked"); err != nil {
		t.Error(err)
	}
	if got := since("quarantine.seen"); len(got) != 1 || !slices.Equal(got[world.Hub], []string{"q-" + world.Hub}) {
		t.Errorf("looked at: %v", got)
	}
	if left, err := n.Node.Unopened(ctx); err != nil || left != 2 {
		t.Errorf("%d are left, %v", left, err)
	}
	if err := n.Node.SeeQuarantine(ctx, who, came.Add(time.Second), "again"); mash.CodeOf(err) != mash.CodeConflict {
		t.Errorf("again: %v", err)
	}

	// One that cannot decide hides nothing of the other, and is told.
	policies[1].broken.Store(true)
	inbox(1, world.Hub)
	if _, err := n.Node.Quarantine(ctx, who); mash.CodeOf(err) != mash.CodeFault {
		t.Errorf("the quarantine: %v", err)
	}
	policies[1].broken.Store(false)

	close(world.Hub)
	for page, err := range map[string]error{"inbox": second(n.Node.Inbox(ctx, who)), "live": n.Node.MayView(ctx, who, "inbox")} {
		if mash.CodeOf(err) != mash.CodeNotFound {
			t.Errorf("%s, closed by both: %v", page, err)
		}
	}
	_, err := n.Node.Quarantine(ctx, who)
	_, err2 := n.Node.Systems(ctx, who)
	if mash.CodeOf(err) != mash.CodeNotFound || mash.CodeOf(err2) != mash.CodeNotFound {
		t.Errorf("closed by both: %v, %v", err, err2)
	}
}

func second(_ []node.InboxRow, _ []string, err error) error { return err }
