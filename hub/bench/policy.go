package bench

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"strings"
	"time"

	"mashhub/hub/agreement"
	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
)

// PolicyOptions of the policy's figures.
type PolicyOptions struct {
	Rounds    int           // each measures us and both peers, one after the other [3]
	Each      time.Duration // how long each is measured in a round [2 s]
	Decisions int           // that are rehearsed [100,000]
	Opa       string        // the opa program, for its server; empty: that peer is left out
	Out       io.Writer     // progress; nil: none
	Log       *slog.Logger  // nil: none
}

const (
	manyAgencies   = 150
	manyAgreements = 12
	activations    = 5
)

// Policy measures decisions beside the engine's own ways to have them, how soon a
// change of the agreements is in force, and how long a rehearsal takes.
func Policy(ctx context.Context, o PolicyOptions) (Report, error) {
	r := Report{Bench: "policy"}
	if o.Rounds == 0 {
		o.Rounds = 3
	}
	if o.Each == 0 {
		o.Each = 2 * time.Second
	}
	if o.Decisions == 0 {
		o.Decisions = 100_000
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := decisionFigures(ctx, o, &r); err != nil {
		return r, err
	}
	fmt.Fprintln(o.Out, "starting the broker, the hub, eight nodes and eight connectors")
	rig, err := newRig(ctx, o.Log)
	if err != nil {
		return r, err
	}
	defer rig.close()
	if err := rig.activate(ctx, o, &r); err != nil {
		return r, fmt.Errorf("activating: %w", err)
	}
	if err := rig.rehearse(ctx, o, &r); err != nil {
		return r, fmt.Errorf("rehearsing: %w", err)
	}
	r.Notes = append(r.Notes,
		fmt.Sprintf("Decisions: one question and one answer of five items for each of %d agencies in turn, %d agreements of as many pairs loaded; one at a time.", manyAgencies, manyAgreements),
		"Ours includes making the recorded input and its hash; each peer begins with that input as JSON, as it must.",
		fmt.Sprintf("A change: one cell narrowed, approved, until hub and eight nodes decide by it; median of %d.", activations),
		fmt.Sprintf("Rehearsal: %d recorded questions and views, of 1,000 different ones, read from the hub's encrypted store and put to another version.", o.Decisions))
	return r, nil
}

// manyPairs is the shipped policy with twelve agreements, of as many hubs, each
// with 150 agencies.
func manyPairs() (fs.FS, error) {
	all, err := patchedPolicy("agreements/mash-fernshire.yaml", "mash-fernshire", func(doc, one map[string]any) error {
		pairs, ok := one["pairs"].(map[string]any)
		if !ok || pairs["fernshire/housing"] == nil {
			return fmt.Errorf("the shipped agreement has no pair of hub and housing")
		}
		for n := range manyAgreements {
			hub, id := manyHub(n)
			x := maps.Clone(one)
			x["hub"] = hub
			many := map[string]any{}
			for i := range manyAgencies {
				many[fmt.Sprintf("%s/agency-%d", hub, i+1)] = pairs["fernshire/housing"]
			}
			x["pairs"] = many
			doc[id] = x
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return withRegister(all)
}

// manyHub names a hub and its agreement.
func manyHub(n int) (hub, id string) {
	if n == 0 {
		return world.Hub, "mash-fernshire"
	}
	return fmt.Sprintf("hub-%d", n), fmt.Sprintf("mash-hub-%d", n)
}

var (
	lead   = mash.Actor{ID: "ig-lead-1", Roles: []string{mash.RoleIGLead}}
	second = mash.Actor{ID: "manager-1", Roles: []string{mash.RoleManager}}
)

// cells that a change narrows, one after the other.
var cells = []string{"police.crime", "police.warning", "police.domestic_incident", "police.bail", "police.order", "police.missing_episode"}

// propose puts a version forward in which one cell more is closed.
func (r *rig) propose(ctx context.Context, n int) (mash.Edition, error) {
	d := r.hub.Editions
	files, err := d.Current(ctx, lead)
	if err != nil {
		return mash.Edition{}, err
	}
	files, err = agreement.SetMode(agreement.FS(files), agreement.Cell{Agreement: "mash-fernshire", Pair: world.Hub + "/police", Category: cells[n], Purpose: "s17"}, "none")
	if err != nil {
		return mash.Edition{}, err
	}
	return d.Propose(ctx, lead, files, "to see how soon it is in force")
}

// activate measures from the approval until hub and nodes decide by the change.
func (r *rig) activate(ctx context.Context, o PolicyOptions, out *Report) error {
	fmt.Fprintln(o.Out, "changing the agreements")
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var hubs, nodes []float64
	for n := range activations {
		e, err := r.propose(ctx, n)
		if err != nil {
			return err
		}
		start := time.Now()
		if err := r.hub.Editions.Approve(ctx, second, e.ID, time.Time{}); err != nil {
			return err
		}
		if err := until(ctx, func() bool { return r.hub.Policy.Version() == e.Version }); err != nil {
			return fmt.Errorf("at the hub: %w", err)
		}
		hubs = append(hubs, ms(time.Since(start)))
		for _, node := range r.nodes {
			if err := until(ctx, func() bool { return node.Policies[world.Hub].Version() == e.Version }); err != nil {
				return fmt.Errorf("at %s: %w", node.Agency.ID, err)
			}
		}
		nodes = append(nodes, ms(time.Since(start)))
	}
	out.Figures = append(out.Figures, atMost("activate_hub_ms", median(hubs), "ms", 1000), atMost("activate_nodes_ms", median(nodes), "ms, the last of 8", 5000))
	return nil
}

func until(ctx context.Context, so func() bool) error {
	for !so() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// rehearse fills the hub's store with decisions and rehearses them all.
func (r *rig) rehearse(ctx context.Context, o PolicyOptions, out *Report) error {
	fmt.Fprintf(o.Out, "recording %d decisions\n", o.Decisions)
	const kinds, batch = 1000, 1000
	now := r.hub.Env.Now()
	var some []mash.Decision
	for i := range kinds {
		about := mash.About{Where: mash.HubAddress(world.Hub), Actor: "worker-1", Enquiry: fmt.Sprintf("enquiry-%d", i), Now: now}
		if i%3 == 0 {
			some = append(some, r.hub.Policy.Ask(ctx, askOf(about, world.Hub, "police", cells[i/3%len(cells)], i)))
			continue
		}
		in := mash.ViewInput{About: about, Page: "chronology", Person: mash.ViewPerson{ID: "worker-1", Roles: []string{mash.RoleWorker}, Relation: "assigned"}, PurposeOf: "enquiry"}
		for n := range 10 {
			in.Items = append(in.Items, itemOf(fmt.Sprintf("%d-%d", i, n), cells[n%len(cells)], n))
		}
		some = append(some, r.hub.Policy.View(ctx, in))
	}
	for at := 0; at < o.Decisions; at += batch {
		if err := r.hub.Store.Update(ctx, func(tx mash.HubTx) error {
			for i := range min(batch, o.Decisions-at) {
				d := some[(at+i)%kinds]
				d.ID, d.At = fmt.Sprintf("decision-%d", at+i), now.Add(time.Duration(at+i)*time.Microsecond)
				if err := tx.PutDecision(d); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	e, err := r.propose(ctx, activations)
	if err != nil {
		return err
	}
	fmt.Fprintln(o.Out, "rehearsing them")
	start := time.Now()
	x, err := r.hub.Editions.Rehearse(ctx, lead, e.ID, now)
	if err != nil {
		return err
	}
	took := time.Since(start)
	if x.Looked < o.Decisions || x.Changed == 0 {
		return fmt.Errorf("%d decisions were looked at and %d would change", x.Looked, x.Changed)
	}
	name := "rehearse_100k_s"
	if o.Decisions != 100_000 {
		name = strings.Replace(name, "100k", fmt.Sprint(o.Decisions), 1)
	}
	out.Figures = append(out.Figures, atMost(name, took.Seconds(), "s", 30))
	return nil
}

// askOf is a question about two people.
func askOf(about mash.About, hub, agency, category string, n int) mash.AskInput {
	return mash.AskInput{About: about, Hub: hub, Party: mash.Party{Agency: agency}, Purpose: mash.PurposeS17, Level: 3, RAG: mash.Amber,
		Basis: mash.BasisInput{Agreement: "given", GivenBy: "parent", Told: true}, Evidence: true,
		Persons: []mash.AskPerson{{Key: "subject-1", Role: "subject", Fields: []string{"identifiers.nhs", "names", "birth_date", "gender", "addresses"}},
			{Key: "household-1", Role: "household", HasReason: n%2 == 0, Fields: []string{"names", "birth_date", "addresses"}}},
		Categories: []string{category}, From: about.Now.AddDate(-5, 0, 0), To: about.Now}
}

func itemOf(id, category string, n int) mash.ItemInput {
	return mash.ItemInput{ID: id, Person: "subject-1", Category: category, Kind: "fact", Date: "2026-09-01", AgeDays: 80 + n, Band: "match"}
}

// releaseOf is an answer of five items.
func releaseOf(about mash.About, hub, agency string) mash.ReleaseInput {
	in := mash.ReleaseInput{About: about, Hub: hub, Party: mash.Party{Agency: agency}, Purpose: mash.PurposeS17, Basis: mash.BasisInput{Agreement: "given", GivenBy: "parent", Told: true},
		Asked: []string{"housing.tenancy", "housing.arrears"}, From: about.Now.AddDate(-5, 0, 0), To: about.Now,
		Held: []mash.HeldInput{{Person: "subject-1", Category: "housing.tenancy", Band: "match", Held: true}, {Person: "subject-1", Category: "housing.arrears", Band: "match"}}}
	for n := range 5 {
		in.Items = append(in.Items, itemOf(fmt.Sprintf("item-%d", n), "housing.tenancy", n))
	}
	return in
}
