package pages

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mashhub/hub/agreement"
	"mashhub/hub/edition"
	"mashhub/hub/mash"
	"mashhub/hub/protocol"
	"mashhub/policies"
)

// checks compiles, which is all that a node's pages need of an engine.
type checks struct{ *protocol.Point }

func (checks) Check(ctx context.Context, files edition.Files) (string, error) {
	return protocol.Check(ctx, agreement.FS(files))
}
func (checks) Swap(context.Context, edition.Files, int64) error { return nil }
func (checks) Draft(context.Context, edition.Files) (edition.Draft, error) {
	return nil, mash.Errorf(mash.CodeUnsupported, "not here")
}

// TestAChangeThatWaits is asked about in sentences, answered with a reason, and
// once.
func TestAChangeThatWaits(t *testing.T) {
	f := newAgency(t, police, nil)
	shipped, err := agreement.Files(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	wider, err := agreement.SetMode(policies.FS, agreement.Cell{Agreement: "mash-fernshire", Pair: "fernshire/police", Category: "police.crime", Purpose: "early_help"}, "content")
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(wider)
	if err != nil {
		t.Fatal(err)
	}
	e := mash.Edition{ID: "e-1", Hub: "fernshire", Version: "v-2", Epoch: 2, State: mash.EditionHeld, Why: "Early help needs it", ProposedBy: "ig-lead-1", ApprovedBy: "manager-1", EffectiveAt: f.now}
	hub := &edition.Node{Keeper: edition.NewKeeper(edition.Keeper[mash.NodeTx]{Hub: "fernshire", Store: f.store, Engine: checks{policyOf(t, "police")}, Audit: f.node.Audit, Env: f.node.Env, Log: f.node.Log}),
		Agency: "police", May: func(ctx context.Context, actor mash.Actor, page string) error {
			return f.node.MayViewOf(ctx, actor, "fernshire", page)
		}}
	if err := hub.Keep(t.Context(), shipped); err != nil {
		t.Fatal(err)
	}
	if err := f.store.Update(t.Context(), func(tx mash.NodeTx) error {
		if err := tx.PutPolicyFiles("v-2", b); err != nil {
			return err
		}
		return tx.PutEdition(e)
	}); err != nil {
		t.Fatal(err)
	}
	f.serve(Options{DemoRoles: DemoRoles(police), Editions: []*edition.Node{hub}})
	c := f.as("reviewer")
	page := c.want(c.get("/agreements"), 200, "Early help needs it", "Waits for you", "It would let you release more", "For early help, Fernshire Police may share police crime records")
	if v := fields(t, page.body); v.Get("answer") != "" {
		t.Error("something is preselected")
	}
	c.want(c.get("/api/v1/agreements"), 200, `"state":"held"`, `"category":"police.crime"`)
	c.want(c.form("/agreements/e-1/agree", url.Values{"why": {"x"}}), 422, "Say whether you agree to it")
	c.want(c.form("/agreements/e-1/agree", url.Values{"answer": {"yes"}}), 422, "Say why, and who decided it")
	c.want(c.form("/agreements/e-2/agree", url.Values{"answer": {"yes"}, "why": {"x"}}), 404)
	c.want(c.form("/agreements/e-1/agree", url.Values{"answer": {"yes"}, "why": {"The chief superintendent"}}), http.StatusSeeOther)
	c.want(c.form("/agreements/e-1/agree", url.Values{"answer": {"no"}, "why": {"x"}}), 409, "does not wait")
	c.want(c.get("/agreements"), 200, "Agreed to, waits for its time", "The chief superintendent (police-reviewer)")
}

// TestChangesOfTwoHubs: where one hub's agreements do not show somebody their
// changes, the other's are shown all the same, and nothing where neither does.
func TestChangesOfTwoHubs(t *testing.T) {
	f := newAgency(t, police, nil)
	may := map[string]error{}
	var hubs []*edition.Node
	for _, hub := range []string{"eastmere", "fernshire"} {
		e := mash.Edition{ID: "e-" + hub, Hub: hub, Version: "v", Epoch: 2, State: mash.EditionApproved, Why: "A change of " + hub, EffectiveAt: f.now}
		if err := f.store.Update(t.Context(), func(tx mash.NodeTx) error { return tx.PutEdition(e) }); err != nil {
			t.Fatal(err)
		}
		hubs = append(hubs, &edition.Node{Keeper: edition.NewKeeper(edition.Keeper[mash.NodeTx]{Hub: hub, Store: f.store, Engine: checks{policyOf(t, "police")}, Audit: f.node.Audit, Env: f.node.Env, Log: f.node.Log}),
			Agency: "police", May: func(context.Context, mash.Actor, string) error { return may[hub] }})
	}
	f.serve(Options{DemoRoles: DemoRoles(police), Editions: hubs})
	c := f.as("reviewer")
	c.want(c.get("/agreements"), 200, "A change of eastmere", "A change of fernshire")
	may["eastmere"] = mash.Errorf(mash.CodeNotFound, "no")
	for _, path := range []string{"/agreements", "/api/v1/agreements"} {
		if page := c.want(c.get(path), 200, "A change of fernshire"); strings.Contains(page.body, "A change of eastmere") {
			t.Errorf("%s shows what eastmere's agreements do not", path)
		}
	}
	may["fernshire"] = mash.Undecided()
	if code := c.get("/agreements").status; code < 500 {
		t.Errorf("undecided: %d", code)
	}
	may["fernshire"] = may["eastmere"]
	c.want(c.get("/agreements"), 404)
	c.want(c.get("/api/v1/agreements"), 404)
}
