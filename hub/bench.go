package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"mashhub/hub/bench"
)

// benchCmd are the measurements. None of them fails because of a figure.
type benchCmd struct {
	Roundtrip benchRoundtripCmd `cmd:"" help:"Ask eight agencies, and compare with a bare HTTP and a raw Kafka fan-out in the same run."`
	Policy    benchPolicyCmd    `cmd:"" help:"Decide beside a plain query and the opa server; how soon a change is in force, and how long a rehearsal takes."`
	Start     benchStartCmd     `cmd:"" help:"Run demo --once: how long to the complete chronology, and how much memory."`
	Crash     benchCrashCmd     `cmd:"" help:"Kill hub, nodes, connector and broker under load, and check that nothing is lost or counted twice."`
}

type benchRoundtripCmd struct {
	Rounds     int           `help:"How often we and both peers are measured, one after the other." default:"3"`
	Each       time.Duration `help:"How long each is measured in a round." default:"3s"`
	CPUProfile string        `help:"Write a CPU profile of hub and nodes under load to FILE." placeholder:"FILE" name:"cpuprofile" type:"path"`
	JSON       bool          `help:"Print one JSON object." name:"json"`
}

func (c *benchRoundtripCmd) Validate() error {
	if c.Rounds < 1 || c.Each <= 0 {
		return exitText("--rounds and --each: must be more than nothing")
	}
	return nil
}

func (c *benchRoundtripCmd) Run(ctx context.Context) error {
	r, err := bench.RoundTrip(ctx, bench.RoundTripOptions{Rounds: c.Rounds, Each: c.Each, CPUProfile: c.CPUProfile, Out: os.Stderr})
	if err != nil {
		return err
	}
	return printReport(r, c.JSON, os.Stdout)
}

type benchPolicyCmd struct {
	Rounds    int           `help:"How often we and both peers are measured, one after the other." default:"3"`
	Each      time.Duration `help:"How long each is measured in a round." default:"2s"`
	Decisions int           `help:"How many decisions are rehearsed." default:"100000"`
	Opa       string        `help:"The opa program, whose server is a peer; without it that figure is left out." placeholder:"FILE" type:"path"`
	JSON      bool          `help:"Print one JSON object." name:"json"`
}

func (c *benchPolicyCmd) Validate() error {
	if c.Rounds < 1 || c.Each <= 0 || c.Decisions < 1 {
		return exitText("--rounds, --each and --decisions: must be more than nothing")
	}
	return nil
}

func (c *benchPolicyCmd) Run(ctx context.Context) error {
	r, err := bench.Policy(ctx, bench.PolicyOptions{Rounds: c.Rounds, Each: c.Each, Decisions: c.Decisions, Opa: c.Opa, Out: os.Stderr})
	if err != nil {
		return err
	}
	return printReport(r, c.JSON, os.Stdout)
}

type benchStartCmd struct {
	Times int  `help:"How often it is started." default:"3"`
	JSON  bool `help:"Print one JSON object." name:"json"`
}

func (c *benchStartCmd) Validate() error {
	if c.Times < 1 {
		return exitText("--times: must be at least 1")
	}
	return nil
}

func (c *benchStartCmd) Run(ctx context.Context) error {
	r, err := bench.Start(ctx, bench.StartOptions{Times: c.Times, Out: os.Stderr})
	if err != nil {
		return err
	}
	return printReport(r, c.JSON, os.Stdout)
}

type benchCrashCmd struct {
	Points int    `help:"How often something is killed." default:"50"`
	Seed   uint64 `help:"Makes the same choices again; a random one if it is 0."`
	Data   string `help:"Where data and logs go; by default a temporary directory, which stays if something was found." type:"path"`
	Plant  string `help:"Plant a fault that the harness must find: offset stores the reader's position apart from the effects." enum:"none,offset" default:"none"`
	JSON   bool   `help:"Print one JSON object." name:"json"`
}

func (c *benchCrashCmd) Validate() error {
	if c.Points < 1 {
		return exitText("--points: must be at least 1")
	}
	return nil
}

func (c *benchCrashCmd) Run(ctx context.Context) error {
	o := bench.CrashOptions{Points: c.Points, Seed: c.Seed, Dir: c.Data, Plant: c.Plant == "offset", Out: os.Stderr}
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	r, err := bench.Crash(ctx, o)
	if err != nil {
		return err
	}
	return printReport(r.Report(), c.JSON, os.Stdout)
}

func printReport(r bench.Report, asJSON bool, w io.Writer) error {
	if asJSON {
		return r.JSON(w)
	}
	return r.Table(w)
}

// benchChildCmd is one of the harness's own processes.
type benchChildCmd struct {
	Args []string `arg:"" passthrough:""`
}

func (c *benchChildCmd) Run(ctx context.Context, log *slog.Logger) error {
	err := bench.Child(ctx, c.Args, log)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
