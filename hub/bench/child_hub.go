package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"mashhub/hub/app"
	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/tracking"
)

// never is longer than any run: see the package comment on repeats.
const never = 24 * time.Hour

// worker is the person at the hub who does everything.
var worker = mash.Actor{ID: "worker-1", Roles: []string{mash.RoleWorker}}

// asked is what an acknowledged ask promises.
type asked struct {
	Enquiry  string         `json:"enquiry"`
	Requests []askedRequest `json:"requests"`
}

type askedRequest struct {
	ID    string            `json:"id"`
	Party mash.Party        `json:"party"`
	State mash.RequestState `json:"state"`
	Code  string            `json:"code"`
}

// shown is what an acknowledged page showed.
type shown struct {
	Enquiry  string   `json:"enquiry"`
	Decision string   `json:"decision"`
	Items    []string `json:"items"`
}

// pending is what still waits, for the drain.
type pending struct {
	Requests int `json:"requests"`
	Messages int `json:"messages"`
}

// change is the argument of what is done to a request or an enquiry.
type change struct {
	Request string   `json:"request,omitempty"`
	Enquiry string   `json:"enquiry,omitempty"`
	RAG     mash.RAG `json:"rag,omitempty"`
}

// runHub is the hub's process: the hub as it is, worked by lines from the
// harness instead of pages.
func runHub(ctx context.Context, c childConfig, l *line, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	env := mash.SystemEnv()
	s := &spy{plant: c.Plant, die: dieNow, order: c.Die, landed: func(request string) { l.event("landed", request) }}
	var perr error
	h, err := app.NewHub(ctx, app.HubOptions{ID: world.Hub, Dir: c.Dir, Enrol: c.Enrol, Brokers: c.Brokers, Agencies: c.Agencies,
		Targets: tracking.DefaultProfile(), Env: env, Log: log,
		Wrap: app.Wraps[mash.HubTx]{Store: s.hub, Resend: never, Policy: func(p mash.Policy) mash.Policy {
			out, err := newFaulty(ctx, mash.HubAddress(world.Hub), env, c.FaultEvery, p)
			perr = errors.Join(perr, err)
			return out
		}}})
	if err = errors.Join(err, perr); err != nil {
		return err
	}
	defer h.Close()
	var names []string
	for _, a := range c.Agencies {
		names = append(names, a.ID)
	}
	if err := h.Enrolment(ctx, names); err != nil {
		return err
	}
	day, err := time.Parse(time.DateOnly, c.Day)
	if err != nil {
		return err
	}
	story, err := world.LoadAt(1, day)
	if err != nil {
		return err
	}
	d := &hubDesk{h: h, story: story, spy: s}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.Run(ctx) })
	go l.serve(ctx, os.Stdin, cancel, map[string]func(context.Context, json.RawMessage) (any, error){
		"ask": op(d.ask), "withdraw": op(d.withdraw), "rag": op(d.rag), "show": op(d.show), "pending": op(d.pending), "die": op(d.die)})
	l.event("ready", "")
	return g.Wait()
}

// hubDesk does what the harness says.
type hubDesk struct {
	h     *app.Hub
	story *world.Scenario
	spy   *spy
}

// ask opens an enquiry and asks every agency about the child's mother.
func (d *hubDesk) ask(ctx context.Context, _ struct{}) (asked, error) {
	var out asked
	in := enquiry.OpenInput{Originator: mash.Originator{Kind: "school"}, Evidence: true, Narrative: d.story.Enquiry.Narrative, RAG: mash.Amber, Level: 3,
		Purpose:  mash.PurposeS17,
		Basis:    mash.Basis{Agreement: &mash.Agreement{State: "given", GivenBy: "parent", Told: "FS-2", At: d.h.Env.Now().Add(-time.Hour)}},
		Informed: mash.Informed{Answer: "yes"}, VoiceNotSought: "not seen yet"}
	for _, a := range d.story.Enquiry.About {
		in.People = append(in.People, mash.EnquiryPerson{Key: a.Key, Role: a.Role, Relation: a.Relation, Reason: a.Reason, Record: d.story.People[a.Key].Record()})
	}
	e, err := d.h.Desk.Open(ctx, worker, in)
	if err != nil {
		return out, fmt.Errorf("opening: %w", err)
	}
	if err := d.h.Desk.WriteOwnView(ctx, worker, e.ID, "what I think"); err != nil {
		return out, fmt.Errorf("writing my own view: %w", err)
	}
	from, err := time.Parse(time.DateOnly, d.story.Enquiry.From)
	if err != nil {
		return out, err
	}
	ai := enquiry.AskInput{From: from}
	for _, a := range d.h.Agencies {
		ai.Ask = append(ai.Ask, enquiry.PartyAsk{Party: mash.Party{Agency: a.ID}, Persons: []string{"household-1"}, Categories: askedOf[a.ID]})
	}
	rs, err := d.h.Desk.Ask(ctx, worker, e.ID, ai)
	if err != nil {
		return out, fmt.Errorf("asking: %w", err)
	}
	out.Enquiry = e.ID
	for _, r := range rs {
		out.Requests = append(out.Requests, askedRequest{r.ID, r.Party, r.State, r.Code})
	}
	return out, nil
}

// askedOf are the categories that the harness asks for; nothing for another
// agency means all that it holds.
var askedOf = map[string][]string{
	"police":  {"police.domestic_incident", "police.crime"},
	"housing": {"housing.tenancy", "housing.arrears"},
}

func (d *hubDesk) withdraw(ctx context.Context, c change) (asked, error) {
	_, err := d.h.Desk.Withdraw(ctx, worker, c.Request, "asked in error")
	return asked{}, err
}

func (d *hubDesk) rag(ctx context.Context, c change) (asked, error) {
	return asked{}, d.h.Desk.SetRAG(ctx, worker, c.Enquiry, c.RAG)
}

func (d *hubDesk) show(ctx context.Context, c change) (shown, error) {
	p, err := d.h.Desk.Show(ctx, worker, c.Enquiry, "chronology")
	if err != nil {
		return shown{}, err
	}
	out := shown{Enquiry: c.Enquiry, Decision: p.Decision}
	for _, x := range p.Chronology {
		out.Items = append(out.Items, x.ID)
	}
	return out, nil
}

func (d *hubDesk) pending(ctx context.Context, _ struct{}) (p pending, err error) {
	err = d.h.Store.View(ctx, func(tx mash.HubTx) error {
		open, err := tx.OpenRequests(mash.RequestFilter{})
		if err != nil {
			return err
		}
		p.Requests = len(open)
		p.Messages, err = tx.OpenMessages(world.Hub)
		return err
	})
	return p, err
}

func (d *hubDesk) die(_ context.Context, at death) (asked, error) {
	d.spy.kill(at)
	return asked{}, nil
}
