package bench

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"mashhub/hub/app"
	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/plugins/host"
	"mashhub/plugins/record"
)

// runNode is an agency's process. The police have a record system behind a
// connector process; the other has nobody but a person.
func runNode(ctx context.Context, c childConfig, l *line, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	env := mash.SystemEnv()
	agency := c.Agencies[0]
	s := &spy{plant: c.Plant, die: dieNow, order: c.Die}
	start := time.Now()
	var perr error
	o := app.NodeOptions{Agency: agency, Dir: c.Dir, Enrol: c.Enrol, Hubs: []app.HubLink{{ID: world.Hub, Brokers: c.Brokers}}, Env: env, Log: log,
		Boot: env.NewID(), Monotonic: func() int64 { return time.Since(start).Milliseconds() }, Retry: 100 * time.Millisecond,
		Wrap: app.Wraps[mash.NodeTx]{Store: s.node, Resend: never, Policy: func(p mash.Policy) mash.Policy {
			out, err := newFaulty(ctx, mash.PartyAddress(mash.Party{Agency: agency.ID}), env, c.FaultEvery, p)
			perr = errors.Join(perr, err)
			return out
		}}}
	if c.Police != "" {
		// The breaker's minute of rest is shortened, else three kills in five
		// minutes would end the work; the pauses before a restart are the usual.
		o.Connectors = []app.ConnectorSpec{{Name: "police", Cmd: []string{self, ChildCommand, "connector", "police"},
			Config: json.RawMessage(`{"driver":"sqlite","dsn":` + quoted(c.Police) + `}`),
			Limits: host.Limits{Window: 3 * time.Second, CoolDown: time.Second}}}
	}
	n, err := app.NewNode(ctx, o)
	if err = errors.Join(err, perr); err != nil {
		return err
	}
	defer n.Close()
	if err := n.Enrolment(ctx); err != nil {
		return err
	}
	d := &nodeDesk{n: n, spy: s, person: mash.Actor{ID: "officer-1", Roles: []string{mash.RoleReviewer}, Agency: agency.ID}}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return n.Run(ctx) })
	go l.serve(ctx, os.Stdin, cancel, map[string]func(context.Context, json.RawMessage) (any, error){
		"answer": op(d.answer), "pending": op(d.pending), "plugins": op(d.plugins), "die": op(d.die)})
	l.event("ready", "")
	err = g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // a string: cannot fail
	return string(b)
}

// nodeDesk does what the harness says at an agency.
type nodeDesk struct {
	n      *app.Node
	spy    *spy
	person mash.Actor
}

// answer does every open task as the agency's person would, and says how many.
func (d *nodeDesk) answer(ctx context.Context, _ struct{}) (int, error) {
	tasks, _, err := d.n.Node.Inbox(ctx, d.person)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, t := range tasks {
		if t.Kind != node.TaskAnswer {
			continue
		}
		err := d.one(ctx, t.ID)
		switch mash.CodeOf(err) {
		case "":
			done++
		case mash.CodeConflict, mash.CodeNotFound, mash.CodeFault: // withdrawn meanwhile
		default:
			return done, err
		}
	}
	return done, nil
}

func (d *nodeDesk) one(ctx context.Context, id string) error {
	v, err := d.n.Node.OpenTask(ctx, d.person, id)
	if err != nil {
		return err
	}
	a := node.Answer{Persons: map[string]node.PersonAnswer{}}
	for _, p := range v.Persons {
		a.Persons[p.Key] = node.PersonAnswer{Outcome: string(mash.RecordsFound), Items: []record.Item{{
			Category: v.Question.Categories[0], Kind: record.Fact, Date: record.PartialDate{Date: "2024-05-06"},
			Title: "Tenancy", Text: "Sole tenant.", Source: "Tenancy file", Author: "Officer"}}}
	}
	return d.n.Node.SubmitAnswer(ctx, d.person, id, a)
}

func (d *nodeDesk) pending(ctx context.Context, _ struct{}) (p pending, err error) {
	err = d.n.Store.View(ctx, func(tx mash.NodeTx) error {
		p.Messages, err = tx.OpenMessages(world.Hub)
		return err
	})
	return p, err
}

// plugins are the process ids of the connectors.
func (d *nodeDesk) plugins(context.Context, struct{}) ([]int, error) {
	pids := []int{}
	for _, p := range d.n.Plugins {
		pids = append(pids, p.Pid())
	}
	return pids, nil
}

func (d *nodeDesk) die(_ context.Context, at death) (asked, error) {
	d.spy.kill(at)
	return asked{}, nil
}
