package app_test

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"mashhub/hub/app"
	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
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
	n, err := app.NewNode(ctx, app.NodeOptions{Agency: police, Dir: filepath.Join(dir, "police"), Enrol: enrol, Env: mash.SystemEnv(), Log: log.With("side", "police"),
		Hubs: links, Wrap: app.Wraps[mash.NodeTx]{Policy: both, Bus: all.bus},
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
}
